//! One manuscript to an account on each platform: what each of them received, field by field.
#![allow(clippy::print_stdout, reason = "the table is there to be read")]

use crate::house::{House, MIB, map};
use serde_json::Value;
use slipway_api::wire::NewManuscripts;
use slipway_model::PhaseName;
use slipway_simulators::{aliyun_vod, api_video, bilibili, bluesky, wangsu};
use slipway_sites::Site;
use std::{fmt::Write as _, time::Duration};

/// What is common to all, and three fields that have their own value.
const WRITTEN: [(&str, &str); 9] = [
    ("title", "Harbour crane at dawn, 4K"),
    ("description", "The night shift ends at six.\n港の朝。"),
    ("tags", "harbour,crane,4k"),
    ("language", "en,ja"),
    ("visibility", "private"),
    ("bilibili.tid", "21"),
    ("bilibili.title", "清晨的港口吊车"),
    ("api-video.description", "For the studio's own page"),
    ("aliyun-vod.Tags", "archive,harbour"),
];

/// Platform, field by the platform's own name, and what has to be there.
const TABLE: [(&str, &str, &str); 24] = [
    (
        "folder",
        "description",
        "The night shift ends at six.\n港の朝。",
    ),
    ("folder", "tags", "harbour,crane,4k"),
    ("folder", "title", "Harbour crane at dawn, 4K"),
    ("bilibili", "copyright", "1"),
    ("bilibili", "desc", "The night shift ends at six.\n港の朝。"),
    ("bilibili", "no_reprint", "0"),
    ("bilibili", "tag", "harbour,crane,4k"),
    ("bilibili", "tid", "21"),
    ("bilibili", "title", "清晨的港口吊车"),
    (
        "wangsu",
        "description",
        "The night shift ends at six.\n港の朝。",
    ),
    ("wangsu", "name", "Harbour crane at dawn, 4K"),
    ("api-video", "description", "For the studio's own page"),
    ("api-video", "mp4Support", "true"),
    ("api-video", "panoramic", "false"),
    ("api-video", "public", "false"),
    ("api-video", "tags", r#"["harbour","crane","4k"]"#),
    ("api-video", "title", "Harbour crane at dawn, 4K"),
    (
        "aliyun-vod",
        "Description",
        "The night shift ends at six.\n港の朝。",
    ),
    ("aliyun-vod", "Tags", "archive,harbour"),
    ("aliyun-vod", "Title", "Harbour crane at dawn, 4K"),
    ("bluesky", "alt", "The night shift ends at six.\n港の朝。"),
    ("bluesky", "langs", r#"["en","ja"]"#),
    ("bluesky", "tags", r#"["harbour","crane","4k"]"#),
    ("bluesky", "text", "Harbour crane at dawn, 4K"),
];
/// What platforms receive besides the fields of a manuscript.
const NO_FIELDS: [&str; 7] = [
    "file",
    "size_bytes",
    "crc64_nvme",
    "metadata",
    "FileName",
    "FileSize",
    "UserData",
];

type Row = (String, String, String);

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn rows<'a>(platform: &str, fields: impl IntoIterator<Item = (&'a str, String)>) -> Vec<Row> {
    let mut rows: Vec<Row> = fields
        .into_iter()
        .filter(|(name, _)| !NO_FIELDS.contains(name))
        .map(|(name, value)| (platform.to_owned(), name.to_owned(), value))
        .collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn one_manuscript_to_six_platforms_arrives_field_by_field_with_three_of_them_unlinked() {
    let house = House::new().await;
    let bilibili = bilibili::simulator()
        .spacing(Duration::ZERO)
        .review(bilibili::Review::immediate())
        .start()
        .await;
    let wangsu = wangsu::simulator().start().await;
    let api_video = api_video::simulator()
        .encoding(api_video::Encoding::immediate())
        .start()
        .await;
    let aliyun_vod = aliyun_vod::simulator()
        .pace(aliyun_vod::Pace::immediate())
        .start()
        .await;
    let bluesky = bluesky::simulator().start().await;
    let sites: [&dyn Site; 5] = [&bilibili, &wangsu, &api_video, &aliyun_vod, &bluesky];
    let mut accounts = vec![house.folder_account().await];
    for site in sites {
        let settings = site.settings().into_iter();
        let settings = settings
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let secrets = site.secrets();
        let secrets: Vec<_> = secrets
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let platform = site.platform();
        accounts.push(house.account(platform, platform, settings, &secrets).await);
    }
    let offered = house
        .api
        .files_offer(vec![house.video("crane.mp4", MIB)])
        .await
        .unwrap();
    let new = NewManuscripts {
        files: vec![offered[0].file],
        accounts,
        fields: map(WRITTEN),
        ..NewManuscripts::default()
    };
    for id in house.api.manuscripts_add(new).await.unwrap().uploads {
        house.until_phase(id, PhaseName::Published).await;
    }

    let beside = std::fs::read_dir(house.path("archive")).unwrap().flatten();
    let note = beside
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "json"));
    let note: Value = serde_json::from_slice(&std::fs::read(note.unwrap()).unwrap()).unwrap();
    let mut received = rows(
        "folder",
        note.as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), text(value))),
    );
    let seen = bilibili.inspect().await.manuscripts;
    let [work] = &seen[..] else {
        panic!("one work each")
    };
    received.extend(rows(
        "bilibili",
        work.fields
            .iter()
            .map(|(name, value)| (name.as_str(), text(value))),
    ));
    let seen = wangsu.inspect();
    let work = seen.works().next().unwrap();
    let named = [
        ("name", work.name.clone()),
        ("description", work.description.clone()),
    ];
    let edits = work
        .edits
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()));
    received.extend(rows("wangsu", named.into_iter().chain(edits)));
    let seen = api_video.inspect().await.videos;
    let [work] = &seen[..] else {
        panic!("one work each")
    };
    received.extend(rows(
        "api-video",
        work.fields
            .iter()
            .map(|(name, value)| (name.as_str(), text(value))),
    ));
    let seen = aliyun_vod.inspect();
    let work = seen.videos()[0].clone();
    received.extend(rows(
        "aliyun-vod",
        work.params
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    ));
    let post = bluesky.inspect().posts[0].record.clone();
    let kept = [
        ("text", &post["text"]),
        ("alt", &post["embed"]["alt"]),
        ("langs", &post["langs"]),
        ("tags", &post["tags"]),
    ];
    received.extend(rows(
        "bluesky",
        kept.map(|(name, value)| (name, text(value))),
    ));

    let mut table = String::new();
    for (platform, field, value) in &received {
        let is_own = WRITTEN
            .iter()
            .any(|(name, _)| *name == format!("{platform}.{field}"));
        let own = if is_own { " (own)" } else { "" };
        writeln!(table, "{platform:<11} {field:<12} {value:?}{own}").unwrap();
    }
    println!("{table}");
    let wanted: Vec<Row> = TABLE
        .iter()
        .map(|(platform, field, value)| ((*platform).into(), (*field).into(), (*value).into()))
        .collect();
    assert_eq!(received, wanted);
}
