//! A long queue: adding, listing, jumping in it, and what it costs in memory.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use slipway_api::socket::Remote;

use super::reaction::resident_mib;
use super::{Row, median, tell};
use crate::slipway::Slipway;

/// As many as fit into one command line.
const PER_COMMAND: u32 = 10_000;
/// Rows in a window of the list.
const WINDOW: u32 = 40;

pub(super) async fn measure(program: &Path, uploads: u32) -> Result<Vec<Row>> {
    let scratch = tempfile::tempdir()?;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    slipway
        .add_folder("copy", &scratch.path().join("copies"))
        .await?;
    let idle = idle_mib(&slipway).await?;
    let files = videos(&scratch.path().join("videos"), uploads)?;
    let mut rows = Vec::new();
    let mut adding = Vec::new();
    for some in files.chunks(PER_COMMAND as usize) {
        let started = Instant::now();
        let words = ["add", "--hold", "--account", "copy"].map(PathBuf::from);
        slipway
            .call(words.iter().chain(some).map(|word| word.as_os_str()))
            .await?;
        adding.push(started.elapsed().as_secs_f64());
        tell(&format!(
            "{} uploads added in {:.2} s",
            some.len(),
            started.elapsed().as_secs_f64()
        ));
    }
    if let Some(first) = adding.first() {
        let count = PER_COMMAND.min(uploads);
        rows.push(Row::new(
            format!("{count} uploads added by one command"),
            "≤ 2 s",
            format!("{first:.2} s"),
            *first <= 2.0,
        ));
    }
    let mut running = slipway.start(["run", "--json"])?;
    let remote = reached(&slipway).await?;
    rows.extend(windows(&remote, uploads).await?);
    // Let what the start needed go.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let above = resident_mib(&running)? - idle;
    rows.push(Row::new(
        format!("engine memory with {uploads} uploads, above the idle engine's"),
        "≤ 64 MiB",
        format!("{above:.1} MiB (idle: {idle:.1} MiB)"),
        above <= 64.0,
    ));
    running.kill().await?;
    let started = Instant::now();
    slipway.call(["list", "--json"]).await?;
    rows.push(Row::told(
        format!("`slipway list --json` of {uploads} uploads"),
        format!("{:.2} s", started.elapsed().as_secs_f64()),
    ));
    for row in &rows {
        tell(&format!("{}: {}", row.what, row.measured));
    }
    Ok(rows)
}

/// Small files, each another one: what is measured is the queue, not the disk.
fn videos(folder: &Path, count: u32) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    (0..count)
        .map(|number| {
            let file = folder.join(format!("v{number:06}.mp4"));
            std::fs::write(&file, number.to_be_bytes().repeat(512))?;
            Ok(file)
        })
        .collect()
}

async fn idle_mib(slipway: &Slipway) -> Result<f64> {
    let mut running = slipway.start(["run", "--json"])?;
    reached(slipway).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = resident_mib(&running)?;
    running.kill().await?;
    Ok(idle)
}

/// The running engine's socket, as a front end finds it.
async fn reached(slipway: &Slipway) -> Result<Remote> {
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        if let Ok(Some(remote)) = Remote::find(&slipway.data_dir()).await {
            return Ok(remote);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    anyhow::bail!("the engine did not open its socket")
}

/// The first window of the list, then jumps to random places, each asked for as the window asks.
async fn windows(remote: &Remote, uploads: u32) -> Result<Vec<Row>> {
    let mut random = StdRng::seed_from_u64(1);
    let mut took = Vec::new();
    for number in 0..201 {
        let offset = if number == 0 {
            0
        } else {
            random.random_range(0..uploads.saturating_sub(WINDOW).max(1))
        };
        let window = json!({
            "show": "all", "search": null, "account": null, "phase": null, "offset": offset, "limit": WINDOW,
        });
        let started = Instant::now();
        let page: Value = remote
            .call("queue_window", &window)
            .await
            .map_err(|failure| anyhow::anyhow!("{}: {:?}", failure.code, failure.detail))?;
        took.push(started.elapsed().as_secs_f64() * 1000.0);
        let rows = page["rows"].as_array().context("a page has rows")?;
        anyhow::ensure!(
            rows.len() == WINDOW.min(uploads) as usize,
            "a window is full"
        );
    }
    let first = took.remove(0);
    let middle = median(took.iter().copied());
    let worst = took.iter().copied().fold(0.0, f64::max);
    Ok(vec![
        Row::new(
            format!("first window of {uploads} rows, over the socket"),
            "≤ 1 s",
            format!("{first:.1} ms"),
            first <= 1000.0,
        ),
        Row::new(
            format!("a jump among {uploads} rows, over the socket"),
            "≤ 16 ms",
            format!("{middle:.1} ms (worst of 200: {worst:.1} ms)"),
            middle <= 16.0,
        ),
    ])
}
