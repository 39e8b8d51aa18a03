//! The upload host: what it takes, what it refuses and with which status.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};
use slipway_simulators::wangsu::{Fault, Replay, Shape, Simulator, simulator};

use super::client::{MIB, Upload, api, pattern, place, said, send, token};

#[tokio::test]
async fn chunks_of_the_reference_pattern_are_answered_with_its_sums() {
    let platform = simulator().start().await;
    let upload = Upload::to(&platform, "k", &[]);
    let bytes = pattern(MIB);
    let first = upload
        .post("/mkblk/4194304/0", &bytes[..262_144])
        .await
        .json();
    assert_eq!(first["crc32"], 408_373_011_u32);
    assert_eq!(first["checksum"], "f6224c81f6d6b0c9c260a4f677f5db6f");
    assert_eq!(first["offset"], 262_144);
    let path = format!("/bput/{}/262144", first["ctx"].as_str().unwrap());
    let second = upload.post(&path, &bytes[262_144..524_288]).await.json();
    assert_eq!(second["crc32"], 4_293_638_087_u32, "above 2^31");
    assert_eq!(second["checksum"], "5c7e0aa80847dfd9eb188fa01db8c925");
    assert_eq!(second["offset"], 524_288);
}

#[tokio::test]
async fn a_request_that_is_not_its_senders_is_refused_in_order() {
    let platform = simulator().start().await;
    let good = Upload::to(&platform, "k", &[]);
    let now_ms = platform.clock().now_ms();
    let with = |token: String, batch: &str| Upload {
        simulator: &platform,
        token,
        batch: batch.into(),
    };
    let policy = |scope: &str, deadline: Value| {
        token(&platform, json!({ "scope": scope, "deadline": deadline }))
    };
    let bucket = platform.bucket();
    let damaged = good.token.replacen(':', ":A", 1);
    let path = "/mkblk/4194304/0";
    for (upload, path, status) in [
        (good.clone(), "/mkblk/many/0", 400),
        (good.clone(), "/mkblk/4194304", 400),
        (good.clone(), "/nothing", 400),
        (with(String::new(), "b"), path, 401),
        (with("a:b".into(), "b"), path, 401),
        (with(damaged, "b"), path, 401),
        (
            with(policy(&format!("{bucket}:k"), json!(now_ms - 1)), "b"),
            path,
            401,
        ),
        (
            with(
                policy(&format!("{bucket}:k"), json!(now_ms / 1000 + 600)),
                "b",
            ),
            path,
            401,
        ),
        (
            with(policy("nowhere:k", json!(now_ms + 60_000)), "b"),
            path,
            631,
        ),
        (with(good.token.clone(), ""), path, 400),
        (good.clone(), "/bput/unknown/0", 401),
        (good.clone(), path, 200),
        (with(format!("UpToken {}", good.token), "b"), path, 200),
        (
            with(
                policy(&format!("{bucket}:k"), json!((now_ms + 60_000).to_string())),
                "b",
            ),
            path,
            200,
        ),
    ] {
        let answer = upload.post(path, b"some").await;
        assert_eq!(answer.status, status, "{path}");
        if status != 200 {
            said(&answer);
        }
    }
    let get = send(platform.address(), "GET", path, &[], b"").await;
    assert_eq!(said(&get), 405);
}

#[tokio::test]
async fn chunks_follow_each_other_or_are_refused() {
    let platform = simulator().start().await;
    let upload = Upload::to(&platform, "k", &[]);
    assert_eq!(
        said(&upload.post("/mkblk/10/0", b"").await),
        400,
        "an empty body"
    );
    assert_eq!(
        said(&upload.post("/mkblk/10/0", b"12345678901").await),
        400,
        "one byte too many"
    );
    let first = upload.post("/mkblk/10/0", b"12345").await.json();
    let ctx = first["ctx"].as_str().unwrap();
    let other = Upload {
        batch: "another".into(),
        ..upload.clone()
    };
    let elsewhere = Upload::to(&platform, "another", &[]);
    for (upload, offset, body, status) in [
        (&upload, 4, "6", 401),
        (&upload, 6, "6", 401),
        (&other, 5, "6", 401),
        (&elsewhere, 5, "6", 401),
        (&upload, 5, "678901", 400),
        (&upload, 5, "67", 200),
        (&upload, 5, "67", 401),
    ] {
        let answer = upload
            .post(&format!("/bput/{ctx}/{offset}"), body.as_bytes())
            .await;
        assert_eq!(answer.status, status, "{offset} {body}");
    }
    platform.switches(|s| s.ctx_error_status = 701);
    assert_eq!(
        said(&upload.post(&format!("/bput/{ctx}/5"), b"67").await),
        701
    );
}

#[tokio::test]
async fn a_repeated_chunk_is_answered_again_where_the_switch_says_so() {
    let platform = simulator()
        .switches(|s| s.bput_replay = Replay::SameAnswer)
        .start()
        .await;
    let upload = Upload::to(&platform, "k", &[]);
    let ctx = upload.post("/mkblk/3/0", b"1").await.json()["ctx"].clone();
    let path = format!("/bput/{}/1", ctx.as_str().unwrap());
    let once = upload.post(&path, b"2").await;
    let twice = upload.post(&path, b"2").await;
    assert_eq!(once.json(), twice.json());
    assert_eq!(said(&upload.post(&path, b"x").await), 401, "other bytes");
}

async fn joined(upload: &Upload<'_>, size: usize, ctxs: &[&str]) -> u16 {
    upload
        .post(&format!("/mkfile/{size}"), ctxs.join(",").as_bytes())
        .await
        .status
}

#[tokio::test]
async fn blocks_are_joined_whole_and_in_order_or_not_at_all() {
    let platform = simulator().start().await;
    let upload = Upload::to(&platform, "k", &[("overwrite", json!(1))]);
    let block = pattern(4 * MIB);
    // In any order, in chunks of any size.
    let c = upload.block(2, b"end", 1).await;
    let a = upload.block(0, &block, 300_001).await;
    let b = upload.block(1, &block, 4 * MIB).await;
    let odd = upload.block(3, b"odd", 3).await;
    let half = upload.post("/mkblk/10/4", b"12345").await.json();
    let half = half["ctx"].as_str().unwrap();
    let whole = 8 * MIB + 3;
    for (size, ctxs, status) in [
        (whole, vec![a.as_str(), &c, &b], 412),
        (whole, vec![&a, &c], 412),
        (whole, vec![&a, &b, "unknown"], 412),
        (whole + 6, vec![&a, &b, &c, &odd], 412),
        (whole + 10, vec![&a, &b, &c, &odd, half], 412),
        (whole - 1, vec![&a, &b, &c], 400),
        (whole, vec![&a, &b, &c], 200),
    ] {
        assert_eq!(joined(&upload, size, &ctxs).await, status, "{ctxs:?}");
    }
    let seen = platform.inspect();
    let stored = &seen.stored[&format!("{}:k", platform.bucket())];
    assert_eq!((stored.bytes, stored.times), (whole as u64, 1));
    let mut bytes = block.clone();
    bytes.extend(&block);
    bytes.extend(b"end");
    assert!(std::fs::read(stored.path.as_ref().unwrap()).unwrap() == bytes);
}

#[tokio::test]
async fn a_block_begun_again_forgets_its_first_handle() {
    let platform = simulator().start().await;
    let upload = Upload::to(&platform, "k", &[]);
    let old = upload.block(0, b"hello world", 20).await;
    let new = upload.block(0, b"HELLO WORLD", 20).await;
    assert_eq!(joined(&upload, 11, &[&old]).await, 412);
    assert_eq!(joined(&upload, 11, &[&new]).await, 200);
}

#[tokio::test]
async fn a_repeated_joining_gets_what_the_switch_says() {
    for (replay, status) in [
        (Replay::SameAnswer, 200),
        (Replay::Exists, 406),
        (Replay::Refuse, 412),
    ] {
        let platform = simulator()
            .switches(|s| s.mkfile_replay = replay)
            .start()
            .await;
        let upload = Upload::to(&platform, "k", &[("overwrite", json!("1"))]);
        let ctx = upload.block(0, b"hello world", 20).await;
        assert_eq!(joined(&upload, 11, &[&ctx]).await, 200);
        assert_eq!(joined(&upload, 11, &[&ctx]).await, status, "{replay:?}");
        assert_eq!(platform.inspect().stored.values().next().unwrap().times, 1);
    }
}

#[tokio::test]
async fn limits_and_existing_files_are_seen_when_a_file_is_stored() {
    let platform = simulator().start().await;
    for (limit, status) in [(10, 401), (11, 200), (12, 406)] {
        let upload = Upload::to(&platform, "k", &[("fsizeLimit", json!(limit))]);
        let ctx = upload.block(0, b"hello world", 20).await;
        assert_eq!(joined(&upload, 11, &[&ctx]).await, status, "{limit}");
    }
    let bare = token(
        &platform,
        json!({ "scope": platform.bucket(), "deadline": platform.clock().now_ms() + 60_000 }),
    );
    let upload = Upload {
        simulator: &platform,
        token: bare.clone(),
        batch: "b".into(),
    };
    let ctx = upload.block(0, b"hello world", 20).await;
    assert_eq!(joined(&upload, 11, &[&ctx]).await, 400, "no key anywhere");
    let key = URL_SAFE.encode("by/path");
    let path = format!("/mkfile/11/key/{key}");
    assert_eq!(upload.post(&path, ctx.as_bytes()).await.status, 200);
    assert!(
        platform
            .inspect()
            .stored
            .contains_key(&format!("{}:by/path", platform.bucket()))
    );
}

fn form(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in parts {
        let file = if *name == "file" {
            "; filename=\"海.mp4\""
        } else {
            ""
        };
        write!(
            body,
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
        )
        .unwrap();
    }
    (body + "--XX--\r\n").into_bytes()
}

async fn post_form(platform: &Simulator, parts: &[(&str, &str)]) -> super::client::Answer {
    let headers = [(
        "content-type",
        "multipart/form-data; boundary=XX".to_owned(),
    )];
    send(
        platform.address(),
        "POST",
        "/file/upload",
        &headers,
        &form(parts),
    )
    .await
}

#[tokio::test]
async fn a_form_is_taken_with_its_parts_in_any_order() {
    let platform = simulator().start().await;
    let upload = Upload::to(&platform, "k", &[("overwrite", json!(1))]);
    let token = upload.token.as_str();
    for (parts, status) in [
        (vec![("token", token), ("file", "hello world")], 200),
        (
            vec![
                ("desc", "?"),
                ("file", "hello world"),
                ("x:a", "1"),
                ("token", token),
            ],
            200,
        ),
        (vec![("token", token)], 400),
        (vec![("file", "hello world")], 400),
        (vec![("token", "a:b:c"), ("file", "hello world")], 401),
    ] {
        let answer = post_form(&platform, &parts).await;
        assert_eq!(answer.status, status, "{parts:?}");
        if status == 200 {
            assert_eq!(answer.json()["hash"], "FiqubDXJT8-0FdvpX0CLnOke6Ebt");
        }
    }
    platform.switches(|s| s.form_max = 10);
    let large = post_form(&platform, &[("token", token), ("file", "hello world")]).await;
    assert_eq!(said(&large), 413);
    platform.switches(|s| (s.form_max, s.success_shape) = (11, Shape::Text));
    let text = post_form(&platform, &[("token", token), ("file", "hello world")]).await;
    let query = URL_SAFE.decode(text.body).unwrap();
    assert_eq!(query, b"hash=FiqubDXJT8-0FdvpX0CLnOke6Ebt");
}

#[tokio::test]
async fn odd_but_right_requests_are_taken() {
    let platform = simulator().start().await;
    let upload = Upload::to(&platform, "k", &[]);
    let headers = |more: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("authorization", upload.token.clone()),
            ("uploadbatch", "batch-1".to_owned()),
            ("KEY", URL_SAFE.encode("another/key")),
        ];
        all.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        all
    };
    let path = "/mkblk/5/0?chunk=0&chunks=1";
    let chunked = headers(&[("transfer-encoding", "chunked")]);
    let body = b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    let answer = send(platform.address(), "POST", path, &chunked, body).await;
    assert_eq!(answer.json()["offset"], 5);
    let expecting = headers(&[("expect", "100-continue")]);
    let answer = send(platform.address(), "POST", path, &expecting, b"hello").await;
    let ctx = answer.json()["ctx"].as_str().unwrap().to_owned();
    let fresh = Upload::to(&platform, "k", &[("returnBody", json!("x"))]);
    assert_eq!(
        joined(&fresh, 5, &[&ctx]).await,
        200,
        "another token of the same scope"
    );
    assert!(
        platform
            .inspect()
            .stored
            .contains_key(&format!("{}:k", platform.bucket())),
        "the scope's key wins"
    );
}

#[tokio::test]
async fn time_ends_tokens_and_handles() {
    let platform = simulator().switches(|s| s.ctx_ttl_s = 3600).start().await;
    let upload = Upload::to(&platform, "k", &[]);
    let ctx = upload.block(0, b"hello", 5).await;
    platform.clock().advance(Duration::from_secs(61));
    assert_eq!(
        joined(&upload, 5, &[&ctx]).await,
        401,
        "the token has ended"
    );
    platform.clock().advance(Duration::from_hours(1));
    let fresh = Upload::to(&platform, "k", &[]);
    assert_eq!(
        joined(&fresh, 5, &[&ctx]).await,
        412,
        "the handle was purged"
    );
}

#[tokio::test]
async fn a_callback_that_fails_is_a_579_and_the_file_is_stored() {
    for late_ms in [Some(60_000), None] {
        let platform = simulator().start().await;
        let data = place(&platform, "f").await;
        let upload = Upload {
            simulator: &platform,
            token: data["uploadToken"].as_str().unwrap().into(),
            batch: "b".into(),
        };
        platform
            .fault(Fault::CallbackFails { late_ms }.on(slipway_simulators::wangsu::Call::Mkfile));
        let ctx = upload.block(0, b"hello", 5).await;
        assert_eq!(joined(&upload, 5, &[&ctx]).await, 579);
        assert_eq!(platform.inspect().works().count(), 1);
        let listed = async || {
            let fields = json!({ "videoId": data["videoId"] });
            let list = api(&platform, "videoManage/getVideoList", fields)
                .await
                .json();
            list["data"]["videoTotal"].as_u64().unwrap()
        };
        assert_eq!(listed().await, 0);
        platform.clock().advance(Duration::from_secs(61));
        assert_eq!(listed().await, u64::from(late_ms.is_some()));
    }
}

#[tokio::test]
async fn more_at_once_than_the_switch_allows_is_refused() {
    let platform = simulator()
        .switches(|s| s.max_parallel = Some(1))
        .start()
        .await;
    let upload = Upload::to(&platform, "k", &[]);
    let pause = Fault::Stall {
        after_bytes: 1,
        for_ms: Some(300),
    };
    platform.fault(pause.on(slipway_simulators::wangsu::Call::Mkblk).part(1));
    let (first, second) = tokio::join!(upload.post("/mkblk/5/0", b"hello"), async {
        platform.reached(5).await;
        upload.post("/mkblk/5/1", b"hello").await
    });
    assert_eq!((first.status, second.status), (200, 503));
}

#[tokio::test]
async fn a_discarding_platform_answers_right_and_keeps_nothing() {
    let platform = simulator().discarding().start().await;
    let upload = Upload::to(&platform, "k", &[]);
    let bytes = pattern(262_144);
    let answer = upload.post("/mkblk/262144/0", &bytes).await.json();
    assert_eq!(answer["crc32"], 408_373_011_u32);
    assert!(answer.get("checksum").is_none());
    let ctx = answer["ctx"].as_str().unwrap();
    let done = upload.post("/mkfile/262144", ctx.as_bytes()).await;
    assert!(done.json().get("hash").is_none());
    let seen = platform.inspect();
    let stored = seen.stored.values().next().unwrap();
    assert_eq!((stored.bytes, &stored.path), (262_144, &None));
}
