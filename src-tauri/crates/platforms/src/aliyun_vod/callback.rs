//! What the platform tells a studio's own endpoint about its media: checked, then read.
//!
//! For a studio's server: a desktop has no address to be told at, and nothing here depends on being told. Always holds: what is not signed is not
//! read; a signature is compared in constant time and only taken near its time; the same event may come several times, and none comes for an upload
//! that failed on its way. Source: <https://help.aliyun.com/zh/vod/user-guide/event-notification>, read 2026-11-22.

use md5::Digest as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};

/// Larger messages are not the platform's.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How far the time of a message may be from ours. None is published; ours.
pub const WINDOW_S: i64 = 300;

/// A message that was signed with the account's callback key.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub event: Event,
    /// As the platform writes it: `YYYY-MM-DDThh:mm:ssZ`.
    pub time: String,
    /// What was given as `Extend` when the media was made.
    pub extend: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The file of a video or of an audio has come.
    FileUploadComplete(FileUpload),
    ImageUploadComplete(ImageUpload),
    AttachedMediaUploadComplete(AttachedUpload),
    /// The platform has fetched a file, or has given up.
    UploadByUrlComplete(UrlUpload),
    /// One stream of a video is there.
    StreamTranscodeComplete(Transcode),
    /// All streams of a video are there.
    TranscodeComplete(Transcode),
    SnapshotComplete(Snapshot),
    /// Another one; the rest of it as it came.
    Other {
        name: String,
        body: Value,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FileUpload {
    pub video_id: String,
    #[serde(default, deserialize_with = "number")]
    pub size: u64,
    #[serde(default)]
    pub file_url: String,
    #[serde(default)]
    pub status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImageUpload {
    pub image_id: String,
    #[serde(default, deserialize_with = "number")]
    pub size: u64,
    #[serde(default, rename = "FileURL")]
    pub file_url: String,
    #[serde(default)]
    pub status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedUpload {
    pub attached_media_id: String,
    #[serde(default, deserialize_with = "number")]
    pub size: u64,
    #[serde(default, rename = "FileURL")]
    pub file_url: String,
    #[serde(default)]
    pub status: String,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UrlUpload {
    pub job_id: String,
    /// May carry a bearer secret, so it does not print.
    #[serde(default, rename = "SourceURL")]
    pub source_url: String,
    #[serde(default)]
    pub video_id: String,
    #[serde(default, deserialize_with = "number")]
    pub size: u64,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub error_code: String,
    #[serde(default)]
    pub error_message: String,
}

impl std::fmt::Debug for UrlUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            job_id,
            video_id,
            status,
            error_code,
            ..
        } = self;
        write!(f, "UrlUpload({job_id} {video_id} {status} {error_code})")
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Transcode {
    pub video_id: String,
    #[serde(default)]
    pub status: String,
    /// Of one stream.
    #[serde(default)]
    pub definition: String,
    #[serde(default)]
    pub format: String,
    #[serde(default)]
    pub file_url: String,
    /// Of all of them.
    #[serde(default)]
    pub stream_infos: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Snapshot {
    pub video_id: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub cover_url: String,
    #[serde(default)]
    pub snapshots: Vec<Value>,
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the message is not signed with the account's callback key")]
    Unsigned,
    #[error("the message is too old, or from the future")]
    OutOfTime,
    #[error("the message is not one of the platform's")]
    NotUnderstood,
}

/// Checks and reads a message. `url` is the callback address as it is set at the platform, `now_s` the time in seconds since 1970; `header` gives a
/// header of the request by its name in lower case.
///
/// # Errors
/// `Unsigned` and `OutOfTime` before anything of the body is looked at.
pub fn read<'a>(
    url: &str,
    key: &SecretString,
    now_s: i64,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
) -> Result<Message, Refusal> {
    if body.len() > BODY_BYTES_MAX {
        return Err(Refusal::NotUnderstood);
    }
    let timestamp = header("x-vod-timestamp").ok_or(Refusal::Unsigned)?.trim();
    let given = header("x-vod-signature").ok_or(Refusal::Unsigned)?.trim();
    let ours = signature(url, timestamp, key);
    let given = given.to_ascii_lowercase();
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(given.as_bytes(), ours.as_bytes());
    same.map_err(|_| Refusal::Unsigned)?;
    let at_s: i64 = timestamp.parse().map_err(|_| Refusal::OutOfTime)?;
    if now_s.abs_diff(at_s) > WINDOW_S.unsigned_abs() {
        return Err(Refusal::OutOfTime);
    }
    parse(body).ok_or(Refusal::NotUnderstood)
}

/// Lower-case hex MD5 of `url|timestamp|key`.
fn signature(url: &str, timestamp: &str, key: &SecretString) -> String {
    let mut hash = md5::Md5::new();
    for piece in [url, "|", timestamp, "|", key.expose_secret()] {
        hash.update(piece.as_bytes());
    }
    hex::encode(hash.finalize())
}

fn parse(body: &[u8]) -> Option<Message> {
    let fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    // Some of the published samples have spaces behind their names.
    let fields: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| (name.trim().to_owned(), value))
        .collect();
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let (name, time) = (text("EventType")?.trim().to_owned(), text("EventTime"));
    let (time, extend) = (time.unwrap_or_default().to_owned(), text("Extend"));
    let extend = extend
        .filter(|text| !text.is_empty())
        .map(ToOwned::to_owned);
    let body = Value::Object(fields.clone());
    let event = match name.as_str() {
        "FileUploadComplete" => Event::FileUploadComplete(of(body)?),
        "ImageUploadComplete" => Event::ImageUploadComplete(of(body)?),
        "AttachedMediaUploadComplete" => Event::AttachedMediaUploadComplete(of(body)?),
        "UploadByURLComplete" => Event::UploadByUrlComplete(of(body)?),
        "StreamTranscodeComplete" => Event::StreamTranscodeComplete(of(body)?),
        "TranscodeComplete" => Event::TranscodeComplete(of(body)?),
        "SnapshotComplete" => Event::SnapshotComplete(of(body)?),
        _ => Event::Other { name, body },
    };
    Some(Message {
        event,
        time,
        extend,
    })
}

fn of<T: DeserializeOwned>(body: Value) -> Option<T> {
    serde_json::from_value(body).ok()
}

/// A number, or one as text; sizes come as both.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_u64().unwrap_or(0),
        Value::String(text) => text.trim().parse().unwrap_or(0),
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:8099/vod/callback";
    const AT: &str = "1767323045";

    fn key() -> SecretString {
        "ExampleAuthKey01".into()
    }

    fn message(
        body: &str,
        signature: &str,
        timestamp: &str,
        now_s: i64,
    ) -> Result<Message, Refusal> {
        let header = |name: &str| match name {
            "x-vod-timestamp" => Some(timestamp),
            "x-vod-signature" => Some(signature),
            _ => None,
        };
        read(URL, &key(), now_s, header, body.as_bytes())
    }

    fn signed(body: &str) -> Result<Message, Refusal> {
        message(body, "048ce537280033aa9f8989ba330344f7", AT, 1_767_323_100)
    }

    #[test]
    fn the_signature_agrees_with_the_published_one() {
        let url = "https://www.example.com/your/callback";
        assert_eq!(
            signature(url, "1519375990", &"test123".into()),
            "c72b60894140fa98920f1279219b7ed4"
        );
        assert_eq!(
            signature(URL, AT, &key()),
            "048ce537280033aa9f8989ba330344f7"
        );
    }

    #[test]
    fn what_is_not_signed_or_not_of_now_is_not_read() {
        let right = "048ce537280033aa9f8989ba330344f7";
        let body = r#"{"EventType":"x"}"#;
        for wrong in ["", "048c", "048ce537280033aa9f8989ba330344f8"] {
            assert_eq!(
                message(body, wrong, AT, 1_767_323_045),
                Err(Refusal::Unsigned)
            );
        }
        let moved = message(body, right, "1767323046", 1_767_323_045);
        assert_eq!(moved, Err(Refusal::Unsigned), "the time is signed too");
        for (now_s, taken) in [
            (1_767_323_045 + WINDOW_S, true),
            (1_767_323_045 - WINDOW_S, true),
            (1_767_323_046 + WINDOW_S, false),
            (1_767_323_044 - WINDOW_S, false),
            (i64::MIN, false),
        ] {
            let read = message(body, &right.to_uppercase(), AT, now_s);
            assert_eq!(read.is_ok(), taken, "{now_s}");
            if !taken {
                assert_eq!(read, Err(Refusal::OutOfTime));
            }
        }
        let none = read(URL, &key(), 0, |_| None, body.as_bytes());
        assert_eq!(none, Err(Refusal::Unsigned));
    }

    #[test]
    fn each_event_is_read_with_its_fields() {
        let body = r#"{"EventTime":"2026-01-02T03:10:00Z","EventType ":"FileUploadComplete","VideoId":"0a1b","Size":103400,"FileUrl":"http://o/x.mp4","Status":"success","Extend":"{\"taskId\":\"42\"}"}"#;
        let read = signed(body).unwrap();
        assert_eq!(read.time, "2026-01-02T03:10:00Z");
        assert_eq!(read.extend.as_deref(), Some(r#"{"taskId":"42"}"#));
        let Event::FileUploadComplete(file) = read.event else {
            panic!("a file came");
        };
        assert_eq!((file.video_id.as_str(), file.size), ("0a1b", 103_400));

        let body = r#"{"EventType":"UploadByURLComplete","JobId":"86c1","SourceURL":"https://a/x.mp4?sig=SECRET","VideoId":"0a","Size":"20971520","Status":"fail","ErrorCode":"URLInvalidError","ErrorMessage":"no"}"#;
        let read = signed(body).unwrap();
        assert!(!format!("{read:?}").contains("SECRET"));
        let Event::UploadByUrlComplete(fetched) = read.event else {
            panic!("a download ended");
        };
        assert_eq!(
            (fetched.size, fetched.error_code.as_str()),
            (20_971_520, "URLInvalidError")
        );

        for (name, id) in [
            ("ImageUploadComplete", "ImageId"),
            ("AttachedMediaUploadComplete", "AttachedMediaId"),
            ("StreamTranscodeComplete", "VideoId"),
            ("TranscodeComplete", "VideoId"),
            ("SnapshotComplete", "VideoId"),
        ] {
            let body = format!(r#"{{"EventType":"{name}","{id}":"x"}}"#);
            let read = signed(&body).unwrap();
            assert!(!matches!(read.event, Event::Other { .. }), "{name}");
            let without = format!(r#"{{"EventType":"{name}"}}"#);
            assert_eq!(signed(&without), Err(Refusal::NotUnderstood), "{name}");
        }
        let other = signed(r#"{"EventType":"DeleteMediaComplete","MediaType":"video"}"#);
        let Event::Other { name, body } = other.unwrap().event else {
            panic!("nothing is known of it");
        };
        assert_eq!(
            (name.as_str(), &body["MediaType"]),
            ("DeleteMediaComplete", &"video".into())
        );
        for broken in ["", "[]", "{}", r#"{"EventType":7}"#] {
            assert_eq!(signed(broken), Err(Refusal::NotUnderstood), "{broken}");
        }
    }
}
