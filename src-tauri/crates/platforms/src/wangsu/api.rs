//! The video API: its envelope, its JSON, and signed calls.
//!
//! Reads leniently: unknown fields are ignored, numbers may be text, business failures come with any HTTP status. A call is serialised once, and
//! those bytes are signed and sent. A call that was refused for our clock is signed again with the platform's; nothing else is repeated here.

use super::{
    NAME,
    codes::{self, SUCCESS, Said},
    memory::Memory,
    settings::Settings,
    sign,
    token::{self, number},
};
use crate::{
    Error, Result, Session,
    http::{Act, Answer},
};
use reqwest::header;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use slipway_model::{Cause, ErrorKind, Spec};
use std::{sync::Arc, time::Duration};

const CALL_TIMEOUT: Duration = Duration::from_secs(60);
const JSON: &str = "application/json";
/// Longest text of the platform's that is shown.
const MESSAGE_CHARS: usize = 300;

/// Why a call did not bring what it was made for.
#[derive(Debug)]
pub(super) enum Failure {
    /// The platform answered; the error says what that means.
    Said(i64, Error),
    /// It did not, or not in its language, or nothing was sent.
    Line(Error),
}

impl Failure {
    pub(super) fn code(&self) -> Option<i64> {
        match self {
            Self::Said(code, _) => Some(*code),
            Self::Line(_) => None,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Said(_, error) | Failure::Line(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Line(error)
    }
}

pub(super) type Outcome<T> = std::result::Result<T, Failure>;

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    code: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    data: Value,
}

/// Where an upload goes. Texts may be null; only the first three are needed for bytes.
#[derive(Deserialize)]
pub(super) struct UploadToken {
    #[serde(rename = "uploadUrl")]
    pub(super) url: String,
    #[serde(rename = "uploadToken")]
    pub(super) token: String,
    #[serde(rename = "fileKey")]
    pub(super) file_key: String,
    #[serde(rename = "videoId")]
    pub(super) video_id: String,
    #[serde(rename = "bucketName", default)]
    pub(super) bucket_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct VideoList {
    #[serde(rename = "videoListInfo", default)]
    pub(super) videos: Option<Vec<Video>>,
}

/// A video as the list shows it. Numbers may be text.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Video {
    #[serde(rename = "videoId", default)]
    pub(super) id: Option<String>,
    #[serde(rename = "videoState", default)]
    state: Value,
    #[serde(rename = "transcodeState", default)]
    transcode: Value,
}

impl Video {
    /// Hidden from its audience, by a person or by moderation.
    pub(super) fn is_masked(&self) -> bool {
        number(&self.state) == Some(1)
    }
    pub(super) fn transcode(&self) -> Option<i64> {
        number(&self.transcode)
    }
}

/// A category of the account's.
pub(super) struct Category {
    pub(super) id: String,
    pub(super) name: String,
}

/// A page of categories: its documents show one object, its clients read a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum CategoryPage {
    List(Vec<CategoryList>),
    One(CategoryList),
}

impl CategoryPage {
    /// The page's categories, and how many there are in all.
    pub(super) fn read(self) -> (Vec<Category>, u64) {
        let lists = match self {
            Self::List(lists) => lists,
            Self::One(list) => vec![list],
        };
        let total = lists.iter().map(CategoryList::total).max().unwrap_or(0);
        let all = lists.into_iter().flat_map(CategoryList::categories);
        (all.collect(), total)
    }
}

#[derive(Deserialize)]
pub(super) struct CategoryList {
    #[serde(default)]
    total: Value,
    #[serde(rename = "categoryList", default)]
    categories: Option<Vec<CategoryRow>>,
}

#[derive(Deserialize)]
struct CategoryRow {
    #[serde(rename = "labelName", default)]
    name: Option<String>,
    #[serde(rename = "nodeId", default)]
    id: Value,
}

impl CategoryList {
    fn total(&self) -> u64 {
        number(&self.total).map_or(0, |n| u64::try_from(n).unwrap_or(0))
    }
    fn categories(self) -> Vec<Category> {
        let rows = self.categories.unwrap_or_default().into_iter();
        rows.map(|row| Category {
            id: text(&row.id).unwrap_or_default(),
            name: row.name.unwrap_or_default(),
        })
        .collect()
    }
}

/// The addresses of a published video: in a list by kind of device, or beside it.
#[derive(Deserialize)]
pub(super) struct PublishCode {
    #[serde(rename = "videoUrl", default)]
    urls: Option<Vec<Value>>,
    #[serde(rename = "originUrl", default)]
    origin: Value,
}

impl PublishCode {
    pub(super) fn origin(&self) -> Option<String> {
        let listed = self.urls.iter().flatten();
        let listed = listed.filter_map(|url| text(url.get("originUrl")?));
        listed
            .chain(text(&self.origin))
            .find(|url| url.starts_with("https://") || url.starts_with("http://"))
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// Whether a call moves an upload on, or only looks how things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Work,
    Look,
}

/// One account's way to the platform.
pub(super) struct Api<'a> {
    pub(super) session: &'a Session,
    spec: &'a Spec,
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

    /// The platform's time.
    pub(super) fn now_ms(&self, act: Act) -> Result<i64> {
        let api = self.settings().api(act)?;
        Ok(self.session.http().clocks().now_ms(&api))
    }

    pub(super) fn now_s(&self, act: Act) -> Result<i64> {
        Ok(self.now_ms(act)?.div_euclid(1000))
    }

    /// A signed call.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        why: Why,
        path: &str,
        body: &Value,
    ) -> Outcome<T> {
        let act = Act::new(NAME, doing);
        let body = serde_json::to_vec(body).expect("a value is JSON");
        let most = self.settings().number("rate.calls_per_5_minutes");
        let mut clock = 2; // twice, since the platform's servers may differ
        let mut again = 3;
        loop {
            let leave = self.memory.may_call(most, why == Why::Look);
            leave.map_err(|wait| {
                let kind = ErrorKind::RateLimited { wait: Some(wait) };
                act.error(kind, Cause::new("wangsu_call_rate"))
            })?;
            match self.once(act, path, &body).await {
                Err(Failure::Said(code, _)) if codes::is_clock_off(code) && clock > 0 => clock -= 1,
                // The next signature is for a second that this program has not signed for.
                Err(Failure::Said(code, _)) if codes::may_be_a_replay(code) && again > 0 => {
                    again -= 1;
                }
                ended => return ended,
            }
        }
    }

    async fn once<T: DeserializeOwned>(&self, act: Act, path: &str, body: &[u8]) -> Outcome<T> {
        let settings = self.settings();
        let mut url = settings.api(act)?;
        url.set_path(&format!("{}{path}", url.path()));
        let scheme = settings.scheme();
        let secret = self.session.secret("secret_key").await?.ok_or_else(|| {
            act.error(
                ErrorKind::SignedOut,
                Cause::new("wangsu_credentials_missing"),
            )
        })?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let http = self.session.http();
        let mut digest = Sha256::new_with_prefix(url.path());
        digest.update([0]);
        digest.update(body);
        let now_s = http.clocks().now_ms(&url).div_euclid(1000);
        let request = sign::Request {
            host: &host,
            path: url.path(),
            content_type: JSON,
            body,
            timestamp_s: self.memory.stamp_s(digest.finalize().into(), now_s),
        };
        let signed = sign::headers(scheme, &settings.access_key(act)?, &secret, request);
        let mut call = http
            .calls
            .post(url)
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, JSON);
        for (name, value) in signed {
            let mut value = header::HeaderValue::try_from(value).map_err(|_| {
                let cause = Cause::new("setting_invalid").with("setting", "access_key");
                act.error(ErrorKind::Refused, cause)
            })?;
            value.set_sensitive(name == "authorization");
            call = call.header(name, value);
        }
        let answer = http
            .call(act, call.body(body.to_vec()), CALL_TIMEOUT)
            .await?;
        let data = read(act, &answer)?;
        serde_json::from_value(data)
            .map_err(|error| Failure::Line(answer.not_understood().because(error.to_string())))
    }
}

/// The envelope's data, or what the platform said instead. The HTTP status decides nothing as long as there is a code.
fn read(act: Act, answer: &Answer) -> Outcome<Value> {
    let envelope: Envelope = answer.json()?;
    let Some(code) = token::number(&envelope.code) else {
        // A gateway's own refusal has a word for a code.
        return Err(Failure::Line(match answer.status.as_u16() {
            401 | 403 => {
                let cause = Cause::new("wangsu_credentials_refused")
                    .with("code", text(&envelope.code).unwrap_or_default())
                    .with("message", shown(&envelope.message));
                act.error(ErrorKind::SignedOut, cause)
            }
            200..=299 => answer.not_understood(),
            _ => answer.refusal(),
        }));
    };
    if code == SUCCESS && answer.status.is_success() {
        return Ok(envelope.data);
    }
    if code == SUCCESS {
        return Err(Failure::Line(answer.refusal()));
    }
    let request_id = ["x-ws-requestid", "x-cnc-request-id"]
        .iter()
        .find_map(|name| answer.headers.get(*name)?.to_str().ok())
        .map(|id| id.chars().take(64).collect());
    let said = Said {
        code,
        message: shown(&envelope.message),
        request_id,
        retry_after: answer.retry_after(),
    };
    Err(Failure::Said(code, codes::error(act, &said)))
}

/// The platform's words, on one line and not too long.
pub(super) fn shown(message: &Value) -> String {
    text(message)
        .unwrap_or_default()
        .chars()
        .take(MESSAGE_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
