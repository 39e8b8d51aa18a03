//! Nothing secret lies about: not in the data folder, not in what is told.

use crate::house::{House, MIB, PASSPHRASE, map};
use slipway_model::PhaseName;
use slipway_simulators::bilibili::{Review, simulator};
use std::{fs, path::Path, time::Duration};

fn files_below(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Not in the queue, its log, its backups, nor in anything else that lies there.
pub(crate) fn assert_in_no_file(data: &Path, secrets: &[&str]) {
    assert!(data.join("queue.db").exists());
    assert_in_none_below(data, secrets);
}

pub(crate) fn assert_in_none_below(folder: &Path, secrets: &[&str]) {
    let mut files = Vec::new();
    files_below(folder, &mut files);
    assert!(!files.is_empty());
    for file in &files {
        let bytes = fs::read(file).unwrap();
        for secret in secrets {
            let mut windows = bytes.windows(secret.len());
            let is_there = windows.any(|window| window == secret.as_bytes());
            assert!(!is_there, "{secret} is in {}", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_data_folder() {
    let house = House::new().await;
    let simulator = simulator()
        .review(Review::immediate())
        .spacing(Duration::ZERO)
        .start()
        .await;
    let url = simulator.url();
    let settings = map([
        ("client_id", simulator.client_id()),
        ("endpoint.api", &url),
        ("endpoint.oauth", &url),
        ("endpoint.upload", &url),
        ("part_size", "1048576"),
    ]);
    let secrets = [
        ("app_secret", simulator.app_secret()),
        ("access_token", simulator.access_token()),
        ("refresh_token", simulator.refresh_token()),
    ];
    let account = house.account("bilibili", "main", settings, &secrets).await;
    house
        .api
        .limit_set(slipway_api::wire::Limit {
            bytes_per_second: Some(2_000_000),
        })
        .await
        .unwrap();
    let fields = map([("title", "t"), ("tags", "a"), ("bilibili.tid", "21")]);
    let id = house
        .add(&house.video("clip.mp4", 8 * MIB), account, fields)
        .await;
    house
        .until(id, "some bytes", |row| {
            row.live.held_bytes > 0 && row.live.phase == PhaseName::Sending
        })
        .await;
    let token = simulator.inspect().await.uploads[0].token.clone();
    let told = format!(
        "{:?} {:?}",
        house.detail(id).await,
        house
            .api
            .accounts(slipway_api::wire::Empty {})
            .await
            .unwrap()
    );
    let (dir, api) = (house.dir, house.api);
    api.close().await; // in the middle of it: the ticket lies in the queue
    let secrets = [
        simulator.app_secret(),
        simulator.access_token(),
        simulator.refresh_token(),
        &token,
        PASSPHRASE,
    ];
    assert_in_no_file(&dir.path().join("data"), &secrets);
    for secret in secrets {
        assert!(!told.contains(secret), "{secret} was told");
    }
}
