//! How the queue stands, for what the machine does meanwhile and when all is sent; and what is looked at afresh after a sleep.

use super::Dispatcher;
use slipway_model::{Effect, Link, finish::Standing};

impl Dispatcher {
    /// Bytes go, or something is about to be sent or submitted.
    fn is_sending(&self) -> bool {
        let mut active = self.state.active.values();
        active.any(|active| active.upload.effect() != Effect::Watch)
    }

    /// To be told after each look around: `still` once work was looked for and none can move by itself.
    pub(super) async fn tell_standing(&mut self, still: Option<bool>) {
        let known = *self.standing.borrow();
        let sending = self.is_sending();
        let still = still.unwrap_or(known.still) && !sending;
        let left = if still && !known.still {
            self.store.uploads_unsent_count().await.unwrap_or(u64::MAX) as u32
        } else if still {
            known.left
        } else {
            0
        };
        let now = Standing {
            sending,
            still,
            sent: self.state.sent,
            failed: self.state.failed,
            left,
        };
        self.standing.send_if_modified(|known| {
            let is_new = *known != now;
            *known = now;
            is_new
        });
    }

    /// The machine has slept: sockets are dead, the link may be another, and hours have passed.
    pub(super) async fn woke(&mut self) {
        if !self.runs {
            return;
        }
        self.link = (self.follow)();
        self.link_is(Link::none()).await;
        self.state.admit = true;
    }
}
