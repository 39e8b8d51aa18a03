//! Wangsu Cloud VoD with Wangsu Cloud Storage: signed calls for places and videos, forms, blocks in chunks, their joining.
//!
//! One server on loopback plays the video API and the upload host. Time that the platform would keep is virtual; what is not established about it
//! is a switch. See `about` for what is official and what is not.

mod about;
mod builder;
mod call;
pub mod command;
mod control;
mod etag;
mod fault;
mod inspect;
mod intake;
mod server;
mod sign;
mod state;
mod storage;
mod switches;
mod token;
mod vod;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use about::about;
pub use builder::Builder;
pub use call::Call;
pub use fault::{Fault, Rule};
pub use inspect::{AnswerSeen, BlockSeen, FaultSeen, Inspection, StoredSeen, VideoSeen};
pub use intake::Storage;
pub use switches::{Profile, Replay, Reuse, Shape, Switches};

use crate::clock::Clock;
use crate::listener::Listener;
use state::World;

/// The keys of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub access_key: String,
    pub secret_key: String,
}

/// A running platform. Dropping it ends it.
#[derive(Debug)]
pub struct Simulator {
    listener: Listener,
    world: Arc<World>,
    credentials: Vec<Credentials>,
}

/// A platform with the defaults of `Builder`, to be changed before it starts.
pub fn simulator() -> Builder {
    Builder::default()
}

impl Simulator {
    /// The base of the video API and of the upload host, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    /// An account by number, from 0.
    pub fn account(&self, account: usize) -> &Credentials {
        &self.credentials[account]
    }

    pub fn access_key(&self) -> &str {
        &self.credentials[0].access_key
    }

    pub fn secret_key(&self) -> &str {
        &self.credentials[0].secret_key
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.listener.address()
    }

    /// Access key and secret key of the upload host, with which upload tokens are signed.
    pub fn storage_keys(&self) -> (String, String) {
        self.world.state.lock().storage_keys.clone()
    }

    pub fn bucket(&self) -> String {
        self.world.state.lock().bucket.clone()
    }

    pub fn fault(&self, rule: impl Into<Rule>) {
        self.world.state.lock().script.add(rule.into());
    }

    pub fn clear_faults(&self) {
        self.world.state.lock().script.clear();
    }

    pub fn switches(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.world.state.lock().switches);
    }

    /// Whether the account may use the video API.
    pub fn permit(&self, account: usize, permitted: bool) {
        self.world.state.lock().accounts[account].permitted = permitted;
    }

    /// Every upload token of this moment is refused from now on.
    pub fn revoke_tokens(&self) {
        self.world.state.lock().revoke();
    }

    /// Forgets every block that was not joined.
    pub fn purge(&self) {
        let mut state = self.world.state.lock();
        state.handles.clear();
        state.blocks.clear();
    }

    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }

    /// Everything that was received.
    pub fn inspect(&self) -> Inspection {
        let state = self.world.state.lock();
        inspect::look(&state, self.world.clock.now_ms(), self.world.meter.read())
    }

    /// Bytes of bodies received on the upload host.
    pub fn bytes_received(&self) -> u64 {
        self.world.meter.total()
    }

    /// Returns as soon as so many bytes have been received on the upload host since the start.
    pub async fn reached(&self, bytes: u64) {
        self.world.meter.reach(bytes).await;
    }

    /// Returns as soon as a look satisfies `enough`; looks after every request.
    pub async fn until(&self, mut enough: impl FnMut(&Inspection) -> bool) -> Inspection {
        let mut happened = self.world.happened.subscribe();
        loop {
            happened.borrow_and_update();
            let seen = self.inspect();
            if enough(&seen) {
                return seen;
            }
            // The sender lives in `self.world`, so the wait cannot fail.
            let _ = happened.changed().await;
        }
    }

    /// Forgets everything that was sent and every fault, as a platform that lost its disks.
    pub fn reset(&self) {
        self.world.reset();
    }

    pub async fn stop(self) {
        self.listener.stop().await;
    }
}
