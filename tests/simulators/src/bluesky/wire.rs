//! What every host here answers with, and the few calls that the video service makes itself.
//!
//! Calls go out as HTTP/1.0 over one connection each, so that an answer ends where its connection does.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::answer::{self, Reply};

/// Limit of one call of ours, the answer included.
const CALL: Duration = Duration::from_mins(1);
/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// A refusal in the protocol's form.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) error: String,
    pub(crate) message: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// A body of another form.
    pub(crate) body: Option<Value>,
}

pub(crate) type Told = Result<Value, Refusal>;

pub(crate) fn refuse(status: u16, error: &str, message: impl Into<String>) -> Refusal {
    Refusal {
        status,
        error: error.into(),
        message: message.into(),
        headers: Vec::new(),
        body: None,
    }
}

impl Refusal {
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn reply(self) -> Reply {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let body = self
            .body
            .unwrap_or_else(|| json!({ "error": self.error, "message": self.message }));
        let mut reply = answer::json(status, &body);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                reply
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        }
        reply
    }
}

/// An answer to a call of ours.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Makes a call of ours. Plain HTTP alone: it is for loopback.
pub(crate) async fn call(
    method: &str,
    url: &Url,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Heard> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    if url.scheme() != "http" {
        return Err(wrong("plain http on loopback alone"));
    }
    let host = url.host_str().ok_or_else(|| wrong("no host"))?;
    let port = url.port_or_known_default().unwrap_or(80);
    let exchange = async {
        // Our own servers listen on the older family alone.
        let mut stream = TcpStream::connect((
            if host == "localhost" {
                "127.0.0.1"
            } else {
                host
            },
            port,
        ))
        .await?;
        let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
        let mut head = format!(
            "{method} {}{query} HTTP/1.0\r\nHost: {host}:{port}\r\nAccept: application/json\r\nContent-Length: {}\r\n",
            url.path(),
            body.len()
        );
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut answer)
            .await?;
        Ok::<_, io::Error>(answer)
    };
    let answer = timeout(CALL, exchange)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let split = answer
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .ok_or_else(|| wrong("half an answer"))?;
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|s| s.parse().ok())
        .ok_or_else(|| wrong("no status"))?;
    let body = &answer[split + 4..];
    Ok(Heard {
        status,
        body: serde_json::from_slice(body).unwrap_or(Value::Null),
    })
}

/// A parameter of a query or a form.
pub(crate) fn pair<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = pairs.iter().find(|(n, _)| n == name);
    found.map(|(_, value)| value.as_str())
}

pub(crate) fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}
