//! The simulator as a command of the program.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Builder, Profile, Simulator};

/// Options of `slipway-simulators wangsu`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Says what is official, what is inferred and what every switch is, and ends.
    #[arg(long)]
    pub about: bool,
    /// 0 is any free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder for chunks and stored files; a temporary one without this.
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = ProfileName::Docs)]
    profile: ProfileName,
    /// Throw bytes away; only the CRC-32 of chunks is taken.
    #[arg(long)]
    discard: bool,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 2)]
    accounts: usize,
    /// How long a video is transcoded, on the virtual clock.
    #[arg(long)]
    transcode_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProfileName {
    Docs,
    Strict,
}

impl Options {
    /// As one of several that start together.
    pub fn beside(data: Option<PathBuf>, discard: bool) -> Self {
        Self {
            about: false,
            port: 0,
            data,
            profile: ProfileName::Docs,
            discard,
            seed: 1,
            accounts: 1,
            transcode_ms: None,
        }
    }

    /// # Errors
    /// When the port or the folder cannot be had.
    pub async fn start(self) -> anyhow::Result<Simulator> {
        let mut builder = Builder::default()
            .port(self.port)
            .seed(self.seed)
            .accounts(self.accounts)
            .profile(match self.profile {
                ProfileName::Docs => Profile::Docs,
                ProfileName::Strict => Profile::Strict,
            });
        if self.discard {
            builder = builder.discarding();
        }
        if let Some(folder) = self.data {
            builder = builder.data(folder);
        }
        if let Some(ms) = self.transcode_ms {
            builder = builder.switches(|switches| switches.transcode_ms = ms);
        }
        builder
            .try_start()
            .await
            .context("starting the Wangsu simulator")
    }
}

/// Everything a client has to be told. The secrets are invented and worth nothing.
pub fn told(simulator: &Simulator) -> Value {
    let mut told = simulator.world.credentials.clone();
    told["url"] = json!(simulator.url());
    told["access_key"] = json!(simulator.access_key());
    told["secret_key"] = json!(simulator.secret_key());
    told
}
