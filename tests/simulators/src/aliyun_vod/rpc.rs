//! Calls of the API and of STS: who signed them, and how they are answered.
//!
//! Written from the documents and from what the vendor's clients send; shares nothing with any client here.

use hmac::{Hmac, KeyInit, Mac};
use hyper::http::request::Parts as Head;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::encode::{base64, percent, utc, xml};
use super::state::State;
use crate::answer::{Reply, json as json_reply, reply};

/// A refusal in the platform's language.
#[derive(Clone, Debug)]
pub(crate) struct No {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

pub(crate) fn no(status: u16, code: &str, message: &str) -> No {
    No {
        status,
        code: code.into(),
        message: message.into(),
    }
}

/// A call as it was asked.
pub(crate) struct Asked<'a> {
    pub(crate) head: &'a Head,
    /// Query and form together.
    pub(crate) params: Vec<(String, String)>,
    /// The query alone.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: &'a [u8],
}

pub(crate) fn header<'a>(head: &'a Head, name: &str) -> &'a str {
    head.headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
}

impl Asked<'_> {
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(n, _)| n == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn is_acs3(&self) -> bool {
        header(self.head, "authorization").starts_with("ACS3-HMAC-SHA256")
    }

    pub(crate) fn action(&self) -> String {
        let named = header(self.head, "x-acs-action");
        let own = self.param("Action").map(ToOwned::to_owned);
        if self.is_acs3() {
            named.to_owned()
        } else {
            own.unwrap_or_default()
        }
    }

    pub(crate) fn version(&self) -> String {
        if self.is_acs3() {
            header(self.head, "x-acs-version").to_owned()
        } else {
            self.param("Version").unwrap_or("").to_owned()
        }
    }

    fn wants_json(&self) -> bool {
        let json =
            |text: &str| text.eq_ignore_ascii_case("json") || text.contains("application/json");
        if self.is_acs3() {
            json(header(self.head, "accept"))
        } else {
            self.param("Format").is_some_and(json)
        }
    }

    /// Who signed it: the id of the key.
    pub(crate) fn caller(&self, state: &mut State, now_ms: i64) -> Result<String, No> {
        if self.is_acs3() {
            self.by_acs3(state, now_ms)
        } else {
            self.by_v1(state, now_ms)
        }
    }

    fn by_v1(&self, state: &mut State, now_ms: i64) -> Result<String, No> {
        for name in [
            "Signature",
            "AccessKeyId",
            "Action",
            "Version",
            "SignatureNonce",
            "SignatureMethod",
            "SignatureVersion",
        ] {
            if self.param(name).is_none() {
                return Err(no(
                    400,
                    &format!("Missing{name}"),
                    &format!("{name} is mandatory for this action."),
                ));
            }
        }
        match self.param("Timestamp") {
            Some(at) => fresh(at, now_ms, state.switches.skew_min)?,
            None if state.switches.require_timestamp => {
                return Err(no(
                    400,
                    "MissingTimestamp",
                    "Timestamp is mandatory for this action.",
                ));
            }
            None => {}
        }
        let id = self.param("AccessKeyId").unwrap_or("").to_owned();
        let token = self.param("SecurityToken").unwrap_or("");
        let secret = secret(state, &id, token, now_ms)?;
        let mut sorted = self.params.clone();
        sorted.retain(|(name, _)| name != "Signature");
        sorted.sort();
        let query: Vec<String> = sorted
            .iter()
            .map(|(name, value)| format!("{}={}", percent(name, ""), percent(value, "")))
            .collect();
        let message = format!("{}&%2F&{}", self.head.method, percent(&query.join("&"), ""));
        let mut mac =
            Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).expect("any length");
        mac.update(message.as_bytes());
        if base64(&mac.finalize().into_bytes()) != self.param("Signature").unwrap_or("") {
            let text = format!(
                "Specified signature is not matched with our calculation. server string to sign is:{message}"
            );
            return Err(no(400, "SignatureDoesNotMatch", &text));
        }
        once(state, self.param("SignatureNonce").unwrap_or(""), now_ms)?;
        Ok(id)
    }

    fn by_acs3(&self, state: &mut State, now_ms: i64) -> Result<String, No> {
        let incomplete = || {
            no(
                400,
                "IncompleteSignature",
                "The request signature does not conform to Aliyun standards.",
            )
        };
        let authorization = header(self.head, "authorization");
        let (_, fields) = authorization.split_once(' ').ok_or_else(incomplete)?;
        let field = |name: &str| {
            let mut all = fields
                .split(',')
                .filter_map(|field| field.trim().split_once('='));
            all.find(|(n, _)| *n == name).map(|(_, value)| value)
        };
        let id = field("Credential").ok_or_else(incomplete)?.to_owned();
        let names = field("SignedHeaders").ok_or_else(incomplete)?;
        let given = field("Signature").ok_or_else(incomplete)?;
        let signed: Vec<&str> = names.split(';').collect();
        for needed in [
            "host",
            "x-acs-action",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-version",
            "x-acs-content-sha256",
        ] {
            if !signed.contains(&needed) {
                return Err(incomplete());
            }
        }
        fresh(
            header(self.head, "x-acs-date"),
            now_ms,
            state.switches.skew_min,
        )?;
        let token = header(self.head, "x-acs-security-token");
        if !token.is_empty() && !signed.contains(&"x-acs-security-token") {
            return Err(incomplete());
        }
        let secret = secret(state, &id, token, now_ms)?;
        let hash = hex::encode(Sha256::digest(self.body));
        if header(self.head, "x-acs-content-sha256") != hash {
            return Err(no(
                400,
                "SignatureDoesNotMatch",
                "the body is not what was signed",
            ));
        }
        let mut sorted = self.query.clone();
        sorted.sort();
        let query: Vec<String> = sorted
            .iter()
            .map(|(name, value)| format!("{}={}", percent(name, ""), percent(value, "")))
            .collect();
        let lines: Vec<String> = signed
            .iter()
            .map(|name| format!("{name}:{}\n", self.signed_header(name).trim()))
            .collect();
        let request = format!(
            "{}\n/\n{}\n{}\n{names}\n{hash}",
            self.head.method,
            query.join("&"),
            lines.concat()
        );
        let message = format!("ACS3-HMAC-SHA256\n{}", hex::encode(Sha256::digest(request)));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(message.as_bytes());
        if hex::encode(mac.finalize().into_bytes()) != given {
            let text = format!(
                "Specified signature does not match our calculation. server StringToSign is: {message}"
            );
            return Err(no(400, "SignatureDoesNotMatch", &text));
        }
        once(state, header(self.head, "x-acs-signature-nonce"), now_ms)?;
        Ok(id)
    }

    fn signed_header(&self, name: &str) -> &str {
        match (name, header(self.head, name)) {
            ("host", "") => self
                .head
                .uri
                .authority()
                .map_or("", |authority| authority.as_str()),
            (_, value) => value,
        }
    }

    pub(crate) fn answer(
        &self,
        state: &mut State,
        action: &str,
        outcome: Result<Value, No>,
    ) -> Reply {
        let id = state.request_id();
        let (status, name, value) = match outcome {
            Ok(mut value) => {
                value["RequestId"] = json!(id);
                (200, format!("{action}Response"), value)
            }
            Err(no) => {
                let value = json!({
                    "RequestId": id, "HostId": "vod.cn-shanghai.aliyuncs.com", "Code": no.code, "Message": no.message,
                    "Recommend": format!("https://error-center.aliyun.com/status/search?Keyword={}", no.code),
                });
                (no.status, "Error".to_owned(), value)
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        if self.wants_json() {
            return json_reply(status, &value);
        }
        let text = format!(
            "<?xml version='1.0' encoding='UTF-8'?>\n{}",
            xml(&name, &value)
        );
        reply(status, "text/xml;charset=utf-8", text)
    }
}

fn fresh(at: &str, now_ms: i64, skew_min: i64) -> Result<(), No> {
    let malformed = || {
        no(
            400,
            "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted.",
        )
    };
    let moment: jiff::Timestamp = at.parse().map_err(|_| malformed())?;
    if at != utc(moment.as_millisecond()) {
        return Err(malformed());
    }
    if (moment.as_millisecond() - now_ms).abs() > skew_min * 60_000 {
        return Err(no(
            400,
            "InvalidTimeStamp.Expired",
            "Specified time stamp or date value is expired.",
        ));
    }
    Ok(())
}

fn once(state: &mut State, nonce: &str, now_ms: i64) -> Result<(), No> {
    state.nonces.retain(|_, at| now_ms - *at < 30 * 60_000);
    if state.nonces.insert(nonce.to_owned(), now_ms).is_some() {
        return Err(no(
            400,
            "SignatureNonceUsed",
            "Specified signature nonce was used already.",
        ));
    }
    Ok(())
}

fn secret(state: &State, id: &str, token: &str, now_ms: i64) -> Result<String, No> {
    let unknown = || {
        no(
            404,
            "InvalidAccessKeyId.NotFound",
            "Specified access key is not found.",
        )
    };
    if let Some((secret, active)) = state.keys.get(id) {
        return if *active {
            Ok(secret.clone())
        } else {
            Err(no(
                400,
                "InvalidAccessKeyId.Inactive",
                "Specified access key is disabled.",
            ))
        };
    }
    let found = state
        .temporary
        .get(id)
        .filter(|key| key.place.is_none())
        .ok_or_else(unknown)?;
    if token.is_empty() {
        return Err(unknown());
    }
    if token != found.token {
        return Err(no(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        ));
    }
    if now_ms >= found.ends_ms {
        return Err(no(
            400,
            "InvalidSecurityToken.Expired",
            "Specified SecurityToken is expired.",
        ));
    }
    Ok(found.secret.clone())
}

pub(crate) fn is_known_method(method: &Method) -> bool {
    *method == Method::GET || *method == Method::POST
}
