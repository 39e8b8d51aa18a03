//! What came back, and what a failure to get anything means.
//!
//! Decides between 'not reached', 'cut', 'late' and 'not understood'. Knows no platform's codes: adapters read the body first, and ask here
//! only when it is none of theirs.

use super::{
    ReadFailed, bare_url, chain, excerpt,
    proxy::{self, Via},
    redact,
};
use crate::{Error, Result};
use bytes::{Bytes, BytesMut};
use reqwest::{StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};
use slipway_model::{Cause, ErrorKind};
use std::time::{Duration, SystemTime};

/// Answers larger than this are not ours (4 MiB).
pub const ANSWER_MAX_BYTES: usize = 4 << 20;
/// A `Retry-After` beyond this is taken for an hour: a wait can always be repeated.
const WAIT_MAX: Duration = Duration::from_hours(1);

/// Who is doing what, for errors.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    pub platform: &'static str,
    /// The step, e.g. `sending a part`.
    pub doing: &'static str,
}

impl Act {
    pub fn new(platform: &'static str, doing: &'static str) -> Self {
        Self { platform, doing }
    }
    pub fn error(self, kind: ErrorKind, cause: Cause) -> Error {
        Error::new(self.platform, self.doing, kind, cause)
    }
}

/// An answer with its whole body. Does not print its body.
pub struct Answer {
    act: Act,
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Bytes,
    host: String,
    shown: String,
    /// The proxy that may have answered itself.
    via: Option<Via>,
}

impl Answer {
    pub(super) async fn read(
        act: Act,
        mut response: reqwest::Response,
        via: Option<Via>,
    ) -> Result<Self> {
        let status = response.status();
        let headers = response.headers().clone();
        let host = response.url().host_str().unwrap_or_default().to_owned();
        let shown = bare_url(response.url());
        let mut body = BytesMut::new();
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|error| fault(act, error, None))?
        {
            if body.len() + piece.len() > ANSWER_MAX_BYTES {
                break; // not an answer of this protocol; what is here is enough to say so
            }
            body.extend_from_slice(&piece);
        }
        Ok(Self {
            act,
            status,
            headers,
            body: body.freeze(),
            host,
            shown,
            via: via.filter(|via| via.is_forwarded),
        })
    }

    /// The body as JSON, whatever the status.
    ///
    /// # Errors
    /// What the status means, and `answer_not_understood` where the status claims success.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            if self.status.is_success() {
                self.not_understood().because(error.to_string())
            } else {
                self.refusal()
            }
        })
    }

    /// `answer_not_understood`, with the beginning of what came.
    pub fn not_understood(&self) -> Error {
        if let Some(page) = self.page_of_proxy() {
            return page;
        }
        self.act
            .error(ErrorKind::ServerFault, self.cause("answer_not_understood"))
    }

    /// What the status alone means; nothing certain when the answer was cut short, for what it went on to say is not known.
    pub fn refusal(&self) -> Error {
        if self.is_cut() {
            return self.not_understood();
        }
        if let Some(page) = self.page_of_proxy() {
            return page;
        }
        let wait = self.retry_after();
        let (kind, code) = match self.status.as_u16() {
            429 => (ErrorKind::RateLimited { wait }, "http_too_many_requests"),
            408 | 425 | 500..=510 | 512..=599 => match wait {
                Some(_) => (ErrorKind::RateLimited { wait }, "http_server_fault"),
                None => (ErrorKind::ServerFault, "http_server_fault"),
            },
            511 => (ErrorKind::Offline, "network_sign_in"),
            407 if self.via.is_some() => (ErrorKind::Offline, "proxy_sign_in"),
            // A page in the way, or an address that moved: may pass, and is given up in time.
            300..=399 | 404 | 410 => (ErrorKind::ServerFault, "answer_not_understood"),
            400..=499 => (ErrorKind::Refused, "http_refused"),
            _ => (ErrorKind::ServerFault, "answer_not_understood"),
        };
        self.act.error(kind, self.cause(code))
    }

    /// A page for people where a platform answers none: the proxy wants something before it lets anything through.
    fn page_of_proxy(&self) -> Option<Error> {
        let via = self.via.as_ref()?;
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(256)]);
        let start = start.trim_start().to_ascii_lowercase();
        let is_page = start.starts_with("<!doctype html") || start.starts_with("<html");
        (is_page && self.status != 407).then(|| {
            let cause = via.cause("proxy_page", &self.host);
            let told = self.cause("proxy_page");
            self.act
                .error(ErrorKind::Offline, cause.detail(told.detail))
        })
    }

    /// The beginning of a JSON document.
    fn is_cut(&self) -> bool {
        let read = serde_json::from_slice::<IgnoredAny>(&self.body);
        !self.body.is_empty() && read.is_err_and(|error| error.is_eof())
    }

    fn cause(&self, code: &str) -> Cause {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(2048)]);
        let seen = if text.trim().is_empty() {
            "empty".to_owned()
        } else {
            excerpt(&text)
        };
        let cause = match &self.via {
            Some(via) => via.cause(code, &self.host),
            None => Cause::new(code).with("host", &self.host),
        };
        cause.with("status", self.status.as_u16()).detail(format!(
            "HTTP {} from {}: {seen}",
            self.status.as_u16(),
            self.shown
        ))
    }

    /// The platform's own wait, in either form.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => httpdate::parse_http_date(text)
                .ok()?
                .duration_since(SystemTime::now())
                .unwrap_or_default(),
        };
        Some(wait.clamp(Duration::from_secs(1), WAIT_MAX))
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({} from {})", self.status.as_u16(), self.shown)
    }
}

/// What a failed exchange means.
pub(super) fn fault(act: Act, error: reqwest::Error, via: Option<&Via>) -> Error {
    let host = error
        .url()
        .and_then(|url| url.host_str())
        .unwrap_or_default()
        .to_owned();
    let error = error.without_url();
    if let Some(ours) = find::<ReadFailed>(&error) {
        return read_failed(act, ours);
    }
    let words = chain(&error);
    if let Some(via) = via.filter(|_| error.is_connect())
        && let Some(code) = proxy::blame(&words, error.is_dns(), is_tls(&words))
    {
        let cause = via.cause(code, &host).detail(redact(&words));
        let error = act.error(ErrorKind::Offline, cause);
        return error.because(Redacted(redact(&words)));
    }
    let (kind, code) = if error.is_builder() {
        (ErrorKind::Refused, "request_unusable")
    } else if error.is_dns() {
        (ErrorKind::Offline, "host_not_found")
    } else if error.is_connect() && error.is_timeout() {
        (ErrorKind::Offline, "connect_timeout")
    } else if error.is_connect() && is_tls(&words) {
        (ErrorKind::Offline, "tls_failed")
    } else if error.is_connect() {
        (ErrorKind::Offline, "connect_failed")
    } else if error.is_timeout() {
        (ErrorKind::Stalled, "answer_late")
    } else {
        (ErrorKind::ServerFault, "connection_lost")
    };
    let cause = Cause::new(code).with("host", host).detail(redact(&words));
    act.error(kind, cause).because(Redacted(redact(&words)))
}

/// A body may fail with an [`Error`] inside its `io::Error`: then that is what happened.
pub(crate) fn read_failed(act: Act, failed: &ReadFailed) -> Error {
    let inner = failed.0.get_ref().and_then(|e| e.downcast_ref::<Error>());
    match inner {
        Some(ours) => act.error(ours.kind.clone(), ours.cause.clone()),
        None if failed.0.kind() == std::io::ErrorKind::InvalidData => act.error(
            ErrorKind::FileChanged,
            Cause::new("file_changed").detail(failed.0.to_string()),
        ),
        None => act.error(
            ErrorKind::FileMissing,
            Cause::new("file_unreadable").detail(failed.0.to_string()),
        ),
    }
}

/// What is left of a foreign error when its secrets are gone.
#[derive(Debug)]
struct Redacted(String);

impl std::fmt::Display for Redacted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Redacted {}

fn find<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(this) = next {
        if let Some(found) = this.downcast_ref::<T>() {
            return Some(found);
        }
        next = this.source();
    }
    None
}

fn is_tls(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["certificate", "tls", "handshake"]
        .iter()
        .any(|sign| words.contains(sign))
}

/// Whether the other side may have got the whole request, so that repeating it may do its work twice.
pub fn may_have_arrived(error: &Error) -> bool {
    let code = error.cause.code.as_str();
    // A page in the way may stand for an answer that was lost.
    let never = of_the_way(code) && code != "proxy_page";
    !never
        && !matches!(
            code,
            "request_unusable" | "http_too_many_requests" | "http_refused"
        )
}

/// Whether the way to the other side is what failed: another way may do better at once.
pub fn of_the_way(code: &str) -> bool {
    matches!(
        code,
        "host_not_found"
            | "connect_timeout"
            | "connect_failed"
            | "tls_failed"
            | "proxy_sign_in"
            | "proxy_not_found"
            | "proxy_refused"
            | "proxy_wrong_kind"
            | "proxy_tls_failed"
            | "proxy_unreachable"
            | "proxy_page"
    )
}
