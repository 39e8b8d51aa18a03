//! Encodings: percent, base64, dates, and JSON as XML.

use std::fmt::Write;

use serde_json::Value;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Percent-encodes all but `A-Z a-z 0-9 - _ . ~` and what is in `kept`.
pub(crate) fn percent(text: &str, kept: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-_.~".contains(c) || (c.is_ascii() && kept.contains(c)) {
            out.push(c);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

pub(crate) fn unpercent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0_u32, |word, (n, byte)| {
            word | (u32::from(*byte) << (16 - 8 * n))
        });
        for n in 0..4 {
            if n <= chunk.len() {
                out.push(char::from(BASE64[(word >> (18 - 6 * n)) as usize & 63]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// `2026-01-02T03:04:05Z`.
pub(crate) fn utc(at_ms: i64) -> String {
    form(at_ms, "%Y-%m-%dT%H:%M:%SZ")
}

/// A moment in any form.
pub(crate) fn form(at_ms: i64, form: &str) -> String {
    jiff::Timestamp::from_millisecond(at_ms)
        .unwrap_or_default()
        .strftime(form)
        .to_string()
}

pub(crate) fn xml_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// An answer as the API writes it when nobody asks for JSON.
pub(crate) fn xml(name: &str, value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let inner: String = fields
                .iter()
                .map(|(name, value)| xml(name, value))
                .collect();
            format!("<{name}>{inner}</{name}>")
        }
        Value::Array(all) => all.iter().map(|value| xml(name, value)).collect(),
        Value::String(text) => format!("<{name}>{}</{name}>", xml_text(text)),
        Value::Null => format!("<{name}/>"),
        other => format!("<{name}>{other}</{name}>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_what_others_make_of_them() {
        assert_eq!(percent("夏 *~/+", "/"), "%E5%A4%8F%20%2A~/%2B");
        assert_eq!(unpercent("%E5%A4%8F%20%2A~/%2B%"), "夏 *~/+%");
        for (text, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(text.as_bytes()), coded);
        }
        assert_eq!(utc(1_767_323_045_000), "2026-01-02T03:04:05Z");
        let value = serde_json::json!({"A": [1, 2], "B": {"C": "<"}});
        assert_eq!(
            xml("R", &value),
            "<R><A>1</A><A>2</A><B><C>&lt;</C></B></R>"
        );
    }
}
