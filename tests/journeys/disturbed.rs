//! What must not follow from a disturbance: a second work, a lost one, one that stands still and does not say why.

use crate::{
    bilibili,
    house::{House, MIB, PASSPHRASE, map},
};
use secrecy::SecretString;
use slipway_api::{
    Api, Options,
    wire::{AccountChange, Limit},
};
use slipway_engine::happening::What;
use slipway_model::{AccountId, PhaseName, UploadId};
use slipway_simulators::bilibili::{Call, Fault};
use std::{collections::BTreeMap, time::Duration};

async fn reopen(house: House, passphrase: Option<&str>, at_once: usize) -> House {
    let data_dir = house.api.data_dir().to_owned();
    house.api.close().await;
    let options = Options {
        data_dir,
        passphrase: passphrase.map(SecretString::from),
        run: true,
        at_once: Some(at_once),
        any_network: true,
    };
    let api = Api::open(options).await.unwrap();
    House { api, ..house }
}

async fn folder(house: &House, name: &str) -> AccountId {
    let path = house.path(name);
    let settings = map([("path", path.to_str().unwrap())]);
    house.account("folder", name, settings, &[]).await
}

async fn cap(house: &House, bytes_per_second: Option<u64>) {
    let limit = Limit { bytes_per_second };
    house.api.limit_set(limit).await.unwrap();
}

async fn until_waits(house: &House, id: UploadId, reason: &str) {
    house
        .until(id, reason, |row| {
            let wait = row.live.wait.as_ref();
            wait.is_some_and(|wait| wait.reason() == reason)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_got_through_is_found_though_its_file_is_gone() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    simulator.fault(Fault::AnswerLost { reset: true }.on(Call::Add));
    let file = house.video("gone.mp4", 2 * MIB);
    let id = house.add(&file, account, bilibili::fields()).await;
    simulator
        .until(|seen| seen.uploads.iter().any(|u| u.add_calls == 1))
        .await;
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    house.until_phase(id, PhaseName::Published).await;
    assert_eq!(simulator.inspect().await.manuscripts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_an_unclear_submission_does_not_say_that_nothing_was_published() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    simulator.fault(Fault::AnswerLost { reset: true }.on(Call::Add));
    let refused = Fault::Business {
        code: 4012,
        applied: false,
    };
    simulator.fault(refused.on(Call::ViewList).nth(2));
    let file = house.video("unclear.mp4", 2 * MIB);
    let id = house.add(&file, account, bilibili::fields()).await;
    house
        .until(id, "the look that is refused", |row| {
            row.live.phase == PhaseName::Failed
        })
        .await;
    let again = house.try_add(&file, account, bilibili::fields()).await;
    assert!(
        again.is_err_and(|failure| failure.code.starts_with("already_")),
        "the same file may be on the platform: a person is asked first"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_that_cannot_be_kept_stop_nobody_elses_upload() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let bad = house.video("bad.mp4", MIB);
    let bad = house.add(&bad, account, map([])).await;
    house.until_phase(bad, PhaseName::Published).await;
    // From here on no part of the next upload can be written down.
    let queue = rusqlite::Connection::open(house.api.data_dir().join("queue.db")).unwrap();
    queue.busy_timeout(Duration::from_secs(10)).unwrap();
    let never = format!(
        "CREATE TRIGGER never BEFORE INSERT ON parts WHEN NEW.upload_id = {} BEGIN SELECT RAISE(ABORT, 'no'); END",
        bad.0 + 1
    );
    queue.execute_batch(&never).unwrap();
    let (other, len) = (folder(&house, "other").await, 48 * MIB);
    let worse = house.video("worse.mp4", len);
    let worse = house.add(&worse, account, map([])).await;
    assert_eq!(worse.0, bad.0 + 1);
    let mut others = Vec::new();
    for n in 0..20 {
        let file = house.video(&format!("{n}.mp4"), MIB / 4 + n);
        others.push(house.add(&file, other, map([])).await);
        house.api.uploads_retry(House::these(worse)).await.unwrap();
    }
    for id in others {
        loop {
            let row = house
                .until(id, "an end or a wait", |row| {
                    row.live.phase == PhaseName::Published || row.live.wait.is_some()
                })
                .await;
            if row.live.phase == PhaseName::Published {
                break;
            }
            // It stood in one batch with the bad one, and says that it waits.
            house.api.uploads_retry(House::these(id)).await.unwrap();
        }
    }
    queue.execute_batch("DROP TRIGGER never").unwrap();
    house.api.uploads_retry(House::these(worse)).await.unwrap();
    house.until_phase(worse, PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_wait_for_the_secrets_are_tried_again_when_their_account_changes() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    let house = reopen(house, None, 3).await;
    let mut happenings = house.api.happenings();
    let file = house.video("locked.mp4", MIB);
    let id = house.add(&file, account, bilibili::fields()).await;
    until_waits(&house, id, "secrets").await;
    let change = AccountChange {
        account,
        label: None,
        settings: map([("rate.submit_spacing_s", "1")]),
        secrets: BTreeMap::new(),
    };
    house.api.account_set(change).await.unwrap();
    let mut waits = 0;
    while waits < 2 {
        let next = tokio::time::timeout(Duration::from_secs(20), happenings.recv());
        let happened = next.await.expect("it is tried again").unwrap();
        waits += u32::from(matches!(happened.what, What::Waiting { .. }));
    }
    let house = reopen(house, Some(PASSPHRASE), 3).await;
    house.until_phase(id, PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_uploads_run_at_once_than_may() {
    let house = reopen(House::new().await, Some(PASSPHRASE), 1).await;
    cap(&house, Some(4_000_000)).await;
    let (one, two) = (folder(&house, "one").await, folder(&house, "two").await);
    let mut held = Vec::new();
    for (n, account) in [one, two, one, two].into_iter().enumerate() {
        let file = house.video(&format!("{n}.mp4"), 8 * MIB + n);
        let offered = house.api.files_offer(vec![file]).await.unwrap();
        let new = slipway_api::wire::NewManuscripts {
            files: vec![offered[0].file],
            accounts: vec![account],
            hold: true,
            ..Default::default()
        };
        held.extend(house.api.manuscripts_add(new).await.unwrap().uploads);
    }
    let all = slipway_api::wire::UploadSet {
        ids: held.clone(),
        all: false,
    };
    house.api.uploads_resume(all).await.unwrap();
    house
        .until(held[0], "some bytes", |row| row.live.sent_bytes > 0)
        .await;
    for id in &held[1..] {
        assert_eq!(
            house.detail(*id).await.row.live.phase,
            PhaseName::Queued,
            "one at a time was asked for"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_released_behind_another_says_that_it_waits_for_its_turn() {
    let house = reopen(House::new().await, Some(PASSPHRASE), 1).await;
    let account = house.folder_account().await;
    cap(&house, Some(20_000_000)).await;
    let first = house.video("first.mp4", 40 * MIB);
    let first = house.add(&first, account, map([])).await;
    house
        .until(first, "some bytes", |row| row.live.held_bytes > 0)
        .await;
    house.api.uploads_pause(House::these(first)).await.unwrap();
    cap(&house, Some(1_000_000)).await;
    let second = house.video("second.mp4", 40 * MIB + 1);
    let second = house.add(&second, account, map([])).await;
    house
        .until(second, "some bytes", |row| row.live.sent_bytes > 0)
        .await;
    house.api.uploads_resume(House::these(first)).await.unwrap();
    until_waits(&house, first, "turn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_the_platform_asked_for_is_not_ended_by_a_part_that_lands() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    let busy = Fault::HttpStatus {
        status: 429,
        retry_after_s: Some(2),
        applied: false,
    };
    simulator.fault(busy.on(Call::Part).part(2));
    let slow = Fault::Latency {
        ms: 300,
        jitter_ms: 0,
    };
    simulator.fault(slow.on(Call::Part).part(3));
    let file = house.video("busy.mp4", 8 * MIB);
    let id = house.add(&file, account, bilibili::fields()).await;
    house.until_phase(id, PhaseName::Published).await;
    let seen = simulator.inspect().await;
    let parts: Vec<_> = seen.answers_to(Call::Part).collect();
    let asked = parts
        .iter()
        .find(|answer| answer.http == 429)
        .expect("the fault struck")
        .since_start_ms;
    let again = parts
        .iter()
        .rfind(|answer| answer.part == Some(2))
        .expect("it is sent again")
        .since_start_ms;
    assert!(
        again >= asked + 1_900,
        "two seconds were asked for, it came after {} ms",
        again - asked
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_while_it_was_submitted_is_not_sent_again_by_a_retry() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    let hang = Fault::Hang {
        ms: 2_000,
        lost: true,
    };
    simulator.fault(hang.on(Call::Add));
    let file = house.video("cancelled.mp4", 2 * MIB);
    let id = house.add(&file, account, bilibili::fields()).await;
    simulator
        .until(|seen| seen.uploads.iter().any(|u| u.add_calls == 1))
        .await;
    let cancelled = house.api.uploads_cancel(House::these(id)).await.unwrap();
    assert_eq!(cancelled.changed, 1);
    let retried = house.api.uploads_retry(House::these(id)).await.unwrap();
    assert_eq!(retried.changed, 0, "it may be published: a person decides");
    let timeline = house.detail(id).await.timeline;
    assert!(
        timeline.iter().any(|e| e.event == "retry_refused"),
        "and is told so: {timeline:?}"
    );
    assert_eq!(simulator.inspect().await.manuscripts.len(), 1);
}
