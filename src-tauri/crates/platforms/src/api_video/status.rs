//! How a video stands: what of it has been received, and whether it can be played.
//!
//! Pure. A word nobody knows means that the platform is still at it.

use crate::Review;
use serde::Deserialize;
use slipway_model::{Cause, Remote};
use std::time::Duration;

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Status {
    #[serde(default)]
    ingest: Option<Ingest>,
    #[serde(default)]
    encoding: Option<Encoding>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ingest {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    filesize: Option<f64>,
    #[serde(default)]
    received_bytes: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    received_parts: Option<ReceivedParts>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ReceivedParts {
    #[serde(default)]
    parts: Option<Vec<u32>>,
    #[serde(default)]
    total: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Encoding {
    #[serde(default)]
    playable: Option<bool>,
    #[serde(default)]
    qualities: Option<Vec<Quality>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Quality {
    #[serde(default)]
    status: Option<String>,
}

/// What the platform has of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Received {
    /// Nothing yet.
    Nothing,
    /// These parts, ascending, of so many where it tells.
    Parts(Vec<u32>, Option<u64>),
    /// Byte ranges: somebody else's upload.
    Ranges,
    /// All of it, of this size where it tells.
    Whole(Option<u64>),
}

impl Status {
    fn word(&self) -> &str {
        let ingest = self.ingest.as_ref();
        ingest.and_then(|i| i.status.as_deref()).unwrap_or_default()
    }

    pub(super) fn received(&self) -> Received {
        let Some(ingest) = &self.ingest else {
            return Received::Nothing;
        };
        if !matches!(self.word(), "uploading" | "") {
            let size = ingest.filesize.filter(|size| *size >= 0.0);
            return Received::Whole(size.map(|size| size as u64));
        }
        if ingest
            .received_bytes
            .as_ref()
            .is_some_and(|r| !r.is_empty())
        {
            return Received::Ranges;
        }
        let parts = ingest.received_parts.clone().unwrap_or_default();
        let mut numbers = parts.parts.unwrap_or_default();
        numbers.sort_unstable();
        numbers.dedup();
        match (numbers.is_empty(), parts.total) {
            (true, None) => Received::Nothing,
            (_, total) => Received::Parts(numbers, total),
        }
    }

    /// How the encoding stands, with the platform's own words.
    pub(super) fn review(&self, remote: &Remote) -> Review {
        let encoding = self.encoding.clone().unwrap_or_default();
        let qualities = encoding.qualities.unwrap_or_default();
        let count = |word: &str| {
            let same = |quality: &&Quality| quality.status.as_deref() == Some(word);
            qualities.iter().filter(same).count()
        };
        let (encoded, failed) = (count("encoded"), count("failed"));
        if encoding.playable == Some(true) {
            return Review::Published(Remote {
                words: Some("playable".into()),
                ..remote.clone()
            });
        }
        if failed > 0 && failed == qualities.len() {
            let cause = Cause::new("api_video_encoding_failed")
                .with("platform", super::NAME)
                .with("qualities", failed)
                .detail(format!("{} failed {failed}/{failed}", self.word()));
            return Review::Refused(cause);
        }
        let words = if qualities.is_empty() {
            self.word().to_owned()
        } else {
            format!("{} {encoded}/{}", self.word(), qualities.len())
        };
        let words: String = words.chars().filter(|c| !c.is_control()).take(80).collect();
        Review::Pending(Remote {
            words: Some(words),
            ..remote.clone()
        })
    }
}

/// 2 s, half as long again each time, at most 30 s: reads are limited to 100 a minute in the sandbox.
pub(super) fn look_after(looks: u32, _since: Duration) -> Duration {
    let seconds = 2.0 * 1.5_f64.powi(i32::try_from(looks.saturating_sub(1).min(20)).unwrap_or(20));
    Duration::from_secs_f64(seconds.min(30.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> Status {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_received_is_read_from_either_form() {
        for (text, received) in [
            ("{}", Received::Nothing),
            (
                r#"{"ingest":{"status":"uploading","filesize":null,"receivedBytes":[],"receivedParts":{"parts":[4,1,2,2],"total":5}}}"#,
                Received::Parts(vec![1, 2, 4], Some(5)),
            ),
            (
                r#"{"ingest":{"status":"uploading","receivedParts":{"parts":[],"total":null}}}"#,
                Received::Nothing,
            ),
            (
                r#"{"ingest":{"status":"uploading","receivedBytes":[{"from":0,"to":9,"total":20}]}}"#,
                Received::Ranges,
            ),
            (
                r#"{"ingest":{"status":"uploaded","filesize":273579401}}"#,
                Received::Whole(Some(273_579_401)),
            ),
            (r#"{"ingest":{"status":"merging"}}"#, Received::Whole(None)),
            (
                r#"{"ingest":{"status":"pondering"}}"#,
                Received::Whole(None),
            ),
        ] {
            assert_eq!(status(text).received(), received, "{text}");
        }
    }

    #[test]
    fn a_video_is_out_when_it_can_be_played_and_failed_when_nothing_was_encoded() {
        let remote = Remote {
            id: "vi1".into(),
            url: None,
            words: None,
        };
        let with = |playable: bool, words: &[&str]| {
            let qualities: Vec<String> = words
                .iter()
                .map(|word| format!(r#"{{"type":"hls","quality":"240p","status":"{word}"}}"#))
                .collect();
            status(&format!(
                r#"{{"ingest":{{"status":"ingested"}},"encoding":{{"playable":{playable},"qualities":[{}]}}}}"#,
                qualities.join(",")
            ))
            .review(&remote)
        };
        assert!(matches!(
            with(true, &["encoded", "failed"]),
            Review::Published(_)
        ));
        assert!(matches!(
            with(false, &["failed", "failed"]),
            Review::Refused(_)
        ));
        for words in [&["failed", "waiting"][..], &["encoding"], &[]] {
            assert!(
                matches!(with(false, words), Review::Pending(_)),
                "{words:?}"
            );
        }
    }

    #[test]
    fn looks_grow_to_half_a_minute() {
        let since = Duration::ZERO;
        assert_eq!(look_after(1, since), Duration::from_secs(2));
        assert_eq!(look_after(2, since), Duration::from_secs(3));
        assert_eq!(look_after(1000, since), Duration::from_secs(30));
    }
}
