//! Counts bytes as they arrive, and when.
//!
//! Invariant: the total is the sum of the series. Time is the machine's monotonic clock, never the virtual one, since what is
//! measured is a line.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::clock::machine_ms;

/// Width of one step of the series.
const STEP_MS: u64 = 50;

#[derive(Debug)]
pub(crate) struct Meter {
    started: Instant,
    started_unix_ms: i64,
    total: AtomicU64,
    steps: Mutex<BTreeMap<u64, u64>>,
    moved: watch::Sender<u64>,
}

/// What arrived and when, in steps of `step_ms` since `started_unix_ms`; steps without bytes are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    pub total: u64,
    pub started_unix_ms: i64,
    /// How old the series is at the moment of looking.
    pub age_ms: u64,
    pub step_ms: u64,
    /// Start of a step in milliseconds since the start, and its bytes.
    pub steps: Vec<(u64, u64)>,
}

impl Moved {
    /// Bytes that arrived in steps that began at or after `from_ms` and before `to_ms`, counted since the start.
    pub fn between(&self, from_ms: u64, to_ms: u64) -> u64 {
        let within = from_ms..to_ms;
        self.steps
            .iter()
            .filter(|(at, _)| within.contains(at))
            .map(|(_, n)| n)
            .sum()
    }

    /// When the last byte came, in milliseconds since the start, to one step.
    pub fn last_ms(&self) -> Option<u64> {
        self.steps.last().map(|(at, _)| at + self.step_ms)
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            started_unix_ms: machine_ms(),
            total: AtomicU64::new(0),
            steps: Mutex::default(),
            moved: watch::channel(0).0,
        }
    }
}

impl Meter {
    pub(crate) fn add(&self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        *self
            .steps
            .lock()
            .entry(self.age_ms() / STEP_MS)
            .or_default() += bytes;
        let total = self.total.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.moved
            .send_if_modified(|seen| std::mem::replace(seen, total.max(*seen)) < total);
    }

    pub(crate) fn age_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Returns as soon as `bytes` have arrived since the start.
    pub(crate) async fn reach(&self, bytes: u64) {
        let mut moved = self.moved.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _ = moved.wait_for(|seen| *seen >= bytes).await;
    }

    pub(crate) fn forget(&self) {
        let mut steps = self.steps.lock();
        steps.clear();
        self.total.store(0, Ordering::Relaxed);
        self.moved.send_replace(0);
    }

    pub(crate) fn read(&self) -> Moved {
        let steps = self.steps.lock();
        Moved {
            total: steps.values().sum(),
            started_unix_ms: self.started_unix_ms,
            age_ms: self.age_ms(),
            step_ms: STEP_MS,
            steps: steps.iter().map(|(at, n)| (at * STEP_MS, *n)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_the_steps_that_began_in_it() {
        let moved = Moved {
            total: 6,
            step_ms: 50,
            steps: vec![(0, 1), (50, 2), (100, 3)],
            ..Moved::default()
        };
        assert_eq!(moved.between(50, 100), 2);
        assert_eq!(moved.between(50, 101), 5);
        assert_eq!(moved.last_ms(), Some(150));
    }

    #[tokio::test]
    async fn reaching_what_has_come_already_waits_for_nothing() {
        let meter = Meter::default();
        meter.add(10);
        meter.reach(10).await;
        assert_eq!(meter.read().total, meter.total());
    }
}
