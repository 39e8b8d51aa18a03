//! What is true now and not on disk: why uploads wait, and how bytes move. Written by the dispatcher and its workers, read by front ends.
//!
//! Nothing here is needed after a restart: it is found afresh.

use crate::{
    clock::now_ms,
    hours::Shut,
    journal::{Journal, Line},
    lanes::Rank,
    reader::Flight,
};
use parking_lot::{Mutex, RwLock};
use slipway_model::{AccountId, Params, UploadId, Wait};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

/// Half-life of the speed that is shown.
const SPEED_HALF_LIFE: Duration = Duration::from_secs(3);
/// Half-life of the speed that the time left is made from.
const ETA_HALF_LIFE: Duration = Duration::from_secs(20);
/// No time left is told before this.
const ETA_AFTER: Duration = Duration::from_secs(3);

/// Bytes of one upload while it has a worker.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Acknowledged and kept on disk.
    pub held: AtomicU64,
    /// Put on the wire by this worker, resent ones included.
    pub wire: Arc<AtomicU64>,
    /// Of these, in vain: handed to a part that then failed or was given up.
    pub lost: AtomicU64,
    /// All is sent, and the worker waits for its account's turn to submit: others may use the line.
    pub resting: AtomicBool,
    /// Its place in the queue, which may change while it runs.
    pub rank: watch::Sender<Rank>,
    /// Parts in flight.
    pub flying: Mutex<BTreeMap<u32, Vec<Arc<Flight>>>>,
}

impl Counters {
    /// Bytes handed to the socket and not acknowledged. A part that flies twice counts once.
    pub(crate) fn in_flight(&self) -> u64 {
        self.flying
            .lock()
            .values()
            .map(|flights| {
                flights
                    .iter()
                    .map(|f| f.handed.load(Relaxed))
                    .max()
                    .unwrap_or(0)
            })
            .sum()
    }
}

#[derive(Debug)]
struct Meter {
    at: Instant,
    since: Instant,
    wire: u64,
    speed: f64,
    slow: f64,
}

impl Meter {
    fn new(wire: u64) -> Self {
        Self {
            at: Instant::now(),
            since: Instant::now(),
            wire,
            speed: 0.0,
            slow: 0.0,
        }
    }

    fn tick(&mut self, wire: u64) {
        let elapsed = self.at.elapsed();
        if elapsed < Duration::from_millis(80) {
            return;
        }
        let now = wire.saturating_sub(self.wire) as f64 / elapsed.as_secs_f64();
        let mix = |old: f64, half_life: Duration, age: Duration| {
            // Younger than its half-life, the average forgets faster: it starts from what is seen, not from zero.
            let half_life = half_life.min(age.max(Duration::from_millis(200)));
            let keep = 0.5_f64.powf(elapsed.as_secs_f64() / half_life.as_secs_f64());
            old * keep + now * (1.0 - keep)
        };
        let age = self.since.elapsed();
        self.speed = mix(self.speed, SPEED_HALF_LIFE, age);
        self.slow = mix(self.slow, ETA_HALF_LIFE, age);
        (self.at, self.wire) = (Instant::now(), wire);
    }
}

#[derive(Debug)]
struct Live {
    account: AccountId,
    counters: Arc<Counters>,
    total: u64,
    meter: Meter,
    resumed_at: Option<u64>,
    started_at_ms: i64,
    waits: Option<Wait>,
    /// It is with its platform, and nothing is sent.
    only_looks: bool,
}

/// How an upload with a worker moves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Motion {
    pub held_bytes: u64,
    pub sent_bytes: u64,
    pub lost_bytes: u64,
    pub bytes_per_second: u64,
    pub eta_seconds: Option<u64>,
    /// Of the file, not yet on the wire.
    pub left_bytes: u64,
    pub total_bytes: u64,
    pub resumed_at_bytes: Option<u64>,
    /// When its worker began, in ms since 1970 UTC.
    pub started_at_ms: i64,
    pub parts_in_flight: Vec<u32>,
}

#[derive(Debug, Default)]
struct State {
    live: HashMap<UploadId, Live>,
    waits: HashMap<UploadId, Wait>,
    accounts: HashMap<AccountId, Wait>,
    /// When the next upload starts that waits for its time.
    starts_ms: Option<i64>,
    shut: Shut,
    /// All rests until then, by hand.
    rests_until_ms: Option<i64>,
    /// Accounts that the link is closed to, and why.
    kept_off: (HashSet<AccountId>, Option<Wait>),
    /// Rows that changed since they were last asked for.
    dirty: HashSet<UploadId>,
    queue_stale: bool,
    accounts_stale: bool,
    network_stale: bool,
    watches_stale: bool,
}

#[derive(Debug, Default)]
pub struct Board {
    journal: Journal,
    state: RwLock<State>,
    changed: Notify,
    /// For who tells a user what stands in the way.
    waits_changed: Notify,
}

/// What keeps an account or an upload for longer than it mends itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacles {
    pub accounts: Vec<(AccountId, Wait)>,
    pub uploads: Vec<(UploadId, Wait)>,
    /// Why the link is closed, and to whom.
    pub link: Option<(Wait, Vec<AccountId>)>,
}

/// What changed since it was last asked.
#[derive(Debug, Default)]
pub struct Changes {
    pub rows: HashSet<UploadId>,
    pub queue_stale: bool,
    pub accounts_stale: bool,
    pub network_stale: bool,
    pub watches_stale: bool,
}

impl Board {
    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write());
        self.changed.notify_one();
    }

    pub(crate) fn started(
        &self,
        id: UploadId,
        account: AccountId,
        counters: Arc<Counters>,
        total: u64,
        resumed_at: Option<u64>,
        only_looks: bool,
    ) {
        let meter = Meter::new(counters.wire.load(Relaxed));
        self.write(|s| {
            s.live.insert(
                id,
                Live {
                    account,
                    counters,
                    total,
                    meter,
                    resumed_at,
                    started_at_ms: now_ms(),
                    waits: None,
                    only_looks,
                },
            );
            s.waits.remove(&id);
            s.dirty.insert(id);
        });
    }

    pub(crate) fn ended(&self, id: UploadId) {
        self.write(|s| {
            s.live.remove(&id);
            s.dirty.insert(id);
        });
    }

    pub(crate) fn wait(&self, id: UploadId, wait: Option<Wait>) {
        let blocks = wait.as_ref().is_some_and(is_obstacle);
        let mut blocked = false;
        self.write(|s| {
            let before = match wait {
                Some(wait) => s.waits.insert(id, wait),
                None => s.waits.remove(&id),
            };
            blocked = before.as_ref().is_some_and(is_obstacle);
            s.dirty.insert(id);
        });
        if blocks || blocked {
            self.waits_changed.notify_one();
        }
    }

    /// A worker waits for a moment and goes on by itself.
    pub(crate) fn pause_of(&self, id: UploadId, wait: Option<Wait>) {
        self.write(|s| {
            if let Some(live) = s.live.get_mut(&id) {
                live.waits = wait;
                s.dirty.insert(id);
            }
        });
    }

    pub(crate) fn account_wait(&self, id: AccountId, wait: Option<Wait>) {
        self.write(|s| {
            match wait {
                Some(wait) => s.accounts.insert(id, wait),
                None => s.accounts.remove(&id),
            };
            (s.queue_stale, s.accounts_stale) = (true, true);
        });
        self.waits_changed.notify_one();
    }

    pub(crate) fn set_times(&self, starts_ms: Option<i64>, shut: Shut) {
        let known = self.state.read();
        if known.starts_ms == starts_ms && known.shut == shut {
            return;
        }
        drop(known);
        self.write(|s| {
            (s.starts_ms, s.shut) = (starts_ms, shut);
            s.queue_stale = true;
        });
    }

    pub(crate) fn set_rest(&self, until_ms: Option<i64>) {
        self.write(|s| {
            s.rests_until_ms = until_ms;
            s.queue_stale = true;
        });
    }

    /// Until when all rests, by hand.
    pub fn rests_until_ms(&self) -> Option<i64> {
        let until_ms = self.state.read().rests_until_ms;
        until_ms.filter(|until| *until > now_ms())
    }

    /// Until when no bytes of an account move at this hour of the day.
    pub fn shut_until_ms(&self, account: AccountId) -> Option<i64> {
        self.state.read().shut.until_ms(account)
    }

    /// The link, or what may go over it, was looked at anew: it is closed to these accounts; to none without a reason.
    pub(crate) fn kept_off(&self, accounts: Vec<AccountId>, wait: Option<Wait>) {
        self.write(|s| {
            s.network_stale = true;
            let now = (accounts.into_iter().collect(), wait);
            if s.kept_off != now {
                s.kept_off = now;
                (s.queue_stale, s.accounts_stale) = (true, true);
            }
        });
        self.waits_changed.notify_one();
    }

    /// A step of an upload, for those who look at it closely.
    pub(crate) fn stepped(&self, id: UploadId, (event, params): (&'static str, Params)) {
        self.journal.add(id, event, params);
        self.touched(id);
    }

    /// What happened to an upload behind the line numbered `after`, oldest first; the older lines of busy uploads are forgotten.
    pub fn steps(&self, id: UploadId, after: u64) -> Vec<Line> {
        self.journal.after(id, after)
    }

    pub(crate) fn touched(&self, id: UploadId) {
        self.write(|s| {
            s.dirty.insert(id);
        });
    }

    pub fn queue_changed(&self) {
        self.write(|s| s.queue_stale = true);
    }

    pub fn watches_changed(&self) {
        self.write(|s| s.watches_stale = true);
    }

    pub fn accounts_changed(&self) {
        self.write(|s| s.accounts_stale = true);
    }

    /// To be called about ten times a second while anything moves.
    pub(crate) fn tick(&self) {
        let mut state = self.state.write();
        let mut moved = Vec::new();
        for (id, live) in &mut state.live {
            let wire = live.counters.wire.load(Relaxed);
            if wire != live.meter.wire || live.meter.speed > 1.0 {
                moved.push(*id);
            }
            live.meter.tick(wire);
        }
        if !moved.is_empty() {
            state.dirty.extend(moved);
            drop(state);
            self.changed.notify_one();
        }
    }

    /// Returns when something changed since `take_changes`. One listener only.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    pub fn take_changes(&self) -> Changes {
        let mut state = self.state.write();
        Changes {
            rows: std::mem::take(&mut state.dirty),
            queue_stale: std::mem::take(&mut state.queue_stale),
            accounts_stale: std::mem::take(&mut state.accounts_stale),
            network_stale: std::mem::take(&mut state.network_stale),
            watches_stale: std::mem::take(&mut state.watches_stale),
        }
    }

    pub fn motion(&self, id: UploadId) -> Option<Motion> {
        self.state.read().live.get(&id).map(Live::motion)
    }

    /// Why this upload does not move, if something else than its turn keeps it.
    pub fn wait_of(&self, id: UploadId, account: AccountId) -> Option<Wait> {
        let state = self.state.read();
        match state.live.get(&id) {
            Some(live) => live.waits.clone(),
            None => state
                .waits
                .get(&id)
                .or_else(|| state.accounts.get(&account))
                .or_else(|| state.link_wait_of(account))
                .cloned(),
        }
    }

    /// Why all of an account's uploads wait.
    /// Its own, whatever its account waits for.
    pub(crate) fn own_wait_of(&self, id: UploadId) -> Option<Wait> {
        self.state.read().waits.get(&id).cloned()
    }

    pub fn account_wait_of(&self, account: AccountId) -> Option<Wait> {
        let state = self.state.read();
        let own = state.accounts.get(&account);
        own.or_else(|| state.link_wait_of(account)).cloned()
    }

    /// Bytes that workers of an account have put on the wire and that are not counted in the store so far.
    pub fn uncounted_bytes(&self, account: AccountId) -> u64 {
        let state = self.state.read();
        let of_account = state.live.values().filter(|live| live.account == account);
        of_account
            .map(|live| live.counters.wire.load(Relaxed))
            .sum()
    }

    pub fn is_live(&self, id: UploadId) -> bool {
        self.state.read().live.contains_key(&id)
    }

    pub fn moving(&self) -> Vec<(UploadId, Motion)> {
        self.state
            .read()
            .live
            .iter()
            .map(|(id, live)| (*id, live.motion()))
            .collect()
    }

    /// What stands in the way is to be looked at again.
    pub fn look_at_obstacles(&self) {
        self.waits_changed.notify_one();
    }

    /// Returns when what stands in the way may be another since it was last asked for. One listener only.
    pub async fn obstacles_changed(&self) {
        self.waits_changed.notified().await;
    }

    /// What waits for a person, for a disk or for another link; of uploads not more than `most`.
    pub fn obstacles(&self, most: usize) -> Obstacles {
        let state = self.state.read();
        let accounts = state.accounts.iter().filter(|(_, wait)| is_obstacle(wait));
        let uploads = state.waits.iter().filter(|(_, wait)| is_obstacle(wait));
        let (kept_off, wait) = &state.kept_off;
        Obstacles {
            accounts: accounts.map(|(id, wait)| (*id, wait.clone())).collect(),
            uploads: uploads
                .take(most)
                .map(|(id, wait)| (*id, wait.clone()))
                .collect(),
            link: wait
                .clone()
                .map(|wait| (wait, kept_off.iter().copied().collect())),
        }
    }

    /// Uploads and accounts that only a person can set going.
    pub fn needs_person(&self) -> (Vec<UploadId>, Vec<AccountId>) {
        let state = self.state.read();
        let uploads = state
            .waits
            .iter()
            .filter(|(_, w)| w.needs_person())
            .map(|(id, _)| *id)
            .collect();
        let accounts = state
            .accounts
            .iter()
            .filter(|(_, w)| w.needs_person())
            .map(|(id, _)| *id)
            .chain(state.asking().copied())
            .collect();
        (uploads, accounts)
    }

    /// Uploads are worked on this moment, looks at works that are with their platforms aside.
    pub fn works(&self) -> bool {
        let state = self.state.read();
        let mut live = state.live.values();
        live.any(|live| live.waits.is_none() && !live.only_looks)
    }

    /// Uploads that wait for something of their own.
    pub fn waiting(&self) -> Vec<UploadId> {
        self.state.read().waits.keys().copied().collect()
    }

    /// What keeps uploads that are to run, where none moves. `due`: accounts with uploads that wait for nothing of their own.
    pub fn reasons(&self, due: &[AccountId]) -> Vec<Wait> {
        let state = self.state.read();
        let of_account = |id: &AccountId| {
            let hours = || state.shut.until_ms(*id);
            let own = state.accounts.get(id).or_else(|| state.link_wait_of(*id));
            let own = own.cloned();
            own.or_else(|| hours().map(|until_ms| Wait::Hours { until_ms }))
                .unwrap_or(Wait::Turn { ahead: 0 })
        };
        let starts = state.starts_ms.map(|until_ms| Wait::StartAt { until_ms });
        let pauses = state.live.values().filter_map(|live| live.waits.as_ref());
        let own = state.waits.values().chain(pauses).cloned();
        due.iter()
            .map(of_account)
            .chain(own)
            .chain(starts)
            .collect()
    }
}

fn is_obstacle(wait: &Wait) -> bool {
    wait.needs_person() || matches!(wait, Wait::Disk { .. })
}

impl State {
    fn link_wait_of(&self, account: AccountId) -> Option<&Wait> {
        let (accounts, wait) = &self.kept_off;
        wait.as_ref().filter(|_| accounts.contains(&account))
    }

    /// Accounts that wait for a word about the link.
    fn asking(&self) -> impl Iterator<Item = &AccountId> {
        let (accounts, wait) = &self.kept_off;
        let asks = wait.as_ref().is_some_and(Wait::needs_person);
        accounts.iter().filter(move |_| asks)
    }
}

impl Live {
    fn motion(&self) -> Motion {
        let held = self.counters.held.load(Relaxed);
        let sent = (held + self.counters.in_flight()).min(self.total);
        let left = self.total.saturating_sub(sent);
        let known = self.meter.slow > 1.0 && self.meter.since.elapsed() >= ETA_AFTER && left > 0;
        Motion {
            held_bytes: held,
            sent_bytes: sent,
            lost_bytes: self.counters.lost.load(Relaxed),
            bytes_per_second: self.meter.speed.round() as u64,
            eta_seconds: known.then(|| (left as f64 / self.meter.slow).ceil() as u64),
            left_bytes: left,
            total_bytes: self.total,
            resumed_at_bytes: self.resumed_at,
            started_at_ms: self.started_at_ms,
            parts_in_flight: self.counters.flying.lock().keys().copied().collect(),
        }
    }
}
