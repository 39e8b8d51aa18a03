//! How fast uploads may go so that calls and streams on the same line stay smooth: as fast as fits without packets queueing up.
//!
//! The idea is LEDBAT's (RFC 6817, and its successor LEDBAT++, draft-irtf-iccrg-ledbat-plus-plus-01, both read 2026-11-22): the round trip over its own
//! least is the queue at the narrowest place of the line. Above [`TARGET`] the rate is cut, below it grows. It is one rate for all connections
//! together, held by a token bucket, so it works above whatever congestion control the system has.
//! Pure: round trips and time come in, a rate goes out. Knows nothing of sockets. Invariant: the rate is never below [`FLOOR`].

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    time::Duration,
};

/// Queue that is aimed at. Ours: RFC 6817 allows up to 100 ms, LEDBAT++ takes 60; a call over a home line is heard to suffer above 150 ms one way
/// (ITU-T G.114), and most of that is its own.
pub const TARGET: Duration = Duration::from_millis(30);
/// In bytes per second: even on a line that others fill, an upload goes on.
pub const FLOOR: u64 = 64 << 10;
/// How often round trips are worth looking at.
pub const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Where a search begins, in bytes per second.
const START: f64 = 512.0 * 1024.0;
/// While searching: doubles each second.
const SEARCH: f64 = 2.0;
/// A second, where the line has room and has had it; and at the rate at which it last had a queue.
const GROWTH: f64 = 1.3;
const GROWTH_LEAST: f64 = 1.03;
/// From this share of that rate the growth is the least; above that rate it rises again by this for each time the rate is more, as the line must be
/// another by now.
const NEAR: f64 = 0.92;
const GROWTH_RISES: f64 = 0.2;
/// From a queue's beginning until it is seen: two looks and a round trip.
const LAG_S: f64 = 0.6;
/// The share of the rate that a cut leaves, at the target and at the most.
const CUT_LEAST: f64 = 0.85;
const CUT_MOST: f64 = 0.5;
/// A cut shows when the queue had time to drain; sooner the next would answer the same queue.
const DRAIN: Duration = Duration::from_millis(400);
/// The rate grows only where it is what holds the bytes back.
const IN_USE: f64 = 0.7;
/// Nothing sent for this long: the line may be another, and is searched anew.
const IDLE: Duration = Duration::from_secs(10);
/// The least round trip is forgotten after this many minutes: routes change.
const BASE_MINUTES: usize = 10;
const MINUTE: Duration = Duration::from_mins(1);

/// One connection that carries bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrip {
    /// The other end.
    pub to: IpAddr,
    pub now: Duration,
    /// The shortest that is known for it.
    pub least: Duration,
}

/// The shortest round trips of the last minutes, by minute.
#[derive(Debug, Default)]
struct Base(VecDeque<Duration>);

impl Base {
    fn least(&self) -> Duration {
        self.0.iter().copied().min().unwrap_or(Duration::MAX)
    }
}

#[derive(Debug)]
pub struct Headroom {
    rate: f64,
    /// At which there was a queue, the last time; none while searching.
    limit: Option<f64>,
    bases: HashMap<IpAddr, Base>,
    minute: Duration,
    /// The queue at the last look: of two looks the smaller counts, a single late packet is no queue.
    before: Option<Duration>,
    since_cut: Duration,
    idle: Duration,
}

impl Default for Headroom {
    fn default() -> Self {
        Self {
            rate: START,
            limit: None,
            bases: HashMap::new(),
            minute: Duration::ZERO,
            before: None,
            since_cut: DRAIN,
            idle: Duration::ZERO,
        }
    }
}

impl Headroom {
    /// Bytes per second from now on. `elapsed` is since the last look, `sent_bytes` what went in it, `trips` of the connections that carried it.
    pub fn look(&mut self, elapsed: Duration, sent_bytes: u64, trips: &[RoundTrip]) -> u64 {
        self.learn(elapsed, trips);
        self.idle = if sent_bytes > 0 {
            Duration::ZERO
        } else {
            self.idle + elapsed
        };
        if self.idle >= IDLE {
            let bases = std::mem::take(&mut self.bases);
            *self = Self {
                bases,
                ..Self::default()
            };
            return self.bytes_per_second();
        }
        self.since_cut += elapsed;
        let seconds = elapsed.as_secs_f64();
        let queue = self.queue(trips);
        if let Some(queue) = queue {
            let lasting = self
                .before
                .map_or(Duration::ZERO, |before| before.min(queue));
            self.before = Some(queue);
            if lasting > TARGET {
                self.cut(lasting);
                return self.bytes_per_second();
            }
        }
        if sent_bytes as f64 >= self.rate * seconds * IN_USE {
            // The nearer the queue is to what is aimed at, the slower.
            let queue = queue.unwrap_or_default().as_secs_f64() / TARGET.as_secs_f64();
            self.rate *= self.growth().powf(seconds * (1.0 - queue).max(0.0));
        }
        self.bytes_per_second()
    }

    /// Of the rate, in a second.
    fn growth(&self) -> f64 {
        match self.limit {
            None => SEARCH,
            Some(limit) if self.rate < limit * NEAR => GROWTH,
            Some(limit) => {
                let over = (self.rate / limit - 1.0).max(0.0);
                (GROWTH_LEAST + GROWTH_RISES * over).min(GROWTH)
            }
        }
    }

    fn bytes_per_second(&self) -> u64 {
        self.rate as u64
    }

    fn cut(&mut self, queue: Duration) {
        if self.since_cut < DRAIN {
            return;
        }
        self.since_cut = Duration::ZERO;
        self.limit = Some(self.rate / self.growth().powf(LAG_S));
        let over = queue.as_secs_f64() / TARGET.as_secs_f64();
        let left = (1.0 - (1.0 - CUT_LEAST) * over).max(CUT_MOST);
        self.rate = (self.rate * left).max(FLOOR as f64);
    }

    fn learn(&mut self, elapsed: Duration, trips: &[RoundTrip]) {
        self.minute += elapsed;
        if self.minute >= MINUTE {
            self.minute = Duration::ZERO;
            self.bases.retain(|_, base| {
                base.0.push_back(Duration::MAX);
                if base.0.len() > BASE_MINUTES {
                    base.0.pop_front();
                }
                base.least() < Duration::MAX
            });
        }
        for trip in trips {
            let minutes = &mut self.bases.entry(trip.to).or_default().0;
            let least = trip.least.min(trip.now);
            match minutes.back_mut() {
                Some(of_minute) => *of_minute = least.min(*of_minute),
                None => minutes.push_back(least),
            }
        }
    }

    /// The queue that all connections see: what one alone sees lies elsewhere than at the line that they share.
    fn queue(&self, trips: &[RoundTrip]) -> Option<Duration> {
        // What stays on this machine, such as a proxy on it, sees no line, but is better than nothing.
        let leaves = trips.iter().any(|trip| !trip.to.is_loopback());
        let trips = trips
            .iter()
            .filter(|trip| !leaves || !trip.to.is_loopback());
        let queues = trips.map(|trip| {
            let least = self.bases[&trip.to].least();
            trip.now.saturating_sub(least)
        });
        queues.min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    /// The narrowest place of a line: a queue that drains at a rate, with a round trip of 40 ms around it.
    struct Line {
        capacity: f64,
        queued: f64,
        headroom: Headroom,
    }

    /// What came of some seconds.
    struct Seen {
        /// Of the line's capacity.
        share: f64,
        /// The queue's 95th percentile.
        queue: Duration,
    }

    impl Line {
        fn new(capacity: f64) -> Self {
            Self {
                capacity,
                queued: 0.0,
                headroom: Headroom::default(),
            }
        }

        /// `others` is what others send, in bytes per second; they do not slow down.
        fn run(&mut self, seconds: u32, others: f64) -> Seen {
            let step = LOOK_EVERY.as_secs_f64();
            let mut sent = 0.0;
            let mut queues = Vec::new();
            for _ in 0..seconds * 5 {
                let went = self.headroom.rate * step;
                sent += went;
                self.queued =
                    (self.queued + went + (others - self.capacity) * step).clamp(0.0, 1e6);
                let queue = Duration::from_secs_f64(self.queued / self.capacity);
                queues.push(queue);
                let least = Duration::from_millis(40);
                let trip = RoundTrip {
                    to: TO,
                    now: least + queue,
                    least: least + queue,
                };
                self.headroom.look(LOOK_EVERY, went as u64, &[trip]);
            }
            queues.sort_unstable();
            Seen {
                share: sent / (self.capacity * f64::from(seconds)),
                queue: queues[queues.len() * 95 / 100],
            }
        }
    }

    #[test]
    fn alone_it_takes_nearly_all_of_the_line_and_leaves_no_queue() {
        for capacity in [250e3, 2.5e6, 12.5e6, 125e6] {
            let mut line = Line::new(capacity);
            line.run(15, 0.0);
            let seen = line.run(120, 0.0);
            assert!(seen.share > 0.85, "{capacity}: {}", seen.share);
            assert!(seen.queue < TARGET * 2, "{capacity}: {:?}", seen.queue);
        }
    }

    #[test]
    fn it_gives_way_within_two_seconds_and_comes_back_when_the_line_is_free() {
        let mut line = Line::new(2.5e6);
        line.run(60, 0.0);
        line.run(2, 2e6);
        let seen = line.run(30, 2e6);
        assert!(seen.queue < TARGET * 2, "{:?}", seen.queue);
        assert!(seen.share > 0.1, "the rest of the line: {}", seen.share);
        line.run(10, 0.0);
        let seen = line.run(30, 0.0);
        assert!(seen.share > 0.85, "{}", seen.share);
    }

    #[test]
    fn where_others_fill_the_line_it_keeps_the_floor() {
        let mut line = Line::new(2.5e6);
        line.run(20, 0.0);
        line.run(20, 3e6);
        assert_eq!(line.headroom.bytes_per_second(), FLOOR);
    }

    #[test]
    fn a_single_late_packet_is_no_queue_and_what_is_not_used_does_not_grow() {
        let mut headroom = Headroom::default();
        let trip = |ms| RoundTrip {
            to: TO,
            now: Duration::from_millis(ms),
            least: Duration::from_millis(ms),
        };
        headroom.look(LOOK_EVERY, 1, &[trip(20)]);
        let before = headroom.bytes_per_second();
        for ms in [20, 300, 20, 20] {
            headroom.look(LOOK_EVERY, 1, &[trip(ms)]);
        }
        assert_eq!(headroom.bytes_per_second(), before);
    }

    #[test]
    fn a_longer_way_is_learnt_after_ten_minutes() {
        let mut headroom = Headroom::default();
        let look = |headroom: &mut Headroom, ms| {
            let least = Duration::from_millis(ms);
            let trip = RoundTrip {
                to: TO,
                now: least,
                least,
            };
            headroom.look(Duration::from_secs(1), 1_000_000_000, &[trip])
        };
        look(&mut headroom, 20);
        look(&mut headroom, 120);
        look(&mut headroom, 120);
        assert!(headroom.limit.is_some(), "taken for a queue at first");
        for _ in 0..11 * 60 {
            look(&mut headroom, 120);
        }
        assert!(
            headroom.bytes_per_second() > FLOOR,
            "not held at the floor for ever"
        );
    }
}
