//! How many parts may fly to one host: found at run time, because the right number depends on loss far more than on bandwidth.
//!
//! Additive increase, multiplicative decrease on measured goodput. Pure: acknowledged bytes and time come in, a number comes out.
//! Invariant: the limit stays within 1 and the ceiling.

use std::time::Duration;

/// Lanes at the start, and after a change of network. Source: measurements of reqwest over an emulated line, 2026-11-21: two to four suffice without loss.
pub const START: u32 = 4;
/// Most lanes to one host; a lossy line gains up to 32, and loses at 64 (same measurements).
pub const CEILING: u32 = 32;
/// A window of judgement.
pub const WINDOW: Duration = Duration::from_secs(2);
const SETTLED_PROBE_WINDOWS: u32 = 4;
const NO_GROWTH_AFTER_PUSHBACK: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Two more each window while goodput grows by a tenth.
    Rising,
    /// Holds, and tries one more every fourth window.
    Settled { windows: u32 },
    /// One more was tried; it stays only if goodput rose by a twentieth.
    Probing,
}

/// The controller of one host.
#[derive(Debug, Clone)]
pub struct Concurrency {
    limit: u32,
    ceiling: u32,
    stage: Stage,
    window_from: Duration,
    window_bytes: u64,
    window_losses: u32,
    /// Bytes per second of the window that the present limit is compared with.
    reference: f64,
    no_growth_until: Duration,
}

impl Concurrency {
    pub fn new(ceiling: u32) -> Self {
        let ceiling = ceiling.clamp(1, CEILING);
        Self {
            limit: START.min(ceiling),
            ceiling,
            stage: Stage::Rising,
            window_from: Duration::ZERO,
            window_bytes: 0,
            window_losses: 0,
            reference: 0.0,
            no_growth_until: Duration::ZERO,
        }
    }

    pub fn limit(&self) -> u32 {
        self.limit
    }

    pub fn ceiling(&self) -> u32 {
        self.ceiling
    }

    /// Bytes were acknowledged.
    pub fn acknowledged(&mut self, bytes: u64) {
        self.window_bytes += bytes;
    }

    /// A connection was cut or ran out of time.
    pub fn lost(&mut self) {
        self.window_losses += 1;
        if self.window_losses == 2 {
            self.shrink(0.5);
        }
    }

    /// The platform asked for less: 429, 503 or its own words for it.
    pub fn pushed_back(&mut self, now: Duration, wait: Option<Duration>) {
        self.shrink(0.7);
        self.no_growth_until = now
            + wait
                .unwrap_or(NO_GROWTH_AFTER_PUSHBACK)
                .max(NO_GROWTH_AFTER_PUSHBACK);
    }

    /// The line is another one: what was learnt is void.
    pub fn line_changed(&mut self, now: Duration) {
        *self = Self {
            window_from: now,
            ..Self::new(self.ceiling)
        };
    }

    /// Judges the window that ends at `now`. `busy` is whether all lanes were wanted: an idle line teaches nothing, and neither does one that is held at
    /// `cap` bytes per second, where more lanes would only take from the first in the queue. Call it often; it acts once a window.
    pub fn tick(&mut self, now: Duration, busy: bool, cap: Option<u64>) {
        let elapsed = now.saturating_sub(self.window_from);
        if elapsed < WINDOW {
            return;
        }
        let goodput = self.window_bytes as f64 / elapsed.as_secs_f64();
        let idle = !busy || self.window_bytes == 0;
        let is_capped = cap.is_some_and(|cap| goodput >= cap as f64 * 0.9);
        (self.window_from, self.window_bytes, self.window_losses) = (now, 0, 0);
        if idle || is_capped {
            return;
        }
        let may_grow = now >= self.no_growth_until && self.limit < self.ceiling;
        self.stage = match self.stage {
            Stage::Rising if goodput >= self.reference * 1.1 => {
                self.reference = goodput;
                if may_grow {
                    self.limit = (self.limit + 2).min(self.ceiling);
                    Stage::Rising
                } else {
                    Stage::Settled { windows: 0 }
                }
            }
            Stage::Rising => Stage::Settled { windows: 0 },
            Stage::Settled { windows } => {
                // A slow average, so that one odd window does not set the mark.
                self.reference = self.reference * 0.7 + goodput * 0.3;
                if windows + 1 >= SETTLED_PROBE_WINDOWS && may_grow {
                    self.limit += 1;
                    Stage::Probing
                } else {
                    Stage::Settled {
                        windows: windows + 1,
                    }
                }
            }
            Stage::Probing if goodput >= self.reference * 1.05 => {
                self.reference = goodput;
                if may_grow {
                    self.limit += 1;
                    Stage::Probing
                } else {
                    Stage::Settled { windows: 0 }
                }
            }
            Stage::Probing => {
                self.limit = (self.limit - 1).max(1);
                Stage::Settled { windows: 0 }
            }
        };
    }

    fn shrink(&mut self, factor: f64) {
        self.limit = ((f64::from(self.limit) * factor) as u32).max(1);
        self.stage = Stage::Settled { windows: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drives the controller against a line whose goodput is a function of the lanes.
    fn settle(goodput: impl Fn(u32) -> f64) -> u32 {
        let mut it = Concurrency::new(CEILING);
        let mut now = Duration::ZERO;
        for _ in 0..400 {
            now += WINDOW;
            it.acknowledged((goodput(it.limit()) * WINDOW.as_secs_f64()) as u64);
            it.tick(now, true, None);
        }
        it.limit()
    }

    #[test]
    fn a_clean_line_is_filled_with_few_lanes() {
        let found = settle(|lanes| 20e6 * f64::from(lanes.min(4)) / 4.0);
        assert!((4..=8).contains(&found), "{found}");
    }

    #[test]
    fn a_lossy_line_gets_many_lanes() {
        let found = settle(|lanes| 0.6e6 * f64::from(lanes));
        assert!(found >= 24, "{found}");
    }

    #[test]
    fn a_cap_that_is_reached_brings_no_more_lanes() {
        let mut it = Concurrency::new(CEILING);
        for second in (2..60).step_by(2) {
            it.acknowledged(10_000_000);
            it.tick(Duration::from_secs(second), true, Some(5_200_000));
        }
        assert_eq!(it.limit(), START);
        it.acknowledged(10_000_000);
        it.tick(Duration::from_secs(60), true, Some(10_000_000));
        assert!(it.limit() > START, "a line that is far below its cap");
    }

    #[test]
    fn pushback_shrinks_and_stops_growth_for_a_while() {
        let mut it = Concurrency::new(16);
        it.pushed_back(Duration::from_secs(1), None);
        let after = it.limit();
        assert!(after < START);
        for second in 2..30 {
            it.acknowledged(1 << 30);
            it.tick(Duration::from_secs(second), true, None);
        }
        assert_eq!(it.limit(), after, "no growth within half a minute");
    }

    #[test]
    fn two_losses_in_a_window_halve_the_limit() {
        let mut it = Concurrency::new(16);
        it.lost();
        assert_eq!(it.limit(), START);
        it.lost();
        assert_eq!(it.limit(), START / 2);
    }
}
