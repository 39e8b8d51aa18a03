//! A sleep as the clocks show it: one of them goes on through a sleep, the other stands still.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Below this it may be the time between two readings.
const LEAST: Duration = Duration::from_secs(1);

/// Takes note of sleeps.
#[derive(Debug, Default)]
pub(super) struct Sleeps {
    slept: Option<Duration>,
}

impl Sleeps {
    /// Whether the machine has slept since the last look.
    pub(super) fn look(&mut self) -> bool {
        self.hear(now(ClockId::Boottime).saturating_sub(now(ClockId::Monotonic)))
    }

    /// In all, since the machine was started.
    fn hear(&mut self, slept: Duration) -> bool {
        let before = self.slept.replace(slept);
        before.is_some_and(|before| slept.saturating_sub(before) >= LEAST)
    }
}

fn now(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_seen_once_and_time_that_passes_awake_is_none() {
        let mut sleeps = Sleeps::default();
        let seconds = Duration::from_secs_f64;
        for (slept, seen) in [
            (500.0, false),
            (500.0, false),
            (500.3, false),
            (560.0, true),
            (560.0, false),
        ] {
            assert_eq!(sleeps.hear(seconds(slept)), seen, "{slept}");
        }
        assert!(!sleeps.look() || !sleeps.look(), "not twice");
    }
}
