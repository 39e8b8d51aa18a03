//! Walks the simulator's catalogue of faults: one upload for each, and what became of it.
//!
//! Always holds: an upload that no client can save alone ends by saying so, every other ends published, and nothing is ever
//! published twice.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use slipway_simulators::bilibili;
use slipway_simulators::bilibili::{Fault, Review, Rule};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::slipway::{Bilibili, Slipway};
use crate::video;

const MIB: u64 = 1 << 20;
/// Six parts, so that the third can be struck.
const VIDEO_BYTES: u64 = 6 * MIB;
/// No fault of the catalogue takes longer to get past: the longest is a stall, given up after 60 s, and a wait after it.
const PATIENCE: Duration = Duration::from_mins(4);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only faults whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// How many uploads run beside each other; they mostly wait.
    #[arg(long, default_value_t = 4)]
    at_once: usize,
}

/// What became of an upload under one fault.
#[derive(Debug)]
struct Outcome {
    number: usize,
    name: &'static str,
    /// `published`, or the code it failed or waits with.
    end: String,
    expected: bool,
    publications: usize,
    retries: u32,
    waste: Option<f64>,
    took: Duration,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    let turns = Arc::new(Semaphore::new(options.at_once));
    let program: Arc<Path> = program.into();
    let mut walks = JoinSet::new();
    let chosen = Fault::catalogue()
        .into_iter()
        .enumerate()
        .filter(|(_, (name, _))| name.contains(&options.only));
    for (number, (name, rule)) in chosen {
        let (turns, program) = (turns.clone(), program.clone());
        walks.spawn(async move {
            let _turn = turns.acquire().await?;
            walk(number, name, rule, &program)
                .await
                .with_context(|| format!("fault '{name}'"))
        });
    }
    let mut outcomes = Vec::new();
    while let Some(ended) = walks.join_next().await {
        let outcome = ended??;
        println!("{:36} {}", outcome.name, outcome.end);
        outcomes.push(outcome);
    }
    outcomes.sort_by_key(|outcome| outcome.number);
    let report = table(&outcomes);
    let bad: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.expected)
        .map(|outcome| outcome.name)
        .collect();
    if !bad.is_empty() {
        println!("\n{report}");
        bail!("not as it should be: {}", bad.join(", "));
    }
    Ok(report)
}

async fn walk(number: usize, name: &'static str, rule: Rule, program: &Path) -> Result<Outcome> {
    let scratch = tempfile::tempdir()?;
    let simulator = bilibili::simulator()
        .spacing(Duration::ZERO)
        .review(Review::immediate())
        .start()
        .await;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    slipway
        .add_bilibili(&Bilibili {
            label: "video",
            credentials: simulator.credentials(),
            url: &simulator.url(),
            upload_url: &simulator.url(),
            part_bytes: MIB,
            strict: true,
        })
        .await?;
    let file = scratch.path().join("fault.mp4");
    video::write(&file, VIDEO_BYTES, number as u64)?;
    slipway.add(&file, "video", "fault").await?;
    let needs_a_person = rule.fault.needs_a_person();
    simulator.fault(rule);
    let started = Instant::now();
    let mut running = slipway.run_until_idle()?;
    let (mut retries, mut end) = (0, String::from("silent"));
    let listening = async {
        while let Some(event) = running.next().await? {
            match event.name() {
                "retry" => retries += 1,
                "published" => end = String::from("published"),
                "failed" => end = format!("failed: {}", event.text("code")),
                "waiting" if end != "published" => end = format!("waits: {}", event.text("reason")),
                _ => {}
            }
        }
        anyhow::Ok(())
    };
    match tokio::time::timeout(PATIENCE, listening).await {
        Ok(heard) => heard?,
        Err(_) => end = format!("still at it after {} s, {end}", PATIENCE.as_secs()),
    }
    let took = started.elapsed();
    running.kill().await?;
    let seen = simulator.inspect().await;
    let publications = seen.manuscripts.len();
    let whole = seen
        .manuscripts
        .first()
        .and_then(|manuscript| manuscript.file.as_ref())
        .map(|file| file.sha256.clone());
    if let Some(whole) = whole
        && whole != video::sha256(&file)?
    {
        end.push_str(", with other bytes");
    }
    let saved = end == "published" && publications == 1;
    let stopped = needs_a_person
        && publications <= 1
        && (end.starts_with("failed") || end.starts_with("waits"));
    Ok(Outcome {
        number,
        name,
        expected: saved || stopped,
        end,
        publications,
        retries,
        waste: seen.waste(),
        took,
    })
}

fn table(outcomes: &[Outcome]) -> String {
    let mut table = String::from(
        "# Faults\n\n| fault | outcome | publications | retries | received per byte | seconds |\n| --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    for outcome in outcomes {
        let waste = outcome
            .waste
            .map_or(String::from("-"), |waste| format!("{waste:.2}"));
        writeln!(
            table,
            "| {} | {} | {} | {} | {waste} | {:.1} |",
            outcome.name,
            outcome.end,
            outcome.publications,
            outcome.retries,
            outcome.took.as_secs_f64()
        )
        .expect("a string takes everything");
    }
    table
}
