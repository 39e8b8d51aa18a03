//! The ticket: how the file goes, which key its post will have, and how far the commit has come. Kept by the engine before each step's effect.
//!
//! Pure. Invariant: the record key is chosen when the place is reserved and never changes, so a post that is sent twice is one post.

use super::NAME;
use crate::{Result, ticket};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use slipway_model::Ticket;

/// Letters of a timestamp identifier, by value. Source: atproto.com/specs/tid, read 2026-08-20.
const LETTERS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) did: String,
    /// The name the service is told: random, with the file's ending.
    pub(super) name: String,
    pub(super) mime: String,
    /// The record key of the post.
    pub(super) rkey: String,
    pub(super) way: Way,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// One request; its answer names the job.
    Whole,
    /// Parts of a session of the service's.
    Parts { upload: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Sending,
    /// The service has the video and works on it.
    Encoding {
        job: String,
        since_ms: i64,
    },
    /// The result lies on the account's server.
    Encoded {
        blob: Value,
    },
    /// This record is being put, or was.
    Posting {
        record: Value,
    },
    /// The server does not hold the result any more: everything again.
    BlobLost,
}

impl Kept {
    pub(super) fn read(ticket: &Ticket) -> Result<Self> {
        ticket::read(NAME, ticket)
    }

    pub(super) fn ticket(&self) -> Ticket {
        ticket::written(self)
    }
}

/// A timestamp identifier: microseconds, and ten bits out of a random key so that two machines do not meet.
pub(super) fn tid(now_ms: i64, key: &str) -> String {
    let hash = blake3::hash(key.as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    let random = u32::from_le_bytes([a, b, c, d]);
    let micros = u64::try_from(now_ms).unwrap_or(0) * 1000 + u64::from(random >> 10) % 1000;
    let value = (micros & ((1 << 53) - 1)) << 10 | u64::from(random & 0x3ff);
    (0..13)
        .rev()
        .map(|at| char::from(LETTERS[(value >> (at * 5) & 31) as usize]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_key_sorts_by_time_and_is_of_the_protocols_form() {
        let keys: Vec<_> = (0..20)
            .map(|n| tid(1_790_000_000_000 + n * 7, "a key"))
            .collect();
        assert!(keys.is_sorted());
        for key in &keys {
            assert_eq!(key.len(), 13);
            assert!(key.bytes().all(|b| LETTERS.contains(&b)), "{key}");
            assert!(LETTERS[..16].contains(&key.as_bytes()[0]), "{key}");
        }
        assert_eq!(tid(1_790_000_000_000, "a"), tid(1_790_000_000_000, "a"));
        assert_ne!(tid(1_790_000_000_000, "a"), tid(1_790_000_000_000, "b"));
        // The zero of time and nothing else is all of the first letter.
        assert_eq!(&tid(0, "")[..8], "22222222");
    }

    #[test]
    fn a_ticket_survives_the_disk_and_half_of_one_is_none() {
        let kept = Kept {
            did: "did:plc:a".into(),
            name: "x.mp4".into(),
            mime: "video/mp4".into(),
            rkey: "3aaaaaaaaaaaa".into(),
            way: Way::Parts { upload: "u".into() },
            stage: Stage::Encoding {
                job: "j".into(),
                since_ms: 5,
            },
        };
        assert_eq!(Kept::read(&kept.ticket()).unwrap(), kept);
        let broken = Kept::read(&Ticket("{\"did\":".into()));
        assert_eq!(
            broken.unwrap_err().kind,
            slipway_model::ErrorKind::TicketLost
        );
    }
}
