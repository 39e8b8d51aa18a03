//! The ticket: where the bytes go, what was asked for it, and how far the commit has come. And the receipt of a block.
//!
//! Pure. Invariant: what was asked is kept word for word, since a token is renewed by asking the same again.

use super::{NAME, etag::Sha1Sum};
use crate::{Result, ticket};
use serde::{Deserialize, Serialize};
use slipway_model::{Receipt, Ticket};
use std::{collections::BTreeMap, time::Duration};

/// A place that the platform gave, with the token for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) url: String,
    pub(super) token: String,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) video_id: String,
    /// The platform's time when the token came.
    pub(super) got_ms: i64,
    pub(super) deadline_ms: i64,
}

impl Place {
    /// Whether blocks sent to one count at the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let place = |p: &Self| {
            (
                p.url.trim_end_matches('/').to_owned(),
                p.bucket.clone(),
                p.key.clone(),
            )
        };
        place(self) == place(other)
    }

    /// Whether the token should be renewed: five minutes before its end, or in the last quarter of a shorter life.
    pub(super) fn is_ending(&self, now_ms: i64) -> bool {
        const LEFT_MS: i64 = 5 * 60_000;
        let life = (self.deadline_ms - self.got_ms).max(0);
        self.deadline_ms - now_ms < LEFT_MS.min(life / 4)
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Place({} for {})", self.key, self.video_id)
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) place: Place,
    /// The parameters of `getUploadToken`.
    pub(super) asked: BTreeMap<String, String>,
    /// The same in all requests of one upload.
    pub(super) batch: String,
    /// The whole file goes in one form.
    pub(super) form: bool,
    pub(super) opened_at_s: i64,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Sending,
    /// The joining of the blocks was announced; it may have been done. Since when its end is unclear, in the platform's seconds.
    Joining {
        unclear_since_s: Option<i64>,
    },
    /// Stored, but the storage could not tell the video service. Never joined again; looked for instead.
    Untold {
        since_s: i64,
    },
    /// Stored; name and description may be wanting.
    Stored {
        since_s: i64,
    },
    /// What was sent is of no use, and nothing was made of it: everything again. The code of the cause.
    Lost {
        code: String,
    },
}

impl Kept {
    pub(super) fn read(ticket: &Ticket) -> Result<Self> {
        ticket::read(NAME, ticket)
    }

    pub(super) fn ticket(&self) -> Ticket {
        ticket::written(self)
    }

    /// Whether blocks of it may have been purged.
    pub(super) fn is_stale(&self, now_s: i64, age: Duration) -> bool {
        u64::try_from(now_s - self.opened_at_s).is_ok_and(|age_s| age_s >= age.as_secs())
    }
}

/// What is kept of a part that has landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Landed {
    /// A block: its last context and the digests of its pieces of 4 MiB.
    Block { ctx: String, pieces: Vec<Sha1Sum> },
    /// A file sent by form.
    Form { told: bool },
}

impl Landed {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Block { ctx, pieces } => format!("{ctx} {}", hex::encode(pieces.concat())),
            Self::Form { told: true } => "form".into(),
            Self::Form { told: false } => "form untold".into(),
        }
    }

    pub(super) fn read(receipt: &Receipt) -> Option<Self> {
        let text = receipt.etag.as_deref()?;
        match text {
            "form" => return Some(Self::Form { told: true }),
            "form untold" => return Some(Self::Form { told: false }),
            _ => {}
        }
        let (ctx, sums) = text.split_once(' ')?;
        let bytes = hex::decode(sums).ok()?;
        let (pieces, rest) = bytes.as_chunks::<20>();
        let sound = !ctx.is_empty() && !pieces.is_empty() && rest.is_empty();
        sound.then(|| Self::Block {
            ctx: ctx.into(),
            pieces: pieces.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn place() -> Place {
        Place {
            url: "https://upload.example".into(),
            token: "ak:sign-of-secret:policy".into(),
            bucket: "b".into(),
            key: "video/k.mp4".into(),
            video_id: "v".into(),
            got_ms: 0,
            deadline_ms: 7_200_000,
        }
    }

    #[test]
    fn a_token_is_renewed_before_its_end_and_a_short_one_in_its_last_quarter() {
        let mut place = place();
        assert!(!place.is_ending(6_899_000));
        assert!(place.is_ending(6_901_000));
        place.deadline_ms = 4000;
        assert!(!place.is_ending(2900), "or it would be renewed for ever");
        assert!(place.is_ending(3100));
    }

    #[test]
    fn another_key_bucket_or_host_is_another_place_and_a_new_token_is_not() {
        let one = place();
        let mut other = one.clone();
        other.token = "new".into();
        other.url = "https://upload.example/".into();
        assert!(one.is_same(&other));
        for change in [
            |p: &mut Place| p.key = "x".into(),
            |p: &mut Place| p.bucket = "x".into(),
            |p: &mut Place| p.url = "https://x".into(),
        ] {
            let mut other = one.clone();
            change(&mut other);
            assert!(!one.is_same(&other));
        }
    }

    #[test]
    fn a_ticket_survives_the_disk_and_does_not_print_its_token() {
        let kept = Kept {
            place: place(),
            asked: [("fileId".to_owned(), "f".to_owned())].into(),
            batch: "u".into(),
            form: false,
            opened_at_s: 1000,
            stage: Stage::Joining {
                unclear_since_s: Some(7),
            },
        };
        let read = Kept::read(&kept.ticket()).unwrap();
        assert_eq!((read.stage, read.place), (kept.stage.clone(), place()));
        let broken = Kept::read(&Ticket("{\"place\":{\"token\":\"sign-of-secret\"".into()));
        let error = broken.err().expect("half a ticket is none");
        assert_eq!(error.kind, slipway_model::ErrorKind::TicketLost);
        assert!(!format!("{error:?} {:?}", kept.place).contains("sign-of-secret"));
        let week = Duration::from_hours(7 * 24);
        assert!(!kept.is_stale(1000 + 604_799, week));
        assert!(kept.is_stale(1000 + 604_800, week));
        assert!(!kept.is_stale(0, week), "a clock set back proves nothing");
    }

    #[test]
    fn a_blocks_receipt_holds_its_context_and_its_digests() {
        for landed in [
            Landed::Block {
                ctx: "c0a1".into(),
                pieces: vec![[1; 20], [2; 20]],
            },
            Landed::Form { told: true },
            Landed::Form { told: false },
        ] {
            let receipt = Receipt {
                etag: Some(landed.text()),
                ..Receipt::default()
            };
            assert_eq!(Landed::read(&receipt), Some(landed));
        }
        for text in ["", "ctx", "ctx ", "ctx 00", " 0000"] {
            let receipt = Receipt {
                etag: Some(text.into()),
                ..Receipt::default()
            };
            assert_eq!(Landed::read(&receipt), None, "{text}");
        }
    }
}
