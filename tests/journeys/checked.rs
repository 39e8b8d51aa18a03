//! Preflight as front ends ask it, and once more just before an upload is opened.

use crate::{
    bilibili,
    house::{House, MIB, map, video_bytes},
};
use slipway_api::wire::{AccountChange, NewManuscripts, Preflight, UploadFields};
use slipway_model::{AccountId, Cure, Finding, PhaseName, Severity, UploadId};
use std::{collections::BTreeMap, path::Path};

async fn set(house: &House, account: AccountId, settings: BTreeMap<String, String>) {
    let change = AccountChange {
        account,
        label: None,
        settings,
        secrets: BTreeMap::new(),
    };
    house.api.account_set(change).await.unwrap();
}

async fn form(house: &House, files: &[&Path], accounts: &[AccountId]) -> NewManuscripts {
    let paths = files.iter().map(|file| file.to_path_buf()).collect();
    let offered = house.api.files_offer(paths).await.unwrap();
    NewManuscripts {
        files: offered.iter().map(|file| file.file).collect(),
        accounts: accounts.to_vec(),
        fields: bilibili::fields(),
        ..NewManuscripts::default()
    }
}

/// Adds an upload that waits for a person.
async fn held(house: &House, file: &Path, account: AccountId) -> UploadId {
    let new = NewManuscripts {
        hold: true,
        ..form(house, &[file], &[account]).await
    };
    house.api.manuscripts_add(new).await.unwrap().uploads[0]
}

fn codes(checked: &Preflight, severity: Severity) -> Vec<&str> {
    let found = checked.findings.iter().filter(|f| f.severity == severity);
    found.map(|finding| finding.cause.code.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_grew_over_the_limit_is_refused_before_a_byte_is_sent() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    set(&house, account, map([("limits.file_max_bytes", "2097152")])).await;
    let file = house.video("growing.mp4", MIB);
    let id = held(&house, &file, account).await;
    std::fs::write(&file, video_bytes(2 * MIB + 1, 5)).unwrap();
    house.api.uploads_resume(House::these(id)).await.unwrap();
    let waits = |row: &slipway_api::wire::UploadRow| {
        let wait = row.live.wait.as_ref();
        wait.is_some_and(|wait| wait.reason() == "file_changed")
    };
    house.until(id, "a question", waits).await;
    house.api.uploads_retry(House::these(id)).await.unwrap();
    let row = house
        .until(id, "its end", |row| row.live.phase.is_final())
        .await;
    let cause = row.live.cause.unwrap();
    assert_eq!(
        (cause.code.as_str(), cause.params["bytes"].as_str()),
        ("file_too_large", "2097153")
    );
    assert_eq!(simulator.bytes_received(), 0, "nothing was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_the_account_takes_no_more_fail_before_a_byte_and_go_on_when_cured() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    let file = house.video("waiting.mp4", MIB);
    let id = held(&house, &file, account).await;
    set(&house, account, map([("title_max", "4")])).await;
    house.api.uploads_resume(House::these(id)).await.unwrap();
    let row = house
        .until(id, "its end", |row| row.live.phase.is_final())
        .await;
    let cause = row.live.cause.unwrap();
    let figures = (&cause.params["length"], &cause.params["max"]);
    assert_eq!(cause.code, "field_too_long");
    assert_eq!((figures.0.as_str(), figures.1.as_str()), ("5", "4"));
    assert_eq!(simulator.bytes_received(), 0);
    let change = |title: &str| UploadFields {
        id,
        fields: map([("title", title)]),
    };
    let refused = house.api.upload_set_fields(change("还是太长了")).await;
    assert_eq!(
        refused.unwrap_err().code,
        "field_too_long",
        "an edit is checked, too"
    );
    house.api.upload_set_fields(change("海边")).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_red_finding_holds_back_its_own_account_alone() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let bilibili = bilibili::account(&house, &simulator).await;
    let folder = house.folder_account().await;
    let file = house.video("two.mp4", MIB);
    let mut new = form(&house, &[&file], &[bilibili, folder]).await;
    new.fields.insert("title".into(), "长".repeat(80));
    let checked = house.api.manuscripts_check(new.clone()).await.unwrap();
    assert_eq!(codes(&checked[0], Severity::Red), ["field_too_long"]);
    assert_eq!(codes(&checked[1], Severity::Red), [""; 0]);
    assert_eq!(codes(&checked[1], Severity::Green), ["met_disk"]);
    let finding = &checked[0].findings[0];
    assert!(matches!(finding.cure, Some(Cure::Shorten { to }) if to.count == 79));
    // A letter less, within the same look.
    new.fields.insert("title".into(), "长".repeat(79));
    let checked = house.api.manuscripts_check(new).await.unwrap();
    assert!(
        checked
            .iter()
            .all(|one| codes(one, Severity::Red).is_empty())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_chosen_and_is_gone_or_grown_is_not_added() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let [kept, grown, gone] = ["kept.mp4", "grown.mp4", "gone.mp4"].map(|n| house.video(n, 1000));
    let new = form(&house, &[&kept, &grown, &gone], &[account]).await;
    std::fs::write(&grown, video_bytes(1001, 1)).unwrap();
    std::fs::remove_file(&gone).unwrap();
    let checked = house.api.manuscripts_check(new.clone()).await.unwrap();
    let reds: Vec<_> = checked
        .iter()
        .map(|one| codes(one, Severity::Red))
        .collect();
    assert_eq!(
        reds,
        [vec![], vec!["file_changed_since"], vec!["file_missing"]]
    );
    let refused = house.api.manuscripts_add(new).await.unwrap_err();
    assert_eq!(refused.code, "file_changed_since");
    assert_eq!(refused.params["file"], "grown.mp4");
    assert_eq!(
        house
            .api
            .queue_summary(slipway_api::wire::Empty {})
            .await
            .unwrap()
            .counts
            .all,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_asks_first_and_a_works_day_is_counted() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    set(&house, account, map([("limits.works_per_day", "2")])).await;
    house.api.account_check(account).await.unwrap();
    let files = ["1.mp4", "2.mp4", "3.mp4"].map(|name| house.video(name, 1000 + name.len()));
    for (n, file) in files.iter().enumerate() {
        std::fs::write(file, video_bytes(1000 + n, n as u64)).unwrap();
    }
    let paths: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
    let checked = house
        .api
        .manuscripts_check(form(&house, &paths, &[account]).await);
    let checked = checked.await.unwrap();
    let ambers: Vec<_> = checked
        .iter()
        .map(|one| codes(one, Severity::Amber))
        .collect();
    assert_eq!(
        ambers,
        [vec![], vec![], vec!["quota_works"]],
        "two of three go today"
    );

    let id = held(&house, &files[0], account).await;
    let again = form(&house, &[&files[0]], &[account]).await;
    let checked = house.api.manuscripts_check(again.clone()).await.unwrap();
    let twice = |finding: &&Finding| finding.cure == Some(Cure::UploadAgain);
    let finding = checked[0].findings.iter().find(twice).unwrap();
    assert_eq!(finding.cause.code, "already_sending");
    assert_eq!(finding.cause.params["id"], id.to_string());
    let refused = house.api.manuscripts_add(again).await.unwrap_err();
    assert_eq!(refused.code, "already_sending");
}
