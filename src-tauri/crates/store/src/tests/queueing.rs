use super::{NOW, account, add, bring, file, new_upload, open, receipt, remote, state, uploads};
use crate::{
    HistoryFilter, LandedPart, Move, NewManuscript, NextQuery, Note, QueueQuery, SaveUpload, Store,
    StoreError, TicketBytes, Timing,
};
use slipway_model::{
    Cause, Cuts, Fields, Health, HealthState, Intent, OnlineFile, PhaseName, Source, SourceFile,
    UploadId,
};

fn part(upload: UploadId, attempt: u32, number: u32) -> LandedPart {
    LandedPart {
        upload,
        attempt,
        number,
        bytes: 100,
        receipt: receipt(&format!("e{number}")),
    }
}

async fn order(store: &Store) -> Vec<UploadId> {
    store.uploads_ids(QueueQuery::default()).await.unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn a_path_that_is_not_unicode_comes_back_as_it_was() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::PathBuf};
    let (_dir, store) = open().await;
    let odd = PathBuf::from(OsStr::from_bytes(b"/v/\xFF\xFEclip \n.mp4"));
    let new = NewManuscript {
        source: Source::File(file(&odd, 3)),
        fields: Fields::new(),
        cover: Some(odd.clone()),
        uploads: Vec::new(),
    };
    let added = store
        .manuscripts_add(vec![new], Timing::default(), NOW)
        .await
        .unwrap();
    let known = store
        .manuscript(added[0].manuscript)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(known.source, Source::File(file(&odd, 3)));
    assert_eq!(known.cover, Some(odd));
}

#[tokio::test]
async fn a_file_that_is_online_is_found_by_its_name_and_taken_back_once_it_was_let_go() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let online = OnlineFile {
        shown: "https://a.example/%E5%A4%8F.mp4".into(),
        sealed: vec![0, 255, 7],
        sample: "hash".into(),
    };
    let new = NewManuscript {
        source: Source::Online(online.clone()),
        fields: Fields::new(),
        cover: None,
        uploads: vec![new_upload(to)],
    };
    let added = store
        .manuscripts_add(vec![new], Timing::default(), NOW)
        .await
        .unwrap();
    let known = store.manuscript(added[0].manuscript).await.unwrap();
    assert_eq!(known.unwrap().source, Source::Online(online));
    let query = QueueQuery {
        limit: 9,
        search: Some("夏.MP4".into()),
        ..QueueQuery::default()
    };
    let page = store.queue_page(query).await.unwrap();
    assert_eq!((page.total, page.rows[0].total_bytes), (1, 0));

    let id = added[0].uploads[0];
    let entry = crate::LedgerEntry {
        upload: id,
        account: to,
        size_bytes: 0,
        sample: "hash".into(),
        manuscript_hash: "m".into(),
        at_ms: NOW,
    };
    store.ledger_about_to_submit(entry).await.unwrap();
    store
        .ledger_published(id, remote("job:1"), NOW)
        .await
        .unwrap();
    assert_eq!(store.ledger_find(to, 0, "hash").await.unwrap().len(), 1);
    store.ledger_taken_back(id).await.unwrap();
    assert_eq!(store.ledger_find(to, 0, "hash").await.unwrap(), []);
}

#[tokio::test]
async fn all_of_an_upload_comes_back() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["one"], to).await[0];
    let saved = SaveUpload {
        attempt: 3,
        tries: 2,
        ticket: Some(TicketBytes {
            bytes: vec![0, 255, 7],
            sealed: true,
        }),
        cause: Some(Cause::new("server_fault").with("status", 503)),
        ..state(id, PhaseName::Sending)
    };
    let note = Note::new("opened").with("parts", 10);
    store
        .upload_save(saved.clone(), vec![note.clone()], NOW + 5)
        .await
        .unwrap();
    store
        .parts_landed(vec![part(id, 3, 2), part(id, 3, 1)])
        .await
        .unwrap();
    store.upload_counted(id, 250, 50, 1).await.unwrap();
    store.upload_counted(id, 50, 0, 2).await.unwrap();

    let known = store.upload(id).await.unwrap().unwrap();
    assert_eq!(
        (known.attempt, known.tries, known.phase),
        (3, 2, PhaseName::Sending)
    );
    assert_eq!(
        (known.ticket, known.cuts),
        (saved.ticket, Some(Cuts::equal(1000, 100)))
    );
    assert_eq!(known.landed, [(1, receipt("e1")), (2, receipt("e2"))]);
    assert_eq!((known.held_bytes, known.total_bytes), (200, 1000));
    assert_eq!((known.sent_bytes, known.resent_bytes), (300, 50));
    assert_eq!(known.cause, saved.cause);
    assert_eq!(
        (known.started_at_ms, known.finished_at_ms),
        (Some(NOW + 5), None)
    );
    let timeline = store.timeline(id).await.unwrap();
    assert_eq!(
        (timeline[0].at_ms, &timeline[0].event, &timeline[0].params),
        (NOW + 5, &note.event, &note.params)
    );
}

#[tokio::test]
async fn a_part_counts_once_and_only_for_its_attempt() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["one"], to).await[0];
    store.parts_landed(vec![part(id, 0, 1)]).await.unwrap();
    assert!(
        store.upload(id).await.unwrap().unwrap().landed.is_empty(),
        "nothing was opened"
    );
    bring(&store, id, PhaseName::Sending).await;
    store
        .parts_landed(vec![part(id, 0, 1), part(id, 0, 1), part(id, 7, 2)])
        .await
        .unwrap();
    let known = store.upload(id).await.unwrap().unwrap();
    assert_eq!((known.held_bytes, known.landed.len()), (100, 1));
    store.parts_forget(id, vec![1, 9]).await.unwrap();
    let known = store.upload(id).await.unwrap().unwrap();
    assert_eq!((known.held_bytes, known.landed.len()), (0, 0));
}

#[tokio::test]
async fn parts_stay_with_their_cuts_and_go_without_them() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["one"], to).await[0];
    bring(&store, id, PhaseName::Sending).await;
    store
        .parts_landed(vec![part(id, 0, 1), part(id, 0, 2)])
        .await
        .unwrap();
    bring(&store, id, PhaseName::Committing).await;
    assert_eq!(store.upload(id).await.unwrap().unwrap().held_bytes, 200);
    let other = SaveUpload {
        cuts: Some(Cuts::equal(900, 90)),
        ..state(id, PhaseName::Sending)
    };
    store.upload_save(other, Vec::new(), NOW).await.unwrap();
    let known = store.upload(id).await.unwrap().unwrap();
    assert_eq!(
        (known.held_bytes, known.total_bytes, known.landed.len()),
        (0, 900, 0)
    );
    bring(&store, id, PhaseName::Queued).await;
    assert_eq!(
        store.upload(id).await.unwrap().unwrap().total_bytes,
        1000,
        "the file's own size again"
    );
    bring(&store, id, PhaseName::Processing).await;
    let known = store.upload(id).await.unwrap().unwrap();
    assert_eq!(
        (known.held_bytes, known.remote),
        (1000, Some(remote("r1"))),
        "the platform has it all"
    );
}

#[tokio::test]
async fn an_end_is_timed_once() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["one"], to).await[0];
    for at in [5, 9] {
        store
            .upload_save(state(id, PhaseName::Failed), Vec::new(), NOW + at)
            .await
            .unwrap();
        assert_eq!(
            store.upload(id).await.unwrap().unwrap().finished_at_ms,
            Some(NOW + 5)
        );
    }
    bring(&store, id, PhaseName::Queued).await;
    assert_eq!(
        store.upload(id).await.unwrap().unwrap().finished_at_ms,
        None
    );
}

#[tokio::test]
async fn saving_what_was_removed_is_refused_with_its_notes() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["one"], to).await[0];
    assert_eq!(store.uploads_remove(vec![id, id], NOW).await.unwrap(), 1);
    let saved = store
        .upload_save(state(id, PhaseName::Opening), vec![Note::new("x")], NOW)
        .await;
    assert!(matches!(saved, Err(StoreError::NotFound("upload"))));
    assert!(store.timeline(id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_manuscript_goes_with_its_last_upload() {
    let (_dir, store) = open().await;
    let to = [account(&store, "a").await, account(&store, "b").await];
    let added = &add(&store, &["one"], &to).await[0];
    bring(&store, added.uploads[0], PhaseName::Sending).await;
    store
        .parts_landed(vec![part(added.uploads[0], 0, 1)])
        .await
        .unwrap();
    store
        .uploads_remove(vec![added.uploads[0]], NOW)
        .await
        .unwrap();
    assert!(store.manuscript(added.manuscript).await.unwrap().is_some());
    assert_eq!(
        store.manuscript_uploads(added.manuscript).await.unwrap(),
        [added.uploads[1]]
    );
    store
        .uploads_remove(vec![added.uploads[1]], NOW)
        .await
        .unwrap();
    assert!(store.manuscript(added.manuscript).await.unwrap().is_none());
    let left = store.read(|conn| {
        Ok(conn.query_row("SELECT count(*) FROM parts", [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(left.await.unwrap(), 0);
}

#[tokio::test]
async fn another_file_resizes_what_has_sent_nothing() {
    let (_dir, store) = open().await;
    let to = [account(&store, "a").await, account(&store, "b").await];
    let added = &add(&store, &["one"], &to).await[0];
    bring(&store, added.uploads[0], PhaseName::Sending).await;
    let moved: SourceFile = file("/else/two.mp4", 50);
    store
        .manuscript_set_file(added.manuscript, moved.clone())
        .await
        .unwrap();
    assert_eq!(
        store
            .manuscript(added.manuscript)
            .await
            .unwrap()
            .unwrap()
            .source,
        Source::File(moved)
    );
    assert_eq!(
        store
            .upload(added.uploads[0])
            .await
            .unwrap()
            .unwrap()
            .total_bytes,
        1000
    );
    assert_eq!(
        store
            .upload(added.uploads[1])
            .await
            .unwrap()
            .unwrap()
            .total_bytes,
        50
    );
}

#[tokio::test]
async fn holding_fences_off_only_what_it_stops() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let ids = uploads(&store, &["one", "two"], to).await;
    bring(&store, ids[1], PhaseName::Committing).await;
    let changed = store
        .uploads_set_intent(ids.clone(), Intent::Hold, NOW)
        .await
        .unwrap();
    assert_eq!(changed, ids);
    let again = store
        .uploads_set_intent(ids.clone(), Intent::Hold, NOW)
        .await
        .unwrap();
    assert_eq!(again, []);
    let attempts = [
        store.upload(ids[0]).await.unwrap().unwrap().attempt,
        store.upload(ids[1]).await.unwrap().unwrap().attempt,
    ];
    assert_eq!(attempts, [1, 0]);
    let next = store
        .uploads_next(NextQuery {
            limit: 9,
            ..NextQuery::default()
        })
        .await
        .unwrap();
    assert_eq!(
        next.iter().map(|c| c.id).collect::<Vec<_>>(),
        [ids[1]],
        "a submission goes on"
    );
}

#[tokio::test]
async fn next_goes_by_priority_then_place_and_leaves_out_busy_and_blocked() {
    let (_dir, store) = open().await;
    let (a, b, c) = (
        account(&store, "a").await,
        account(&store, "b").await,
        account(&store, "c").await,
    );
    let of_a = uploads(&store, &["1", "2", "3"], a).await;
    let of_b = uploads(&store, &["4", "5"], b).await;
    let of_c = uploads(&store, &["6"], c).await;
    store.uploads_set_priority(vec![of_b[1]], 5).await.unwrap();
    bring(&store, of_a[1], PhaseName::Published).await;
    let next = |busy: Vec<UploadId>, limit| {
        let query = NextQuery {
            busy,
            blocked_accounts: vec![c],
            limit,
            ..NextQuery::default()
        };
        let store = store.clone();
        async move {
            let found = store.uploads_next(query).await.unwrap();
            found.into_iter().map(|found| found.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(next(vec![], 9).await, [of_b[1], of_a[0], of_a[2], of_b[0]]);
    assert_eq!(next(vec![of_b[1], of_a[0]], 1).await, [of_a[2]]);
    assert_eq!(store.uploads_unfinished_count().await.unwrap(), 5);
    let _ = of_c;
    for (accounts, any) in [
        (vec![a], true),
        (vec![slipway_model::AccountId(99)], false),
        (vec![], false),
    ] {
        assert_eq!(store.any_unfinished_of(&accounts).await.unwrap(), any);
    }
}

#[tokio::test]
async fn an_account_is_due_while_one_of_its_uploads_is_to_run_and_waits_for_nothing_of_its_own() {
    let (_dir, store) = open().await;
    let (a, b) = (account(&store, "a").await, account(&store, "b").await);
    let ids = uploads(&store, &["one", "two"], a).await;
    bring(
        &store,
        uploads(&store, &["there"], b).await[0],
        PhaseName::Processing,
    )
    .await;
    let due = async |waiting: &[UploadId]| store.accounts_due(waiting.to_vec(), NOW).await.unwrap();
    assert_eq!(
        due(&[]).await,
        [a],
        "what is with its platform is not ours to send"
    );
    assert_eq!(due(&[ids[0]]).await, [a]);
    assert_eq!(due(&ids).await, []);
    let (later, one) = (NOW + 5, vec![ids[0]]);
    store
        .uploads_start_at(one.clone(), Some(later), NOW)
        .await
        .unwrap();
    assert_eq!(due(&[ids[1]]).await, [], "not before its time");
    assert_eq!(store.accounts_due(vec![ids[1]], later).await.unwrap(), [a]);
    assert_eq!(store.next_start_ms(NOW).await.unwrap(), Some(later));
    store
        .uploads_set_intent(one, Intent::Hold, NOW)
        .await
        .unwrap();
    assert_eq!(
        store.next_start_ms(NOW).await.unwrap(),
        None,
        "one on hold waits for no time"
    );
    assert_eq!(store.accounts_due(vec![ids[1]], later).await.unwrap(), []);
}

#[tokio::test]
async fn a_move_puts_an_upload_where_it_was_asked() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let ids = uploads(&store, &["1", "2", "3", "4"], to).await;
    let [a, b, c, d] = ids[..] else {
        unreachable!()
    };
    for (id, place, want) in [
        (d, Move::First, [d, a, b, c]),
        (d, Move::Last, [a, b, c, d]),
        (d, Move::Before(b), [a, d, b, c]),
        (a, Move::After(c), [d, b, c, a]),
        (a, Move::Before(d), [a, d, b, c]),
        (a, Move::Before(a), [a, d, b, c]),
    ] {
        store.upload_move(id, place).await.unwrap();
        assert_eq!(order(&store).await, want, "{place:?}");
    }
    store
        .uploads_move(vec![c, a], Move::After(d))
        .await
        .unwrap();
    assert_eq!(order(&store).await, [d, c, a, b]);
    let gone = store.upload_move(UploadId(99), Move::First).await;
    assert!(matches!(gone, Err(StoreError::NotFound("upload"))));
}

#[tokio::test]
async fn a_thousand_moves_into_one_gap_keep_the_order() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut want = uploads(&store, &names, to).await;
    for round in 0..1000 {
        // Now near the start, now in the middle, now near the end.
        let target = [1, 100, 198][round % 3];
        let from = (round * 7) % 200;
        if from == target {
            continue;
        }
        let (id, beside) = (want[from], want[target]);
        store.upload_move(id, Move::Before(beside)).await.unwrap();
        want.remove(from);
        let at = want.iter().position(|other| *other == beside).unwrap();
        want.insert(at, id);
    }
    assert_eq!(order(&store).await, want);
    let closest = store.read(|conn| {
        let sql = "SELECT min(gap) FROM (SELECT position - lag(position) OVER (ORDER BY position) AS gap FROM uploads)";
        Ok(conn.query_row(sql, [], |row| row.get::<_, f64>(0))?)
    });
    assert!(
        closest.await.unwrap() > 1e-6,
        "neighbours never come too close"
    );
}

#[tokio::test]
async fn accounts_have_one_label_each_and_stay_while_they_are_needed() {
    let (_dir, store) = open().await;
    let a = account(&store, "a").await;
    account(&store, "b").await;
    let taken = store.account_rename(a, "b").await;
    assert!(matches!(taken, Err(StoreError::AccountLabelTaken { label }) if label == "b"));
    let health = Health {
        state: HealthState::SignedOut,
        ..Health::default()
    };
    store.account_set_health(a, health.clone()).await.unwrap();
    store
        .account_set(a, Fields::from([("k".into(), "v".into())]))
        .await
        .unwrap();
    let known = store.account_by_label("a").await.unwrap().unwrap();
    assert_eq!(
        (known.id, known.health, known.settings["k"].as_str()),
        (a, health, "v")
    );

    let ids = uploads(&store, &["1", "2"], a).await;
    bring(&store, ids[0], PhaseName::Published).await;
    let busy = store.account_remove(a, NOW).await;
    assert!(matches!(
        busy,
        Err(StoreError::AccountInUse { unfinished: 1 })
    ));
    bring(&store, ids[1], PhaseName::Cancelled).await;
    store.account_remove(a, NOW).await.unwrap();
    assert_eq!(store.account(a).await.unwrap(), None);
    let history = store
        .history(HistoryFilter::default(), 10, 0)
        .await
        .unwrap();
    assert_eq!(history[0].account_label, "a", "history still names it");
    let past = store.history_accounts().await.unwrap();
    assert!(past[0].is_removed && past[0].label == "a");
    account(&store, "a").await; // the label is free again
}

#[tokio::test]
async fn no_upload_goes_to_an_account_that_is_not_there() {
    let (_dir, store) = open().await;
    let new = NewManuscript {
        source: Source::File(file("/v/1", 1)),
        fields: Fields::new(),
        cover: None,
        uploads: vec![new_upload(slipway_model::AccountId(9))],
    };
    assert!(
        store
            .manuscripts_add(vec![new], Timing::default(), NOW)
            .await
            .is_err()
    );
    let first = slipway_model::ManuscriptId(1);
    assert_eq!(store.manuscript(first).await.unwrap(), None, "all or none");
}

#[tokio::test]
async fn a_setting_is_set_and_forgotten() {
    let (_dir, store) = open().await;
    store.setting_set("cap", Some("1".into())).await.unwrap();
    store.setting_set("cap", Some("2".into())).await.unwrap();
    assert_eq!(store.setting("cap").await.unwrap().as_deref(), Some("2"));
    store.setting_set("cap", None).await.unwrap();
    assert_eq!(store.setting("cap").await.unwrap(), None);
}
