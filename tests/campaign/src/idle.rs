//! What an app costs that has nothing to do: it sits in the tray for minutes, watches folders in which nothing happens, and is measured.
//!
//! Needs a desktop (`cargo xtask session`). Reads /proc, so Linux only. Always holds: every process that the app has started counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::proc::{self, Process};
use crate::slipway::Slipway;

/// Until the start is over: pages are loaded, folders looked through.
const SETTLED: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The app with a window.
    #[arg(long, default_value = "target/release/slipway-desktop")]
    desktop: PathBuf,
    #[arg(long, default_value_t = 20)]
    folders: u32,
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// With its window open, in place of the tray alone.
    #[arg(long)]
    shown: bool,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    ensure!(
        std::env::var_os("DISPLAY").is_some(),
        "the app needs a desktop: `cargo xtask session target/release/slipway-campaign idle`"
    );
    let scratch = tempfile::tempdir()?;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    slipway
        .add_folder("copy", &scratch.path().join("copies"))
        .await?;
    for number in 0..options.folders {
        let folder = scratch.path().join(format!("watched-{number}"));
        std::fs::create_dir(&folder)?;
        let folder = folder.display().to_string();
        slipway
            .call(["watch", "add", &folder, "--account", "copy"])
            .await?;
    }
    let mut command = tokio::process::Command::new(&options.desktop);
    command
        .arg("--data-dir")
        .arg(slipway.data_dir())
        .kill_on_drop(true);
    if !options.shown {
        command.arg("--hidden");
    }
    let mut app = command
        .spawn()
        .with_context(|| format!("cannot start {}", options.desktop.display()))?;
    let pid = app.id().context("it has just started")?;
    tokio::time::sleep(SETTLED).await;
    let before = of_all(pid)?;
    let time = Duration::from_secs(options.minutes * 60);
    tokio::time::sleep(time).await;
    let after = of_all(pid)?;
    app.kill().await?;
    report(options, &before, &after, time)
}

/// The app and all that it has started, by their numbers.
fn of_all(pid: u32) -> Result<BTreeMap<u32, Process>> {
    let tree = proc::tree(pid)?;
    ensure!(!tree.is_empty(), "the app has ended by itself");
    Ok(tree)
}

fn report(
    options: &Options,
    before: &BTreeMap<u32, Process>,
    after: &BTreeMap<u32, Process>,
    time: Duration,
) -> Result<String> {
    let seconds = time.as_secs_f64();
    let mut report = format!(
        "# Idle for {} min with {} watched folders\n\n| process | CPU, % of a core | wake-ups a second | memory (PSS), MiB |\n| --- | ---: | ---: | ---: |\n",
        options.minutes, options.folders
    );
    let mut all = [0.0; 3];
    for (pid, now) in after {
        let then = before.get(pid).cloned().unwrap_or_default();
        let figures = [
            (now.cpu_s - then.cpu_s) / seconds * 100.0,
            now.switches.saturating_sub(then.switches) as f64 / seconds,
            now.pss_mib,
        ];
        for (sum, figure) in all.iter_mut().zip(figures) {
            *sum += figure;
        }
        line(&mut report, &now.name, figures)?;
    }
    line(&mut report, "all", all)?;
    Ok(report)
}

fn line(report: &mut String, name: &str, [cpu, wakes, memory]: [f64; 3]) -> Result<()> {
    Ok(writeln!(
        report,
        "| {name} | {cpu:.3} | {wakes:.2} | {memory:.1} |"
    )?)
}
