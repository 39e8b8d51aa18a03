//! Pause, resume, cancel, order and restart.

use crate::house::{House, MIB, map, sha256, video_bytes};
use slipway_api::wire::{Limit, Place, QueueWindow, UploadMove};
use slipway_model::{Intent, PhaseName};

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
async fn a_second_engine_on_the_folder_is_refused() {
    let house = House::new().await;
    let refused = crate::house::open(house.api.data_dir().to_owned())
        .await
        .unwrap_err();
    assert_eq!(refused.code, "data_folder_locked");
}
