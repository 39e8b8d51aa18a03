//! Owns the queue: decides who runs, hears everything in one order, writes before it acts.
//!
//! Workers report, front ends order; both come in through channels. Every change of phase is committed to SQLite before its effect runs.
//! Invariants: an upload on hold is never started; an upload has at most one worker that is listened to; no acknowledged part counts as progress
//! before it is on disk.

use crate::{
    accounts::Accounts,
    board::Board,
    clock::now_ms,
    happening::Happening,
    network::Guard,
    secrets::Secrets,
    worker::{Job, Report, Tools},
};
use slipway_model::{AccountId, Link, SourceFile, Upload, UploadId, finish::Standing, line::Line};
use slipway_store::{LandedPart, Store, StoreError};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

mod admission;
mod blocking;
mod hearing;
mod keeping;
mod line;
mod loading;
mod missing;
mod network;
mod orders;
mod standing;
mod telling;
mod timing;

/// Most acknowledgements a crash may lose, in time.
const FLUSH: Duration = Duration::from_millis(100);
/// How often a full disk is looked at.
const DISK_LOOK_MS: i64 = 60_000;
/// Timers stand still while the machine sleeps: the wall clock is looked at this often.
const LONGEST_PAUSE_MS: i64 = 15_000;
/// A queue that could not be read is read again after this.
const READ_AGAIN_MS: i64 = 5_000;
/// Looks at platforms at once.
const WATCHERS: usize = 4;
/// Workers get this long to end when the engine stops.
const STOP_WAIT: Duration = Duration::from_secs(2);
/// A keychain that asks its user for a password must not hold everything else.
const KEY_WAIT: Duration = Duration::from_secs(2);
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// What front ends want.
#[derive(Debug)]
pub(crate) enum Order {
    /// Uploads were added, or something else may now run.
    Wake,
    /// Places in the queue changed, also of uploads that run.
    Moved,
    Hold(Vec<UploadId>, oneshot::Sender<u32>),
    Release(Vec<UploadId>, oneshot::Sender<u32>),
    Cancel(Vec<UploadId>, oneshot::Sender<u32>),
    Retry(Vec<UploadId>, oneshot::Sender<u32>),
    Remove(Vec<UploadId>, oneshot::Sender<u32>),
    /// The manuscript's file is chosen anew.
    FileSet(
        UploadId,
        SourceFile,
        oneshot::Sender<Result<(), StoreError>>,
    ),
    /// The manuscript's words were changed: a failed upload goes on.
    FieldsSet(UploadId, oneshot::Sender<u32>),
    /// A refused work was changed on its platform.
    Resubmitted(UploadId, oneshot::Sender<u32>),
    /// Not to be begun before; `None`: at once.
    StartAt(Vec<UploadId>, Option<i64>, oneshot::Sender<u32>),
    /// May be submitted now, with all of its group.
    LetGo(Vec<UploadId>, oneshot::Sender<u32>),
    /// Out of its group.
    Leave(Vec<UploadId>, oneshot::Sender<u32>),
    /// An upload's own speed cap.
    LimitSet(
        UploadId,
        Option<u64>,
        oneshot::Sender<Result<(), StoreError>>,
    ),
    /// The machine has slept.
    Woke,
    /// How uploads share the line.
    LineSet(Line, oneshot::Sender<u32>),
    /// Upload hours were changed.
    HoursSet(oneshot::Sender<u32>),
    /// No bytes move until then; `None`: from now on.
    Rest(Option<i64>, oneshot::Sender<u32>),
    /// An account answered well: those who waited for it go on.
    AccountReady(AccountId),
    /// Settings or secrets of an account changed.
    AccountChanged(AccountId),
    /// The connections of these accounts take another way from now on.
    WayChanged(Vec<AccountId>, oneshot::Sender<u32>),
    /// Rules or exceptions for the link changed.
    Weigh(oneshot::Sender<u32>),
}

/// Nothing can move any more until a person or a new upload comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Idle {
    pub published: u32,
    pub failed: u32,
    pub waiting: u32,
}

pub(crate) struct Dispatcher {
    pub store: Store,
    pub accounts: Arc<Accounts>,
    pub secrets: Arc<Secrets>,
    pub board: Arc<Board>,
    pub tools: Arc<Tools>,
    pub guard: Guard,
    pub link: watch::Receiver<Link>,
    /// Begins to follow the link afresh.
    pub follow: Box<dyn Fn() -> watch::Receiver<Link> + Send + Sync>,
    pub standing: watch::Sender<Standing>,
    pub happenings: broadcast::Sender<Happening>,
    pub orders: mpsc::Receiver<Order>,
    /// For what the dispatcher tells itself later.
    pub own_orders: mpsc::WeakSender<Order>,
    pub reports: (mpsc::Sender<Report>, mpsc::Receiver<Report>),
    pub idle: watch::Sender<Option<Idle>>,
    pub stop: CancellationToken,
    /// Uploads that may be opened, sent or committed at once.
    pub at_once: usize,
    /// For this run, in place of what the settings say.
    pub most_at_once: Option<usize>,
    /// Uploads move at all.
    pub runs: bool,
    pub line: Line,
    pub state: State,
}

#[derive(Default)]
pub(crate) struct State {
    workers: JoinSet<()>,
    /// Whose work a task is: for one that ends without a word.
    tasks: HashMap<tokio::task::Id, (UploadId, u32)>,
    active: HashMap<UploadId, Active>,
    /// Transfers that wait, with the time they are tried again; `None` waits for a person.
    waiting: HashMap<UploadId, Option<i64>>,
    /// Files that are not there, looked for without touching their uploads.
    missing: missing::Missing,
    /// Accepted works, by the time of the next look.
    watching: BTreeSet<(i64, UploadId)>,
    looks: HashMap<UploadId, u32>,
    /// Accounts that wait, with the time they are tried again.
    blocked: HashMap<AccountId, Option<i64>>,
    landed: Vec<LandedPart>,
    flushed_at: Option<Instant>,
    reopened: HashMap<UploadId, u32>,
    /// Failures in a row to reach an account's platform at all.
    unreached: HashMap<AccountId, u32>,
    admit: bool,
    /// The link was closed for a moment when work was last looked for.
    resting: bool,
    /// When to look for work again although nothing happened.
    admit_at: Option<i64>,
    published: u32,
    failed: u32,
    /// That are all sent and accepted.
    sent: u32,
    last_progress: Option<Instant>,
    /// When uploads may start, move and be submitted.
    times: timing::Times,
}

struct Active {
    upload: Upload,
    job: Job,
    stop: CancellationToken,
    /// What was counted for this upload before this worker.
    sent_before: u64,
    /// This worker announced a submission, and none before it was of unknown end.
    first_submission: bool,
    /// It came to be submitted, after it had waited for that.
    was_ready: bool,
    /// It may be submitted, whatever the time.
    let_go: bool,
}

impl Dispatcher {
    pub(crate) async fn run(mut self) {
        self.state.admit = true;
        self.recall_times().await;
        let stop = self.stop.clone();
        loop {
            if std::mem::take(&mut self.state.admit) {
                self.admit().await;
                self.tell_if_idle().await;
            }
            let next = self.next_look();
            tokio::select! {
                biased; // stopping wins over reports, reports over new work
                () = stop.cancelled() => break,
                Some(report) = self.reports.1.recv() => self.hear(report).await,
                Some(order) = self.orders.recv() => self.obey(order).await,
                Some(ended) = self.state.workers.join_next_with_id() => self.reap(ended).await,
                Ok(()) = self.link.changed() => {
                    let link = self.link.borrow_and_update().clone();
                    self.link_is(link).await;
                }
                Some(found) = self.state.missing.found() => self.files_are_back(&found),
                () = tokio::time::sleep_until(next) => {}
            }
            self.look_around().await;
            self.tell_standing(None).await;
        }
        self.end().await;
    }

    /// When to look at the clock again: often while bytes move, else when the next wait ends.
    fn next_look(&self) -> Instant {
        if !self.state.active.is_empty() || !self.state.landed.is_empty() {
            return Instant::now() + FLUSH;
        }
        let timed = self
            .state
            .waiting
            .values()
            .chain(self.state.blocked.values())
            .flatten()
            .copied();
        let watched = self.next_watch_ms(now_ms());
        let due = timed
            .chain(watched)
            .chain(self.state.admit_at)
            .chain(self.state.times.due())
            .chain(self.guard.changes_ms())
            .chain(self.state.missing.due())
            .min();
        let due = due.unwrap_or(i64::MAX);
        let pause = due.saturating_sub(now_ms()).clamp(10, LONGEST_PAUSE_MS);
        let next = Instant::now() + Duration::from_millis(pause as u64);
        self.guard
            .rests_until()
            .map_or(next, |until| next.min(until))
    }

    async fn look_around(&mut self) {
        self.flush_if_due().await;
        self.count_link().await;
        let (pass, day) = (self.guard.pass_is_over(), self.guard.day_is_over().await);
        if pass || day {
            self.weigh().await;
        }
        if self.state.resting && self.guard.rests_until().is_none() {
            (self.state.resting, self.state.admit) = (false, true);
        }
        let now = now_ms();
        if self.state.times.look(now) {
            self.wait_no_longer(now);
        }
        let waiting = &self.state.waiting;
        self.state.missing.look(now, |id| waiting.contains_key(&id));
        let over = |until: &Option<i64>| until.is_some_and(|at| at <= now);
        let uploads: Vec<_> = self
            .state
            .waiting
            .iter()
            .filter(|(_, until)| over(until))
            .map(|(id, _)| *id)
            .collect();
        for id in uploads {
            self.state.waiting.remove(&id);
            self.board.wait(id, None); // from here on it waits for its turn
            self.state.times.is_due(id);
            self.state.admit = true;
        }
        if over(&self.state.times.due()) {
            self.state.admit = true;
        }
        if over(&self.state.admit_at) {
            self.state.admit_at = None;
            self.state.admit = true;
        }
        let accounts: Vec<_> = self
            .state
            .blocked
            .iter()
            .filter(|(_, until)| over(until))
            .map(|(id, _)| *id)
            .collect();
        for id in accounts {
            self.unblock(id);
        }
        if self.may_watch(now) {
            self.state.admit = true;
        }
        if !self.state.active.is_empty() {
            self.tools.lanes.tick(self.tools.caps.least());
            self.board.tick();
            self.tell_progress();
        }
    }

    /// Everything that waits for a time is tried now; what must wait longer is told so again.
    fn wait_no_longer(&mut self, now: i64) {
        tracing::info!("the clock was set back: all timed waits end");
        self.state.admit = true;
        let timed = self.state.waiting.values_mut();
        for until in timed.chain(self.state.blocked.values_mut()).flatten() {
            *until = now;
        }
        self.state.watching = std::mem::take(&mut self.state.watching)
            .into_iter()
            .map(|(_, id)| (now, id))
            .collect();
    }

    async fn end(&mut self) {
        self.flush().await;
        self.count_link().await;
        self.guard.keep_count(true).await;
        let ids: Vec<_> = self.state.active.keys().copied().collect();
        for id in ids {
            self.count(id).await;
            self.drop_active(id);
        }
        let workers = &mut self.state.workers;
        let _ = tokio::time::timeout(STOP_WAIT, async {
            while workers.join_next().await.is_some() {}
        })
        .await;
        self.state.workers.shutdown().await;
    }
}
