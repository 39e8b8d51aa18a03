//! What is being written is kept: over a kill of the program, with its files, and until it is in the queue.

use crate::house::{House, MIB, map};
use slipway_api::wire::{
    AccountField, DraftSave, Empty, NewCaptions, NewManuscripts, OwnManuscript,
};
use slipway_model::PhaseName;
use slipway_sites::Site as _;
use std::{fs, path::Path};

fn own<const N: usize>(pairs: [(&str, &str); N]) -> OwnManuscript {
    OwnManuscript {
        fields: map(pairs),
        ..OwnManuscript::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_comes_back_after_a_kill_and_a_file_that_has_gone_says_so() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let captions = house.path("en.srt");
    fs::write(&captions, "1\n00:00:00,000 --> 00:00:01,000\nsea\n").unwrap();
    let paths = vec![
        house.video("one.mp4", MIB),
        house.video("two.mp4", MIB),
        captions,
    ];
    let offered = house.api.files_offer(paths.clone()).await.unwrap();
    let [one, two, words] = [0, 1, 2].map(|at: usize| offered[at].file);
    let form = NewManuscripts {
        files: vec![one, two],
        accounts: vec![account],
        fields: map([("description", "of all"), ("folder.title", "")]),
        own: [(two, own([("title", "Second")]))].into(),
        captions: vec![NewCaptions {
            language: "en".into(),
            file: words,
        }],
        hold: true,
        ..NewManuscripts::default()
    };
    let save = DraftSave { draft: None, form };
    let saved = house.api.draft_save(save.clone()).await.unwrap();
    let save = DraftSave {
        draft: Some(saved.draft),
        ..save
    };
    assert_eq!(house.api.draft_save(save).await.unwrap().draft, saved.draft);
    assert!(
        house.api.files_offered(Empty {}).await.unwrap().is_empty(),
        "the draft has them"
    );

    // Nothing is told to the program before it ends: what a kill leaves is what was written.
    let house = house.restart().await;
    fs::remove_file(&paths[0]).unwrap();
    house.video("two.mp4", MIB + 1);
    let drafts = house.api.drafts(Empty {}).await.unwrap();
    assert_eq!((drafts.len(), drafts[0].title.as_str()), (1, "one.mp4"));
    let draft = house.api.draft_open(saved.draft).await.unwrap();
    let file = |number: u32| draft.files.iter().find(|file| file.file == number).unwrap();
    let [gone, changed] = draft.form.files[..] else {
        panic!("two videos: {:?}", draft.form)
    };
    assert_eq!(file(gone).cause.as_ref().unwrap().code, "file_missing");
    assert_eq!(
        file(changed).warning.as_ref().unwrap().code,
        "draft_file_changed"
    );
    assert_eq!(draft.form.own[&changed].fields["title"], "Second");
    assert_eq!(
        draft.form.fields,
        map([("description", "of all"), ("folder.title", "")])
    );
    assert_eq!(file(draft.form.captions[0].file).name, "en.srt");
    assert!(draft.form.hold);

    // Opened again it has the same numbers, and written again it still has the file that has gone.
    let again = house.api.draft_open(saved.draft).await.unwrap();
    assert_eq!(again.form.files, draft.form.files);
    let save = DraftSave {
        draft: Some(saved.draft),
        form: again.form,
    };
    house.api.draft_save(save).await.unwrap();
    house.video("one.mp4", MIB);
    let back = house.api.draft_open(saved.draft).await.unwrap();
    let first = back
        .files
        .iter()
        .find(|file| file.name == "one.mp4")
        .unwrap();
    assert_eq!(
        (first.cause.as_ref(), first.file),
        (None, gone),
        "it is back"
    );

    house.api.draft_remove(saved.draft).await.unwrap();
    assert!(house.api.drafts(Empty {}).await.unwrap().is_empty());
    assert_eq!(
        house.api.draft_open(saved.draft).await.unwrap_err().code,
        "draft_unknown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_files_goes_with_its_own_fields_and_what_is_common_to_all() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let paths = ["one.mp4", "two.mp4"].map(|name| house.video(name, MIB));
    let offered = house.api.files_offer(paths.into()).await.unwrap();
    let [one, two] = [0, 1].map(|at: usize| offered[at].file);
    let new = NewManuscripts {
        files: vec![one, two],
        accounts: vec![account],
        fields: map([
            ("title", "Of all"),
            ("description", "of all"),
            ("tags", "sea"),
        ]),
        own: [(two, own([("title", "Second"), ("description", "")]))].into(),
        ..NewManuscripts::default()
    };
    let checked = house.api.manuscripts_check(new.clone()).await.unwrap();
    assert!(checked.iter().all(|check| check.account == account));
    let uploads = house.api.manuscripts_add(new).await.unwrap().uploads;
    let mut fields = Vec::new();
    for id in uploads {
        house.until_phase(id, PhaseName::Published).await;
        fields.push(house.detail(id).await.fields);
    }
    assert_eq!(
        fields[0],
        map([
            ("title", "Of all"),
            ("description", "of all"),
            ("tags", "sea")
        ])
    );
    assert_eq!(
        fields[1],
        map([("title", "Second"), ("description", ""), ("tags", "sea")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_says_what_it_is_when_it_is_offered_and_one_that_cannot_be_read_may_go() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("campaign/sample.mp4");
    // What claims to be a video of its kind and is none, in the heads that readers know.
    let heads: [(&str, &[u8]); 4] = [
        (
            "hostile.mp4",
            b"\0\0\0\x14ftypisom\0\0\0\0isom\xff\xff\xff\xffmoov",
        ),
        (
            "hostile.mkv",
            b"\x1a\x45\xdf\xa3\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        ("hostile.flv", b"FLV\x01\xff\xff\xff\xff\xff\xff"),
        ("empty of sense.ts", b"\x47\x47\x47"),
    ];
    let mut paths = vec![sample];
    for (name, head) in heads {
        paths.push(house.path(name));
        fs::write(house.path(name), head).unwrap();
    }
    fs::write(house.path("cover.PNG"), b"no matter").unwrap();
    paths.push(house.path("cover.PNG"));
    let offered = house.api.files_offer(paths).await.unwrap();
    let media = offered[0].media.as_ref().unwrap();
    assert_eq!(media.container, "mp4");
    assert!(media.video.is_some() && offered[0].warning.is_none());
    for file in &offered[1..5] {
        assert_eq!(
            (file.media.as_ref(), file.cause.as_ref()),
            (None, None),
            "{}",
            file.name
        );
        assert_eq!(file.warning.as_ref().unwrap().code, "media_unread");
    }
    assert_eq!(offered[5].kind, slipway_api::wire::FileKind::Image);
    assert!(offered[5].warning.is_none());
    let new = NewManuscripts {
        files: vec![offered[1].file],
        accounts: vec![account],
        ..NewManuscripts::default()
    };
    let id = house.api.manuscripts_add(new).await.unwrap().uploads[0];
    house.until_phase(id, PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_list_of_a_platform_is_there_when_it_cannot_be_asked() {
    let house = House::new().await;
    let platform = slipway_simulators::bilibili::simulator().start().await;
    let settings = platform.settings().into_iter();
    let settings = settings
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let secrets = platform.secrets();
    let secrets: Vec<_> = secrets
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let account = house.account("bilibili", "main", settings, &secrets).await;
    let field = |field: &str| AccountField {
        account,
        field: field.into(),
    };
    let kept = house.api.account_choices_kept(field("tid")).await.unwrap();
    assert_eq!((kept.choices.len(), kept.at_ms), (0, None));
    let told = house.api.account_choices(field("tid")).await.unwrap();
    assert!(!told.is_empty());

    platform.stop().await;
    let house = house.restart().await;
    house.api.account_choices(field("tid")).await.unwrap_err();
    let kept = house
        .api
        .account_choices_kept(field("bilibili.tid"))
        .await
        .unwrap();
    assert_eq!(kept.choices, told);
    assert!(kept.at_ms.is_some());
}
