//! Watched folders as a window sees them, which looks again whenever it is told that something changed.

use crate::house::House;
use slipway_api::wire::{Empty, NewWatch, WatchRule};
use std::{fs, time::Duration};
use tokio::time::timeout;

/// Longer than the watcher gathers changes for.
const TOLD_WITHIN: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread")]
async fn to_look_at_watched_folders_is_no_change_to_look_at_again() {
    let house = House::new().await;
    let account = house.folder_account().await;
    fs::create_dir(house.path("renders")).unwrap();
    let offered = house.api.folders_offer(vec![house.path("renders")]).await;
    let watch = NewWatch {
        folder: offered.unwrap()[0].folder,
        rule: WatchRule {
            accounts: vec![account],
            ..WatchRule::default()
        },
        new_only: false,
    };
    let mut patches = house.api.watch();
    house.api.watch_add(watch).await.unwrap();
    let mut looked = false;
    while !looked {
        assert!(patches.next().await.is_some());
        let rows = house.api.watches(Empty {}).await.unwrap();
        looked = rows[0].last_look_ms.is_some();
    }
    while timeout(TOLD_WITHIN, patches.next()).await.is_ok() {}
    house.api.watches(Empty {}).await.unwrap();
    let told = timeout(TOLD_WITHIN, patches.next()).await;
    assert!(told.is_err(), "{told:?}");
}
