//! The platform's JSON, its envelope, and signed calls.
//!
//! Reads leniently: unknown fields are ignored, numbers may be text, any status may carry an envelope. Three answers are corrected and repeated
//! here, since they had no effect: a clock that is off, a nonce seen before, an access token that ended. The submission itself is never repeated here.

use super::{NAME, codes, memory::Memory, settings::Settings, sign, signer, tokens};
use crate::{
    Error, Result, Session,
    http::{Act, Answer},
};
use reqwest::{Method, header, multipart};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use slipway_model::{Cause, ErrorKind, Spec};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use url::Url;

/// Limit of an ordinary call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Merging 4 GB is answered when it is done.
pub(super) const MERGE_TIMEOUT: Duration = Duration::from_mins(2);
/// Longest text of the platform's that is shown.
const MESSAGE_CHARS: usize = 300;

/// A business answer other than success.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) request_id: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

/// Why a call did not bring what it was made for.
#[derive(Debug)]
pub(super) enum Failure {
    /// The platform answered; the error says what that means.
    Said(Box<Said>, Error),
    /// It did not, or not in its language.
    Line(Error),
    /// Nothing was sent.
    Unsent(Error),
}

impl Failure {
    /// The call may have had its effect.
    pub(super) fn is_unclear(&self) -> bool {
        match self {
            Self::Said(said, _) => !codes::find(said.code).sure,
            Self::Line(error) => crate::http::may_have_arrived(error),
            Self::Unsent(_) => false,
        }
    }
    pub(super) fn code(&self) -> Option<i64> {
        match self {
            Self::Said(said, _) => Some(said.code),
            Self::Line(_) | Self::Unsent(_) => None,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Said(_, error) | Failure::Line(error) | Failure::Unsent(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Unsent(error)
    }
}

pub(super) type Outcome<T> = std::result::Result<T, Failure>;

#[derive(Deserialize)]
struct Envelope {
    #[serde(deserialize_with = "number")]
    code: i64,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    request_id: Value,
    #[serde(default)]
    data: Value,
}

/// A number, or a text that holds one.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<i64, D::Error> {
    match Value::deserialize(from)? {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .ok_or_else(|| serde::de::Error::custom("not a number"))
}

/// As [`number`]; anything else is 0.
fn number_or_zero<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<i64, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(n) => n.as_i64().unwrap_or(0),
        Value::String(text) => text.trim().parse().unwrap_or(0),
        _ => 0,
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

#[derive(Deserialize)]
pub(super) struct Init {
    pub(super) upload_token: String,
}

#[derive(Deserialize)]
pub(super) struct Uploaded {
    pub(super) url: String,
}

#[derive(Deserialize)]
pub(super) struct Added {
    pub(super) resource_id: String,
}

#[derive(Deserialize)]
pub(super) struct Identity {
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Scopes {
    #[serde(default)]
    pub(super) scopes: Vec<String>,
}

/// A manuscript as the platform shows it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Work {
    pub(super) resource_id: String,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default, deserialize_with = "number_or_zero")]
    pub(super) ctime: i64,
    #[serde(default)]
    pub(super) addit_info: Option<Standing>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Standing {
    #[serde(deserialize_with = "number")]
    pub(super) state: i64,
    #[serde(default)]
    pub(super) state_desc: String,
    #[serde(default)]
    pub(super) reject_reason: String,
}

#[derive(Deserialize)]
pub(super) struct Works {
    #[serde(default)]
    pub(super) page: Option<Page>,
    #[serde(default)]
    pub(super) list: Option<Vec<Work>>,
}

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default, deserialize_with = "number_or_zero")]
    pub(super) total: i64,
}

/// A category of manuscripts.
#[derive(Deserialize)]
pub(super) struct Category {
    #[serde(deserialize_with = "number")]
    pub(super) id: i64,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) children: Vec<Category>,
}

/// Body of a signed call.
pub(super) enum Content {
    Empty,
    /// Hashed and sent as these very bytes.
    Json(Vec<u8>),
    /// The cover: the signature covers nothing of it.
    File {
        name: String,
        mime: &'static str,
        bytes: bytes::Bytes,
    },
}

pub(super) struct Call<'a> {
    pub(super) doing: &'static str,
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) content: Content,
    pub(super) timeout: Duration,
}

impl<'a> Call<'a> {
    pub(super) fn get(doing: &'static str, path: &'a str, query: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            doing,
            method: Method::GET,
            path,
            query,
            content: Content::Empty,
            timeout: CALL_TIMEOUT,
        }
    }
    pub(super) fn post(
        doing: &'static str,
        path: &'a str,
        query: &'a [(&'a str, &'a str)],
        content: Content,
        timeout: Duration,
    ) -> Self {
        Self {
            method: Method::POST,
            content,
            timeout,
            ..Self::get(doing, path, query)
        }
    }
}

/// One account's way to the platform.
pub(super) struct Api<'a> {
    pub(super) session: &'a Session,
    pub(super) spec: &'a Spec,
    pub(super) memory: Arc<Memory>,
}

impl<'a> Api<'a> {
    pub(super) fn new(session: &'a Session, spec: &'a Spec) -> Self {
        Self {
            session,
            spec,
            memory: session.memory(),
        }
    }

    pub(super) fn settings(&self) -> Settings<'_> {
        Settings::new(self.session, self.spec)
    }

    /// The platform's time in seconds.
    pub(super) fn now_s(&self, act: Act) -> Result<i64> {
        let api = self.settings().endpoint(act, "api")?;
        Ok(self.session.http().clocks().now_ms(&api).div_euclid(1000))
    }

    /// Takes leave for a call now.
    pub(super) fn may_call(&self, act: Act) -> Result<()> {
        let settings = self.settings();
        let rate = settings.number("rate.calls_per_minute").max(1) as f64 / 60.0;
        let burst = settings.number("rate.calls_burst").max(1) as f64;
        self.memory
            .calls
            .may_call(rate, burst, 0.0)
            .map_err(|wait| {
                let kind = ErrorKind::RateLimited { wait: Some(wait) };
                act.error(kind, Cause::new("bilibili_call_rate"))
            })
    }

    /// A signed call, repeated after what can be put right and had no effect.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Outcome<T> {
        let act = Act::new(NAME, call.doing);
        let (mut clock, mut nonce, mut sign_in) = (2, 1, 1); // how often each may still be put right
        loop {
            self.may_call(act)?;
            let access = tokens::access(self, tokens::LEFT_FOR_A_CALL).await?;
            let failure = match self.once(&call, &access).await {
                Ok(data) => return Ok(data),
                Err(failure) => failure,
            };
            let left: &mut u32 = match failure.code() {
                // The answer's date has been noted: the next timestamp is the platform's. Twice, since its servers may differ.
                Some(codes::CLOCK_OFF) => &mut clock,
                Some(codes::NONCE_SEEN) => &mut nonce,
                Some(codes::ACCESS_INVALID) => &mut sign_in,
                _ => return Err(failure),
            };
            if *left == 0 {
                return Err(failure);
            }
            *left -= 1;
            if failure.code() == Some(codes::ACCESS_INVALID) {
                tokens::refresh(self, Some(access)).await?;
            }
        }
    }

    /// A signed call, once.
    pub(super) async fn once<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        access: &SecretString,
    ) -> Outcome<T> {
        let act = Act::new(NAME, call.doing);
        let settings = self.settings();
        let url = address(&settings.endpoint(act, "api")?, call.path, call.query);
        let http = self.session.http();
        let md5 = sign::content_md5(match &call.content {
            Content::Json(bytes) => bytes,
            Content::Empty | Content::File { .. } => b"",
        });
        let nonce = uuid::Uuid::new_v4().to_string();
        let timestamp_s = http.clocks().now_ms(&url).div_euclid(1000);
        let signed = signer::headers(self, act, &md5, &nonce, timestamp_s).await?;

        let mut request = http
            .calls
            .request(call.method.clone(), url)
            .header(header::ACCEPT, "application/json")
            .header("access-token", secret_header(access, act)?);
        for (name, value) in signed {
            let mut value = header::HeaderValue::try_from(value).map_err(|_| {
                let cause = Cause::new("setting_invalid").with("setting", "client_id");
                act.error(ErrorKind::Refused, cause)
            })?;
            value.set_sensitive(name == "authorization");
            request = request.header(name, value);
        }
        let request = match &call.content {
            Content::Empty => request.header(header::CONTENT_TYPE, "application/json"),
            Content::Json(bytes) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(bytes.clone()),
            Content::File { name, mime, bytes } => {
                let len = bytes.len() as u64;
                let file = multipart::Part::stream_with_length(bytes.clone(), len)
                    .file_name(name.clone())
                    .mime_str(mime)
                    .expect("one of two well-formed types");
                request.multipart(multipart::Form::new().part("file", file))
            }
        };
        let answer = http.call(act, request, call.timeout).await;
        let answer = answer.map_err(Failure::Line)?;
        let data = self.read(act, &answer)?;
        serde_json::from_value(data)
            .map_err(|error| Failure::Line(answer.not_understood().because(error.to_string())))
    }

    /// The envelope's data, or what the platform said instead.
    pub(super) fn read(&self, act: Act, answer: &Answer) -> Outcome<Value> {
        let envelope: Envelope = answer.json().map_err(Failure::Line)?;
        if envelope.code == 0 {
            if !answer.status.is_success() {
                return Err(Failure::Line(answer.refusal()));
            }
            self.memory.pushed_back.store(0, Ordering::Relaxed);
            return Ok(envelope.data);
        }
        let message = text(&envelope.message).unwrap_or_default();
        let said = Said {
            code: envelope.code,
            message: message
                .chars()
                .take(MESSAGE_CHARS)
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect(),
            request_id: text(&envelope.request_id),
            retry_after: answer.retry_after(),
        };
        let in_a_row = self.memory.pushed_back.fetch_add(1, Ordering::Relaxed) + 1;
        let now_ms = self.now_s(act).map_err(Failure::Line)? * 1000;
        let error = codes::error(act, &said, now_ms, in_a_row);
        Err(Failure::Said(Box::new(said), error))
    }
}

fn secret_header(value: &SecretString, act: Act) -> Result<header::HeaderValue> {
    let mut header = header::HeaderValue::from_str(value.expose_secret().trim())
        .map_err(|_| act.error(ErrorKind::SignedOut, Cause::new("bilibili_sign_in_ended")))?;
    header.set_sensitive(true);
    Ok(header)
}

/// `path` below `base`, its query encoded once.
pub(super) fn address(base: &Url, path: &str, query: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path()));
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}
