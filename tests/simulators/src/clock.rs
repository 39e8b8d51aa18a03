//! The simulator's own clock: the machine's, moved by what a test adds.
//!
//! Everything a platform would date (tokens, review, spacing) is dated by it; waiting itself is never virtual.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A handle; clones show and move the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since 1970, as this clock has it.
    pub fn now_ms(&self) -> i64 {
        machine_ms() + self.ahead_ms.load(Ordering::Relaxed)
    }

    /// Seconds since 1970, as this clock has it.
    pub fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(millis(by), Ordering::Relaxed);
    }

    /// Sets the clock to a moment; from there it runs on.
    pub fn set_s(&self, unix_s: i64) {
        self.ahead_ms
            .store(unix_s * 1000 - machine_ms(), Ordering::Relaxed);
    }

    /// How far it runs ahead of the machine's clock.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::Relaxed)
    }
}

pub(crate) fn millis(of: Duration) -> i64 {
    i64::try_from(of.as_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn machine_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, millis)
}
