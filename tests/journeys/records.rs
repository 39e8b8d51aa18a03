//! What is known of a delivery afterwards: hashes, history, receipts; and a refused work that is changed and submitted again.

use crate::{
    bilibili,
    house::{House, MIB, map, video_bytes},
};
use slipway_api::{
    Failure,
    receipt::document,
    sentence::Lang,
    wire::{HistoryFilter, HistoryRow, HistoryWindow, Limit, NewManuscripts, UploadFields},
};
use slipway_model::{AccountId, PhaseName, UploadId};
use slipway_simulators::bilibili::{Call, Fault, Review, Simulator, simulator};
use std::time::Duration;

fn blake3(len: usize) -> String {
    blake3::hash(&video_bytes(len, len as u64))
        .to_hex()
        .to_string()
}

async fn history(house: &House, filter: HistoryFilter) -> Vec<HistoryRow> {
    let window = HistoryWindow {
        filter,
        offset: 0,
        limit: 500,
    };
    house.api.history_window(window).await.unwrap()
}

async fn reviewing(review: Review) -> Simulator {
    simulator()
        .users(2)
        .review(review)
        .spacing(Duration::ZERO)
        .start()
        .await
}

async fn titled(house: &House, account: AccountId, title: &str) -> UploadId {
    let mut fields = bilibili::fields();
    fields.insert("title".into(), title.into());
    house
        .add(&house.video("work.mp4", 2 * MIB), account, fields)
        .await
}

async fn resubmit(house: &House, id: UploadId, name: &str, value: &str) -> Result<(), Failure> {
    let fields = map([(name, value)]);
    house
        .api
        .upload_resubmit(UploadFields { id, fields })
        .await
        .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hash_of_the_file_is_known_when_its_bytes_are_sent_also_over_a_restart() {
    let (mut house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    house
        .api
        .limit_set(Limit {
            bytes_per_second: Some(12_000_000),
        })
        .await
        .unwrap();
    let len = 13 * MIB + 1234;
    let file = house.video("halves.mp4", len);
    let id = house.add(&file, account, bilibili::fields()).await;
    house
        .until(id, "some bytes", |row| row.live.held_bytes > 4 * MIB as u64)
        .await;
    house = house.restart().await;
    house
        .api
        .limit_set(Limit {
            bytes_per_second: None,
        })
        .await
        .unwrap();
    house.until_phase(id, PhaseName::Published).await;
    let receipt = house.api.receipt(id).await.unwrap();
    let proof = receipt.proof.unwrap();
    assert_eq!(proof.blake3, Some(blake3(len)));
    assert_eq!((proof.parts, proof.part_bytes), (14, MIB as u64));
    assert_eq!(
        proof.answers.len(),
        14,
        "what the platform answered to each part"
    );
    assert!(receipt.sent_bytes >= len as u64 && receipt.held_bytes == len as u64);
    let times = [
        Some(receipt.created_at_ms),
        Some(receipt.row.started_at_ms),
        receipt.row.landed_at_ms,
        receipt.submitted_at_ms,
        receipt.finished_at_ms,
    ];
    let times: Vec<_> = times.into_iter().map(Option::unwrap).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_proved_after_it_left_the_queue_and_its_account() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let len = 3 * MIB + 5;
    let id = house
        .add(
            &house.video("kept.mp4", len),
            account,
            map([("title", "=Kept")]),
        )
        .await;
    house.until_phase(id, PhaseName::Published).await;
    let before = house.api.receipt(id).await.unwrap();
    house.api.uploads_remove(House::these(id)).await.unwrap();
    house.api.account_remove(account).await.unwrap();
    let after = house.api.receipt(id).await.unwrap();
    assert!(after.row.removed);
    assert_eq!(after.proof, before.proof);
    assert_eq!(after.proof.as_ref().unwrap().blake3, Some(blake3(len)));
    assert_eq!(after.timeline, before.timeline);
    let found = history(
        &house,
        HistoryFilter {
            search: Some("kept archive".into()),
            ..HistoryFilter::default()
        },
    )
    .await;
    assert_eq!(
        (found.len(), found[0].account_label.as_str()),
        (1, "archive")
    );
    assert!(slipway_api::history::csv::row(&found[0]).contains(",'=Kept,kept.mp4,"));
    let told = document(&after, Lang::En);
    assert_eq!(told["format"], "slipway.receipt/1");
    assert_eq!(told["file"]["blake3"], blake3(len));
    assert_eq!(told["account"]["label"], "archive");
    let overview = house
        .api
        .history_overview(HistoryFilter::default())
        .await
        .unwrap();
    assert_eq!((overview.uploads, overview.days.len()), (1, 1));
    assert!(overview.accounts[0].removed);
    let again = house.api.history_again(id).await.unwrap();
    assert_eq!(
        (again.account, again.fields["title"].as_str()),
        (None, "=Kept")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_goes_again_only_when_that_is_wished() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let fields = map([("title", "Twice"), ("description", "the same")]);
    let id = house
        .add(&house.video("twice.mp4", MIB), account, fields)
        .await;
    house.until_phase(id, PhaseName::Published).await;
    house.api.uploads_remove(House::these(id)).await.unwrap();
    let before = house.api.history_again(id).await.unwrap();
    let new = |again| NewManuscripts {
        files: vec![before.file.file],
        accounts: before.account.into_iter().collect(),
        fields: before.fields.clone(),
        again,
        ..NewManuscripts::default()
    };
    let asked = house.api.manuscripts_add(new(false)).await.unwrap_err();
    assert_eq!(asked.code, "already_sent");
    let added = house.api.manuscripts_add(new(true)).await.unwrap().uploads;
    house.until_phase(added[0], PhaseName::Published).await;
    let detail = house.detail(added[0]).await;
    assert_eq!(detail.fields["description"], "the same");
    assert_eq!(history(&house, HistoryFilter::default()).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_work_is_changed_on_its_platform_and_published_there_once() {
    let (mut house, simulator) = (House::new().await, reviewing(Review::immediate()).await);
    let account = bilibili::account(&house, &simulator).await;
    let id = titled(&house, account, "海边 [reject]").await;
    let row = house
        .until(id, "the refusal", |row| row.live.phase == PhaseName::Failed)
        .await;
    assert!(row.live.resubmittable);
    let cause = row.live.cause.unwrap();
    assert_eq!(
        cause.params["message"],
        "稿件不符合投稿规范，请修改后重新提交"
    );
    let fields = house.detail(id).await.resubmit_fields;
    assert!(fields.contains(&"title".to_owned()) && !fields.contains(&"tag".to_owned()));
    // What a person may get wrong leaves all as it was.
    for (name, value, code) in [
        ("tags", "海", "resubmit_field_fixed"),
        ("title", "海边 [reject]", "work_nothing_changed"),
        ("title", "字".repeat(200).as_str(), "field_too_long"),
    ] {
        assert_eq!(
            resubmit(&house, id, name, value).await.unwrap_err().code,
            code,
            "{name}"
        );
        assert_eq!(house.detail(id).await.row.live.phase, PhaseName::Failed);
    }
    let received = simulator.inspect().await.received.total;
    resubmit(&house, id, "title", "海边的一天").await.unwrap();
    let row = house.detail(id).await.row;
    assert_eq!(
        (row.live.phase, row.title.as_str()),
        (PhaseName::Processing, "海边的一天")
    );
    assert_eq!(
        row.live.wait.unwrap().reason(),
        "platform",
        "the next look is told"
    );
    // It is followed over a restart, which looks at once.
    house = house.restart().await;
    house.until_phase(id, PhaseName::Published).await;
    let seen = simulator.inspect().await;
    let [work] = seen.manuscripts.as_slice() else {
        panic!("one work: {:?}", seen.manuscripts)
    };
    assert_eq!(work.fields["title"], "海边的一天");
    assert_eq!(seen.received.total, received, "nothing is sent again");
    let steps: Vec<_> = house
        .detail(id)
        .await
        .timeline
        .into_iter()
        .map(|e| e.event)
        .collect();
    let told: Vec<_> = steps
        .iter()
        .map(String::as_str)
        .skip_while(|e| *e != "submitting")
        .collect();
    assert_eq!(
        told,
        [
            "submitting",
            "accepted",
            "failed",
            "resubmitted",
            "published"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_work_is_not_offered_another_text() {
    let (house, simulator) = (House::new().await, reviewing(Review::immediate()).await);
    let account = bilibili::account(&house, &simulator).await;
    let id = titled(&house, account, "海边 [lock]").await;
    let row = house
        .until(id, "the refusal", |row| row.live.phase == PhaseName::Failed)
        .await;
    assert!(!row.live.resubmittable);
    let refused = resubmit(&house, id, "title", "海边的一天")
        .await
        .unwrap_err();
    assert_eq!(refused.code, "resubmit_not_here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_change_itself_leaves_the_upload_as_it_was() {
    let (house, simulator) = (House::new().await, reviewing(Review::immediate()).await);
    let account = bilibili::account(&house, &simulator).await;
    let id = titled(&house, account, "海边 [reject]").await;
    house
        .until(id, "the refusal", |row| row.live.phase == PhaseName::Failed)
        .await;
    simulator.fault(
        Fault::Business {
            code: 123_015,
            applied: false,
        }
        .on(Call::Edit),
    );
    let said = resubmit(&house, id, "title", "海边的一天")
        .await
        .unwrap_err();
    assert_eq!(said.params["code"], "123015");
    let detail = house.detail(id).await;
    assert_eq!(detail.row.live.phase, PhaseName::Failed);
    assert_eq!(
        detail.fields["title"], "海边 [reject]",
        "the text is kept as it stands there"
    );
    resubmit(&house, id, "title", "海边的一天").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_in_review_is_followed_after_a_restart_and_each_word_of_the_platform_is_told() {
    let review = Review {
        review: Duration::from_secs(3600),
        ..Review::immediate()
    };
    let (mut house, simulator) = (House::new().await, reviewing(review).await);
    let account = bilibili::account(&house, &simulator).await;
    let id = titled(&house, account, "海边的一天").await;
    house
        .until(id, "the platform's words", |row| {
            let remote = row.live.remote.as_ref();
            remote.is_some_and(|remote| remote.words.as_deref() == Some("待审"))
        })
        .await;
    assert_eq!(
        history(&house, HistoryFilter::default()).await[0].phase,
        PhaseName::Processing
    );
    house = house.restart().await;
    house
        .until(id, "the next look", |row| {
            row.live
                .wait
                .as_ref()
                .is_some_and(|wait| wait.reason() == "platform")
        })
        .await;
    simulator.review(Review::immediate());
    house = house.restart().await;
    house.until_phase(id, PhaseName::Published).await;
    let timeline = house.detail(id).await.timeline;
    let words: Vec<_> = timeline
        .iter()
        .filter(|entry| entry.event == "platform")
        .map(|entry| entry.params["words"].as_str())
        .collect();
    assert_eq!(words, ["待审"], "once for each change, not for each look");
    assert_eq!(simulator.inspect().await.manuscripts.len(), 1);
}
