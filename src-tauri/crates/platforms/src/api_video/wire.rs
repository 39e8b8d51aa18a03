//! The platform's JSON, its problems, and authorised calls.
//!
//! Reads leniently: only `videoId` is promised of a video. One answer is corrected and repeated here, since it had no effect: an access token that ended.

use super::{
    NAME, bearer, codes,
    memory::{Kind, Memory},
    settings::Settings,
};
use crate::{
    Error, Result, Session,
    http::{Act, Answer},
};
use bytes::Bytes;
use reqwest::{Method, RequestBuilder, StatusCode, header, multipart};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use slipway_model::{Cause, ErrorKind, Spec};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Limit of an ordinary call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// A thumbnail of 8 MiB on a slow line.
const MEDIA_TIMEOUT: Duration = Duration::from_mins(5);
/// Longest text of the platform's that is shown.
const MESSAGE_CHARS: usize = 300;

/// A refusal in the platform's words.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) status: u16,
    /// The last segment of `type`.
    pub(super) code: String,
    pub(super) title: String,
    pub(super) name: Option<String>,
    pub(super) detail: Option<String>,
    /// Until the next window of its limits.
    pub(super) wait: Option<Duration>,
    /// The ordinary header, which something in between may have set.
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
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Said(said, _) => Some(&said.code),
            Self::Line(_) | Self::Unsent(_) => None,
        }
    }
    pub(super) fn is(&self, code: &str) -> bool {
        self.code() == Some(code)
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
struct Problem {
    #[serde(default, rename = "type")]
    kind: Value,
    #[serde(default)]
    title: Value,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    detail: Value,
    #[serde(default)]
    problems: Vec<Value>,
}

/// A video; an unfinished one may tell its id and nothing else.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Video {
    pub(super) video_id: String,
    #[serde(default)]
    pub(super) assets: Option<Assets>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Assets {
    #[serde(default)]
    pub(super) player: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Page<T> {
    #[serde(default = "Vec::new")]
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) pagination: Option<Pagination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pagination {
    #[serde(default)]
    pub(super) pages_total: u32,
}

/// Body of a call.
pub(super) enum Content<'a> {
    Empty,
    Json(Value),
    File {
        name: &'a str,
        mime: &'a str,
        bytes: Bytes,
    },
}

pub(super) struct Call<'a> {
    pub(super) doing: &'static str,
    pub(super) method: Method,
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) content: Content<'a>,
}

impl<'a> Call<'a> {
    pub(super) fn get(doing: &'static str, path: &'a [&'a str]) -> Self {
        Self {
            doing,
            method: Method::GET,
            path,
            query: &[],
            content: Content::Empty,
        }
    }
    pub(super) fn delete(doing: &'static str, path: &'a [&'a str]) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::get(doing, path)
        }
    }
    pub(super) fn json(
        doing: &'static str,
        method: Method,
        path: &'a [&'a str],
        body: Value,
    ) -> Self {
        Self {
            method,
            content: Content::Json(body),
            ..Self::get(doing, path)
        }
    }
    fn kind(&self) -> Kind {
        if self.method == Method::GET {
            Kind::Read
        } else {
            Kind::Write
        }
    }
}

/// How a request is authorised.
pub(super) enum Credential {
    Key(SecretString),
    Bearer(SecretString),
}

impl Credential {
    pub(super) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            // The colon behind the key belongs to it; reqwest writes it and marks the header as secret.
            Self::Key(key) => request.basic_auth(key.expose_secret().trim(), Some("")),
            Self::Bearer(access) => request.bearer_auth(access.expose_secret()),
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

    /// `path` below the account's endpoint, each step and the query encoded once.
    pub(super) fn address(&self, act: Act, path: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        let mut url = self.settings().endpoint(act)?;
        url.path_segments_mut()
            .expect("an endpoint is a web address")
            .pop_if_empty()
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// The platform's time in ms.
    pub(super) fn now_ms(&self, act: Act) -> Result<i64> {
        let base = self.settings().endpoint(act)?;
        Ok(self.session.http().clocks().now_ms(&base))
    }

    /// Whether the platform has said that its limit is spent: then nothing is sent.
    pub(super) fn may_call(&self, act: Act, kind: Kind) -> Result<()> {
        match self.memory.wait(kind) {
            None => Ok(()),
            wait => Err(act.error(
                ErrorKind::RateLimited { wait },
                Cause::new("api_video_call_rate").with("platform", NAME),
            )),
        }
    }

    pub(super) async fn key(&self, act: Act) -> Result<SecretString> {
        self.secret(act, "api_key").await
    }

    /// A secret of the account's that it cannot do without.
    pub(super) async fn secret(&self, act: Act, name: &str) -> Result<SecretString> {
        let value = self.session.secret(name).await?;
        let value = value.filter(|value| !value.expose_secret().trim().is_empty());
        value.ok_or_else(|| {
            let cause = Cause::new("secret_missing").with("secret", name);
            act.error(ErrorKind::SignedOut, cause)
        })
    }

    pub(super) async fn credential(&self, act: Act) -> Result<Credential> {
        if self.settings().by_bearer() {
            Ok(Credential::Bearer(bearer::access(self).await?))
        } else {
            Ok(Credential::Key(self.key(act).await?))
        }
    }

    /// A call that answers with JSON.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Outcome<T> {
        let answer = self.exchange(&call).await?;
        let told = self.read(Act::new(NAME, call.doing), call.kind(), &answer)?;
        serde_json::from_value(told)
            .map_err(|error| Failure::Line(answer.not_understood().because(error.to_string())))
    }

    /// A call whose answer says nothing more.
    pub(super) async fn order(&self, call: Call<'_>) -> Outcome<()> {
        let answer = self.exchange(&call).await?;
        if answer.status == StatusCode::NO_CONTENT {
            self.note_limits(call.kind(), &answer);
            return Ok(());
        }
        self.read(Act::new(NAME, call.doing), call.kind(), &answer)
            .map(|_| ())
    }

    /// The call, and once more with a new access token when the old one had ended.
    async fn exchange(&self, call: &Call<'_>) -> Outcome<Answer> {
        let act = Act::new(NAME, call.doing);
        let mut renewed = false;
        loop {
            self.may_call(act, call.kind())?;
            let credential = self.credential(act).await?;
            let url = self.address(act, call.path, call.query)?;
            let http = self.session.http();
            let request = http
                .calls
                .request(call.method.clone(), url)
                .header(header::ACCEPT, "application/json");
            let (request, timeout) = match &call.content {
                Content::Empty => (request, CALL_TIMEOUT),
                Content::Json(body) => (request.json(body), CALL_TIMEOUT),
                Content::File { name, mime, bytes } => {
                    let len = bytes.len() as u64;
                    let file = multipart::Part::stream_with_length(bytes.clone(), len)
                        .file_name((*name).to_owned())
                        .mime_str(mime)
                        .expect("one of a few well-formed types");
                    let form = multipart::Form::new().part("file", file);
                    (request.multipart(form), MEDIA_TIMEOUT)
                }
            };
            let answer = http.call(act, credential.sign(request), timeout).await;
            let answer = answer.map_err(Failure::Line)?;
            if let Credential::Bearer(access) = &credential
                && answer.status == StatusCode::UNAUTHORIZED
                && !std::mem::replace(&mut renewed, true)
                && said(&answer).is_some_and(|said| said.code == codes::BEARER_ENDED)
            {
                bearer::forget(self, access).await;
                continue;
            }
            return Ok(answer);
        }
    }

    /// The answer's JSON, or what the platform said instead.
    pub(super) fn read(&self, act: Act, kind: Kind, answer: &Answer) -> Outcome<Value> {
        self.note_limits(kind, answer);
        if answer.status.is_success() {
            return answer.json().map_err(Failure::Line);
        }
        match said(answer) {
            Some(said) => {
                let error = codes::error(act, &said);
                Err(Failure::Said(Box::new(said), error))
            }
            None => Err(Failure::Line(answer.refusal())),
        }
    }

    fn note_limits(&self, kind: Kind, answer: &Answer) {
        let (Some(left), Some(wait)) = (figure(answer, "x-ratelimit-remaining"), wait(answer))
        else {
            return;
        };
        if let Some(of) = figure(answer, "x-ratelimit-limit") {
            self.memory.note_window(kind, left, of, wait);
        }
        if left == 0 {
            self.memory.is_spent(kind, wait);
        }
    }
}

fn figure(answer: &Answer, name: &str) -> Option<u64> {
    answer.headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn wait(answer: &Answer) -> Option<Duration> {
    figure(answer, "x-ratelimit-retry-after")
        .map(codes::wait)
        .or_else(|| answer.retry_after())
}

/// A refusal in the platform's own form; `None` for anything else.
fn said(answer: &Answer) -> Option<Said> {
    let problem: Problem = serde_json::from_slice(&answer.body).ok()?;
    let kind = problem.kind.as_str().unwrap_or_default();
    let code = kind.trim_end_matches('/').rsplit('/').next();
    let code = short(code.unwrap_or_default());
    let title = problem.title.as_str().unwrap_or_default();
    if code.is_empty() && title.is_empty() {
        return None;
    }
    let inner = problem.problems.first();
    let text = |value: &Value| value.as_str().map(short).filter(|text| !text.is_empty());
    Some(Said {
        status: answer.status.as_u16(),
        code,
        title: short(title),
        name: text(&problem.name).or_else(|| inner.and_then(|p| text(&p["name"]))),
        detail: text(&problem.detail),
        wait: wait(answer),
        retry_after: answer.retry_after(),
    })
}

fn short(text: &str) -> String {
    text.chars()
        .take(MESSAGE_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
