//! Calls of the protocol: to the account's server with its session, to the video service with a token for one method, to others with nothing.
//!
//! Two answers are put right and the call repeated here, since they had no effect: a session that has ended, and a proof that wants another nonce.

use super::{
    NAME,
    codes::{self, Said},
    identity::{self, Identity},
    memory::Memory,
    settings::Settings,
    tokens::{self, Access},
};
use crate::{
    Error, Result, Session,
    http::{Act, Answer},
};
use reqwest::{Method, RequestBuilder, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use slipway_model::{Cause, ErrorKind, Spec};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Limit of an ordinary call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Finishing joins the parts before it answers.
pub(super) const FINISH_TIMEOUT: Duration = Duration::from_mins(2);

/// Why a call did not bring what it was made for.
#[derive(Debug)]
pub(super) enum Fault {
    /// An answer in the protocol's form; the error says what it means.
    Said(Box<Said>, Error),
    /// No answer, or none in its language.
    Line(Error),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Said(_, error) | Fault::Line(error) => error,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Line(error)
    }
}

pub(super) type Outcome<T> = std::result::Result<T, Fault>;

pub(super) enum Content {
    Empty,
    Json(Value),
    Bytes {
        mime: &'static str,
        bytes: bytes::Bytes,
    },
}

/// A call to the account's server.
pub(super) struct Call<'a> {
    pub(super) doing: &'static str,
    pub(super) method: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) content: Content,
}

impl<'a> Call<'a> {
    pub(super) fn query(
        doing: &'static str,
        method: &'a str,
        query: &'a [(&'a str, &'a str)],
    ) -> Self {
        Self {
            doing,
            method,
            query,
            content: Content::Empty,
        }
    }
    pub(super) fn procedure(doing: &'static str, method: &'a str, content: Content) -> Self {
        Self {
            doing,
            method,
            query: &[],
            content,
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

    pub(super) async fn identity(&self) -> Result<Arc<Identity>> {
        identity::find(self).await
    }

    /// A host's time in seconds.
    pub(super) fn now_s(&self, url: &Url) -> i64 {
        self.session.http().clocks().now_ms(url).div_euclid(1000)
    }

    /// Reads what anybody may.
    pub(super) async fn public(&self, act: Act, url: Url) -> Outcome<Value> {
        let http = self.session.http();
        let request = http
            .calls
            .get(url)
            .header(header::ACCEPT, "application/json");
        let answer = http.call(act, request, CALL_TIMEOUT).await?;
        self.read(act, &answer)
    }

    /// A call to the account's server, repeated after what can be put right.
    pub(super) async fn call(&self, call: Call<'_>) -> Outcome<Value> {
        let act = Act::new(NAME, call.doing);
        let identity = self.identity().await?;
        let url = address(
            &identity.server,
            &format!("xrpc/{}", call.method),
            call.query,
        );
        let (mut nonces, mut sign_in) = (2, 1); // how often each may still be put right
        loop {
            let access = tokens::access(self).await?;
            let fault = match self.once(act, &call, &url, &access).await {
                Ok(told) => return Ok(told),
                Err(fault) => fault,
            };
            let Fault::Said(said, error) = fault else {
                return Err(fault);
            };
            let left: &mut u32 = match said.name.as_str() {
                // A proof that is too old as well: the answer's date has been noted.
                "use_dpop_nonce" | "invalid_dpop_proof" => &mut nonces,
                "ExpiredToken" | "InvalidToken" | "invalid_token" => &mut sign_in,
                _ => return Err(Fault::Said(said, error)),
            };
            if *left == 0 {
                return Err(Fault::Said(said, error));
            }
            *left -= 1;
            if error.kind == ErrorKind::SignedOut {
                tokens::renew(self, Some(&access)).await?;
            }
        }
    }

    async fn once(&self, act: Act, call: &Call<'_>, url: &Url, access: &Access) -> Outcome<Value> {
        let http = self.session.http();
        let method = match call.content {
            Content::Empty => Method::GET,
            Content::Json(_) | Content::Bytes { .. } => Method::POST,
        };
        let mut request = http
            .calls
            .request(method.clone(), url.clone())
            .header(header::ACCEPT, "application/json");
        match access {
            Access::Bearer(token) => {
                request =
                    request.header(header::AUTHORIZATION, secret_header(act, "Bearer ", token)?);
            }
            Access::Proven { token, key } => {
                let nonce = self.nonce(url);
                let proof = key.proof(
                    method.as_str(),
                    url,
                    self.now_s(url),
                    nonce.as_deref(),
                    Some(token),
                );
                let proof = proof.ok_or_else(|| no_key(act))?;
                request = request
                    .header(header::AUTHORIZATION, secret_header(act, "DPoP ", token)?)
                    .header("DPoP", secret_header(act, "", &proof)?);
            }
        }
        request = match &call.content {
            Content::Empty => request,
            Content::Json(body) => request.json(body),
            Content::Bytes { mime, bytes } => request
                .header(header::CONTENT_TYPE, *mime)
                .body(bytes.clone()),
        };
        let answer = http.call(act, request, CALL_TIMEOUT).await?;
        self.note_nonce(url, &answer);
        self.read(act, &answer)
    }

    /// A call to the video service with a token for it.
    pub(super) async fn video(
        &self,
        act: Act,
        request: RequestBuilder,
        token: Option<&SecretString>,
        timeout: Duration,
    ) -> Outcome<Value> {
        let mut request = request.header(header::ACCEPT, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, secret_header(act, "Bearer ", token)?);
        }
        let answer = self.session.http().call(act, request, timeout).await?;
        self.read(act, &answer)
    }

    /// The value of a good answer, or what the platform said instead.
    pub(super) fn read(&self, act: Act, answer: &Answer) -> Outcome<Value> {
        let told: Value = answer.json()?;
        if answer.status.is_success() {
            // Success without an object is no answer of this protocol.
            return if told.is_object() {
                Ok(told)
            } else {
                Err(answer.not_understood().into())
            };
        }
        let (said, error) = self.refusal(act, answer, &told);
        match said {
            Some(said) => Err(Fault::Said(Box::new(said), error)),
            None => Err(Fault::Line(error)),
        }
    }

    /// What a refusal says; `None` when it is not in the protocol's form.
    pub(super) fn refusal(&self, act: Act, answer: &Answer, told: &Value) -> (Option<Said>, Error) {
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        let name = text("error");
        if name.is_empty() {
            let message = text("message");
            let status = answer.status.as_u16();
            if message.is_empty() || !matches!(status, 404 | 410) {
                return (None, answer.refusal());
            }
            let said = Said {
                status,
                message,
                ..Said::default()
            };
            let error = codes::error(act, &said, 0);
            return (Some(said), error);
        }
        let message = match text("message") {
            message if message.is_empty() => text("error_description"),
            message => message,
        };
        let said = Said {
            status: answer.status.as_u16(),
            name,
            message,
            retry_after: answer.retry_after().or_else(|| until_reset(answer)),
        };
        let error = codes::error(act, &said, self.quota_until_ms());
        (Some(said), error)
    }

    /// When a spent quota is looked at again: the platform does not say when it is renewed.
    pub(super) fn quota_until_ms(&self) -> i64 {
        let recheck = self.settings().quota_recheck();
        super::now_ms() + i64::try_from(recheck.as_millis()).unwrap_or(i64::MAX / 2)
    }

    pub(super) fn nonce(&self, url: &Url) -> Option<String> {
        self.memory.nonces.lock().get(&origin(url)).cloned()
    }

    /// Every answer may bring the nonce for the next proof.
    pub(super) fn note_nonce(&self, url: &Url, answer: &Answer) {
        let nonce = answer
            .headers
            .get("dpop-nonce")
            .and_then(|v| v.to_str().ok());
        if let Some(nonce) = nonce.filter(|n| (1..=512).contains(&n.len())) {
            self.memory
                .nonces
                .lock()
                .insert(origin(url), nonce.to_owned());
        }
    }
}

/// The wait that a limit's own header tells, in Unix seconds.
fn until_reset(answer: &Answer) -> Option<Duration> {
    if answer.status.as_u16() != 429 {
        return None;
    }
    let reset: i64 = answer
        .headers
        .get("ratelimit-reset")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let wait = reset - super::now_ms() / 1000;
    u64::try_from(wait)
        .ok()
        .map(|seconds| Duration::from_secs(seconds.clamp(1, 3600)))
}

pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

pub(super) fn secret_header(
    act: Act,
    before: &str,
    value: &SecretString,
) -> Result<header::HeaderValue> {
    let text = format!("{before}{}", value.expose_secret().trim());
    let mut header = header::HeaderValue::from_str(&text)
        .map_err(|_| act.error(ErrorKind::SignedOut, Cause::new("bluesky_sign_in_ended")))?;
    header.set_sensitive(true);
    Ok(header)
}

/// The account's key is not there or cannot be used.
pub(super) fn no_key(act: Act) -> Error {
    act.error(ErrorKind::SignedOut, Cause::new("bluesky_sign_in_ended"))
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
