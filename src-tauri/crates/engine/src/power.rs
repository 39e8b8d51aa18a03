//! Keeps the machine awake while bytes go, and no longer; ends the day when nothing is left to send; notices that the machine has slept.
//!
//! Decides by `model::finish`. Knows nothing of uploads but how the queue stands. Always holds: the hold is let go as soon as nothing is sent; what
//! ends the machine's day is announced for a minute, done once, and forgotten before it is done.

use crate::{board::Board, clock::now_ms, dispatcher::Order};
use parking_lot::Mutex;
use slipway_model::finish::{self, COUNTDOWN_MS, Finish, Standing, Wish};
use slipway_power::{Awake, Keeper, System};
use slipway_store::{Store, StoreError};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Settings.
pub(crate) const KEEP_AWAKE: &str = "keep_awake";
const WISH: &str = "when_finished";
/// A hold that could not be had is asked for again after this.
const ASK_AGAIN: Duration = Duration::from_secs(30);
const WHY: &str = "Uploads are being sent";

/// A minute to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Countdown {
    pub then: Finish,
    /// When it is done, in ms since 1970 UTC.
    pub at_ms: i64,
}

/// What front ends see of it.
#[derive(Debug, Clone, Default)]
pub struct PowerView {
    pub keep_awake: bool,
    /// Who keeps the machine awake now.
    pub awake_by: Option<Keeper>,
    pub wish: Wish,
    pub countdown: Option<Countdown>,
}

struct State {
    keep_awake: bool,
    awake_by: Option<Keeper>,
    wish: Wish,
    /// What had ended when the wish was made.
    since: Standing,
    countdown: Option<Countdown>,
}

/// Cheap to clone; all see the same.
#[derive(Clone)]
pub(crate) struct Power {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    standing: watch::Receiver<Standing>,
    store: Store,
    board: Arc<Board>,
}

impl Power {
    pub(crate) async fn load(
        store: Store,
        board: Arc<Board>,
        standing: watch::Receiver<Standing>,
    ) -> Result<Self, StoreError> {
        let keep_awake = store.setting(KEEP_AWAKE).await?;
        let wish = store.setting(WISH).await?;
        let wish = wish.and_then(|json| serde_json::from_str(&json).ok());
        let state = State {
            keep_awake: keep_awake.as_deref() != Some("off"),
            awake_by: None,
            wish: wish.unwrap_or_default(),
            since: Standing::default(),
            countdown: None,
        };
        Ok(Self {
            state: Arc::new(Mutex::new(state)),
            changed: Arc::default(),
            standing,
            store,
            board,
        })
    }

    pub(crate) fn view(&self) -> PowerView {
        let state = self.state.lock();
        PowerView {
            keep_awake: state.keep_awake,
            awake_by: state.awake_by,
            wish: state.wish,
            countdown: state.countdown,
        }
    }

    pub(crate) async fn set_keep_awake(&self, keep: bool) -> Result<(), StoreError> {
        let text = (!keep).then(|| "off".to_owned());
        self.store.setting_set(KEEP_AWAKE, text).await?;
        self.change(|state| state.keep_awake = keep);
        Ok(())
    }

    /// A new wish ends a countdown, and counts only what ends from now on.
    pub(crate) async fn set_wish(&self, wish: Wish) -> Result<(), StoreError> {
        let json = serde_json::to_string(&wish).ok();
        self.store.setting_set(WISH, json).await?;
        let since = *self.standing.borrow();
        self.change(|state| (state.wish, state.since, state.countdown) = (wish, since, None));
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.changed.notify_one();
        self.board.queue_changed();
    }

    /// Until the engine stops. Whoever waits is woken after a sleep.
    pub(crate) async fn run(
        self,
        mut system: System,
        orders: mpsc::WeakSender<Order>,
        stop: CancellationToken,
    ) {
        let mut sleeper = System::default();
        let woke = async {
            loop {
                sleeper.woke().await;
                tracing::info!("the machine has slept");
                match orders.upgrade() {
                    Some(orders) => drop(orders.send(Order::Woke).await),
                    None => return,
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = woke => {}
            () = self.keep(&mut system) => {}
        }
    }

    async fn keep(&self, system: &mut System) {
        let mut standing = self.standing.clone();
        let mut awake: Option<Awake> = None;
        let mut refused_at: Option<Instant> = None;
        loop {
            let now = *standing.borrow_and_update();
            let wanted = now.sending && self.state.lock().keep_awake;
            if !wanted {
                (awake, refused_at) = (None, None);
            } else if awake.is_none() && refused_at.is_none_or(|at| at.elapsed() >= ASK_AGAIN) {
                awake = system.stay_awake(WHY).await;
                refused_at = awake.is_none().then(Instant::now);
            }
            let by = awake.as_ref().map(|awake| awake.by);
            if std::mem::replace(&mut self.state.lock().awake_by, by) != by {
                tracing::info!(?by, "what keeps the machine awake");
                self.board.queue_changed();
            }
            let ends = self.count_down(now);
            if let Some(countdown) = ends.filter(|countdown| countdown.at_ms <= now_ms()) {
                self.finish(system, countdown.then).await;
                continue;
            }
            // The wall clock may be set, and timers stand still in a sleep: it is looked at each second.
            let look = match ends {
                Some(_) => Duration::from_secs(1),
                None => ASK_AGAIN,
            };
            tokio::select! {
                changed = standing.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = self.changed.notified() => {}
                () = tokio::time::sleep(look) => {}
            }
        }
    }

    /// Begins or ends the minute that its user has.
    fn count_down(&self, now: Standing) -> Option<Countdown> {
        let mut state = self.state.lock();
        let due = finish::is_due(state.wish, state.since, now);
        if due == state.countdown.is_some() {
            return state.countdown;
        }
        let then = state.wish.then;
        state.countdown = due.then(|| Countdown {
            then,
            at_ms: now_ms() + COUNTDOWN_MS,
        });
        let countdown = state.countdown;
        drop(state);
        tracing::info!(?countdown, "nothing is left to send");
        self.board.queue_changed();
        countdown
    }

    async fn finish(&self, system: &mut System, how: Finish) {
        // Forgotten before it is done: the next start must not do it again.
        if let Err(error) = self.set_wish(Wish::default()).await {
            tracing::error!(%error, "nothing is done: it could not be kept that it was");
            return;
        }
        tracing::info!(?how, "the machine's day ends");
        if let Err(error) = system.finish(how).await {
            tracing::error!(%error, ?how, "the system did not do it");
        }
    }
}
