//! The kill campaign: `slipway` is killed again and again, at every moment of an upload, and nothing may be lost or made twice.
//!
//! Decides when to kill; what must hold afterwards is in `judge`. Always holds: the same seed asks for the same moments, though the
//! machine decides what exactly it was doing then.

pub(crate) mod judge;
mod tally;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use slipway_sites::{PLATFORMS, Site, Stage, Trouble};

use crate::slipway::{Account, Event, Phases, Running, Slipway};
use crate::video;
use judge::Judge;
use tally::{Tally, Target};

const MIB: u64 = 1 << 20;
/// Longest time in which acknowledgements are gathered for one commit. Ours: ten times a second is the rule, and a disk may be slow.
const BATCH: Duration = Duration::from_millis(250);
/// Each makes one upload for the platform and one for the folder.
const FILES_PER_BATCH: u64 = 2;

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
    /// The cap, in MiB a second: slow enough that sending can be hit, fast enough that two hundred kills take minutes.
    #[arg(long, default_value_t = 24)]
    line: u64,
    /// Which platform stands beside the folder: each of them by turns with `all`.
    #[arg(long, default_value = "bilibili")]
    platform: Platforms,
}

/// The platforms that are put to the test.
#[derive(Clone, Debug)]
pub(crate) struct Platforms(pub(crate) Vec<&'static str>);

impl FromStr for Platforms {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = |name: &&str| text == "all" || *name == text;
        let chosen: Vec<_> = PLATFORMS.into_iter().filter(named).collect();
        if chosen.is_empty() {
            return Err(format!("one of {}, or all", PLATFORMS.join(", ")));
        }
        Ok(Self(chosen))
    }
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
    site: Box<dyn Site>,
    /// Of everything that is sent, in bytes per second.
    cap: u64,
    phases: Phases,
    tally: Tally,
    judge: Judge,
    files: u64,
    /// Of each file; a random size without this.
    bytes: Option<u64>,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    let mut breaches = Vec::new();
    for platform in &options.platform.0 {
        match one(platform, options, program).await {
            // At once: the next platform may take as long again.
            Ok(report) => println!("{report}"),
            Err(error) => breaches.push(format!("{platform}: {error:#}")),
        }
    }
    if !breaches.is_empty() {
        bail!("{}", breaches.join("\n"));
    }
    Ok(format!("Held: {}", options.platform.0.join(", ")))
}

async fn one(platform: &str, options: &Options, program: &Path) -> Result<String> {
    let seed = options.seed.unwrap_or_else(rand::random);
    let started = Instant::now();
    let scratch = tempfile::tempdir()?;
    let site = slipway_sites::start(platform, seed).await;
    // Openings and submissions are over in a moment: this makes them long enough to be hit.
    for stage in [Stage::Open, Stage::Commit] {
        if let Err(why) = site.lay(Trouble::Slow, stage) {
            bail!("{platform} cannot be slowed down: {why}");
        }
    }
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    slipway.add_account("video", &Account::on(&*site)).await?;
    let target = scratch.path().join("copies");
    slipway.add_folder("copy", &target).await?;
    let mut campaign = Campaign {
        random: StdRng::seed_from_u64(seed),
        folder: scratch.path().to_owned(),
        slipway,
        cap: options.line * MIB,
        phases: Phases::default(),
        tally: Tally::default(),
        judge: Judge::new(target),
        files: 0,
        bytes: options
            .mib
            .map(|mib| (mib * MIB).min(site.file_max_bytes())),
        site,
    };
    let outcome = campaign.whole(options.kills).await;
    let of_bytes = campaign.bytes.map_or(String::new(), |bytes| {
        format!(" of {:.0} MiB", bytes as f64 / MIB as f64)
    });
    let mut report = format!(
        "# Kills: {} with seed {seed}, {} files{of_bytes} to {platform} and a folder, {:.0} s\n\n",
        campaign.tally.kills(),
        campaign.files,
        started.elapsed().as_secs_f64()
    );
    report.push_str(&campaign.tally.table());
    if let Err(error) = outcome {
        println!("{report}");
        return Err(error.context(format!("the campaign with seed {seed}")));
    }
    let bound = campaign.site.in_flight_most() + (campaign.cap as f64 * BATCH.as_secs_f64()) as u64;
    let verdict = campaign.judge.verdict(&*campaign.site, bound).await?;
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
                    self.judge.after_a_kill(&*self.site);
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
        let mut last = self.slipway.run_until_idle(None)?;
        let mut waits = String::new();
        while let Some(event) = last.hear().await? {
            if event.name() == "waiting" {
                waits = format!("{} waits: {}", event.text("file"), event.text("reason"));
            }
            self.phases.hear(&event);
            self.judge.hear(&event);
        }
        let (status, said) = last.end().await?;
        anyhow::ensure!(
            status.success(),
            "the last run ended with {status}: {waits} {said}"
        );
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
            self.slipway
                .add(&file, "video,copy", &title, &*self.site)
                .await?;
            self.judge.expect(&title, &file)?;
        }
        Ok(())
    }

    /// Lets the program run until an upload is in `target`, and a random moment longer.
    async fn strike(&mut self, target: Target) -> Result<Moment> {
        let mut running = self.slipway.run_until_idle(Some(self.cap))?;
        let reach = target.reach();
        let beyond = self.random.random_range(Duration::ZERO..reach);
        while let Some(event) = running.hear().await? {
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
