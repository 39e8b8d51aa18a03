//! Decides whether a file is at rest, and when it is worth looking again.
//!
//! Pure: what was seen and both clocks are told. Rest is measured by the clock that never turns back, so that a wall clock which was set, or a file
//! whose time lies in the future, keeps nothing waiting and lets nothing through. Invariant: a file is ready only when two looks at least the settle
//! time apart, and every look between them, saw the same size and time, and nobody had it open for writing at the last of them.

use crate::{Seen, Writer};
use slipway_model::Cause;
use std::time::{Duration, Instant};

/// A file at rest that a program has open is looked at this often; when it is closed, a hint comes first.
const OPEN_AGAIN: Duration = Duration::from_secs(20);
/// One that cannot be looked at.
const UNREADABLE_AGAIN: Duration = Duration::from_secs(60);
/// However long the settle time, growth is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// However many hints come, looks are this far apart.
const LOOKS_APART: Duration = Duration::from_millis(500);

/// How patient a rule is.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub settle: Duration,
    pub min_age: Option<Duration>,
}

/// What a look at a file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    Gone,
    Unreadable(Cause),
    There { seen: Seen, writer: Option<Writer> },
}

/// Why it is not taken, or will be at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// It grew between the last two looks.
    Growing {
        bytes_per_second: u64,
    },
    Resting {
        until: Instant,
    },
    Empty,
    /// Not so old yet as the rule wants.
    Young {
        until_ms: i64,
    },
    Open {
        since: Instant,
        program: Option<String>,
    },
    Unreadable(Cause),
    Ready,
    Held(Held),
}

/// Why whoever takes files did not take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Refused(Cause),
    /// Its content went where it is to go.
    Twice(Cause),
}

/// A file that waits.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub seen: Seen,
    wait: Wait,
    first: Instant,
    /// Since when every look saw the same.
    since: Instant,
    looked: Instant,
    next: Option<Instant>,
    /// Somebody said that it is ready, whoever has it open.
    anyway: bool,
}

impl Candidate {
    pub fn new(seen: Seen, pace: &Pace, now: Instant) -> Self {
        let mut new = Self {
            seen,
            wait: Wait::Ready,
            first: now,
            since: now,
            looked: now,
            next: None,
            anyway: false,
        };
        new.rest(pace);
        new
    }

    pub fn wait(&self) -> &Wait {
        &self.wait
    }

    pub fn is_ready(&self) -> bool {
        self.wait == Wait::Ready
    }

    /// Somebody said that it is ready.
    pub fn goes_anyway(&self) -> bool {
        self.anyway
    }

    /// It will be taken by itself when nothing else happens.
    pub fn goes_by_itself(&self) -> bool {
        match self.wait {
            Wait::Growing { .. } | Wait::Resting { .. } | Wait::Young { .. } | Wait::Ready => true,
            Wait::Empty | Wait::Open { .. } | Wait::Unreadable(_) | Wait::Held(_) => false,
        }
    }

    /// When to look at it; `None` waits for a hint, a scan, or somebody.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Whether only a writer could keep it from being ready, if a look at this time saw the same.
    pub fn has_rested(&self, pace: &Pace, now: Instant) -> bool {
        now.duration_since(self.since) >= pace.settle
    }

    /// Something happened to it, or to what it waits for.
    pub fn hinted(&mut self, now: Instant) {
        let soon = now.max(self.looked + LOOKS_APART);
        self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
    }

    /// It was not taken.
    pub fn hold(&mut self, held: Held) {
        (self.wait, self.next) = (Wait::Held(held), None);
    }

    /// It was ready and is not as it was: it rests anew.
    pub fn look_again(&mut self, pace: &Pace, now: Instant) {
        (self.since, self.looked) = (now, now);
        self.rest(pace);
    }

    /// What it was held for may be different now.
    pub fn try_again(&mut self, now: Instant) {
        if let Wait::Held(_) = self.wait {
            (self.wait, self.next) = (Wait::Resting { until: now }, Some(now));
        }
    }

    /// Somebody says that it is ready as it is.
    pub fn send_anyway(&mut self, now: Instant) {
        self.anyway = true;
        (self.wait, self.next) = (Wait::Resting { until: now }, Some(now));
    }

    /// Takes note of a look; whether it still is a candidate.
    pub fn looked(&mut self, look: Look, pace: &Pace, now: Instant, wall_ms: i64) -> bool {
        let between = now.duration_since(self.looked);
        self.looked = now;
        let (seen, writer) = match look {
            Look::Gone => return false,
            Look::Unreadable(cause) => {
                self.since = now;
                (self.wait, self.next) = (Wait::Unreadable(cause), Some(now + UNREADABLE_AGAIN));
                return true;
            }
            Look::There { seen, writer } => (seen, writer),
        };
        if seen != self.seen {
            let grew = seen.size_bytes.saturating_sub(self.seen.size_bytes);
            self.seen = seen;
            self.since = now;
            self.rest(pace);
            if grew > 0 {
                let seconds = between.as_secs_f64().max(0.001);
                self.wait = Wait::Growing {
                    bytes_per_second: (grew as f64 / seconds) as u64,
                };
            }
            return true;
        }
        if let Wait::Held(_) = self.wait {
            self.next = None;
            return true;
        }
        if self.seen.size_bytes == 0 {
            (self.wait, self.next) = (Wait::Empty, None);
        } else if !self.has_rested(pace, now) {
            self.rest(pace);
        } else if let (Some(writer), false) = (writer, self.anyway) {
            let since = match self.wait {
                Wait::Open { since, .. } => since,
                _ => self.since,
            };
            let program = writer.program;
            (self.wait, self.next) = (Wait::Open { since, program }, Some(now + OPEN_AGAIN));
        } else if let Some(left) = self.youth(pace, now, wall_ms) {
            let until_ms = wall_ms.saturating_add(left.as_millis() as i64);
            (self.wait, self.next) = (Wait::Young { until_ms }, Some(now + left));
        } else {
            (self.wait, self.next) = (Wait::Ready, None);
        }
        true
    }

    /// Waits for rest from the last change on.
    fn rest(&mut self, pace: &Pace) {
        let until = self.since + pace.settle;
        self.wait = Wait::Resting { until };
        self.next = Some(until.min(self.looked + LOOK_EVERY));
    }

    /// How long until it is as old as the rule wants.
    fn youth(&self, pace: &Pace, now: Instant, wall_ms: i64) -> Option<Duration> {
        let wanted = pace.min_age.filter(|_| !self.anyway)?;
        let by_time = wall_ms.saturating_sub(self.seen.mtime_ns / 1_000_000);
        // One whose time lies in the future is as old as we know it.
        let known = now.duration_since(self.first);
        let age = Duration::from_millis(by_time.max(0).unsigned_abs()).max(known);
        wanted.checked_sub(age).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: i64 = 1_800_000_000_000;
    const PACE: Pace = Pace {
        settle: Duration::from_secs(10),
        min_age: None,
    };

    fn seen(size_bytes: u64, at_s: i64) -> Seen {
        Seen {
            size_bytes,
            mtime_ns: WALL * 1_000_000 + at_s * 1_000_000_000,
            file_id: "1:1".into(),
        }
    }

    fn there(seen: Seen) -> Look {
        Look::There { seen, writer: None }
    }

    fn written(seen: Seen) -> Look {
        let program = Some("obs".to_owned());
        let writer = Some(Writer { program });
        Look::There { seen, writer }
    }

    /// Looks whenever it wants to be looked at, at what the file is then, until it is ready or `until_s`; when that was.
    fn ready_after(
        candidate: &mut Candidate,
        start: Instant,
        until_s: u64,
        file: impl Fn(u64) -> Look,
    ) -> Option<u64> {
        while let Some(next) = candidate.next() {
            let at_s = next.duration_since(start).as_secs();
            if at_s > until_s {
                return None;
            }
            assert!(candidate.looked(file(at_s), &PACE, next, WALL + at_s as i64 * 1000));
            if candidate.is_ready() {
                return Some(at_s);
            }
        }
        None
    }

    #[test]
    fn a_file_that_grows_for_a_minute_is_ready_once_it_has_rested_and_not_before() {
        let start = Instant::now();
        let size = |at_s: u64| seen(1000 + at_s.min(60) * 18_000_000, at_s.min(60) as i64);
        let mut one = Candidate::new(size(0), &PACE, start);
        let mut rates = 0;
        let ready = ready_after(&mut one, start, 200, |at_s| there(size(at_s)));
        assert!((70..=80).contains(&ready.unwrap()), "{ready:?}");
        let mut one = Candidate::new(size(0), &PACE, start);
        for at_s in [10, 20, 30] {
            one.looked(
                there(size(at_s)),
                &PACE,
                start + Duration::from_secs(at_s),
                WALL,
            );
            let growing = Wait::Growing {
                bytes_per_second: 18_000_000,
            };
            rates += u32::from(*one.wait() == growing);
        }
        assert_eq!(rates, 3);
    }

    #[test]
    fn a_touch_or_a_shorter_file_is_a_change_too() {
        let start = Instant::now();
        for other in [seen(50, 1), seen(40, 0)] {
            let mut one = Candidate::new(seen(50, 0), &PACE, start);
            let ready = ready_after(&mut one, start, 99, |at_s| {
                there(if at_s < 10 {
                    seen(50, 0)
                } else {
                    other.clone()
                })
            });
            assert_eq!(ready, Some(20));
        }
    }

    #[test]
    fn one_that_is_still_open_waits_and_says_for_how_long_until_it_is_closed_or_somebody_says_so() {
        let start = Instant::now();
        let at = |s: u64| start + Duration::from_secs(s);
        let mut one = Candidate::new(seen(50, 0), &PACE, start);
        one.looked(written(seen(50, 0)), &PACE, at(10), WALL);
        one.looked(written(seen(50, 0)), &PACE, at(30), WALL);
        let open = Wait::Open {
            since: start,
            program: Some("obs".into()),
        };
        assert_eq!((one.wait(), one.goes_by_itself()), (&open, false));
        let mut other = one.clone();
        one.hinted(at(31));
        assert_eq!(one.next(), Some(at(31)));
        one.looked(there(seen(50, 0)), &PACE, at(31), WALL);
        assert!(one.is_ready(), "it has rested all the while");
        other.send_anyway(at(31));
        other.looked(written(seen(50, 0)), &PACE, at(31), WALL);
        assert!(other.is_ready());
    }

    #[test]
    fn an_empty_file_waits_without_being_looked_at() {
        let start = Instant::now();
        let mut one = Candidate::new(seen(0, 0), &PACE, start);
        assert_eq!(
            ready_after(&mut one, start, 99, |_| there(seen(0, 0))),
            None
        );
        assert_eq!((one.wait(), one.next()), (&Wait::Empty, None));
    }

    #[test]
    fn a_wall_clock_that_is_set_changes_nothing_and_a_time_in_the_future_does_not_block() {
        let start = Instant::now();
        for wall in [0, i64::MAX / 2, WALL - 86_400_000 * 400] {
            let mut one = Candidate::new(seen(50, 86_400 * 300), &PACE, start);
            one.looked(
                there(seen(50, 86_400 * 300)),
                &PACE,
                start + PACE.settle,
                wall,
            );
            assert!(one.is_ready(), "{wall}");
        }
        let pace = Pace {
            min_age: Some(Duration::from_secs(3600)),
            ..PACE
        };
        let future = seen(50, 86_400 * 300);
        let mut one = Candidate::new(future.clone(), &pace, start);
        one.looked(there(future.clone()), &pace, start + PACE.settle, WALL);
        assert!(matches!(one.wait(), Wait::Young { .. }), "{:?}", one.wait());
        let hour = start + Duration::from_secs(3600);
        assert_eq!(one.next(), Some(hour));
        one.looked(there(future), &pace, hour, WALL - 5_000_000);
        assert!(one.is_ready());
    }

    #[test]
    fn one_that_is_too_young_says_until_when() {
        let start = Instant::now();
        let pace = Pace {
            min_age: Some(Duration::from_secs(60)),
            ..PACE
        };
        let mut one = Candidate::new(seen(50, 0), &pace, start);
        let ten = start + PACE.settle;
        one.looked(there(seen(50, 0)), &pace, ten, WALL + 10_000);
        let until_ms = WALL + 60_000;
        assert_eq!(*one.wait(), Wait::Young { until_ms });
        assert_eq!(one.next(), Some(start + Duration::from_secs(60)));
    }

    #[test]
    fn one_that_was_held_is_tried_again_only_when_something_changed() {
        let start = Instant::now();
        let at = |s: u64| start + Duration::from_secs(s);
        let mut one = Candidate::new(seen(50, 0), &PACE, start);
        let refused = Held::Refused(Cause::new("title_too_long"));
        one.hold(refused.clone());
        assert!(one.looked(there(seen(50, 0)), &PACE, at(60), WALL));
        assert_eq!((one.wait(), one.next()), (&Wait::Held(refused), None));
        let mut changed = one.clone();
        changed.looked(there(seen(51, 9)), &PACE, at(61), WALL);
        assert_eq!(changed.next(), Some(at(71)), "another file");
        one.try_again(at(62));
        one.looked(there(seen(50, 0)), &PACE, at(62), WALL);
        assert!(one.is_ready());
        assert!(!one.looked(Look::Gone, &PACE, at(63), WALL));
    }

    #[test]
    fn a_crowd_of_hints_is_one_look() {
        let start = Instant::now();
        let mut one = Candidate::new(seen(50, 0), &PACE, start);
        one.looked(
            there(seen(60, 1)),
            &PACE,
            start + Duration::from_secs(5),
            WALL,
        );
        for ms in 0..400 {
            one.hinted(start + Duration::from_millis(5000 + ms));
        }
        let next = one.next().unwrap();
        assert_eq!(next, start + Duration::from_secs(5) + LOOKS_APART);
    }
}
