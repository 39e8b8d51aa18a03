//! What room is left for others on a home line: how long a call's packets take beside an upload, and how fast another upload is.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::large::{curl, on_a_thread, upload};
use super::lines::{Server, inside, line, may_lay};
use super::{Row, cost, tell};
use crate::slipway::{Account, Slipway};
use crate::video;

/// The way up of a common home line, with a modem that keeps almost half a second of it.
const RATE_MBIT: f64 = 20.0;
const ROUND_TRIP_MS: u32 = 40;
const QUEUE_MS: u32 = 400;
const BYTES: u64 = 64 << 20;
const OTHERS_BYTES: u64 = 24 << 20;
/// Until an upload has found its speed.
const BEGUN: Duration = Duration::from_secs(8);
const CALL_S: u64 = 12;

/// A call beside an upload, and what the upload took of the line.
struct Beside {
    call: Call,
    share: f64,
}

#[derive(Deserialize)]
struct Call {
    p50_ms: f64,
    p95_ms: f64,
    sent: u32,
    lost: u32,
}

struct Home {
    slipway: Slipway,
    near: String,
    call: String,
    sink: String,
    _line: Server,
    _server: Server,
}

pub(super) async fn measure(program: &Path) -> Result<Vec<Row>> {
    if !may_lay()? {
        return Ok(vec![Row::told(
            "room for calls",
            "not measured: it needs root on Linux",
        )]);
    }
    let scratch = tempfile::tempdir()?;
    let home = Home::build(program, scratch.path()).await?;
    let files = ["upload.mp4", "other.mp4"].map(|name| scratch.path().join(name));
    video::write(&files[0], BYTES, 1)?;
    video::write(&files[1], OTHERS_BYTES, 2)?;
    let alone = home.call().await?;
    let mut found = Vec::new();
    for (run, word) in [(0, "on"), (2, "off")] {
        home.set(word).await?;
        let beside = home.beside(&files[0], run).await?;
        let others = home.other(&files[0], &files[1], run + 1).await?;
        tell(&format!(
            "headroom {word}: call {:.0} ms (95 %: {:.0} ms, {} of {} lost; alone {:.0} ms), upload {:.0} %, another's {:.0} % of the line",
            beside.call.p50_ms,
            beside.call.p95_ms,
            beside.call.lost,
            beside.call.sent,
            alone.p95_ms,
            beside.share * 100.0,
            others * 100.0
        ));
        found.push((beside, others));
    }
    let [(with, others_with), (without, others_without)] = &found[..] else {
        unreachable!("both were measured")
    };
    let more = |call: &Call| call.p95_ms - alone.p95_ms;
    Ok(vec![
        Row::new(
            "what an upload adds to a call's packets (95 %), with headroom",
            "≤ 60 ms",
            format!(
                "{:.0} ms; without {:.0} ms",
                more(&with.call),
                more(&without.call)
            ),
            more(&with.call) <= 60.0,
        ),
        Row::new(
            "an upload alone on the line, with headroom",
            "≥ 80 %",
            format!(
                "{:.0} %; without {:.0} %",
                with.share * 100.0,
                without.share * 100.0
            ),
            with.share >= 0.8,
        ),
        Row::new(
            "another's upload beside ours, with headroom",
            "≥ 80 %",
            format!(
                "{:.0} %; without {:.0} %",
                others_with * 100.0,
                others_without * 100.0
            ),
            *others_with >= 0.8,
        ),
    ])
}

/// Payload's share of the line.
fn share(bytes: u64, seconds: f64) -> f64 {
    bytes as f64 * 8.0 / seconds / (RATE_MBIT * super::lines::PAYLOAD * 1e6)
}

impl Home {
    async fn build(program: &Path, scratch: &Path) -> Result<Self> {
        let laid = line(
            RATE_MBIT,
            ROUND_TRIP_MS,
            &["--queue-ms", &QUEUE_MS.to_string()],
        )?;
        let (line, near, server) = laid;
        let told = |name: &str| {
            Ok::<_, anyhow::Error>(
                server.told[name]
                    .as_str()
                    .context("a server says where it is")?
                    .to_owned(),
            )
        };
        let (call, sink) = (told("call")?, told("sink")?);
        let account: Account = serde_json::from_value(server.told["account"].clone())?;
        let account = account
            .with("part_size", 1 << 20)
            .with("verify_etag", "warn");
        let slipway = Slipway::new(program, &scratch.join("home"))?.within(&near);
        slipway.add_account("video", &account).await?;
        Ok(Self {
            slipway,
            near,
            call,
            sink,
            _line: line,
            _server: server,
        })
    }

    async fn set(&self, word: &str) -> Result<()> {
        let said = self
            .slipway
            .command(["line", "--headroom", word])
            .output()
            .await?;
        ensure!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stderr)
        );
        Ok(())
    }

    async fn call(&self) -> Result<Call> {
        let mut call = Command::new(std::env::current_exe()?);
        call.args(["call", &self.call, &CALL_S.to_string()]);
        let mut call = inside(&self.near, &call);
        let said = on_a_thread(move || Ok(call.stderr(Stdio::inherit()).output()?)).await?;
        Ok(serde_json::from_slice(&said.stdout)?)
    }

    /// A call in the midst of an upload.
    async fn beside(&self, file: &Path, run: usize) -> Result<Beside> {
        let mut upload = upload(&self.slipway, file, run);
        let upload = on_a_thread(move || cost::of(&mut upload));
        let call = async {
            tokio::time::sleep(BEGUN).await;
            self.call().await
        };
        let (upload, call) = tokio::try_join!(upload, call)?;
        Ok(Beside {
            call,
            share: share(BYTES, upload.wall_s),
        })
    }

    /// What another upload gets of the line that begins in the midst of ours.
    async fn other(&self, file: &Path, others: &Path, run: usize) -> Result<f64> {
        let mut upload = upload(&self.slipway, file, run);
        let upload = on_a_thread(move || cost::of(&mut upload));
        let other = async {
            tokio::time::sleep(BEGUN).await;
            let mut curl = inside(&self.near, &curl(others, &self.sink));
            on_a_thread(move || cost::of(&mut curl)).await
        };
        let (_, other) = tokio::try_join!(upload, other)?;
        Ok(share(OTHERS_BYTES, other.wall_s))
    }
}
