//! Every speed cap, and who set it. Each is a bucket that its uploads take from; all are kept with the settings, an upload's with the upload.
//!
//! Knows nothing of workers. Always holds: the bucket of all has the lowest of what the hand, the turtle and the timetable say; a change reaches bytes
//! that wait already.

use crate::{board::Board, limiter::Bucket};
use parking_lot::Mutex;
use slipway_model::{
    AccountId, UploadId,
    speed::{self, Ceiling, Turtle},
    timetable::{self, Level, Present},
};
use slipway_store::{Store, StoreError};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::sync::watch;

/// Setting of the cap set by hand, in bytes per second; with `.` and an account's number behind it, of that account.
pub(crate) const LIMIT: &str = "limit_bytes_per_second";
/// Setting, as JSON.
pub(crate) const TURTLE: &str = "turtle";
/// Setting of the timetable's level between full and turtle, in bytes per second.
pub(crate) const LEVEL_CAP: &str = "timetable_bytes_per_second";

/// What holds for all uploads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed {
    pub by_hand: Option<u64>,
    pub turtle: Turtle,
    /// What the timetable says of now, and what its level `cap` is.
    pub timetable: Present,
    pub level_cap: u64,
    pub in_force: Option<Ceiling>,
    /// What leaves room for calls and streams, while it is wished and something is sent.
    pub headroom: Option<u64>,
}

impl Default for Speed {
    fn default() -> Self {
        Self {
            by_hand: None,
            turtle: Turtle::default(),
            timetable: Present::default(),
            level_cap: timetable::CAP_BYTES_PER_SECOND,
            in_force: None,
            headroom: None,
        }
    }
}

impl Speed {
    fn weigh(&mut self) {
        let by_timetable = match self.timetable.level {
            // Those whose own hours are open all the same go as fast as they may.
            Level::Full | Level::Off => None,
            Level::Cap => Some(self.level_cap),
            Level::Turtle => Some(self.turtle.bytes_per_second),
        };
        self.in_force = speed::ceiling(self.by_hand, self.turtle, by_timetable);
    }
}

/// The room that is left for others on the line, over the net.
pub(crate) struct Room {
    bucket: Arc<Bucket>,
    /// Whether it is wished, and how many uploads run.
    state: Mutex<(bool, usize)>,
    wanted: watch::Sender<bool>,
    /// Which line it is about, counted.
    line: AtomicU64,
}

impl Room {
    fn new() -> Self {
        Self {
            bucket: Bucket::smooth(),
            state: Mutex::default(),
            wanted: watch::Sender::new(false),
            line: AtomicU64::new(0),
        }
    }

    fn change(&self, change: impl FnOnce(&mut (bool, usize))) {
        let mut state = self.state.lock();
        change(&mut state);
        self.wanted.send_replace(state.0 && state.1 > 0);
    }

    /// Wished, and something runs.
    pub(crate) fn wanted(&self) -> watch::Receiver<bool> {
        self.wanted.subscribe()
    }

    pub(crate) fn line(&self) -> u64 {
        self.line.load(Relaxed)
    }

    /// Bytes since the last call.
    pub(crate) fn taken(&self) -> u64 {
        self.bucket.taken()
    }

    pub(crate) fn hold(&self, rate: u64) {
        if self.bucket.rate() != Some(rate) {
            self.bucket.set_rate(Some(rate));
        }
    }

    pub(crate) fn let_go(&self) {
        self.bucket.set_rate(None);
    }
}

pub(crate) struct Caps {
    store: Store,
    board: Arc<Board>,
    speed: Mutex<Speed>,
    all: Arc<Bucket>,
    /// What the rule of the link allows.
    network: Arc<Bucket>,
    headroom: Room,
    accounts: Mutex<HashMap<AccountId, Arc<Bucket>>>,
    /// Of uploads that have a worker.
    uploads: Mutex<HashMap<UploadId, Arc<Bucket>>>,
}

impl std::fmt::Debug for Caps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Caps({:?})", self.speed.lock())
    }
}

impl Caps {
    /// `present` is what the timetable says of now.
    pub(crate) async fn load(
        store: Store,
        board: Arc<Board>,
        present: Present,
    ) -> Result<Self, StoreError> {
        let settings = store.settings().await?;
        let number = |name: &str| settings.get(name).and_then(|text| text.parse().ok());
        let turtle = settings.get(TURTLE);
        let turtle = turtle.and_then(|json| serde_json::from_str(json).ok());
        let mut speed = Speed {
            by_hand: number(LIMIT),
            turtle: turtle.unwrap_or_default(),
            timetable: present,
            level_cap: number(LEVEL_CAP).unwrap_or(timetable::CAP_BYTES_PER_SECOND),
            in_force: None,
            headroom: None,
        };
        speed.weigh();
        let accounts = settings.iter().filter_map(|(name, text)| {
            let id = name.strip_prefix(LIMIT)?.strip_prefix('.')?.parse().ok()?;
            Some((AccountId(id), Bucket::new(Some(text.parse().ok()?))))
        });
        Ok(Self {
            accounts: Mutex::new(accounts.collect()),
            uploads: Mutex::default(),
            all: Bucket::new(speed.in_force.map(|it| it.bytes_per_second)),
            network: Bucket::new(None),
            headroom: Room::new(),
            speed: Mutex::new(speed),
            store,
            board,
        })
    }

    pub(crate) fn speed(&self) -> Speed {
        Speed {
            headroom: self.headroom.bucket.rate(),
            ..*self.speed.lock()
        }
    }

    /// The least of the caps that hold for all, in bytes per second.
    pub(crate) fn least(&self) -> Option<u64> {
        let headroom = self.headroom.bucket.rate();
        let caps = [self.all.rate(), self.network.rate(), headroom];
        caps.into_iter().flatten().min()
    }

    /// All that an upload takes from, its own first: what must wait there takes nothing from others.
    pub(crate) fn chain(
        &self,
        id: UploadId,
        account: AccountId,
        is_remote: bool,
    ) -> Vec<Arc<Bucket>> {
        let of_upload = self.uploads.lock().get(&id).cloned();
        let of_account = of(&mut self.accounts.lock(), account);
        let of_link = is_remote.then(|| [self.network.clone(), self.headroom.bucket.clone()]);
        let own = of_upload.into_iter().chain([of_account]);
        let of_link = of_link.into_iter().flatten();
        own.chain(of_link).chain([self.all.clone()]).collect()
    }

    /// By hand, for this run only.
    pub(crate) fn cap(&self, rate: Option<u64>) {
        self.change(|speed| speed.by_hand = rate);
    }

    /// By hand, and kept.
    pub(crate) async fn set_limit(&self, rate: Option<u64>) -> Result<(), StoreError> {
        self.keep(LIMIT, rate).await?;
        self.cap(rate);
        Ok(())
    }

    pub(crate) async fn set_turtle(&self, turtle: Turtle) -> Result<(), StoreError> {
        let json = serde_json::to_string(&turtle).ok();
        self.store.setting_set(TURTLE, json).await?;
        self.change(|speed| speed.turtle = turtle);
        Ok(())
    }

    pub(crate) async fn set_level_cap(&self, rate: u64) -> Result<(), StoreError> {
        self.keep(LEVEL_CAP, Some(rate)).await?;
        self.change(|speed| speed.level_cap = rate);
        Ok(())
    }

    pub(crate) fn set_present(&self, present: Present) {
        if self.speed.lock().timetable != present {
            self.change(|speed| speed.timetable = present);
        }
    }

    pub(crate) fn set_network(&self, rate: Option<u64>) {
        self.network.set_rate(rate);
    }

    pub(crate) fn headroom(&self) -> &Room {
        &self.headroom
    }

    pub(crate) fn set_headroom(&self, is_wished: bool) {
        self.headroom.change(|(wished, _)| *wished = is_wished);
    }

    /// Traffic takes another way: what was learnt of the last is void.
    pub(crate) fn line_changed(&self) {
        self.headroom.line.fetch_add(1, Relaxed);
    }

    /// Of accounts that have one.
    pub(crate) fn account_limits(&self) -> BTreeMap<AccountId, u64> {
        let accounts = self.accounts.lock();
        let limits = accounts.iter();
        limits
            .filter_map(|(id, bucket)| Some((*id, bucket.rate()?)))
            .collect()
    }

    pub(crate) async fn set_account(
        &self,
        id: AccountId,
        rate: Option<u64>,
    ) -> Result<(), StoreError> {
        self.keep(&format!("{LIMIT}.{}", id.0), rate).await?;
        of(&mut self.accounts.lock(), id).set_rate(rate);
        self.board.accounts_changed();
        Ok(())
    }

    pub(crate) async fn set_upload(
        &self,
        id: UploadId,
        rate: Option<u64>,
    ) -> Result<(), StoreError> {
        self.store.upload_set_limit(id, rate).await?;
        if let Some(bucket) = self.uploads.lock().get(&id) {
            bucket.set_rate(rate);
        }
        self.board.touched(id);
        self.board.queue_changed();
        Ok(())
    }

    /// It has a worker from now on.
    pub(crate) fn upload_started(&self, id: UploadId, rate: Option<u64>) {
        self.uploads.lock().insert(id, Bucket::new(rate));
        self.count_uploads();
    }

    pub(crate) fn upload_ended(&self, id: UploadId) {
        self.uploads.lock().remove(&id);
        self.count_uploads();
    }

    fn count_uploads(&self) {
        let count = self.uploads.lock().len();
        self.headroom.change(|(_, running)| *running = count);
    }

    async fn keep(&self, name: &str, rate: Option<u64>) -> Result<(), StoreError> {
        self.store
            .setting_set(name, rate.map(|rate| rate.to_string()))
            .await
    }

    fn change(&self, change: impl FnOnce(&mut Speed)) {
        {
            let mut speed = self.speed.lock();
            change(&mut speed);
            speed.weigh();
            self.all
                .set_rate(speed.in_force.map(|it| it.bytes_per_second));
        }
        self.board.queue_changed();
    }
}

fn of(buckets: &mut HashMap<AccountId, Arc<Bucket>>, id: AccountId) -> Arc<Bucket> {
    buckets
        .entry(id)
        .or_insert_with(|| Bucket::new(None))
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limiter::Limiter;
    use slipway_model::speed::LimitBy;
    use std::time::Duration;
    use tokio::time::Instant;

    async fn caps(dir: &std::path::Path) -> Caps {
        let (store, _) = Store::open(dir, 0).await.unwrap();
        Caps::load(store, Arc::default(), Present::default())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn the_turtle_slows_all_down_lets_go_to_the_limit_that_was_and_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let caps_now = caps(dir.path()).await;
        caps_now.set_limit(Some(9_000_000)).await.unwrap();
        let turtle = |on| Turtle {
            on,
            bytes_per_second: 300_000,
        };
        caps_now.set_turtle(turtle(true)).await.unwrap();
        assert_eq!(caps_now.least(), Some(300_000));
        drop(caps_now);
        let caps = caps(dir.path()).await;
        assert_eq!(caps.least(), Some(300_000), "after a new start");
        assert_eq!(caps.speed().in_force.unwrap().by, LimitBy::Turtle);
        caps.set_turtle(turtle(false)).await.unwrap();
        assert_eq!(caps.least(), Some(9_000_000));
        caps.set_limit(None).await.unwrap();
        assert_eq!(caps.least(), None);
    }

    #[tokio::test]
    async fn the_timetable_holds_where_it_is_the_lowest() {
        let dir = tempfile::tempdir().unwrap();
        let caps = caps(dir.path()).await;
        let at = |level| Present {
            level,
            ..Present::default()
        };
        caps.set_limit(Some(2_000_000)).await.unwrap();
        caps.set_level_cap(3_000_000).await.unwrap();
        for (level, wanted) in [
            (Level::Cap, (2_000_000, LimitBy::Hand)),
            (Level::Turtle, (500_000, LimitBy::Timetable)),
            (Level::Off, (2_000_000, LimitBy::Hand)),
        ] {
            caps.set_present(at(level));
            let in_force = caps.speed().in_force.unwrap();
            assert_eq!((in_force.bytes_per_second, in_force.by), wanted);
        }
        caps.set_present(at(Level::Cap));
        caps.set_level_cap(1_000_000).await.unwrap();
        assert_eq!(caps.least(), Some(1_000_000), "at once");
    }

    #[tokio::test]
    async fn room_is_left_only_where_it_is_wished_and_something_is_sent_over_the_net() {
        let dir = tempfile::tempdir().unwrap();
        let caps = Arc::new(caps(dir.path()).await);
        let stop = tokio_util::sync::CancellationToken::new();
        let keeper = tokio::spawn(crate::headroom::run(caps.clone(), stop.clone()));
        let until = async |wanted: bool| {
            while caps.speed().headroom.is_some() != wanted {
                tokio::task::yield_now().await;
            }
        };
        caps.set_headroom(true);
        caps.upload_started(UploadId(1), None);
        until(true).await;
        assert_eq!(caps.least(), caps.speed().headroom);
        let capped = |is_remote| {
            let chain = caps.chain(UploadId(1), AccountId(1), is_remote);
            Limiter::new(chain).is_capped()
        };
        assert_eq!((capped(true), capped(false)), (true, false));
        caps.set_headroom(false);
        until(false).await;
        caps.set_headroom(true);
        until(true).await;
        caps.upload_ended(UploadId(1));
        until(false).await;
        stop.cancel();
        keeper.await.unwrap();
    }

    /// Bytes that go in ten seconds through all these at once, each with its own flights.
    async fn sent(limiters: &[Limiter]) -> Vec<u64> {
        const PIECE: usize = crate::limiter::CAPPED_PIECE_BYTES;
        let until = Instant::now() + Duration::from_secs(10);
        let flights = limiters.iter().map(|limiter| async move {
            let mut sent = 0;
            while tokio::time::timeout_at(until, limiter.take(PIECE))
                .await
                .is_ok()
            {
                sent += PIECE as u64;
            }
            sent
        });
        futures_util::future::join_all(flights).await
    }

    fn is_about(sent: u64, wanted: u64) {
        let ratio = sent as f64 / wanted as f64;
        assert!((0.95..=1.05).contains(&ratio), "{sent} of {wanted}");
    }

    #[tokio::test]
    async fn an_upload_an_account_and_all_have_their_caps_each() {
        let dir = tempfile::tempdir().unwrap();
        let caps = caps(dir.path()).await;
        caps.set_limit(Some(20_000_000)).await.unwrap();
        caps.set_account(AccountId(1), Some(5_000_000))
            .await
            .unwrap();
        caps.upload_started(UploadId(1), Some(1_000_000));
        caps.upload_started(UploadId(2), None);
        caps.upload_started(UploadId(3), None);
        let limiter =
            |id, account| Limiter::new(caps.chain(UploadId(id), AccountId(account), true));
        tokio::time::pause();
        let sent = sent(&[limiter(1, 1), limiter(2, 1), limiter(3, 2)]).await;
        is_about(sent[0], 10_000_000);
        is_about(sent[0] + sent[1], 50_000_000);
        is_about(sent.iter().sum(), 200_000_000);
        assert_eq!(caps.account_limits(), [(AccountId(1), 5_000_000)].into());
    }
}
