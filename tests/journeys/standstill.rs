//! Why nothing moves: the one sentence that all front ends take, on a queue that goes from one reason to the next.

use crate::house::{House, MIB, map};
use slipway_api::{
    sentence::{Lang, say_standstill},
    wire::{Empty, HoursChange, Rest, StartAt, UploadSet},
};
use slipway_engine::clock::now_ms;
use slipway_model::{PhaseName, Standstill, standstill::Why};
use std::time::Duration;

const HOUR_MS: i64 = 3_600_000;

fn all() -> UploadSet {
    UploadSet {
        all: true,
        ..UploadSet::default()
    }
}

/// An hour of the day that is far from this one.
async fn not_now(house: &House) -> HoursChange {
    let offset = house.api.hours(Empty {}).await.unwrap().offset;
    let hour = (now_ms() / HOUR_MS + offset[..3].parse::<i64>().unwrap()).rem_euclid(24);
    let hours = if hour < 12 {
        "20:00-21:00"
    } else {
        "04:00-05:00"
    };
    HoursChange {
        hours: Some(hours.into()),
        ..HoursChange::default()
    }
}

/// The queue is told of as it is looked at: it takes the engine a moment to come to rest.
async fn still(house: &House, why: Why) -> Standstill {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let idle = house.api.queue_summary(Empty {}).await.unwrap().idle;
        match idle {
            Some(idle) if idle.why == why => return idle,
            other => assert!(
                tokio::time::Instant::now() < deadline,
                "waited for {why:?}, but: {other:?}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_keeps_a_queue_has_its_sentence_and_its_time() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let in_english = |idle: &Standstill| say_standstill(Lang::En, idle);
    let told = still(&house, Why::Nothing).await;
    assert_eq!(in_english(&told), "Nothing to send: the queue is empty");

    let start_ms = now_ms() + HOUR_MS;
    house.api.hours_set(not_now(&house).await).await.unwrap();
    let film = house.video("a.mp4", MIB);
    let id = house.add(&film, account, map([("title", "A")])).await;
    let told = still(&house, Why::Hours).await;
    assert!(told.until_ms.is_some_and(|until| until > now_ms()));

    let rest = Rest {
        until_ms: Some(start_ms),
    };
    house.api.queue_rest(rest).await.unwrap();
    let told = still(&house, Why::Paused).await;
    assert_eq!(
        told.until_ms,
        Some(start_ms),
        "what a person wants is first"
    );
    house.api.uploads_resume(all()).await.unwrap();
    still(&house, Why::Hours).await;

    house.api.uploads_pause(all()).await.unwrap();
    let told = still(&house, Why::Paused).await;
    assert_eq!(
        (told.until_ms, in_english(&told).as_str()),
        (None, "Paused by you")
    );
    house.api.hours_set(HoursChange::default()).await.unwrap();
    let start = StartAt {
        uploads: House::these(id),
        at_ms: Some(start_ms),
    };
    house.api.uploads_start_at(start).await.unwrap();
    still(&house, Why::Paused).await;
    house.api.uploads_resume(all()).await.unwrap();
    let told = still(&house, Why::StartAt).await;
    assert_eq!(told.until_ms, Some(start_ms));

    std::fs::rename(&film, house.path("away.mp4")).unwrap();
    let now = StartAt {
        uploads: House::these(id),
        at_ms: None,
    };
    house.api.uploads_start_at(now).await.unwrap();
    let told = still(&house, Why::NeedsYou).await;
    assert_eq!(told.said.params["uploads"], "1");
    for lang in Lang::ALL {
        let said = say_standstill(lang, &told);
        assert!(said.contains("a.mp4") && !said.contains('{'), "{said}");
    }

    std::fs::rename(house.path("away.mp4"), &film).unwrap();
    house.api.uploads_retry(all()).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
    let told = still(&house, Why::Done).await;
    assert_eq!(told.until_ms, None);
}
