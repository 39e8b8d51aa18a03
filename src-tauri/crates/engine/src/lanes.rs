//! Who may have a part in flight to a host: the first in the queue gets the line, others fill the gaps; or all get as many.
//!
//! The number of lanes is found by [`Concurrency`] or fixed; here they are handed out. Knows nothing of parts or files.
//! Invariants: never more permits than lanes, but for those given before the number shrank; a freed lane goes to the lowest rank that waits, or, where
//! the line is shared, to the one of those with the fewest lanes.

use parking_lot::Mutex;
use slipway_model::{
    UploadId,
    concurrency::Concurrency,
    line::{Line, LineOrder},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
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

/// How lanes of all hosts are handed out.
#[derive(Debug, Default)]
struct Manner {
    shares: AtomicBool,
    /// 0: as many as are found to be good.
    lanes: AtomicU32,
}

#[derive(Debug)]
struct Waiting {
    owner: UploadId,
    sender: oneshot::Sender<Permit>,
}

#[derive(Debug)]
struct State {
    control: Concurrency,
    in_use: HashMap<UploadId, u32>,
    next: u64,
    waiting: BTreeMap<(Rank, u64), Waiting>,
    /// All lanes were in use, and more was wanted, since the last tick.
    busy: bool,
}

impl State {
    fn used(&self) -> u32 {
        self.in_use.values().sum()
    }

    fn of(&self, owner: UploadId) -> u32 {
        self.in_use.get(&owner).copied().unwrap_or(0)
    }

    fn limit(&self, manner: &Manner) -> u32 {
        match manner.lanes.load(Relaxed) {
            0 => self.control.limit(),
            fixed => fixed.min(self.control.ceiling()),
        }
    }

    fn give(&mut self, host: &Arc<Host>, owner: UploadId) -> Permit {
        *self.in_use.entry(owner).or_default() += 1;
        let host = host.clone();
        Permit { host, owner }
    }
}

/// The lanes to one host.
#[derive(Debug)]
pub(crate) struct Host {
    manner: Arc<Manner>,
    since: Instant,
    state: Mutex<State>,
}

/// The right to have one part in flight. Dropping it gives the lane to the next.
#[derive(Debug)]
pub(crate) struct Permit {
    host: Arc<Host>,
    owner: UploadId,
}

impl Permit {
    /// Whether its holder, whose place is `rank`, may use it for one more part: nobody who goes before waits, and there are not too many.
    pub(crate) fn is_kept(&self, rank: Rank) -> bool {
        let state = self.host.state.lock();
        let waiting = state.waiting.iter();
        let mut waiting = waiting.filter(|(_, one)| !one.sender.is_closed());
        let is_first = if self.host.manner.shares.load(Relaxed) {
            let mine = state.of(self.owner);
            !waiting.any(|(_, one)| state.of(one.owner) + 1 < mine)
        } else {
            let first = waiting.next().map(|((first, _), _)| *first);
            first.is_none_or(|first| rank <= first)
        };
        is_first && state.used() <= state.limit(&self.host.manner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let mut state = self.host.state.lock();
            if let Some(used) = state.in_use.get_mut(&self.owner) {
                *used -= 1;
                if *used == 0 {
                    state.in_use.remove(&self.owner);
                }
            }
        }
        self.host.hand_out();
    }
}

impl Host {
    fn new(ceiling: u32, manner: Arc<Manner>) -> Self {
        let control = Concurrency::new(ceiling);
        Self {
            manner,
            since: Instant::now(),
            state: Mutex::new(State {
                control,
                in_use: HashMap::new(),
                next: 0,
                waiting: BTreeMap::new(),
                busy: false,
            }),
        }
    }

    /// Waits for a lane. Dropping the future gives up the place in line.
    pub(crate) async fn acquire(self: &Arc<Self>, owner: UploadId, rank: Rank) -> Permit {
        let receiver = {
            let mut state = self.state.lock();
            let (sender, receiver) = oneshot::channel();
            let order = state.next;
            state.next += 1;
            state
                .waiting
                .insert((rank, order), Waiting { owner, sender });
            receiver
        };
        self.hand_out();
        receiver
            .await
            .expect("a waiting sender is only removed to send")
    }

    /// A lane that nobody waits for, at once or not at all.
    pub(crate) fn try_acquire(self: &Arc<Self>, owner: UploadId) -> Option<Permit> {
        let mut state = self.state.lock();
        if !state.waiting.is_empty() || state.used() >= state.limit(&self.manner) {
            return None;
        }
        Some(state.give(self, owner))
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

    /// How many lanes there may be now.
    pub(crate) fn limit(&self) -> u32 {
        self.state.lock().limit(&self.manner)
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
            state.waiting.retain(|_, one| !one.sender.is_closed());
            if state.waiting.is_empty() {
                return;
            }
            if state.used() >= state.limit(&self.manner) {
                state.busy = true;
                return;
            }
            let next = if self.manner.shares.load(Relaxed) {
                let all = state.waiting.iter();
                let fewest = all.map(|(key, one)| (state.of(one.owner), *key)).min();
                fewest.map(|(_, key)| key)
            } else {
                state.waiting.first_key_value().map(|(key, _)| *key)
            };
            let Some(one) = next.and_then(|key| state.waiting.remove(&key)) else {
                return;
            };
            let permit = state.give(self, one.owner);
            drop(state); // sending may fail and drop the permit, which takes the lock
            let _ = one.sender.send(permit);
        }
    }
}

/// All hosts that have been sent to.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    manner: Arc<Manner>,
}

impl Lanes {
    /// The lanes to a host, with at most `ceiling` of them; the ceiling of the first caller stays.
    pub(crate) fn host(&self, name: &str, ceiling: u32) -> Arc<Host> {
        self.hosts
            .lock()
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Host::new(ceiling, self.manner.clone())))
            .clone()
    }

    /// From the next free lane on.
    pub(crate) fn set(&self, line: &Line) {
        let shares = line.order == LineOrder::Share;
        self.manner.shares.store(shares, Relaxed);
        let lanes = line.parts_at_once.unwrap_or(0);
        self.manner.lanes.store(lanes, Relaxed);
        for host in self.all() {
            host.hand_out();
        }
    }

    fn all(&self) -> Vec<Arc<Host>> {
        self.hosts.lock().values().cloned().collect()
    }

    /// To be called about four times a second, with the speed cap in bytes per second.
    pub(crate) fn tick(&self, cap: Option<u64>) {
        for host in self.all() {
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
        let first = host.acquire(UploadId(0), (0, 0)).await;
        let (h1, h2) = (host.clone(), host.clone());
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let tell2 = tell.clone();
        let late = tokio::spawn(async move {
            let _permit = h1.acquire(UploadId(9), (9, 0)).await;
            let _ = tell.send(9);
        });
        let early = tokio::spawn(async move {
            let _permit = h2.acquire(UploadId(1), (1, 0)).await;
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
        let permit = host.acquire(UploadId(1), (1, 0)).await;
        assert!(permit.is_kept((1, 0)));
        let after = host.acquire(UploadId(2), (2, 0));
        tokio::pin!(after);
        assert!(futures_util::poll!(after.as_mut()).is_pending());
        assert!(permit.is_kept((1, 0)));
        let before = host.acquire(UploadId(0), (0, 9));
        tokio::pin!(before);
        assert!(futures_util::poll!(before.as_mut()).is_pending());
        assert!(!permit.is_kept((1, 0)));
    }

    #[tokio::test]
    async fn one_who_gives_up_does_not_keep_a_lane() {
        let host = Lanes::default().host("a", 1);
        let first = host.acquire(UploadId(0), (0, 0)).await;
        {
            let waiting = host.acquire(UploadId(0), (0, 0));
            tokio::pin!(waiting);
            assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        }
        drop(first);
        host.acquire(UploadId(5), (5, 0)).await;
        assert_eq!(host.state.lock().used(), 0);
    }

    fn share(parts_at_once: Option<u32>) -> Line {
        Line {
            order: LineOrder::Share,
            parts_at_once,
            ..Line::default()
        }
    }

    #[tokio::test]
    async fn a_shared_line_gives_each_upload_as_many_lanes() {
        let lanes = Lanes::default();
        lanes.set(&share(Some(4)));
        let host = lanes.host("a", 8);
        let (first, second) = (UploadId(1), UploadId(2));
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(host.acquire(first, (1, 0)).await);
        }
        let waits = host.acquire(second, (2, 0));
        tokio::pin!(waits);
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        let lane = held.pop().unwrap();
        assert!(!lane.is_kept((1, 0)), "the other has none");
        drop(lane);
        let also = host.acquire(first, (1, 0));
        tokio::pin!(also);
        assert!(futures_util::poll!(also.as_mut()).is_pending());
        let one = waits.await;
        let waits = host.acquire(second, (2, 0));
        tokio::pin!(waits);
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        drop(held.pop());
        let two = waits.await;
        assert!(futures_util::poll!(also.as_mut()).is_pending(), "two each");
        assert!(held[0].is_kept((1, 0)) && one.is_kept((2, 0)) && two.is_kept((2, 0)));
    }

    #[tokio::test]
    async fn a_fixed_number_of_lanes_holds_at_once_in_both_directions() {
        let lanes = Lanes::default();
        let host = lanes.host("a", 8);
        let it = UploadId(1);
        let mut held = Vec::new();
        while let Some(permit) = host.try_acquire(it) {
            held.push(permit);
        }
        let by_itself = held.len();
        lanes.set(&Line {
            parts_at_once: Some(6),
            ..Line::default()
        });
        while let Some(permit) = host.try_acquire(it) {
            held.push(permit);
        }
        assert!(by_itself < 6 && held.len() == 6, "{by_itself}");
        lanes.set(&Line {
            parts_at_once: Some(2),
            ..Line::default()
        });
        assert!(!held[0].is_kept((0, 0)), "too many");
        held.truncate(2);
        assert!(held[0].is_kept((0, 0)) && host.try_acquire(it).is_none());
    }
}
