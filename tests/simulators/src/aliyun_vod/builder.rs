//! How a platform is set up before it starts.
//!
//! Always holds: the same seed gives the same credentials and ids in the same order.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::callbacks::{self, Callback};
use super::fault::{Rule, Script};
use super::intake::Storage;
use super::state::{State, made_up};
use super::switches::Switches;
use super::world::World;
use super::{Credentials, Pace, Simulator};
use crate::clock::Clock;
use crate::listener::Listener;
use crate::meter::Meter;

#[derive(Clone, Debug)]
pub struct Builder {
    seed: u64,
    port: u16,
    data: Option<PathBuf>,
    storage: Storage,
    switches: Switches,
    pace: Pace,
    rules: Vec<Rule>,
    callback: Option<Callback>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            seed: 1,
            port: 0,
            data: None,
            storage: Storage::Files,
            switches: Switches::default(),
            pace: Pace::default(),
            rules: Vec::new(),
            callback: None,
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
    /// Where parts are kept; a folder that is removed at the end without this.
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
    pub fn switches(mut self, change: impl FnOnce(&mut Switches)) -> Self {
        change(&mut self.switches);
        self
    }
    /// Tells this address of events, signed with the key where there is one.
    ///
    /// # Panics
    /// When it is no address.
    pub fn callback(mut self, url: &str, key: Option<&str>) -> Self {
        self.callback = Some(Callback {
            url: url.parse().expect("an address"),
            key: key.map(str::to_owned),
        });
        self
    }
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }
    pub fn fault(mut self, rule: impl Into<Rule>) -> Self {
        self.rules.push(rule.into());
        self
    }

    /// Starts on the Tokio runtime of the caller.
    ///
    /// # Panics
    /// When the port or the folder cannot be had; `try_start` says so instead.
    pub async fn start(self) -> Simulator {
        let started = self.try_start().await;
        started.expect("a port on loopback and a folder for data can be had")
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
        let credentials = Credentials {
            access_key_id: format!("LTAI{}", &made_up(self.seed, "id", 0)[..16]),
            access_key_secret: made_up(self.seed, "secret", 0),
            role_arn: "acs:ram::1000000000000001:role/vod-upload".into(),
            service_token: made_up(self.seed, "service", 0),
        };
        let key = (credentials.access_key_secret.clone(), true);
        let idle = (made_up(self.seed, "idle secret", 0), false);
        let mut script = Script::new(self.seed);
        for rule in self.rules {
            script.add(rule);
        }
        let state = State {
            switches: self.switches,
            script,
            keys: HashMap::from([
                (credentials.access_key_id.clone(), key),
                ("LTAI-INACTIVE".to_owned(), idle),
            ]),
            temporary: HashMap::new(),
            nonces: HashMap::new(),
            media: Vec::new(),
            uploads: Vec::new(),
            objects: BTreeMap::new(),
            jobs: Vec::new(),
            sessions: HashMap::new(),
            answers: Vec::new(),
            callbacks: Vec::new(),
            calls: (0, 0),
            secrets_at_storage: 0,
            seed: self.seed,
            serial: 0,
        };
        let world = Arc::new(World {
            clock: Clock::default(),
            meter: Meter::default(),
            storage: self.storage,
            root,
            _scratch: scratch,
            pace: Mutex::new(self.pace),
            happened: watch::channel(0).0,
            state: Mutex::new(state),
            credentials,
            url: std::sync::OnceLock::new(),
            callback: self.callback,
        });
        let listener = Listener::open(self.port, world.clone()).await?;
        let _ = world.url.set(format!("http://{}", listener.address()));
        tokio::spawn(callbacks::work(Arc::downgrade(&world)));
        Ok(Simulator { listener, world })
    }
}
