//! Everything that can be made to go wrong, and one ready example of each.
//!
//! Data only: what a fault does is in `server` and `intake`.

use serde::{Deserialize, Serialize};

use super::call::Call;
use crate::fault;

/// A fault with what it strikes.
pub type Rule = fault::Rule<Fault, Call>;
pub(crate) type Script = fault::Script<Fault, Call>;

/// One thing that goes wrong. `applied` says whether the call has taken effect before its answer is spoilt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The call waits before anything is done with it.
    Latency { ms: u64 },
    /// The body is read no faster than this.
    Bandwidth { bytes_per_second: u64 },
    /// Reading stops after so many bytes of the body; without `for_ms` for ten minutes.
    Stall {
        after_bytes: u64,
        #[serde(default)]
        for_ms: Option<u64>,
    },
    /// The connection is reset after so many bytes of the body.
    Reset { after_bytes: u64 },
    /// The call takes effect and the connection ends without an answer.
    AnswerLost {
        #[serde(default)]
        reset: bool,
    },
    /// The call takes effect, then nothing for a while, then the answer: the merge after the last part.
    Hang { ms: u64 },
    /// A gateway's HTML page.
    HttpStatus {
        status: u16,
        #[serde(default)]
        applied: bool,
    },
    /// The status the call came to, and no body.
    EmptyBody {
        #[serde(default)]
        applied: bool,
    },
    /// The status the call came to and half of the JSON, its length honest.
    TruncatedJson {
        #[serde(default)]
        applied: bool,
    },
    /// The connection ends in the middle of the answer.
    CutAnswer {
        #[serde(default)]
        applied: bool,
    },
    /// 500 in the platform's own form.
    ServerError {
        #[serde(default)]
        applied: bool,
    },
    /// 429 with so many seconds in `X-RateLimit-Retry-After`, and in `Retry-After` when `standard` is set.
    TooMany {
        retry_after_s: u64,
        #[serde(default)]
        standard: bool,
    },
    /// The part is acknowledged and thrown away.
    NotStored,
    /// The upload token of the request ends here and now.
    UploadTokenExpired,
    /// The access token of the request ends here and now.
    BearerExpired,
    /// The account is suspended from now on.
    Suspended,
    /// The video of the request is gone, as an unfinished one after seven days.
    Vanished,
    /// The status tells these parts, whatever is held.
    Listing { parts: Vec<u32> },
    /// The status tells this size of the file, whatever was received.
    FileSize { bytes: u64 },
    /// The status stands at this word of `ingest.status`.
    Ingest { word: String },
    /// The status tells that every quality failed.
    EncodingFailed,
    /// New connections are reset at once.
    ConnectionRefused,
}

impl Fault {
    /// Strikes the first request that `call` names; narrow or widen it with the methods of `Rule`.
    pub fn on(self, call: Call) -> Rule {
        Rule::new(self, call)
    }

    /// The call a fault is about when a test does not say.
    fn usual_call(&self) -> Call {
        match self {
            Self::Latency { .. }
            | Self::HttpStatus { .. }
            | Self::EmptyBody { .. }
            | Self::TruncatedJson { .. }
            | Self::CutAnswer { .. }
            | Self::ServerError { .. }
            | Self::TooMany { .. }
            | Self::BearerExpired
            | Self::Suspended => Call::Any,
            Self::Bandwidth { .. }
            | Self::Stall { .. }
            | Self::Reset { .. }
            | Self::AnswerLost { .. }
            | Self::Hang { .. }
            | Self::NotStored
            | Self::Vanished => Call::Part,
            Self::UploadTokenExpired => Call::Upload,
            Self::Listing { .. }
            | Self::FileSize { .. }
            | Self::Ingest { .. }
            | Self::EncodingFailed => Call::Status,
            Self::ConnectionRefused => Call::Connection,
        }
    }

    /// A ready example of every fault. Their sizes suit a file of a few parts of 5 MiB or more.
    ///
    /// Each strikes a few times and then leaves the client alone, so that a client which does everything right ends with one
    /// video; the ones that need a person say so in `needs_a_person`.
    pub fn catalogue() -> Vec<(&'static str, Rule)> {
        use Call::{Any, Connection, Part, Source, Status, Thumbnail, Upload, VideoCreate};
        const MIB: u64 = 1 << 20;
        let page = |status, applied| Self::HttpStatus { status, applied };
        vec![
            ("latency", Self::Latency { ms: 150 }.on(Any).always()),
            (
                "bandwidth cap",
                Self::Bandwidth {
                    bytes_per_second: 32 * MIB,
                }
                .on(Part)
                .times(3),
            ),
            (
                "stall for a while",
                Self::Stall {
                    after_bytes: MIB,
                    for_ms: Some(400),
                }
                .on(Part),
            ),
            (
                "stall without end",
                Self::Stall {
                    after_bytes: MIB,
                    for_ms: None,
                }
                .on(Part),
            ),
            (
                "reset in the middle of a part",
                Self::Reset { after_bytes: MIB }.on(Part).times(2),
            ),
            (
                "part stored, answer lost",
                Self::AnswerLost { reset: false }.on(Part),
            ),
            (
                "part stored, answer reset",
                Self::AnswerLost { reset: true }.on(Part),
            ),
            (
                "container made, answer lost",
                Self::AnswerLost { reset: false }.on(VideoCreate),
            ),
            ("http 502 on a part", page(502, false).on(Part).times(2)),
            ("http 504 on the container", page(504, true).on(VideoCreate)),
            (
                "http 500 in its own form",
                Self::ServerError { applied: false }.on(Part),
            ),
            (
                "too many requests",
                Self::TooMany {
                    retry_after_s: 1,
                    standard: false,
                }
                .on(Part),
            ),
            ("empty body", Self::EmptyBody { applied: true }.on(Part)),
            (
                "truncated answer",
                Self::TruncatedJson { applied: true }.on(Part),
            ),
            (
                "cut answer",
                Self::CutAnswer { applied: true }.on(VideoCreate),
            ),
            (
                "the merge takes a while",
                Self::Hang { ms: 1500 }.on(Part).nth(2),
            ),
            (
                "upload token ends between parts",
                Self::UploadTokenExpired.on(Upload).nth(2),
            ),
            (
                "access token ends between parts",
                Self::BearerExpired.on(Source).nth(2),
            ),
            ("container vanishes", Self::Vanished.on(Part).nth(2)),
            ("thumbnail fails once", page(502, false).on(Thumbnail)),
            (
                "stuck in merging for a while",
                Self::Ingest {
                    word: "merging".into(),
                }
                .on(Status)
                // The first may be asked before a part was sent.
                .nth(2)
                .times(2),
            ),
            (
                "a word nobody knows",
                Self::Ingest {
                    word: "pondering".into(),
                }
                .on(Status)
                .nth(2),
            ),
            (
                "connections reset at once",
                Self::ConnectionRefused.on(Connection).times(2),
            ),
            ("suspended account", Self::Suspended.on(Part)),
        ]
    }

    /// Whether no client can get past it alone.
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::Suspended | Self::EncodingFailed)
    }

    /// Whether the call must not take effect.
    pub(crate) fn refuses(&self) -> bool {
        matches!(
            self,
            Self::HttpStatus { applied: false, .. }
                | Self::EmptyBody { applied: false }
                | Self::TruncatedJson { applied: false }
                | Self::CutAnswer { applied: false }
                | Self::ServerError { applied: false }
                | Self::TooMany { .. }
        )
    }
}

impl From<Fault> for Rule {
    fn from(fault: Fault) -> Self {
        let call = fault.usual_call();
        fault.on(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_survives_its_json_form() {
        for (name, rule) in Fault::catalogue() {
            let text = serde_json::to_string(&rule).unwrap();
            let back: Rule = serde_json::from_str(&text).unwrap();
            assert_eq!(back, rule, "{name}: {text}");
        }
    }
}
