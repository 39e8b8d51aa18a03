//! The ticket: the upload token, and how far the commit has come. Kept by the engine before each step's effect.
//!
//! Pure. Invariant: between two submissions there is always a look: [`Submission::next`] is the only way to the second one.

use super::NAME;
use crate::{Result, ticket};
use serde::{Deserialize, Serialize};
use slipway_model::Ticket;

/// When to look after an unclear submission, in seconds since it became unclear. The list may lag by a minute.
pub(super) const LOOKS_AT_S: [i64; 3] = [10, 30, 60];
/// Submissions of one ticket whose effect may be.
const ADDS: u32 = 2;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) upload_token: String,
    /// The whole file goes in one request and is not merged.
    #[serde(default)]
    pub(super) small: bool,
    pub(super) opened_at_s: i64,
    #[serde(default)]
    pub(super) cover: Option<String>,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Sending,
    /// The merge has been asked for.
    Merging,
    Merged,
    /// The cover is there, or none is wanted.
    Covered,
    Submitting(Submission),
}

/// A submission that may have been made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Submission {
    pub(super) title: String,
    /// The platform's time before the first one.
    pub(super) at_s: i64,
    /// Works with that title that were there before.
    pub(super) before: Vec<String>,
    /// When its end became unclear.
    #[serde(default)]
    pub(super) unclear_since_s: Option<i64>,
    #[serde(default)]
    pub(super) looks: u32,
    /// Submissions so far that may have had their effect.
    pub(super) adds: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Come again after so many seconds.
    Wait(i64),
    Look,
    /// Three looks found nothing: once more.
    Again,
    /// The platform was asked in vain: a person must look.
    Ask,
}

impl Submission {
    /// What to do about an unclear submission at `now_s`.
    pub(super) fn next(&self, now_s: i64) -> Next {
        let since_s = self.unclear_since_s.unwrap_or(now_s);
        match LOOKS_AT_S.get(self.looks as usize) {
            Some(at_s) => match since_s + at_s - now_s {
                // A clock that was set back must not make us wait for hours.
                wait if wait > 0 => Next::Wait(wait.min(60)),
                _ => Next::Look,
            },
            None if self.adds < ADDS => Next::Again,
            None => Next::Ask,
        }
    }

    /// Its end is unclear from now on: all looks are ahead.
    pub(super) fn became_unclear(&mut self, now_s: i64) {
        self.unclear_since_s = Some(now_s);
        self.looks = 0;
    }

    /// The repetition was refused without effect: it may be made again after one more look.
    pub(super) fn was_refused(&mut self) {
        self.adds -= 1;
        self.looks = LOOKS_AT_S.len() as u32 - 1;
    }
}

impl Kept {
    pub(super) fn read(ticket: &Ticket) -> Result<Self> {
        ticket::read(NAME, ticket)
    }

    pub(super) fn ticket(&self) -> Ticket {
        ticket::written(self)
    }

    /// Whether it is older than tokens are taken to live.
    pub(super) fn is_stale(&self, now_s: i64, ttl: std::time::Duration) -> bool {
        u64::try_from(now_s - self.opened_at_s).is_ok_and(|age_s| age_s >= ttl.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission() -> Submission {
        Submission {
            title: "t".into(),
            at_s: 1000,
            before: Vec::new(),
            unclear_since_s: Some(1000),
            looks: 0,
            adds: 1,
        }
    }

    #[test]
    fn an_unclear_submission_is_looked_for_three_times_over_a_minute_before_it_is_repeated() {
        let mut it = submission();
        let mut seen = Vec::new();
        for now_s in 1000..1070 {
            match it.next(now_s) {
                Next::Look => {
                    it.looks += 1;
                    seen.push(now_s);
                }
                Next::Again => break,
                Next::Wait(wait) => assert!(wait > 0),
                Next::Ask => panic!("one submission may be repeated"),
            }
        }
        assert_eq!(seen, [1010, 1030, 1060]);
        assert_eq!(it.next(1061), Next::Again);
    }

    #[test]
    fn after_the_repetition_looks_begin_again_and_then_a_person_is_asked() {
        let mut it = submission();
        it.adds = 2;
        it.became_unclear(2000);
        assert_eq!(it.next(2000), Next::Wait(10));
        it.looks = 3;
        assert_eq!(it.next(9000), Next::Ask, "never a third one");
    }

    #[test]
    fn a_refused_repetition_is_preceded_by_another_look() {
        let mut it = submission();
        it.adds = 2;
        it.looks = 3;
        it.was_refused();
        assert_eq!(it.next(5000), Next::Look);
        it.looks += 1;
        assert_eq!(it.next(5000), Next::Again);
    }

    #[test]
    fn a_clock_set_back_does_not_stop_the_looks() {
        let mut it = submission();
        it.unclear_since_s = Some(90_000);
        assert_eq!(it.next(1000), Next::Wait(60));
    }

    #[test]
    fn a_ticket_survives_the_disk_and_does_not_print_its_token() {
        let kept = Kept {
            upload_token: "5d2e".into(),
            small: false,
            opened_at_s: 7,
            cover: Some("https://x/y.jpg".into()),
            stage: Stage::Submitting(submission()),
        };
        let read = Kept::read(&kept.ticket()).unwrap();
        assert_eq!(read.stage, kept.stage);
        assert_eq!(read.upload_token, "5d2e");
        let broken = Kept::read(&Ticket("{\"upload_token\":\"secret-token\"".into()));
        let error = broken.err().expect("half a ticket is none");
        assert_eq!(error.kind, slipway_model::ErrorKind::TicketLost);
        assert!(!format!("{error:?}").contains("secret-token"));
    }

    #[test]
    fn a_ticket_grows_stale_with_its_age() {
        let kept = Kept::read(&Ticket(
            r#"{"upload_token":"t","opened_at_s":1000,"stage":"sending"}"#.into(),
        ))
        .unwrap();
        let ttl = std::time::Duration::from_secs(100);
        assert!(!kept.is_stale(1099, ttl));
        assert!(kept.is_stale(1100, ttl));
        assert!(!kept.is_stale(10, ttl), "a clock set back proves nothing");
    }
}
