//! What is remembered of an account while the program runs. Losing it costs a call or a comparison, never a manuscript.

use parking_lot::Mutex;
use secrecy::SecretString;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32},
    },
    time::Duration,
};
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct Memory {
    /// Held while tokens are refreshed: one at a time, since each refresh token works once.
    pub(super) refreshing: Arc<tokio::sync::Mutex<()>>,
    /// A new pair that could not be saved so far. Its predecessors are spent.
    pub(super) unsaved: Mutex<Option<Vec<(String, SecretString)>>>,
    /// The refresh token that was refused for good: it is not shown to the platform again.
    pub(super) refused: Mutex<Option<SecretString>>,
    /// The platform has answered a part with an ETag: there is something to compare.
    pub(super) etags_seen: AtomicBool,
    /// Pushbacks in a row.
    pub(super) pushed_back: AtomicU32,
    /// Works that were accepted, by id, with the draft's key: a look for one draft must not find another's.
    pub(super) accepted: Mutex<HashMap<String, String>>,
    /// When a work was first looked for, and whether it was ever seen.
    pub(super) looked_for: Mutex<HashMap<String, (Instant, bool)>>,
    calls: Mutex<Option<Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Memory {
    /// Takes leave for one call, or says how long until there is one. Waiting is the engine's.
    pub(super) fn may_call(&self, per_minute: u64, burst: u64) -> Result<(), Duration> {
        let (rate, burst) = (per_minute.max(1) as f64 / 60.0, burst.max(1) as f64);
        let now = Instant::now();
        let mut slot = self.calls.lock();
        let bucket = slot.get_or_insert(Bucket {
            tokens: burst,
            filled_at: now,
        });
        let since = now.duration_since(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * rate).min(burst);
        bucket.filled_at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            Ok(())
        } else {
            let wait = (1.0 - bucket.tokens) / rate;
            Err(Duration::from_secs_f64(wait.clamp(0.1, 60.0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_come_in_a_burst_and_then_at_their_rate() {
        let memory = Memory::default();
        for _ in 0..3 {
            assert_eq!(memory.may_call(60, 3), Ok(()));
        }
        let wait = memory.may_call(60, 3).expect_err("the burst is spent");
        tokio::time::advance(wait).await;
        assert_eq!(memory.may_call(60, 3), Ok(()));
        assert!(memory.may_call(60, 3).is_err(), "one a second");
    }
}
