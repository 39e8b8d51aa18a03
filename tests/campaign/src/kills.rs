//! The kill campaign: `slipway` is killed again and again, at every moment of an upload, and nothing may be lost or made twice.
//!
//! Decides when to kill; what must hold afterwards is in `judge`. Always holds: the same seed asks for the same moments, though the
//! machine decides what exactly it was doing then.

mod judge;
mod tally;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use slipway_simulators::bilibili::{Call, Fault, Review, Simulator};
use slipway_simulators::{Line, bilibili};

use crate::slipway::{Bilibili, Event, Phases, Running, Slipway};
use crate::video;
use judge::Judge;
use tally::{Tally, Target};

const MIB: u64 = 1 << 20;
/// Small parts make many acknowledgements to lose.
const PART_BYTES: u64 = MIB;
/// Longest time in which acknowledgements are gathered for one commit. Ours: ten times a second is the rule, and a disk may be slow.
const BATCH: Duration = Duration::from_millis(250);
/// Each makes one upload for each of the two platforms.
const FILES_PER_BATCH: u64 = 2;
/// Nothing in a campaign may be silent for longer.
const SILENCE: Duration = Duration::from_mins(3);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Chooses the moments; a random one without this.
    #[arg(long)]
    seed: Option<u64>,
    /// Size of each file, in MiB; each another one between 4 and 24 without this.
    #[arg(long)]
    mib: Option<u64>,
    /// The line to the platform, in MiB a second: slow enough that sending can be hit, fast enough that two hundred kills take minutes.
    #[arg(long, default_value_t = 24)]
    line: u64,
}

/// What becomes of a run of the program.
enum Moment {
    Killed(Option<Target>),
    Ended(std::process::ExitStatus, String),
}

struct Campaign {
    random: StdRng,
    folder: PathBuf,
    slipway: Slipway,
    simulator: Simulator,
    phases: Phases,
    tally: Tally,
    judge: Judge,
    files: u64,
    /// Of each file; a random size without this.
    bytes: Option<u64>,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    let seed = options.seed.unwrap_or_else(rand::random);
    let started = Instant::now();
    let scratch = tempfile::tempdir()?;
    let simulator = bilibili::simulator()
        .seed(seed)
        .spacing(Duration::ZERO)
        .review(Review::immediate())
        .start()
        .await;
    // Openings and submissions are over in a moment: these make them long enough to be hit.
    for call in [Call::Init, Call::Complete, Call::Add] {
        simulator.fault(
            Fault::Latency {
                ms: 120,
                jitter_ms: 120,
            }
            .on(call)
            .always(),
        );
    }
    let line_rate = options.line * MIB;
    let line = Line::to(simulator.address()).up(line_rate).start().await?;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    slipway
        .add_bilibili(&Bilibili {
            label: "video",
            credentials: simulator.credentials(),
            url: &simulator.url(),
            upload_url: &line.url(),
            part_bytes: PART_BYTES,
            strict: true,
        })
        .await?;
    let target = scratch.path().join("copies");
    slipway.add_folder("copy", &target).await?;
    let mut campaign = Campaign {
        random: StdRng::seed_from_u64(seed),
        folder: scratch.path().to_owned(),
        slipway,
        simulator,
        phases: Phases::default(),
        tally: Tally::default(),
        judge: Judge::new(target),
        files: 0,
        bytes: options.mib.map(|mib| mib * MIB),
    };
    let outcome = campaign.whole(options.kills).await;
    let mut report = format!(
        "# Kills: {} with seed {seed}, {} files to two platforms, {:.0} s\n\n",
        campaign.tally.kills(),
        campaign.files,
        started.elapsed().as_secs_f64()
    );
    report.push_str(&campaign.tally.table());
    if let Err(error) = outcome {
        println!("{report}");
        return Err(error.context(format!("the campaign with seed {seed}")));
    }
    let bound = Judge::bound(&campaign.simulator, PART_BYTES, line_rate, BATCH);
    let verdict = campaign.judge.verdict(&campaign.simulator, bound).await?;
    report.push_str(&verdict.table);
    if !verdict.breaches.is_empty() {
        println!("{report}");
        bail!("seed {seed}: {}", verdict.breaches.join("; "));
    }
    Ok(report)
}

impl Campaign {
    async fn whole(&mut self, kills: u32) -> Result<()> {
        while self.tally.kills() < kills {
            let target = self.tally.rarest();
            match self.strike(target).await? {
                Moment::Killed(hit) => {
                    self.tally.killed(hit);
                    self.judge.after_a_kill(&self.simulator);
                    if self.tally.kills().is_multiple_of(20) {
                        println!("{} kills: {}", self.tally.kills(), self.tally.line());
                    }
                }
                Moment::Ended(status, said) => {
                    anyhow::ensure!(status.success(), "slipway ended with {status}: {said}");
                    self.add_batch().await?;
                }
            }
        }
        let mut last = self.slipway.run_until_idle()?;
        while let Some(event) = hear(&mut last).await? {
            self.phases.hear(&event);
            self.judge.hear(&event);
        }
        let (status, said) = last.end().await?;
        anyhow::ensure!(status.success(), "the last run ended with {status}: {said}");
        Ok(())
    }

    async fn add_batch(&mut self) -> Result<()> {
        for _ in 0..FILES_PER_BATCH {
            self.files += 1;
            let title = format!("kill-{:04}", self.files);
            let file = self.folder.join(format!("{title}.mp4"));
            let drawn = self.random.random_range(4 * MIB..24 * MIB);
            let bytes = self.bytes.unwrap_or(drawn);
            video::write(&file, bytes, self.random.random())?;
            self.slipway.add(&file, "video,copy", &title).await?;
            self.judge.expect(&title, &file)?;
        }
        Ok(())
    }

    /// Lets the program run until an upload is in `target`, and a random moment longer.
    async fn strike(&mut self, target: Target) -> Result<Moment> {
        let mut running = self.slipway.run_until_idle()?;
        let reach = target.reach();
        let beyond = self.random.random_range(Duration::ZERO..reach);
        while let Some(event) = hear(&mut running).await? {
            self.take(&event);
            if self.is_in(target) {
                let fuse = tokio::time::sleep(beyond);
                tokio::pin!(fuse);
                loop {
                    tokio::select! {
                        biased;
                        () = &mut fuse => break,
                        event = running.next() => match event? {
                            Some(event) => self.take(&event),
                            None => return self.ended(running).await,
                        },
                    }
                }
                running.kill().await?;
                let hit = self
                    .phases
                    .open()
                    .filter_map(|(_, phase)| Target::of(phase));
                return Ok(Moment::Killed(hit.min_by_key(|hit| *hit != target)));
            }
        }
        self.ended(running).await
    }

    async fn ended(&mut self, mut running: Running) -> Result<Moment> {
        let (status, said) = running.end().await?;
        Ok(Moment::Ended(status, said))
    }

    fn take(&mut self, event: &Event) {
        self.phases.hear(event);
        self.judge.hear(event);
    }

    fn is_in(&self, target: Target) -> bool {
        self.phases
            .open()
            .any(|(_, phase)| Target::of(phase) == Some(target))
    }
}

async fn hear(running: &mut Running) -> Result<Option<Event>> {
    if let Ok(event) = tokio::time::timeout(SILENCE, running.next()).await {
        return event;
    }
    running.kill().await?;
    bail!("slipway said nothing for {} s", SILENCE.as_secs())
}
