//! One upload under each fault that every platform can have.

use crate::stay::{Stay, works};
use slipway_model::{PhaseName, Wait};
use slipway_sites::{CASES, Case, RETRY_AFTER_S, Trouble};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet};

/// They mostly wait.
const AT_ONCE: usize = 6;
/// Bilibili's works are looked for a minute before an unclear submission is made again.
const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) async fn every_fault_ends_in_one_work(platform: &'static str) {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut walks = JoinSet::new();
    // A stall takes the engine a minute to give up on: `cargo xtask faults` has the time.
    for case in CASES.iter().filter(|case| case.trouble != Trouble::Stall) {
        let turns = turns.clone();
        walks.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            (case.name, walk(platform, case).await)
        });
    }
    let mut bad = Vec::new();
    while let Some(walked) = walks.join_next().await {
        match walked.unwrap() {
            (name, Err(why)) => bad.push(format!("{name}: {why}")),
            (_, Ok(())) => {}
        }
    }
    assert!(bad.is_empty(), "on {platform}:\n{}", bad.join("\n"));
}

async fn walk(platform: &str, case: &Case) -> Result<(), String> {
    let mut stay = Stay::at(platform).await;
    let (file, len) = stay.video(if case.interrupted { 6 } else { 2 });
    if let Err(why) = stay.site.lay(case.trouble, case.stage) {
        return match why {
            "" => Err("is left out without a reason".into()),
            _ => Ok(()),
        };
    }
    if case.interrupted {
        stay.slowly().await;
    }
    let begun = Instant::now();
    let id = stay.add(&file, "海辺の一日").await;
    if case.interrupted {
        stay.until_held(id).await;
        stay = stay.restart().await;
    }
    let ended = [PhaseName::Published, PhaseName::Failed];
    let row = stay.house.until_within(PATIENCE, id, case.name, |row| {
        ended.contains(&row.live.phase) || row.live.wait.as_ref().is_some_and(Wait::needs_person)
    });
    let live = row.await.live;
    if live.phase != PhaseName::Published {
        return Err(format!("{:?} {:?} {:?}", live.phase, live.cause, live.wait));
    }
    let (there, wanted) = (stay.site.works().await, works(&[("海辺の一日", len)]));
    if there != wanted || stay.site.publications().await != 1 {
        return Err(format!("{there:?} is there instead of {wanted:?}"));
    }
    if stay.site.struck() == 0 {
        return Err("nothing was struck".into());
    }
    if case.trouble == Trouble::Busy && begun.elapsed() < Duration::from_secs(RETRY_AFTER_S) {
        return Err("it did not wait for as long as it was told".into());
    }
    stay.house.api.close().await;
    Ok(())
}
