//! A file far larger than any disk here: sparse, sent to ApsaraVideo VOD's storage, killed on its way and resumed to its end.
//!
//! The simulator throws the bytes away and remembers which part came how often. Always holds: a run that did not end in one video of the file's size
//! is an error.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use slipway_simulators::aliyun_vod::{Pace, Simulator, simulator};

use crate::slipway::{Running, Slipway};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Size of the file; it takes no room on the disk.
    #[arg(long, default_value_t = 200)]
    gib: u64,
    /// How often the program is killed on its way, evenly spaced.
    #[arg(long, default_value_t = 3)]
    kills: u64,
}

/// What was seen of a program that was killed, or that ended.
struct Seen {
    peak_kib: u64,
    published: bool,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    let bytes = options.gib << 30;
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("huge.mp4");
    File::create(&file)?
        .set_len(bytes)
        .context("this disk takes no sparse file of that size")?;
    let platform = simulator()
        .discarding()
        .pace(Pace::immediate())
        .start()
        .await;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    sign_in(&slipway, &platform).await?;
    let shown = file.to_string_lossy();
    slipway
        .call(["add", shown.as_ref(), "--account", "vod"])
        .await?;

    let (started, mut peak_kib) = (Instant::now(), 0);
    for kill in 1..=options.kills {
        let at = u128::from(bytes) * u128::from(kill) / u128::from(options.kills + 1);
        let mut running = slipway.run_until_idle(None)?;
        let reached = platform.reached(u64::try_from(at)?);
        let seen = follow(&mut running, Some(reached)).await?;
        ensure!(!seen.published, "it was there before kill {kill}");
        running.kill().await?;
        peak_kib = peak_kib.max(seen.peak_kib);
    }
    let mut running = slipway.run_until_idle(None)?;
    let seen = follow(&mut running, None::<std::future::Ready<()>>).await?;
    let (status, said) = running.end().await?;
    ensure!(
        status.success() && seen.published,
        "it ended with {status}: {said}"
    );
    peak_kib = peak_kib.max(seen.peak_kib);
    report(
        options,
        &platform,
        peak_kib,
        started.elapsed().as_secs_f64(),
    )
}

async fn sign_in(slipway: &Slipway, platform: &Simulator) -> Result<()> {
    let keys = platform.credentials();
    let id = format!("access_key_id={}", keys.access_key_id);
    let at = format!("endpoint.vod={}", platform.url());
    let secret = format!("access_key_secret={}", keys.access_key_secret);
    let words = [
        "accounts",
        "add",
        "aliyun-vod",
        "--label",
        "vod",
        "--set",
        &id,
    ];
    let more = ["--set", &at, "--secret", &secret];
    slipway.call(words.into_iter().chain(more)).await?;
    Ok(())
}

/// Hears the program until `enough`, or until it ends.
async fn follow(running: &mut Running, enough: Option<impl Future<Output = ()>>) -> Result<Seen> {
    let mut seen = Seen {
        peak_kib: 0,
        published: false,
    };
    let enough = async {
        match enough {
            Some(enough) => enough.await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(enough);
    loop {
        let event = tokio::select! {
            () = &mut enough => None,
            event = running.next() => event?,
        };
        let pid = running.pid();
        seen.peak_kib = seen.peak_kib.max(pid.map_or(0, peak_kib));
        let Some(event) = event else {
            return Ok(seen);
        };
        match event.name() {
            "published" => seen.published = true,
            "failed" => bail!("it failed: {}", event.text("message")),
            _ => {}
        }
    }
}

/// The most memory a process had so far, where the system tells.
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
    kib.and_then(|kib| kib.trim().parse().ok()).unwrap_or(0)
}

fn report(options: &Options, platform: &Simulator, peak_kib: u64, took_s: f64) -> Result<String> {
    let bytes = options.gib << 30;
    let seen = platform.glance();
    ensure!(
        seen.published() == 1,
        "there are {} videos",
        seen.published()
    );
    let [upload] = seen.uploads.as_slice() else {
        bail!("{} uploads were begun", seen.uploads.len());
    };
    let there: u64 = upload.parts.values().sum();
    ensure!(there == bytes, "{there} of {bytes} bytes are there");
    let again: u32 = upload.sent.values().map(|times| times - 1).sum();
    let mib_per_s = seen.received_bytes as f64 / took_s / f64::from(1 << 20);
    Ok(format!(
        "{} GiB in {} parts, {} kills: published once, {again} parts sent again ({} MiB in all beyond the file), \
         {took_s:.0} s ({mib_per_s:.0} MiB/s), peak memory {} MiB",
        options.gib,
        upload.parts.len(),
        options.kills,
        seen.received_bytes.saturating_sub(bytes) >> 20,
        peak_kib >> 10,
    ))
}
