//! Upload tokens: made for the video API, verified on the upload host.
//!
//! Pure. The signature covers the encoded policy, so what came is verified and never what could be encoded again.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, general_purpose};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha1::Sha1;

pub(crate) const URL_SAFE: general_purpose::GeneralPurpose = general_purpose::GeneralPurpose::new(
    &alphabet::URL_SAFE,
    general_purpose::GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) bucket: String,
    pub(crate) key: Option<String>,
    pub(crate) deadline_ms: i64,
    pub(crate) overwrite: bool,
    pub(crate) size_max: u64,
}

impl Policy {
    pub(crate) fn scope(&self) -> String {
        match &self.key {
            Some(key) => format!("{}:{key}", self.bucket),
            None => self.bucket.clone(),
        }
    }
}

pub(crate) fn make(access_key: &str, secret_key: &str, policy: &str) -> String {
    let encoded = URL_SAFE.encode(policy);
    let sign = URL_SAFE.encode(signature(secret_key, &encoded));
    format!("{access_key}:{sign}:{encoded}")
}

fn signature(secret_key: &str, encoded: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret_key.as_bytes()).expect("any length is a key");
    mac.update(encoded.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// `None` is a 401, whatever the reason.
pub(crate) fn verify(
    token: &str,
    access_key: &str,
    secret_key: &str,
    now_ms: i64,
) -> Option<Policy> {
    let token = token.strip_prefix("UpToken ").unwrap_or(token);
    let mut parts = token.split(':');
    let (key, sign, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || key != access_key {
        return None;
    }
    let said = URL_SAFE.decode(sign).ok()?;
    if said != signature(secret_key, encoded).as_bytes() {
        return None;
    }
    let policy: Value = serde_json::from_slice(&URL_SAFE.decode(encoded).ok()?).ok()?;
    let scope = policy.get("scope")?.as_str()?;
    let deadline_ms = number(policy.get("deadline")?)?;
    let (bucket, key) = match scope.split_once(':') {
        Some((bucket, key)) => (bucket, Some(key.to_owned()).filter(|key| !key.is_empty())),
        None => (scope, None),
    };
    (!bucket.is_empty() && deadline_ms >= now_ms).then(|| Policy {
        bucket: bucket.into(),
        key,
        deadline_ms,
        overwrite: policy.get("overwrite").and_then(number).unwrap_or(0) == 1,
        size_max: policy
            .get("fsizeLimit")
            .and_then(number)
            .map_or(0, |n| u64::try_from(n).unwrap_or(0)),
    })
}

/// A number, or a text that holds one.
pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{"scope":"demo-bucket:video/20231114/0123456789abcdef0123456789abcdef/test.mp4","deadline":"1700086400000","overwrite":1,"fsizeLimit":0}"#;
    const T1: &str = "ak-demo-0001:YTgzNGExYTkyNGIyZTZiZmE1ZDUxOTc3ZjJiNTAzYzY1MGI4MTQ0Mw==:eyJzY29wZSI6ImRlbW8tYnVja2V0OnZpZGVvLzIwMjMxMTE0LzAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmL3Rlc3QubXA0IiwiZGVhZGxpbmUiOiIxNzAwMDg2NDAwMDAwIiwib3ZlcndyaXRlIjoxLCJmc2l6ZUxpbWl0IjowfQ==";

    #[test]
    fn a_token_agrees_with_the_vectors() {
        assert_eq!(make("ak-demo-0001", "sk-demo-0001", POLICY), T1);
        let sign = URL_SAFE.encode(signature(
            "key",
            "The quick brown fox jumps over the lazy dog",
        ));
        assert_eq!(
            sign,
            "ZGU3YzliODViOGI3OGFhNmJjOGE3YTM2ZjcwYTkwNzAxYzlkYjRkOQ=="
        );
    }

    #[test]
    fn a_token_is_good_until_its_deadline_and_as_it_was_signed() {
        let read = |token: &str, now_ms| verify(token, "ak-demo-0001", "sk-demo-0001", now_ms);
        let policy = read(T1, 1_700_000_000_000).expect("it is right");
        assert_eq!(
            policy.scope(),
            "demo-bucket:video/20231114/0123456789abcdef0123456789abcdef/test.mp4"
        );
        assert!(policy.overwrite);
        assert!(read(&format!("UpToken {T1}"), 1_700_086_400_000).is_some());
        assert!(read(T1, 1_700_086_400_001).is_none(), "too late");
        assert!(
            read(&T1.replace("YTgz", "YTgw"), 0).is_none(),
            "another signature"
        );
        assert!(
            verify(T1, "ak-demo-0001", "other", 0).is_none(),
            "another secret"
        );
        for token in ["", "a:b", "a:b:c:d", "ak-demo-0001::"] {
            assert!(read(token, 0).is_none(), "{token}");
        }
        let seconds = make(
            "ak-demo-0001",
            "sk-demo-0001",
            r#"{"scope":"b:k","deadline":1700086400}"#,
        );
        assert!(
            read(&seconds, 1_700_000_000_000).is_none(),
            "a deadline in seconds is long past"
        );
    }
}
