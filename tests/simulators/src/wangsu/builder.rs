//! What a platform is before it starts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::watch;

use super::fault::{Rule, Script};
use super::intake::Storage;
use super::state::{Account, Category, Record, State, World, token};
use super::switches::{Profile, Switches};
use super::{Credentials, Simulator};
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
    accounts: usize,
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
            switches: Switches::of(Profile::Docs),
            accounts: 2,
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

    /// Where chunks and stored files are kept; a folder that is removed at the end without this.
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// Bytes are read and thrown away: for measuring clients.
    pub fn discarding(mut self) -> Self {
        self.storage = Storage::Discard;
        self
    }

    pub fn profile(mut self, profile: Profile) -> Self {
        self.switches = Switches::of(profile);
        self
    }

    pub fn switches(mut self, change: impl FnOnce(&mut Switches)) -> Self {
        change(&mut self.switches);
        self
    }

    pub fn accounts(mut self, count: usize) -> Self {
        self.accounts = count.max(1);
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
        let credentials: Vec<Credentials> = state
            .accounts
            .iter()
            .map(|account| Credentials {
                access_key: account.access_key.clone(),
                secret_key: account.secret_key.clone(),
            })
            .collect();
        let (storage_access_key, storage_secret_key) = state.storage_keys.clone();
        let world = Arc::new(World {
            clock: self.clock.clone(),
            meter: Meter::default(),
            storage: self.storage,
            root,
            _scratch: scratch,
            happened: watch::channel(0).0,
            url: OnceLock::new(),
            credentials: json!({
                "accounts": credentials,
                "storage_access_key": storage_access_key,
                "storage_secret_key": storage_secret_key,
                "bucket": state.bucket,
            }),
            first: Box::new(state.clone()),
            state: Mutex::new(state),
        });
        let listener = Listener::open(self.port, world.clone()).await?;
        let url = format!("http://{}", listener.address());
        world.url.set(url).expect("it is set once");
        Ok(Simulator {
            listener,
            world,
            credentials,
        })
    }

    fn state(&self) -> State {
        let mut script = Script::new(self.seed);
        for rule in &self.rules {
            script.add(rule.clone());
        }
        let category = |id, parent, name: &str| Category {
            id,
            parent,
            name: name.into(),
        };
        let accounts = (0..self.accounts as u64)
            .map(|n| Account {
                access_key: format!("WS{}", token(self.seed, "access", n)[..18].to_uppercase()),
                secret_key: token(self.seed, "secret", n),
                permitted: true,
                categories: vec![
                    category(1, 0, "体育"),
                    category(2, 0, "News"),
                    category(3, 1, "足球"),
                ],
                workflows: vec!["workflow-1".into()],
            })
            .collect();
        State {
            switches: self.switches.clone(),
            script,
            accounts,
            storage_keys: (
                token(self.seed, "storage access", 0),
                token(self.seed, "storage secret", 0),
            ),
            bucket: "cloudv-demo".into(),
            used: HashMap::new(),
            calls: HashMap::new(),
            resumable: HashMap::new(),
            videos: Vec::new(),
            tokens: HashSet::new(),
            revoked: HashSet::new(),
            handles: HashMap::new(),
            blocks: HashMap::new(),
            sent: BTreeMap::new(),
            objects: BTreeMap::new(),
            joined: HashMap::new(),
            at_once: 0,
            record: Record::default(),
            seed: self.seed,
            serial: 0,
        }
    }
}
