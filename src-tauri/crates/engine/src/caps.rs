//! Every speed cap, and who set it. Each is a bucket that its uploads take from; all of them are kept in the settings.
//!
//! Knows nothing of workers. Always holds: the bucket of all has the lowest of what the hand and the turtle say.

use crate::{board::Board, limiter::Bucket};
use parking_lot::Mutex;
use slipway_model::speed::{self, Ceiling, Turtle};
use slipway_store::{Store, StoreError};
use std::sync::Arc;

/// Setting of the cap set by hand, in bytes per second.
const LIMIT: &str = "limit_bytes_per_second";
/// Setting, as JSON.
const TURTLE: &str = "turtle";

/// What holds for all uploads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Speed {
    pub by_hand: Option<u64>,
    pub turtle: Turtle,
    pub in_force: Option<Ceiling>,
}

pub(crate) struct Caps {
    store: Store,
    board: Arc<Board>,
    speed: Mutex<Speed>,
    all: Arc<Bucket>,
    /// What the rule of the link allows.
    network: Arc<Bucket>,
}

impl std::fmt::Debug for Caps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caps({:?})", self.speed.lock())
    }
}

impl Caps {
    pub(crate) async fn load(store: Store, board: Arc<Board>) -> Result<Self, StoreError> {
        let limit = store.setting(LIMIT).await?;
        let turtle = store.setting(TURTLE).await?;
        let caps = Self {
            store,
            board,
            speed: Mutex::default(),
            all: Bucket::new(None),
            network: Bucket::new(None),
        };
        caps.change(|speed| {
            speed.by_hand = limit.and_then(|text| text.parse().ok());
            let turtle = turtle.and_then(|json| serde_json::from_str(&json).ok());
            speed.turtle = turtle.unwrap_or_default();
        });
        Ok(caps)
    }

    pub(crate) fn speed(&self) -> Speed {
        *self.speed.lock()
    }

    /// The least of the caps that hold for all, in bytes per second.
    pub(crate) fn least(&self) -> Option<u64> {
        let caps = [self.all.rate(), self.network.rate()];
        caps.into_iter().flatten().min()
    }

    /// All that an upload takes from.
    pub(crate) fn chain(&self, is_remote: bool) -> Vec<Arc<Bucket>> {
        let network = is_remote.then(|| self.network.clone());
        std::iter::once(self.all.clone()).chain(network).collect()
    }

    /// By hand, for this run only.
    pub(crate) fn cap(&self, rate: Option<u64>) {
        self.change(|speed| speed.by_hand = rate);
    }

    /// By hand, and kept.
    pub(crate) async fn set_limit(&self, rate: Option<u64>) -> Result<(), StoreError> {
        let text = rate.map(|rate| rate.to_string());
        self.store.setting_set(LIMIT, text).await?;
        self.cap(rate);
        Ok(())
    }

    pub(crate) async fn set_turtle(&self, turtle: Turtle) -> Result<(), StoreError> {
        let json = serde_json::to_string(&turtle).ok();
        self.store.setting_set(TURTLE, json).await?;
        self.change(|speed| speed.turtle = turtle);
        Ok(())
    }

    pub(crate) fn set_network(&self, rate: Option<u64>) {
        self.network.set_rate(rate);
    }

    fn change(&self, change: impl FnOnce(&mut Speed)) {
        {
            let mut speed = self.speed.lock();
            change(&mut speed);
            speed.in_force = speed::ceiling(speed.by_hand, speed.turtle);
            self.all
                .set_rate(speed.in_force.map(|it| it.bytes_per_second));
        }
        self.board.queue_changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_model::speed::LimitBy;

    async fn caps(dir: &std::path::Path) -> Caps {
        let (store, _) = Store::open(dir, 0).await.unwrap();
        Caps::load(store, Arc::default()).await.unwrap()
    }

    #[tokio::test]
    async fn the_turtle_slows_all_down_lets_go_to_the_limit_that_was_and_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let caps_now = caps(dir.path()).await;
        caps_now.set_limit(Some(9_000_000)).await.unwrap();
        let turtle = |on| Turtle {
            on,
            bytes_per_second: 300_000,
        };
        caps_now.set_turtle(turtle(true)).await.unwrap();
        assert_eq!(caps_now.least(), Some(300_000));
        drop(caps_now);
        let caps = caps(dir.path()).await;
        assert_eq!(caps.least(), Some(300_000), "after a new start");
        assert_eq!(caps.speed().in_force.unwrap().by, LimitBy::Turtle);
        caps.set_turtle(turtle(false)).await.unwrap();
        assert_eq!(caps.least(), Some(9_000_000));
        caps.set_limit(None).await.unwrap();
        assert_eq!(caps.least(), None);
    }
}
