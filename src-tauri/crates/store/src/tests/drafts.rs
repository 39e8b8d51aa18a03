use super::{NOW, account, file, open};
use crate::{DraftFile, KeptChoices, NewDraft, Store};
use slipway_model::{DraftId, OnlineFile, Source};

fn draft(id: Option<DraftId>, title: &str, files: Vec<DraftFile>) -> NewDraft {
    NewDraft {
        id,
        title: title.into(),
        content: format!(r#"{{"title":"{title}"}}"#),
        files,
    }
}

fn numbered(number: u32, path: &str) -> DraftFile {
    let source = Source::File(file(path, 9));
    DraftFile { number, source }
}

async fn titles(store: &Store) -> Vec<String> {
    let drafts = store.drafts().await.unwrap();
    drafts.into_iter().map(|draft| draft.title).collect()
}

#[tokio::test]
async fn a_draft_comes_back_with_its_files_and_a_write_replaces_the_whole_of_it() {
    let (dir, store) = open().await;
    let online = DraftFile {
        number: 7,
        source: Source::Online(OnlineFile {
            shown: "https://a.example/x.mp4".into(),
            sealed: vec![0, 255],
            sample: "s".into(),
        }),
    };
    let files = vec![numbered(3, "/v/one.mp4"), online];
    let id = store
        .draft_save(draft(None, "one", files.clone()), NOW)
        .await
        .unwrap();
    store.close().await.unwrap();

    let (store, _) = Store::open(dir.path(), NOW).await.unwrap();
    let back = store.draft(id).await.unwrap().unwrap();
    assert_eq!((back.files, back.changed_at_ms), (files, NOW));
    let fewer = vec![numbered(4, "/v/two.mp4")];
    let again = store
        .draft_save(draft(Some(id), "two", fewer.clone()), NOW + 1)
        .await
        .unwrap();
    assert_eq!(again, id);
    let back = store.draft(id).await.unwrap().unwrap();
    assert_eq!(
        (back.files, back.content.as_str()),
        (fewer, r#"{"title":"two"}"#)
    );
}

#[tokio::test]
async fn the_last_changed_draft_comes_first_and_a_late_write_to_one_that_is_gone_is_not_lost() {
    let (_dir, store) = open().await;
    let one = store
        .draft_save(draft(None, "one", Vec::new()), NOW)
        .await
        .unwrap();
    store
        .draft_save(draft(None, "two", Vec::new()), NOW + 1)
        .await
        .unwrap();
    assert_eq!(titles(&store).await, ["two", "one"]);
    store
        .draft_save(draft(Some(one), "one", Vec::new()), NOW + 2)
        .await
        .unwrap();
    assert_eq!(titles(&store).await, ["one", "two"]);
    store.draft_remove(one).await.unwrap();
    assert_eq!(store.draft(one).await.unwrap(), None);
    let late = store
        .draft_save(draft(Some(one), "late", Vec::new()), NOW + 3)
        .await
        .unwrap();
    assert_ne!(late, one, "a number is not used twice");
    assert_eq!(titles(&store).await, ["late", "two"]);
}

#[tokio::test]
async fn the_last_choices_of_an_account_are_kept_for_each_field() {
    let (_dir, store) = open().await;
    let (a, b) = (account(&store, "a").await, account(&store, "b").await);
    let kept = |at_ms, choices: &str| KeptChoices {
        at_ms,
        choices: choices.into(),
    };
    store
        .choices_keep(a, "tid", kept(NOW, "[1]"))
        .await
        .unwrap();
    store
        .choices_keep(a, "tid", kept(NOW + 5, "[2]"))
        .await
        .unwrap();
    store
        .choices_keep(b, "tid", kept(NOW, "[3]"))
        .await
        .unwrap();
    assert_eq!(
        store.choices_kept(a, "tid").await.unwrap(),
        Some(kept(NOW + 5, "[2]"))
    );
    assert_eq!(store.choices_kept(a, "cate").await.unwrap(), None);
}
