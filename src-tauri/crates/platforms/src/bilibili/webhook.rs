//! What the platform tells a studio's own endpoint about works and grants: checked, then read.
//!
//! For a broker or a studio's server: a desktop has no address to be told at, and nothing here depends on being told. Always holds: what is not signed is
//! not read; a signature is compared in constant time; the same message may come several times. Source: the webhook documents as relayed
//! 2026-07-23; the second form of signature as one client checks it.

use super::sign;
use md5::Digest as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha1::Sha1;

/// Larger messages are not the platform's.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A message that was signed by the app's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub event: Event,
    /// As the platform writes it: `yyyy-MM-dd HH:mm:ss` in UTC+8.
    pub timestamp: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The platform looks whether the address is ours: to be answered with [`Event::answer`].
    Verify {
        data: i64,
    },
    /// A work is open.
    VideoOpen(About),
    /// A work was returned, or failed.
    VideoFail(About),
    /// A user granted permissions, or took them back; `permits` are those that are left.
    Authorize(Grant),
    Deauthorize(Grant),
    /// Another one; nothing is known of it but its name.
    Other {
        name: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct About {
    #[serde(default)]
    pub openid: String,
    #[serde(default)]
    pub client_id: String,
    pub resource_id: String,
    #[serde(default, deserialize_with = "super::wire::number")]
    pub state: i64,
    /// The platform's own words.
    #[serde(default)]
    pub state_desc: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Grant {
    #[serde(default)]
    pub openid: String,
    #[serde(default)]
    pub client_id: String,
    #[serde(default)]
    pub permits: Vec<String>,
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the message is not signed by the app's secret")]
    Unsigned,
    #[error("the message is not one of the platform's")]
    NotUnderstood,
}

#[derive(Deserialize)]
struct Envelope {
    event: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    timestamp: String,
}

impl Event {
    /// What the address check is answered with.
    pub fn answer(&self) -> Option<String> {
        match self {
            Self::Verify { data } => Some(serde_json::json!({ "data": data }).to_string()),
            _ => None,
        }
    }
}

/// Checks and reads a message. `header` gives a header of the request by its name in lower case.
///
/// # Errors
/// `Unsigned` before anything of the body is looked at.
pub fn read<'a>(
    app_secret: &SecretString,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
) -> Result<Message, Refusal> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Refusal::NotUnderstood);
    }
    if !is_signed(app_secret, &header, body) {
        return Err(Refusal::Unsigned);
    }
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Refusal::NotUnderstood)?;
    let content = envelope.content;
    let about = |content| serde_json::from_value(content).map_err(|_| Refusal::NotUnderstood);
    let grant = |content| serde_json::from_value(content).map_err(|_| Refusal::NotUnderstood);
    let event = match envelope.event.as_str() {
        "verify_webhooks" => Event::Verify {
            data: content["data"].as_i64().ok_or(Refusal::NotUnderstood)?,
        },
        "video_open" => Event::VideoOpen(about(content)?),
        "video_fail" => Event::VideoFail(about(content)?),
        "authorize" => Event::Authorize(grant(content)?),
        "deauthorize" => Event::Deauthorize(grant(content)?),
        name => Event::Other {
            name: name.chars().filter(|c| !c.is_control()).take(80).collect(),
        },
    };
    Ok(Message {
        event,
        timestamp: envelope.timestamp,
    })
}

/// By `x-bilibili-signature`, or by the headers that calls to the platform carry.
fn is_signed<'a>(
    app_secret: &SecretString,
    header: &impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
) -> bool {
    if let Some(given) = header("x-bilibili-signature") {
        let mut hash = Sha1::new();
        hash.update(app_secret.expose_secret().as_bytes());
        hash.update(body);
        return same(given, &hex::encode(hash.finalize()));
    }
    let named = |name: &str| header(name).unwrap_or_default();
    let Ok(timestamp_s) = named("x-bili-timestamp").parse() else {
        return false;
    };
    let md5 = sign::content_md5(body);
    let ours = sign::headers(
        named("x-bili-accesskeyid"),
        app_secret,
        &md5,
        named("x-bili-signature-nonce"),
        timestamp_s,
    );
    ours.iter().all(|(name, value)| same(named(name), value))
}

/// Takes the same time wherever they differ.
fn same(given: &str, ours: &str) -> bool {
    let given = given.trim().as_bytes();
    given.len() == ours.len()
        && given.iter().zip(ours.bytes()).fold(0, |sum, (a, b)| {
            sum | (a.to_ascii_lowercase() ^ b.to_ascii_lowercase())
        }) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn secret() -> SecretString {
        "demo-secret-not-real-0123456789ab".into()
    }

    fn message(body: &str, headers: &[(&str, &str)]) -> Result<Message, Refusal> {
        let headers: HashMap<&str, &str> = headers.iter().copied().collect();
        read(
            &secret(),
            |name| headers.get(name).copied(),
            body.as_bytes(),
        )
    }

    fn sha1(body: &str) -> String {
        let mut hash = Sha1::new();
        hash.update(secret().expose_secret());
        hash.update(body);
        hex::encode(hash.finalize())
    }

    #[test]
    fn the_address_check_of_the_vector_is_answered() {
        let body = r#"{"event":"verify_webhooks","content":{"data":24681357},"timestamp":"2026-01-02 03:04:05"}"#;
        let signature = "68ec052c30f2236aec5705be913828e0e65c9e17";
        let read = message(body, &[("x-bilibili-signature", signature)]).unwrap();
        assert_eq!(read.event.answer().as_deref(), Some(r#"{"data":24681357}"#));
        assert_eq!(read.timestamp, "2026-01-02 03:04:05");
        for wrong in ["", "68ec052c30f2236aec5705be913828e0e65c9e18", "68ec"] {
            let refused = message(body, &[("x-bilibili-signature", wrong)]);
            assert_eq!(refused, Err(Refusal::Unsigned), "{wrong}");
        }
        assert_eq!(message(body, &[]), Err(Refusal::Unsigned));
    }

    #[test]
    fn the_headers_of_a_signed_call_are_taken_too() {
        let body = r#"{"event":"authorize","content":{"openid":"o","client_id":"c","permits":["ARC_BASE"]}}"#;
        let md5 = sign::content_md5(body.as_bytes());
        let made = sign::headers("demo0000client01", &secret(), &md5, "n1", 1_790_000_000);
        let headers: Vec<(&str, &str)> = made.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let Event::Authorize(grant) = message(body, &headers).unwrap().event else {
            panic!("it is a grant");
        };
        assert_eq!(grant.permits, ["ARC_BASE"]);
        let other = body.replace("ARC_BASE", "ARC_DATA");
        assert_eq!(message(&other, &headers), Err(Refusal::Unsigned));
    }

    #[test]
    fn works_are_told_with_the_platforms_words_and_unknown_events_by_name() {
        let body = r#"{"event":"video_fail","content":{"resource_id":"BV1","state":"-2","state_desc":"已退回"}}"#;
        let read = message(body, &[("x-bilibili-signature", &sha1(body))]).unwrap();
        let Event::VideoFail(about) = read.event else {
            panic!("it failed");
        };
        assert_eq!((about.state, about.state_desc.as_str()), (-2, "已退回"));
        let body = r#"{"event":"publish_video","content":{}}"#;
        let read = message(body, &[("x-bilibili-signature", &sha1(body))]).unwrap();
        let name = "publish_video".into();
        assert_eq!(read.event, Event::Other { name });
        for broken in ["{", r#"{"event":"video_open","content":{}}"#, "[]"] {
            let refused = message(broken, &[("x-bilibili-signature", &sha1(broken))]);
            assert_eq!(refused, Err(Refusal::NotUnderstood), "{broken}");
        }
    }
}
