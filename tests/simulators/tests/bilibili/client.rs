//! A client written apart from the simulator: raw sockets, its own signature, nothing shared but the address.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use serde_json::Value;
use sha2::{Digest, Sha256};
use slipway_simulators::bilibili::{Credentials, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const KIB: usize = 1024;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A request whose every byte a test may choose.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a header, over an earlier one of that name.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self = self.without(name);
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    /// Sends it on a connection of its own. A `content-length` given by the test is left as it is.
    pub(crate) async fn send(&self, to: SocketAddr) -> std::io::Result<Answer> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n",
            self.method, self.path
        );
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let framed = |name: &str| {
            self.headers
                .iter()
                .any(|(n, _)| n.eq_ignore_ascii_case(name))
        };
        if !framed("content-length") && !framed("transfer-encoding") {
            write!(head, "content-length: {}\r\n", self.body.len()).unwrap();
        }
        head += "\r\n";
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(head.as_bytes()).await?;
        // A server may answer, or go, before it has read everything.
        let _ = stream.write_all(&self.body).await;
        let _ = stream.shutdown().await;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).await?;
        parse(&raw).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

fn parse(raw: &[u8]) -> Option<Answer> {
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&raw[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let answer = Answer {
        status,
        body: raw[end + 4..].to_vec(),
        headers,
    };
    let promised: usize = answer.header("content-length")?.parse().ok()?;
    (answer.body.len() == promised).then_some(answer)
}

/// One user of one app.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) of: Credentials,
    clock: slipway_simulators::Clock,
}

impl Client {
    pub(crate) fn of(simulator: &Simulator) -> Self {
        Self::user(simulator, 0)
    }

    pub(crate) fn user(simulator: &Simulator, user: usize) -> Self {
        Self {
            address: simulator.address(),
            of: simulator.user(user).clone(),
            clock: simulator.clock(),
        }
    }

    /// A signed request to a path below `/arcopen/fn/`.
    pub(crate) fn signed(
        &self,
        method: &'static str,
        path: &str,
        body: impl Into<Vec<u8>>,
    ) -> Request {
        static NONCES: AtomicU64 = AtomicU64::new(1);
        let nonce = NONCES.fetch_add(1, Ordering::Relaxed);
        let nonce = format!("6f1d2c3b-0000-4000-8000-{nonce:012}");
        let request = Request::new(method, format!("/arcopen/fn/{path}"))
            .body(body)
            .with("Accept", "application/json")
            .with("Content-Type", "application/json")
            .with("access-token", &self.of.access_token)
            .with("x-bili-accesskeyid", &self.of.client_id)
            .with("x-bili-signature-method", "HMAC-SHA256")
            .with("x-bili-signature-nonce", nonce)
            .with("x-bili-signature-version", "2.0")
            .with("x-bili-timestamp", self.clock.now_s().to_string());
        let md5 = hex::encode(Md5::digest(&request.body));
        self.sign(request.with("x-bili-content-md5", md5))
    }

    /// Signs the `x-bili-*` headers as they stand.
    pub(crate) fn sign(&self, request: Request) -> Request {
        let mut lines: Vec<String> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .filter(|(name, _)| name.starts_with("x-bili-"))
            .map(|(name, value)| format!("{name}:{value}"))
            .collect();
        lines.sort();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.of.app_secret.as_bytes()).unwrap();
        mac.update(lines.join("\n").as_bytes());
        request.with("Authorization", hex::encode(mac.finalize().into_bytes()))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.signed("GET", path, "")
            .send(self.address)
            .await
            .unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> Answer {
        self.signed("POST", path, body.to_string())
            .send(self.address)
            .await
            .unwrap()
    }

    /// A new upload token: "0" for parts, "1" for a small file.
    pub(crate) async fn init(&self, utype: &str) -> String {
        let body = serde_json::json!({ "name": "clip.mp4", "utype": utype });
        let answer = self.post("archive/video/init", body).await;
        assert_eq!(answer.code_of(), 0);
        answer.json()["data"]["upload_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn send_part(&self, token: &str, number: u32, bytes: &[u8]) -> Answer {
        part(token, number, bytes).send(self.address).await.unwrap()
    }

    pub(crate) async fn complete(&self, token: &str) -> Answer {
        self.post(&format!("archive/video/complete?upload_token={token}"), "")
            .await
    }

    /// Uploads a small file in one part and merges it.
    pub(crate) async fn uploaded(&self) -> String {
        let token = self.init("0").await;
        assert_eq!(
            self.send_part(&token, 1, &noise(3 * KIB, 9))
                .await
                .code_of(),
            0
        );
        assert_eq!(self.complete(&token).await.code_of(), 0);
        token
    }

    pub(crate) async fn add(&self, token: &str, fields: &Value) -> Answer {
        self.post(
            &format!("archive/add-by-utoken?upload_token={token}"),
            fields,
        )
        .await
    }

    /// Uploads and submits a manuscript with this title.
    pub(crate) async fn published(&self, title: &str) -> String {
        let token = self.uploaded().await;
        let answer = self.add(&token, &fields(title)).await;
        assert_eq!(answer.code_of(), 0, "{:?}", answer.json());
        answer.json()["data"]["resource_id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn cover(&self, field: &str, picture: &[u8]) -> Answer {
        self.cover_request(field, picture)
            .send(self.address)
            .await
            .unwrap()
    }

    pub(crate) fn cover_request(&self, field: &str, picture: &[u8]) -> Request {
        let mut body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"c.png\"\r\nContent-Type: image/png\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(picture);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        self.signed("POST", "archive/cover/upload", "")
            .with("Content-Type", "multipart/form-data; boundary=edge")
            .body(body)
    }
}

impl Answer {
    /// The code, also where it is a string.
    pub(crate) fn code_of(&self) -> i64 {
        let code = self.json()["code"].clone();
        code.as_i64()
            .or_else(|| code.as_str()?.parse().ok())
            .unwrap()
    }
}

/// A part as it should be sent.
pub(crate) fn part(token: &str, number: u32, bytes: &[u8]) -> Request {
    Request::new(
        "POST",
        format!("/video/v2/part/upload?upload_token={token}&part_number={number}"),
    )
    .with("content-type", "application/octet-stream")
    .body(bytes)
}

pub(crate) fn fields(title: &str) -> Value {
    serde_json::json!({ "title": title, "tid": 21, "tag": "旅行,海边", "desc": "周末随手拍。", "copyright": 1, "no_reprint": 1 })
}

/// Bytes that do not repeat, the same for the same seed.
pub(crate) fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(width, height)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}
