//! How fast the product reacts: to a pause, to a cap, to its own violent end.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use slipway_simulators::bilibili::{self, Review, Simulator};
use slipway_simulators::{Line, bilibili::Inspection};

use super::{Row, median, tell};
use crate::slipway::{Account, Running, Slipway};
use crate::video;

const MIB: u64 = 1 << 20;
/// Fast enough to matter, slow enough that nothing here ends too early.
const LINE_BYTES_PER_SECOND: u64 = 20 * MIB;
const CAP_BYTES_PER_SECOND: u64 = 5_000_000;

struct Bench {
    simulator: Simulator,
    slipway: Slipway,
    _line: Line,
    _scratch: tempfile::TempDir,
}

pub(super) async fn measure(program: &Path) -> Result<Vec<Row>> {
    let bench = Bench::start(program, 900 * MIB).await?;
    let rows = vec![
        bench.restart().await?,
        bench.pause().await?,
        bench.cap().await?,
        bench.cancel().await?,
    ];
    for row in &rows {
        tell(&format!("{}: {}", row.what, row.measured));
    }
    Ok(rows)
}

impl Bench {
    async fn start(program: &Path, bytes: u64) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let simulator = bilibili::simulator()
            .discarding()
            .spacing(Duration::ZERO)
            .review(Review::immediate())
            .start()
            .await;
        let line = Line::to(simulator.address())
            .up(LINE_BYTES_PER_SECOND)
            .start()
            .await?;
        let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
        let account = Account::on(&simulator)
            .with("endpoint.upload", line.url())
            .with("part_size", 4 * MIB)
            .with("verify_etag", "warn");
        slipway.add_account("video", &account).await?;
        let file = scratch.path().join("long.mp4");
        video::write(&file, bytes, 1)?;
        slipway.add(&file, "video", "long", &simulator).await?;
        Ok(Self {
            simulator,
            slipway,
            _line: line,
            _scratch: scratch,
        })
    }

    fn run(&self) -> Result<Running> {
        self.slipway.start(["run", "--json"])
    }

    /// Returns when the platform receives bytes that are new.
    async fn sending(&self) {
        let before = self.simulator.bytes_received();
        self.simulator.reached(before + 1).await;
    }

    /// kill -9 in the middle of sending, start again, until the platform receives bytes again.
    async fn restart(&self) -> Result<Row> {
        let mut took = Vec::new();
        for _ in 0..5 {
            let mut running = self.run()?;
            self.sending().await;
            let far = self.simulator.bytes_received() + 8 * MIB;
            self.simulator.reached(far).await;
            running.kill().await?;
            self.quiet(Duration::from_millis(300)).await;
            let started = Instant::now();
            let mut running = self.run()?;
            self.sending().await;
            took.push(started.elapsed().as_secs_f64());
            running.kill().await?;
            self.quiet(Duration::from_millis(300)).await;
        }
        let took = median(took);
        Ok(Row::new(
            "kill -9 to sending again after start",
            "≤ 1 s",
            format!("{took:.2} s"),
            took <= 1.0,
        ))
    }

    async fn pause(&self) -> Result<Row> {
        let (mut running, took) = self.last_byte_after(["pause", "--all"]).await?;
        self.slipway.call(["resume", "--all"]).await?;
        running.kill().await?;
        Ok(stopped("pause", took))
    }

    /// Ends the upload: nothing is left to measure after it.
    async fn cancel(&self) -> Result<Row> {
        let (mut running, took) = self.last_byte_after(["cancel", "--all"]).await?;
        running.kill().await?;
        Ok(stopped("cancel", took))
    }

    /// Seconds from giving an order, while bytes flow, to the last byte at the platform.
    async fn last_byte_after(&self, order: [&str; 2]) -> Result<(Running, f64)> {
        let running = self.run()?;
        self.sending().await;
        let far = self.simulator.bytes_received() + 8 * MIB;
        self.simulator.reached(far).await;
        let ordered_ms = self.simulator.elapsed_ms();
        self.slipway.call(order).await?;
        self.quiet(Duration::from_secs(3)).await;
        let last_ms = self.simulator.glance().received.last_ms().unwrap_or(0);
        Ok((running, last_ms.saturating_sub(ordered_ms) as f64 / 1000.0))
    }

    /// What arrives in ten seconds under a cap, after two seconds of settling.
    async fn cap(&self) -> Result<Row> {
        self.slipway.call(["limit", "5MB/s"]).await?;
        let mut running = self.run()?;
        self.sending().await;
        let from_ms = self.simulator.elapsed_ms() + 2000;
        let until_ms = from_ms + 10_000;
        tokio::time::sleep(Duration::from_millis(2000 + 10_000 + 100)).await;
        let seen: Inspection = self.simulator.glance();
        running.kill().await?;
        self.slipway.call(["limit", "off"]).await?;
        let rate = seen.received.between(from_ms, until_ms) as f64 / 10.0;
        let off = (rate / CAP_BYTES_PER_SECOND as f64 - 1.0) * 100.0;
        Ok(Row::new(
            "a cap of 5 MB/s over ten seconds",
            "within 5 %",
            format!("{:.2} MB/s ({off:+.1} %)", rate / 1e6),
            off.abs() <= 5.0,
        ))
    }

    /// Returns when nothing has arrived for so long.
    async fn quiet(&self, for_: Duration) {
        loop {
            let before = self.simulator.bytes_received();
            if tokio::time::timeout(for_, self.simulator.reached(before + 1))
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

fn stopped(order: &str, took: f64) -> Row {
    Row::new(
        format!("{order} to no more bytes"),
        "≤ 2 s",
        format!("{took:.2} s"),
        took <= 2.0,
    )
}

/// The process's memory now, in MiB.
pub(super) fn resident_mib(running: &Running) -> Result<f64> {
    let pid = running.pid().context("it runs")?;
    super::cost::memory_mib(pid, "VmRSS:").context("its memory is in /proc")
}
