//! Everything that can be made to go wrong. Data only: what a fault does is in `server`, `intake`, `storage` and `vod`.

use serde::{Deserialize, Serialize};

use super::call::Call;
use crate::fault;

/// A fault with what it strikes. Parts are numbered from 1: the block's index and one.
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
    /// The call takes effect, then nothing for a while, then the answer, or none.
    Hang {
        ms: u64,
        #[serde(default)]
        lost: bool,
    },
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
    /// HTTP 200 and half of the body, its length honest.
    Truncated {
        #[serde(default)]
        applied: bool,
    },
    /// The connection ends in the middle of the answer.
    CutAnswer {
        #[serde(default)]
        applied: bool,
    },
    /// A code of the video API, whatever the request was.
    Code {
        code: i64,
        #[serde(default)]
        applied: bool,
    },
    /// A status of the upload host in its own words, whatever the request was.
    Status {
        status: u16,
        #[serde(default)]
        applied: bool,
    },
    /// Every upload token of this moment is refused from now on.
    TokensRevoked,
    /// The acknowledgement's `crc32` is another.
    WrongCrc32,
    /// The acknowledgement's `checksum` is another.
    WrongChecksum,
    /// The acknowledgement's `offset` is another.
    WrongOffset,
    /// The acknowledgement has no `ctx`.
    MissingCtx,
    /// One bit of the bytes is turned over before they are stored; only the whole file's hash tells of it.
    Corrupted,
    /// Handles of the upload are purged before the call is looked at: the first, or all.
    Purge {
        #[serde(default)]
        all: bool,
    },
    /// The file is stored and the video service is told late (on the virtual clock), or never: 579.
    CallbackFails {
        #[serde(default)]
        late_ms: Option<u64>,
    },
    /// The stored file's hash is told wrong.
    WrongHash,
    /// The answer tells no hash.
    NoHash,
    /// Another place for the same file id.
    OtherFileKey,
    /// `httpDnsServer` is spelt as in the documents' table.
    OldSpelling,
    /// Null instead of empty text.
    NullTexts,
    /// The server's clock is off by so much when it checks the request.
    ClockSkew { seconds: i64 },
    /// New connections are reset at once.
    ConnectionRefused,
    /// New connections are taken and never read.
    ConnectionHangs,
}

impl Fault {
    /// Strikes the first request that `call` names; narrow or widen it with the methods of `Rule`.
    pub fn on(self, call: Call) -> Rule {
        Rule::new(self, call)
    }

    /// Whether the call must not take effect.
    pub(crate) fn refuses(&self) -> bool {
        matches!(
            self,
            Self::HttpStatus { applied: false, .. }
                | Self::EmptyBody { applied: false }
                | Self::Truncated { applied: false }
                | Self::CutAnswer { applied: false }
                | Self::Code { applied: false, .. }
                | Self::Status { applied: false, .. }
        )
    }

    /// Whether no client can get past it alone.
    pub fn needs_a_person(&self) -> bool {
        false
    }

    /// A ready example of every fault, for a file of a few blocks. Each strikes a few times and then leaves the client alone.
    pub fn catalogue() -> Vec<(&'static str, Rule)> {
        use Call::{
            Any, Api, Bput, Bytes, Chunk, Connection, GetUploadToken, GetVideoList, Mkblk, Mkfile,
        };
        let status = |status| Self::Status {
            status,
            applied: false,
        };
        let code = |code| Self::Code {
            code,
            applied: false,
        };
        let gateway = |status, retry_after_s, applied| Self::HttpStatus {
            status,
            retry_after_s,
            applied,
        };
        vec![
            (
                "1 connections reset at once",
                Self::ConnectionRefused.on(Connection).times(2),
            ),
            ("1 connection hangs", Self::ConnectionHangs.on(Connection)),
            (
                "1 reset before the first byte",
                Self::Reset { after_bytes: 0 }.on(Bytes),
            ),
            (
                "1 reset in a block",
                Self::Reset {
                    after_bytes: 500_000,
                }
                .on(Bytes)
                .times(2),
            ),
            (
                "1 chunk stored, answer lost",
                Self::AnswerLost { reset: false }.on(Chunk).times(2),
            ),
            (
                "1 chunk stored, answer reset",
                Self::AnswerLost { reset: true }.on(Bput),
            ),
            (
                "1 stall for a while",
                Self::Stall {
                    after_bytes: 500_000,
                    for_ms: Some(400),
                }
                .on(Bytes)
                .times(2),
            ),
            (
                "1 stall without end",
                Self::Stall {
                    after_bytes: 500_000,
                    for_ms: None,
                }
                .on(Bytes),
            ),
            (
                "1 joined, answer lost",
                Self::AnswerLost { reset: false }.on(Mkfile),
            ),
            (
                "1 joining hangs, answer lost",
                Self::Hang {
                    ms: 1500,
                    lost: true,
                }
                .on(Mkfile),
            ),
            ("2 500 on chunks", status(500).on(Chunk).times(2)),
            ("2 503 on chunks", status(503).on(Chunk).times(2)),
            ("2 599 on chunks", status(599).on(Chunk)),
            ("2 408 on chunks", status(408).on(Chunk)),
            ("2 500 on joining", status(500).on(Mkfile)),
            (
                "2 500 on joining, joined",
                Self::Status {
                    status: 500,
                    applied: true,
                }
                .on(Mkfile),
            ),
            (
                "2 429 with retry-after",
                gateway(429, Some(1), false).on(Chunk),
            ),
            (
                "2 503 with retry-after",
                gateway(503, Some(1), false).on(Chunk),
            ),
            ("3 tokens revoked", Self::TokensRevoked.on(Mkblk).nth(2)),
            (
                "3 tokens revoked before joining",
                Self::TokensRevoked.on(Mkfile),
            ),
            ("4 701 on a right handle", status(701).on(Bput)),
            ("4 406 on a right handle", status(406).on(Bput)),
            ("4 401 on a right handle", status(401).on(Bput)),
            ("5 wrong crc32", Self::WrongCrc32.on(Chunk)),
            ("5 wrong checksum", Self::WrongChecksum.on(Chunk)),
            ("5 wrong offset", Self::WrongOffset.on(Chunk)),
            ("5 no ctx", Self::MissingCtx.on(Chunk)),
            ("5 html for an answer", gateway(200, None, true).on(Chunk)),
            (
                "5 empty answer",
                Self::EmptyBody { applied: true }.on(Chunk),
            ),
            (
                "5 half an answer",
                Self::Truncated { applied: true }.on(Chunk),
            ),
            (
                "5 connection cut in the answer",
                Self::CutAnswer { applied: true }.on(Chunk),
            ),
            ("6 a handle purged", Self::Purge { all: false }.on(Mkfile)),
            ("6 all handles purged", Self::Purge { all: true }.on(Mkfile)),
            (
                "7 callback late",
                Self::CallbackFails {
                    late_ms: Some(1000),
                }
                .on(Mkfile),
            ),
            ("7 wrong hash", Self::WrongHash.on(Mkfile)),
            ("7 no hash", Self::NoHash.on(Mkfile)),
            ("7 a wrong bit stored", Self::Corrupted.on(Chunk)),
            ("8 code 300", code(300).on(GetUploadToken).times(2)),
            ("8 code 900", code(900).on(GetUploadToken).times(2)),
            ("8 code 300 while watched", code(300).on(GetVideoList)),
            ("8 slow place", Self::Latency { ms: 300 }.on(GetUploadToken)),
            (
                "8 http 502 for a place",
                gateway(502, None, false).on(GetUploadToken),
            ),
            (
                "8 place given, answer lost",
                Self::AnswerLost { reset: false }.on(GetUploadToken),
            ),
            (
                "8 old spelling",
                Self::OldSpelling.on(GetUploadToken).always(),
            ),
            (
                "8 null for empty text",
                Self::NullTexts.on(GetUploadToken).always(),
            ),
            (
                "9 server clock 10 minutes ahead",
                Self::ClockSkew { seconds: 600 }.on(Api),
            ),
            (
                "9 server clock 10 minutes behind",
                Self::ClockSkew { seconds: -600 }.on(Api),
            ),
            (
                "10 bandwidth cap",
                Self::Bandwidth {
                    bytes_per_second: 8 << 20,
                }
                .on(Bytes)
                .times(3),
            ),
            ("10 latency", Self::Latency { ms: 150 }.on(Any).always()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_survives_its_json_form() {
        for (name, rule) in Fault::catalogue() {
            let json = serde_json::to_string(&rule).expect("plain data");
            let back: Rule = serde_json::from_str(&json).expect(name);
            assert_eq!(back, rule, "{json}");
        }
    }
}
