use super::{NOW, account, open, remote, uploads};
use crate::{LedgerEntry, LedgerState, StoreError};
use slipway_model::{AccountId, UploadId};

fn entry(upload: UploadId, account: AccountId, at_ms: i64) -> LedgerEntry {
    LedgerEntry {
        upload,
        account,
        size_bytes: 1000,
        sample: "abc".into(),
        manuscript_hash: "h".into(),
        at_ms,
    }
}

#[tokio::test]
async fn an_upload_has_one_open_submission_and_its_row_outlives_it() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["one"], to).await[0];
    assert_eq!(store.ledger_last_submission_ms(to).await.unwrap(), None);
    store
        .ledger_about_to_submit(entry(id, to, NOW))
        .await
        .unwrap();
    store
        .ledger_about_to_submit(entry(id, to, NOW + 5))
        .await
        .unwrap();
    let rows = store.ledger_find(to, 1000, "abc").await.unwrap();
    assert_eq!(
        (rows.len(), rows[0].state, rows[0].at_ms),
        (1, LedgerState::Submitting, NOW + 5)
    );

    store
        .ledger_published(id, remote("r"), NOW + 6)
        .await
        .unwrap();
    store
        .ledger_published(id, remote("r2"), NOW + 9)
        .await
        .unwrap();
    store.uploads_remove(vec![id], NOW).await.unwrap();
    let rows = store.ledger_find(to, 1000, "abc").await.unwrap();
    assert_eq!((rows.len(), rows[0].state), (1, LedgerState::Published));
    assert_eq!(
        (rows[0].remote.clone(), rows[0].published_at_ms),
        (Some(remote("r2")), Some(NOW + 6))
    );
    assert_eq!(
        store.ledger_last_submission_ms(to).await.unwrap(),
        Some(NOW + 5)
    );
}

#[tokio::test]
async fn a_withdrawn_submission_is_not_found_and_another_may_follow() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["one"], to).await[0];
    store
        .ledger_about_to_submit(entry(id, to, NOW))
        .await
        .unwrap();
    store.ledger_withdraw(id).await.unwrap();
    assert_eq!(store.ledger_find(to, 1000, "abc").await.unwrap(), []);
    assert_eq!(store.ledger_last_submission_ms(to).await.unwrap(), None);
    let unknown = store.ledger_published(id, remote("r"), NOW).await;
    assert!(matches!(unknown, Err(StoreError::NotFound("submission"))));
    store
        .ledger_about_to_submit(entry(id, to, NOW + 7))
        .await
        .unwrap();
    let states: Vec<_> = store
        .ledger_of_upload(id)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.state)
        .collect();
    assert_eq!(states, [LedgerState::Submitting, LedgerState::Withdrawn]);
}

#[tokio::test]
async fn only_the_same_content_on_the_same_account_is_found() {
    let (_dir, store) = open().await;
    let (a, b) = (account(&store, "a").await, account(&store, "b").await);
    let id = uploads(&store, &["one"], a).await[0];
    store
        .ledger_about_to_submit(entry(id, a, NOW))
        .await
        .unwrap();
    assert_eq!(store.ledger_find(a, 1000, "abc").await.unwrap().len(), 1);
    assert_eq!(store.ledger_find(b, 1000, "abc").await.unwrap(), []);
    assert_eq!(store.ledger_find(a, 1001, "abc").await.unwrap(), []);
    assert_eq!(store.ledger_find(a, 1000, "abd").await.unwrap(), []);
}
