//! How fast all uploads together may go, and who says so.
//!
//! Pure: what was set comes in, what holds goes out. Knows nothing of sockets or clocks.
//! Invariant: of several limits the lowest holds.

use serde::{Deserialize, Serialize};

/// No limit may be lower, in bytes per second: below it an upload would not seem to move at all.
pub const LEAST_BYTES_PER_SECOND: u64 = 1_000;

/// A low limit that is put on and let go with one press.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turtle {
    pub on: bool,
    pub bytes_per_second: u64,
}

impl Default for Turtle {
    /// Slow enough that a call or a stream on a home line is not disturbed.
    fn default() -> Self {
        Self {
            on: false,
            bytes_per_second: 500_000,
        }
    }
}

/// Who set a limit for everything.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitBy {
    Hand,
    Turtle,
    Timetable,
}

/// The limit that is obeyed.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceiling {
    pub bytes_per_second: u64,
    pub by: LimitBy,
}

/// What holds for everything; `None` is no limit. Where two are the same, what was set by hand is named.
pub fn ceiling(by_hand: Option<u64>, turtle: Turtle, timetable: Option<u64>) -> Option<Ceiling> {
    let by_turtle = turtle.on.then_some(turtle.bytes_per_second);
    [
        (by_hand, LimitBy::Hand),
        (by_turtle, LimitBy::Turtle),
        (timetable, LimitBy::Timetable),
    ]
    .into_iter()
    .filter_map(|(limit, by)| {
        limit.map(|bytes_per_second| Ceiling {
            bytes_per_second,
            by,
        })
    })
    .min_by_key(|ceiling| ceiling.bytes_per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_limit_holds_and_says_who_set_it() {
        let turtle = |on| Turtle {
            on,
            bytes_per_second: 500,
        };
        let of = |ceiling: Ceiling| (ceiling.bytes_per_second, ceiling.by);
        let by = |hand, on| ceiling(hand, turtle(on), None).map(of);
        assert_eq!(by(None, false), None);
        assert_eq!(by(Some(900), false), Some((900, LimitBy::Hand)));
        assert_eq!(by(Some(900), true), Some((500, LimitBy::Turtle)));
        assert_eq!(by(Some(400), true), Some((400, LimitBy::Hand)));
        assert_eq!(by(Some(500), true), Some((500, LimitBy::Hand)));
        assert_eq!(by(None, true), Some((500, LimitBy::Turtle)));
        let timed = |hand, rate| ceiling(hand, turtle(true), Some(rate)).map(of);
        assert_eq!(timed(Some(900), 300), Some((300, LimitBy::Timetable)));
        assert_eq!(timed(Some(900), 600), Some((500, LimitBy::Turtle)));
    }
}
