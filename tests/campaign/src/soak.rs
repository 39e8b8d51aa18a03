//! The soak: for hours, uploads are added to an engine that runs, while platforms misbehave, the link begins to cost and is free again,
//! and the engine is killed or stopped and started anew.
//!
//! Decides when what happens; the graph is drawn in `chart`. Always holds: in the end every upload is published exactly once with the
//! bytes of its file, judged by what the platforms and the folder hold. Where the program asks for a person, somebody looks and tries again, and is
//! counted. The same seed asks for the same moments.

mod chart;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use slipway_simulators::network_manager::NetworkManager;
use slipway_sites::{CASES, PLATFORMS, Site};

use crate::kills::judge::{copied_once, published_once};
use crate::network::{HOME, HOME_COSTS, PHONE};
use crate::proc;
use crate::slipway::{Account, Event, Running, Slipway};
use crate::video;
use chart::{Mark, Sample};

const MIB: u64 = 1 << 20;
const SAMPLED_EVERY: Duration = Duration::from_secs(5);
/// Kills and restarts come in this share of the time; the rest is one engine's, whose memory tells whether it leaks.
const KILLED_FOR: f64 = 0.5;
/// A new engine is not measured sooner: it reads its queue first, and has yet to meet every platform.
const WARM: Duration = Duration::from_mins(3);
/// What is left when the time is over takes no longer than this.
const PATIENCE: Duration = Duration::from_mins(15);
/// Memory that the last third of that engine's time may have above its first and still be called flat. Ours: what the allocator keeps of a
/// busy moment.
const FLAT_MIB: f64 = 8.0;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long, in minutes.
    #[arg(long, default_value_t = 120)]
    minutes: u64,
    /// Uploads in all: each file goes to one platform by turns and to a folder.
    #[arg(long, default_value_t = 500)]
    uploads: u32,
    /// Seconds between kills or restarts, on average.
    #[arg(long, default_value_t = 300)]
    kill_every: u64,
    /// Seconds between faults, on average.
    #[arg(long, default_value_t = 20)]
    fault_every: u64,
    /// Seconds between changes of the link, on average.
    #[arg(long, default_value_t = 60)]
    flip_every: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The cap, in MiB a second.
    #[arg(long, default_value_t = 8)]
    line: u64,
    /// Where the graph and its figures go.
    #[arg(long, default_value = "target/soak")]
    out: PathBuf,
}

/// What is done to the engine, and when next.
struct Plan {
    random: StdRng,
    adds: Every,
    faults: Every,
    flips: Every,
    kills: Every,
    samples: Every,
}

/// A moment that comes again, at random around a mean.
struct Every {
    mean: Duration,
    next: Instant,
}

impl Every {
    fn new(mean: Duration, random: &mut StdRng) -> Self {
        let mut it = Self {
            mean,
            next: Instant::now(),
        };
        it.again(random);
        it
    }

    fn is_due(&self) -> bool {
        self.next <= Instant::now()
    }

    fn again(&mut self, random: &mut StdRng) {
        self.next = Instant::now() + self.mean.mul_f64(random.random_range(0.0..2.0));
    }
}

struct Soak {
    plan: Plan,
    folder: PathBuf,
    slipway: Slipway,
    /// By the label of the account, which is the platform's name.
    sites: BTreeMap<&'static str, Box<dyn Site>>,
    network: NetworkManager,
    costs: bool,
    running: Running,
    cap: u64,
    begun: Instant,
    run_since: Instant,
    /// SHA-256 of the file by title, by account.
    expected: BTreeMap<&'static str, BTreeMap<String, String>>,
    added: u32,
    published: BTreeSet<u64>,
    failed: BTreeMap<u64, Failed>,
    waiting: BTreeMap<u64, String>,
    marks: Vec<(f64, Mark)>,
    samples: Vec<Sample>,
    counts: BTreeMap<&'static str, u32>,
}

const COPY: &str = "copy";

/// An upload that ended without a work, for a person to look at.
#[derive(Debug)]
struct Failed {
    account: String,
    title: String,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    std::fs::create_dir_all(&options.out)?;
    let scratch = tempfile::tempdir()?;
    let mut soak = Soak::start(options, program, scratch.path()).await?;
    let end = soak.begun + Duration::from_secs(options.minutes * 60);
    let outcome = soak.whole(options.uploads, end).await;
    std::fs::write(
        options.out.join("soak.svg"),
        chart::svg(&soak.samples, &soak.marks),
    )?;
    std::fs::write(options.out.join("soak.csv"), chart::csv(&soak.samples))?;
    let report = soak.report(options).await;
    outcome.with_context(|| {
        report
            .as_ref()
            .map_or(String::new(), |(text, _)| text.clone())
    })?;
    let (report, breaches) = report?;
    ensure!(breaches.is_empty(), "{report}\n{}", breaches.join("\n"));
    Ok(report)
}

impl Soak {
    async fn start(options: &Options, program: &Path, scratch: &Path) -> Result<Self> {
        let network = NetworkManager::start().await?;
        network.show(&[HOME]).await?;
        let slipway = Slipway::new(program, &scratch.join("slipway"))?.on_bus(&network.address());
        let mut sites = BTreeMap::new();
        let mut expected = BTreeMap::from([(COPY, BTreeMap::new())]);
        for platform in PLATFORMS {
            let site = slipway_sites::start(platform, options.seed).await;
            slipway.add_account(platform, &Account::on(&*site)).await?;
            sites.insert(platform, site);
            expected.insert(platform, BTreeMap::new());
        }
        slipway.add_folder(COPY, &scratch.join("copies")).await?;
        let cap = options.line * MIB;
        let running = begin(&slipway, cap)?;
        let mut random = StdRng::seed_from_u64(options.seed);
        let files = options.uploads.div_ceil(2);
        // The last tenth of the time is for what is still on its way.
        let between = Duration::from_secs(options.minutes * 60)
            .mul_f64(0.9)
            .div_f64(f64::from(files));
        let mut every = |seconds: Duration| Every::new(seconds, &mut random);
        let plan = (
            every(between),
            every(Duration::from_secs(options.fault_every)),
            every(Duration::from_secs(options.flip_every)),
            every(Duration::from_secs(options.kill_every)),
            every(SAMPLED_EVERY),
        );
        let (adds, faults, flips, kills, samples) = plan;
        Ok(Self {
            plan: Plan {
                random,
                adds,
                faults,
                flips,
                kills,
                samples,
            },
            folder: scratch.to_owned(),
            slipway,
            sites,
            network,
            costs: false,
            running,
            cap,
            begun: Instant::now(),
            run_since: Instant::now(),
            expected,
            added: 0,
            published: BTreeSet::new(),
            failed: BTreeMap::new(),
            waiting: BTreeMap::new(),
            marks: Vec::new(),
            samples: Vec::new(),
            counts: BTreeMap::new(),
        })
    }

    async fn whole(&mut self, uploads: u32, end: Instant) -> Result<()> {
        let left_alone = self.begun + (end - self.begun).mul_f64(KILLED_FOR);
        while Instant::now() < end {
            if self.plan.adds.is_due() && self.added < uploads {
                self.add().await?;
                self.plan.adds.again(&mut self.plan.random);
            }
            if self.plan.faults.is_due() {
                self.fault();
                self.plan.faults.again(&mut self.plan.random);
            }
            if self.plan.flips.is_due() {
                self.flip(!self.costs).await?;
                self.plan.flips.again(&mut self.plan.random);
            }
            if self.plan.kills.is_due() && Instant::now() < left_alone {
                self.restart().await?;
                self.plan.kills.again(&mut self.plan.random);
            }
            self.step().await?;
        }
        self.flip(false).await?;
        while self.added < uploads {
            self.add().await?;
        }
        let patience = Instant::now() + PATIENCE;
        while self.published.len() < uploads as usize {
            if Instant::now() > patience {
                let open: Vec<_> = self.waiting.iter().take(5).collect();
                bail!(
                    "{} of {uploads} were published after all this time; failed: {:?}; waiting: {open:?}",
                    self.published.len(),
                    self.failed
                );
            }
            self.step().await?;
        }
        self.running.kill().await
    }

    /// A short while in which only the engine does something.
    async fn step(&mut self) -> Result<()> {
        if self.plan.samples.is_due() {
            self.sample();
            self.plan.samples.next = Instant::now() + SAMPLED_EVERY;
            self.look_after().await?;
        }
        self.beside(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(())
        })
        .await
    }

    /// Does something while the engine tells what happens: it must not wait for us to listen.
    async fn beside<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                event = self.running.next() => match event? {
                    Some(event) => self.hear(&event),
                    None => {
                        let (status, said) = self.running.end().await?;
                        bail!("the engine ended by itself with {status}: {said}");
                    }
                },
            }
        }
    }

    fn hear(&mut self, event: &Event) {
        let Some(upload) = event.upload() else { return };
        match event.name() {
            "published" => {
                self.published.insert(upload);
                self.waiting.remove(&upload);
                self.failed.remove(&upload);
            }
            "failed" => {
                let (account, code) = (event.text("account"), event.text("code"));
                println!(
                    "{:.0} s: {upload} on {account} failed: {code}",
                    self.seconds()
                );
                let title = Path::new(event.text("file")).file_stem();
                let failed = Failed {
                    account: account.to_owned(),
                    title: title.unwrap_or_default().to_string_lossy().into_owned(),
                };
                self.failed.insert(upload, failed);
            }
            "waiting" => {
                let why = format!("{} {}", event.text("account"), event.text("reason"));
                self.waiting.insert(upload, why);
            }
            _ => {}
        }
    }

    /// What a person does who reads why an upload failed: looks whether the work is there, and tries again where it is not.
    async fn look_after(&mut self) -> Result<()> {
        while let Some((upload, failed)) = self.failed.pop_first() {
            let works = match self.sites.get(failed.account.as_str()) {
                Some(site) => site.works().await,
                None => Vec::new(),
            };
            let is_there = works.iter().any(|work| work.title == failed.title);
            let (order, what) = if is_there {
                ("remove", "found there by a person")
            } else {
                ("retry", "tried again by a person")
            };
            let mut command = self.slipway.command([order, &upload.to_string()]);
            let said = self.beside(async { Ok(command.output().await?) }).await?;
            ensure!(
                said.status.success(),
                "{upload} could not be looked after: {}",
                String::from_utf8_lossy(&said.stderr)
            );
            if is_there {
                self.published.insert(upload);
            }
            *self.counts.entry(what).or_default() += 1;
        }
        Ok(())
    }

    async fn add(&mut self) -> Result<()> {
        let number = self.added / 2;
        let platform = PLATFORMS[number as usize % PLATFORMS.len()];
        let title = format!("soak-{number:04}");
        let file = self.folder.join(format!("{title}.mp4"));
        let bytes = self.plan.random.random_range(2 * MIB..16 * MIB);
        video::write(&file, bytes, self.plan.random.random())?;
        let digest = video::sha256(&file)?;
        let fields = self.sites[platform].fields();
        let mut words = vec![
            "add".to_owned(),
            file.display().to_string(),
            "--account".to_owned(),
            format!("{platform},{COPY}"),
        ];
        for (name, value) in fields.into_iter().chain([("title", title.as_str())]) {
            words.extend(["--set".to_owned(), format!("{name}={value}")]);
        }
        let mut command = self.slipway.command(words);
        let said = self.beside(async { Ok(command.output().await?) }).await?;
        ensure!(
            said.status.success(),
            "{title} was not added: {}",
            String::from_utf8_lossy(&said.stderr)
        );
        for account in [platform, COPY] {
            let of_account = self.expected.entry(account).or_default();
            of_account.insert(title.clone(), digest.clone());
        }
        self.added += 2;
        Ok(())
    }

    fn fault(&mut self) {
        let random = &mut self.plan.random;
        let case = CASES[random.random_range(0..CASES.len())];
        let platform = PLATFORMS[random.random_range(0..PLATFORMS.len())];
        if self.sites[platform].lay(case.trouble, case.stage).is_ok() {
            self.mark("faults", Mark::Fault);
        }
    }

    async fn flip(&mut self, costs: bool) -> Result<()> {
        if self.costs == costs {
            return Ok(());
        }
        self.costs = costs;
        let dear = if self.plan.random.random() {
            HOME_COSTS
        } else {
            PHONE
        };
        let up = if costs { dear } else { HOME };
        self.network.show(&[up]).await?;
        self.mark("flips", if costs { Mark::Costs } else { Mark::Free });
        Ok(())
    }

    /// `kill -9`, or a signal that asks for the end.
    async fn restart(&mut self) -> Result<()> {
        if self.plan.random.random() {
            self.running.kill().await?;
            self.mark("kills", Mark::Kill);
        } else {
            self.stop().await?;
            self.mark("stops", Mark::Kill);
        }
        self.running = begin(&self.slipway, self.cap)?;
        self.run_since = Instant::now();
        // The engine has its folder before a command that adds could take it.
        self.beside(async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok(())
        })
        .await
    }

    async fn stop(&mut self) -> Result<()> {
        let pid = self.running.pid().context("it runs")?.to_string();
        let asked = tokio::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .await?;
        ensure!(asked.success(), "kill -TERM failed");
        while let Some(event) = self.running.hear().await? {
            self.hear(&event);
        }
        self.running.end().await?;
        Ok(())
    }

    fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    fn mark(&mut self, what: &'static str, mark: Mark) {
        *self.counts.entry(what).or_default() += 1;
        self.marks.push((self.seconds(), mark));
    }

    fn sample(&mut self) {
        let Some(pss) = self.running.pid().and_then(proc::pss_mib) else {
            return;
        };
        self.samples.push(Sample {
            at_s: self.seconds(),
            pss_mib: pss,
            run_s: self.run_since.elapsed().as_secs_f64(),
            added: self.added,
            published: self.published.len() as u32,
        });
    }

    /// What came of it, and what is wrong with that.
    async fn report(&self, options: &Options) -> Result<(String, Vec<String>)> {
        let mut breaches: Vec<String> = Vec::new();
        let mut report = format!(
            "# Soak: {} min, seed {}\n\n| account | wanted | there |\n| --- | ---: | ---: |\n",
            options.minutes, options.seed
        );
        for (platform, site) in &self.sites {
            let wanted = &self.expected[platform];
            let there = site.publications().await;
            let wrong = published_once(wanted, &site.works().await, there);
            breaches.extend(wrong.iter().map(|why| format!("{platform}: {why}")));
            writeln!(report, "| {platform} | {} | {there} |", wanted.len())?;
        }
        let wanted = &self.expected[COPY];
        let (there, wrong) = copied_once(wanted, &self.folder.join("copies"))?;
        breaches.extend(wrong);
        writeln!(report, "| folder | {} | {there} |\n", wanted.len())?;
        for (what, count) in &self.counts {
            writeln!(report, "{what}: {count}")?;
        }
        let alone = chart::last_run(&self.samples);
        let [early, late] = chart::thirds(alone, WARM.as_secs_f64());
        let most = self.samples.iter().map(|it| it.pss_mib);
        writeln!(
            report,
            "memory (PSS): at most {:.1} MiB; of the engine that ran the last {:.0} min, the median was {early:.1} MiB in its first third, {late:.1} in its last",
            most.fold(0.0, f64::max),
            alone.last().map_or(0.0, |it| it.run_s) / 60.0,
        )?;
        if early.is_nan() || late.is_nan() {
            breaches.push("the last engine ran too short for its memory to be judged".to_owned());
        } else if late > early + FLAT_MIB {
            breaches.push(format!("memory grew from {early:.1} to {late:.1} MiB"));
        }
        Ok((report, breaches))
    }
}

fn begin(slipway: &Slipway, cap: u64) -> Result<Running> {
    slipway.start(["run", "--json", "--limit", &cap.to_string()])
}
