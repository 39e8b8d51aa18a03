//! Pause, resume, cancel, order and restart.

use crate::house::{House, MIB, map, sha256, video_bytes};
use slipway_api::wire::{Limit, Place, QueueWindow, UploadMove};
use slipway_model::{Intent, PhaseName};
use slipway_simulators::aliyun_vod;

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_upload_goes_on_where_it_stood_even_after_a_restart() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let file = house.video("long.mp4", 60 * MIB);
    house
        .api
        .limit_set(Limit {
            bytes_per_second: Some(20_000_000),
        })
        .await
        .unwrap();
    let id = house.add(&file, account, map([])).await;
    house
        .until(id, "some bytes", |row| row.live.held_bytes > 0)
        .await;
    assert_eq!(
        house
            .api
            .uploads_pause(House::these(id))
            .await
            .unwrap()
            .changed,
        1
    );
    let held = house
        .until(id, "hold", |row| {
            row.live.intent == Intent::Hold && row.live.bytes_per_second == 0
        })
        .await
        .live
        .held_bytes;
    let house = house.restart().await;
    let row = house.detail(id).await.row;
    assert_eq!(
        (row.live.phase, row.live.intent),
        (PhaseName::Sending, Intent::Hold),
        "a start does not undo a pause"
    );
    assert!(row.live.held_bytes >= held, "acknowledged parts survive");
    house
        .api
        .limit_set(Limit {
            bytes_per_second: None,
        })
        .await
        .unwrap();
    house.api.uploads_resume(House::these(id)).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
    let there = std::fs::read(house.path("archive/long.mp4")).unwrap();
    assert_eq!(
        sha256(&there),
        sha256(&video_bytes(60 * MIB, (60 * MIB) as u64))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_upload_leaves_nothing_behind() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let file = house.video("gone.mp4", 40 * MIB);
    house
        .api
        .limit_set(Limit {
            bytes_per_second: Some(8_000_000),
        })
        .await
        .unwrap();
    let id = house.add(&file, account, map([])).await;
    house
        .until(id, "some bytes", |row| row.live.held_bytes > 0)
        .await;
    house.api.uploads_cancel(House::these(id)).await.unwrap();
    house.until_phase(id, PhaseName::Cancelled).await;
    let gone = || std::fs::read_dir(house.path("archive")).unwrap().count() == 0;
    for _ in 0..500 {
        if gone() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(gone(), "the working file is given back");
    house.api.uploads_remove(House::these(id)).await.unwrap();
    assert_eq!(
        house
            .api
            .queue_window(QueueWindow {
                limit: 10,
                ..QueueWindow::default()
            })
            .await
            .unwrap()
            .total,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_upload_goes_before_the_others() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let mut ids = Vec::new();
    for n in 0..4 {
        let file = house.video(&format!("{n}.mp4"), MIB + n);
        let offered = house.api.files_offer(vec![file]).await.unwrap();
        let new = slipway_api::wire::NewManuscripts {
            files: vec![offered[0].file],
            accounts: vec![account],
            hold: true,
            ..Default::default()
        };
        ids.extend(house.api.manuscripts_add(new).await.unwrap().uploads);
    }
    house
        .api
        .upload_move(UploadMove {
            id: ids[3],
            place: Place::First,
        })
        .await
        .unwrap();
    house
        .api
        .upload_move(UploadMove {
            id: ids[0],
            place: Place::After { other: ids[1] },
        })
        .await
        .unwrap();
    let page = house
        .api
        .queue_window(QueueWindow {
            limit: 10,
            ..QueueWindow::default()
        })
        .await
        .unwrap();
    let order: Vec<_> = page.rows.iter().map(|row| row.id).collect();
    assert_eq!(order, [ids[3], ids[1], ids[0], ids[2]]);
    assert!(
        page.rows
            .iter()
            .all(|row| row.live.phase == PhaseName::Queued),
        "held uploads are never started"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_moved_while_both_run_gets_the_line() {
    let pace = aliyun_vod::Pace::immediate();
    let site = aliyun_vod::simulator().pace(pace).start().await;
    let house = House::new().await;
    let key = site.credentials().clone();
    let settings = map([
        ("access_key_id", &key.access_key_id),
        ("endpoint.vod", &site.url()),
        ("part_size", "1048576"),
        // One upload can take all lanes.
        ("max_parallel_parts", "8"),
    ]);
    let secrets = [("access_key_secret", key.access_key_secret.as_str())];
    let account = house.account("aliyun-vod", "vod", settings, &secrets).await;
    let limit = |bytes_per_second| Limit { bytes_per_second };
    house.api.limit_set(limit(Some(6_000_000))).await.unwrap();
    let mut ids = Vec::new();
    for name in ["first.mp4", "second.mp4"] {
        let file = house.video(name, 20 * MIB + name.len());
        ids.push(house.add(&file, account, map([("title", name)])).await);
    }
    let sending = |row: &slipway_api::wire::UploadRow| row.live.phase == PhaseName::Sending;
    house.until(ids[1], "the second to run too", sending).await;
    house
        .until(ids[0], "the line", |row| row.live.held_bytes > 0)
        .await;
    house
        .api
        .upload_move(UploadMove {
            id: ids[1],
            place: Place::First,
        })
        .await
        .unwrap();
    let whole = |row: &slipway_api::wire::UploadRow| row.live.held_bytes == row.live.total_bytes;
    house.until(ids[1], "the second to be whole", whole).await;
    let first = house.detail(ids[0]).await.row.live;
    assert!(first.held_bytes < first.total_bytes / 4 * 3, "{first:?}");
    house.api.limit_set(limit(None)).await.unwrap();
    house.until_phase(ids[0], PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_engine_on_the_folder_is_refused() {
    let house = House::new().await;
    let refused = crate::house::open(house.api.data_dir().to_owned())
        .await
        .unwrap_err();
    assert_eq!(refused.code, "data_folder_locked");
}
