//! The Bluesky simulator, driven by a client that shares nothing with it but the address.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};
use slipway_simulators::bluesky::{Call, Fault, Simulator, UploadState, VIDEO_DID, simulator};

/// A request over a connection of its own; blocking, on a thread that may block.
async fn ask(
    platform: &Simulator,
    method: &str,
    path: &str,
    bearer: &str,
    mime: &str,
    body: Vec<u8>,
) -> (u16, Value) {
    let port: u16 = platform.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\nauthorization: Bearer {bearer}\r\ncontent-type: {mime}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(&body); // it may have been refused before all was read
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    let answer = answer.await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

struct Client {
    platform: Simulator,
    access: String,
}

impl Client {
    async fn new() -> Self {
        let platform = simulator().switches(|s| s.part_bytes = 1000).start().await;
        let who = platform.credentials().clone();
        let body = json!({ "identifier": who.handle, "password": who.app_password });
        let (status, told) = post(&platform, "com.atproto.server.createSession", "", &body).await;
        assert_eq!(status, 200, "{told}");
        let access = told["accessJwt"].as_str().unwrap().to_owned();
        Self { platform, access }
    }

    async fn token(&self, aud: &str, lxm: &str) -> String {
        let path = format!("/xrpc/com.atproto.server.getServiceAuth?aud={aud}&lxm={lxm}");
        let (status, told) = ask(&self.platform, "GET", &path, &self.access, "", Vec::new()).await;
        assert_eq!(status, 200, "{told}");
        told["token"].as_str().unwrap().to_owned()
    }

    async fn upload(&self) -> String {
        self.token("did:web:localhost", "com.atproto.repo.uploadBlob")
            .await
    }

    async fn whole(&self, token: &str, query: &str, mime: &str, body: Vec<u8>) -> (u16, Value) {
        let path = format!("/xrpc/app.bsky.video.uploadVideo?{query}");
        ask(&self.platform, "POST", &path, token, mime, body).await
    }

    fn query(&self) -> String {
        format!("did={}&name=a.mp4", self.platform.credentials().did)
    }
}

async fn post(platform: &Simulator, method: &str, bearer: &str, body: &Value) -> (u16, Value) {
    let path = format!("/xrpc/{method}");
    ask(
        platform,
        "POST",
        &path,
        bearer,
        "application/json",
        body.to_string().into_bytes(),
    )
    .await
}

#[tokio::test]
async fn a_token_must_be_for_the_server_of_its_user_and_for_storing_blobs() {
    let client = Client::new().await;
    let right = client.upload().await;
    let other_method = client
        .token("did:web:localhost", "app.bsky.video.uploadVideo")
        .await;
    let other_audience = client.token(VIDEO_DID, "com.atproto.repo.uploadBlob").await;
    let fragment = client
        .token(
            "did:web:localhost%23atproto_pds",
            "com.atproto.repo.uploadBlob",
        )
        .await;
    let mut forged = right.clone();
    let place = forged.len() - 40..forged.len() - 39;
    let other = if &forged[place.clone()] == "A" {
        "B"
    } else {
        "A"
    };
    forged.replace_range(place, other);
    for wrong in [
        &other_method,
        &other_audience,
        &fragment,
        &forged,
        &client.access,
        &String::new(),
    ] {
        let (status, told) = client
            .whole(wrong, &client.query(), "video/mp4", vec![1; 10])
            .await;
        assert_eq!((status, told["jobId"].as_str()), (401, Some("")), "{told}");
    }
    let words = client
        .whole(&other_audience, &client.query(), "video/mp4", vec![1; 10])
        .await
        .1["error"]
        .clone();
    assert!(
        words
            .as_str()
            .unwrap()
            .contains("should be the user's PDS DID \"did:web:localhost\""),
        "{words}"
    );
    let (status, told) = client
        .whole(&right, &client.query(), "video/mp4", vec![1; 10])
        .await;
    assert_eq!(
        (status, told["state"].as_str()),
        (200, Some("JOB_STATE_CREATED")),
        "bare: {told}"
    );
    client
        .platform
        .clock()
        .advance(std::time::Duration::from_secs(61));
    let (status, _) = client
        .whole(&right, &client.query(), "video/mp4", vec![1; 11])
        .await;
    assert_eq!(status, 401, "it has ended");
}

#[tokio::test]
async fn a_whole_file_is_refused_for_what_it_lacks() {
    let client = Client::new().await;
    client.platform.switches(|s| s.file_max_bytes = 100);
    let token = client.upload().await;
    let did = client.platform.credentials().did.clone();
    let other = client.platform.user(1).did.clone();
    for (query, mime, body, status, error) in [
        ("name=a.mp4".to_owned(), "video/mp4", 10, 400, "missing did"),
        (format!("did={did}"), "video/mp4", 10, 400, "missing name"),
        (
            format!("did={other}&name=a.mp4"),
            "video/mp4",
            10,
            401,
            "token is not of this user",
        ),
        (
            client.query(),
            "video/x-matroska",
            10,
            400,
            "unsupported content type",
        ),
        (client.query(), "video/mp4", 0, 400, "empty body"),
        (
            client.query(),
            "video/mp4",
            101,
            413,
            "file size (101 bytes) is larger than the maximum allowed size (100 bytes)",
        ),
    ] {
        let (got, told) = client.whole(&token, &query, mime, vec![7; body]).await;
        assert_eq!((got, told["error"].as_str()), (status, Some(error)));
    }
    client.platform.confirm_email(0, false);
    let (status, told) = client
        .whole(&token, &client.query(), "video/mp4", vec![7; 10])
        .await;
    assert_eq!(
        (status, told["jobStatus"]["error"].as_str()),
        (403, Some("unconfirmed_email")),
        "this one is wrapped"
    );
    client.platform.confirm_email(0, true);
    let (status, _) = client
        .whole(&token, &client.query(), "video/mp4", vec![7; 100])
        .await;
    assert_eq!(status, 200, "the largest is taken");
}

#[tokio::test]
async fn parts_are_held_to_their_sizes_and_a_hole_is_named() {
    let client = Client::new().await;
    let token = client.upload().await;
    let start = json!({ "sizeBytes": 2500, "mimeType": "video/mp4", "name": "a.mp4" });
    let (_, told) = post(
        &client.platform,
        "app.bsky.video.startUpload",
        &token,
        &start,
    )
    .await;
    assert_eq!(
        (told["partCount"].as_u64(), told["partSizeBytes"].as_u64()),
        (Some(3), Some(1000))
    );
    let job = told["jobId"].as_str().unwrap().to_owned();
    let part = async |number: u32, len: usize| {
        let path = format!("/xrpc/app.bsky.video.uploadPart?jobId={job}&partNumber={number}");
        let (_, told) = ask(
            &client.platform,
            "POST",
            &path,
            &token,
            "application/octet-stream",
            vec![number as u8; len],
        )
        .await;
        told["error"].as_str().unwrap_or("ok").to_owned()
    };
    assert_eq!(part(1, 999).await, "PartSizeMismatch");
    assert_eq!(part(1, 1001).await, "PartSizeMismatch");
    assert_eq!(part(0, 1000).await, "InvalidPartNumber");
    assert_eq!(part(4, 1000).await, "InvalidPartNumber");
    assert_eq!(
        (part(3, 500).await, part(1, 1000).await, part(1, 1000).await),
        ("ok".into(), "ok".into(), "ok".into())
    );
    let finish = json!({ "jobId": job });
    let (status, told) = post(
        &client.platform,
        "app.bsky.video.finishUpload",
        &token,
        &finish,
    )
    .await;
    assert_eq!(
        (status, told["error"].as_str(), told["message"].as_str()),
        (400, Some("MissingParts"), Some("missing parts: 2"))
    );
    assert_eq!(part(2, 1000).await, "ok");
    let (_, first) = post(
        &client.platform,
        "app.bsky.video.finishUpload",
        &token,
        &finish,
    )
    .await;
    let (_, second) = post(
        &client.platform,
        "app.bsky.video.finishUpload",
        &token,
        &finish,
    )
    .await;
    assert_eq!(
        first["completedJobId"], second["completedJobId"],
        "it may be repeated"
    );
    assert_eq!(part(2, 1000).await, "UploadAlreadyCompleted");
    let (status, _) = post(
        &client.platform,
        "app.bsky.video.finishUpload",
        &token,
        &json!({ "jobId": "nobody" }),
    )
    .await;
    assert_eq!(status, 404);
    let seen = client.platform.inspect();
    assert_eq!(
        (seen.uploads[0].state, seen.uploads[0].sent[&1]),
        (UploadState::Completed, 2000)
    );
}

#[tokio::test]
async fn open_uploads_hold_their_quota_until_they_are_given_back() {
    let client = Client::new().await;
    client
        .platform
        .person(0, |person| person.remaining_bytes = 3000);
    let token = client.upload().await;
    let start = json!({ "sizeBytes": 2500, "mimeType": "video/mp4" });
    let (_, told) = post(
        &client.platform,
        "app.bsky.video.startUpload",
        &token,
        &start,
    )
    .await;
    let (_, refused) = post(
        &client.platform,
        "app.bsky.video.startUpload",
        &token,
        &start,
    )
    .await;
    assert_eq!(refused["error"], "DailyLimitExceeded");
    let (_, given) = post(
        &client.platform,
        "app.bsky.video.abortUpload",
        &token,
        &json!({ "jobId": told["jobId"] }),
    )
    .await;
    assert_eq!(given["state"], "aborted");
    let (status, _) = post(
        &client.platform,
        "app.bsky.video.startUpload",
        &token,
        &start,
    )
    .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn the_same_bytes_meet_the_first_job_and_the_result_lies_on_the_server() {
    let client = Client::new().await;
    let token = client.upload().await;
    let (_, first) = client
        .whole(&token, &client.query(), "video/mp4", vec![9; 50])
        .await;
    let job = first["jobId"].as_str().unwrap();
    let path = format!("/xrpc/app.bsky.video.getJobStatus?jobId={job}");
    let (_, told) = ask(
        &client.platform,
        "GET",
        &path,
        &client.token(VIDEO_DID, "app.bsky.video.getJobStatus").await,
        "",
        Vec::new(),
    )
    .await;
    let cid = told["jobStatus"]["blob"]["ref"]["$link"].as_str().unwrap();
    assert_eq!(client.platform.blob(0, cid).unwrap(), vec![9; 50]);
    let (status, again) = client
        .whole(&token, &client.query(), "video/mp4", vec![9; 50])
        .await;
    assert_eq!(
        (status, &again["jobId"], again["error"].as_str()),
        (409, &first["jobId"], Some("already_exists"))
    );
    let (status, _) = ask(
        &client.platform,
        "GET",
        "/xrpc/app.bsky.video.getJobStatus",
        "",
        "",
        Vec::new(),
    )
    .await;
    assert_eq!(status, 400, "without a job");
}

#[tokio::test]
async fn a_token_that_ends_while_the_video_is_encoded_fails_the_job() {
    let client = Client::new().await;
    client.platform.switches(|s| s.job_token_checked = false);
    let token = client.upload().await;
    let (_, first) = client
        .whole(&token, &client.query(), "video/mp4", vec![9; 50])
        .await;
    client
        .platform
        .clock()
        .advance(std::time::Duration::from_secs(3601));
    let path = format!(
        "/xrpc/app.bsky.video.getJobStatus?jobId={}",
        first["jobId"].as_str().unwrap()
    );
    let (_, told) = ask(&client.platform, "GET", &path, "", "", Vec::new()).await;
    assert_eq!(told["jobStatus"]["failureCode"], "pds_upload_failure");
    assert!(
        told["jobStatus"]["message"]
            .as_str()
            .unwrap()
            .contains("JwtExpired"),
        "the server's own word: {told}"
    );
}

#[tokio::test]
async fn service_tokens_have_the_servers_bounds() {
    let client = Client::new().await;
    let now = client.platform.clock().now_s();
    for (query, error) in [
        (
            format!("aud={VIDEO_DID}&lxm=a.b.c&exp={}", now + 3700),
            "BadExpiration",
        ),
        (
            format!("aud={VIDEO_DID}&lxm=a.b.c&exp={}", now - 10),
            "BadExpiration",
        ),
        (
            format!("aud={VIDEO_DID}&exp={}", now + 120),
            "BadExpiration",
        ),
        (
            format!("aud={VIDEO_DID}&lxm=a.b.c&exp={now}.5"),
            "InvalidRequest",
        ),
        ("lxm=a.b.c".to_owned(), "InvalidRequest"),
        (
            format!("aud={VIDEO_DID}&lxm=com.atproto.server.createAppPassword"),
            "InvalidRequest",
        ),
    ] {
        let path = format!("/xrpc/com.atproto.server.getServiceAuth?{query}");
        let (status, told) = ask(
            &client.platform,
            "GET",
            &path,
            &client.access,
            "",
            Vec::new(),
        )
        .await;
        assert_eq!(
            (status, told["error"].as_str()),
            (400, Some(error)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_fault_strikes_once_and_what_it_refuses_has_no_effect() {
    let client = Client::new().await;
    client
        .platform
        .fault(Fault::page(502).on(Call::UploadVideo));
    let token = client.upload().await;
    let (status, _) = client
        .whole(&token, &client.query(), "video/mp4", vec![9; 50])
        .await;
    assert_eq!((status, client.platform.inspect().videos.len()), (502, 0));
    let (status, _) = client
        .whole(&token, &client.query(), "video/mp4", vec![9; 50])
        .await;
    assert_eq!((status, client.platform.inspect().videos.len()), (200, 1));
}

#[tokio::test]
async fn discarding_counts_bytes_and_still_ends_in_a_blob() {
    let platform = simulator().discarding().start().await;
    let who = platform.credentials().clone();
    let body = json!({ "identifier": who.did, "password": who.password });
    let (_, told) = post(&platform, "com.atproto.server.createSession", "", &body).await;
    let client = Client {
        access: told["accessJwt"].as_str().unwrap().to_owned(),
        platform,
    };
    let token = client.upload().await;
    let (_, first) = client
        .whole(&token, &client.query(), "video/mp4", vec![9; 5000])
        .await;
    let path = format!(
        "/xrpc/app.bsky.video.getJobStatus?jobId={}",
        first["jobId"].as_str().unwrap()
    );
    let (_, told) = ask(&client.platform, "GET", &path, "", "", Vec::new()).await;
    assert!(told["jobStatus"]["blob"].is_object(), "{told}");
    assert_eq!(client.platform.bytes_received(), 5000);
}
