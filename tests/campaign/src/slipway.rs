//! The product as anyone may use it: the `slipway` program, its words and its events.
//!
//! Knows nothing of the product's inside. Always holds: the program sees a home, a keychain and a data folder of its own, never
//! those of the person at this machine.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use slipway_sites::Site;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// Seals the vault of a folder that is thrown away.
const PASSPHRASE: &str = "a folder that is thrown away";
/// Nothing in a campaign may be silent for longer.
const SILENCE: Duration = Duration::from_mins(3);

/// One data folder and the program that works on it.
#[derive(Debug)]
pub(crate) struct Slipway {
    program: PathBuf,
    folder: PathBuf,
    /// Network namespace it runs in; this process's own without one.
    namespace: Option<String>,
    /// Where it looks for the network's cost; it takes any network without one.
    system_bus: Option<String>,
}

/// An account as the command line is told of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    platform: String,
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
}

impl Account {
    pub(crate) fn on(site: &dyn Site) -> Self {
        let owned = |pairs: Vec<(&'static str, String)>| {
            let pairs = pairs.into_iter();
            pairs
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        };
        Self {
            platform: site.platform().to_owned(),
            settings: owned(site.settings()),
            secrets: owned(site.secrets()),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.insert(name.to_owned(), value.to_string());
        self
    }
}

impl Slipway {
    /// # Errors
    /// When the folder cannot be made.
    pub(crate) fn new(program: &Path, folder: &Path) -> Result<Self> {
        for below in ["home", "runtime"] {
            std::fs::create_dir_all(folder.join(below))
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            namespace: None,
            system_bus: None,
        })
    }

    /// The same, in another network namespace.
    pub(crate) fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// The same, told of the network on this bus.
    pub(crate) fn on_bus(mut self, address: &str) -> Self {
        self.system_bus = Some(address.to_owned());
        self
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn command<I: IntoIterator<Item: AsRef<OsStr>>>(&self, words: I) -> Command {
        let mut command = match &self.namespace {
            None => Command::new(&self.program),
            Some(namespace) => {
                let mut command = Command::new("ip");
                command
                    .args(["netns", "exec", namespace])
                    .arg(&self.program);
                command
            }
        };
        command
            .args(words)
            .env("SLIPWAY_DATA_DIR", self.data_dir())
            .env("SLIPWAY_PASSPHRASE", PASSPHRASE)
            .env("HOME", self.folder.join("home"))
            .env("XDG_RUNTIME_DIR", self.folder.join("runtime"))
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match &self.system_bus {
            Some(address) => command.env("DBUS_SYSTEM_BUS_ADDRESS", address),
            None => command.env("SLIPWAY_ANY_NETWORK", "1"),
        };
        for name in [
            "DBUS_SESSION_BUS_ADDRESS",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command to its end and gives back what it printed.
    pub(crate) async fn call<I: IntoIterator<Item: AsRef<OsStr>>>(
        &self,
        words: I,
    ) -> Result<String> {
        let mut command = self.command(words);
        let spelled = format!("{:?}", command.as_std());
        let output = command
            .output()
            .await
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{spelled} ended with {}: {}", output.status, said.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Adds an account that checks itself against its platform.
    pub(crate) async fn add_account(&self, label: &str, account: &Account) -> Result<()> {
        let mut words = ["accounts", "add", &account.platform, "--label", label]
            .map(str::to_owned)
            .to_vec();
        for (option, pairs) in [("--set", &account.settings), ("--secret", &account.secrets)] {
            for (name, value) in pairs {
                words.extend([option.to_owned(), format!("{name}={value}")]);
            }
        }
        self.call(words).await.map(|_| ())
    }

    /// Adds an account that copies into `folder`, which is made.
    pub(crate) async fn add_folder(&self, label: &str, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let path = format!("path={}", folder.display());
        self.call([
            "accounts", "add", "folder", "--label", label, "--set", &path,
        ])
        .await
        .map(|_| ())
    }

    /// Adds a manuscript with what `site` needs beside a title.
    pub(crate) async fn add(
        &self,
        file: &Path,
        accounts: &str,
        title: &str,
        site: &dyn Site,
    ) -> Result<()> {
        let mut words = vec![OsString::from("add"), file.into(), "--account".into()];
        words.push(accounts.into());
        for (name, value) in site.fields().into_iter().chain([("title", title)]) {
            words.extend(["--set".into(), format!("{name}={value}").into()]);
        }
        self.call(words).await.map(|_| ())
    }

    /// Starts a command that tells what happens, line by line.
    pub(crate) fn start<I: IntoIterator<Item: AsRef<OsStr>>>(&self, words: I) -> Result<Running> {
        let mut child = self
            .command(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let stdout = child.stdout.take().expect("stdout was piped just above");
        let stderr = child.stderr.take().expect("stderr was piped just above");
        Ok(Running {
            child,
            lines: BufReader::new(stdout).lines(),
            stderr,
        })
    }

    /// Works on the queue until nothing can move, at so many bytes per second.
    pub(crate) fn run_until_idle(&self, cap: Option<u64>) -> Result<Running> {
        let cap = cap.map_or("off".to_owned(), |cap| cap.to_string());
        self.start(["run", "--until-idle", "--json", "--limit", &cap])
    }
}

/// A `slipway` that runs and tells.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    stderr: ChildStderr,
}

impl Running {
    /// The next thing that happened; `None` when it has ended. May be dropped while waiting.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>> {
        let Some(line) = self.lines.next_line().await? else {
            return Ok(None);
        };
        let json = serde_json::from_str(&line)
            .with_context(|| format!("an event is JSON, this is not: {line}"))?;
        Ok(Some(Event(json)))
    }

    /// The next thing that happened, from a program that is killed when it says nothing any more.
    pub(crate) async fn hear(&mut self) -> Result<Option<Event>> {
        if let Ok(event) = tokio::time::timeout(SILENCE, self.next()).await {
            return event;
        }
        self.kill().await?;
        bail!("slipway said nothing for {} s", SILENCE.as_secs())
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// kill -9, then waits for the body.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.child.kill().await.context("cannot kill slipway")
    }

    /// Waits for its end; what it said on standard error comes with it.
    pub(crate) async fn end(&mut self) -> Result<(ExitStatus, String)> {
        let mut said = String::new();
        let status = self.child.wait().await?;
        self.stderr.read_to_string(&mut said).await?;
        Ok((status, said.trim().to_owned()))
    }
}

/// One line of `--json`.
#[derive(Clone, Debug)]
pub(crate) struct Event(pub(crate) Value);

impl Event {
    pub(crate) fn name(&self) -> &str {
        self.0["event"].as_str().unwrap_or_default()
    }

    pub(crate) fn upload(&self) -> Option<u64> {
        self.0["upload"].as_u64()
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    pub(crate) fn number(&self, field: &str) -> u64 {
        self.0[field].as_u64().unwrap_or(0)
    }
}

/// The phases of all uploads, as told so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phases(BTreeMap<u64, (String, String)>);

impl Phases {
    pub(crate) fn hear(&mut self, event: &Event) {
        let Some(upload) = event.upload() else { return };
        let phase = match event.name() {
            "phase" => event.text("to"),
            "queued" => "queued",
            "published" => "published",
            "failed" => "failed",
            _ => return,
        };
        self.0
            .insert(upload, (event.text("account").to_owned(), phase.to_owned()));
    }

    /// Account and phase of each upload that has not ended.
    pub(crate) fn open(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .values()
            .map(|(account, phase)| (account.as_str(), phase.as_str()))
            .filter(|(_, phase)| !["published", "failed", "cancelled"].contains(phase))
    }
}
