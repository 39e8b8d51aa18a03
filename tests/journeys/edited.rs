//! Manuscripts that are changed while their uploads are on the way: new words, another file.

use crate::{
    bilibili,
    house::{House, MIB, map, sha256, video_bytes},
};
use slipway_api::wire::{Limit, NewManuscripts, UploadFields, UploadFile};
use slipway_model::{AccountId, PhaseName, UploadId};
use std::path::Path;

async fn cap(house: &House, bytes_per_second: Option<u64>) {
    let limit = Limit { bytes_per_second };
    house.api.limit_set(limit).await.unwrap();
}

async fn set_title(house: &House, id: UploadId, title: &str) {
    let fields = map([("title", title)]);
    let request = UploadFields { id, fields };
    house.api.upload_set_fields(request).await.unwrap();
}

async fn set_file(house: &House, id: UploadId, path: &Path) {
    let offered = house.api.files_offer(vec![path.to_owned()]).await.unwrap();
    let file = offered[0].file;
    house
        .api
        .upload_set_file(UploadFile { id, file })
        .await
        .unwrap();
}

async fn folder(house: &House, name: &str) -> AccountId {
    let path = house.path(name);
    let settings = map([("path", path.to_str().unwrap())]);
    house.account("folder", name, settings, &[]).await
}

/// Holds an upload in the middle of its bytes, and puts others of the same size in their place.
async fn changed_midway(house: &House, id: UploadId, file: &Path, len: usize) {
    house
        .until(id, "some bytes", |row| row.live.held_bytes > 0)
        .await;
    house.api.uploads_pause(House::these(id)).await.unwrap();
    std::fs::write(file, video_bytes(len, 99)).unwrap();
    house.api.uploads_resume(House::these(id)).await.unwrap();
    until_waits(house, id, "file_changed").await;
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
async fn words_that_are_changed_while_bytes_go_are_the_ones_that_are_published() {
    let house = House::new().await;
    let account = house.folder_account().await;
    cap(&house, Some(5_000_000)).await;
    let file = house.video("early.mp4", 40 * MIB);
    let id = house.add(&file, account, map([("title", "Early")])).await;
    house
        .until(id, "some bytes", |row| row.live.held_bytes > 0)
        .await;
    set_title(&house, id, "Late").await;
    cap(&house, None).await;
    house.until_phase(id, PhaseName::Published).await;
    let told = std::fs::read_to_string(house.path("archive/early.mp4.json"))
        .or_else(|_| std::fs::read_to_string(house.path("archive/early.json")))
        .unwrap();
    assert!(told.contains("Late") && !told.contains("Early"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_words_do_not_take_a_changed_file_along() {
    let house = House::new().await;
    let account = house.folder_account().await;
    cap(&house, Some(5_000_000)).await;
    let len = 40 * MIB;
    let file = house.video("changing.mp4", len);
    let id = house.add(&file, account, map([])).await;
    changed_midway(&house, id, &file, len).await;
    set_title(&house, id, "Other words").await;
    until_waits(&house, id, "file_changed").await;
    let row = house.detail(id).await.row;
    assert_eq!(
        row.live.phase,
        PhaseName::Sending,
        "nobody said that the file may be taken as it is"
    );
    assert!(row.live.held_bytes > 0, "what was sent is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_words_do_not_bring_a_cancelled_upload_back() {
    let house = House::new().await;
    let account = house.folder_account().await;
    cap(&house, Some(8_000_000)).await;
    let file = house.video("gone.mp4", 8 * MIB);
    let id = house.add(&file, account, map([])).await;
    house.api.uploads_cancel(House::these(id)).await.unwrap();
    set_title(&house, id, "Other words").await;
    assert_eq!(
        house.detail(id).await.row.live.phase,
        PhaseName::Cancelled,
        "only a person who asks for it brings it back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_that_one_account_takes_is_sent_anew_to_the_others_too() {
    let house = House::new().await;
    let accounts = vec![folder(&house, "one").await, folder(&house, "two").await];
    cap(&house, Some(8_000_000)).await;
    let len = 40 * MIB;
    let file = house.video("shared.mp4", len);
    let offered = house.api.files_offer(vec![file.clone()]).await.unwrap();
    let new = NewManuscripts {
        files: vec![offered[0].file],
        accounts,
        ..NewManuscripts::default()
    };
    let ids = house.api.manuscripts_add(new).await.unwrap().uploads;
    house
        .until(ids[1], "some bytes", |row| row.live.held_bytes > 0)
        .await;
    house.api.uploads_pause(House::these(ids[1])).await.unwrap();
    changed_midway(&house, ids[0], &file, len).await;
    cap(&house, None).await;
    house.api.uploads_retry(House::these(ids[0])).await.unwrap();
    house.until_phase(ids[0], PhaseName::Published).await;
    house
        .api
        .uploads_resume(House::these(ids[1]))
        .await
        .unwrap();
    house.until_phase(ids[1], PhaseName::Published).await;
    let there = std::fs::read(house.path("two/shared.mp4")).unwrap();
    assert!(
        sha256(&there) == sha256(&video_bytes(len, 99)),
        "half of one file and half of another were published"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upload_that_gets_another_file_sends_all_of_it() {
    let (house, simulator) = (House::new().await, bilibili::start().await);
    let account = bilibili::account(&house, &simulator).await;
    let first = house.video("a.mp4", MIB);
    let first = house.add(&first, account, bilibili::fields()).await;
    house.until_phase(first, PhaseName::Published).await;
    let second = house.video("b.mp4", 3 * MIB);
    let second = house.add(&second, account, bilibili::fields()).await;
    house
        .until(second, "the refusal of a title that was there", |row| {
            row.live.phase == PhaseName::Failed
        })
        .await;
    let other = house.path("c.mp4");
    std::fs::write(&other, video_bytes(3 * MIB, 77)).unwrap();
    set_file(&house, second, &other).await;
    let fields = map([("bilibili.title", "另一个标题")]);
    let request = UploadFields { id: second, fields };
    house.api.upload_set_fields(request).await.unwrap();
    house
        .until(second, "published", |row| {
            row.live.phase == PhaseName::Published
        })
        .await;
    let seen = simulator.inspect().await;
    let file = seen.manuscripts[1].file.as_ref().unwrap();
    assert_eq!(
        file.sha256,
        sha256(&video_bytes(3 * MIB, 77)),
        "the file that was chosen last"
    );
}
