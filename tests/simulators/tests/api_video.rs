//! api.video's refusals, limits and lifetimes, asked for by hand.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use slipway_simulators::api_video::{Call, Fault, Profile, Simulator, simulator};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

struct Told {
    status: u16,
    head: String,
    body: Value,
}

impl Told {
    fn code(&self) -> String {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.rsplit('/').next().unwrap().to_owned()
    }
    fn header(&self, name: &str) -> Option<&str> {
        let wanted = format!("{name}: ");
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(&wanted))
    }
}

async fn ask(to: &Simulator, line: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Told {
    let body = body.as_ref();
    let mut stream = TcpStream::connect(to.address()).await.unwrap();
    let mut head = format!(
        "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(b"\r\n").await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Told {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}

/// `key:` in base64, by the platform's own rule; the key is made of hexadecimal digits.
fn basic(plain: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::from("Basic ");
    for three in plain.as_bytes().chunks(3) {
        let bits = three
            .iter()
            .fold(0_u32, |bits, b| (bits << 8) | u32::from(*b));
        let bits = bits << (8 * (3 - three.len()));
        for at in 0..4 {
            if at > three.len() {
                out.push('=');
            } else {
                out.push(char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]));
            }
        }
    }
    out
}

async fn json_call(to: &Simulator, line: &str, body: &Value) -> Told {
    let key = basic(&format!("{}:", to.api_key()));
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let headers = [
        ("authorization", key.as_str()),
        ("content-type", "application/json"),
    ];
    ask(to, line, &headers, body).await
}

async fn file(to: &Simulator, line: &str, range: Option<&str>, bytes: &[u8]) -> Told {
    let key = basic(&format!("{}:", to.api_key()));
    let mut body =
        b"--b\r\ncontent-disposition: form-data; name=\"any\"; filename=\"a.mp4\"\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let mut headers = vec![
        ("authorization", key.as_str()),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    headers.extend(range.map(|range| ("content-range", range)));
    ask(to, line, &headers, body).await
}

async fn container(to: &Simulator) -> String {
    let made = json_call(to, "POST /videos", &json!({ "title": "t" })).await;
    assert_eq!(made.status, 201);
    made.body["videoId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_asks_is_looked_at_before_anything_else() {
    let site = simulator().start().await;
    let good = format!("{}:", site.api_key());
    let other = format!("{}:", site.other_key());
    for (header, status, code) in [
        (Some(basic(&good)), 200, ""),
        (Some(basic(&other)), 401, "authentication-invalid-api-key"),
        (
            Some(basic(site.api_key())),
            401,
            "authentication-invalid-authorization-header-value",
        ),
        (
            Some("Bearer x".into()),
            401,
            "authentication-invalid-access-token",
        ),
        (
            Some("Digest x".into()),
            401,
            "authentication-invalid-authorization-header-value",
        ),
        (None, 401, "authentication-missing-authorization-header"),
    ] {
        let headers: Vec<(&str, &str)> = header
            .iter()
            .map(|h| ("authorization", h.as_str()))
            .collect();
        let told = ask(&site, "GET /videos", &headers, "").await;
        assert_eq!(
            (told.status, told.code().as_str()),
            (status, code),
            "{header:?}"
        );
    }
    let told = ask(&site, "POST /upload", &[], "").await;
    assert_eq!(
        (told.status, told.code().as_str()),
        (401, "authentication-missing-upload-token")
    );
    let told = ask(&site, "POST /upload?token=toX", &[], "").await;
    assert_eq!(
        (told.status, told.code().as_str()),
        (401, "authentication-invalid-upload-token")
    );
}

#[tokio::test]
async fn what_is_malformed_is_refused_by_its_own_code() {
    let site = simulator().start().await;
    let id = container(&site).await;
    let tags = json!({ "tags": "wood" });
    for (line, body, status, code) in [
        (
            "GET /nowhere".to_owned(),
            Value::Null,
            404,
            "unrecognized-request-url",
        ),
        (
            "PUT /videos".to_owned(),
            Value::Null,
            405,
            "method-not-allowed",
        ),
        (
            "POST /videos".to_owned(),
            json!({}),
            400,
            "attribute-required",
        ),
        ("POST /videos".to_owned(), json!([]), 400, "invalid-payload"),
        (
            format!("PATCH /videos/{id}"),
            tags,
            400,
            "invalid-attribute",
        ),
        (
            format!("PATCH /videos/{id}"),
            json!({ "language": "fr_CA" }),
            400,
            "invalid-attribute",
        ),
        (
            "GET /videos/viX".to_owned(),
            Value::Null,
            404,
            "resource-not-found",
        ),
        (
            "GET /videos?pageSize=101".to_owned(),
            Value::Null,
            400,
            "invalid-query-parameter",
        ),
        (
            "POST /upload-tokens".to_owned(),
            json!({ "ttl": -1 }),
            400,
            "invalid-attribute",
        ),
    ] {
        let told = json_call(&site, &line, &body).await;
        assert_eq!(
            (told.status, told.code().as_str()),
            (status, code),
            "{line}"
        );
    }
    let source = format!("POST /videos/{id}/source");
    for (range, code) in [
        (Some("part 0/2"), "video-content-range-by-part-part-zero"),
        (
            Some("part 1/2"),
            "video-content-range-by-part-uploaded-file-too-small",
        ),
        (Some("pieces 1/2"), "video-content-range-malformed"),
    ] {
        let told = file(&site, &source, range, b"bytes").await;
        assert_eq!(
            (told.status, told.code().as_str()),
            (400, code),
            "{range:?}"
        );
    }
    let told = file(&site, &source, None, b"").await;
    assert_eq!(told.code(), "uploaded-file-empty");
    let told = json_call(&site, &source, &Value::Null).await;
    assert_eq!(told.code(), "uploaded-file-no-file");
    assert!(
        site.glance()
            .videos
            .iter()
            .all(|video| video.held_bytes == 0)
    );
}

#[tokio::test]
async fn every_answer_tells_what_is_left_of_its_limit() {
    let site = simulator().sandbox().start().await;
    for nth in 1..=40 {
        let told = json_call(&site, "POST /upload-tokens", &json!({})).await;
        let left = told.header("x-ratelimit-remaining").map(str::to_owned);
        assert_eq!((told.status, left), (200, Some((40 - nth).to_string())));
        assert!(told.header("retry-after").is_none());
    }
    let told = json_call(&site, "POST /upload-tokens", &json!({})).await;
    assert_eq!(
        (told.status, told.code().as_str()),
        (429, "too-many-requests")
    );
    assert!(told.header("x-ratelimit-retry-after").is_some());
    let read = json_call(&site, "GET /upload-tokens", &Value::Null).await;
    assert_eq!(read.status, 200, "reads are counted apart");
    site.clock().advance(Duration::from_secs(61));
    let told = json_call(&site, "POST /upload-tokens", &json!({})).await;
    assert_eq!(told.status, 200);
}

#[tokio::test]
async fn unfinished_videos_live_a_week_and_the_sandboxs_a_day() {
    let site = simulator().start().await;
    let (empty, full) = (container(&site).await, container(&site).await);
    let told = file(
        &site,
        &format!("POST /videos/{full}/source"),
        None,
        b"bytes",
    )
    .await;
    assert_eq!(told.status, 201);
    site.clock().advance(Duration::from_hours(7 * 24 + 1));
    assert_eq!(
        json_call(&site, &format!("GET /videos/{empty}"), &Value::Null)
            .await
            .status,
        404
    );
    assert_eq!(
        json_call(&site, &format!("GET /videos/{full}"), &Value::Null)
            .await
            .status,
        200
    );
    let site = simulator().sandbox().start().await;
    let full = container(&site).await;
    file(
        &site,
        &format!("POST /videos/{full}/source"),
        None,
        b"bytes",
    )
    .await;
    site.clock().advance(Duration::from_hours(25));
    assert_eq!(
        json_call(&site, &format!("GET /videos/{full}"), &Value::Null)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_refresh_token_works_once_and_an_access_token_an_hour() {
    let site = simulator().profile(Profile::Strict).start().await;
    let bad = ask(
        &site,
        "POST /auth/api-key",
        &[],
        json!({ "apiKey": "x" }).to_string(),
    )
    .await;
    assert_eq!(
        (bad.status, bad.code().as_str()),
        (401, "authentication-invalid-user-credentials")
    );
    let key = json!({ "apiKey": site.api_key() }).to_string();
    let pair = ask(&site, "POST /auth/api-key", &[], key).await.body;
    let bearer = format!("Bearer {}", pair["access_token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(ask(&site, "GET /videos", &headers, "").await.status, 200);
    site.clock().advance(Duration::from_secs(3601));
    assert_eq!(ask(&site, "GET /videos", &headers, "").await.status, 401);
    let spent = json!({ "refreshToken": pair["refresh_token"] }).to_string();
    assert_eq!(
        ask(&site, "POST /auth/refresh", &[], &spent).await.status,
        200
    );
    let again = ask(&site, "POST /auth/refresh", &[], &spent).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (401, "authentication-invalid-refresh-token")
    );
    assert_eq!(site.glance().refresh_reuses, 1);
}

#[tokio::test]
async fn a_fault_that_refuses_leaves_no_trace_and_one_that_loses_the_answer_does() {
    let site = simulator().start().await;
    let page = Fault::HttpStatus {
        status: 502,
        applied: false,
    };
    site.fault(page.on(Call::VideoCreate));
    let told = json_call(&site, "POST /videos", &json!({ "title": "t" })).await;
    assert_eq!((told.status, told.body), (502, Value::Null));
    assert!(site.glance().videos.is_empty());
    site.fault(Fault::ServerError { applied: true }.on(Call::VideoCreate));
    let told = json_call(&site, "POST /videos", &json!({ "title": "t" })).await;
    assert_eq!((told.status, site.glance().videos.len()), (500, 1));
    site.reset();
    assert!(site.glance().videos.is_empty());
}
