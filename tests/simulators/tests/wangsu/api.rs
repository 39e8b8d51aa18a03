//! The video API: what it takes, what it refuses and with which code.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_simulators::wangsu::{Reuse, simulator};

use super::client::{api, call, place, send};

#[tokio::test]
async fn each_wrong_parameter_of_a_place_has_its_code() {
    let platform = simulator()
        .switches(|s| s.max_video_size = 1000)
        .start()
        .await;
    let name = |n: usize| "长".repeat(n);
    for (fields, code) in [
        (json!({}), 1606),
        (json!({ "originFileName": "  " }), 1606),
        (json!({ "originFileName": name(40) }), 200),
        (json!({ "originFileName": name(41) }), 1500),
        (
            json!({ "originFileName": "a", "fileId": "x".repeat(32) }),
            200,
        ),
        (
            json!({ "originFileName": "a", "fileId": "x".repeat(33) }),
            1605,
        ),
        (
            json!({ "originFileName": "a", "fileMd5": "x".repeat(33) }),
            1605,
        ),
        (json!({ "originFileName": "a", "fileMd5": "" }), 1604),
        (json!({ "originFileName": "a", "fileId": "" }), 200),
        (json!({ "originFileName": "a", "overwrite": 2 }), 1608),
        (json!({ "originFileName": "a", "overwrite": "yes" }), 1608),
        (json!({ "originFileName": "a", "overwrite": 1 }), 200),
        (json!({ "originFileName": "a", "overwrite": "0" }), 200),
        (
            json!({ "originFileName": "a", "originFileSize": "-1" }),
            1609,
        ),
        (json!({ "originFileName": "a", "originFileSize": 999 }), 200),
        (
            json!({ "originFileName": "a", "originFileSize": 1000 }),
            200,
        ),
        (
            json!({ "originFileName": "a", "originFileSize": 1001 }),
            1610,
        ),
        (json!({ "originFileName": "a", "videoSource": 99 }), 1607),
        (
            json!({ "originFileName": "a", "workflowId": "workflow-1" }),
            200,
        ),
        (
            json!({ "originFileName": "a", "workflowId": "nowhere" }),
            1000,
        ),
        (
            json!({ "originFileName": "a", "categoryNames": "Sport" }),
            1013,
        ),
        (
            json!({ "originFileName": "a", "categoryNames": "[1]" }),
            1013,
        ),
        (json!({ "originFileName": "a", "nobody": "knows" }), 200),
    ] {
        let answer = api(&platform, "videoManage/getUploadToken", fields.clone()).await;
        assert_eq!((answer.status, answer.code()), (200, code), "{fields}");
    }
    platform.switches(|s| {
        s.name_missing_code = 1004;
        s.file_id_too_long_code = 1012;
    });
    let missing = api(&platform, "videoManage/getUploadToken", json!({})).await;
    assert_eq!(missing.code(), 1004);
}

#[tokio::test]
async fn a_place_is_asked_in_json_in_a_form_or_by_get() {
    let platform = simulator().start().await;
    let path = "/vod/videoManage/getUploadToken";
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let asked = call(
        &platform,
        path,
        form,
        b"originFileName=%E6%B5%B7.mp4&overwrite=1",
    )
    .await;
    assert_eq!(asked.code(), 200);
    let asked = call(
        &platform,
        &format!("{path}?originFileName=b.mp4"),
        form,
        b"",
    )
    .await;
    assert_eq!(asked.code(), 200);
    let asked = call(&platform, path, "application/json", b"{oops").await;
    assert_eq!(asked.code(), 1013);
    let seen = platform.inspect();
    assert_eq!(seen.videos[0].asked["originFileName"], "海.mp4");
    assert_eq!(seen.videos[1].asked["originFileName"], "b.mp4");
}

#[tokio::test]
async fn what_a_place_says_is_whole_and_its_token_names_it() {
    let platform = simulator().start().await;
    let data = place(&platform, "f").await;
    for name in [
        "uploadUrl",
        "bucketName",
        "fileKey",
        "videoId",
        "uploadToken",
        "httpDnsServer",
        "speedDomainlUrl",
    ] {
        assert!(data[name].is_string(), "{name}");
    }
    assert!(data["videoId"].as_str().unwrap().ends_with("00000000"));
    assert!(!data["fileKey"].as_str().unwrap().starts_with('/'));
}

#[tokio::test]
async fn a_file_id_brings_back_its_place_as_the_switch_says() {
    for (reuse, before, after) in [
        (Reuse::Never, false, false),
        (Reuse::UntilComplete, true, false),
        (Reuse::Always, true, true),
    ] {
        let platform = simulator()
            .switches(|s| s.fileid_reuse = reuse)
            .start()
            .await;
        let first = place(&platform, "f").await;
        let second = place(&platform, "f").await;
        assert_eq!(first["fileKey"] == second["fileKey"], before, "{reuse:?}");
        let upload = super::client::Upload {
            simulator: &platform,
            token: second["uploadToken"].as_str().unwrap().into(),
            batch: "b".into(),
        };
        let ctx = upload.block(0, b"hello world", 20).await;
        let joined = upload.post("/mkfile/11", ctx.as_bytes()).await;
        assert_eq!(joined.json()["hash"], "FiqubDXJT8-0FdvpX0CLnOke6Ebt");
        let third = place(&platform, "f").await;
        assert_eq!(second["fileKey"] == third["fileKey"], after, "{reuse:?}");
    }
}

#[tokio::test]
async fn the_three_hundred_and_first_call_in_five_minutes_is_refused() {
    let platform = simulator().start().await;
    for n in 1..=301 {
        let answer = api(&platform, "videoManage/getVideoList", json!({ "n": n })).await;
        assert_eq!(answer.code(), if n <= 300 { 200 } else { 300 }, "call {n}");
    }
    let other = api(
        &platform,
        "videoManage/getUploadToken",
        json!({ "originFileName": "a" }),
    )
    .await;
    assert_eq!(other.code(), 200, "each API has its own allowance");
    platform.clock().advance(Duration::from_mins(5));
    let later = api(&platform, "videoManage/getVideoList", json!({})).await;
    assert_eq!(later.code(), 200);
}

#[tokio::test]
async fn strangers_and_unknown_requests_are_refused() {
    let platform = simulator().start().await;
    let nobody = send(
        platform.address(),
        "POST",
        "/vod/videoManage/getVideoList",
        &[],
        b"{}",
    )
    .await;
    assert_eq!((nobody.status, nobody.code()), (200, 4001));
    assert_eq!(
        api(&platform, "videoManage/nothing", json!({}))
            .await
            .code(),
        1006
    );
    platform.permit(0, false);
    assert_eq!(
        api(&platform, "videoManage/getVideoList", json!({}))
            .await
            .code(),
        1008
    );
}

#[tokio::test]
async fn a_list_has_pages_and_a_video_is_edited_masked_and_deleted() {
    let platform = simulator()
        .switches(|s| s.list_before_upload = true)
        .start()
        .await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(place(&platform, &n.to_string()).await["videoId"].clone());
    }
    let page = async |fields: Value| {
        api(&platform, "videoManage/getVideoList", fields)
            .await
            .json()
    };
    let second = page(json!({ "pageIndex": 2, "pageSize": 2 })).await;
    assert_eq!(second["data"]["videoTotal"], 3);
    assert_eq!(
        second["data"]["videoListInfo"][0]["videoId"], ids[0],
        "newest first"
    );
    for (size, code) in [(0, 1012), (1, 200), (50, 200), (51, 1012)] {
        assert_eq!(
            page(json!({ "pageSize": size })).await["code"],
            code,
            "{size}"
        );
    }
    let words = |n: usize| "字".repeat(n);
    for (name, description, code) in [(40, 200, 200), (41, 1, 1012), (1, 201, 1012)] {
        let fields = json!({ "videoId": ids[1], "videoName": words(name), "videoDescription": words(description) });
        assert_eq!(
            api(&platform, "videoManage/videoEdit", fields).await.code(),
            code
        );
    }
    let of = json!({ "videoId": ids[1] });
    assert_eq!(
        api(&platform, "videoManage/videoBlock", of.clone())
            .await
            .code(),
        200
    );
    assert_eq!(
        page(of.clone()).await["data"]["videoListInfo"][0]["videoState"],
        1
    );
    assert_eq!(
        api(&platform, "videoManage/deleteVideo", of.clone())
            .await
            .code(),
        200
    );
    assert_eq!(
        api(&platform, "videoManage/deleteVideo", of).await.code(),
        1502
    );
    assert_eq!(
        api(&platform, "videoManage/deleteVideo", json!({}))
            .await
            .code(),
        1004
    );
}

#[tokio::test]
async fn categories_are_made_listed_and_deleted() {
    let platform = simulator().start().await;
    let list = async |fields: Value| api(&platform, "videoCategory/getCategoryList", fields).await;
    assert_eq!(list(json!({})).await.json()["data"][0]["total"], 2);
    let made = api(
        &platform,
        "videoCategory/createCategory",
        json!({ "labelName": "字".repeat(32) }),
    )
    .await;
    let id = made.json()["data"]["nodeId"].clone();
    assert_eq!(list(json!({})).await.json()["data"][0]["total"], 3);
    let long = api(
        &platform,
        "videoCategory/createCategory",
        json!({ "labelName": "字".repeat(33) }),
    )
    .await;
    assert_eq!(long.code(), 1012);
    let gone = api(
        &platform,
        "videoCategory/deleteCategory",
        json!({ "nodeId": id }),
    )
    .await;
    assert_eq!(gone.code(), 200);
    let wrong = list(json!({ "pageSize": 0 })).await;
    assert_eq!(
        (wrong.status, wrong.code()),
        (400, 24_112_000),
        "the documented exception"
    );
}
