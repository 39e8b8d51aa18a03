//! Shows the product at work on a machine that has nothing: a simulated platform, accounts, videos, then the window.
//!
//! Always holds: nothing of the person's own is read or changed; all lies in one scratch folder, and what went into the keychain is
//! taken out again at the end.

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

/// What a good home line carries, so that progress can be watched.
const LINE_BYTES_PER_SECOND: &str = "12000000";

/// Labels of the accounts.
const CHANNEL: &str = "My channel";
const SECOND: &str = "Second channel";
const ARCHIVE: &str = "Archive";

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
    let platform = stage.folder.join("platform");
    let platform = Simulator::start(
        "debug",
        &[
            "bilibili",
            "--review",
            "fast",
            "--spacing-ms",
            "1000",
            "--data",
            &platform.to_string_lossy(),
        ],
    )?;
    let line = Simulator::start(
        "debug",
        &[
            "line",
            "--to",
            platform.address(),
            "--up",
            LINE_BYTES_PER_SECOND,
        ],
    )?;
    let videos = videos::make(&stage.folder.join("videos"))?;
    stage.accounts(&platform, line.url())?;
    say("");
    say("Two accounts of a simulated Bilibili on this machine, and a folder:");
    say(&format!(
        "  {CHANNEL}, {SECOND}, {ARCHIVE} ({})",
        stage.archive().display()
    ));
    say(&format!(
        "Videos: {}",
        stage.folder.join("videos").display()
    ));
    say("");
    let outcome = if screen {
        stage.window(&videos)
    } else {
        stage.terminal(&videos)
    };
    published::report(&platform.inspect()?, &stage.archive(), &videos)?;
    stage.forget()?;
    outcome
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
            .env("NO_PROXY", "127.0.0.1");
        program
    }

    fn accounts(&self, platform: &Simulator, line: &str) -> Result<()> {
        let url = platform.url();
        for (label, user) in [CHANNEL, SECOND]
            .iter()
            .zip(platform.told["users"].as_array().into_iter().flatten())
        {
            let told = |name: &str| user[name].as_str().unwrap_or_default().to_owned();
            let mut add = self.program("slipway");
            add.args(["accounts", "add", "bilibili", "--label", label]);
            for setting in [
                format!("client_id={}", told("client_id")),
                format!("endpoint.api={url}"),
                format!("endpoint.oauth={url}"),
                format!("endpoint.consent={url}"),
                format!("endpoint.upload={line}"),
                "rate.submit_spacing_s=1".to_owned(),
            ] {
                add.args(["--set", &setting]);
            }
            for name in ["app_secret", "access_token", "refresh_token"] {
                let variable = name.to_uppercase();
                add.args(["--secret", &format!("{name}=env:{variable}")])
                    .env(variable, told(name));
            }
            read(&mut add)?;
        }
        let path = format!("path={}", self.archive().display());
        read(self.program("slipway").args([
            "accounts", "add", "folder", "--label", ARCHIVE, "--set", &path,
        ]))?;
        Ok(())
    }

    /// The window, with two of the videos under way and one left to drop.
    fn window(&self, videos: &[PathBuf]) -> Result<()> {
        for (video, channel) in videos.iter().take(videos.len() - 1).zip([CHANNEL, SECOND]) {
            read(&mut self.send("add", video, channel))?;
        }
        if let Some(last) = videos.last() {
            say(&format!(
                "Drop {} on the window, or close it to end the demo.",
                last.display()
            ));
        }
        run(&mut self.program("slipway-desktop"))
    }

    /// The same uploads on the terminal.
    fn terminal(&self, videos: &[PathBuf]) -> Result<()> {
        if !std::io::stderr().is_terminal() {
            say("Progress bars are drawn on a terminal only.");
        }
        for (video, channel) in videos.iter().zip([CHANNEL, SECOND].into_iter().cycle()) {
            run(&mut self.send("upload", video, channel))?;
        }
        Ok(())
    }

    /// `slipway add` or `slipway upload` with everything the platforms ask for.
    fn send(&self, verb: &str, video: &Path, channel: &str) -> Command {
        let accounts = [channel, ARCHIVE].join(",");
        let mut send = self.program("slipway");
        send.arg(verb).arg(video).args([
            "--account",
            &accounts,
            "--set",
            "tags=demo,slipway",
            "--set",
            "bilibili.tid=21",
        ]);
        send
    }

    /// Takes the accounts, and so their secrets, out again.
    fn forget(&self) -> Result<()> {
        for label in [CHANNEL, SECOND, ARCHIVE] {
            read(self.program("slipway").args(["accounts", "remove", label]))?;
        }
        Ok(())
    }
}
