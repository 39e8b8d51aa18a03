use super::{NOW, account, bring, file, new_upload, open, uploads};
use crate::{NewManuscript, NextQuery, OpenNow, Store, Timing};
use slipway_model::{AccountId, Fields, PhaseName, Source, UploadId};
use std::collections::HashMap;

/// One manuscript for each name, all to one account, added at once.
async fn timed(store: &Store, names: &[&str], to: AccountId, timing: Timing) -> Vec<UploadId> {
    let manuscripts = names.iter().map(|name| NewManuscript {
        source: Source::File(file(format!("/videos/{name}.mp4"), 1000)),
        fields: Fields::from([("title".into(), (*name).into())]),
        cover: None,
        uploads: vec![new_upload(to)],
    });
    let added = store.manuscripts_add(manuscripts.collect(), timing, NOW);
    let added = added.await.unwrap().into_iter();
    added.flat_map(|added| added.uploads).collect()
}

async fn next(store: &Store, now_ms: i64, hours: OpenNow) -> Vec<UploadId> {
    let query = NextQuery {
        limit: 9,
        now_ms,
        hours,
        ..NextQuery::default()
    };
    let found = store.uploads_next(query).await.unwrap();
    found.into_iter().map(|found| found.id).collect()
}

#[tokio::test]
async fn none_is_next_before_its_time_but_for_what_has_no_bytes_to_send_any_more() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let later = Timing {
        start_at_ms: Some(NOW + 1000),
        together: false,
    };
    let ids = timed(&store, &["1", "2", "3"], to, later).await;
    let open_now = OpenNow::default;
    bring(&store, ids[1], PhaseName::Committing).await;
    assert_eq!(next(&store, NOW, open_now()).await, [ids[1]]);
    assert_eq!(store.next_start_ms(NOW).await.unwrap(), Some(NOW + 1000));
    assert_eq!(next(&store, NOW + 1000, open_now()).await, ids);
    assert_eq!(store.next_start_ms(NOW + 1000).await.unwrap(), None);

    let at_once = store.uploads_start_at(ids.clone(), None, NOW).await;
    assert_eq!(
        at_once.unwrap(),
        [ids[0], ids[2]],
        "a submission waits for no start"
    );
    assert_eq!(next(&store, NOW, open_now()).await, ids);
    let told = store.timeline(ids[0]).await.unwrap();
    assert_eq!(told.last().unwrap().event, "start_now");
}

#[tokio::test]
async fn outside_its_hours_an_account_moves_no_bytes_and_still_submits() {
    let (_dir, store) = open().await;
    let (a, b) = (account(&store, "a").await, account(&store, "b").await);
    let of_a = uploads(&store, &["1", "2"], a).await;
    let of_b = uploads(&store, &["3"], b).await;
    bring(&store, of_a[1], PhaseName::Committing).await;
    let closed_but = |account, is_open: bool| OpenNow {
        most: !is_open,
        others: HashMap::from([(account, is_open)]),
    };
    assert_eq!(
        next(&store, NOW, closed_but(a, false)).await,
        [of_a[1], of_b[0]]
    );
    assert_eq!(
        next(&store, NOW, closed_but(a, true)).await,
        [of_a[0], of_a[1]]
    );
}

#[tokio::test]
async fn a_group_is_let_go_as_a_whole_and_one_that_left_it_is_not() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let together = Timing {
        start_at_ms: None,
        together: true,
    };
    let ids = timed(&store, &["1", "2", "3"], to, together).await;
    let alone = timed(&store, &["4"], to, together).await[0];
    let group = store
        .upload(ids[2])
        .await
        .unwrap()
        .unwrap()
        .together
        .unwrap();
    assert_eq!(store.upload(alone).await.unwrap().unwrap().together, None);
    bring(&store, ids[0], PhaseName::Committing).await;
    store.upload_ready(ids[0], NOW).await.unwrap();
    store.upload_ready(ids[0], NOW + 5).await.unwrap();
    assert_eq!(store.uploads_ready().await.unwrap(), [ids[0]]);
    let members = store.together(group).await.unwrap();
    let seen: Vec<_> = members.iter().map(|m| (m.id, m.ready, &*m.title)).collect();
    assert_eq!(
        seen,
        [
            (ids[0], true, "1"),
            (ids[1], false, "2"),
            (ids[2], false, "3")
        ]
    );

    assert_eq!(
        store.uploads_leave(vec![ids[1]], NOW).await.unwrap(),
        [ids[1]]
    );
    let let_go = store.uploads_let_go(vec![ids[2]], NOW).await.unwrap();
    assert_eq!(let_go, [ids[0], ids[2]]);
    assert_eq!(
        store.uploads_let_go(ids.clone(), NOW).await.unwrap(),
        [ids[1]]
    );

    // Begun anew, it is ready no more.
    bring(&store, ids[0], PhaseName::Queued).await;
    let stored = store.upload(ids[0]).await.unwrap().unwrap();
    assert_eq!((stored.ready, stored.let_go), (false, true));
}
