//! Uploads that wait for a time or an hour of the day.
#![allow(
    clippy::print_stdout,
    reason = "the figure, for those who ask to see it"
)]

use crate::house::{House, MIB, map};
use slipway_api::wire::{HoursChange, Limit, NewManuscripts, StartAt};
use slipway_engine::clock::now_ms;
use slipway_model::{PhaseName, Wait, times};
use std::collections::BTreeMap;

/// An hour of the day that is not now.
fn not_now() -> String {
    let here = slipway_engine::hours::zone();
    let clock = |ms: i64| times::written(ms, &here)[11..16].to_owned();
    format!(
        "{}-{}",
        clock(now_ms() + 7_200_000),
        clock(now_ms() + 10_800_000)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_starts_at_its_time_and_not_before_also_over_a_restart() {
    let mut house = House::new().await;
    let account = house.folder_account().await;
    let offered = house.api.files_offer(vec![house.video("a.mp4", MIB)]).await;
    let far_ms = now_ms() + 3_600_000;
    let new = NewManuscripts {
        files: vec![offered.unwrap()[0].file],
        accounts: vec![account],
        start_at_ms: Some(far_ms),
        ..NewManuscripts::default()
    };
    let id = house.api.manuscripts_add(new).await.unwrap().uploads[0];
    for _ in 0..2 {
        let waits = house.detail(id).await.row.live;
        let wait = Some(Wait::StartAt { until_ms: far_ms });
        assert_eq!((waits.phase, waits.wait), (PhaseName::Queued, wait));
        house = house.restart().await;
    }
    let start_ms = now_ms() + 3000;
    let start = StartAt {
        uploads: House::these(id),
        at_ms: Some(start_ms),
    };
    house.api.uploads_start_at(start).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
    let detail = house.detail(id).await;
    let started = detail.timeline.iter().find(|e| e.event == "started");
    let late_ms = started.unwrap().at_ms - start_ms;
    println!("started {late_ms} ms after its time");
    assert!(late_ms >= 0, "{late_ms}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_set_and_cleared_later_also_on_what_is_being_sent() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let limit = |rate| Limit {
        bytes_per_second: rate,
    };
    house.api.limit_set(limit(Some(1_000_000))).await.unwrap();
    let id = house
        .add(&house.video("a.mp4", 20 * MIB), account, BTreeMap::new())
        .await;
    house.until_phase(id, PhaseName::Sending).await;
    let start = |at_ms| StartAt {
        uploads: House::these(id),
        at_ms,
    };
    let until_ms = now_ms() + 3_600_000;
    house
        .api
        .uploads_start_at(start(Some(until_ms)))
        .await
        .unwrap();
    house
        .until(id, "its time", |row| {
            row.live.wait == Some(Wait::StartAt { until_ms })
        })
        .await;
    house.api.limit_set(limit(None)).await.unwrap();
    house.api.uploads_start_at(start(None)).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_hours_of_the_day_nothing_is_sent_and_inside_it_goes_on() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let hours = |hours: Option<String>| HoursChange {
        account: None,
        hours,
    };
    house.api.hours_set(hours(Some(not_now()))).await.unwrap();
    let id = house
        .add(&house.video("a.mp4", MIB), account, BTreeMap::new())
        .await;
    let row = house
        .until(id, "its hour", |row| {
            matches!(row.live.wait, Some(Wait::Hours { .. }))
        })
        .await;
    assert_eq!(row.live.phase, PhaseName::Queued);
    // An account's own hours go before those of all.
    let own = HoursChange {
        account: Some(account),
        hours: Some("00:00-24:00".into()),
    };
    house.api.hours_set(own).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_its_hours_end_an_upload_stops_and_keeps_what_has_landed() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let limit = |rate| Limit {
        bytes_per_second: rate,
    };
    house.api.limit_set(limit(Some(3_000_000))).await.unwrap();
    let id = house
        .add(&house.video("a.mp4", 40 * MIB), account, BTreeMap::new())
        .await;
    house
        .until(id, "a part", |row| row.live.held_bytes > 0)
        .await;
    let hours = |hours: Option<String>| HoursChange {
        account: None,
        hours,
    };
    house.api.hours_set(hours(Some(not_now()))).await.unwrap();
    let row = house
        .until(id, "its hour", |row| {
            matches!(row.live.wait, Some(Wait::Hours { .. }))
        })
        .await;
    assert!(row.live.held_bytes > 0 && row.live.bytes_per_second == 0);
    house.api.limit_set(limit(None)).await.unwrap();
    house.api.hours_set(hours(None)).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
    let resumed = house.detail(id).await;
    assert!(resumed.timeline.iter().any(|e| e.event == "resumed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_has_passed_is_refused_with_the_earliest_that_would_do() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let fields = map([("publish_at", "2026-01-01T00:00:00+09:00")]);
    let refused = house
        .try_add(&house.video("a.mp4", 1000), account, fields)
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, "publish_at_past");
    let earliest = times::moment(&refused.params["earliest"]).unwrap();
    assert!(
        (now_ms()..now_ms() + 180_000).contains(&earliest),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publishing_time_that_is_taken_back_submits_at_once() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let at = times::written(now_ms() + 3_600_000, &slipway_engine::hours::zone());
    let fields = map([("publish_at", &at)]);
    let id = house.add(&house.video("a.mp4", MIB), account, fields).await;
    house
        .until(id, "its time", |row| {
            matches!(row.live.wait, Some(Wait::PublishAt { .. }))
        })
        .await;
    assert!(!house.path("archive/a.mp4").exists(), "nobody sees it yet");
    let change = slipway_api::wire::UploadFields {
        id,
        fields: map([("publish_at", "")]),
    };
    house.api.upload_set_fields(change).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
    assert!(house.path("archive/a.mp4").exists());
}
