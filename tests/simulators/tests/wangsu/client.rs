//! A client written apart from the simulator: raw sockets, its own signatures, nothing shared but the address.

use std::fmt::Write;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use slipway_simulators::wangsu::Simulator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const MIB: usize = 1 << 20;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    pub(crate) fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }
    /// The handle of an acknowledged chunk.
    pub(crate) fn ctx(&self) -> String {
        self.json()["ctx"].as_str().unwrap().to_owned()
    }
}

/// A request whose every byte a test may choose.
pub(crate) async fn send(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !headers.iter().any(|(name, _)| *name == "transfer-encoding") {
        write!(head, "content-length: {}\r\n", body.len()).unwrap();
    }
    head += "\r\n";
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let _ = stream.write_all(body).await;
    let _ = stream.shutdown().await;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).await.unwrap();
    let mut rest = &raw[..];
    loop {
        let end = rest.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let text = std::str::from_utf8(&rest[..end]).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        rest = &rest[end + 4..];
        if status != 100 {
            return Answer {
                status,
                body: rest.to_vec(),
            };
        }
    }
}

/// Signs in with the API key: the plainest of the three ways.
pub(crate) async fn call(simulator: &Simulator, path: &str, kind: &str, body: &[u8]) -> Answer {
    let at = std::time::UNIX_EPOCH
        + std::time::Duration::from_secs(simulator.clock().now_s().unsigned_abs());
    let date = httpdate::fmt_http_date(at);
    let mut mac = Hmac::<Sha1>::new_from_slice(simulator.secret_key().as_bytes()).unwrap();
    mac.update(date.as_bytes());
    let password = STANDARD.encode(mac.finalize().into_bytes());
    let pair = STANDARD.encode(format!("{}:{password}", simulator.access_key()));
    let headers = [
        ("date", date),
        ("authorization", format!("Basic {pair}")),
        ("content-type", kind.to_owned()),
    ];
    let method = if body.is_empty() && path.contains('?') {
        "GET"
    } else {
        "POST"
    };
    send(simulator.address(), method, path, &headers, body).await
}

pub(crate) async fn api(simulator: &Simulator, name: &str, fields: Value) -> Answer {
    let path = format!("/vod/{name}");
    call(
        simulator,
        &path,
        "application/json",
        fields.to_string().as_bytes(),
    )
    .await
}

/// The data of a place.
pub(crate) async fn place(simulator: &Simulator, file_id: &str) -> Value {
    let fields = json!({ "originFileName": "a.mp4", "fileId": file_id, "overwrite": 1 });
    let answer = api(simulator, "videoManage/getUploadToken", fields)
        .await
        .json();
    assert_eq!(answer["code"], 200, "{answer}");
    answer["data"].clone()
}

/// A token with any policy, as the storage's own clients make it.
pub(crate) fn token(simulator: &Simulator, policy: Value) -> String {
    let (key, secret) = simulator.storage_keys();
    let encoded = URL_SAFE.encode(policy.to_string());
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(encoded.as_bytes());
    let sign = URL_SAFE.encode(hex::encode(mac.finalize().into_bytes()));
    format!("{key}:{sign}:{encoded}")
}

/// One upload: a token and a batch.
#[derive(Clone)]
pub(crate) struct Upload<'a> {
    pub(crate) simulator: &'a Simulator,
    pub(crate) token: String,
    pub(crate) batch: String,
}

impl<'a> Upload<'a> {
    /// To `bucket:key`, with whatever else the policy says.
    pub(crate) fn to(simulator: &'a Simulator, key: &str, more: &[(&str, Value)]) -> Self {
        let mut policy = json!({
            "scope": format!("{}:{key}", simulator.bucket()),
            "deadline": (simulator.clock().now_ms() + 60_000).to_string(),
        });
        for (name, value) in more {
            policy[*name] = value.clone();
        }
        Self {
            simulator,
            token: token(simulator, policy),
            batch: "batch-1".into(),
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &[u8]) -> Answer {
        let headers = [
            ("authorization", self.token.clone()),
            ("UploadBatch", self.batch.clone()),
        ];
        send(self.simulator.address(), "POST", path, &headers, body).await
    }

    /// A block in chunks of this size; its last handle.
    pub(crate) async fn block(&self, index: usize, bytes: &[u8], chunk: usize) -> String {
        let mut ctx = String::new();
        for (number, some) in bytes.chunks(chunk).enumerate() {
            let path = match number {
                0 => format!("/mkblk/{}/{index}", bytes.len()),
                _ => format!("/bput/{ctx}/{}", number * chunk),
            };
            let answer = self.post(&path, some).await;
            assert_eq!(
                answer.status,
                200,
                "{:?}",
                String::from_utf8_lossy(&answer.body)
            );
            ctx = answer.ctx();
        }
        ctx
    }
}

/// The platform's own message: HTTP status and code are one.
pub(crate) fn said(answer: &Answer) -> u16 {
    let json = answer.json();
    assert_eq!(json["code"], answer.status.to_string());
    assert!(
        json["message"].is_string(),
        "its own clients fall without one"
    );
    answer.status
}

pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}
