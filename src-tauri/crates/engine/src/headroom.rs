//! Leaves room for calls and streams, where that is wished: looks at round trips while uploads run, and holds their cap to what `model::headroom` says.
//!
//! Always holds: nothing is looked at, and nobody is woken, while it is not wished or nothing is sent.

use crate::caps::{Caps, Room};
use slipway_model::headroom::{Headroom, LOOK_EVERY};
use slipway_network::Delay;
use std::sync::Arc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) async fn run(caps: Arc<Caps>, stop: CancellationToken) {
    let room = caps.headroom();
    let mut wanted = room.wanted();
    let mut keeper = Keeper::new(room);
    let keep = async {
        while wanted.wait_for(|is_wanted| *is_wanted).await.is_ok() {
            tokio::select! {
                _ = wanted.wait_for(|is_wanted| !is_wanted) => {}
                () = keeper.hold() => {}
            }
            room.let_go();
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = keep => {}
    }
}

/// What it has learnt of the line outlasts the gap between two uploads.
struct Keeper<'a> {
    room: &'a Room,
    line: u64,
    headroom: Headroom,
    delay: Delay,
    before: Instant,
}

impl<'a> Keeper<'a> {
    fn new(room: &'a Room) -> Self {
        Self {
            room,
            line: room.line(),
            headroom: Headroom::default(),
            delay: Delay::new(),
            before: Instant::now(),
        }
    }

    async fn hold(&mut self) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if self.room.line() != self.line {
                self.line = self.room.line();
                self.headroom = Headroom::default();
            }
            let peers = slipway_platforms::http::peers;
            let trips = self.delay.round_trips(peers).await;
            let now = Instant::now();
            let elapsed = now - std::mem::replace(&mut self.before, now);
            let rate = self.headroom.look(elapsed, self.room.taken(), &trips);
            self.room.hold(rate);
        }
    }
}
