//! Uploads of one manuscript that are submitted together.
#![allow(
    clippy::print_stdout,
    reason = "the figure, for those who ask to see it"
)]

use crate::house::{House, MIB};
use slipway_api::wire::{NewManuscripts, UploadSet};
use slipway_model::{AccountId, PhaseName, UploadId, Wait};
use slipway_sites::{Site, slow::Slow};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

async fn these(platforms: &[&str]) -> Vec<Arc<dyn Site>> {
    let mut sites = Vec::new();
    for platform in platforms {
        sites.push(Arc::from(slipway_sites::start(platform, 1).await));
    }
    sites
}

/// An account on each, and what the manuscript needs for all of them.
async fn accounts(
    house: &House,
    sites: &[Arc<dyn Site>],
) -> (Vec<AccountId>, BTreeMap<String, String>) {
    let mut fields = BTreeMap::from([("title".to_owned(), "together".to_owned())]);
    let mut accounts = Vec::new();
    for site in sites {
        let settings = site.settings().into_iter();
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        let secrets = site.secrets();
        let secrets: Vec<_> = secrets.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let platform = site.platform();
        let account = house.account(platform, platform, settings.collect(), &secrets);
        accounts.push(account.await);
        let own = site.fields().into_iter();
        fields.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    (accounts, fields)
}

async fn add(
    house: &House,
    len: usize,
    accounts: Vec<AccountId>,
    fields: BTreeMap<String, String>,
) -> Vec<UploadId> {
    let file = house.video("together.mp4", len);
    let offered = house.api.files_offer(vec![file]).await.unwrap();
    let new = NewManuscripts {
        files: vec![offered[0].file],
        accounts,
        fields,
        together: true,
        ..NewManuscripts::default()
    };
    house.api.manuscripts_add(new).await.unwrap().uploads
}

fn all_submitted(sites: &[Arc<dyn Site>]) -> Vec<(&'static str, i64)> {
    let mut all: Vec<_> = sites
        .iter()
        .flat_map(|site| {
            let times = site.submitted_ms().into_iter();
            times.map(|at| (site.platform(), at))
        })
        .collect();
    all.sort_by_key(|(_, at)| *at);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn five_uploads_are_submitted_as_soon_as_the_last_is_ready_and_none_before() {
    let house = House::new().await;
    let (sites, slow) = Slow::among_all().await;
    let (accounts, fields) = accounts(&house, &sites).await;
    let ids = add(&house, 2 * MIB + 123, accounts, fields).await;
    for &id in &ids {
        let patience = Duration::from_secs(120);
        house
            .until_within(patience, id, "published", |row| {
                assert_ne!(row.live.phase, PhaseName::Failed, "{:?}", row.live.cause);
                row.live.phase == PhaseName::Published
            })
            .await;
    }
    let mut ready = Vec::new();
    for &id in &ids {
        let detail = house.detail(id).await;
        let mut notes = detail.timeline.iter();
        let at = notes.find(|e| e.event == "ready").map(|e| e.at_ms).unwrap();
        ready.push((detail.row.platform, at));
    }
    ready.sort_by_key(|(_, at)| *at);
    let (first_ready, last_ready) = (&ready[0], &ready[ready.len() - 1]);
    assert_eq!(last_ready.0, "bluesky", "the slow one");
    // As the slow platform has it in its own book.
    let last_ready_ms = slow.worked_ms().unwrap();
    let submitted = all_submitted(&sites);
    for (platform, at) in &submitted {
        let after_s = (at - last_ready_ms) as f64 / 1000.0;
        println!("{platform}: submitted {after_s:.3} s after the last was ready");
    }
    println!(
        "ready: {} first, {} last, {:.3} s later",
        first_ready.0,
        last_ready.0,
        (last_ready.1 - first_ready.1) as f64 / 1000.0
    );
    assert_eq!(submitted.len(), 5, "each once: {submitted:?}");
    assert!(submitted[0].1 >= last_ready_ms, "none before");
    // Promised are 5 s, on a machine that has nothing else to do.
    assert!(submitted[4].1 <= last_ready_ms + 30_000, "all at once");
    for site in &sites {
        assert_eq!(site.publications().await, 1, "{}", site.platform());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_waits_for_one_that_failed_and_says_so_until_it_is_taken_out() {
    let house = House::new().await;
    let sites = these(&["bilibili", "aliyun-vod"]).await;
    let (accounts, fields) = accounts(&house, &sites).await;
    let ids = add(&house, MIB + 1, accounts, fields).await;
    house
        .api
        .uploads_cancel(House::these(ids[1]))
        .await
        .unwrap();
    let waits = |row: &slipway_api::wire::UploadRow| match &row.live.wait {
        Some(Wait::Together { others: 1, stopped }) => stopped
            .as_ref()
            .is_some_and(|cause| cause.code == "together_cancelled"),
        _ => false,
    };
    let held = house.until(ids[0], "the cancelled one", waits).await;
    assert_eq!(held.live.phase, PhaseName::Committing);
    assert_eq!(all_submitted(&sites), [], "nobody goes without it");
    let out = UploadSet {
        ids: vec![ids[1]],
        all: false,
    };
    assert_eq!(house.api.uploads_leave(out).await.unwrap().changed, 1);
    house.until_phase(ids[0], PhaseName::Published).await;
    assert_eq!(all_submitted(&sites).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_released_without_one_that_is_held_which_goes_by_itself_later() {
    let house = House::new().await;
    let sites = these(&["bilibili", "wangsu"]).await;
    let (accounts, fields) = accounts(&house, &sites).await;
    let ids = add(&house, MIB + 1, accounts, fields).await;
    house.api.uploads_pause(House::these(ids[1])).await.unwrap();
    house
        .until(ids[0], "the others", |row| {
            matches!(&row.live.wait, Some(Wait::Together { others: 1, .. }))
        })
        .await;
    let released = house.api.uploads_let_go(House::these(ids[0])).await;
    assert_eq!(released.unwrap().changed, 2, "all of the group may go");
    house.until_phase(ids[0], PhaseName::Published).await;
    let row = house.detail(ids[1]).await.row;
    assert!(!row.live.phase.is_final(), "still on hold: {row:?}");
    house
        .api
        .uploads_resume(House::these(ids[1]))
        .await
        .unwrap();
    house.until_phase(ids[1], PhaseName::Published).await;
    for site in &sites {
        assert_eq!(site.publications().await, 1, "{}", site.platform());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_waited_over_a_restart_is_submitted_once() {
    let mut house = House::new().await;
    let sites = these(&["bilibili", "api-video"]).await;
    let (accounts, fields) = accounts(&house, &sites).await;
    let ids = add(&house, MIB + 1, accounts, fields).await;
    house.api.uploads_pause(House::these(ids[1])).await.unwrap();
    let waits = |row: &slipway_api::wire::UploadRow| {
        matches!(&row.live.wait, Some(Wait::Together { others: 1, .. }))
    };
    house.until(ids[0], "the other one", waits).await;
    house = house.restart().await;
    house.until(ids[0], "the same", waits).await;
    assert_eq!(all_submitted(&sites), []);
    house
        .api
        .uploads_resume(House::these(ids[1]))
        .await
        .unwrap();
    for id in ids {
        house.until_phase(id, PhaseName::Published).await;
    }
    assert_eq!(all_submitted(&sites).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_waits_for_one_that_failed_until_it_is_tried_again() {
    let house = House::new().await;
    let failing = Slow::start().await;
    failing.refuse();
    let mut sites = these(&["bilibili"]).await;
    sites.push(failing.site());
    let (accounts, fields) = accounts(&house, &sites).await;
    let ids = add(&house, MIB + 1, accounts, fields).await;
    let waits = |row: &slipway_api::wire::UploadRow| match &row.live.wait {
        Some(Wait::Together { others: 1, stopped }) => stopped
            .as_ref()
            .is_some_and(|cause| cause.code == "together_failed"),
        _ => false,
    };
    house.until(ids[0], "the failed one", waits).await;
    assert_eq!(all_submitted(&sites), [], "nobody goes without it");
    failing.go_on();
    house.api.uploads_retry(House::these(ids[1])).await.unwrap();
    for id in ids {
        house.until_phase(id, PhaseName::Published).await;
    }
    let submitted = all_submitted(&sites);
    assert_eq!(submitted.len(), 2);
    assert!(
        submitted[0].1 >= failing.worked_ms().unwrap(),
        "none before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_does_not_wait_for_one_that_was_removed() {
    let house = House::new().await;
    let sites = these(&["bilibili", "aliyun-vod"]).await;
    let (accounts, fields) = accounts(&house, &sites).await;
    let ids = add(&house, MIB + 1, accounts, fields).await;
    house.api.uploads_pause(House::these(ids[1])).await.unwrap();
    house
        .until(ids[0], "the paused one", |row| {
            matches!(&row.live.wait, Some(Wait::Together { others: 1, .. }))
        })
        .await;
    house
        .api
        .uploads_remove(House::these(ids[1]))
        .await
        .unwrap();
    house.until_phase(ids[0], PhaseName::Published).await;
    assert_eq!(all_submitted(&sites).len(), 1);
}
