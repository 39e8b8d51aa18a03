//! Alibaba Cloud ApsaraVideo VOD with its object storage, STS, and a user's own authorization service.
//!
//! One server on loopback plays them all. Time that the platform would keep is virtual; what is not established about it is a switch. See `README.md`
//! of this crate for sources.

mod builder;
mod call;
mod callbacks;
mod control;
mod encode;
mod fault;
mod fetch;
mod inspect;
mod intake;
mod oss;
mod oss_sign;
mod rpc;
mod server;
mod service;
mod state;
mod switches;
mod vod;
mod world;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use builder::Builder;
pub use call::Call;
pub use fault::{Fault, Rule};
pub use inspect::{
    AnswerSeen, CallbackSeen, Inspection, JobSeen, MediaSeen, ObjectSeen, UploadSeen,
};
pub use intake::Storage;
pub use switches::Switches;

use crate::clock::Clock;
use crate::listener::Listener;
use world::World;

/// How long the platform works on a video, on the virtual clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// Until a record shows that its object has come.
    pub seen_ms: i64,
    /// Then each of: uploaded, transcoding.
    pub step_ms: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            seen_ms: 1000,
            step_ms: 1000,
        }
    }
}

impl Pace {
    pub fn immediate() -> Self {
        Self {
            seen_ms: 0,
            step_ms: 0,
        }
    }
}

/// Everything a client needs to act as the account's owner. The secrets are invented and worth nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub access_key_id: String,
    pub access_key_secret: String,
    /// A role that this key may take.
    pub role_arn: String,
    /// What the user's own service wants to see.
    pub service_token: String,
}

/// A running platform. Dropping it ends it.
#[derive(Debug)]
pub struct Simulator {
    listener: Listener,
    world: Arc<World>,
}

/// A platform with the defaults of `Builder`, to be changed before it starts.
pub fn simulator() -> Builder {
    Builder::default()
}

impl Simulator {
    pub fn builder() -> Builder {
        Builder::default()
    }
    /// The address of the API, of STS and of the storage, without a slash at its end.
    pub fn url(&self) -> String {
        self.world.url()
    }
    pub fn address(&self) -> std::net::SocketAddr {
        self.listener.address()
    }
    /// The base of the user's own service.
    pub fn service_url(&self) -> String {
        format!("{}{}", self.url(), service::PREFIX)
    }
    pub fn credentials(&self) -> &Credentials {
        &self.world.credentials
    }
    /// What a program in another process is told when the simulator is ready.
    pub fn told(&self) -> serde_json::Value {
        self.world.told()
    }
    /// A temporary key for API calls, good for so long: id, secret, token.
    pub fn temporary_key(&self, life_s: i64) -> (String, String, String) {
        let now_ms = self.world.clock.now_ms();
        let (id, made) = self.world.state.lock().credential(None, life_s, now_ms);
        (id, made.secret, made.token)
    }
    /// Adds to the script.
    pub fn fault(&self, rule: impl Into<Rule>) {
        self.world.state.lock().script.add(rule.into());
    }
    pub fn clear_faults(&self) {
        self.world.state.lock().script.clear();
    }
    pub fn switches(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.world.state.lock().switches);
    }
    pub fn pace(&self, pace: Pace) {
        *self.world.pace.lock() = pace;
    }
    /// Turns the long-lived key on or off.
    pub fn set_key_active(&self, active: bool) {
        let id = self.credentials().access_key_id.clone();
        if let Some(key) = self.world.state.lock().keys.get_mut(&id) {
            key.1 = active;
        }
    }
    /// Someone deletes a video in the console.
    pub fn delete_video(&self, id: &str) {
        for media in &mut self.world.state.lock().media {
            media.deleted |= media.id == id;
        }
    }
    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }
    /// Everything that was received, with the digests of objects.
    pub fn inspect(&self) -> Inspection {
        self.world.look(true)
    }
    /// The same without digests: cheap.
    pub fn glance(&self) -> Inspection {
        self.world.look(false)
    }
    /// Bytes of parts and objects received.
    pub fn bytes_received(&self) -> u64 {
        self.world.meter.total()
    }
    /// Returns as soon as so many bytes of parts and objects have been received.
    pub async fn reached(&self, bytes: u64) {
        self.world.meter.reach(bytes).await;
    }
    /// Returns as soon as a glance satisfies `enough`; looks after every request.
    pub async fn until(&self, mut enough: impl FnMut(&Inspection) -> bool) -> Inspection {
        let mut happened = self.world.happened.subscribe();
        loop {
            happened.borrow_and_update();
            let seen = self.world.look(false);
            if enough(&seen) {
                return seen;
            }
            // The sender lives in `self.world`, so the wait cannot fail.
            let _ = happened.changed().await;
        }
    }
    /// Ends every connection, then returns.
    pub async fn stop(self) {
        self.listener.stop().await;
    }
}
