//! How often a platform may be called.
//!
//! Decides whether a call may be made now. Waiting is the engine's; what a platform allows is the adapter's.

use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// A bucket of calls that fills at a rate, up to a burst.
#[derive(Default)]
pub(crate) struct Calls(Mutex<Option<Level>>);

struct Level {
    calls: f64,
    at: Instant,
}

impl Calls {
    /// Takes leave for one call that leaves `kept` for more urgent ones, or says how long until there is one.
    pub(crate) fn may_call(&self, per_second: f64, burst: f64, kept: f64) -> Result<(), Duration> {
        let now = Instant::now();
        let mut slot = self.0.lock();
        let level = slot.get_or_insert(Level {
            calls: burst,
            at: now,
        });
        let since = now.duration_since(level.at).as_secs_f64();
        level.calls = (level.calls + since * per_second).min(burst);
        level.at = now;
        if level.calls >= 1.0 + kept {
            level.calls -= 1.0;
            Ok(())
        } else {
            let wait = (1.0 + kept - level.calls) / per_second;
            Err(Duration::from_secs_f64(wait.clamp(0.1, 60.0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_come_in_a_burst_and_then_at_their_rate() {
        let calls = Calls::default();
        let may_call = || calls.may_call(1.0, 3.0, 0.0);
        for _ in 0..3 {
            assert_eq!(may_call(), Ok(()));
        }
        let wait = may_call().expect_err("the burst is spent");
        tokio::time::advance(wait).await;
        assert_eq!(may_call(), Ok(()));
        assert!(may_call().is_err(), "one a second");
    }
}
