//! The whole queue at rest until a time.
#![allow(
    clippy::print_stdout,
    reason = "the figure, for those who ask to see it"
)]

use crate::house::{House, MIB, map};
use slipway_api::wire::{Empty, Limit, Rest, UploadRow, UploadSet};
use slipway_engine::clock::now_ms;
use slipway_model::{PhaseName, UploadId, Wait, standstill::Why};
use std::time::Instant;

/// An upload that is being sent, slowly.
async fn sending(house: &House) -> UploadId {
    let slow = Limit {
        bytes_per_second: Some(2 * MIB as u64),
    };
    house.api.limit_set(slow).await.unwrap();
    let account = house.folder_account().await;
    let film = house.video("a.mp4", 64 * MIB);
    let id = house.add(&film, account, map([("title", "A")])).await;
    house
        .until(id, "acknowledged bytes", |row| row.live.held_bytes > 0)
        .await;
    id
}

async fn at_full_speed(house: &House) {
    let none = Limit {
        bytes_per_second: None,
    };
    house.api.limit_set(none).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_at_rest_sends_nothing_says_until_when_also_after_a_restart_and_goes_on_when_resumed()
 {
    let mut house = House::new().await;
    let id = sending(&house).await;
    let until_ms = now_ms() + 3_600_000;
    let rest = Rest {
        until_ms: Some(until_ms),
    };
    let asked = Instant::now();
    house.api.queue_rest(rest).await.unwrap();
    let paused = Some(Wait::Paused { until_ms });
    for start in 0..2 {
        // Its worker may still be on its way out.
        let waits = |row: &UploadRow| row.live.wait == paused && row.live.bytes_per_second == 0;
        house.until(id, "an upload at rest", waits).await;
        if start == 0 {
            println!("at rest after {:?}", asked.elapsed());
        }
        let summary = house.api.queue_summary(Empty {}).await.unwrap();
        assert!(summary.paused);
        let idle = summary.idle.unwrap();
        let told = (summary.rests_until_ms, idle.why, idle.until_ms);
        assert_eq!(told, (Some(until_ms), Why::Paused, Some(until_ms)));
        house = house.restart().await;
    }
    at_full_speed(&house).await;
    let all = UploadSet {
        all: true,
        ..UploadSet::default()
    };
    house.api.uploads_resume(all).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
    let summary = house.api.queue_summary(Empty {}).await.unwrap();
    assert_eq!((summary.paused, summary.rests_until_ms), (false, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rest_ends_by_itself_at_its_time_and_not_before() {
    let house = House::new().await;
    let id = sending(&house).await;
    let until_ms = now_ms() + 3000;
    let rest = Rest {
        until_ms: Some(until_ms),
    };
    house.api.queue_rest(rest).await.unwrap();
    at_full_speed(&house).await;
    house.until_phase(id, PhaseName::Published).await;
    let detail = house.detail(id).await;
    let resumed = detail.timeline.iter().rfind(|e| e.event == "resumed");
    let late_ms = resumed.unwrap().at_ms - until_ms;
    println!("resumed {late_ms} ms after its time");
    assert!(late_ms >= 0, "{late_ms}");
}

#[tokio::test]
async fn a_rest_that_is_over_or_too_long_is_refused() {
    let house = House::new().await;
    for (until_ms, code) in [
        (now_ms() - 1, "rest_past"),
        (i64::MAX, "rest_too_long"),
        (i64::MIN, "rest_past"),
    ] {
        let rest = Rest {
            until_ms: Some(until_ms),
        };
        let refused = house.api.queue_rest(rest).await.unwrap_err();
        assert_eq!(refused.code, code);
    }
}
