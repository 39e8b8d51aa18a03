//! The product as front ends hold it: one engine, and the checks before it.

use crate::{
    Failure,
    checking::Looked,
    offered::Offered,
    starts::OtherStart,
    watching::Watching,
    wire::{Counts, Empty, Report, SecretsState, Start},
};
use parking_lot::Mutex;
use secrecy::SecretString;
use slipway_engine::{Engine, Happening, Idle, StartError, secrets::Place};
use slipway_model::{Cause, UploadId};
use slipway_store::{OpenError, StoreError};
use std::{collections::HashSet, path::PathBuf, sync::Arc};
use tokio::sync::{broadcast, mpsc, watch};

pub use slipway_engine::Options;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    pub(crate) engine: Engine,
    pub(crate) offered: Arc<Offered>,
    /// The last look at files and accounts, for the next letter that is typed.
    pub(crate) looked: Arc<Mutex<Option<Arc<Looked>>>>,
    pub(crate) in_view: Arc<Mutex<HashSet<UploadId>>>,
    pub(crate) counts: Arc<Mutex<Option<Counts>>>,
    pub(crate) signing_in: Arc<Mutex<crate::sign_in::Begun>>,
    pub(crate) watching: Arc<Watching>,
    /// The app, once it listens.
    pub(crate) app: Arc<Mutex<Option<mpsc::Sender<OtherStart>>>>,
    /// The last report, as it was shown.
    pub(crate) reported: Arc<Mutex<Option<Report>>>,
}

impl Api {
    /// Takes the data folder and starts the engine on it.
    ///
    /// # Errors
    /// `data_folder_locked`, `data_folder_read_only`, `database_newer`, `database_damaged`, `disk_full`, `vault_wrong_passphrase`.
    pub async fn open(options: Options) -> Result<Self, Failure> {
        let (dir, run) = (options.data_dir.clone(), options.run);
        let engine = Engine::start(options)
            .await
            .map_err(|error| start_failure(&error).with("path", dir.display()))?;
        let mut api = Self {
            watching: Arc::new(Watching::none(engine.idle())),
            engine,
            offered: Arc::default(),
            looked: Arc::default(),
            in_view: Arc::default(),
            counts: Arc::default(),
            signing_in: Arc::default(),
            app: Arc::default(),
            reported: Arc::default(),
        };
        if run {
            api.watching = Arc::new(Watching::start(&api));
        }
        Ok(api)
    }

    /// Stops the engine and lets the data folder go; within three seconds.
    pub async fn close(&self) {
        self.watching.end().await;
        self.engine.stop().await;
    }

    pub fn data_dir(&self) -> &std::path::Path {
        self.engine.data_dir()
    }

    pub fn happenings(&self) -> broadcast::Receiver<Happening> {
        self.engine.happenings()
    }

    /// `Some` while nothing can move by itself, and no watched folder is about to bring anything.
    pub fn idle(&self) -> watch::Receiver<Option<Idle>> {
        self.watching.idle()
    }

    /// A speed cap for this run only, in bytes per second.
    pub fn cap(&self, rate: Option<u64>) {
        self.engine.cap(rate);
    }

    pub async fn start(&self, _: Empty) -> Result<Start, Failure> {
        let has_accounts = !self.engine.store().accounts().await?.is_empty();
        let suggested_folder = directories::UserDirs::new()
            .map(|user| {
                user.video_dir()
                    .map_or_else(
                        || user.home_dir().join("Videos"),
                        std::path::Path::to_path_buf,
                    )
                    .join("Slipway")
            })
            .map(|path| path.display().to_string())
            .unwrap_or_default();
        let recovered = self.engine.opened().restored.as_ref().map(|restored| {
            let code = if restored.backup_at_ms.is_some() {
                "database_restored"
            } else {
                "database_started_anew"
            };
            Cause::new(code)
                .with("uploads", restored.uploads)
                .with(
                    "damaged_file",
                    restored
                        .damaged_file
                        .as_ref()
                        .map(|f| f.display().to_string())
                        .unwrap_or_default(),
                )
                .with("at_ms", restored.backup_at_ms.unwrap_or_default())
                .detail(&restored.finding)
        });
        let secrets = match self.engine.secrets().place() {
            Place::Keychain => SecretsState::Keychain,
            Place::Vault => SecretsState::Vault,
            Place::Nowhere => SecretsState::None,
        };
        Ok(Start {
            suggested_folder,
            has_accounts,
            recovered,
            secrets,
        })
    }
}

/// Where the queue lives when nobody says otherwise.
pub fn default_data_dir() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "Slipway").map(|dirs| dirs.data_local_dir().to_owned())
}

/// A pass phrase from the environment, for machines without a keychain.
pub fn passphrase_from_env() -> Option<SecretString> {
    std::env::var("SLIPWAY_PASSPHRASE")
        .ok()
        .filter(|phrase| !phrase.is_empty())
        .map(SecretString::from)
}

/// Whether the environment says that any network may be used, for servers where nobody could answer.
pub fn any_network_from_env() -> bool {
    std::env::var_os("SLIPWAY_ANY_NETWORK").is_some_and(|value| !value.is_empty() && value != "0")
}

fn start_failure(error: &StartError) -> Failure {
    let mut failure = match error {
        StartError::Locked => Failure::new("data_folder_locked"),
        StartError::DataFolder(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            Failure::new("disk_full")
        }
        StartError::DataFolder(_) | StartError::Store(OpenError::ReadOnly { .. }) => {
            Failure::new("data_folder_read_only")
        }
        StartError::Store(OpenError::Newer { found, known }) => Failure::new("database_newer")
            .with("found", found)
            .with("known", known),
        StartError::Store(OpenError::DiskFull { .. }) => Failure::new("disk_full"),
        StartError::Store(OpenError::Damaged { .. }) => Failure::new("database_damaged"),
        StartError::Store(OpenError::Io { .. }) => Failure::new("database_unreadable"),
        StartError::Secrets(cause) => cause.clone().into(),
        StartError::Queue(error) => return store_failure(error),
    };
    failure.detail = error.to_string();
    failure
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        store_failure(&error)
    }
}

fn store_failure(error: &StoreError) -> Failure {
    let mut failure = match error {
        StoreError::DiskFull => Failure::new("disk_full"),
        StoreError::ReadOnly => Failure::new("data_folder_read_only"),
        StoreError::Damaged => Failure::new("database_damaged"),
        StoreError::Closed => Failure::new("stopping"),
        StoreError::AccountLabelTaken { label } => {
            Failure::new("account_label_taken").with("label", label)
        }
        StoreError::AccountInUse { unfinished } => {
            Failure::new("account_in_use").with("unfinished", unfinished)
        }
        StoreError::NotFound(_) => Failure::new("upload_unknown"),
        StoreError::Busy | StoreError::Other(_) => Failure::new("store_failed"),
    };
    failure.detail = error.to_string();
    failure
}

impl From<slipway_platforms::Error> for Failure {
    fn from(error: slipway_platforms::Error) -> Self {
        let mut failure: Self = error.cause.clone().into();
        if failure.detail.is_empty() {
            failure.detail = error.to_string();
        }
        failure
    }
}
