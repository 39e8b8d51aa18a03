//! The storage's requests and answers: a form, a block's first chunk, its next ones, and the joining of blocks.
//!
//! Decides what an answer says, not what follows from it. Only the upload token goes there, never the account's keys.

use super::{
    NAME,
    api::shown,
    ticket::Place,
    token::{base64url, from_base64url, number},
};
use crate::{
    Error, Result,
    http::{Act, Answer},
};
use reqwest::{RequestBuilder, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use slipway_model::{Cause, ErrorKind};
use url::Url;

/// A handle longer than this is none; the platform's own C client keeps 176 bytes for it.
const CTX_MAX_BYTES: usize = 2048;

/// What the storage says of a chunk it took.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) ctx: String,
    pub(super) offset_bytes: u64,
    pub(super) crc32: u32,
    /// MD5 of the chunk, where it is told.
    pub(super) md5: Option<String>,
}

#[derive(Deserialize)]
struct RawTaken {
    ctx: String,
    #[serde(default)]
    offset: Value,
    #[serde(default)]
    crc32: Value,
    #[serde(default)]
    checksum: Value,
}

/// What the storage refuses with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The token, or the handle: the platform's own clients disagree.
    Token,
    /// The block must begin anew: checksum, handle or offset. When blocks are joined: one is missing, or the file is there already.
    Block(u16),
    /// Stored, but the video service could not be told.
    Untold,
    TooLarge,
}

/// Why a request to the storage did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refusal, Error),
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// `path` below the storage's address.
pub(super) fn address(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// The headers that all requests of an upload have.
pub(super) fn headed(
    request: RequestBuilder,
    act: Act,
    place: &Place,
    batch: &str,
) -> Result<RequestBuilder> {
    let mut token = header::HeaderValue::from_str(&place.token)
        .map_err(|_| act.error(ErrorKind::ServerFault, Cause::new("wangsu_token_unusable")))?;
    token.set_sensitive(true);
    Ok(request
        .header(header::AUTHORIZATION, token)
        .header("UploadBatch", batch)
        .header("Key", base64url(place.key.as_bytes())))
}

/// The form for a whole file, token first.
pub(super) fn form(
    place: &Place,
    name: &str,
    part: reqwest::multipart::Part,
) -> reqwest::multipart::Form {
    let token = SecretString::from(place.token.clone());
    // As raw UTF-8 in quotes, which is what the platform's own clients send.
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '"' | '\\') {
                '_'
            } else {
                c
            }
        })
        .collect();
    reqwest::multipart::Form::new()
        .percent_encode_noop()
        .text("token", token.expose_secret().to_owned())
        .text("key", place.key.clone())
        .part("file", part.file_name(name))
}

/// A chunk's acknowledgement.
pub(super) fn taken(act: Act, answer: &Answer) -> std::result::Result<Taken, Failure> {
    if !answer.status.is_success() {
        return Err(refusal(act, answer));
    }
    let raw: RawTaken = answer.json()?;
    let (Some(offset), Some(crc32)) = (unsigned(&raw.offset), unsigned(&raw.crc32)) else {
        return Err(answer.not_understood().into());
    };
    let ctx_is_sound = !raw.ctx.is_empty()
        && raw.ctx.len() <= CTX_MAX_BYTES
        && raw.ctx.bytes().all(|b| b.is_ascii_graphic() && b != b',');
    let (true, Ok(crc32)) = (ctx_is_sound, u32::try_from(crc32)) else {
        return Err(answer.not_understood().into());
    };
    let md5 = raw.checksum.as_str().map(str::to_ascii_lowercase);
    Ok(Taken {
        ctx: raw.ctx,
        offset_bytes: offset,
        crc32,
        md5: md5.filter(|md5| !md5.is_empty()),
    })
}

/// A stored file's hash, in any of the shapes it comes in; `None` where the answer tells none.
pub(super) fn stored(act: Act, answer: &Answer) -> std::result::Result<Option<String>, Failure> {
    if !answer.status.is_success() {
        return Err(refusal(act, answer));
    }
    let text = std::str::from_utf8(&answer.body).unwrap_or_default().trim();
    if text.starts_with('<') || text.is_empty() {
        return Err(answer.not_understood().into()); // a page in the way, or an answer that was lost
    }
    if text.starts_with('{') {
        let json: Value = answer.json()?;
        return Ok(json.get("hash").and_then(Value::as_str).and_then(a_hash));
    }
    // Text: a query in base64url; or whatever the video service answered.
    let query = from_base64url(text).unwrap_or_default();
    let hash = url::form_urlencoded::parse(&query)
        .find(|(name, _)| name == "hash")
        .map(|(_, value)| value.into_owned());
    Ok(hash.as_deref().and_then(a_hash))
}

fn a_hash(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('=');
    (!text.is_empty()).then(|| text.to_owned())
}

fn unsigned(value: &Value) -> Option<u64> {
    number(value).and_then(|n| u64::try_from(n).ok())
}

/// What a failure says. The HTTP status counts; the code in the body has the same value.
fn refusal(act: Act, answer: &Answer) -> Failure {
    #[derive(Deserialize)]
    struct Said {
        #[serde(default)]
        message: Value,
    }
    let status = answer.status.as_u16();
    let Ok(said) = serde_json::from_slice::<Said>(&answer.body) else {
        return Failure::Other(answer.refusal());
    };
    let message = shown(&said.message);
    let request_id = answer
        .headers
        .get("x-reqid")
        .and_then(|id| id.to_str().ok());
    let cause = |code: &str| {
        let mut cause = Cause::new(code)
            .with("platform", NAME)
            .with("code", status)
            .with("message", &message)
            .detail(format!("{status} {message}"));
        if let Some(id) = request_id {
            cause = cause.with("request_id", id.chars().take(64).collect::<String>());
        }
        cause
    };
    let refused =
        |refusal, kind, code: &str| Failure::Refused(refusal, act.error(kind, cause(code)));
    match status {
        401 => refused(
            Refusal::Token,
            ErrorKind::ServerFault,
            "wangsu_token_refused",
        ),
        406 | 412 | 701 => refused(
            Refusal::Block(status),
            ErrorKind::ServerFault,
            "wangsu_block_refused",
        ),
        413 => refused(
            Refusal::TooLarge,
            ErrorKind::Refused,
            "wangsu_file_too_large",
        ),
        579 => refused(
            Refusal::Untold,
            ErrorKind::ServerFault,
            "wangsu_callback_failed",
        ),
        631 => Failure::Other(act.error(ErrorKind::Refused, cause("wangsu_bucket_missing"))),
        400 | 402..=405 => {
            Failure::Other(act.error(ErrorKind::Refused, cause("wangsu_storage_refused")))
        }
        _ => Failure::Other(answer.refusal()),
    }
}
