//! One large file to a server on loopback that throws it away, beside `curl -T` of the same file.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use slipway_simulators::Sink;
use slipway_simulators::bilibili::{self, Review};

use super::cost::Cost;
use super::{Row, cost, median, tell};
use crate::slipway::{Account, Slipway};
use crate::video;

/// What the platform recommends, and so what users have.
const PART_BYTES: u64 = 8 << 20;

pub(super) async fn measure(program: &Path, mib: u64, runs: usize) -> Result<Vec<Row>> {
    let scratch = tempfile::tempdir()?;
    let simulator = bilibili::simulator()
        .discarding()
        .spacing(Duration::ZERO)
        .review(Review::immediate())
        .start()
        .await;
    let sink = Sink::start(0).await?;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    let account = Account::on(&simulator)
        .with("part_size", PART_BYTES)
        .with("verify_etag", "warn");
    slipway.add_account("video", &account).await?;
    let file = scratch.path().join("large.mp4");
    video::write(&file, mib << 20, 1)?;
    let (mut ours, mut curls) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let mut curl = curl(&file, &sink.url());
        let curl = on_a_thread(move || cost::of(&mut curl)).await?;
        let mut upload = upload(&slipway, &file, run);
        let upload = on_a_thread(move || cost::of(&mut upload)).await?;
        tell(&format!(
            "large {mib} MiB: curl {:.2} s ({:.2} s CPU), slipway {:.2} s ({:.2} s CPU, {:.0} MiB)",
            curl.wall_s, curl.cpu_s, upload.wall_s, upload.cpu_s, upload.peak_mib
        ));
        curls.push(curl);
        ours.push(upload);
    }
    simulator.stop().await;
    sink.stop().await;
    let ratio = |of: fn(&Cost) -> f64| median(ours.iter().map(of)) / median(curls.iter().map(of));
    let (wall, cpu) = (ratio(|cost| cost.wall_s), ratio(|cost| cost.cpu_s));
    let peak = median(ours.iter().map(|cost| cost.peak_mib));
    Ok(vec![
        Row::new(
            format!("{mib} MiB to loopback, wall time against curl"),
            "≤ 1.0x",
            format!("{wall:.2}x"),
            wall <= 1.0,
        ),
        Row::new(
            format!("{mib} MiB to loopback, processor time against curl"),
            "≤ 1.3x",
            format!("{cpu:.2}x"),
            cpu <= 1.3,
        ),
        Row::told(
            format!(
                "{mib} MiB to loopback, peak memory, with the 46 MiB that opening a vault takes for a moment"
            ),
            format!("{peak:.0} MiB"),
        ),
    ])
}

/// A pure upload, timed from the start of the program to its end.
pub(super) fn upload(slipway: &Slipway, file: &Path, run: usize) -> Command {
    let title = format!("title=large {run}");
    let mut upload = slipway.command([
        "upload",
        "--json",
        "--again",
        "--account",
        "video",
        "--set",
        &title,
    ]);
    upload
        .args(["--set", "tags=test", "--set", "bilibili.tid=21"])
        .arg(file);
    upload.into_std()
}

pub(super) fn curl(file: &Path, url: &str) -> Command {
    let mut curl = Command::new("curl");
    curl.args([
        "--silent",
        "--show-error",
        "--fail",
        "--noproxy",
        "*",
        "--upload-file",
    ])
    .arg(file)
    .arg(format!("{url}/large"));
    curl
}

/// Measuring waits; the servers live on this runtime's threads.
pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}
