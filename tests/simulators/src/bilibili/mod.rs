//! The Bilibili Open Platform: consent, tokens, signed calls, part upload, manuscripts and their review.
//!
//! One server on loopback plays all four hosts. Time that the platform would keep is virtual; what is not established about it is
//! a switch. See `README.md` of this crate for sources, and `about` for what is official and what is not.

mod about;
mod body;
mod builder;
mod call;
mod categories;
mod code;
mod control;
mod cover;
mod dressing;
mod fault;
mod inspect;
mod intake;
mod manuscripts;
mod oauth;
mod review;
mod server;
mod sign;
mod state;
mod switches;
mod uploads;
mod webhook;
mod wire;
mod world;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use about::about;
pub use builder::Builder;
pub use call::Call;
pub use fault::{Fault, Rule};
pub use inspect::{
    AccountSeen, AnswerSeen, CoverSeen, FaultSeen, FileSeen, Inspection, ManuscriptSeen, PartSeen,
    Submission, UploadSeen, WebhookSeen,
};
pub use intake::Storage;
pub use review::{Review, State as ReviewState};
pub use state::User;
pub use switches::{Profile, Repeat, Switches};

use crate::clock::Clock;
use crate::listener::Listener;
use world::World;

/// What the consent page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    Approve,
    Refuse,
    /// Shows a page with two links.
    Ask,
}

/// Everything a client needs to act as one user of one app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub client_id: String,
    pub app_secret: String,
    pub openid: String,
    pub access_token: String,
    pub refresh_token: String,
}

/// A running platform. Dropping it ends it.
#[derive(Debug)]
pub struct Simulator {
    listener: Listener,
    world: Arc<World>,
    credentials: Vec<Credentials>,
    other_app: (String, String),
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A platform with the defaults of `Builder`, to be changed before it starts.
pub fn simulator() -> Builder {
    Builder::default()
}

impl Simulator {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base of all four hosts, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.listener.address()
    }

    /// The first user.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials[0]
    }

    /// A user by number, from 0.
    pub fn user(&self, user: usize) -> &Credentials {
        &self.credentials[user]
    }

    /// How many users there are.
    pub fn users(&self) -> usize {
        self.credentials.len()
    }

    pub fn client_id(&self) -> &str {
        &self.credentials().client_id
    }

    pub fn app_secret(&self) -> &str {
        &self.credentials().app_secret
    }

    pub fn access_token(&self) -> &str {
        &self.credentials().access_token
    }

    pub fn refresh_token(&self) -> &str {
        &self.credentials().refresh_token
    }

    pub fn openid(&self) -> &str {
        &self.credentials().openid
    }

    /// Client id and secret of a second app, which nobody has consented to.
    pub fn other_app(&self) -> (String, String) {
        self.other_app.clone()
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

    pub fn review(&self, review: Review) {
        *self.world.review.lock() = review;
    }

    /// Time between two submissions of one user, on the virtual clock.
    pub fn spacing(&self, spacing: Duration) {
        *self.world.spacing.lock() = spacing;
    }

    /// What the consent page does from now on, and who sits before it.
    pub fn consent(&self, manner: Consent, user: usize) {
        assert!(user < self.credentials.len(), "there is no such user");
        *self.world.consent.lock() = (manner, user);
    }

    /// Changes how the platform looks on a user.
    pub fn change_user(&self, user: usize, change: impl FnOnce(&mut User)) {
        change(&mut self.world.state.lock().users[user]);
    }

    /// The user takes back every grant.
    pub fn revoke(&self, user: usize) {
        self.world.state.lock().revoke(user);
    }

    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }

    /// Everything that was received, with completed files merged and their digests known.
    pub async fn inspect(&self) -> Inspection {
        self.world.merge().await;
        self.world.glance()
    }

    /// The same without merging: cheap, and without the digests of files nobody has inspected yet.
    pub fn glance(&self) -> Inspection {
        self.world.glance()
    }

    /// Bytes of bodies received on the upload host.
    pub fn bytes_received(&self) -> u64 {
        self.world.meter.total()
    }

    /// Milliseconds on the axis of `Inspection::received`.
    pub fn elapsed_ms(&self) -> u64 {
        self.world.meter.age_ms()
    }

    /// Returns as soon as so many bytes have been received on the upload host since the start.
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

    /// Forgets uploads, manuscripts, faults and counters; the first credentials are valid again.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Ends every connection, then returns.
    pub async fn stop(self) {
        self.stop.cancel();
        self.listener.stop().await;
        self.tasks.wait().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
