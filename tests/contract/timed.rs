//! Uploads that are sent before their time and submitted at it.
#![allow(
    clippy::print_stdout,
    reason = "the figure, for those who ask to see it"
)]

use crate::stay::{Stay, works};
use slipway_api::wire::{UploadFields, UploadRow};
use slipway_engine::clock::now_ms;
use slipway_model::{PhaseName, UploadId, Wait, times};

/// Less than the hour for which the most forgetful platform keeps a video.
const FAR_MS: i64 = 50 * 60_000;
const NEAR_MS: i64 = 10_000;

/// As it is written: in whole seconds.
fn in_ms(ahead_ms: i64) -> (i64, String) {
    let at_ms = (now_ms() + ahead_ms) / 1000 * 1000;
    (at_ms, times::written(at_ms, &slipway_engine::hours::zone()))
}

async fn with_time(stay: &Stay, parts: u64) -> (UploadId, usize, i64) {
    let (file, len) = stay.video(parts);
    let mut fields = stay.fields("in time");
    let (at_ms, at) = in_ms(FAR_MS);
    fields.insert("publish_at".into(), at);
    let id = stay.house.add(&file, stay.account, fields).await;
    (id, len, at_ms)
}

/// Brings the time near.
async fn soon(stay: &Stay, id: UploadId) -> i64 {
    let (at_ms, at) = in_ms(NEAR_MS);
    let fields = [("publish_at".to_owned(), at)].into();
    let change = UploadFields { id, fields };
    stay.house.api.upload_set_fields(change).await.unwrap();
    at_ms
}

fn waits_for(row: &UploadRow, at_ms: i64) -> bool {
    row.live.wait == Some(Wait::PublishAt { until_ms: at_ms })
}

pub(crate) async fn an_upload_with_a_time_is_submitted_then_and_not_before(platform: &str) {
    let stay = Stay::at(platform).await;
    let (id, len, far_ms) = with_time(&stay, 2).await;
    let held = stay
        .house
        .until(id, "all sent, and its time", |row| waits_for(row, far_ms))
        .await;
    assert_eq!(held.live.phase, PhaseName::Committing);
    assert_eq!(held.live.held_bytes, len as u64, "transferred early");
    let early = stay.site.submitted_ms();
    assert!(early.is_empty(), "and seen by nobody: {early:?}");
    let at_ms = soon(&stay, id).await;
    stay.house.until_phase(id, PhaseName::Published).await;
    let at = stay.site.submitted_ms();
    let [at] = at.as_slice() else {
        panic!("one submission: {at:?}")
    };
    let late_ms = at - at_ms;
    println!("{platform}: submitted {late_ms} ms after its time");
    assert!(late_ms >= 0, "{late_ms}");
    assert_eq!(stay.site.works().await, works(&[("in time", len)]));
}

pub(crate) async fn an_engine_that_stops_while_all_is_ready_publishes_once_and_in_time(
    platform: &str,
) {
    let mut stay = Stay::at(platform).await;
    let (id, len, far_ms) = with_time(&stay, 1).await;
    stay.house
        .until(id, "all sent, and its time", |row| waits_for(row, far_ms))
        .await;
    let received = stay.site.received();
    stay = stay.restart().await;
    stay.house
        .until(id, "the same wait", |row| waits_for(row, far_ms))
        .await;
    let at_ms = soon(&stay, id).await;
    stay.house.until_phase(id, PhaseName::Published).await;
    let at = stay.site.submitted_ms();
    assert!(at.len() == 1 && at[0] >= at_ms, "{at:?} {at_ms}");
    assert_eq!(stay.site.received(), received, "no byte went twice");
    assert_eq!(stay.site.works().await, works(&[("in time", len)]));
}
