//! Everything that can be made to go wrong.
//!
//! Data only: what a fault does is in `server`, `intake` and the handlers.

use serde::{Deserialize, Serialize};

use super::call::Call;
use crate::fault;

/// A fault with what it strikes.
pub type Rule = fault::Rule<Fault, Call>;
pub(crate) type Script = fault::Script<Fault, Call>;

/// One thing that goes wrong. `applied` says whether the request has taken effect before its answer is spoilt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The request waits before anything is done with it.
    Latency { ms: u64 },
    /// An error in the platform's language, whatever the request was.
    Error {
        status: u16,
        code: String,
        #[serde(default)]
        retry_after_s: Option<u64>,
        #[serde(default)]
        applied: bool,
    },
    /// A gateway's HTML page; with status 200 a captive portal's.
    Html {
        status: u16,
        #[serde(default)]
        retry_after_s: Option<u64>,
        #[serde(default)]
        applied: bool,
    },
    /// The right status and half of the body, its length honest.
    Truncated {
        #[serde(default)]
        applied: bool,
    },
    /// The connection ends in the middle of the answer.
    CutAnswer {
        #[serde(default)]
        applied: bool,
    },
    /// The request takes effect and the connection ends without an answer.
    AnswerLost {
        #[serde(default)]
        reset: bool,
    },
    /// The connection is reset after so many bytes of the body.
    Reset { after_bytes: u64 },
    /// Reading stops after so many bytes and the connection stays open, without an end or for so long.
    Stall {
        after_bytes: u64,
        #[serde(default)]
        for_ms: Option<u64>,
    },
    /// The answer tells another checksum than what is stored.
    WrongChecksum,
    /// One bit is turned over before the part is stored; the answer tells of it.
    Corrupted,
    /// One bit of what is stored is turned over; the answer does not tell of it, the list does.
    Damaged,
    /// The part is acknowledged and thrown away.
    NotStored,
    /// The storage credential of the request ends here and now.
    CredentialExpired,
    /// The temporary key of the API call ends here and now.
    TokenExpired,
    /// A renewed credential comes with another place.
    Moved,
    /// The multipart upload of the request is gone, as after 7 days.
    UploadVanishes,
    /// Someone deletes the video of the request in the console.
    VideoDeleted,
    /// The server's clock is off by so much when it checks and dates the request.
    ClockSkew { seconds: i64 },
    /// New connections are reset at once.
    ConnectionRefused,
}

impl Fault {
    /// Strikes the first request that `call` names; narrow or widen it with the methods of `Rule`.
    pub fn on(self, call: Call) -> Rule {
        Rule::new(self, call)
    }

    /// The request must have no effect.
    pub(crate) fn refuses(&self) -> bool {
        matches!(
            self,
            Self::Error { applied: false, .. }
                | Self::Html { applied: false, .. }
                | Self::Truncated { applied: false }
                | Self::CutAnswer { applied: false }
        )
    }

    /// An error in the platform's language that has no effect.
    pub fn error(status: u16, code: &str) -> Self {
        Self::Error {
            status,
            code: code.into(),
            retry_after_s: None,
            applied: false,
        }
    }

    /// Whether no client can get past it alone.
    pub fn needs_a_person(&self) -> bool {
        false
    }

    /// A ready example of every fault.
    pub fn catalogue() -> Vec<(&'static str, Rule)> {
        use Call::{
            AssumeRole, Complete, Connection, CreateUploadVideo, ListParts, Oss,
            RefreshUploadVideo, Upload, UploadPart, Vod,
        };
        vec![
            ("latency", Self::Latency { ms: 100 }.on(Oss).always()),
            (
                "500 on a part",
                Self::error(500, "InternalError").on(UploadPart),
            ),
            (
                "503 with a wait",
                Self::Error {
                    status: 503,
                    code: "ServiceUnavailable".into(),
                    retry_after_s: Some(1),
                    applied: false,
                }
                .on(Upload),
            ),
            ("throttled", Self::error(400, "Throttling.User").on(Vod)),
            (
                "a page in the way",
                Self::Html {
                    status: 200,
                    retry_after_s: None,
                    applied: false,
                }
                .on(UploadPart),
            ),
            (
                "half an answer",
                Self::Truncated { applied: true }.on(ListParts),
            ),
            (
                "a cut answer",
                Self::CutAnswer { applied: true }.on(CreateUploadVideo),
            ),
            (
                "part stored, answer lost",
                Self::AnswerLost { reset: true }.on(Upload),
            ),
            (
                "completed, answer lost",
                Self::AnswerLost { reset: false }.on(Complete),
            ),
            (
                "reset in the middle of a part",
                Self::Reset {
                    after_bytes: 300_000,
                }
                .on(Upload),
            ),
            (
                "stall in the middle of a part",
                Self::Stall {
                    after_bytes: 300_000,
                    for_ms: None,
                }
                .on(Upload),
            ),
            ("wrong checksum told", Self::WrongChecksum.on(Upload)),
            ("part corrupted", Self::Corrupted.on(Upload)),
            ("part damaged in silence", Self::Damaged.on(UploadPart)),
            (
                "part acknowledged, not stored",
                Self::NotStored.on(UploadPart),
            ),
            (
                "credential over at part 2",
                Self::CredentialExpired.on(UploadPart).part(2),
            ),
            (
                "temporary key over",
                Self::TokenExpired.on(CreateUploadVideo),
            ),
            (
                "renewal with another place",
                Self::Moved.on(RefreshUploadVideo),
            ),
            (
                "renewal fails",
                Self::error(500, "InternalError").on(RefreshUploadVideo),
            ),
            ("upload gone", Self::UploadVanishes.on(ListParts)),
            ("video deleted", Self::VideoDeleted.on(RefreshUploadVideo)),
            (
                "clock ahead",
                Self::ClockSkew { seconds: 1200 }.on(Oss).always(),
            ),
            (
                "role refused",
                Self::error(403, "NoPermission").on(AssumeRole),
            ),
            ("no connection", Self::ConnectionRefused.on(Connection)),
        ]
    }
}
