use super::{NOW, account, open, uploads};
use crate::{LedgerEntry, Today};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn each_account_has_its_own_day() {
    let (_dir, store) = open().await;
    let (a, b) = (account(&store, "a").await, account(&store, "b").await);
    account(&store, "idle").await;
    let midnight = NOW - NOW % (24 * HOUR_MS);
    let ids = uploads(&store, &["1", "2"], a).await;
    let other = uploads(&store, &["3"], b).await[0];
    for (id, bytes, at_ms) in [
        (ids[0], 700, midnight - 1), // yesterday
        (ids[0], 20, midnight),
        (ids[1], 5, midnight + HOUR_MS),
        (ids[1], 0, midnight + HOUR_MS),
        (other, 9, midnight + HOUR_MS),
    ] {
        store.upload_counted(id, bytes, 0, at_ms).await.unwrap();
    }
    let entry = |upload, account, at_ms| LedgerEntry {
        upload,
        account,
        size_bytes: 1,
        sample: "s".into(),
        manuscript_hash: "h".into(),
        at_ms,
    };
    for (id, at_ms) in [(ids[0], midnight - 1), (ids[1], midnight)] {
        store
            .ledger_about_to_submit(entry(id, a, at_ms))
            .await
            .unwrap();
    }
    // One that surely was not made is none.
    store
        .ledger_about_to_submit(entry(other, b, midnight))
        .await
        .unwrap();
    store.ledger_withdraw(other).await.unwrap();

    let today = store.accounts_since(midnight).await.unwrap();
    let day = |sent_bytes, works| Today { sent_bytes, works };
    assert_eq!(today, [(a, day(25, 1)), (b, day(9, 0))].into());
    let from_yesterday = store.accounts_since(midnight - HOUR_MS).await.unwrap();
    assert_eq!(from_yesterday[&a], day(725, 2));
}

#[tokio::test]
async fn what_is_days_old_is_forgotten_with_the_next_count() {
    let (_dir, store) = open().await;
    let a = account(&store, "a").await;
    let id = uploads(&store, &["1"], a).await[0];
    store.upload_counted(id, 700, 0, NOW).await.unwrap();
    let later = NOW + 4 * 24 * HOUR_MS;
    store.upload_counted(id, 3, 0, later).await.unwrap();
    let all = store.accounts_since(0).await.unwrap();
    assert_eq!(all[&a].sent_bytes, 3);
}
