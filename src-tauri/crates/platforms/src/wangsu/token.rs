//! The upload token: a bearer secret whose last part says what it is for and until when.
//!
//! Pure. What cannot be read is unknown, never an error: the token is the platform's. Source: the storage's pages on token and policy, read
//! 2026-11-22.

use base64::{Engine as _, alphabet, engine::general_purpose};
use serde::Deserialize;
use serde_json::Value;

/// With padding or without: the platform writes it, proxies and tools drop it.
const BASE64URL: general_purpose::GeneralPurpose = general_purpose::GeneralPurpose::new(
    &alphabet::URL_SAFE,
    general_purpose::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// What a token's policy tells us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// Ms since 1970 UTC.
    pub(super) deadline_ms: Option<i64>,
    /// Zero is no limit.
    pub(super) size_max_bytes: u64,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    deadline: Value,
    #[serde(default, rename = "fsizeLimit")]
    fsize_limit: Value,
}

pub(super) fn policy(token: &str) -> Policy {
    let read = || {
        let encoded = token.rsplit(':').next()?;
        let text = BASE64URL.decode(encoded).ok()?;
        serde_json::from_slice::<Raw>(&text).ok()
    };
    read().map_or_else(Policy::default, |raw| Policy {
        deadline_ms: number(&raw.deadline).filter(|at| *at > 0),
        size_max_bytes: number(&raw.fsize_limit)
            .and_then(|max| u64::try_from(max).ok())
            .unwrap_or(0),
    })
}

/// A number, or a text that holds one.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Base64 in the URL's alphabet, padded, as the `Key` header has it.
pub(super) fn base64url(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}

pub(super) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const T1: &str = "ak-demo-0001:YTgzNGExYTkyNGIyZTZiZmE1ZDUxOTc3ZjJiNTAzYzY1MGI4MTQ0Mw==:eyJzY29wZSI6ImRlbW8tYnVja2V0OnZpZGVvLzIwMjMxMTE0LzAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmL3Rlc3QubXA0IiwiZGVhZGxpbmUiOiIxNzAwMDg2NDAwMDAwIiwib3ZlcndyaXRlIjoxLCJmc2l6ZUxpbWl0IjowfQ==";

    #[test]
    fn a_tokens_deadline_is_read_as_text_and_as_number() {
        assert_eq!(policy(T1).deadline_ms, Some(1_700_086_400_000));
        assert_eq!(policy(T1.trim_end_matches('=')), policy(T1));
        let number = base64url(br#"{"deadline":1700086400000,"fsizeLimit":"7"}"#);
        let read = policy(&format!("a:b:{number}"));
        assert_eq!(
            (read.deadline_ms, read.size_max_bytes),
            (Some(1_700_086_400_000), 7)
        );
    }

    #[test]
    fn a_token_that_cannot_be_read_is_of_unknown_life() {
        for token in ["", "a:b:c", "a:b:!!", "opaque", "a:b:bnVsbA=="] {
            assert_eq!(policy(token), Policy::default(), "{token}");
        }
    }

    #[test]
    fn a_key_is_written_as_the_header_wants_it() {
        assert_eq!(
            base64url(b"video/20231114/0123456789abcdef0123456789abcdef/test.mp4"),
            "dmlkZW8vMjAyMzExMTQvMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYvdGVzdC5tcDQ="
        );
    }
}
