use std::time::Duration;

use serde_json::{Value, json};
use slipway_simulators::bilibili::{Profile, Review, Simulator};

use crate::client::{Client, fields, png, sha256};

/// Past both the spacing and the memory of titles.
const LATER: Duration = Duration::from_mins(11);

fn changed(name: &str, value: impl Into<Value>) -> Value {
    let mut fields = fields("a title");
    fields[name] = value.into();
    fields
}

async fn cover_url(client: &Client) -> String {
    let answer = client.cover("file", &png(960, 600)).await;
    assert_eq!(answer.code_of(), 0);
    answer.json()["data"]["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_rule_of_a_submission_has_its_code() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let token = client.uploaded().await;
    let cases = [
        (changed("title", " "), 123_013),
        (changed("title", "字".repeat(81)), 123_030),
        (changed("tid", 9999), 123_009),
        (changed("tid", Value::Null), 123_009),
        (changed("tid", "21"), 123_008),
        (changed("tag", ""), 123_012),
        (changed("tag", "a,,b"), 123_012),
        (changed("tag", "长".repeat(200)), 123_012),
        (changed("tag", "a,banned-tag"), 123_022),
        (changed("desc", "长".repeat(251)), 123_018),
        (changed("copyright", 3), 123_008),
        (changed("copyright", 2), 123_016),
        (changed("no_reprint", 2), 123_008),
        (
            changed("cover", "https://archive.biliimg.com/bfs/archive/x.jpg"),
            123_008,
        ),
        (changed("title", "[sensitive]"), 123_024),
        // The first of two wrongs is told.
        (json!({ "title": "" , "tid": 9999 }), 123_013),
    ];
    for (fields, code) in cases {
        assert_eq!(client.add(&token, &fields).await.code(), code, "{fields}");
    }
    assert_eq!(
        client
            .add(&token, &changed("title", "字".repeat(80)))
            .await
            .code(),
        0,
        "80 are let in, and refusals have not used the token up"
    );
    assert_eq!(
        client.add(&token, &fields("again")).await.code(),
        127_022,
        "now it is used up"
    );
    let seen = simulator.glance();
    assert_eq!((seen.manuscripts.len(), seen.uploads[0].add_calls), (1, 18));
}

#[tokio::test]
async fn strict_draws_every_line_closer() {
    let simulator = Simulator::builder().profile(Profile::Strict).start().await;
    let client = Client::of(&simulator);
    let token = client.uploaded().await;
    let cover = cover_url(&client).await;
    let with_cover = |name: &str, value: Value| {
        let mut fields = changed("cover", cover.clone());
        fields[name] = value;
        fields
    };
    let cases = [
        (fields("no cover"), 123_008),
        (with_cover("title", json!("字".repeat(80))), 123_030),
        (with_cover("tid", json!(160)), 123_009),
        (with_cover("desc", json!("")), 123_017),
        (with_cover("desc", json!("长".repeat(250))), 123_018),
        (with_cover("tag", json!("长".repeat(21))), 123_012),
        (with_cover("tag", json!(vec!["t"; 13].join(","))), 123_012),
        (with_cover("title", json!("fine")), 0),
    ];
    for (fields, code) in cases {
        assert_eq!(client.add(&token, &fields).await.code(), code, "{fields}");
    }
}

#[tokio::test]
async fn a_top_level_category_becomes_another() {
    let simulator = Simulator::builder()
        .review(Review::immediate())
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.uploaded().await;
    let id = client.add(&token, &changed("tid", 4)).await.json()["data"]["resource_id"].clone();
    let path = format!("archive/view?resource_id={}", id.as_str().unwrap());
    assert_eq!(client.get(&path).await.json()["data"]["tid"], 21);
}

#[tokio::test]
async fn nothing_is_submitted_before_the_merge() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    client.send_part(&token, 1, b"x").await;
    assert_eq!(client.add(&token, &fields("early")).await.code(), 123_006);
}

#[tokio::test]
async fn submissions_keep_their_distance() {
    let simulator = Simulator::builder().start().await;
    let (client, other) = (Client::of(&simulator), Client::user(&simulator, 1));
    client.published("one").await;
    let token = client.uploaded().await;
    assert_eq!(
        client.add(&token, &fields("one")).await.code(),
        123_015,
        "the title is looked at first"
    );
    assert_eq!(client.add(&token, &fields("two")).await.code(), 123_026);
    other.published("one").await; // somebody else's titles and pace are their own
    simulator.clock().advance(Duration::from_secs(30));
    assert_eq!(client.add(&token, &fields("one")).await.code(), 123_015);
    assert_eq!(client.add(&token, &fields("two")).await.code(), 0);
    simulator.clock().advance(LATER);
    client.published("one").await;
    assert!(simulator.glance().accounts[0].shortest_gap_ms().unwrap() >= 30_000);
}

#[tokio::test]
async fn a_user_who_may_not_submit_is_told_why() {
    // 2025-10-09 00:00 at UTC+8, so that the day's end is known.
    let simulator = Simulator::builder().clock_at(1_759_939_200).start().await;
    let client = Client::of(&simulator);
    simulator.change_user(0, |user| user.formal = false);
    for n in 0..5 {
        client.published(&format!("day one, {n}")).await;
        simulator.clock().advance(LATER);
    }
    let token = client.uploaded().await;
    assert_eq!(client.add(&token, &fields("sixth")).await.code(), 123_036);
    simulator.clock().advance(Duration::from_hours(24));
    let token = client.uploaded().await;
    assert_eq!(client.add(&token, &fields("next day")).await.code(), 0);
    simulator.clock().advance(LATER);
    let token = client.uploaded().await;
    simulator.change_user(0, |user| user.captcha = true);
    assert_eq!(client.add(&token, &fields("puzzle")).await.code(), 123_050);
    simulator.change_user(0, |user| (user.captcha, user.level) = (false, 0));
    assert_eq!(client.add(&token, &fields("level")).await.code(), 123_037);
}

#[tokio::test]
async fn covers_are_looked_at() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let good = png(1146, 717);
    let mut heavy = good.clone();
    heavy.resize(5_000_001, 0);
    let cases: [(&str, &[u8], i64); 6] = [
        ("file", b"GIF89a...", 123_038),
        ("file", b"RIFF....WEBP", 123_008),
        ("file", &png(959, 600), 123_008),
        ("file", &heavy, 123_008),
        ("cover", &good, 4000),
        ("file", &good, 0),
    ];
    for (field, picture, code) in cases {
        assert_eq!(client.cover(field, picture).await.code(), code);
    }
    let url = cover_url(&client).await;
    let token = client.uploaded().await;
    assert_eq!(client.add(&token, &changed("cover", url)).await.code(), 0);
    let cover = simulator.glance().manuscripts[0].cover.clone().unwrap();
    assert_eq!(cover.sha256, sha256(&png(960, 600)));
}

#[tokio::test]
async fn a_manuscript_is_seen_through_its_review() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let id = client.published("a day").await;
    let path = format!("archive/view?resource_id={id}");
    let mut states = Vec::new();
    for _ in 0..3 {
        let seen = client.get(&path).await.json()["data"].clone();
        assert_eq!(
            (&seen["video_info"], &seen["ptime"]),
            (&json!({}), &json!(0))
        );
        states.push(seen["addit_info"]["state"].as_i64().unwrap());
        simulator.clock().advance(Duration::from_millis(2500));
    }
    assert_eq!(states, [-30, -9, -1]);
    simulator.clock().advance(Duration::from_secs(5));
    let seen = client.get(&path).await.json()["data"].clone();
    assert_eq!(
        seen["addit_info"],
        json!({ "state": 0, "state_desc": "开放浏览", "reject_reason": "" })
    );
    assert!(seen["ptime"].as_i64() > seen["ctime"].as_i64());
    assert!(seen["video_info"]["cid"].is_u64());
    assert_eq!(seen["title"], "a day");
    assert!(id.len() == 12 && id.starts_with("BV1"));
}

#[tokio::test]
async fn only_ones_own_manuscripts_can_be_seen_and_deleted_ones_are_told_apart() {
    let simulator = Simulator::builder()
        .review(Review::immediate())
        .start()
        .await;
    let (client, stranger) = (Client::of(&simulator), Client::user(&simulator, 1));
    let id = client.published("mine").await;
    let path = format!("archive/view?resource_id={id}");
    assert_eq!(stranger.get(&path).await.code(), 123_004);
    let body = json!({ "resource_id": id });
    assert_eq!(stranger.post("archive/delete", &body).await.code(), 123_004);
    assert_eq!(client.post("archive/delete", &body).await.code(), 0);
    assert_eq!(client.post("archive/delete", &body).await.code(), 123_005);
    assert_eq!(client.get(&path).await.code(), 123_005);
    assert_eq!(
        client.get("archive/viewlist").await.json()["data"]["page"]["total"],
        0
    );
    assert!(simulator.glance().manuscripts[0].deleted);
}

#[tokio::test]
async fn the_list_is_paged_newest_first_and_filtered() {
    let simulator = Simulator::builder()
        .spacing(Duration::ZERO)
        .review(Review::immediate())
        .start()
        .await;
    let client = Client::of(&simulator);
    for n in 0..7 {
        let title = if n % 3 == 0 {
            format!("{n} [reject]")
        } else {
            format!("{n}")
        };
        client.published(&title).await;
    }
    client.published("last [stuck]").await;
    let list = async |query: &str| {
        client.get(&format!("archive/viewlist{query}")).await.json()["data"].clone()
    };
    let titles = |data: &Value| -> Vec<String> {
        data["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["title"].as_str().unwrap().to_owned())
            .collect()
    };
    let page = list("?pn=2&ps=3").await;
    assert_eq!(page["page"], json!({ "pn": 2, "ps": 3, "total": 8 }));
    assert_eq!(titles(&page), ["4", "3 [reject]", "2"]);
    assert_eq!(titles(&list("?pn=3&ps=3").await), ["1", "0 [reject]"]);
    assert_eq!(titles(&list("?pn=4&ps=3").await), [""; 0]);
    assert_eq!(titles(&list("").await).len(), 8);
    assert_eq!(titles(&list("?status=pubed").await), ["5", "4", "2", "1"]);
    assert_eq!(
        titles(&list("?status=not_pubed").await),
        ["6 [reject]", "3 [reject]", "0 [reject]"]
    );
    assert_eq!(titles(&list("?status=is_pubing").await), ["last [stuck]"]);
    for wrong in ["?ps=0", "?ps=51", "?pn=0", "?pn=x", "?status=open"] {
        assert_eq!(
            client.get(&format!("archive/viewlist{wrong}")).await.code(),
            4000,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn an_edit_wants_every_field_and_starts_the_review_again() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let cover = cover_url(&client).await;
    let id = client.published("before").await;
    let edit = json!({ "resource_id": id, "title": "after", "cover": cover, "tid": 17, "desc": "", "no_reprint": 0 });
    assert_eq!(
        client.post("archive/edit", &edit).await.code(),
        123_028,
        "too early"
    );
    simulator.clock().advance(Duration::from_secs(20));
    for name in ["title", "cover", "tid", "desc", "no_reprint"] {
        let mut lacking = edit.clone();
        lacking.as_object_mut().unwrap().remove(name);
        assert_eq!(
            client.post("archive/edit", &lacking).await.code(),
            4000,
            "{name}"
        );
    }
    let mut unknown = edit.clone();
    unknown["resource_id"] = json!("BV1nothing000");
    assert_eq!(client.post("archive/edit", &unknown).await.code(), 123_004);
    assert_eq!(
        client.post("archive/edit", &edit).await.json()["data"]["resource_id"],
        json!(id)
    );
    let seen = client
        .get(&format!("archive/view?resource_id={id}"))
        .await
        .json()["data"]
        .clone();
    assert_eq!(
        (&seen["title"], &seen["tid"], &seen["tag"]),
        (&json!("after"), &json!(17), &json!("旅行,海边"))
    );
    assert_eq!(seen["addit_info"]["state"], -1, "in review again");
}

#[tokio::test]
async fn a_locked_manuscript_cannot_be_edited() {
    let simulator = Simulator::builder()
        .review(Review::immediate())
        .start()
        .await;
    let client = Client::of(&simulator);
    let id = client.published("[lock]").await;
    let edit = json!({ "resource_id": id, "title": "t", "cover": "", "tid": 17, "desc": "", "no_reprint": 0 });
    assert_eq!(client.post("archive/edit", &edit).await.code(), 123_007);
}

#[tokio::test]
async fn a_sloppy_platform_takes_a_token_twice_and_tells_numbers_as_strings() {
    let simulator = Simulator::builder()
        .profile(Profile::Sloppy)
        .review(Review::immediate())
        .spacing(Duration::ZERO)
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.uploaded().await;
    for title in ["one", "two"] {
        assert_eq!(client.add(&token, &fields(title)).await.code_of(), 0);
    }
    let list = client.get("archive/viewlist").await.json();
    assert_eq!(list["code"], "0");
    assert!(list["data"]["list"][0]["video_info"]["cid"].is_string());
}

#[tokio::test]
async fn the_other_calls_answer() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    assert_eq!(
        client.get("user/account/scopes").await.json()["data"]["openid"],
        simulator.openid()
    );
    let tree = client.get("archive/type/list").await.json()["data"].clone();
    assert_eq!(tree[0]["children"][0]["parent"], tree[0]["id"]);
    for path in [
        "data/arc/stat?resource_id=x",
        "data/arc/inc-stats",
        "data/user/stat",
    ] {
        assert_eq!(client.get(path).await.code(), 0, "{path}");
    }
}
