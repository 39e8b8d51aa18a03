//! Everything that can be made to go wrong, and one ready example of each.
//!
//! Data only: what a fault does is in `server` and `intake`. Numbers in the catalogue's names are the rows of the list of faults
//! this simulator promises.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::code;
use crate::fault;

/// A fault with what it strikes.
pub type Rule = fault::Rule<Fault, Call>;
pub(crate) type Script = fault::Script<Fault, Call>;

/// One thing that goes wrong. `applied` says whether the call has taken effect before its answer is spoilt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The call waits before anything is done with it.
    Latency {
        ms: u64,
        #[serde(default)]
        jitter_ms: u64,
    },
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
    /// The call takes effect, then nothing for a while, then the answer, or none.
    Hang {
        ms: u64,
        #[serde(default)]
        lost: bool,
    },
    /// The part is acknowledged and thrown away.
    NotStored,
    /// One bit of the part is turned over before it is stored; an etag tells of it.
    Corrupted,
    /// A gateway's HTML page.
    HttpStatus {
        status: u16,
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
    /// HTTP 200 and this code, whatever the request was.
    Business {
        code: i64,
        #[serde(default)]
        applied: bool,
    },
    /// The upload token of the request ends here and now.
    UploadTokenExpired,
    /// The access token of the request ends here and now.
    AccessTokenExpired,
    /// The server's clock is off by so much when it checks the request.
    ClockSkew { seconds: i64 },
    /// From this call on every signed call is refused with `code`, for so long on the virtual clock.
    QuotaWindow { for_ms: u64, code: i64 },
    /// The manuscript made by this call cannot be seen for so long on the virtual clock.
    Lag { ms: u64 },
    /// The category of this submission is taken off the list before it is looked at.
    CategoryWithdrawn,
    /// No room left: HTTP 507 after so many bytes of the body.
    DiskFull { after_bytes: u64 },
    /// Numbers come as strings.
    NumbersAsStrings,
    /// `ttl`, `request_id` and `etag` are left out.
    FieldsMissing,
    /// The user takes back what was granted: everything (127001 from then on) or this interface (127011).
    GrantRevoked { wholly: bool },
    /// New connections are reset at once: a failing handshake as seen from a client without TLS.
    ConnectionRefused,
    /// New connections are taken and never read: a dead address family, a firewall that swallows.
    ConnectionHangs,
    /// The webhook is sent twice.
    WebhookTwice,
    /// The webhook is kept back until the next one has gone.
    WebhookLate,
    /// The webhook carries a wrong signature.
    WebhookBadlySigned,
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
            | Self::NumbersAsStrings
            | Self::FieldsMissing => Call::Any,
            Self::Bandwidth { .. }
            | Self::Stall { .. }
            | Self::Reset { .. }
            | Self::AnswerLost { .. }
            | Self::NotStored
            | Self::Corrupted
            | Self::Business { .. }
            | Self::UploadTokenExpired
            | Self::DiskFull { .. } => Call::Upload,
            Self::Hang { .. } => Call::Complete,
            Self::AccessTokenExpired
            | Self::Lag { .. }
            | Self::CategoryWithdrawn
            | Self::GrantRevoked { .. } => Call::Add,
            Self::ClockSkew { .. } | Self::QuotaWindow { .. } => Call::Signed,
            Self::ConnectionRefused | Self::ConnectionHangs => Call::Connection,
            Self::WebhookTwice | Self::WebhookLate | Self::WebhookBadlySigned => Call::Webhook,
        }
    }

    /// A ready example of every fault. Their sizes suit a file of a few parts of 1 MiB or more.
    ///
    /// Each strikes a few times and then leaves the client alone, so that a client which does everything right ends with one
    /// manuscript; the ones that need a person say so in `needs_a_person`.
    pub fn catalogue() -> Vec<(&'static str, Rule)> {
        use Call::{
            Add, Any, Complete, Connection, Cover, Init, Part, Refresh, Signed, Upload, View,
            ViewList, Webhook,
        };
        const HALF_MIB: u64 = 512 * 1024;
        vec![
            (
                "1 latency",
                Self::Latency {
                    ms: 150,
                    jitter_ms: 100,
                }
                .on(Any)
                .always(),
            ),
            (
                "1 bandwidth cap",
                Self::Bandwidth {
                    bytes_per_second: 8 * 1024 * 1024,
                }
                .on(Upload)
                .times(3),
            ),
            (
                "1 stall for a while",
                Self::Stall {
                    after_bytes: HALF_MIB,
                    for_ms: Some(400),
                }
                .on(Upload)
                .times(2),
            ),
            (
                "1 stall without end",
                Self::Stall {
                    after_bytes: HALF_MIB,
                    for_ms: None,
                }
                .on(Upload),
            ),
            (
                "2 reset in the middle of a part",
                Self::Reset {
                    after_bytes: HALF_MIB,
                }
                .on(Upload)
                .times(2),
            ),
            (
                "2 reset before the first byte",
                Self::Reset { after_bytes: 0 }.on(Upload),
            ),
            (
                "2 reset of every other part or so",
                Self::Reset {
                    after_bytes: HALF_MIB,
                }
                .on(Upload)
                .always()
                .chance(0.5),
            ),
            (
                "3 part stored, answer lost",
                Self::AnswerLost { reset: false }.on(Upload),
            ),
            (
                "3 part stored, answer reset",
                Self::AnswerLost { reset: true }.on(Upload),
            ),
            ("4 part acknowledged, not stored", Self::NotStored.on(Part)),
            ("4 part stored with a wrong bit", Self::Corrupted.on(Upload)),
            (
                "5 http 502 on a part",
                Self::HttpStatus {
                    status: 502,
                    retry_after_s: None,
                    applied: false,
                }
                .on(Upload)
                .times(2),
            ),
            (
                "5 http 503 with retry-after",
                Self::HttpStatus {
                    status: 503,
                    retry_after_s: Some(1),
                    applied: false,
                }
                .on(Upload),
            ),
            (
                "5 http 504 on init",
                Self::HttpStatus {
                    status: 504,
                    retry_after_s: None,
                    applied: false,
                }
                .on(Init),
            ),
            (
                "5 http 504, part stored",
                Self::HttpStatus {
                    status: 504,
                    retry_after_s: None,
                    applied: true,
                }
                .on(Upload),
            ),
            (
                "5 http 502 on add, submitted",
                Self::HttpStatus {
                    status: 502,
                    retry_after_s: None,
                    applied: true,
                }
                .on(Add),
            ),
            (
                "5 http 200 and an empty body",
                Self::EmptyBody { applied: true }.on(Upload),
            ),
            (
                "5 empty body on complete",
                Self::EmptyBody { applied: true }.on(Complete),
            ),
            (
                "5 truncated json on init",
                Self::TruncatedJson { applied: true }.on(Init),
            ),
            (
                "5 truncated json on add",
                Self::TruncatedJson { applied: true }.on(Add),
            ),
            (
                "5 connection cut in the answer",
                Self::CutAnswer { applied: true }.on(Upload),
            ),
            (
                "6 -500 on a part",
                Self::business(code::SERVER_ERROR).on(Upload).times(2),
            ),
            (
                "6 -500 on complete",
                Self::business(code::SERVER_ERROR).on(Complete),
            ),
            (
                "6 -500 on cover",
                Self::business(code::SERVER_ERROR).on(Cover),
            ),
            (
                "7 upload token ends after two parts",
                Self::UploadTokenExpired.on(Part).nth(3),
            ),
            (
                "8 complete hangs, then succeeds",
                Self::Hang {
                    ms: 1500,
                    lost: false,
                }
                .on(Complete),
            ),
            (
                "8 complete succeeds, answer lost",
                Self::AnswerLost { reset: false }.on(Complete),
            ),
            (
                "9 add succeeds, answer lost",
                Self::AnswerLost { reset: false }.on(Add),
            ),
            (
                "9 add hangs, answer lost",
                Self::Hang {
                    ms: 1500,
                    lost: true,
                }
                .on(Add),
            ),
            (
                "9 add too fast, then succeeds",
                Self::business(code::TOO_FAST).on(Add),
            ),
            (
                "9 add still processing, then succeeds",
                Self::business(code::STILL_PROCESSING).on(Add),
            ),
            (
                "9 add wants a picture puzzle",
                Self::business(code::CAPTCHA).on(Add).always(),
            ),
            (
                "10 access token ends before add",
                Self::AccessTokenExpired.on(Add),
            ),
            (
                "10 refresh answer lost",
                Self::AnswerLost { reset: false }.on(Refresh),
            ),
            (
                "11 server clock 11 minutes ahead",
                Self::ClockSkew { seconds: 660 }.on(Signed),
            ),
            (
                "11 server clock 11 minutes behind",
                Self::ClockSkew { seconds: -660 }.on(Signed),
            ),
            (
                "12 quota window",
                Self::QuotaWindow {
                    for_ms: 1000,
                    code: code::QUOTA,
                }
                .on(Signed)
                .nth(2),
            ),
            ("12 too frequent", Self::business(127_306).on(ViewList)),
            (
                "13 view and list lag behind add",
                Self::Lag { ms: 2000 }.on(Add),
            ),
            ("14 category withdrawn", Self::CategoryWithdrawn.on(Add)),
            ("15 webhook sent twice", Self::WebhookTwice.on(Webhook)),
            ("15 webhook out of order", Self::WebhookLate.on(Webhook)),
            (
                "15 webhook badly signed",
                Self::WebhookBadlySigned.on(Webhook),
            ),
            (
                "16 disk full",
                Self::DiskFull {
                    after_bytes: HALF_MIB,
                }
                .on(Upload),
            ),
            (
                "17 numbers as strings",
                Self::NumbersAsStrings.on(Any).always(),
            ),
            ("17 fields missing", Self::FieldsMissing.on(Any).always()),
            (
                "18 connections reset at once",
                Self::ConnectionRefused.on(Connection).times(2),
            ),
            ("18 connection hangs", Self::ConnectionHangs.on(Connection)),
            (
                "19 user revokes everything",
                Self::GrantRevoked { wholly: true }.on(Add),
            ),
            (
                "19 user revokes one permission",
                Self::GrantRevoked { wholly: false }.on(Complete),
            ),
            (
                "19 revoked during review",
                Self::GrantRevoked { wholly: true }.on(View),
            ),
        ]
    }

    fn business(code: i64) -> Self {
        Self::Business {
            code,
            applied: false,
        }
    }

    /// Whether no client can get past it alone: someone has to sign in again, solve a puzzle or choose anew.
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::GrantRevoked { .. } | Self::CategoryWithdrawn => true,
            Self::Business { code, .. } => *code == code::CAPTCHA,
            _ => false,
        }
    }

    /// Whether the call must not take effect.
    pub(crate) fn refuses(&self) -> bool {
        matches!(
            self,
            Self::HttpStatus { applied: false, .. }
                | Self::EmptyBody { applied: false }
                | Self::TruncatedJson { applied: false }
                | Self::CutAnswer { applied: false }
                | Self::Business { applied: false, .. }
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

    #[test]
    fn a_rule_in_json_needs_only_the_fault_and_the_call() {
        let rule: Rule =
            serde_json::from_str(r#"{"fault":"reset","after_bytes":7,"call":"part"}"#).unwrap();
        assert_eq!(rule, Fault::Reset { after_bytes: 7 }.on(Call::Part));
    }
}
