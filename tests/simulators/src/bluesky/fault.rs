//! Everything that can be made to go wrong, and one ready example of each.
//!
//! Data only: what a fault does is in `server`, `video` and `jobs`.

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
    /// Reading stops after so many bytes of the body and the connection stays open; without `for_ms` for ten minutes.
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
    /// An answer while the body is still being sent, then the connection is closed.
    EarlyAnswer { status: u16 },
    /// A gateway's HTML page.
    HttpStatus {
        status: u16,
        #[serde(default)]
        retry_after_s: Option<u64>,
        #[serde(default)]
        applied: bool,
    },
    /// An error of the protocol with this name.
    Named {
        status: u16,
        error: String,
        #[serde(default)]
        message: String,
        #[serde(default)]
        retry_after_s: Option<u64>,
        #[serde(default)]
        applied: bool,
    },
    /// HTTP 200 and nothing.
    EmptyBody {
        #[serde(default)]
        applied: bool,
    },
    /// HTTP 200 and half of the JSON, its length honest.
    TruncatedJson {
        #[serde(default)]
        applied: bool,
    },
    /// The connection ends in the middle of the answer.
    CutAnswer {
        #[serde(default)]
        applied: bool,
    },
    /// An answer of so many bytes that is JSON in form and endless in kind.
    Oversized { bytes: u64 },
    /// The part is acknowledged and thrown away.
    NotStored,
    /// One bit of what was sent is turned over before it is stored.
    Corrupted,
    /// The service token of this request is taken for expired.
    ServiceTokenExpired,
    /// The access token of this request ends here and now.
    AccessTokenExpired,
    /// The session of this multipart upload ends here and now.
    UploadExpired,
    /// The status names every part, whatever is held.
    LyingParts,
    /// After this call nothing is left of today's quota.
    QuotaGone,
    /// The proof's nonce is renewed before the call is looked at.
    NonceRenewed,
    /// Finishing takes so many more calls before it is done.
    FinishingFor { calls: u32 },
    /// The job fails.
    JobFails {
        error: String,
        message: String,
        #[serde(default)]
        failure_code: Option<String>,
        /// The blob is there all the same.
        #[serde(default)]
        with_blob: bool,
    },
    /// The job never leaves ENCODING.
    JobStuck,
    /// The job is COMPLETED and shows no blob.
    JobWithoutBlob,
    /// The blob is removed from the server before it is posted.
    BlobCollected,
}

impl Fault {
    /// Strikes the first request that `call` names; narrow or widen it with the methods of `Rule`.
    pub fn on(self, call: Call) -> Rule {
        Rule::new(self, call)
    }

    /// A gateway's page without effect.
    pub fn page(status: u16) -> Self {
        Self::HttpStatus {
            status,
            retry_after_s: None,
            applied: false,
        }
    }

    /// An error of the protocol without effect.
    pub fn named(status: u16, error: &str) -> Self {
        Self::Named {
            status,
            error: error.into(),
            message: String::new(),
            retry_after_s: None,
            applied: false,
        }
    }

    /// The call a fault is about when a test does not say.
    fn usual_call(&self) -> Call {
        match self {
            Self::Latency { .. } => Call::Any,
            Self::Bandwidth { .. }
            | Self::Stall { .. }
            | Self::Reset { .. }
            | Self::AnswerLost { .. }
            | Self::EarlyAnswer { .. }
            | Self::HttpStatus { .. }
            | Self::Named { .. }
            | Self::EmptyBody { .. }
            | Self::TruncatedJson { .. }
            | Self::CutAnswer { .. }
            | Self::Oversized { .. }
            | Self::Corrupted
            | Self::ServiceTokenExpired => Call::Bytes,
            Self::NotStored | Self::UploadExpired => Call::Part,
            Self::AccessTokenExpired | Self::NonceRenewed => Call::Pds,
            Self::LyingParts => Call::Status,
            Self::QuotaGone => Call::Limits,
            Self::FinishingFor { .. } => Call::Finish,
            Self::JobFails { .. } | Self::JobStuck | Self::JobWithoutBlob => Call::Encode,
            Self::BlobCollected => Call::PutRecord,
        }
    }

    /// A ready example of every fault. Each strikes a few times and then leaves the client alone, so that a client which does everything right
    /// ends with one post; the ones that need a person say so in `needs_a_person`.
    pub fn catalogue() -> Vec<(&'static str, Rule)> {
        use Call::{Bytes, Finish, Job, Limits, Part, Pds, PutRecord, Start};
        const HALF_MIB: u64 = 512 * 1024;
        let lost = Self::AnswerLost { reset: false };
        vec![
            (
                "1 latency",
                Self::Latency { ms: 100 }.on(Call::Any).always(),
            ),
            (
                "1 bandwidth cap",
                Self::Bandwidth {
                    bytes_per_second: 8 << 20,
                }
                .on(Bytes)
                .times(3),
            ),
            (
                "1 stall for a while",
                Self::Stall {
                    after_bytes: HALF_MIB,
                    for_ms: Some(400),
                }
                .on(Bytes)
                .times(2),
            ),
            (
                "1 stall without end",
                Self::Stall {
                    after_bytes: HALF_MIB,
                    for_ms: None,
                }
                .on(Bytes),
            ),
            (
                "2 reset in the middle of a part",
                Self::Reset {
                    after_bytes: HALF_MIB,
                }
                .on(Bytes)
                .times(2),
            ),
            (
                "2 early 401 while the body is sent",
                Self::EarlyAnswer { status: 401 }.on(Bytes),
            ),
            ("3 part stored, answer lost", lost.clone().on(Bytes)),
            ("3 part acknowledged, not stored", Self::NotStored.on(Part)),
            ("4 http 502 on a part", Self::page(502).on(Bytes).times(2)),
            (
                "4 overloaded with retry-after",
                Self::Named {
                    status: 503,
                    error: "ServiceOverloaded".into(),
                    message: "try later".into(),
                    retry_after_s: Some(1),
                    applied: false,
                }
                .on(Bytes),
            ),
            (
                "4 truncated json on start",
                Self::TruncatedJson { applied: true }.on(Start),
            ),
            (
                "4 empty body on finish",
                Self::EmptyBody { applied: true }.on(Finish),
            ),
            (
                "4 cut answer of a part",
                Self::CutAnswer { applied: true }.on(Bytes),
            ),
            (
                "4 an endless answer",
                Self::Oversized { bytes: 8 << 20 }.on(Job),
            ),
            (
                "5 service token ends between parts",
                Self::ServiceTokenExpired.on(Part).nth(2),
            ),
            (
                "5 service token ends before finish",
                Self::ServiceTokenExpired.on(Finish),
            ),
            (
                "5 access token ends",
                Self::AccessTokenExpired.on(Pds).nth(2),
            ),
            ("5 nonce renewed", Self::NonceRenewed.on(Pds).times(3)),
            ("6 upload session ends", Self::UploadExpired.on(Part).nth(2)),
            ("6 finish answer lost", lost.clone().on(Finish)),
            (
                "6 finishing for some calls",
                Self::FinishingFor { calls: 3 }.on(Finish),
            ),
            ("7 job status fails", Self::page(502).on(Job).times(3)),
            (
                "7 job fails once",
                Self::job_fails("generic_failure", "Failed to process video").on(Call::Encode),
            ),
            ("7 job without blob", Self::JobWithoutBlob.on(Call::Encode)),
            ("7 job stuck", Self::JobStuck.on(Call::Encode)),
            (
                "7 failed with a blob",
                Self::JobFails {
                    error: "already_exists".into(),
                    message: "Video already processed".into(),
                    failure_code: None,
                    with_blob: true,
                }
                .on(Call::Encode),
            ),
            ("8 post made, answer lost", lost.on(PutRecord)),
            (
                "8 post made, http 500",
                Self::HttpStatus {
                    status: 500,
                    retry_after_s: None,
                    applied: true,
                }
                .on(PutRecord),
            ),
            (
                "8 blob collected before the post",
                Self::BlobCollected.on(PutRecord),
            ),
            (
                "9 rate limited",
                Self::Named {
                    status: 429,
                    error: "RateLimitExceeded".into(),
                    message: "Rate Limit Exceeded".into(),
                    retry_after_s: Some(1),
                    applied: false,
                }
                .on(Pds),
            ),
            ("9 quota gone after the check", Self::QuotaGone.on(Limits)),
        ]
    }

    /// A failed job with this code.
    pub fn job_fails(failure_code: &str, message: &str) -> Self {
        Self::JobFails {
            error: "video processing error".into(),
            message: message.into(),
            failure_code: Some(failure_code.into()),
            with_blob: false,
        }
    }

    /// Whether no client can get past it alone.
    pub fn needs_a_person(&self) -> bool {
        // A video that the service knows is not stored a second time: what the real one does then is not known.
        matches!(
            self,
            Self::QuotaGone | Self::JobStuck | Self::JobWithoutBlob | Self::BlobCollected
        )
    }

    /// Whether the call must not take effect.
    pub(crate) fn refuses(&self) -> bool {
        matches!(
            self,
            Self::HttpStatus { applied: false, .. }
                | Self::Named { applied: false, .. }
                | Self::EmptyBody { applied: false }
                | Self::TruncatedJson { applied: false }
                | Self::CutAnswer { applied: false }
                | Self::Oversized { .. }
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_example_survives_its_json_form() {
        for (name, rule) in Fault::catalogue() {
            let text = serde_json::to_string(&rule).unwrap();
            let read: Rule = serde_json::from_str(&text).unwrap();
            assert_eq!(read, rule, "{name}");
        }
    }
}
