//! How a platform is set up before it starts.
//!
//! Always holds: the same seed gives the same credentials, tokens and ids in the same order.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::fault::{Rule, Script};
use super::intake::Storage;
use super::review::Review;
use super::state::{App, Gauge, Record, SCOPES, State, User, letters, token};
use super::switches::{Profile, Switches};
use super::world::{Afresh, World};
use super::{Consent, Credentials, Simulator, categories, webhook};
use crate::clock::Clock;
use crate::listener::Listener;
use crate::meter::Meter;

/// Source: error 123026, 'wait 30 s', relayed, read 2026-07-23.
const SPACING: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct Builder {
    seed: u64,
    port: u16,
    data: Option<PathBuf>,
    storage: Storage,
    switches: Switches,
    review: Review,
    spacing: Duration,
    app: Option<(String, String)>,
    callbacks: Vec<String>,
    scopes: Vec<String>,
    users: usize,
    consent: Consent,
    clock: Clock,
    rules: Vec<Rule>,
    webhook: Option<Url>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            seed: 1,
            port: 0,
            data: None,
            storage: Storage::Files,
            switches: Switches::of(Profile::Docs),
            review: Review::default(),
            spacing: SPACING,
            app: None,
            callbacks: vec!["callback.example".into()],
            scopes: SCOPES.map(str::to_owned).to_vec(),
            users: 2,
            consent: Consent::Approve,
            clock: Clock::default(),
            rules: Vec::new(),
            webhook: None,
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

    /// Where parts and merged files are kept; a folder that is removed at the end without this.
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    pub fn storage(mut self, storage: Storage) -> Self {
        self.storage = storage;
        self
    }

    /// Parts are read and thrown away, and nothing is computed: for measuring clients.
    pub fn discarding(self) -> Self {
        self.storage(Storage::Discard)
    }

    pub fn profile(mut self, profile: Profile) -> Self {
        self.switches = Switches::of(profile);
        self
    }

    pub fn switches(mut self, change: impl FnOnce(&mut Switches)) -> Self {
        change(&mut self.switches);
        self
    }

    pub fn review(mut self, review: Review) -> Self {
        self.review = review;
        self
    }

    /// Time between two submissions of one user, on the virtual clock.
    pub fn spacing(mut self, spacing: Duration) -> Self {
        self.spacing = spacing;
        self
    }

    /// The app's own credentials instead of invented ones.
    pub fn app(mut self, client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.app = Some((client_id.into(), secret.into()));
        self
    }

    /// Hosts a consent may return to.
    pub fn callbacks<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.callbacks = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// What the app may do; everything that is served without this.
    pub fn scopes<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.scopes = names.into_iter().map(Into::into).collect();
        self
    }

    /// How many people have consented to the app.
    pub fn users(mut self, count: usize) -> Self {
        self.users = count.max(1);
        self
    }

    pub fn consent(mut self, manner: Consent) -> Self {
        self.consent = manner;
        self
    }

    /// The moment at which the virtual clock starts; the machine's time without this.
    pub fn clock_at(self, unix_s: i64) -> Self {
        self.clock.set_s(unix_s);
        self
    }

    pub fn fault(mut self, rule: impl Into<Rule>) -> Self {
        self.rules.push(rule.into());
        self
    }

    /// An address on loopback, plain HTTP, that is told what becomes of manuscripts.
    pub fn webhook(mut self, address: Url) -> Self {
        self.webhook = Some(address);
        self
    }

    /// Starts on the Tokio runtime of the caller.
    ///
    /// # Panics
    /// When the port or the folder cannot be had; `try_start` says so instead.
    pub async fn start(self) -> Simulator {
        self.try_start()
            .await
            .expect("a port on loopback and a folder for data can be had")
    }

    /// # Errors
    /// When the port or the folder cannot be had.
    pub async fn try_start(self) -> io::Result<Simulator> {
        let mut scratch = None;
        let root = match &self.data {
            Some(folder) => folder.clone(),
            None => scratch.insert(tempfile::tempdir()?).path().to_owned(),
        };
        std::fs::create_dir_all(&root)?;
        let (client_id, app_secret) = self.main_app();
        let other_app = self.other_app();
        let (state, tokens) = self.people();
        let credentials = tokens
            .into_iter()
            .map(|(openid, access_token, refresh_token)| Credentials {
                client_id: client_id.clone(),
                app_secret: app_secret.clone(),
                openid,
                access_token,
                refresh_token,
            })
            .collect();
        let world = Arc::new(World {
            clock: self.clock.clone(),
            meter: Meter::default(),
            storage: self.storage,
            root,
            _scratch: scratch,
            review: Mutex::new(self.review),
            spacing: Mutex::new(self.spacing),
            consent: Mutex::new((self.consent, 0)),
            happened: watch::channel(0).0,
            merging: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            credentials: json!(credentials),
            afresh: Box::new(self.clone()),
        });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let listener = Listener::open(self.port, world.clone()).await?;
        if let Some(address) = self.webhook {
            tasks.spawn(webhook::send_all(world.clone(), address, stop.clone()));
        }
        tasks.close();
        Ok(Simulator {
            listener,
            world,
            credentials,
            other_app,
            stop,
            tasks,
        })
    }

    fn main_app(&self) -> (String, String) {
        self.app.clone().unwrap_or_else(|| {
            (
                token(self.seed, "client_id", 0)[..16].to_owned(),
                token(self.seed, "app_secret", 0),
            )
        })
    }

    /// A second app, which nobody has consented to.
    pub(crate) fn other_app(&self) -> (String, String) {
        let client_id = token(self.seed, "other client_id", 0)[..16].to_owned();
        (client_id, token(self.seed, "other app_secret", 0))
    }

    /// The state at the start, and each user's openid, access token and refresh token.
    fn people(&self) -> (State, Vec<(String, String, String)>) {
        let (client_id, secret) = self.main_app();
        let scopes = || self.scopes.iter().cloned().collect();
        let app = |client_id, secret| App {
            client_id,
            secret,
            scopes: scopes(),
            callbacks: self.callbacks.clone(),
        };
        let other = self.other_app();
        let mut script = Script::new(self.seed);
        for rule in &self.rules {
            script.add(rule.clone());
        }
        let users = (0..self.users)
            .map(|n| User {
                openid: letters(&token(self.seed, "openid", n as u64), 32),
                name: format!("创作者{}", n + 1),
                formal: true,
                level: 5,
                captcha: false,
                listed: true,
                granted: scopes(),
                at_once: Gauge::default(),
                submissions: Vec::new(),
            })
            .collect();
        let mut state = State {
            switches: self.switches.clone(),
            script,
            apps: vec![app(client_id.clone(), secret), app(other.0, other.1)],
            users,
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            nonces: HashMap::new(),
            uploads: Vec::new(),
            covers: HashMap::new(),
            manuscripts: Vec::new(),
            categories: categories::all(),
            grants_changed: Vec::new(),
            quota_until: None,
            record: Record::default(),
            seed: self.seed,
            serial: 0,
        };
        let now_ms = self.clock.now_ms();
        let tokens = (0..self.users)
            .map(|user| {
                let (access, refresh, _) = state.issue_pair(&client_id, user, now_ms);
                (state.users[user].openid.clone(), access, refresh)
            })
            .collect();
        (state, tokens)
    }
}

impl Afresh for Builder {
    fn state(&self) -> State {
        self.people().0
    }
}

impl World {
    /// Where the app and its users are told to a program in another process.
    pub(crate) fn credentials(&self) -> Value {
        json!({ "users": self.credentials })
    }
}
