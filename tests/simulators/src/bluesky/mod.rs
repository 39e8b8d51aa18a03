//! Bluesky: the closed video service, and beside it a personal data server with its directory and authorization server.
//!
//! One server on loopback plays all hosts. Where the real server runs (it is free software), only the video service is used and everything else
//! is left to the real one: `directory` names its directory. What is not established about the service is a switch. See `README.md` of this
//! crate for sources.

mod call;
mod control;
mod fault;
mod jobs;
mod keys;
mod oauth;
mod pds;
mod record;
mod server;
mod state;
mod video;
mod wire;
mod world;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub use call::Call;
pub use fault::{Fault, Rule};
pub use state::{
    AccountSeen, AnswerSeen, Inspection, Person, PostSeen, Switches, UploadSeen, UploadState,
    VideoSeen, Way,
};

use crate::clock::Clock;
use crate::listener::Listener;
use crate::meter::Meter;
use state::{Account, State, token};
use world::World;

/// The DID the video service takes tokens for.
pub const VIDEO_DID: &str = "did:web:video.test";

/// Everything a client needs to act as one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub did: String,
    pub handle: String,
    pub email: String,
    pub password: String,
    pub app_password: String,
}

/// A running platform. Dropping it ends it.
#[derive(Debug)]
pub struct Simulator {
    listener: Listener,
    world: Arc<World>,
    credentials: Vec<Credentials>,
}

/// How a platform is set up before it starts. The same seed gives the same accounts, ids and tokens in the same order, but for keys.
#[derive(Clone, Debug)]
pub struct Builder {
    seed: u64,
    port: u16,
    users: usize,
    switches: Switches,
    clock: Clock,
    rules: Vec<Rule>,
    discard: bool,
    plc: Option<String>,
    did: String,
    server: String,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            seed: 1,
            port: 0,
            users: 2,
            switches: Switches::default(),
            clock: Clock::default(),
            rules: Vec::new(),
            discard: false,
            plc: None,
            did: VIDEO_DID.into(),
            server: "did:web:localhost".into(),
        }
    }
}

impl Builder {
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A fixed port; a free one without this.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    pub fn users(mut self, count: usize) -> Self {
        self.users = count.max(1);
        self
    }

    pub fn switches(mut self, change: impl FnOnce(&mut Switches)) -> Self {
        change(&mut self.switches);
        self
    }

    pub fn fault(mut self, rule: impl Into<Rule>) -> Self {
        self.rules.push(rule.into());
        self
    }

    /// Videos are counted and thrown away; a stub stands for each result. For measuring clients.
    pub fn discarding(mut self) -> Self {
        self.discard = true;
        self
    }

    /// Another directory than ours, where accounts of a real server are found.
    pub fn directory(mut self, url: impl Into<String>) -> Self {
        self.plc = Some(url.into().trim_end_matches('/').to_owned());
        self
    }

    /// The server's DID where it is not that of its host name.
    pub fn server_did(mut self, did: impl Into<String>) -> Self {
        self.server = did.into();
        self
    }

    /// Starts on the Tokio runtime of the caller.
    ///
    /// # Panics
    /// When the port cannot be had; `try_start` says so instead.
    pub async fn start(self) -> Simulator {
        self.try_start()
            .await
            .expect("a port on loopback can be had")
    }

    /// # Errors
    /// When the port cannot be had.
    pub async fn try_start(self) -> io::Result<Simulator> {
        let mut script = fault::Script::new(self.seed);
        for rule in &self.rules {
            script.add(rule.clone());
        }
        let credentials: Vec<_> = (0..self.users).map(|n| self.credentials(n)).collect();
        let state = State {
            accounts: credentials.iter().map(account).collect(),
            people: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            oauth: oauth::Oauth::default(),
            uploads: Vec::new(),
            jobs: Vec::new(),
            script,
            switches: self.switches,
            answers: Vec::new(),
            ended_tokens: HashSet::new(),
            seed: self.seed,
            serial: 0,
        };
        let world = Arc::new(World {
            state: Mutex::new(state),
            clock: self.clock,
            meter: Meter::default(),
            origin: OnceLock::new(),
            plc: Mutex::new(self.plc),
            did: self.did,
            server: self.server,
            discard: self.discard,
            happened: watch::channel(0).0,
        });
        let listener = Listener::open(self.port, world.clone()).await?;
        let origin = format!("http://localhost:{}", listener.address().port());
        let _ = world.origin.set(origin);
        Ok(Simulator {
            listener,
            world,
            credentials,
        })
    }

    fn credentials(&self, n: usize) -> Credentials {
        let at = n as u64;
        let app = token(self.seed, "app password", at);
        Credentials {
            did: format!("did:plc:{}", letters(&token(self.seed, "did", at))),
            handle: format!("maker{}.test", n + 1),
            email: format!("maker{}@example.test", n + 1),
            password: token(self.seed, "password", at)[..20].to_owned(),
            app_password: format!(
                "{}-{}-{}-{}",
                &app[..4],
                &app[4..8],
                &app[8..12],
                &app[12..16]
            ),
        }
    }
}

/// Twenty-four letters and digits, as identifiers of the directory have.
fn letters(hex: &str) -> String {
    let of =
        |digit: char| char::from(b"abcdefghijklmnop"[digit.to_digit(16).unwrap_or(0) as usize]);
    hex.chars().take(24).map(of).collect()
}

fn account(credentials: &Credentials) -> Account {
    Account {
        did: credentials.did.clone(),
        handle: credentials.handle.clone(),
        email: credentials.email.clone(),
        email_confirmed: true,
        password: credentials.password.clone(),
        app_passwords: vec![credentials.app_password.clone()],
        key: keys::SigningKey::fresh(),
        taken_down: false,
        blobs: HashMap::new(),
        records: BTreeMap::new(),
        commits: 0,
        sign_ins: Vec::new(),
    }
}

/// A platform with the defaults of `Builder`, to be changed before it starts.
pub fn simulator() -> Builder {
    Builder::default()
}

impl Simulator {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base of all hosts, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.listener.address().port())
    }

    /// The first account.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials[0]
    }

    /// An account by number, from 0.
    pub fn user(&self, user: usize) -> &Credentials {
        &self.credentials[user]
    }

    pub fn users(&self) -> usize {
        self.credentials.len()
    }

    pub fn video_did(&self) -> &str {
        &self.world.did
    }

    /// Everything a client has to be told, as JSON. The secrets are invented and worth nothing.
    pub fn told(&self) -> serde_json::Value {
        let mut told = serde_json::json!(self.credentials());
        told["url"] = self.url().into();
        told["video_did"] = self.video_did().into();
        told["users"] = serde_json::json!(self.credentials);
        told
    }

    /// Adds to the script; a bare `Fault` strikes the next call it is usually about.
    pub fn fault(&self, rule: impl Into<Rule>) {
        self.world.state.lock().script.add(rule.into());
    }

    pub fn clear_faults(&self) {
        self.world.state.lock().script.clear();
    }

    pub fn switches(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.world.state.lock().switches);
    }

    /// How the video service sees an account.
    pub fn person(&self, user: usize, change: impl FnOnce(&mut Person)) {
        let did = self.credentials[user].did.clone();
        change(self.world.state.lock().person(&did));
    }

    pub fn confirm_email(&self, user: usize, confirmed: bool) {
        self.world.state.lock().accounts[user].email_confirmed = confirmed;
    }

    pub fn revoke_app_passwords(&self, user: usize) {
        self.world.state.lock().accounts[user].app_passwords.clear();
    }

    /// Who sits before the consent page.
    pub fn consenting(&self, user: usize) {
        self.world.state.lock().oauth.consenting = user;
    }

    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }

    pub fn inspect(&self) -> Inspection {
        self.world.state.lock().inspect(self.world.meter.total())
    }

    /// The bytes that a posted or unposted blob holds.
    pub fn blob(&self, user: usize, cid: &str) -> Option<bytes::Bytes> {
        let state = self.world.state.lock();
        state.accounts[user]
            .blobs
            .get(cid)
            .map(|blob| blob.bytes.clone())
    }

    /// Bytes of videos received.
    pub fn bytes_received(&self) -> u64 {
        self.world.meter.total()
    }

    /// Returns as soon as so many bytes of videos have been received since the start.
    pub async fn reached(&self, bytes: u64) {
        self.world.meter.reach(bytes).await;
    }

    /// Returns as soon as an inspection satisfies `enough`; looks after every request.
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

    /// Ends every connection, then returns.
    pub async fn stop(self) {
        self.listener.stop().await;
    }
}
