//! Uploads once under each fault: those that every platform can have, and those of each simulator's own catalogue.
//!
//! Always holds: an upload that no client can save alone ends by saying so, every other ends published, and nothing is ever published
//! twice. What a platform cannot have stands in the table with its reason.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use slipway_sites::{CASES, Cannot, Example, Site, Work};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::kills::Platforms;
use crate::slipway::{Account, Slipway};
use crate::video;

const MIB: u64 = 1 << 20;
/// No fault takes longer to get past: the longest is a stall, given up after 60 s, and a wait after it.
const PATIENCE: Duration = Duration::from_mins(4);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only faults whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// How many uploads run beside each other; they mostly wait.
    #[arg(long, default_value_t = 4)]
    at_once: usize,
    /// One platform, or all.
    #[arg(long, default_value = "all")]
    platform: Platforms,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// That every platform can have, by its number.
    Shared(usize),
    /// Of the simulator's own catalogue, by its number there.
    Own(usize, Example),
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::Shared(number) => CASES[number].name,
            Self::Own(_, example) => example.name,
        }
    }

    fn number(self) -> usize {
        match self {
            Self::Shared(number) | Self::Own(number, _) => number,
        }
    }
}

/// What became of an upload under one fault.
#[derive(Debug)]
struct Outcome {
    platform: &'static str,
    fault: Fault,
    /// `published`, or the code it failed or waits with, or why there is no such fault.
    end: String,
    expected: bool,
    publications: usize,
    retries: u32,
    took: Duration,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    let turns = Arc::new(Semaphore::new(options.at_once));
    let program: Arc<Path> = program.into();
    let mut walks = JoinSet::new();
    for &platform in &options.platform.0 {
        let own = slipway_sites::start(platform, 1).await.examples();
        let own = own.into_iter().enumerate();
        let faults = (0..CASES.len())
            .map(Fault::Shared)
            .chain(own.map(|(number, example)| Fault::Own(number, example)));
        for fault in faults.filter(|fault| fault.name().contains(&options.only)) {
            let (turns, program) = (turns.clone(), program.clone());
            walks.spawn(async move {
                let _turn = turns.acquire().await?;
                walk(platform, fault, &program)
                    .await
                    .with_context(|| format!("fault '{}' on {platform}", fault.name()))
            });
        }
    }
    let mut outcomes = Vec::new();
    while let Some(ended) = walks.join_next().await {
        let outcome = ended??;
        println!(
            "{:12} {:36} {}",
            outcome.platform,
            outcome.fault.name(),
            outcome.end
        );
        outcomes.push(outcome);
    }
    outcomes.sort_by_key(|outcome| outcome.fault.number());
    let report = report(&options.platform.0, &outcomes);
    let bad: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.expected)
        .map(|outcome| {
            format!(
                "{}: {}: {}",
                outcome.platform,
                outcome.fault.name(),
                outcome.end
            )
        })
        .collect();
    if !bad.is_empty() {
        println!("\n{report}");
        bail!("not as it should be:\n{}", bad.join("\n"));
    }
    Ok(report)
}

async fn walk(platform: &'static str, fault: Fault, program: &Path) -> Result<Outcome> {
    let site = slipway_sites::start(platform, 1).await;
    let mut outcome = Outcome {
        platform,
        fault,
        end: String::from("silent"),
        expected: true,
        publications: 0,
        retries: 0,
        took: Duration::ZERO,
    };
    let (needs_a_person, is_interrupted) = match fault {
        Fault::Own(_, example) => (example.needs_a_person, false),
        Fault::Shared(number) => (false, CASES[number].interrupted),
    };
    let bytes = match fault {
        Fault::Shared(_) if is_interrupted => 6 * site.part_bytes() + 123,
        Fault::Shared(_) => 2 * site.part_bytes() + 123,
        // Some strike the third part.
        Fault::Own(..) => (6 * MIB).max(3 * site.part_bytes()),
    };
    let scratch = tempfile::tempdir()?;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    slipway.add_account("video", &Account::on(&*site)).await?;
    let file = scratch.path().join("fault.mp4");
    video::write(&file, bytes, fault.number() as u64)?;
    slipway.add(&file, "video", "fault", &*site).await?;
    if let Err(why) = lay(&*site, fault) {
        outcome.end = format!("none: {why}");
        return Ok(outcome);
    }
    let started = Instant::now();
    if is_interrupted {
        interrupt(&slipway, &*site).await?;
    }
    follow(&slipway, needs_a_person, &mut outcome).await?;
    outcome.took = started.elapsed();
    outcome.publications = site.publications().await;
    let wanted = Work {
        title: "fault".into(),
        sha256: video::sha256(&file)?,
    };
    if outcome.publications > 0 && site.works().await.iter().any(|work| *work != wanted) {
        outcome.end.push_str(", with other bytes");
    }
    let stopped = outcome.end.starts_with("failed") || outcome.end.starts_with("waits");
    outcome.expected = if needs_a_person {
        stopped && outcome.publications <= 1
    } else {
        outcome.end == "published" && outcome.publications == 1
    };
    Ok(outcome)
}

fn lay(site: &dyn Site, fault: Fault) -> Result<(), Cannot> {
    match fault {
        Fault::Shared(number) => site.lay(CASES[number].trouble, CASES[number].stage),
        Fault::Own(number, _) => {
            site.strike(number);
            Ok(())
        }
    }
}

/// Kills the program when the first part has landed.
async fn interrupt(slipway: &Slipway, site: &dyn Site) -> Result<()> {
    let mut running = slipway.run_until_idle(Some(4 * site.part_bytes()))?;
    while let Some(event) = running.next().await? {
        if event.name() == "part" {
            return running.kill().await;
        }
    }
    bail!("it ended before a part had landed")
}

/// Runs the program to its end, and books what it says.
async fn follow(slipway: &Slipway, needs_a_person: bool, outcome: &mut Outcome) -> Result<()> {
    let mut running = slipway.run_until_idle(None)?;
    let listening = async {
        while let Some(event) = running.next().await? {
            match event.name() {
                "retry" => outcome.retries += 1,
                "published" => outcome.end = String::from("published"),
                "failed" => outcome.end = format!("failed: {}", event.text("code")),
                "waiting" if outcome.end != "published" => {
                    outcome.end = format!("waits: {}", event.text("reason"));
                    if needs_a_person && event.text("reason") == "quota" {
                        break; // until tomorrow
                    }
                }
                _ => {}
            }
        }
        anyhow::Ok(())
    };
    let heard = tokio::time::timeout(PATIENCE, listening).await;
    running.kill().await?;
    match heard {
        Ok(heard) => heard,
        Err(_) => {
            let end = std::mem::take(&mut outcome.end);
            outcome.end = format!("still at it after {} s, {end}", PATIENCE.as_secs());
            Ok(())
        }
    }
}

/// A table of the faults that all can have, and one for each platform's own.
fn report(platforms: &[&'static str], outcomes: &[Outcome]) -> String {
    let mut report = format!(
        "# Faults\n\nOutcome, publications and retries of one upload under each.\n\n| fault | {} |\n|{}\n",
        platforms.join(" | "),
        " --- |".repeat(platforms.len() + 1)
    );
    for (number, case) in CASES.iter().enumerate() {
        let cell = |platform: &&str| {
            let of_this = |outcome: &&Outcome| {
                outcome.platform == *platform
                    && matches!(outcome.fault, Fault::Shared(n) if n == number)
            };
            outcomes
                .iter()
                .find(of_this)
                .map(|outcome| match &outcome.end {
                    none if none.starts_with("none") => none.clone(),
                    end => format!("{end}; {}; {}", outcome.publications, outcome.retries),
                })
        };
        let cells: Vec<_> = platforms.iter().filter_map(cell).collect();
        if !cells.is_empty() {
            line(&mut report, case.name, &cells);
        }
    }
    for platform in platforms {
        let own = outcomes.iter().filter(|outcome| {
            outcome.platform == *platform && matches!(outcome.fault, Fault::Own(..))
        });
        let head = format!(
            "\n## {platform}\n\n| fault | outcome | publications | retries | seconds |\n| --- | --- | ---: | ---: | ---: |\n"
        );
        report.push_str(&head);
        for outcome in own {
            let cells = [
                outcome.end.clone(),
                outcome.publications.to_string(),
                outcome.retries.to_string(),
                format!("{:.1}", outcome.took.as_secs_f64()),
            ];
            line(&mut report, outcome.fault.name(), &cells);
        }
    }
    report
}

fn line(report: &mut String, name: &str, cells: &[String]) {
    writeln!(report, "| {name} | {} |", cells.join(" | ")).expect("a string takes everything");
}
