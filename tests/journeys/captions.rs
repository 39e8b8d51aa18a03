//! Captions from files of an editor, on their way to platforms that take them.

use crate::house::{House, MIB, map, sha256};
use slipway_api::wire::{NewCaptions, NewManuscripts};
use slipway_model::PhaseName;
use slipway_simulators::{api_video, bluesky};

const ENGLISH: &str = "1\r\n00:00:00,000 --> 00:00:01,500\r\nThe <i>sea</i>\r\n";
const ENGLISH_SENT: &str =
    "WEBVTT\nLanguage: en\n\n00:00:00.000 --> 00:00:01.500\nThe <i>sea</i>\n";
const JAPANESE: &str = "\u{feff}WEBVTT\n\n00:00.000 --> 00:01.500\n海\n";
const JAPANESE_SENT: &str = "WEBVTT\nLanguage: ja\n\n00:00:00.000 --> 00:00:01.500\n海\n";

#[tokio::test(flavor = "multi_thread")]
async fn captions_of_two_languages_reach_each_platform_as_it_takes_them() {
    let house = House::new().await;
    let encoding = api_video::Encoding::immediate();
    let videos = api_video::simulator().encoding(encoding).start().await;
    let settings = map([("endpoint", &videos.url())]);
    let secrets = [("api_key", videos.api_key())];
    let first = house.account("api-video", "av", settings, &secrets).await;
    let posts = bluesky::simulator().start().await;
    let settings = map([
        ("identifier", &posts.credentials().handle),
        ("video_did", posts.video_did()),
        ("endpoint.video", &posts.url()),
        ("endpoint.plc", &posts.url()),
        ("endpoint.resolver", &posts.url()),
    ]);
    let password = posts.credentials().app_password.clone();
    let secrets = [("app_password", password.as_str())];
    let second = house.account("bluesky", "bs", settings, &secrets).await;

    let paths = [("en.srt", ENGLISH), ("ja.vtt", JAPANESE)].map(|(name, text)| {
        let path = house.path(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    let [english, japanese] = paths;
    let files = vec![house.video("sea.mp4", MIB), english, japanese];
    let offered = house.api.files_offer(files).await.unwrap();
    let captions = |language: &str, at: usize| NewCaptions {
        language: language.into(),
        file: offered[at].file,
    };
    let new = NewManuscripts {
        files: vec![offered[0].file],
        accounts: vec![first, second],
        captions: vec![captions("en", 1), captions("ja", 2)],
        ..NewManuscripts::default()
    };
    let uploads = house.api.manuscripts_add(new).await.unwrap().uploads;
    for id in &uploads {
        house.until_phase(*id, PhaseName::Published).await;
    }
    let seen = videos.inspect().await.videos;
    let held = |language: &str| seen[0].captions[language].sha256.clone();
    assert_eq!(held("en"), sha256(ENGLISH_SENT.as_bytes()));
    assert_eq!(held("ja"), sha256(JAPANESE_SENT.as_bytes()));
    let record = posts.inspect().posts[0].record.clone();
    let tracks: Vec<_> = record["embed"]["captions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|track| {
            let blob = track["file"]["ref"]["$link"].as_str().unwrap();
            let bytes = posts.blob(0, blob).unwrap().to_vec();
            (
                track["lang"].as_str().unwrap().to_owned(),
                String::from_utf8(bytes).unwrap(),
            )
        })
        .collect();
    let sent = [("en", ENGLISH_SENT), ("ja", JAPANESE_SENT)];
    assert_eq!(
        tracks,
        sent.map(|(language, text)| (language.to_owned(), text.to_owned()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn captions_that_are_wrong_are_refused_with_file_and_line() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let path = house.path("bad.srt");
    std::fs::write(&path, "1\n00:00:02,000 --> 00:00:01,000\nx\n").unwrap();
    let files = vec![house.video("sea.mp4", MIB), path];
    let offered = house.api.files_offer(files).await.unwrap();
    let new = NewManuscripts {
        files: vec![offered[0].file],
        accounts: vec![account],
        captions: vec![NewCaptions {
            language: "en".into(),
            file: offered[1].file,
        }],
        ..NewManuscripts::default()
    };
    let checked = house.api.manuscripts_check(new.clone()).await.unwrap_err();
    let added = house.api.manuscripts_add(new).await.unwrap_err();
    for failure in [checked, added] {
        assert_eq!(failure.code, "captions_ends_before_it_begins");
        let told = [&failure.params["file"], &failure.params["line"]];
        assert_eq!(told, ["bad.srt", "2"]);
    }
}
