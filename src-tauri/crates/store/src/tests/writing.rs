use super::{NOW, account, add, file, new_upload, open, uploads};
use crate::{NewManuscript, QueueQuery, StoreError, Timing, open as opening};
use parking_lot::Mutex;
use slipway_model::{Fields, Source};
use std::sync::{Arc, mpsc};
use tokio::task::JoinSet;

/// Keeps the writer busy until the sender is dropped, so that what follows is one batch.
async fn hold_writer(store: &crate::Store, running: &mut JoinSet<()>) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (started, has_started) = tokio::sync::oneshot::channel();
    let mut started = Some(started);
    let store = store.clone();
    running.spawn(async move {
        let held = store.write(move |_| {
            started.take().map(|started| started.send(()));
            let _ = released.recv();
            Ok(())
        });
        held.await.unwrap();
    });
    has_started.await.unwrap();
    release
}

async fn until_waiting(store: &crate::Store, writes: usize) {
    while store.writes_waiting() < writes {
        tokio::task::yield_now().await;
    }
}

// Tasks of one thread start in the order they are spawned.
#[tokio::test(flavor = "current_thread")]
async fn writes_that_wait_run_in_order_as_one_transaction() {
    let (dir, store) = open().await;
    let mut running = JoinSet::new();
    let release = hold_writer(&store, &mut running).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let db = opening::file(dir.path());
    for nth in 0..100_i64 {
        let (store, seen, db) = (store.clone(), Arc::clone(&seen), db.clone());
        running.spawn(async move {
            let write = store.write(move |conn| {
                conn.execute("INSERT INTO settings VALUES (?1, '')", [format!("{nth}")])?;
                let reader = opening::connect_reader(&db)?;
                let count = "SELECT count(*) FROM settings";
                let committed: i64 = reader.query_row(count, [], |row| row.get(0))?;
                seen.lock().push((nth, committed));
                Ok(())
            });
            write.await.unwrap();
        });
    }
    until_waiting(&store, 100).await;
    drop(release);
    running.join_all().await;
    let want: Vec<_> = (0..100).map(|nth| (nth, 0)).collect();
    assert_eq!(
        *seen.lock(),
        want,
        "in order, and none committed before the last ran"
    );
    assert_eq!(store.settings().await.unwrap().len(), 100);
}

#[tokio::test(flavor = "current_thread")]
async fn a_write_that_fails_takes_no_neighbour_with_it() {
    let (_dir, store) = open().await;
    account(&store, "taken").await;
    let mut running = JoinSet::new();
    let release = hold_writer(&store, &mut running).await;
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    for label in ["before", "taken", "after"] {
        let (store, outcomes) = (store.clone(), Arc::clone(&outcomes));
        running.spawn(async move {
            let added = store.account_add("alpha", label, Fields::new(), NOW).await;
            outcomes.lock().push((label, added.is_ok()));
        });
    }
    until_waiting(&store, 3).await;
    drop(release);
    running.join_all().await;
    let mut outcomes = outcomes.lock().clone();
    outcomes.sort_unstable();
    assert_eq!(
        outcomes,
        [("after", true), ("before", true), ("taken", false)]
    );
    let labels: Vec<_> = store
        .accounts()
        .await
        .unwrap()
        .into_iter()
        .map(|a| a.label)
        .collect();
    assert_eq!(labels, ["taken", "before", "after"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_full_disk_refuses_what_needs_room_and_leaves_all_as_it_was() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    uploads(&store, &["one"], to).await;
    store.setting_set("name", Some("old".into())).await.unwrap();
    let limit = |pages: i64| {
        store.write(move |conn| {
            let used: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let sql = format!("PRAGMA max_page_count = {}", used + pages);
            Ok(conn.query_row(&sql, [], |_| Ok(()))?)
        })
    };
    limit(2).await.unwrap();
    let large = || {
        let manuscripts = (0..500).map(|nth| NewManuscript {
            source: Source::File(file(format!("/v/{nth}"), 10)),
            fields: Fields::from([("description".into(), "x".repeat(500))]),
            cover: None,
            uploads: vec![new_upload(to)],
        });
        store.manuscripts_add(manuscripts.collect(), Timing::default(), NOW)
    };
    assert!(matches!(large().await, Err(StoreError::DiskFull)));
    assert_eq!(
        store
            .uploads_ids(QueueQuery::default())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        store.uploads_unfinished_count().await.unwrap(),
        1,
        "the tally is as it was, too"
    );

    let mut running = JoinSet::new();
    let release = hold_writer(&store, &mut running).await;
    let small = store.clone();
    running.spawn(async move {
        let set = small.setting_set("name", Some("new".into()));
        set.await
            .expect("what needs no room is written, beside one that does");
    });
    let (refused, ()) = tokio::join!(large(), async {
        until_waiting(&store, 2).await;
        drop(release);
    });
    assert!(matches!(refused, Err(StoreError::DiskFull)));
    running.join_all().await;
    assert_eq!(store.setting("name").await.unwrap().as_deref(), Some("new"));

    limit(1_000_000).await.unwrap();
    assert_eq!(
        large().await.unwrap().len(),
        500,
        "with room again, it goes on"
    );
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (_dir, store) = open().await;
    store.close().await.unwrap();
    assert!(matches!(store.accounts().await, Err(StoreError::Closed)));
    let set = store.setting_set("a", None).await;
    assert!(matches!(set, Err(StoreError::Closed)));
}

#[tokio::test]
async fn what_was_asked_before_closing_is_written() {
    let (dir, store) = open().await;
    let to = account(&store, "a").await;
    let to = [to];
    let (added, closed) = tokio::join!(add(&store, &["one", "two"], &to), store.close());
    closed.unwrap();
    assert_eq!(added.len(), 2);
    let (again, _) = crate::Store::open(dir.path(), NOW).await.unwrap();
    assert_eq!(again.uploads_unfinished_count().await.unwrap(), 2);
}
