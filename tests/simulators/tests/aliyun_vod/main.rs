//! The platform as a client meets it that shares nothing with it but the address: what it refuses, and what it keeps.
//!
//! That it takes what it should is shown by the vendor's own clients, in `tests/proofs/aliyun_vod`.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use std::io::{Read, Write};
use std::net::TcpStream;

use slipway_simulators::aliyun_vod::{Builder, Call, Fault, Simulator, simulator};

async fn started(builder: Builder) -> Simulator {
    builder.start().await
}

/// Sends a request as it stands and reads the answer to its end.
async fn ask(platform: &Simulator, request: String) -> String {
    let address = platform.address();
    tokio::task::spawn_blocking(move || {
        let mut line = TcpStream::connect(address).unwrap();
        line.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap()
}

async fn get(platform: &Simulator, path: &str, headers: &str) -> String {
    let host = platform.address();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n");
    ask(platform, request).await
}

const COMMON: &str =
    "Action=GetCategories&Version=2017-03-21&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_lacks_something_or_is_late_is_refused_in_the_platforms_words() {
    let platform = started(simulator()).await;
    let id = platform.credentials().access_key_id.clone();
    for (query, code) in [
        (COMMON.to_owned(), "MissingSignature"),
        (format!("{COMMON}&Signature=x"), "MissingAccessKeyId"),
        (
            format!("{COMMON}&Signature=x&AccessKeyId={id}"),
            "MissingSignatureNonce",
        ),
        (
            format!("{COMMON}&Signature=x&AccessKeyId={id}&SignatureNonce=1&Timestamp=yesterday"),
            "InvalidTimeStamp.Format",
        ),
        (
            format!(
                "{COMMON}&Signature=x&AccessKeyId={id}&SignatureNonce=1&Timestamp=2001-02-03T04:05:06Z"
            ),
            "InvalidTimeStamp.Expired",
        ),
        (
            format!("{COMMON}&Signature=x&AccessKeyId=nobody&SignatureNonce=1"),
            "InvalidAccessKeyId.NotFound",
        ),
        (
            format!("{COMMON}&Signature=x&AccessKeyId=LTAI-INACTIVE&SignatureNonce=1"),
            "InvalidAccessKeyId.Inactive",
        ),
        (
            format!("{COMMON}&Signature=x&AccessKeyId={id}&SignatureNonce=1"),
            "SignatureDoesNotMatch",
        ),
    ] {
        let answer = get(&platform, &format!("/?{query}&Format=JSON"), "").await;
        assert!(
            answer.contains(&format!("\"Code\":\"{code}\"")),
            "{code}: {answer}"
        );
        let answer = get(&platform, &format!("/?{query}"), "").await;
        assert!(
            answer.contains(&format!("<Code>{code}</Code>")),
            "XML unless asked: {answer}"
        );
    }
    let answer = get(
        &platform,
        "/",
        "x-acs-action: GetCategories\r\nauthorization: ACS3-HMAC-SHA256 Credential=a\r\n",
    )
    .await;
    assert!(answer.contains("IncompleteSignature"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_the_storage_without_a_good_signature_is_refused() {
    let platform = started(simulator()).await;
    for (authorization, status, code) in [
        ("", 403, "AccessDenied"),
        ("Bearer x", 400, "InvalidArgument"),
        ("OSS nobody:x", 403, "AccessDenied"), // no date
        (
            "OSS4-HMAC-SHA256 Credential=a/20260101/cn-shanghai/oss/aliyun_v4_request,AdditionalHeaders=,Signature=b",
            400,
            "InvalidArgument",
        ),
        (
            "OSS4-HMAC-SHA256 Credential=a/20260101/oss,Signature=b",
            400,
            "InvalidArgument",
        ),
    ] {
        let header = match authorization {
            "" => String::new(),
            some => format!("authorization: {some}\r\n"),
        };
        let answer = get(&platform, "/outin-x/sv/a.mp4?uploadId=1", &header).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(answer.contains(&format!("<Code>{code}</Code>")), "{answer}");
    }
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    let header = format!("date: {date}\r\nauthorization: OSS nobody:x\r\n");
    let answer = get(&platform, "/outin-x/sv/a.mp4", &header).await;
    assert!(
        answer.contains("<Code>InvalidAccessKeyId</Code>"),
        "{answer}"
    );
    let id = &platform.credentials().access_key_id;
    let header = format!("date: {date}\r\nauthorization: OSS {id}:x\r\n");
    let answer = get(
        &platform,
        "/outin-x/sv/a.mp4?uploadId=1&max-parts=2",
        &header,
    )
    .await;
    assert!(
        answer.contains("<Code>SignatureDoesNotMatch</Code>"),
        "{answer}"
    );
    let signed =
        format!("<StringToSign>GET\n\n\n{date}\n/outin-x/sv/a.mp4?uploadId=1</StringToSign>");
    assert!(answer.contains(&signed), "tells what it expected: {answer}");
    let header = format!("date: Thu, 01 Jan 2015 00:00:00 GMT\r\nauthorization: OSS {id}:x\r\n");
    let answer = get(&platform, "/outin-x/sv/a.mp4", &header).await;
    assert!(
        answer.contains("<Code>RequestTimeTooSkewed</Code>"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_strikes_as_often_as_it_says_and_everything_is_recorded() {
    let platform =
        started(simulator().fault(Fault::error(500, "InternalError").on(Call::Vod))).await;
    let first = get(&platform, &format!("/?{COMMON}&Format=JSON"), "").await;
    assert!(first.contains("InternalError"), "{first}");
    let second = get(&platform, &format!("/?{COMMON}&Format=JSON"), "").await;
    assert!(second.contains("MissingSignature"), "{second}");
    let answers = platform.glance().answers;
    assert_eq!(
        answers.iter().map(|seen| seen.http).collect::<Vec<_>>(),
        [500, 400]
    );
    assert_eq!((answers[0].faults.len(), answers[1].faults.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn controls_are_there_for_a_program_in_another_process() {
    let platform = started(simulator()).await;
    let credentials = get(&platform, "/__sim/credentials", "").await;
    assert!(
        credentials.contains(&platform.credentials().access_key_secret),
        "{credentials}"
    );
    let catalogue = get(&platform, "/__sim/fault/catalogue", "").await;
    let rules = catalogue.split("\r\n\r\n").nth(1).unwrap();
    let rules: serde_json::Value = serde_json::from_str(rules).unwrap();
    assert_eq!(rules.as_array().unwrap().len(), Fault::catalogue().len());
    for rule in rules.as_array().unwrap() {
        let body = rule["rule"].to_string();
        let host = platform.address();
        let request = format!(
            "POST /__sim/fault HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = if body.contains("connection_refused") {
            String::from("HTTP/1.1 200")
        } else {
            ask(&platform, request).await
        };
        assert!(answer.starts_with("HTTP/1.1 200"), "{body}: {answer}");
    }
    let answer = get(&platform, "/__sim/nothing", "").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}
