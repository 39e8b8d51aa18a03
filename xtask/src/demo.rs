//! Shows the product at work on a machine that has nothing: simulated platforms, accounts, videos, then the window.
//!
//! Always holds: nothing of the person's own is read or changed; all lies in one scratch folder, and what went into the keychain is
//! taken out again at the end.

mod accounts;
mod published;
mod videos;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{cargo, command, read, run, say};
use crate::setup::{self, Need};
use crate::simulators::Simulator;
use crate::{place, ui};
use accounts::Account;

/// What a good line carries, so that progress can be watched.
const SPEED: &str = "40MB/s";

/// A scratch folder with everything the product needs to work in it.
struct Stage {
    folder: PathBuf,
    passphrase: String,
}

pub(crate) fn run_demo(headless: bool) -> Result<()> {
    let screen = !headless && has_screen();
    setup::prepare(if screen { Need::Window } else { Need::Rust })?;
    build(screen)?;
    let stage = Stage::new(&place::target().join("demo"))?;
    let data = stage.folder.join("platforms");
    let data = data.to_string_lossy();
    let words = ["--review", "fast", "--spacing-ms", "1000", "--data", &data];
    let platforms = Simulator::start("debug", &[&["all"], &words[..]].concat())?;
    let videos = videos::make(&stage.folder.join("videos"))?;
    let accounts = accounts::all(&platforms.told, &stage.archive());
    for account in &accounts {
        read(&mut account.add(stage.program("slipway")))?;
    }
    read(stage.program("slipway").args(["limit", SPEED]))?;
    say("");
    say("An account on each platform, all of them simulated on this machine, and a folder:");
    for account in &accounts {
        say(&format!("  {:<16} {}", account.label, account.platform));
    }
    say(&format!("Folder: {}", stage.archive().display()));
    say(&format!(
        "Videos: {}",
        stage.folder.join("videos").display()
    ));
    say("");
    let outcome = if screen {
        stage.window(&videos, &accounts)
    } else {
        stage.terminal(&videos, &accounts)
    };
    let arrived = published::arrived(&platforms.told, &stage.archive())?;
    let reported = published::report(&arrived, &videos);
    for account in &accounts {
        read(
            stage
                .program("slipway")
                .args(["accounts", "remove", account.label]),
        )?;
    }
    outcome?;
    let complete = reported?;
    if !screen {
        complete.of(videos.len() * accounts.len())?;
    }
    Ok(())
}

fn has_screen() -> bool {
    if cfg!(not(target_os = "linux")) {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn build(screen: bool) -> Result<()> {
    let mut build = cargo();
    build.args([
        "build",
        "--locked",
        "--package",
        "slipway-cli",
        "--package",
        "slipway-simulators",
    ]);
    if screen {
        ui::build()?;
        build.args(["--package", "slipway-desktop"]);
    }
    run(&mut build)
}

impl Stage {
    fn new(folder: &Path) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)
                .with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        for below in ["data", "archive", "videos"] {
            std::fs::create_dir_all(folder.join(below))
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        // A `RandomState` has keys from the system's randomness: good enough for a folder of examples.
        let passphrase = format!("{:016x}", RandomState::new().build_hasher().finish());
        Ok(Self {
            folder: folder.to_owned(),
            passphrase,
        })
    }

    fn archive(&self) -> PathBuf {
        self.folder.join("archive")
    }

    /// One of our programs on the scratch folder.
    fn program(&self, name: &str) -> Command {
        let mut program = command(place::program("debug", name));
        program
            .env("SLIPWAY_DATA_DIR", self.folder.join("data"))
            // Used where there is no keychain.
            .env("SLIPWAY_PASSPHRASE", &self.passphrase)
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("SLIPWAY_ANY_NETWORK", "1"); // nothing of it leaves this machine
        program
    }

    /// The window, with all but one of the videos under way and that one left to drop.
    fn window(&self, videos: &[PathBuf], accounts: &[Account]) -> Result<()> {
        if let Some((last, first)) = videos.split_last() {
            read(&mut self.send("add", first, accounts))?;
            say(&format!(
                "Drop {} on the window, or close it to end the demo.",
                last.display()
            ));
        }
        run(&mut self.program("slipway-desktop"))
    }

    /// The same uploads on the terminal.
    fn terminal(&self, videos: &[PathBuf], accounts: &[Account]) -> Result<()> {
        if !std::io::stderr().is_terminal() {
            say("Progress bars are drawn on a terminal only.");
        }
        run(&mut self.send("upload", videos, accounts))
    }

    /// `slipway add` or `slipway upload` with everything the platforms ask for.
    fn send(&self, verb: &str, videos: &[PathBuf], accounts: &[Account]) -> Command {
        let labels: Vec<&str> = accounts.iter().map(|account| account.label).collect();
        let mut send = self.program("slipway");
        send.arg(verb).args(videos).args([
            "--account",
            &labels.join(","),
            "--set",
            "tags=demo,slipway",
            "--set",
            "bilibili.tid=21",
        ]);
        send
    }
}
