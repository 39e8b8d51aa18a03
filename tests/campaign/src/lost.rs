//! Submissions whose answer is lost while the program is killed around them: each work must be there exactly once.
//!
//! Decides only when to kill; judges by what the platforms hold. Always holds: every submission had its answer lost and every program was killed once.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use slipway_sites::{Stage, Trouble, Work};
use tokio::task::JoinSet;

use crate::kills::Platforms;
use crate::slipway::{Account, Event, Running, Slipway};
use crate::video;

/// From the moment a submission begins: reaches past the lost answer, and past the first pause after it.
const REACH: Duration = Duration::from_millis(2500);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Uploads to each platform.
    #[arg(long, default_value_t = 50)]
    times: u32,
    /// Chooses the moments; a random one without this.
    #[arg(long)]
    seed: Option<u64>,
    /// One platform, or all beside each other.
    #[arg(long, default_value = "all")]
    platform: Platforms,
}

/// Where the program stood when it was killed.
#[derive(Debug, Default)]
struct Tally {
    /// Before the answer was lost: it was lost in the next run.
    before: u32,
    /// After it.
    after: u32,
    /// It had made good what was lost already.
    done: u32,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    let seed = options.seed.unwrap_or_else(rand::random);
    let (program, times): (Arc<Path>, _) = (program.into(), options.times);
    let mut walks = JoinSet::new();
    for &platform in &options.platform.0 {
        let program = program.clone();
        walks.spawn(async move {
            let walked = walk(platform, times, seed, &program).await;
            walked.with_context(|| format!("{platform} with seed {seed}"))
        });
    }
    let mut lines = Vec::new();
    while let Some(walked) = walks.join_next().await {
        lines.push(walked??);
    }
    lines.sort_unstable();
    Ok(format!(
        "# Lost answers, seed {seed}\n\n\
         | platform | works wanted | works there | answers lost | killed before | after | done | seconds |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n{}",
        lines.concat()
    ))
}

async fn walk(platform: &str, times: u32, seed: u64, program: &Path) -> Result<String> {
    let started = Instant::now();
    let site = slipway_sites::start(platform, seed).await;
    let scratch = tempfile::tempdir()?;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?;
    slipway.add_account("video", &Account::on(&*site)).await?;
    let mut random = StdRng::seed_from_u64(seed);
    let (mut tally, mut wanted) = (Tally::default(), Vec::new());
    for number in 1..=times {
        let title = format!("lost-{number:03}");
        let file = scratch.path().join(format!("{title}.mp4"));
        video::write(&file, 2 * site.part_bytes() + 123, random.random())?;
        slipway.add(&file, "video", &title, &*site).await?;
        let sha256 = video::sha256(&file)?;
        wanted.push(Work { title, sha256 });
        if let Err(why) = site.lay(Trouble::Lost, Stage::Commit) {
            bail!("no answer can be lost: {why}");
        }
        let fuse = random.random_range(Duration::ZERO..REACH);
        let lost = site.struck();
        if strike(slipway.run_until_idle(None)?, fuse).await? {
            tally.done += 1;
        } else if site.struck() > lost {
            tally.after += 1;
        } else {
            tally.before += 1;
        }
        finish(slipway.run_until_idle(None)?).await?;
        let struck = site.struck() - lost;
        ensure!(struck == 1, "{struck} answers of upload {number} were lost");
    }
    let (mut works, publications) = (site.works().await, site.publications().await);
    works.sort_by(|a, b| a.title.cmp(&b.title));
    ensure!(
        works == wanted && publications == wanted.len(),
        "{publications} works are there, {} of them whole, for {times}",
        works.len()
    );
    Ok(format!(
        "| {platform} | {times} | {publications} | {} | {} | {} | {} | {:.0} |\n",
        site.struck(),
        tally.before,
        tally.after,
        tally.done,
        started.elapsed().as_secs_f64()
    ))
}

/// Kills the program this long after the submission has begun. Says whether all was over by then.
async fn strike(mut running: Running, fuse: Duration) -> Result<bool> {
    let begins = |event: &Event| event.name() == "phase" && event.text("to") == "committing";
    let mut is_over = false;
    while let Some(event) = running.hear().await? {
        if begins(&event) {
            let fuse = tokio::time::sleep(fuse);
            tokio::pin!(fuse);
            loop {
                tokio::select! {
                    () = &mut fuse => break,
                    event = running.next() => match event? {
                        Some(event) => is_over |= event.name() == "published",
                        None => break,
                    },
                }
            }
            break;
        }
    }
    running.kill().await?;
    Ok(is_over)
}

async fn finish(mut running: Running) -> Result<()> {
    while let Some(event) = running.hear().await? {
        if event.name() == "failed" {
            bail!("it failed: {}", event.text("message"));
        }
    }
    let (status, said) = running.end().await?;
    ensure!(status.success(), "the last run ended with {status}: {said}");
    Ok(())
}
