//! To a local folder.

use crate::house::{House, MIB, map, sha256, video_bytes};
use slipway_model::PhaseName;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_reaches_the_folder_whole_with_its_manuscript() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let file = house.video("Holiday.mp4", 20 * MIB + 7);
    let id = house
        .add(
            &file,
            account,
            map([("title", "Holiday"), ("tags", "sea,sun")]),
        )
        .await;
    let row = house.until_phase(id, PhaseName::Published).await;
    assert_eq!(row.live.held_bytes, row.live.total_bytes);
    let there = std::fs::read(house.path("archive/Holiday.mp4")).unwrap();
    assert_eq!(
        sha256(&there),
        sha256(&video_bytes(20 * MIB + 7, (20 * MIB + 7) as u64))
    );
    let manuscript = std::fs::read_to_string(house.path("archive/Holiday.mp4.json"))
        .or_else(|_| std::fs::read_to_string(house.path("archive/Holiday.json")))
        .unwrap();
    assert!(
        manuscript.contains("Holiday") && manuscript.contains("sea"),
        "{manuscript}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn file_names_of_every_kind_arrive_as_they_are() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let long = format!("{}.mp4", "長".repeat(83)); // 253 bytes
    let names = [
        "it's \"quoted\".mp4",
        "🎬 emoji.mp4",
        "日本語 中文.mkv",
        "שלום עולם.mp4",
        "two\nlines.mp4",
        &long,
    ];
    for name in names {
        let file = house.video(name, MIB / 4 + name.len());
        let id = house.add(&file, account, map([])).await;
        house.until_phase(id, PhaseName::Published).await;
        // A line break is no part of a name that people can use.
        let arrived = name.replace('\n', " ");
        let there = std::fs::read(house.path("archive").join(arrived))
            .unwrap_or_else(|e| panic!("{name:?}: {e}"));
        assert_eq!(
            sha256(&there),
            sha256(&std::fs::read(&file).unwrap()),
            "{name:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_to_the_same_account_asks_first() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let file = house.video("once.mp4", MIB);
    let id = house.add(&file, account, map([])).await;
    house.until_phase(id, PhaseName::Published).await;
    let refused = house.try_add(&file, account, map([])).await.unwrap_err();
    assert_eq!(refused.code, "already_sent");
    assert!(
        refused.params.contains_key("url"),
        "it says where the first one is: {refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_source_is_noticed_before_a_byte_is_mixed() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let file = house.video("changing.mp4", 40 * MIB);
    house
        .api
        .limit_set(slipway_api::wire::Limit {
            bytes_per_second: Some(8_000_000),
        })
        .await
        .unwrap();
    let id = house.add(&file, account, map([])).await;
    house
        .until(id, "some bytes", |row| row.live.held_bytes > 0)
        .await;
    house.api.uploads_pause(House::these(id)).await.unwrap();
    std::fs::write(&file, video_bytes(40 * MIB, 99)).unwrap();
    house.api.uploads_resume(House::these(id)).await.unwrap();
    let row = house
        .until(id, "file changed", |row| {
            row.live
                .wait
                .as_ref()
                .is_some_and(|w| w.reason() == "file_changed")
        })
        .await;
    assert_eq!(
        row.live.phase,
        PhaseName::Sending,
        "what was sent is kept until the user has decided"
    );
    house
        .api
        .limit_set(slipway_api::wire::Limit {
            bytes_per_second: None,
        })
        .await
        .unwrap();
    house.api.uploads_retry(House::these(id)).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
    let there = std::fs::read(house.path("archive/changing.mp4")).unwrap();
    assert_eq!(
        sha256(&there),
        sha256(&video_bytes(40 * MIB, 99)),
        "the file as it is now, from the first byte"
    );
}
