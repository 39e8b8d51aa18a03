//! Speed caps: token buckets in a chain (global, account, upload), metered as bytes go to the socket.
//!
//! A bucket holds at most a tenth of a second's bytes, a smooth one a fiftieth's, so a cap holds from its first second; changes take effect at once in
//! both directions.
//! Knows nothing of files or platforms. A cancelled wait takes nothing it has not been given.

use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Largest piece that may go at once under a cap, so that a socket's buffer cannot swallow seconds of bytes.
pub(crate) const CAPPED_PIECE_BYTES: usize = 32 << 10;
const BURST: Duration = Duration::from_millis(100);
/// A gap between two parts is not made up for where packets must not queue up: a tenth of a second's bytes at once are a tenth of a second's queue.
const SMOOTH_BURST: Duration = Duration::from_millis(20);

#[derive(Debug)]
struct Level {
    /// Bytes per second; `None` is no cap.
    rate: Option<f64>,
    burst: Duration,
    /// May be negative: what was taken in advance is waited for.
    tokens: f64,
    at: Instant,
}

#[derive(Debug)]
pub(crate) struct Bucket {
    level: Mutex<Level>,
    /// Since it was last asked for, while there was a cap.
    taken: AtomicU64,
    changed: Notify,
}

impl Bucket {
    pub(crate) fn new(rate: Option<u64>) -> Arc<Self> {
        Self::with(rate, BURST)
    }

    /// No cap yet; what is not taken in time is lost.
    pub(crate) fn smooth() -> Arc<Self> {
        Self::with(None, SMOOTH_BURST)
    }

    fn with(rate: Option<u64>, burst: Duration) -> Arc<Self> {
        let level = Level {
            rate: rate.map(|r| r as f64),
            burst,
            tokens: 0.0,
            at: Instant::now(),
        };
        Arc::new(Self {
            level: Mutex::new(level),
            taken: AtomicU64::new(0),
            changed: Notify::new(),
        })
    }

    pub(crate) fn rate(&self) -> Option<u64> {
        self.level.lock().rate.map(|r| r as u64)
    }

    /// Bytes that have gone since the last call, while there was a cap.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.swap(0, Relaxed)
    }

    pub(crate) fn set_rate(&self, rate: Option<u64>) {
        {
            let mut level = self.level.lock();
            level.refill();
            level.rate = rate.map(|r| r as f64);
            level.tokens = level.tokens.min(0.0).max(level.rate.map_or(0.0, |r| -r));
        }
        self.changed.notify_waiters();
    }

    /// Waits until `bytes` may go.
    async fn take(&self, bytes: usize) {
        loop {
            let changed = self.changed.notified();
            let wait = {
                let mut level = self.level.lock();
                level.refill();
                let Some(rate) = level.rate else { return };
                if level.tokens >= 0.0 {
                    level.tokens -= bytes as f64;
                    self.taken.fetch_add(bytes as u64, Relaxed);
                    return;
                }
                Duration::try_from_secs_f64(-level.tokens / rate).unwrap_or(Duration::MAX)
            };
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

impl Level {
    fn refill(&mut self) {
        let now = Instant::now();
        let gained = now.duration_since(self.at).as_secs_f64();
        self.at = now;
        if let Some(rate) = self.rate {
            self.tokens = (self.tokens + gained * rate).min(rate * self.burst.as_secs_f64());
        }
    }
}

/// Every cap that applies to one upload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limiter {
    chain: Vec<Arc<Bucket>>,
}

impl Limiter {
    pub(crate) fn new(chain: Vec<Arc<Bucket>>) -> Self {
        Self { chain }
    }

    pub(crate) fn is_capped(&self) -> bool {
        self.chain.iter().any(|bucket| bucket.rate().is_some())
    }

    pub(crate) async fn take(&self, bytes: usize) {
        for bucket in &self.chain {
            bucket.take(bytes).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent_in(limiter: &Limiter, time: Duration) -> f64 {
        let until = Instant::now() + time;
        let mut sent = 0;
        while tokio::time::timeout_at(until, limiter.take(CAPPED_PIECE_BYTES))
            .await
            .is_ok()
        {
            sent += CAPPED_PIECE_BYTES;
        }
        sent as f64
    }

    #[tokio::test(start_paused = true)]
    async fn a_cap_holds_within_a_twentieth_over_ten_seconds() {
        for rate in [100_000_u64, 5_000_000, 80_000_000] {
            let limiter = Limiter::new(vec![Bucket::new(Some(rate))]);
            let sent = sent_in(&limiter, Duration::from_secs(10)).await;
            let ratio = sent / (rate as f64 * 10.0);
            assert!((0.95..=1.05).contains(&ratio), "{rate}: {ratio}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_tightest_cap_of_the_chain_wins() {
        let limiter = Limiter::new(vec![
            Bucket::new(Some(9_000_000)),
            Bucket::new(None),
            Bucket::new(Some(1_000_000)),
        ]);
        let ratio = sent_in(&limiter, Duration::from_secs(10)).await / 10_000_000.0;
        assert!((0.95..=1.05).contains(&ratio), "{ratio}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lifted_cap_frees_those_who_wait() {
        let bucket = Bucket::new(Some(1_000));
        let limiter = Limiter::new(vec![bucket.clone()]);
        limiter.take(1_000_000).await; // in advance: the next would wait for a quarter of an hour
        let next = tokio::spawn(async move { limiter.take(1).await });
        tokio::task::yield_now().await;
        bucket.set_rate(None);
        let started = Instant::now();
        next.await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}
