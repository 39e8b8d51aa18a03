//! The data folder, and whoever holds it: this process, or a running engine behind its socket.

use crate::{exit::Outcome, out::Out, secret};
use secrecy::SecretString;
use slipway_api::{
    Api, Failure, Options,
    client::{Client, Following},
    socket::{Remote, Server},
};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// How long a command waits for another short one to let go of the folder.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(40);
/// A clean end is given this long.
const CLOSING: Duration = Duration::from_secs(3);

/// What a command wants of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Ask or change something, wherever the queue is.
    Ask,
    /// Move uploads: in the running engine, or else here.
    Move,
    /// Be the engine.
    BeEngine,
}

pub(crate) struct Folder {
    pub(crate) data_dir: PathBuf,
    pub(crate) passphrase: Option<SecretString>,
    /// Uploads at once, when this process is the engine.
    pub(crate) at_once: Option<usize>,
}

/// A way to the queue, held open.
pub(crate) struct Reached {
    pub(crate) client: Client,
    /// Hears everything since the engine began, when this process is the engine.
    following: Option<Following>,
    server: Option<Server>,
}

impl Folder {
    pub(crate) fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            passphrase: slipway_api::passphrase_from_env(),
            at_once: None,
        }
    }

    pub(crate) async fn reach(&self, purpose: Purpose) -> Result<Reached, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            let running = Remote::find(&self.data_dir).await;
            match (purpose, running) {
                (Purpose::Ask | Purpose::Move, Ok(Some(remote))) => {
                    return Ok(Reached {
                        client: Client::There(remote),
                        following: None,
                        server: None,
                    });
                }
                (Purpose::BeEngine, Ok(Some(_))) => {
                    return Err(
                        Failure::new("data_folder_locked").with("folder", self.data_dir.display())
                    );
                }
                (_, Err(failure)) if Instant::now() >= until => return Err(failure),
                (_, Err(_) | Ok(None)) => {}
            }
            match self.open(purpose).await {
                // A short command has it, or an engine that does not serve yet.
                Err(failure) if failure.code == "data_folder_locked" && Instant::now() < until => {
                    tokio::time::sleep(PAUSE).await;
                }
                opened => return opened,
            }
        }
    }

    async fn open(&self, purpose: Purpose) -> Result<Reached, Failure> {
        let run = purpose != Purpose::Ask;
        let api = Api::open(Options {
            data_dir: self.data_dir.clone(),
            passphrase: self.passphrase.clone(),
            run,
            at_once: self.at_once,
            any_network: slipway_api::any_network_from_env(),
        })
        .await?;
        let following = run.then(|| Following::Here(api.happenings()));
        let server = if run {
            match Server::start(api.clone(), &self.data_dir).await {
                Ok(server) => Some(server),
                Err(error) => {
                    tracing::warn!(%error, "other programs cannot reach this engine");
                    None
                }
            }
        } else {
            None
        };
        Ok(Reached {
            client: Client::Here(api),
            following,
            server,
        })
    }

    /// Does what may need the vault; where its pass phrase is missing, asks for it once and tries again.
    pub(crate) async fn with_secrets<T>(
        &mut self,
        out: &Out,
        work: impl AsyncFn(&Client) -> Result<T, Failure>,
    ) -> Outcome<T> {
        let reached = self.reach(Purpose::Ask).await?;
        let done = work(&reached.client).await;
        let here = matches!(reached.client, Client::Here(_));
        reached.close().await;
        let failure = match done {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        let wants_phrase = matches!(failure.code.as_str(), "vault_locked" | "secrets_nowhere");
        let phrase = (wants_phrase && here)
            .then(|| secret::ask_passphrase(&out.sentence("cli.passphrase", &[])))
            .flatten();
        let Some(phrase) = phrase else {
            return Err(failure.into());
        };
        self.passphrase = Some(phrase);
        let reached = self.reach(Purpose::Ask).await?;
        let done = work(&reached.client).await;
        reached.close().await;
        Ok(done?)
    }
}

impl Reached {
    /// Whether the engine is this process.
    pub(crate) fn is_here(&self) -> bool {
        matches!(self.client, Client::Here(_))
    }

    pub(crate) async fn follow(&mut self) -> Result<Following, Failure> {
        match self.following.take() {
            Some(following) => Ok(following),
            None => self.client.follow().await,
        }
    }

    /// Lets go in order: first nobody reaches the engine any more, then it ends.
    pub(crate) async fn close(self) {
        if let Some(server) = self.server {
            server.close().await;
        }
        if let Client::Here(api) = self.client
            && tokio::time::timeout(CLOSING, api.close()).await.is_err()
        {
            tracing::warn!("the engine did not end in time");
        }
    }
}
