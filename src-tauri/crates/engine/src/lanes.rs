//! Who may have a part in flight to a host: the first in the queue gets the line, others fill the gaps.
//!
//! The number of lanes is found by [`Concurrency`]; here they are handed out. Knows nothing of parts or files.
//! Invariants: never more permits than lanes, but for those given before the number shrank; a freed lane goes to the lowest rank that waits.

use parking_lot::Mutex;
use slipway_model::concurrency::Concurrency;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// Lower goes first: place in the queue.
pub(crate) type Rank = (i64, i64);

/// The rank of a place in the queue. Higher priorities go first, then lower positions.
pub(crate) fn rank(priority: i64, position: f64) -> Rank {
    // The bits of a float, turned so that they are in the order of the numbers.
    let bits = position.to_bits().cast_signed();
    (
        -priority,
        bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed(),
    )
}

#[derive(Debug)]
struct State {
    control: Concurrency,
    in_use: u32,
    next: u64,
    waiting: BTreeMap<(Rank, u64), oneshot::Sender<Permit>>,
    /// All lanes were in use, and more was wanted, since the last tick.
    busy: bool,
}

/// The lanes to one host.
#[derive(Debug)]
pub(crate) struct Host {
    since: Instant,
    state: Mutex<State>,
}

/// The right to have one part in flight. Dropping it gives the lane to the next.
#[derive(Debug)]
pub(crate) struct Permit {
    host: Arc<Host>,
}

impl Permit {
    /// Whether its holder, whose place is `rank`, may use it for one more part: nobody before it waits, and there are not too many.
    pub(crate) fn is_kept(&self, rank: Rank) -> bool {
        let state = self.host.state.lock();
        let mut waiting = state
            .waiting
            .iter()
            .filter(|(_, sender)| !sender.is_closed());
        let first = waiting.next().map(|((first, _), _)| *first);
        state.in_use <= state.control.limit() && first.is_none_or(|first| rank <= first)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.host.state.lock().in_use -= 1;
        self.host.hand_out();
    }
}

impl Host {
    fn new(ceiling: u32) -> Self {
        let control = Concurrency::new(ceiling);
        Self {
            since: Instant::now(),
            state: Mutex::new(State {
                control,
                in_use: 0,
                next: 0,
                waiting: BTreeMap::new(),
                busy: false,
            }),
        }
    }

    /// Waits for a lane. Dropping the future gives up the place in line.
    pub(crate) async fn acquire(self: &Arc<Self>, rank: Rank) -> Permit {
        let receiver = {
            let mut state = self.state.lock();
            let (sender, receiver) = oneshot::channel();
            let order = state.next;
            state.next += 1;
            state.waiting.insert((rank, order), sender);
            receiver
        };
        self.hand_out();
        receiver
            .await
            .expect("a waiting sender is only removed to send")
    }

    /// A lane that nobody waits for, at once or not at all.
    pub(crate) fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        let mut state = self.state.lock();
        if !state.waiting.is_empty() || state.in_use >= state.control.limit() {
            return None;
        }
        state.in_use += 1;
        Some(Permit { host: self.clone() })
    }

    pub(crate) fn acknowledged(&self, bytes: u64) {
        self.state.lock().control.acknowledged(bytes);
    }

    pub(crate) fn lost(&self) {
        self.state.lock().control.lost();
    }

    pub(crate) fn pushed_back(&self, wait: Option<Duration>) {
        self.state
            .lock()
            .control
            .pushed_back(self.since.elapsed(), wait);
    }

    fn tick(self: &Arc<Self>, cap: Option<u64>) {
        {
            let mut state = self.state.lock();
            let busy = state.busy;
            state.control.tick(self.since.elapsed(), busy, cap);
            state.busy = !state.waiting.is_empty();
        }
        self.hand_out();
    }

    fn hand_out(self: &Arc<Self>) {
        loop {
            let mut state = self.state.lock();
            // Those who no longer wait are skipped before a lane is counted for them.
            while state
                .waiting
                .first_entry()
                .is_some_and(|entry| entry.get().is_closed())
            {
                state.waiting.pop_first();
            }
            if state.waiting.is_empty() {
                return;
            }
            if state.in_use >= state.control.limit() {
                state.busy = true;
                return;
            }
            let Some((_, sender)) = state.waiting.pop_first() else {
                return;
            };
            state.in_use += 1;
            drop(state); // sending may fail and drop the permit, which takes the lock
            let _ = sender.send(Permit { host: self.clone() });
        }
    }
}

/// All hosts that have been sent to.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<HashMap<String, Arc<Host>>>);

impl Lanes {
    /// The lanes to a host, with at most `ceiling` of them; the ceiling of the first caller stays.
    pub(crate) fn host(&self, name: &str, ceiling: u32) -> Arc<Host> {
        self.0
            .lock()
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Host::new(ceiling)))
            .clone()
    }

    /// To be called about four times a second, with the speed cap in bytes per second.
    pub(crate) fn tick(&self, cap: Option<u64>) {
        let hosts: Vec<_> = self.0.lock().values().cloned().collect();
        for host in hosts {
            host.tick(cap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_freed_lane_goes_to_the_first_in_the_queue() {
        let lanes = Lanes::default();
        let host = lanes.host("a", 1);
        let first = host.acquire((0, 0)).await;
        let (h1, h2) = (host.clone(), host.clone());
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let tell2 = tell.clone();
        let late = tokio::spawn(async move {
            let _permit = h1.acquire((9, 0)).await;
            let _ = tell.send(9);
        });
        let early = tokio::spawn(async move {
            let _permit = h2.acquire((1, 0)).await;
            let _ = tell2.send(1);
        });
        while host.state.lock().waiting.len() < 2 {
            tokio::task::yield_now().await;
        }
        drop(first);
        assert_eq!((told.recv().await, told.recv().await), (Some(1), Some(9)));
        late.await.unwrap();
        early.await.unwrap();
    }

    #[tokio::test]
    async fn a_lane_is_kept_while_nobody_before_waits() {
        let host = Lanes::default().host("a", 1);
        let permit = host.acquire((1, 0)).await;
        assert!(permit.is_kept((1, 0)));
        let after = host.acquire((2, 0));
        tokio::pin!(after);
        assert!(futures_util::poll!(after.as_mut()).is_pending());
        assert!(permit.is_kept((1, 0)));
        let before = host.acquire((0, 9));
        tokio::pin!(before);
        assert!(futures_util::poll!(before.as_mut()).is_pending());
        assert!(!permit.is_kept((1, 0)));
    }

    #[tokio::test]
    async fn one_who_gives_up_does_not_keep_a_lane() {
        let host = Lanes::default().host("a", 1);
        let first = host.acquire((0, 0)).await;
        {
            let waiting = host.acquire((0, 0));
            tokio::pin!(waiting);
            assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        }
        drop(first);
        host.acquire((5, 0)).await;
        assert_eq!(host.state.lock().in_use, 0);
    }
}
