//! What was sent stays known.

use super::{NOW, account, add, bring, open, state, uploads};
use crate::{HistoryFilter, LedgerEntry, Note, SaveUpload, Store};
use slipway_model::{Fields, PhaseName, Proof, Remote, UploadId};

async fn titles(store: &Store, filter: HistoryFilter) -> Vec<String> {
    let rows = store.history(filter.clone(), 100, 0).await.unwrap();
    let times = store.history_times(filter).await.unwrap();
    assert_eq!(rows.len(), times.len(), "a page and a count agree");
    let of_rows: Vec<_> = rows
        .iter()
        .map(|row| (row.at_ms, row.total_bytes))
        .collect();
    assert_eq!(of_rows, times);
    rows.into_iter().map(|row| row.title).collect()
}

async fn publish(store: &Store, id: UploadId, at_ms: i64, link: &str) {
    let published = SaveUpload {
        remote: Some(Remote {
            id: format!("BV{id}"),
            url: Some(link.into()),
            words: None,
        }),
        ..state(id, PhaseName::Published)
    };
    store
        .upload_save(published, vec![Note::new("published")], at_ms)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_begun_is_history_when_it_ends_newest_first() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let ids = uploads(&store, &["one", "two", "three", "four", "five"], to).await;
    assert!(titles(&store, HistoryFilter::default()).await.is_empty());
    bring(&store, ids[0], PhaseName::Sending).await;
    assert!(
        titles(&store, HistoryFilter::default()).await.is_empty(),
        "under way"
    );
    publish(&store, ids[0], NOW + 5, "https://a.example/1").await;
    bring(&store, ids[1], PhaseName::Opening).await;
    let failed = state(ids[1], PhaseName::Failed);
    store
        .upload_save(failed, Vec::new(), NOW + 9)
        .await
        .unwrap();
    bring(&store, ids[2], PhaseName::Processing).await;
    bring(&store, ids[3], PhaseName::Cancelled).await; // never begun
    assert_eq!(
        titles(&store, HistoryFilter::default()).await,
        ["two", "one", "three"]
    );
    bring(&store, ids[1], PhaseName::Queued).await; // tried again
    assert_eq!(
        titles(&store, HistoryFilter::default()).await,
        ["one", "three"]
    );
}

#[tokio::test]
async fn a_removed_upload_leaves_all_that_was_known_of_it() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["Ferien"], to).await[0];
    bring(&store, id, PhaseName::Committing).await;
    let proof = Proof {
        blake3: Some("ab".into()),
        parts: 10,
        part_bytes: 100,
        ..Proof::default()
    };
    store.upload_proven(id, proof.clone()).await.unwrap();
    let unknown = Proof::default();
    store.upload_proven(id, unknown).await.unwrap();
    let entry = LedgerEntry {
        upload: id,
        account: to,
        size_bytes: 1000,
        sample: "abc".into(),
        manuscript_hash: "m".into(),
        at_ms: NOW + 3,
    };
    store.ledger_about_to_submit(entry).await.unwrap();
    store.upload_counted(id, 1200, 200, NOW).await.unwrap();
    publish(&store, id, NOW + 5, "https://a.example/1").await;
    let manuscript = store.upload(id).await.unwrap().unwrap().manuscript;
    let cover = std::path::PathBuf::from("covers/ab.png");
    let set = store.manuscript_set_cover(manuscript, Some(cover.clone()));
    set.await.unwrap();
    let before = store.record(id).await.unwrap().unwrap();
    assert_eq!(store.covers().await.unwrap(), std::slice::from_ref(&cover));
    assert_eq!(store.uploads_remove(vec![id], NOW + 7).await.unwrap(), 1);
    assert!(store.upload(id).await.unwrap().is_none());
    let after = store.record(id).await.unwrap().unwrap();
    assert!(after.row.is_removed && !before.row.is_removed);
    assert_eq!(
        store.covers().await.unwrap(),
        [cover],
        "it may be sent again"
    );
    assert_eq!(after.known, before.known);
    assert_eq!(after.timeline, before.timeline);
    assert_eq!(
        after.known.path(),
        std::path::Path::new("/videos/Ferien.mp4")
    );
    assert_eq!(after.known.proof, Some(proof), "a hash is not forgotten");
    assert_eq!(
        (after.known.sent_bytes, after.known.resent_bytes),
        (1200, 200)
    );
    assert_eq!(
        (
            after.row.landed_at_ms,
            after.submitted_at_ms,
            after.row.at_ms
        ),
        (Some(NOW), Some(NOW + 3), NOW + 5)
    );
    assert_eq!(after.timeline.last().unwrap().event, "published");
    assert_eq!(titles(&store, HistoryFilter::default()).await, ["Ferien"]);
    store.uploads_remove(vec![id], NOW + 9).await.unwrap();
    assert_eq!(store.record(id).await.unwrap().unwrap(), after, "only once");
}

#[tokio::test]
async fn history_is_found_by_words_platform_account_state_and_time() {
    let (_dir, store) = open().await;
    let (a, b) = (
        account(&store, "main").await,
        account(&store, "Archive").await,
    );
    let other = store
        .account_add("beta", "other", Fields::new(), NOW)
        .await
        .unwrap()
        .id;
    let added = add(
        &store,
        &["Rain on the pier", "Ärger im Hafen"],
        &[a, b, other],
    )
    .await;
    for (nth, id) in added
        .iter()
        .flat_map(|added| added.uploads.clone())
        .enumerate()
    {
        bring(&store, id, PhaseName::Sending).await;
        publish(
            &store,
            id,
            NOW + nth as i64,
            &format!("https://A.example/Watch{nth}"),
        )
        .await;
    }
    store
        .uploads_remove(vec![added[0].uploads[0]], NOW)
        .await
        .unwrap();
    let count = async |filter| titles(&store, filter).await.len();
    let search = |words: &str| HistoryFilter {
        search: Some(words.into()),
        ..HistoryFilter::default()
    };
    for (words, found) in [
        ("", 6),
        ("RAIN", 3),
        ("ärger hafen", 3),
        ("archive", 2),
        ("rain main", 1),
        ("watch5", 1),
        ("bv1", 1),
        ("nowhere", 0),
        ("100%_", 0),
    ] {
        assert_eq!(count(search(words)).await, found, "{words}");
    }
    let of = |platform: &str| HistoryFilter {
        platform: Some(platform.into()),
        ..HistoryFilter::default()
    };
    assert_eq!((count(of("alpha")).await, count(of("beta")).await), (4, 2));
    let filter = HistoryFilter {
        account: Some(b),
        phase: Some(PhaseName::Published),
        since_ms: Some(NOW + 2),
        ..HistoryFilter::default()
    };
    assert_eq!(titles(&store, filter).await, ["Ärger im Hafen"]);
    let until = HistoryFilter {
        until_ms: Some(NOW + 2),
        ..HistoryFilter::default()
    };
    assert_eq!(count(until).await, 2);
    let page = store.history(HistoryFilter::default(), 2, 1).await.unwrap();
    let at: Vec<_> = page.iter().map(|row| row.at_ms - NOW).collect();
    assert_eq!(at, [4, 3]);
}

#[tokio::test]
async fn a_new_title_is_the_one_that_history_tells() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let added = &add(&store, &["one"], &[to]).await[0];
    bring(&store, added.uploads[0], PhaseName::Opening).await;
    bring(&store, added.uploads[0], PhaseName::Failed).await;
    let fields = Fields::from([("title".into(), "another".into())]);
    store
        .manuscript_set_fields(added.manuscript, fields)
        .await
        .unwrap();
    assert_eq!(titles(&store, HistoryFilter::default()).await, ["another"]);
    store
        .uploads_remove(added.uploads.clone(), NOW)
        .await
        .unwrap();
    assert_eq!(titles(&store, HistoryFilter::default()).await, ["another"]);
}
