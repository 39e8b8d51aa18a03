//! Why nothing moves in the whole queue: one word, until when, and the sentence that all who show it say.
//!
//! Pure: what keeps uploads is an argument. Knows nothing of queues, windows or languages.
//! Always holds: while nothing moves there is an answer. What the user has decided comes before the network, that before the hours, and all of them
//! before the waits of single uploads; of these, what ends by itself comes before what needs a person, unless all wait for a time that was set.

use crate::{Cause, Wait};
use serde::{Deserialize, Serialize};

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// There is no upload.
    #[default]
    Nothing,
    /// All have ended.
    Done,
    /// By the user.
    Paused,
    /// Nothing sends: the queue is only looked at.
    NotRunning,
    /// The link is not there, or may not be used.
    Network,
    /// What may go over the link in a day has gone.
    Budget,
    /// Not at this hour.
    Hours,
    /// Each waits for the time it was given.
    StartAt,
    PublishAt,
    /// Each waits for others of its group.
    Together,
    Retry,
    Quota,
    Disk,
    NeedsYou,
    /// Uploads are begun, or wait for an answer: no bytes at this moment.
    Working,
    /// The platforms work.
    Platform,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standstill {
    pub why: Why,
    /// When it ends by itself, in ms since 1970 UTC; `None` where that is not known.
    pub until_ms: Option<i64>,
    /// Its sentence: a code and what fills it. `{cause}` is the first sentence of [`Standstill::cause`].
    pub said: Cause,
    pub cause: Option<Cause>,
}

/// What is known of a queue in which no bytes move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Something here sends.
    pub runs: bool,
    /// Uploads are worked on this moment.
    pub works: bool,
    /// All rests until then, by hand.
    pub rests_until_ms: Option<i64>,
    pub all: u32,
    /// Neither ended nor with their platforms, those on hold among them.
    pub unsent: u32,
    pub with_platforms: u32,
    pub needs_you: u32,
    /// What keeps those that are to run, each reason once or more often.
    pub waits: Vec<Wait>,
}

impl Default for Standstill {
    fn default() -> Self {
        Self::new(Why::Nothing, None, None, 0)
    }
}

impl Standstill {
    fn new(why: Why, until_ms: Option<i64>, cause: Option<Cause>, uploads: u32) -> Self {
        let mut said = Cause::new(code(why, until_ms.is_some()));
        if let Some(until_ms) = until_ms {
            said = said.with("until_ms", until_ms);
        }
        if why == Why::NeedsYou {
            said = said.with("uploads", uploads);
        }
        Self {
            why,
            until_ms,
            said,
            cause,
        }
    }

    /// Whether a word about the network in use would set uploads going.
    pub fn may_pass(&self) -> bool {
        let known = self.cause.as_ref().map(|cause| cause.code.as_str());
        matches!(self.why, Why::Network | Why::Budget)
            && !matches!(known, Some("network_offline" | "network_sign_in"))
    }
}

fn code(why: Why, timed: bool) -> &'static str {
    match (why, timed) {
        (Why::Nothing, _) => "idle.nothing",
        (Why::Done, _) => "idle.done",
        (Why::Paused, false) => "idle.paused",
        (Why::Paused, true) => "idle.paused_until",
        (Why::NotRunning, _) => "idle.not_running",
        (Why::Network, _) => "idle.network",
        (Why::Budget, _) => "idle.budget_until",
        (Why::Hours, false) => "idle.hours",
        (Why::Hours, true) => "idle.hours_until",
        (Why::StartAt, _) => "idle.start_at_until",
        (Why::PublishAt, _) => "idle.publish_at_until",
        (Why::Together, _) => "idle.together",
        (Why::Retry, _) => "idle.retry_until",
        (Why::Quota, _) => "idle.quota_until",
        (Why::Disk, _) => "idle.disk_until",
        (Why::NeedsYou, false) => "idle.needs_you",
        (Why::NeedsYou, true) => "idle.needs_you_until",
        (Why::Working, _) => "idle.working",
        (Why::Platform, _) => "idle.platform_until",
    }
}

/// Why no bytes move.
pub fn find(facts: &Facts) -> Standstill {
    let plain = |why| Standstill::new(why, None, None, 0);
    if facts.unsent == 0 && facts.with_platforms == 0 {
        return plain(if facts.all == 0 {
            Why::Nothing
        } else {
            Why::Done
        });
    }
    if facts.works {
        return plain(Why::Working);
    }
    let is_theirs = |wait: &Wait| matches!(wait, Wait::Platform { .. });
    let ours: Vec<_> = facts.waits.iter().filter(|wait| !is_theirs(wait)).collect();
    if facts.unsent > 0 {
        if facts.rests_until_ms.is_some() {
            return Standstill::new(Why::Paused, facts.rests_until_ms, None, 0);
        }
        if ours.is_empty() {
            return plain(Why::Paused); // all that are left are on hold
        }
    }
    if !facts.runs {
        return plain(Why::NotRunning);
    }
    let timed = ours.iter().all(|wait| has_its_time(wait));
    let first = ours
        .iter()
        .map(|wait| (rank(wait, timed), *wait))
        .min_by_key(|(rank, wait)| (*rank, wait.until_ms().unwrap_or(i64::MAX)));
    match first {
        Some((_, wait)) => of(wait, &ours, facts.needs_you),
        None => {
            let looks = facts.waits.iter().filter_map(Wait::until_ms).min();
            match looks {
                Some(_) => Standstill::new(Why::Platform, looks, None, 0),
                // A look is under way.
                None => plain(Why::Working),
            }
        }
    }
}

/// Waits for a time that somebody has set, or for others of its group.
fn has_its_time(wait: &Wait) -> bool {
    matches!(
        wait,
        Wait::StartAt { .. } | Wait::PublishAt { .. } | Wait::Together { stopped: None, .. }
    )
}

/// The lowest is told. `timed`: all wait for their time.
fn rank(wait: &Wait, timed: bool) -> u8 {
    match wait {
        Wait::Paused { .. } => 0,
        Wait::Network { until_ms: None, .. } => 1,
        Wait::Network { .. } => 2,
        Wait::Hours { .. } => 3,
        wait if has_its_time(wait) && timed => 4,
        Wait::Retry { .. } | Wait::Quota { .. } | Wait::Disk { .. } => 5,
        wait if wait.needs_person() => 6,
        wait if has_its_time(wait) => 7,
        _ => 8,
    }
}

/// In the words of the wait that is told; `all` says when something else goes on by itself.
fn of(wait: &Wait, all: &[&Wait], needs_you: u32) -> Standstill {
    // The far end of an hour that never comes is no time.
    let known = |until_ms: i64| Some(until_ms).filter(|at| *at < i64::MAX);
    let until_ms = wait.until_ms().and_then(known);
    let (why, cause) = match wait {
        Wait::Paused { .. } => (Why::Paused, None),
        Wait::Network { cause, .. } if until_ms.is_some() => (Why::Budget, Some(cause)),
        Wait::Network { cause, .. } => (Why::Network, Some(cause)),
        Wait::Hours { .. } => (Why::Hours, None),
        Wait::StartAt { .. } => (Why::StartAt, None),
        Wait::PublishAt { .. } => (Why::PublishAt, None),
        Wait::Together { stopped: None, .. } => (Why::Together, None),
        Wait::Retry { cause, .. } => (Why::Retry, Some(cause)),
        Wait::Quota { cause, .. } => (Why::Quota, Some(cause)),
        Wait::Disk { cause, .. } => (Why::Disk, Some(cause)),
        Wait::SignIn { cause }
        | Wait::FileMissing { cause }
        | Wait::FileChanged { cause }
        | Wait::Secrets { cause }
        | Wait::Together {
            stopped: Some(cause),
            ..
        } => {
            let others = all.iter().filter(|wait| has_its_time(wait));
            let next = others.filter_map(|wait| wait.until_ms()).min();
            return Standstill::new(Why::NeedsYou, next, Some(cause.clone()), needs_you);
        }
        Wait::Platform { .. } => (Why::Platform, None),
        Wait::Turn { .. } => (Why::Working, None),
    };
    Standstill::new(why, until_ms, cause.cloned(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(code: &str) -> Cause {
        Cause::new(code)
    }

    fn network(code: &str, until_ms: Option<i64>) -> Wait {
        Wait::Network {
            cause: cause(code),
            asks: code == "network_unknown",
            until_ms,
        }
    }

    fn found(waits: &[Wait]) -> Standstill {
        find(&Facts {
            runs: true,
            all: 9,
            unsent: 5,
            needs_you: 2,
            waits: waits.to_vec(),
            ..Facts::default()
        })
    }

    const RETRY_MS: i64 = 20;
    const START_MS: i64 = 40;

    fn retry() -> Wait {
        Wait::Retry {
            until_ms: RETRY_MS,
            cause: cause("http_server"),
        }
    }
    fn start() -> Wait {
        Wait::StartAt { until_ms: START_MS }
    }
    fn sign_in() -> Wait {
        Wait::SignIn {
            cause: cause("signed_out"),
        }
    }

    #[test]
    fn every_reason_has_its_word_its_time_and_its_sentence() {
        let quota = Wait::Quota {
            until_ms: 30,
            cause: cause("q"),
        };
        let disk = Wait::Disk {
            until_ms: 31,
            cause: cause("disk_full"),
        };
        let together = |stopped| Wait::Together { others: 2, stopped };
        let rows: [(&[Wait], Why, Option<i64>, &str); 17] = [
            (&[], Why::Paused, None, "idle.paused"),
            (
                &[Wait::Paused { until_ms: 7 }],
                Why::Paused,
                Some(7),
                "idle.paused_until",
            ),
            (
                &[network("network_offline", None)],
                Why::Network,
                None,
                "idle.network",
            ),
            (
                &[network("network_metered", None)],
                Why::Network,
                None,
                "idle.network",
            ),
            (
                &[network("network_unknown", None)],
                Why::Network,
                None,
                "idle.network",
            ),
            (
                &[network("network_budget", Some(99))],
                Why::Budget,
                Some(99),
                "idle.budget_until",
            ),
            (
                &[Wait::Hours { until_ms: 50 }],
                Why::Hours,
                Some(50),
                "idle.hours_until",
            ),
            (
                &[Wait::Hours { until_ms: i64::MAX }],
                Why::Hours,
                None,
                "idle.hours",
            ),
            (
                &[start()],
                Why::StartAt,
                Some(START_MS),
                "idle.start_at_until",
            ),
            (
                &[Wait::PublishAt { until_ms: 60 }],
                Why::PublishAt,
                Some(60),
                "idle.publish_at_until",
            ),
            (&[together(None)], Why::Together, None, "idle.together"),
            (&[retry()], Why::Retry, Some(RETRY_MS), "idle.retry_until"),
            (&[quota], Why::Quota, Some(30), "idle.quota_until"),
            (&[disk], Why::Disk, Some(31), "idle.disk_until"),
            (&[sign_in()], Why::NeedsYou, None, "idle.needs_you"),
            (
                &[together(Some(cause("file_missing")))],
                Why::NeedsYou,
                None,
                "idle.needs_you",
            ),
            (
                &[Wait::Turn { ahead: 0 }],
                Why::Working,
                None,
                "idle.working",
            ),
        ];
        for (waits, why, until_ms, code) in rows {
            let told = found(waits);
            let seen = (told.why, told.until_ms, told.said.code.as_str());
            assert_eq!(seen, (why, until_ms, code), "{waits:?}");
            let said = told.said.params.get("until_ms").cloned();
            assert_eq!(said, until_ms.map(|at| at.to_string()), "{waits:?}");
        }
        assert_eq!(found(&[sign_in()]).said.params["uploads"], "2");
    }

    #[test]
    fn an_empty_queue_one_that_has_ended_and_one_that_is_only_looked_at_say_so() {
        assert_eq!(find(&Facts::default()), Standstill::default());
        let ended = Facts {
            all: 3,
            rests_until_ms: Some(5), // nothing rests that has ended
            ..Facts::default()
        };
        assert_eq!(find(&ended).why, Why::Done);
        let looked_at = Facts {
            all: 1,
            unsent: 1,
            waits: vec![network("network_metered", None)],
            ..Facts::default()
        };
        assert_eq!(find(&looked_at).why, Why::NotRunning);
        let held = Facts {
            waits: Vec::new(),
            ..looked_at
        };
        assert_eq!(
            find(&held).why,
            Why::Paused,
            "a program would not change it"
        );
    }

    #[test]
    fn uploads_that_are_worked_on_need_no_other_reason() {
        let facts = Facts {
            runs: true,
            works: true,
            all: 2,
            unsent: 2,
            waits: vec![retry()],
            ..Facts::default()
        };
        assert_eq!(find(&facts).why, Why::Working);
    }

    #[test]
    fn what_is_with_the_platforms_is_told_last_and_a_hold_before_it() {
        let looks = Wait::Platform { until_ms: 70 };
        let mut facts = Facts {
            runs: true,
            all: 2,
            with_platforms: 2,
            waits: vec![looks.clone(), Wait::Platform { until_ms: 65 }],
            rests_until_ms: Some(5),
            ..Facts::default()
        };
        let told = find(&facts);
        assert_eq!((told.why, told.until_ms), (Why::Platform, Some(65)));
        facts.rests_until_ms = None;
        facts.unsent = 1;
        assert_eq!(find(&facts).why, Why::Paused);
        facts.waits.push(sign_in());
        assert_eq!(find(&facts).why, Why::NeedsYou);
    }

    #[test]
    fn the_first_in_rank_is_told_whatever_else_waits() {
        let all = [
            Wait::Paused { until_ms: 90 },
            network("network_metered", None),
            network("network_budget", Some(99)),
            Wait::Hours { until_ms: 50 },
            retry(),
            sign_in(),
            start(),
            Wait::Turn { ahead: 3 },
        ];
        let whys = [
            Why::Paused,
            Why::Network,
            Why::Budget,
            Why::Hours,
            Why::Retry,
            Why::NeedsYou,
            Why::StartAt,
            Why::Working,
        ];
        for (nth, why) in whys.into_iter().enumerate() {
            let mut waits = all[nth..].to_vec();
            assert_eq!(found(&waits).why, why);
            waits.reverse();
            assert_eq!(found(&waits).why, why, "in whatever order");
        }
    }

    #[test]
    fn a_time_is_the_reason_only_when_all_wait_for_one_and_else_says_when_something_moves() {
        let later = Wait::PublishAt { until_ms: 60 };
        let told = found(&[later.clone(), start()]);
        assert_eq!((told.why, told.until_ms), (Why::StartAt, Some(START_MS)));
        let told = found(&[start(), retry()]);
        assert_eq!((told.why, told.until_ms), (Why::Retry, Some(RETRY_MS)));
        let told = found(&[start(), sign_in(), later]);
        assert_eq!((told.why, told.until_ms), (Why::NeedsYou, Some(START_MS)));
        assert_eq!(told.said.code, "idle.needs_you_until");
    }

    #[test]
    fn of_the_same_rank_the_one_that_ends_first_is_told() {
        let sooner = Wait::Disk {
            until_ms: 10,
            cause: cause("disk_full"),
        };
        let told = found(&[retry(), sooner]);
        assert_eq!((told.why, told.until_ms), (Why::Disk, Some(10)));
        assert_eq!(told.cause, Some(cause("disk_full")));
    }

    #[test]
    fn a_pass_helps_where_a_rule_keeps_uploads_off_and_not_where_there_is_no_network() {
        for (code, helps) in [
            ("network_metered", true),
            ("network_unknown", true),
            ("network_offline", false),
            ("network_sign_in", false),
        ] {
            assert_eq!(found(&[network(code, None)]).may_pass(), helps, "{code}");
        }
        assert!(found(&[network("network_budget", Some(9))]).may_pass());
        assert!(!found(&[retry()]).may_pass());
    }
}
