//! api.video: keys, upload tokens, containers, progressive uploads, and the encoding that follows.
//!
//! One server on loopback is one environment, production or sandbox. Time that the platform would keep is virtual; what is not
//! established about it is a switch. See `about` for what is official and what is not.

mod about;
mod auth;
mod builder;
mod call;
mod container;
mod control;
mod fault;
mod inspect;
mod intake;
mod lists;
mod media;
mod problem;
mod range;
mod rate;
mod server;
mod state;
mod switches;
mod tokens;
mod videos;
mod world;

use std::sync::Arc;

pub use about::about;
pub use builder::Builder;
pub use call::{Call, Kind};
pub use fault::{Fault, Rule};
pub use inspect::{AnswerSeen, FaultSeen, Inspection, MediaSeen, PartSeen, TokenSeen, VideoSeen};
pub use intake::Storage;
pub use switches::{Profile, Switches};
pub use videos::Encoding;

use crate::clock::Clock;
use crate::listener::Listener;
use world::World;

/// A running platform. Dropping it ends it.
#[derive(Debug)]
pub struct Simulator {
    listener: Listener,
    world: Arc<World>,
    key: String,
    other_key: String,
}

/// A platform with the defaults of `Builder`, to be changed before it starts.
pub fn simulator() -> Builder {
    Builder::default()
}

impl Simulator {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base of all calls, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.listener.address()
    }

    pub fn api_key(&self) -> &str {
        &self.key
    }

    /// A key that is good in the other environment only.
    pub fn other_key(&self) -> &str {
        &self.other_key
    }

    /// An upload token as the account's owner would make it; 0 never ends.
    pub fn upload_token(&self, ttl_s: i64) -> String {
        let now_ms = self.world.clock.now_ms();
        let asked = serde_json::json!({ "ttl": ttl_s });
        let made = tokens::create(&mut self.world.state.lock(), &asked, now_ms);
        let made = made.expect("a time to live in range is taken");
        made["token"].as_str().unwrap_or_default().to_owned()
    }

    /// Adds to the script; a bare `Fault` strikes the next call it is usually about.
    pub fn fault(&self, rule: impl Into<Rule>) {
        self.world.state.lock().script.add(rule.into());
    }

    pub fn clear_faults(&self) {
        self.world.state.lock().script.clear();
    }

    pub fn profile(&self, profile: Profile) {
        self.world.state.lock().switches = Switches::of(profile);
    }

    pub fn switches(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.world.state.lock().switches);
    }

    pub fn encoding(&self, encoding: Encoding) {
        *self.world.encoding.lock() = encoding;
    }

    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }

    /// Everything that was received, with the digests of complete files.
    pub async fn inspect(&self) -> Inspection {
        self.world.inspect().await
    }

    /// The same without digests: cheap.
    pub fn glance(&self) -> Inspection {
        self.world.glance()
    }

    /// Bytes of bodies received for videos, forms included.
    pub fn bytes_received(&self) -> u64 {
        self.world.meter.total()
    }

    /// Milliseconds on the axis of `Inspection::received`.
    pub fn elapsed_ms(&self) -> u64 {
        self.world.meter.age_ms()
    }

    /// Returns as soon as so many bytes have been received for videos since the start.
    pub async fn reached(&self, bytes: u64) {
        self.world.meter.reach(bytes).await;
    }

    /// Returns as soon as a glance satisfies `enough`; looks after every request.
    pub async fn until(&self, mut enough: impl FnMut(&Inspection) -> bool) -> Inspection {
        let mut happened = self.world.happened.subscribe();
        loop {
            happened.borrow_and_update();
            let seen = self.world.glance();
            if enough(&seen) {
                return seen;
            }
            // The sender lives in `self.world`, so the wait cannot fail.
            let _ = happened.changed().await;
        }
    }

    /// Forgets videos, tokens, faults and counters; the keys stay.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Ends every connection, then returns.
    pub async fn stop(self) {
        self.listener.stop().await;
    }
}
