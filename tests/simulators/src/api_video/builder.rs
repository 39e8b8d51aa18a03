//! How a platform is set up before it starts.
//!
//! Always holds: the same seed gives the same keys, tokens and ids in the same order.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::Simulator;
use super::auth::api_key;
use super::fault::{Rule, Script};
use super::intake::Storage;
use super::state::{Record, State};
use super::switches::{Profile, Switches};
use super::videos::Encoding;
use super::world::World;
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
    encoding: Encoding,
    sandbox: bool,
    clock: Clock,
    rules: Vec<Rule>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            seed: 1,
            port: 0,
            data: None,
            storage: Storage::Files,
            switches: Switches::default(),
            encoding: Encoding::default(),
            sandbox: false,
            clock: Clock::default(),
            rules: Vec::new(),
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

    /// Parts are read and thrown away: for measuring clients.
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

    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// The sandbox: its own key, lower limits, everything gone after a day.
    pub fn sandbox(mut self) -> Self {
        self.sandbox = true;
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
        let state = self.state();
        let (key, other_key) = (state.api_key.clone(), state.other_key.clone());
        let world = Arc::new(World {
            state: Mutex::new(state),
            clock: self.clock.clone(),
            meter: Meter::default(),
            storage: self.storage,
            root,
            _scratch: scratch,
            encoding: Mutex::new(self.encoding),
            happened: watch::channel(0).0,
            afresh: self.clone(),
        });
        let listener = Listener::open(self.port, world.clone()).await?;
        Ok(Simulator {
            listener,
            world,
            key,
            other_key,
        })
    }

    /// The state at the start.
    pub(crate) fn state(&self) -> State {
        let mut script = Script::new(self.seed);
        for rule in &self.rules {
            script.add(rule.clone());
        }
        let (production, sandbox) = (
            api_key(self.seed, "production key"),
            api_key(self.seed, "sandbox key"),
        );
        let (api_key, other_key) = if self.sandbox {
            (sandbox, production)
        } else {
            (production, sandbox)
        };
        State {
            switches: self.switches.clone(),
            script,
            sandbox: self.sandbox,
            api_key,
            other_key,
            suspended: false,
            bearers: HashMap::new(),
            refreshes: HashMap::new(),
            upload_tokens: Vec::new(),
            videos: Vec::new(),
            windows: HashMap::new(),
            record: Record::default(),
            seed: self.seed,
            serial: 0,
        }
    }
}
