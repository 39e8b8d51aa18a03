use super::{NOW, account, file, new_upload, open};
use crate::{Afterwards, NewManuscript, Outside, Store, Taking, Watch, WatchCounts};
use slipway_model::{AccountId, Fields, PhaseName, Source, WatchId};

async fn watch(store: &Store, left_out: Vec<Outside>) -> Option<WatchId> {
    let new = Watch {
        id: WatchId(0),
        path: "/videos".into(),
        mount: "/".into(),
        rule: "{}".into(),
        is_on: true,
        switched_at_ms: NOW,
    };
    store.watch_add(new, left_out, NOW).await.unwrap()
}

fn taking(watch: WatchId, name: &str, account: AccountId) -> (NewManuscript, Taking) {
    let source = file(format!("/videos/{name}"), 1000);
    let taking = Taking {
        watch,
        path: name.into(),
        fingerprint: source.fingerprint.clone(),
        afterwards: true,
    };
    let new = NewManuscript {
        source: Source::File(source),
        fields: Fields::new(),
        cover: None,
        uploads: vec![new_upload(account), new_upload(account)],
    };
    (new, taking)
}

fn outside(name: &str) -> Outside {
    Outside {
        path: name.into(),
        size_bytes: 1000,
        mtime_ns: 7,
        file_id: "1:2".into(),
    }
}

#[tokio::test]
async fn a_file_is_taken_with_its_manuscript_or_not_at_all() {
    let (_dir, store) = open().await;
    let known = account(&store, "main").await;
    let id = watch(&store, Vec::new()).await.unwrap();
    assert_eq!(watch(&store, Vec::new()).await, None, "watched already");
    let good = taking(id, "a.mp4", known);
    let bad = taking(id, "b.mp4", AccountId(99));
    assert!(
        store
            .watch_take(vec![good.clone(), bad], NOW)
            .await
            .is_err()
    );
    let files = vec![outside("a.mp4"), outside("b.mp4")];
    assert_eq!(store.watch_unknown(id, files.clone()).await.unwrap(), files);
    assert_eq!(store.uploads_unfinished_count().await.unwrap(), 0);
    let added = store.watch_take(vec![good], NOW).await.unwrap();
    assert_eq!(added[0].uploads.len(), 2);
    assert_eq!(
        store.watch_unknown(id, files).await.unwrap(),
        [outside("b.mp4")]
    );
    let counts = WatchCounts {
        taken: 1,
        first_at_ms: Some(NOW),
    };
    assert_eq!(store.watch_counts(id).await.unwrap(), counts);
}

#[tokio::test]
async fn a_file_is_known_as_it_was_and_one_that_is_not_wanted_only_as_it_is() {
    let (_dir, store) = open().await;
    let id = watch(&store, vec![outside("old.mp4")]).await.unwrap();
    let touched = Outside {
        mtime_ns: 8,
        ..outside("old.mp4")
    };
    let files = vec![outside("old.mp4"), touched.clone()];
    assert_eq!(store.watch_unknown(id, files).await.unwrap(), [touched]);
    let print = file("/videos/renamed.mp4", 1000).fingerprint;
    let same = store.watch_same(id, print).await.unwrap();
    assert_eq!(same[0].1, outside("old.mp4"));
    store
        .watch_is_same(same[0].0, outside("renamed.mp4"))
        .await
        .unwrap();
    let files = vec![outside("renamed.mp4")];
    assert_eq!(store.watch_unknown(id, files).await.unwrap(), []);
    assert_eq!(store.watch_counts(id).await.unwrap().taken, 0);
}

#[tokio::test]
async fn nothing_becomes_of_a_file_before_all_its_uploads_are_published() {
    let (_dir, store) = open().await;
    let known = account(&store, "main").await;
    let id = watch(&store, Vec::new()).await.unwrap();
    let added = store
        .watch_take(vec![taking(id, "a.mp4", known)], NOW)
        .await
        .unwrap();
    let publish = async |at: usize| {
        let id = added[0].uploads[at];
        super::bring(&store, id, PhaseName::Opening).await;
        super::bring(&store, id, PhaseName::Published).await;
    };
    publish(0).await;
    assert_eq!(store.watch_proven().await.unwrap(), 0, "one of two");
    publish(1).await;
    assert_eq!(store.watch_proven().await.unwrap(), 1);
    assert_eq!(store.watch_proven().await.unwrap(), 0, "once");
    let due = store.watch_due().await.unwrap();
    let moving = Afterwards::Moving("/sent/a.mp4".into());
    store.watch_afterwards(due[0].id, moving).await.unwrap();
    let due = store.watch_due().await.unwrap();
    assert_eq!(due[0].target.as_deref(), Some("/sent/a.mp4".as_ref()));
    store
        .watch_afterwards(due[0].id, Afterwards::Done)
        .await
        .unwrap();
    assert_eq!(store.watch_due().await.unwrap(), []);
    let again = vec![outside("a.mp4")];
    assert_eq!(
        store.watch_unknown(id, again.clone()).await.unwrap(),
        again,
        "it came back"
    );
}
