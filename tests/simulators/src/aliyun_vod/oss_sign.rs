//! Who signed a request to the storage: signature V1 or V4, with a temporary key for one object or a long-lived one.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use hyper::http::request::Parts as Head;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::encode::{base64, percent};
use super::oss::{Nay, nay};
use super::rpc::header;
use super::state::{REGION, State};

const SUB_RESOURCES: [&str; 9] = [
    "acl",
    "callback",
    "callback-var",
    "objectMeta",
    "partNumber",
    "security-token",
    "uploadId",
    "uploads",
    "x-oss-process",
];

/// A request to the storage, read.
pub(crate) struct Asked<'a> {
    pub(crate) head: &'a Head,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) query: Vec<(String, String)>,
}

impl Asked<'_> {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// The id of the key that signed.
    pub(crate) fn caller(&self, state: &State, now_ms: i64) -> Result<String, Nay> {
        let authorization = header(self.head, "authorization");
        if let Some(rest) = authorization.strip_prefix("OSS4-HMAC-SHA256 ") {
            self.by_v4(rest, state, now_ms)
        } else if let Some(rest) = authorization.strip_prefix("OSS ") {
            self.by_v1(rest, state, now_ms)
        } else if authorization.is_empty() {
            Err(nay(
                403,
                "AccessDenied",
                "You have no right to access this object.",
            ))
        } else {
            Err(malformed())
        }
    }

    fn secret(&self, state: &State, id: &str, now_ms: i64) -> Result<String, Nay> {
        let token = header(self.head, "x-oss-security-token");
        if let Some((secret, true)) = state.keys.get(id) {
            return Ok(secret.clone());
        }
        let unknown = || {
            nay(
                403,
                "InvalidAccessKeyId",
                "The OSS Access Key Id you provided does not exist in our records.",
            )
            .with("OSSAccessKeyId", id)
        };
        let found = state.temporary.get(id).ok_or_else(unknown)?;
        if token.is_empty() {
            return Err(unknown());
        }
        if token != found.token {
            let known = state.temporary.values().any(|other| other.token == token);
            return Err(if known {
                nay(
                    403,
                    "AccessKeyIdAndSecurityTokenNotMatch",
                    "The access key id and the security token do not match.",
                )
            } else {
                nay(
                    403,
                    "InvalidSecurityToken",
                    "The security token you provided is invalid.",
                )
                .ec("0002-00000006")
            });
        }
        if now_ms >= found.ends_ms {
            return Err(nay(
                403,
                "SecurityTokenExpired",
                "The security token you provided has expired.",
            )
            .ec("0002-00000007"));
        }
        Ok(found.secret.clone())
    }

    fn skew(at_ms: Option<i64>, now_ms: i64, state: &State) -> Result<(), Nay> {
        let Some(at_ms) = at_ms else {
            return Err(nay(
                403,
                "AccessDenied",
                "OSS authentication requires a valid Date.",
            ));
        };
        if (at_ms - now_ms).abs() > state.switches.skew_min * 60_000 {
            return Err(nay(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            )
            .ec("0002-00000504")
            .with("RequestTime", &super::encode::utc(at_ms))
            .with("ServerTime", &super::encode::utc(now_ms))
            .with("MaxAllowedSkewMilliseconds", "900000"));
        }
        Ok(())
    }

    fn mismatch(message: &str, id: &str, given: &str, ec: &'static str) -> Nay {
        let bytes: Vec<String> = message.bytes().map(|b| format!("{b:02X}")).collect();
        nay(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
            .ec(ec)
            .with("OSSAccessKeyId", id)
            .with("SignatureProvided", given)
            .with("StringToSign", message)
            .with("StringToSignBytes", &bytes.join(" "))
    }

    fn oss_headers(&self) -> BTreeMap<String, String> {
        let headers = self.head.headers.iter();
        headers
            .filter(|(name, _)| name.as_str().starts_with("x-oss-"))
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).trim().to_owned(),
                )
            })
            .collect()
    }

    fn by_v1(&self, rest: &str, state: &State, now_ms: i64) -> Result<String, Nay> {
        if !state.switches.allow_v1 {
            return Err(nay(
                400,
                "InvalidArgument",
                "Authorization with signature version 1 is not allowed.",
            ));
        }
        let (id, given) = rest.split_once(':').ok_or_else(malformed)?;
        let own = header(self.head, "x-oss-date");
        let date = if own.is_empty() {
            header(self.head, "date")
        } else {
            own
        };
        let at = httpdate::parse_http_date(date).ok();
        let at_ms = at
            .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
            .map(crate::clock::millis);
        Self::skew(at_ms, now_ms, state)?;
        let secret = self.secret(state, id, now_ms)?;
        let lines: Vec<String> = self
            .oss_headers()
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let mut query: Vec<_> = self
            .query
            .iter()
            .filter(|(name, _)| SUB_RESOURCES.contains(&name.as_str()))
            .collect();
        query.sort();
        let query: Vec<String> = query
            .iter()
            .map(|(n, v)| {
                if v.is_empty() {
                    n.clone()
                } else {
                    format!("{n}={v}")
                }
            })
            .collect();
        let query = if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.join("&"))
        };
        let message = format!(
            "{}\n{}\n{}\n{date}\n{}/{}/{}{query}",
            self.head.method,
            header(self.head, "content-md5"),
            header(self.head, "content-type"),
            lines.concat(),
            self.bucket,
            self.key
        );
        let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any length");
        mac.update(message.as_bytes());
        if base64(&mac.finalize().into_bytes()) != given {
            return Err(Self::mismatch(&message, id, given, "0002-00000040"));
        }
        Ok(id.to_owned())
    }

    fn by_v4(&self, rest: &str, state: &State, now_ms: i64) -> Result<String, Nay> {
        let fields: Vec<(&str, &str)> = rest
            .split(',')
            .filter_map(|field| field.trim().split_once('='))
            .collect();
        let field = |name: &str| {
            fields
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| *value)
        };
        let additional = field("AdditionalHeaders");
        if additional.is_some_and(|names| names.is_empty() || names.ends_with(';')) {
            return Err(malformed());
        }
        let credential = field("Credential").ok_or_else(malformed)?;
        let given = field("Signature").ok_or_else(malformed)?;
        let scope: Vec<&str> = credential.split('/').collect();
        let [id, day, region, "oss", "aliyun_v4_request"] = scope[..] else {
            return Err(malformed());
        };
        let moment = header(self.head, "x-oss-date");
        let at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", moment).ok();
        let at_ms = at
            .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .map(|at| at.timestamp().as_millisecond());
        Self::skew(at_ms, now_ms, state)?;
        if region != REGION || moment.get(..8) != Some(day) {
            return Err(nay(
                400,
                "InvalidArgument",
                "Invalid signing region or date in Authorization header.",
            ));
        }
        let payload = header(self.head, "x-oss-content-sha256");
        if payload != "UNSIGNED-PAYLOAD" {
            return Err(nay(
                400,
                "InvalidArgument",
                "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.",
            ));
        }
        let secret = self.secret(state, id, now_ms)?;
        let mut query: Vec<(String, String)> = self
            .query
            .iter()
            .map(|(n, v)| (percent(n, ""), percent(v, "")))
            .collect();
        query.sort();
        let query: Vec<String> = query
            .into_iter()
            .map(|(n, v)| if v.is_empty() { n } else { format!("{n}={v}") })
            .collect();
        let mut headers = self.oss_headers();
        let more = ["content-type", "content-md5"]
            .into_iter()
            .chain(additional.unwrap_or("").split(';'));
        for name in more.filter(|name| !name.is_empty()) {
            if self.head.headers.contains_key(name) {
                headers.insert(name.to_owned(), header(self.head, name).trim().to_owned());
            }
        }
        let lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let request = format!(
            "{}\n/{}/{}\n{}\n{}\n{}\n{payload}",
            self.head.method,
            percent(&self.bucket, "/"),
            percent(&self.key, "/"),
            query.join("&"),
            lines.concat(),
            additional.unwrap_or("")
        );
        // A request to a bucket has no key, and its address one slash at the end.
        let message = format!(
            "OSS4-HMAC-SHA256\n{moment}\n{day}/{region}/oss/aliyun_v4_request\n{}",
            hex::encode(Sha256::digest(request))
        );
        let sign = |key: &[u8], text: &str| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        };
        let key = sign(format!("aliyun_v4{secret}").as_bytes(), day);
        let key = sign(&sign(&sign(&key, region), "oss"), "aliyun_v4_request");
        if hex::encode(sign(&key, &message)) != given {
            return Err(Self::mismatch(&message, id, given, "0002-00000201"));
        }
        Ok(id.to_owned())
    }
}

fn malformed() -> Nay {
    nay(400, "InvalidArgument", "Authorization header is invalid.").ec("0002-00000209")
}
