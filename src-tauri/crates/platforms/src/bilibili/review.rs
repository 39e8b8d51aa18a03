//! How the platform's own work on a manuscript stands, by its numbers for it.
//!
//! The table is data in `states.toml`. Invariant: a number that is not there is under way, never failed.

use super::wire::{Standing, Work};
use crate::Review;
use serde::Deserialize;
use slipway_model::{Cause, Remote};
use std::{collections::HashMap, sync::LazyLock, time::Duration};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Group {
    /// Where its audience can see it.
    Open,
    UnderWay,
    /// Returned with a reason.
    Returned,
    Locked,
    /// The video itself is no good.
    Media,
    Gone,
}

#[derive(Deserialize)]
struct Table {
    states: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    numbers: Vec<i64>,
    group: Group,
}

static STATES: LazyLock<HashMap<i64, Group>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("states.toml"))
        .expect("a test reads the table that is compiled in");
    let rows = table.states.into_iter();
    rows.flat_map(|row| row.numbers.into_iter().map(move |n| (n, row.group)))
        .collect()
});

fn group(state: i64) -> Group {
    STATES.get(&state).copied().unwrap_or(Group::UnderWay)
}

pub(super) fn review(remote: &Remote, work: &Work) -> Review {
    let mut remote = remote.clone();
    let Some(info) = &work.addit_info else {
        return Review::Pending(remote);
    };
    if !info.state_desc.is_empty() {
        remote.words = Some(info.state_desc.clone());
    }
    let code = match group(info.state) {
        Group::Open => return Review::Published(remote),
        Group::UnderWay => return Review::Pending(remote),
        Group::Returned => "bilibili_returned",
        Group::Locked => "bilibili_locked",
        Group::Media => "bilibili_video_broken",
        Group::Gone => "bilibili_deleted",
    };
    Review::Refused(cause(code, info))
}

fn cause(code: &str, info: &Standing) -> Cause {
    let words = match (info.reject_reason.trim(), info.state_desc.trim()) {
        ("", words) | (words, _) => words,
    };
    Cause::new(code)
        .with("platform", "bilibili")
        .with("code", info.state)
        .with("message", words)
        .detail(format!("{} {words}", info.state))
}

/// Before look number `looks`, from 1, at a work that was submitted `since` ago.
pub(super) fn look_after(looks: u32, since: Duration) -> Duration {
    const MINUTE: Duration = Duration::from_mins(1);
    match looks {
        0 | 1 => Duration::ZERO,
        2 => MINUTE / 2,
        3 => MINUTE,
        4 => 2 * MINUTE,
        5 => 5 * MINUTE,
        _ if since < 24 * 60 * MINUTE => 10 * MINUTE,
        _ => 60 * MINUTE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(state: i64) -> Review {
        let work = Work {
            resource_id: "BV1ab411c7XY".into(),
            title: String::new(),
            ctime: 0,
            addit_info: Some(Standing {
                state,
                state_desc: "words".into(),
                reject_reason: "why".into(),
            }),
        };
        review(&Remote::default(), &work)
    }

    #[test]
    fn every_state_has_its_meaning() {
        for state in [0, 1, -50] {
            assert!(matches!(seen(state), Review::Published(_)), "{state}");
        }
        for state in [-1, -6, -7, -8, -10, -13, -9, -15, -30, -20, -40] {
            let Review::Pending(remote) = seen(state) else {
                panic!("{state} is under way");
            };
            assert_eq!(remote.words.as_deref(), Some("words"));
        }
        for (state, code) in [
            (-2, "bilibili_returned"),
            (-3, "bilibili_locked"),
            (-4, "bilibili_locked"),
            (-5, "bilibili_locked"),
            (-11, "bilibili_video_broken"),
            (-12, "bilibili_video_broken"),
            (-16, "bilibili_video_broken"),
            (-14, "bilibili_deleted"),
            (-100, "bilibili_deleted"),
        ] {
            let Review::Refused(cause) = seen(state) else {
                panic!("{state} is refused");
            };
            assert_eq!(cause.code, code);
            assert_eq!(cause.params["message"], "why", "the platform's own reason");
        }
        assert_eq!(STATES.len(), 23, "a new state wants a test");
    }

    #[test]
    fn an_unknown_state_is_under_way() {
        for state in [-999, -17, 2, 10_000] {
            assert!(matches!(seen(state), Review::Pending(_)), "{state}");
        }
    }

    #[test]
    fn looks_grow_rare() {
        let (early, late) = (Duration::from_hours(1), Duration::from_secs(90_000));
        let waits: Vec<u64> = (1..8).map(|n| look_after(n, early).as_secs()).collect();
        assert_eq!(waits, [0, 30, 60, 120, 300, 600, 600]);
        assert_eq!(look_after(200, late).as_secs(), 3600);
    }
}
