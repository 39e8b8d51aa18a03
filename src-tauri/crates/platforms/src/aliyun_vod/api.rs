//! Calls to the API and to STS: signed, sent, read.
//!
//! Reads leniently: any status may carry a code, numbers may be text. Three answers are put right and the call repeated here, since they had no
//! effect: a clock that is off, a nonce seen before, a temporary key that ended.

use super::{
    NAME,
    codes::{self, Said},
    keys,
    memory::Memory,
    settings::Settings,
    sign::{self, Key},
};
use crate::{
    Error, Result, Session,
    http::{Act, Answer},
};
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::Value;
use slipway_model::{Cause, ErrorKind, Spec};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Limit of an ordinary call.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
const VERSION: &str = "2017-03-21";
const STS_VERSION: &str = "2015-04-01";
/// SHA-256 of nothing: all parameters go in the query.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// Longest text of the platform's that is shown.
const MESSAGE_CHARS: usize = 300;

/// Parameters of a call, in no order.
pub(super) type Params = Vec<(&'static str, String)>;

/// Why a call did not bring what it was made for.
#[derive(Debug)]
pub(super) enum Failure {
    /// The platform answered; the error says what that means.
    Said(Box<Said>, Error),
    /// It did not, or not in its language, or nothing was sent.
    Line(Error),
}

impl Failure {
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Said(said, _) => &said.code,
            Self::Line(_) => "",
        }
    }
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code())
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    Vod,
    Sts,
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

    /// The time at this address, in seconds.
    pub(super) fn now_s(&self, url: &Url) -> i64 {
        self.session.http().clocks().now_ms(url).div_euclid(1000)
    }

    /// A call of the API with the account's key, repeated after what can be put right.
    pub(super) async fn call(
        &self,
        doing: &'static str,
        action: &'static str,
        params: Params,
    ) -> Outcome<Value> {
        let act = Act::new(NAME, doing);
        let (mut fresh_key, mut others) = (1, 2); // how often each may still be put right
        loop {
            let key = keys::key(self, act).await?;
            let Some(key) = key else {
                return Err(crate::settings::missing(act, "service.sts_token.url").into());
            };
            let failure = match self.once(act, Product::Vod, action, &params, &key).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            // The answer's date has been noted: the next timestamp is the platform's.
            let left: &mut u32 = if failure.is(&[codes::CLOCK, codes::NONCE]) {
                &mut others
            } else if failure.is(&codes::TOKEN_OVER) && keys::drop_temporary(self, &key).await {
                &mut fresh_key
            } else {
                return Err(failure);
            };
            if *left == 0 {
                return Err(failure);
            }
            *left -= 1;
        }
    }

    /// A signed call, once.
    pub(super) async fn once(
        &self,
        act: Act,
        product: Product,
        action: &'static str,
        params: &Params,
        key: &Key,
    ) -> Outcome<Value> {
        let settings = self.settings();
        let (base, version) = match product {
            Product::Vod => (settings.api(act)?, VERSION),
            Product::Sts => (settings.sts(act)?, STS_VERSION),
        };
        let http = self.session.http();
        let moment = jiff::Timestamp::from_millisecond(http.clocks().now_ms(&base))
            .unwrap_or_default()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        let nonce = uuid::Uuid::new_v4().to_string();
        let params: Vec<(&str, &str)> = params.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let token = key.token.as_ref().map(ExposeSecret::expose_secret);
        let request = if settings.api_by_v1() {
            let mut all = params;
            all.extend([
                ("Action", action),
                ("Version", version),
                ("Format", "JSON"),
                ("AccessKeyId", &key.id),
                ("SignatureMethod", "HMAC-SHA1"),
                ("SignatureVersion", "1.0"),
                ("SignatureNonce", &nonce),
                ("Timestamp", &moment),
            ]);
            all.extend(token.map(|token| ("SecurityToken", token)));
            let signature = sign::rpc_v1("POST", &all, key);
            all.push(("Signature", &signature));
            http.calls.post(address(&base, &all))
        } else {
            let host = base.host_str().unwrap_or_default();
            let host = match base.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            };
            let mut headers = vec![
                ("host", host.as_str()),
                ("x-acs-action", action),
                ("x-acs-version", version),
                ("x-acs-date", &moment),
                ("x-acs-signature-nonce", &nonce),
                ("x-acs-content-sha256", EMPTY_SHA256),
            ];
            if let Some(token) = token {
                headers.push(("x-acs-accesskey-id", &key.id));
                headers.push(("x-acs-security-token", token));
            }
            let authorization = sign::acs3("POST", &params, &headers, key);
            let mut request = http.calls.post(address(&base, &params));
            for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
                request = request.header(
                    HeaderName::from_static(name),
                    header(act, value, name.ends_with("token"))?,
                );
            }
            request
                .header("accept", "application/json")
                .header("authorization", header(act, &authorization, true)?)
        };
        let answer = http.call(act, request, CALL_TIMEOUT).await;
        Self::read(act, &answer.map_err(Failure::Line)?)
    }

    /// The answer's JSON, or what the platform said instead.
    pub(super) fn read(act: Act, answer: &Answer) -> Outcome<Value> {
        let value: Value = answer.json().map_err(Failure::Line)?;
        let code = value.get("Code").and_then(Value::as_str).unwrap_or("");
        if answer.status.is_success() && (code.is_empty() || code == "200") {
            return if value.is_object() {
                Ok(value)
            } else {
                Err(Failure::Line(answer.not_understood()))
            };
        }
        if code.is_empty() {
            return Err(Failure::Line(answer.refusal()));
        }
        let text = |name: &str| shown(value.get(name).and_then(Value::as_str).unwrap_or(""));
        let said = Said {
            code: shown(code),
            message: text("Message"),
            request_id: text("RequestId"),
            ec: String::new(),
            status: answer.status.as_u16(),
            retry_after: answer.retry_after(),
        };
        let error = said.error(codes::API, act);
        Err(Failure::Said(Box::new(said), error))
    }
}

/// A header's value; one that cannot be sent is a wrong setting or secret.
pub(super) fn header(act: Act, value: &str, secret: bool) -> Result<HeaderValue> {
    let mut header = HeaderValue::from_str(value).map_err(|_| {
        let cause = Cause::new("aliyun_vod_key_wrong").with("message", "");
        act.error(ErrorKind::SignedOut, cause)
    })?;
    header.set_sensitive(secret);
    Ok(header)
}

/// `params` as the query of `base`, encoded as they are signed.
pub(super) fn address(base: &Url, params: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    let pairs: Vec<String> = params
        .iter()
        .map(|(name, value)| match *value {
            "" => sign::encode(name),
            value => format!("{}={}", sign::encode(name), sign::encode(value)),
        })
        .collect();
    url.set_query(
        Some(&pairs.join("&"))
            .filter(|query| !query.is_empty())
            .map(String::as_str),
    );
    url
}

/// A text of the platform's on one line, of bounded length.
pub(super) fn shown(text: &str) -> String {
    text.chars()
        .take(MESSAGE_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A text, or a number as one.
pub(super) fn text_of(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
