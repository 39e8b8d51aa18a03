//! Emulated lines: the kernel's own TCP at both ends of a slow, far, lossy way. Needs root and Linux.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::large::{curl, on_a_thread, upload};
use super::{Row, cost, median, tell};
use crate::slipway::{Account, Slipway};
use crate::video;

/// A line between Europe and Asia, or a good home line to a far server.
const RATE_MBIT: f64 = 200.0;
const ROUND_TRIP_MS: u32 = 100;
const LOSSES_PERCENT: [&str; 2] = ["0", "0.1"];
/// Of each packet of 1,500 bytes, what is not headers of IP and of TCP with timestamps.
pub(super) const PAYLOAD: f64 = 1448.0 / 1500.0;
const PART_BYTES: u64 = 8 << 20;

/// A program that serves until its standard input closes, and what it said when it was ready.
pub(super) struct Server {
    child: Child,
    pub(super) told: Value,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout was piped just above"))
            .read_line(&mut line)?;
        let told = serde_json::from_str(&line)
            .with_context(|| format!("{command:?} says that it is ready"))?;
        Ok(Self { child, told })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Its end is all that matters; how it ended does not.
        let _ = self.child.wait();
    }
}

pub(super) async fn measure(program: &Path, mib: u64, runs: usize) -> Result<Vec<Row>> {
    if !may_lay()? {
        return Ok(vec![Row::told(
            "emulated lines",
            "not measured: they need root on Linux",
        )]);
    }
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("line.mp4");
    video::write(&file, mib << 20, 1)?;
    let mut rows = Vec::new();
    for loss in LOSSES_PERCENT {
        let (ours, curls) =
            one_line(program, &scratch.path().join(loss), &file, loss, runs).await?;
        let share = |wall_s: f64| (mib << 20) as f64 * 8.0 / wall_s / (RATE_MBIT * PAYLOAD * 1e6);
        let what = format!("{mib} MiB over {RATE_MBIT} Mbit/s, {ROUND_TRIP_MS} ms, {loss} % loss");
        let measured = format!(
            "{:.0} % of the line ({ours:.1} s); curl {:.0} % ({curls:.1} s)",
            share(ours) * 100.0,
            share(curls) * 100.0
        );
        rows.push(if loss == "0" {
            Row::new(what, "≥ 95 % of the line", measured, share(ours) >= 0.95)
        } else {
            Row::new(what, "ahead of curl", measured, ours < curls)
        });
    }
    Ok(rows)
}

/// Whether a line can be laid here.
pub(super) fn may_lay() -> Result<bool> {
    Ok(cfg!(target_os = "linux") && std::fs::metadata("/dev/net/tun").is_ok() && is_root()?)
}

fn is_root() -> Result<bool> {
    let id = Command::new("id").arg("-u").output()?;
    Ok(id.stdout.trim_ascii() == b"0")
}

/// A line, the name of its near end, and what serves at its far end.
pub(super) fn line(
    rate_mbit: f64,
    round_trip_ms: u32,
    more: &[&str],
) -> Result<(Server, String, Server)> {
    let line = Server::start(
        Command::new("python3")
            .arg("tests/line/line.py")
            .args(["--rate-mbit", &rate_mbit.to_string()])
            .args(["--round-trip-ms", &round_trip_ms.to_string()])
            .args(more),
    )?;
    let end = |name| {
        let end = line.told[name].as_str();
        end.with_context(|| format!("a line has a {name} end"))
    };
    let (near, far) = (end("near")?.to_owned(), end("far")?);
    let server = Server::start(
        Command::new("ip")
            .args(["netns", "exec", far])
            .arg(std::env::current_exe()?)
            .arg("serve"),
    )?;
    Ok((line, near, server))
}

/// Medians of wall times, ours and curl's.
async fn one_line(
    program: &Path,
    folder: &Path,
    file: &Path,
    loss: &str,
    runs: usize,
) -> Result<(f64, f64)> {
    let (_line, near, server) = line(RATE_MBIT, ROUND_TRIP_MS, &["--loss-percent", loss])?;
    let sink = server.told["sink"]
        .as_str()
        .context("a sink has an address")?
        .to_owned();
    let account: Account = serde_json::from_value(server.told["account"].clone())?;
    let account = account
        .with("part_size", PART_BYTES)
        .with("verify_etag", "warn");
    let slipway = Slipway::new(program, folder)?.within(&near);
    slipway.add_account("video", &account).await?;
    let (mut ours, mut curls) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let mut upload = upload(&slipway, file, run);
        let upload = on_a_thread(move || cost::of(&mut upload)).await?;
        let mut curl = inside(&near, &curl(file, &sink));
        let curl = on_a_thread(move || cost::of(&mut curl)).await?;
        tell(&format!(
            "line, {loss} % loss: slipway {:.1} s, curl {:.1} s",
            upload.wall_s, curl.wall_s
        ));
        ours.push(upload.wall_s);
        curls.push(curl.wall_s);
    }
    Ok((median(ours), median(curls)))
}

/// The same command in a network namespace.
pub(super) fn inside(namespace: &str, command: &Command) -> Command {
    let mut inside = Command::new("ip");
    inside
        .args(["netns", "exec", namespace])
        .arg(command.get_program())
        .args(command.get_args());
    inside
}
