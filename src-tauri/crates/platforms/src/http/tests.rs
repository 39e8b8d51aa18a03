use super::*;
use crate::{Body, Part, Sums, body::Taken};
use bytes::Bytes;
use futures_util::stream;
use http_body::Body as _;
use std::io;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use url::Url;

const ACT: Act = Act {
    platform: "test",
    doing: "testing",
};

fn http() -> Http {
    Http::new(&Route::off()).unwrap()
}

/// A server that reads a request's head, says `answer` and closes; its address and what it read.
async fn server(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/a/b?token=sssssssssssssssssssss1",
        listener.local_addr().unwrap()
    );
    let seen = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = vec![0; 4096];
        let n = stream.read(&mut read).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&read[..n]).into_owned()
    });
    (url, seen)
}

async fn get(url: &str) -> Result<Answer> {
    let http = http();
    http.call(ACT, http.calls.get(url), Duration::from_secs(10))
        .await
}

#[tokio::test]
async fn who_listens_hears_of_each_request_without_its_query_also_of_one_that_is_given_up() {
    let heard: Arc<parking_lot::Mutex<Vec<Exchange>>> = Arc::default();
    let all = heard.clone();
    let listener: Listener = Arc::new(move |exchange| all.lock().push(exchange));
    let (url, seen) = server("HTTP/1.1 204 No Content\r\n\r\n").await;
    let http = http();
    let call = http.calls.post(&url).body("four");
    let asked = http.call(ACT, call, Duration::from_secs(10));
    listened(listener.clone(), asked).await.unwrap();
    seen.await.unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", silent.local_addr().unwrap());
    let hangs = listened(listener.clone(), http.send_part(ACT, http.parts.get(&url)));
    let none = tokio::time::timeout(Duration::from_millis(50), hangs).await;
    assert!(none.is_err(), "nobody answers");
    drop(silent);
    let refused = http.send_part(ACT, http.parts.get(&url));
    listened(listener, refused).await.unwrap_err();
    let heard = heard.lock();
    let told: Vec<_> = heard
        .iter()
        .map(|one| {
            (
                one.method.as_str(),
                one.status,
                one.given_up,
                one.body_bytes,
            )
        })
        .collect();
    let wanted = [
        ("POST", Some(204), false, Some(4)),
        ("GET", None, true, None),
        ("GET", None, false, None),
    ];
    assert_eq!(told, wanted);
    assert!(heard[0].address.ends_with("/a/b"), "{}", heard[0].address);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(std::sync::Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ));
    let config = config
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
        acceptor.accept(stream).await.err().unwrap().to_string()
    });
    let error = get(&format!("https://localhost:{port}/"))
        .await
        .unwrap_err();
    assert_eq!(error.cause.code, "tls_failed", "{error:?}");
    assert!(server.await.unwrap().contains("UnknownCA"));
}

#[test]
fn only_https_and_this_machine_are_endpoints() {
    for (text, made) in [
        ("https://a.example", "https://a.example/"),
        ("https://a.example/base", "https://a.example/base/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("http://[::1]:1/x/", "http://[::1]:1/x/"),
        (" http://localhost ", "http://localhost/"),
    ] {
        assert_eq!(endpoint("endpoint.api", text).unwrap().as_str(), made);
    }
    for (text, code) in [
        ("http://a.example", "endpoint_not_https"),
        ("http://127.0.0.1.a.example", "endpoint_not_https"),
        ("ftp://a.example", "endpoint_invalid"),
        ("a.example", "endpoint_invalid"),
        ("", "endpoint_invalid"),
        ("https://user:pass@a.example", "endpoint_invalid"),
        ("https://a.example/?k=v", "endpoint_invalid"),
    ] {
        let cause = endpoint("endpoint.api", text).unwrap_err();
        assert_eq!(cause.code, code, "{text}");
        assert!(!format!("{cause:?}").contains("pass"), "{cause:?}");
    }
}

#[test]
fn secrets_do_not_survive_redaction() {
    for (text, made) in [
        (
            "GET https://a.example/x?upload_token=5d2e HTTP",
            "GET https://a.example/x?… HTTP",
        ),
        ("\"https://a/x?a=b\" and", "\"https://a/x?…\" and"),
        ("token 0f1e2d3c4b5a69788796a5b4c3d2e1f0.", "token …."),
        (
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0",
            "Bearer ….eyJzdWIiOiIxMjM0In0",
        ),
        ("is it so? yes", "is it so?… yes"),
        ("line\nbreak\u{1b}[31m", "line break [31m"),
        ("BV1ab411c7XY stays", "BV1ab411c7XY stays"),
        (
            "invalid_parameter_combination",
            "invalid_parameter_combination",
        ),
    ] {
        assert_eq!(redact(text), made);
    }
    assert_eq!(excerpt(&"ab ".repeat(300)).chars().count(), 241);
    let url = Url::parse("https://u:p@a.example/x?q=1#f").unwrap();
    assert_eq!(bare_url(&url), "https://a.example/x");
}

#[tokio::test]
async fn a_host_that_is_not_there_is_offline() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?token=sss", free.local_addr().unwrap());
    drop(free);
    let error = get(&url).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Offline);
    assert_eq!(error.cause.code, "connect_failed");
    assert!(!may_have_arrived(&error));
}

#[tokio::test]
async fn a_name_that_is_unknown_is_offline() {
    let error = get("http://no-such-name.invalid/").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Offline, "{error:?}");
    assert!(!may_have_arrived(&error));
}

#[tokio::test]
async fn a_cut_in_the_answer_is_a_fault_that_may_have_arrived() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"code\"",
    ] {
        let (url, _) = server(answer).await;
        let error = get(&url).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{answer}");
        assert_eq!(error.cause.code, "connection_lost");
        assert!(may_have_arrived(&error));
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_stalls_the_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let http = http();
    let error = http
        .call(ACT, http.calls.get(&url), Duration::from_millis(50))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stalled);
    assert!(may_have_arrived(&error));
}

#[tokio::test]
async fn what_is_not_json_is_not_understood() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<html>hi</html>",
        "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"code\"",
    ] {
        let (url, _) = server(answer).await;
        let error = get(&url)
            .await
            .unwrap()
            .json::<serde_json::Value>()
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault);
        assert_eq!(error.cause.code, "answer_not_understood");
        assert!(may_have_arrived(&error));
    }
}

#[tokio::test]
async fn a_status_without_json_says_what_follows() {
    let seconds = |n| ErrorKind::RateLimited {
        wait: Some(Duration::from_secs(n)),
    };
    for (status, more, kind, code) in [
        (
            "429 Too Many",
            "",
            ErrorKind::RateLimited { wait: None },
            "http_too_many_requests",
        ),
        (
            "429 Too Many",
            "retry-after: 7\r\n",
            seconds(7),
            "http_too_many_requests",
        ),
        (
            "429 Too Many",
            "retry-after: 0\r\n",
            seconds(1),
            "http_too_many_requests",
        ),
        (
            "503 Busy",
            "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n",
            seconds(1),
            "http_server_fault",
        ),
        ("503 Busy", "", ErrorKind::ServerFault, "http_server_fault"),
        ("502 Bad", "", ErrorKind::ServerFault, "http_server_fault"),
        ("507 Full", "", ErrorKind::ServerFault, "http_server_fault"),
        ("408 Late", "", ErrorKind::ServerFault, "http_server_fault"),
        ("425 Early", "", ErrorKind::ServerFault, "http_server_fault"),
        ("413 Large", "", ErrorKind::Refused, "http_refused"),
        ("403 No", "", ErrorKind::Refused, "http_refused"),
        (
            "404 None",
            "",
            ErrorKind::ServerFault,
            "answer_not_understood",
        ),
        ("511 Portal", "", ErrorKind::Offline, "network_sign_in"),
        (
            "307 There",
            "location: http://127.0.0.1:1/\r\n",
            ErrorKind::ServerFault,
            "answer_not_understood",
        ),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\n{more}content-length: 6\r\n\r\n<html>");
        let (url, _) = server(answer.leak()).await;
        let answer = get(&url).await.unwrap();
        let error = answer.json::<serde_json::Value>().unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (kind, code),
            "{status}"
        );
    }
}

#[tokio::test]
async fn half_of_a_refusal_refuses_nothing() {
    let answer = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 19\r\n\r\n{\"title\": \"The acce";
    let (url, _) = server(answer).await;
    let error = get(&url).await.unwrap().refusal();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::ServerFault, "answer_not_understood")
    );
}

#[tokio::test]
async fn an_answer_is_read_up_to_a_bound() {
    let (url, _) = server(
        format!(
            "HTTP/1.1 200 OK\r\n\r\n{}",
            "x".repeat(ANSWER_MAX_BYTES + 10)
        )
        .leak(),
    )
    .await;
    let answer = get(&url).await.unwrap();
    assert!(answer.body.len() <= ANSWER_MAX_BYTES);
    assert!(answer.json::<serde_json::Value>().is_err());
}

#[tokio::test]
async fn no_error_shows_a_query_or_a_token() {
    const SECRET: &str = "sssssssssssssssssssss1";
    let refused = {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/a?token={SECRET}", free.local_addr().unwrap())
    };
    let mut errors = vec![get(&refused).await.unwrap_err()];
    let (url, _) = server("").await;
    errors.push(get(&url).await.unwrap_err());
    let page = "HTTP/1.1 502 Bad\r\ncontent-length: 45\r\n\r\n<a href='/a/b?token=sssssssssssssssssssss1'>x</a>";
    let (url, _) = server(page).await;
    let answer = get(&url).await.unwrap();
    assert!(!format!("{answer:?}").contains(SECRET));
    errors.push(answer.json::<serde_json::Value>().unwrap_err());
    errors.push(
        get(&format!("http://[bad/?token={SECRET}"))
            .await
            .unwrap_err(),
    );
    for error in errors {
        let shown = format!("{error} {error:?} {}", chain(&error));
        assert!(!shown.contains(SECRET), "{shown}");
        assert!(!shown.contains("token="), "{shown}");
    }
}

fn part(pieces: Vec<io::Result<&'static [u8]>>, len_bytes: u64) -> Part {
    let body: Body = Box::pin(stream::iter(
        pieces
            .into_iter()
            .map(|piece| piece.map(Bytes::from_static)),
    ));
    Part {
        number: 1,
        offset_bytes: 0,
        len_bytes,
        total_bytes: len_bytes,
        body,
        sums: Sums::default(),
    }
}

async fn post(part: Part) -> (Result<Answer>, String) {
    let (url, seen) = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let http = http();
    let sent = http.send_part(ACT, http.parts.post(&url).body(part)).await;
    drop(http);
    (sent, seen.await.unwrap_or_default())
}

#[tokio::test]
async fn a_part_leaves_with_its_exact_length_and_unchunked() {
    let (sent, seen) = post(part(vec![Ok(b"abc"), Ok(b""), Ok(b"de")], 5)).await;
    assert!(sent.is_ok(), "{sent:?}");
    let head = seen.to_ascii_lowercase();
    assert!(head.contains("content-length: 5"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
}

#[tokio::test]
async fn a_part_of_another_length_is_a_changed_file() {
    for pieces in [
        vec![Ok(&b"abc"[..])],
        vec![Ok(b"abcdef")],
        vec![Ok(b"abcde"), Ok(b"f")],
    ] {
        let (sent, _) = post(part(pieces, 5)).await;
        assert_eq!(sent.unwrap_err().kind, ErrorKind::FileChanged);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_a_fault_of_the_line() {
    let failing = || Err(io::Error::from(io::ErrorKind::PermissionDenied));
    let (sent, _) = post(part(vec![Ok(b"abc"), failing()], 5)).await;
    assert_eq!(sent.unwrap_err().cause.code, "file_unreadable");

    let ours = ACT.error(ErrorKind::FileChanged, Cause::new("file_changed"));
    let (sent, _) = post(part(vec![Ok(b"abc"), Err(io::Error::other(ours))], 5)).await;
    assert_eq!(sent.unwrap_err().kind, ErrorKind::FileChanged);
}

#[tokio::test]
async fn the_digests_are_complete_before_the_last_byte_leaves() {
    let sums = Sums::default();
    let (ours, taken) = (
        sums.clone(),
        Taken {
            crc64: 7,
            md5: None,
            crc64_xz: None,
            bytes: 5,
        },
    );
    let end = stream::once(async move {
        ours.set(taken);
        Ok(Bytes::new())
    });
    let mut body = PartBody::new(Part {
        body: Box::pin(futures_util::StreamExt::chain(
            stream::iter([Ok(Bytes::from_static(b"abcde"))]),
            end,
        )),
        sums: sums.clone(),
        ..part(Vec::new(), 5)
    });
    let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await;
    assert_eq!(frame.unwrap().unwrap().into_data().unwrap().len(), 5);
    assert_eq!(sums.get(), Some(taken));
    assert!(body.is_end_stream());
}

mod proxy;
