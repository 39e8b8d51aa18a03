//! Owns the queue: decides who runs, hears everything in one order, writes before it acts.
//!
//! Workers report, front ends order; both come in through channels. Every change of phase is committed to SQLite before its effect runs.
//! Invariants: an upload on hold is never started; an upload has at most one worker that is listened to; no acknowledged part counts as progress
//! before it is on disk.

use crate::{
    accounts::{Accounts, Entry},
    board::{Board, Counters},
    clock::now_ms,
    fingerprint,
    happening::{self, Happening},
    secrets::Secrets,
    sending::jitter,
    worker::{Job, Report, Tools, What},
};
use slipway_model::{
    AccountId, Cause, Effect, ErrorKind, Event, Health, HealthState, Intent, Manuscript, PhaseName,
    Retry, SourceFile, Ticket, Upload, UploadId, Wait,
};
use slipway_platforms::Error;
use slipway_store::{LandedPart, NextQuery, Note, SaveUpload, Store, StoreError, TicketBytes};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

mod loading;

/// Most acknowledgements a crash may lose, in time.
const FLUSH: Duration = Duration::from_millis(100);
/// How often a missing file is looked for.
const FILE_LOOK_MS: i64 = 15_000;
/// How often a full disk is looked at.
const DISK_LOOK_MS: i64 = 60_000;
/// Looks at platforms at once.
const WATCHERS: usize = 4;
/// Workers get this long to end when the engine stops.
const STOP_WAIT: Duration = Duration::from_secs(2);
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// What front ends want.
#[derive(Debug)]
pub(crate) enum Order {
    /// Uploads were added, or something else may now run.
    Wake,
    Hold(Vec<UploadId>, oneshot::Sender<u32>),
    Release(Vec<UploadId>, oneshot::Sender<u32>),
    Cancel(Vec<UploadId>, oneshot::Sender<u32>),
    Retry(Vec<UploadId>, oneshot::Sender<u32>),
    Remove(Vec<UploadId>, oneshot::Sender<u32>),
    /// The manuscript's file was chosen anew; `true` when its bytes are others.
    FileSet(UploadId, bool),
    /// An account answered well: those who waited for it go on.
    AccountReady(AccountId),
    /// Settings or secrets of an account changed.
    AccountChanged(AccountId),
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
    pub happenings: broadcast::Sender<Happening>,
    pub orders: mpsc::Receiver<Order>,
    pub reports: (mpsc::Sender<Report>, mpsc::Receiver<Report>),
    pub idle: watch::Sender<Option<Idle>>,
    pub stop: CancellationToken,
    /// Uploads that may be opened, sent or committed at once.
    pub at_once: usize,
    pub state: State,
}

#[derive(Default)]
pub(crate) struct State {
    workers: JoinSet<()>,
    active: HashMap<UploadId, Active>,
    /// Transfers that wait, with the time they are tried again; `None` waits for a person.
    waiting: HashMap<UploadId, Option<i64>>,
    /// Accepted works, by the time of the next look.
    watching: BTreeSet<(i64, UploadId)>,
    looks: HashMap<UploadId, u32>,
    /// Accounts that wait, with the time they are tried again.
    blocked: HashMap<AccountId, Option<i64>>,
    landed: Vec<LandedPart>,
    flushed_at: Option<Instant>,
    reopened: HashMap<UploadId, u32>,
    admit: bool,
    published: u32,
    failed: u32,
    last_progress: Option<Instant>,
}

struct Active {
    upload: Upload,
    job: Job,
    stop: CancellationToken,
    /// What was counted for this upload before this worker.
    sent_before: u64,
}

impl Dispatcher {
    pub(crate) async fn run(mut self) {
        self.state.admit = true;
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
                Some(_) = self.state.workers.join_next() => {}
                () = tokio::time::sleep_until(next) => {}
            }
            self.look_around().await;
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
        let watched = self.state.watching.first().map(|(at, _)| *at);
        let due = timed.chain(watched).min().unwrap_or(i64::MAX);
        let pause = due.saturating_sub(now_ms()).clamp(10, 3_600_000);
        Instant::now() + Duration::from_millis(pause as u64)
    }

    async fn look_around(&mut self) {
        self.flush_if_due().await;
        let now = now_ms();
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
        if self
            .state
            .watching
            .first()
            .is_some_and(|(at, _)| *at <= now)
        {
            self.state.admit = true;
        }
        if !self.state.active.is_empty() {
            self.tools.lanes.tick();
            self.board.tick();
            self.tell_progress();
        }
    }

    // ---- who runs ----

    async fn admit(&mut self) {
        self.admit_watchers().await;
        loop {
            let transfers = self
                .state
                .active
                .values()
                .filter(|a| a.upload.effect() != Effect::Watch)
                .count();
            let free = self.at_once.saturating_sub(transfers);
            if free == 0 {
                return;
            }
            let mut busy: Vec<_> = self
                .state
                .active
                .keys()
                .chain(self.state.waiting.keys())
                .copied()
                .collect();
            busy.extend(self.state.watching.iter().map(|(_, id)| *id));
            let mut blocked: Vec<_> = self.state.blocked.keys().copied().collect();
            blocked.extend(self.full_accounts());
            let query = NextQuery {
                busy,
                blocked_accounts: blocked,
                limit: (free + WATCHERS) as u32,
            };
            let found = match self.store.uploads_next(query).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::error!(%error, "the queue cannot be read");
                    return;
                }
            };
            let mut started = 0;
            for candidate in found {
                if candidate.phase == PhaseName::Processing {
                    self.state.watching.insert((now_ms(), candidate.id));
                    started += 1;
                    continue;
                }
                let full = self.full_accounts().contains(&candidate.account);
                if full
                    || self.state.blocked.contains_key(&candidate.account)
                    || self.state.active.len() >= self.at_once + WATCHERS
                {
                    continue;
                }
                self.start(candidate.id).await;
                started += 1;
            }
            if started == 0 {
                return;
            }
            self.admit_watchers().await;
        }
    }

    async fn admit_watchers(&mut self) {
        loop {
            let watchers = self
                .state
                .active
                .values()
                .filter(|a| a.upload.effect() == Effect::Watch)
                .count();
            match self.state.watching.first().copied() {
                Some((at, id)) if at <= now_ms() && watchers < WATCHERS => {
                    self.state.watching.pop_first();
                    self.start(id).await;
                }
                _ => return,
            }
        }
    }

    /// Accounts that have as many uploads under way as their platform allows.
    fn full_accounts(&self) -> Vec<AccountId> {
        let mut counts: HashMap<AccountId, (u32, u32)> = HashMap::new();
        for active in self
            .state
            .active
            .values()
            .filter(|a| a.upload.effect() != Effect::Watch)
        {
            let count = counts
                .entry(active.upload.account)
                .or_insert((0, active.job.account.limits.uploads_at_once.max(1)));
            count.0 += 1;
        }
        counts
            .into_iter()
            .filter(|(_, (now, most))| now >= most)
            .map(|(id, _)| id)
            .collect()
    }

    /// Loads an upload and sets a worker to what comes next for it.
    async fn start(&mut self, id: UploadId) {
        let loaded = match self.load(id).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return, // removed in the meantime
            Err((account, error)) => return self.could_not_load(id, account, error).await,
        };
        let (mut upload, mut notes) = (loaded.upload, Vec::new());
        if upload.intent == Intent::Hold && upload.stops_when_held() {
            return;
        }
        let from = upload.phase.name();
        if from == PhaseName::Queued {
            let attempt = upload.attempt;
            upload = match upload.apply(attempt, Event::Admitted) {
                Ok((upload, _)) => upload,
                Err(misstep) => {
                    return tracing::error!(%misstep, "a queued upload was not admitted");
                }
            };
            notes.push(Note::new("started"));
            if let Err(error) = self.save(&upload, notes).await {
                return self.store_failed(id, &error);
            }
        }
        let resumed = upload
            .phase
            .kept()
            .filter(|_| from == PhaseName::Sending)
            .map(|kept| kept.parts.held_bytes());
        let counters = Arc::new(Counters::default());
        counters.held.store(
            upload
                .phase
                .kept()
                .map_or(0, |kept| kept.parts.held_bytes()),
            Relaxed,
        );
        let job = Job {
            id,
            attempt: upload.attempt,
            key: loaded.key,
            rank: (-loaded.priority, (loaded.position * 1024.0) as i64),
            manuscript: loaded.manuscript,
            account: loaded.account,
            counters: counters.clone(),
            tools: self.tools.clone(),
            reports: self.reports.0.clone(),
            phase_at_ms: loaded.phase_at_ms,
        };
        self.board.started(
            id,
            counters,
            job.manuscript.file.fingerprint.size_bytes,
            resumed,
        );
        let (stop, to) = (CancellationToken::new(), upload.phase.name());
        let active = Active {
            upload,
            job,
            stop,
            sent_before: loaded.sent_bytes,
        };
        if from != to {
            self.happened(&active, happening::What::Phase { from, to });
        }
        if let Some(held_bytes) = resumed {
            self.happened(
                &active,
                happening::What::Resumed {
                    held_bytes,
                    resent_bytes: loaded.resent_bytes,
                },
            );
            let note = Note::new("resumed").with("held_bytes", held_bytes);
            if let Err(error) = self.store.timeline_add(id, note, now_ms()).await {
                tracing::warn!(%error, "the timeline cannot be written");
            }
        }
        self.state.active.insert(id, active);
        self.work(id);
    }

    /// Sets a worker to the upload's present effect.
    fn work(&mut self, id: UploadId) {
        let Some(active) = self.state.active.get_mut(&id) else {
            return;
        };
        let effect = active.upload.effect();
        active.job.attempt = active.upload.attempt;
        let (kept, remote) = (
            active.upload.phase.kept().cloned(),
            active.upload.phase.remote().cloned(),
        );
        let (job, stop) = (active.job.clone(), active.stop.clone());
        self.state.workers.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = job.run(effect, kept, remote) => {}
            }
        });
    }

    // ---- what workers say ----

    async fn hear(&mut self, report: Report) {
        let Report { id, attempt, what } = report;
        if self
            .state
            .active
            .get(&id)
            .is_none_or(|active| active.upload.attempt != attempt)
        {
            return; // a worker that has not heard yet; a `Keep` is answered by dropping it
        }
        match what {
            What::Happened(event) => self.apply(id, event, Vec::new()).await,
            What::Retrying { after, cause } => {
                let active = &self.state.active[&id];
                self.happened(
                    active,
                    happening::What::Retry {
                        after_seconds: after.as_secs_f64(),
                        code: cause.code,
                    },
                );
            }
            What::Pending { remote } => self.pending(id, remote).await,
            What::Keep {
                ticket,
                about_to_submit,
                kept,
            } => {
                let note = about_to_submit.as_ref().map(|_| Note::new("submitting"));
                if let Some(entry) = about_to_submit
                    && let Err(error) = self.store.ledger_about_to_submit(entry).await
                {
                    return self.store_failed(id, &error);
                }
                self.apply(id, Event::Stepped { ticket }, note.into_iter().collect())
                    .await;
                if self.state.active.contains_key(&id) {
                    let _ = kept.send(());
                }
            }
            What::Ended(Ok(None)) => {}
            What::Ended(Ok(Some(event))) => {
                let note = match &event {
                    Event::Opened { cuts, .. } => Note::new("opened").with("parts", cuts.len()),
                    Event::Accepted { remote } => {
                        Note::new("accepted").with("remote_id", &remote.id)
                    }
                    Event::Published { remote } => {
                        Note::new("published").with("remote_id", &remote.id)
                    }
                    Event::Failed { cause } => failed_note(cause),
                    _ => Note::new("event"),
                };
                self.apply(id, event, vec![note]).await;
            }
            What::Ended(Err(error)) => self.lost(id, error).await,
        }
    }

    /// Takes an event into the machine, keeps what changed, and goes on.
    async fn apply(&mut self, id: UploadId, event: Event, notes: Vec<Note>) {
        let Some(active) = self.state.active.get(&id) else {
            return;
        };
        let (from, before) = (active.upload.phase.name(), active.upload.attempt);
        let landed = match &event {
            Event::Landed { number, receipt } => Some((*number, receipt.clone())),
            _ => None,
        };
        let forgotten = match (&event, active.upload.phase.kept()) {
            (
                Event::Held {
                    numbers: Some(held),
                },
                Some(kept),
            ) => (1..=kept.parts.count())
                .filter(|n| kept.parts.has_landed(*n) && held.binary_search(n).is_err())
                .collect(),
            _ => Vec::new(),
        };
        let (upload, effect) = match active.upload.clone().apply(before, event) {
            Ok(next) => next,
            Err(misstep) => {
                return tracing::error!(upload = %id, %misstep, "an event was not understood");
            }
        };
        let to = upload.phase.name();
        let active = self.state.active.get_mut(&id).expect("looked up above");
        if let Some((number, receipt)) = landed {
            let span = active
                .upload
                .phase
                .kept()
                .and_then(|kept| kept.parts.cuts().span(number));
            if let Some(span) = span {
                self.state.landed.push(LandedPart {
                    upload: id,
                    attempt: before,
                    number,
                    bytes: span.len_bytes,
                    receipt,
                });
                self.state.flushed_at.get_or_insert_with(Instant::now);
                let active = &self.state.active[&id];
                self.happened(
                    active,
                    happening::What::Part {
                        number,
                        offset_bytes: span.offset_bytes,
                        bytes: span.len_bytes,
                    },
                );
            }
        }
        let active = self.state.active.get_mut(&id).expect("looked up above");
        active.upload = upload;
        if !forgotten.is_empty()
            && let Err(error) = self.store.parts_forget(id, forgotten).await
        {
            return self.store_failed(id, &error);
        }
        if from == to
            && notes.is_empty()
            && effect == Effect::Nothing
            && before == self.state.active[&id].upload.attempt
        {
            // A landed part is kept with the next batch; a step of the commit must be kept now.
            if to == PhaseName::Sending {
                return;
            }
        }
        // The receipts come first: a phase never claims parts that are not on disk.
        if !self.flush().await {
            return;
        }
        let upload = self.state.active[&id].upload.clone();
        if let Err(error) = self.save(&upload, notes).await {
            return self.store_failed(id, &error);
        }
        if from != to {
            self.phase_changed(id, from, to).await;
        }
        match effect {
            Effect::Nothing
                if upload.phase.name().is_final() || upload.effect() == Effect::Nothing =>
            {
                self.retire(id).await;
            }
            Effect::Nothing | Effect::Abort => {}
            Effect::Open | Effect::Send | Effect::Commit => self.work(id),
            Effect::Watch => {
                self.state.looks.insert(id, 0);
                self.watch_later(id, 0).await;
            }
        }
    }

    async fn phase_changed(&mut self, id: UploadId, from: PhaseName, to: PhaseName) {
        let active = &self.state.active[&id];
        self.happened(active, happening::What::Phase { from, to });
        let (remote, account) = (active.upload.phase.remote().cloned(), active.upload.account);
        match &active.upload.phase {
            slipway_model::Phase::Published { remote } => {
                self.happened(
                    active,
                    happening::What::Published {
                        remote_id: remote.id.clone(),
                        url: remote.url.clone(),
                    },
                );
                self.state.published += 1;
                self.state.looks.remove(&id);
                self.state.reopened.remove(&id);
            }
            slipway_model::Phase::Failed { cause, .. } => {
                self.happened(
                    active,
                    happening::What::Failed {
                        cause: cause.clone(),
                    },
                );
                self.state.failed += 1;
            }
            _ => {}
        }
        if matches!(to, PhaseName::Processing | PhaseName::Published)
            && let Some(remote) = remote
        {
            if let Err(error) = self.store.ledger_published(id, remote, now_ms()).await {
                tracing::error!(%error, "the ledger cannot be written");
            }
            self.account_is_well(account).await;
        }
        self.board.queue_changed();
        self.state.admit = true;
    }

    /// The worker gave up this time: what follows is the error's to say.
    async fn lost(&mut self, id: UploadId, error: Error) {
        let Some(active) = self.state.active.get(&id) else {
            return;
        };
        let reopened = self.state.reopened.get(&id).copied().unwrap_or(0);
        let tries = match error.kind {
            ErrorKind::TicketLost => reopened + 1,
            _ => active.upload.tries + 1,
        };
        let (account, cause, kind) = (
            active.upload.account,
            error.cause.clone(),
            error.kind.clone(),
        );
        let watching = active.upload.effect() == Effect::Watch;
        tracing::warn!(upload = %id, %error, tries, "interrupted");
        let now = now_ms();
        let retry = match kind.retry(tries, jitter()) {
            // The platform has the work: a look that fails is never a failed upload.
            Retry::Never if watching => Retry::After(Duration::from_secs(300)),
            Retry::Reopen if watching => Retry::After(Duration::from_secs(300)),
            other => other,
        };
        match retry {
            Retry::After(pause) if watching => {
                self.interrupted(id, None).await;
                let until_ms = now + pause.as_millis() as i64;
                self.state.watching.insert((until_ms, id));
                self.board.wait(id, Some(Wait::Retry { until_ms, cause }));
            }
            Retry::After(pause) => {
                let until_ms = now + pause.as_millis() as i64;
                let wait = Wait::Retry {
                    until_ms,
                    cause: cause.clone(),
                };
                if kind == ErrorKind::Offline {
                    // A dead host is asked by one upload, not by all of its account.
                    self.block(account, Some(until_ms), wait.clone());
                }
                let active = &self.state.active[&id];
                self.happened(
                    active,
                    happening::What::Retry {
                        after_seconds: pause.as_secs_f64(),
                        code: cause.code.clone(),
                    },
                );
                self.interrupted(id, Some((wait, Some(until_ms)))).await;
            }
            Retry::At(until_ms) => {
                let wait = Wait::Quota { until_ms, cause };
                self.block(account, Some(until_ms), wait.clone());
                self.interrupted(id, Some((wait, Some(until_ms)))).await;
            }
            Retry::OnceSignedIn => {
                self.block(
                    account,
                    None,
                    Wait::SignIn {
                        cause: cause.clone(),
                    },
                );
                let health = Health {
                    state: HealthState::SignedOut,
                    checked_at_ms: Some(now),
                    cause: Some(cause.clone()),
                    ..self.health_of(account).await
                };
                if let Err(error) = self.store.account_set_health(account, health).await {
                    tracing::error!(%error, "the account's health cannot be kept");
                }
                let active = &self.state.active[&id];
                self.happened(
                    active,
                    happening::What::Waiting {
                        wait: Wait::SignIn { cause },
                    },
                );
                // The account's wait stands for it; the upload itself waits for nothing else.
                self.interrupted(id, None).await;
                self.state.waiting.remove(&id);
                self.board.accounts_changed();
            }
            Retry::OncePersonActs => {
                let (wait, until) = match kind {
                    ErrorKind::FileChanged => (Wait::FileChanged { cause }, None),
                    ErrorKind::DiskFull => {
                        let until_ms = now + DISK_LOOK_MS;
                        (Wait::Disk { until_ms, cause }, Some(until_ms))
                    }
                    ErrorKind::SecretsLocked => (Wait::Secrets { cause }, None),
                    _ => (Wait::FileMissing { cause }, Some(now + FILE_LOOK_MS)),
                };
                self.interrupted(id, Some((wait, until))).await;
            }
            Retry::Reopen => {
                self.state.reopened.insert(id, reopened + 1);
                self.apply(
                    id,
                    Event::Reopened,
                    vec![Note::new("reopened").with("code", &cause.code)],
                )
                .await;
            }
            Retry::Never => {
                self.count(id).await;
                // Refused in so many words: surely nothing was published, and the same file may come again.
                if kind == ErrorKind::Refused
                    && let Err(error) = self.store.ledger_withdraw(id).await
                {
                    tracing::error!(%error, "the ledger cannot be written");
                }
                self.apply(
                    id,
                    Event::Failed {
                        cause: cause.clone(),
                    },
                    vec![failed_note(&cause)],
                )
                .await;
            }
        }
        self.state.admit = true;
    }

    /// Steps back from a worker and waits.
    async fn interrupted(&mut self, id: UploadId, wait: Option<(Wait, Option<i64>)>) {
        self.count(id).await;
        let note = wait.as_ref().map(|(wait, _)| match wait {
            Wait::Retry { cause, .. } => Note::new("retry").with("code", &cause.code),
            other => Note::new("waiting").with("reason", other.reason()),
        });
        let Some(active) = self.state.active.get(&id) else {
            return;
        };
        let attempt = active.upload.attempt;
        if let Some((wait, _)) = &wait
            && !matches!(wait, Wait::Retry { .. })
        {
            self.happened(active, happening::What::Waiting { wait: wait.clone() });
        }
        if let Ok((upload, _)) = active.upload.clone().apply(attempt, Event::Interrupted) {
            self.flush().await;
            if let Err(error) = self.save(&upload, note.into_iter().collect()).await {
                tracing::error!(%error, "an interruption could not be kept");
            }
        }
        self.drop_active(id);
        if let Some((wait, until)) = wait {
            self.state.waiting.insert(id, until);
            self.board.wait(id, Some(wait));
        }
        self.state.admit = true;
    }

    async fn pending(&mut self, id: UploadId, remote: slipway_model::Remote) {
        let looks = self.state.looks.get(&id).copied().unwrap_or(0) + 1;
        self.state.looks.insert(id, looks);
        let known = self
            .state
            .active
            .get(&id)
            .and_then(|a| a.upload.phase.remote().cloned());
        if known.as_ref() != Some(&remote) {
            let note =
                Note::new("platform").with("words", remote.words.as_deref().unwrap_or_default());
            self.apply(id, Event::Accepted { remote }, vec![note]).await;
        }
        self.watch_later(id, looks).await;
    }

    /// Puts an accepted work down until its next look.
    async fn watch_later(&mut self, id: UploadId, looks: u32) {
        let Some(active) = self.state.active.get(&id) else {
            return;
        };
        let since = if looks == 0 {
            0
        } else {
            now_ms() - active.job.phase_at_ms
        };
        let after = active
            .job
            .account
            .platform
            .watch_after(looks + 1, Duration::from_millis(since.max(0) as u64));
        self.count(id).await;
        self.drop_active(id);
        let until_ms = now_ms() + after.as_millis() as i64;
        self.state.watching.insert((until_ms, id));
        self.board.wait(id, Some(Wait::Platform { until_ms }));
        self.state.admit = true;
    }

    /// The upload has no work left here.
    async fn retire(&mut self, id: UploadId) {
        self.count(id).await;
        self.drop_active(id);
        self.board.wait(id, None);
        self.state.admit = true;
    }

    fn drop_active(&mut self, id: UploadId) {
        if let Some(active) = self.state.active.remove(&id) {
            active.stop.cancel();
        }
        self.board.ended(id);
    }

    /// Keeps how much was sent, and how much of it in vain.
    async fn count(&mut self, id: UploadId) {
        let Some(active) = self.state.active.get_mut(&id) else {
            return;
        };
        let counters = &active.job.counters;
        let wire = counters.wire.swap(0, Relaxed);
        let lost = counters.lost.swap(0, Relaxed) + counters.in_flight();
        active.sent_before += wire;
        if (wire, lost) != (0, 0)
            && let Err(error) = self.store.upload_counted(id, wire, lost).await
        {
            tracing::warn!(%error, "what was sent could not be counted");
        }
    }

    // ---- accounts ----

    fn block(&mut self, account: AccountId, until: Option<i64>, wait: Wait) {
        self.state.blocked.insert(account, until);
        self.board.account_wait(account, Some(wait));
    }

    fn unblock(&mut self, account: AccountId) {
        if self.state.blocked.remove(&account).is_some() {
            self.board.account_wait(account, None);
        }
        self.state.admit = true;
    }

    async fn health_of(&self, account: AccountId) -> Health {
        self.store
            .account(account)
            .await
            .ok()
            .flatten()
            .map(|a| a.health)
            .unwrap_or_default()
    }

    async fn account_is_well(&mut self, account: AccountId) {
        let health = self.health_of(account).await;
        if health.state != HealthState::Ready {
            let health = Health {
                state: HealthState::Ready,
                checked_at_ms: Some(now_ms()),
                cause: None,
                ..health
            };
            let _ = self.store.account_set_health(account, health).await;
            self.board.accounts_changed();
        }
    }

    // ---- what users want ----

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Wake => {}
            Order::Hold(ids, done) => {
                let changed = self.intend(ids, Intent::Hold).await;
                let _ = done.send(changed);
            }
            Order::Release(ids, done) => {
                let changed = self.intend(ids, Intent::Run).await;
                let _ = done.send(changed);
            }
            Order::Cancel(ids, done) => {
                let changed = self.each(ids, Event::Cancelled, "cancelled").await;
                let _ = done.send(changed);
            }
            Order::Retry(ids, done) => {
                let changed = self.retry(ids).await;
                let _ = done.send(changed);
            }
            Order::Remove(ids, done) => {
                let _ = done.send(self.remove(ids).await);
            }
            Order::FileSet(id, changed) => {
                self.state.waiting.remove(&id);
                self.board.wait(id, None);
                if changed {
                    self.each(vec![id], Event::Reopened, "file_chosen").await;
                } else {
                    self.drop_active(id);
                }
            }
            Order::AccountReady(account) => self.unblock(account),
            Order::AccountChanged(account) => {
                self.accounts.forget(account);
                self.unblock(account);
                let stale: Vec<_> = self
                    .state
                    .active
                    .iter()
                    .filter(|(_, a)| a.upload.account == account)
                    .map(|(id, _)| *id)
                    .collect();
                for id in stale {
                    // Goes on at once with the new settings; what has landed stays.
                    self.interrupted(id, None).await;
                }
                self.board.accounts_changed();
            }
        }
        self.board.queue_changed();
        self.state.admit = true;
    }

    async fn intend(&mut self, ids: Vec<UploadId>, intent: Intent) -> u32 {
        if intent == Intent::Hold {
            self.flush().await;
        }
        let changed = match self.store.uploads_set_intent(ids, intent, now_ms()).await {
            Ok(changed) => changed,
            Err(error) => {
                tracing::error!(%error, "the intent could not be kept");
                return 0;
            }
        };
        for &id in &changed {
            self.board.touched(id);
            // Held by the user, or to be tried at once: either way it waits for nothing else now.
            self.state.waiting.remove(&id);
            if !self
                .state
                .watching
                .iter()
                .any(|(_, watched)| *watched == id)
            {
                self.board.wait(id, None);
            }
            let Some(active) = self.state.active.get_mut(&id) else {
                continue;
            };
            let stops = active.upload.stops_when_held();
            active.upload = active.upload.clone().intend(intent);
            if intent == Intent::Hold && stops {
                self.count(id).await;
                self.drop_active(id);
            }
        }
        changed.len() as u32
    }

    /// Applies an event of the user's to each upload, whether it has a worker or not.
    async fn each(&mut self, ids: Vec<UploadId>, event: Event, note: &str) -> u32 {
        let mut changed = 0;
        self.flush().await;
        for id in ids {
            let (upload, job) = match self.state.active.get(&id) {
                Some(active) => (active.upload.clone(), Some(active.job.clone())),
                None => match self.load(id).await {
                    Ok(Some(loaded)) => (loaded.upload, None),
                    Ok(None) => continue,
                    Err((_, error)) => {
                        // The account or the key is gone: it can still be ended.
                        tracing::warn!(%error, "an upload is changed without its ticket");
                        match self.bare(id).await {
                            Some(upload) => (upload, None),
                            None => continue,
                        }
                    }
                },
            };
            let (from, attempt) = (upload.phase.name(), upload.attempt);
            let kept = upload.phase.kept().cloned();
            let Ok((upload, effect)) = upload.apply(attempt, event.clone()) else {
                continue;
            };
            self.count(id).await;
            if let Err(error) = self.save(&upload, vec![Note::new(note)]).await {
                tracing::error!(%error, "a change could not be kept");
                continue;
            }
            self.tell_phase(id, &upload, from).await;
            self.drop_active(id);
            self.state.waiting.remove(&id);
            self.state.watching.retain(|(_, other)| *other != id);
            self.board.wait(id, None);
            if effect == Effect::Abort && kept.is_some() {
                self.abort(id, job, upload.account, kept).await;
            }
            changed += 1;
        }
        changed
    }

    async fn abort(
        &mut self,
        id: UploadId,
        job: Option<Job>,
        account: AccountId,
        kept: Option<slipway_model::upload::Kept>,
    ) {
        let job = match job {
            Some(job) => job,
            None => match self.load(id).await {
                Ok(Some(loaded)) => self.idle_job(id, loaded),
                _ => return,
            },
        };
        tracing::debug!(upload = %id, %account, "the platform is told of a cancellation");
        self.state.workers.spawn(job.run(Effect::Abort, kept, None));
    }

    async fn retry(&mut self, ids: Vec<UploadId>) -> u32 {
        let mut changed = 0;
        for id in ids {
            let waited = self.state.waiting.remove(&id).is_some();
            match self.board.wait_of(id, AccountId(0)) {
                Some(Wait::FileChanged { .. }) if waited => {
                    if self.take_file_as_it_is(id).await {
                        changed += self
                            .each(vec![id], Event::Reopened, "file_taken_as_is")
                            .await;
                    }
                }
                _ if waited => {
                    self.board.wait(id, None);
                    changed += 1;
                }
                _ => changed += self.each(vec![id], Event::Retried, "retried").await,
            }
        }
        let accounts: Vec<_> = self.state.blocked.keys().copied().collect();
        for account in accounts {
            self.unblock(account); // asked again: the user may have mended it
        }
        changed
    }

    /// The user wants the file as it is now.
    async fn take_file_as_it_is(&mut self, id: UploadId) -> bool {
        let Ok(Some(stored)) = self.store.upload(id).await else {
            return false;
        };
        let Ok(Some(manuscript)) = self.store.manuscript(stored.manuscript).await else {
            return false;
        };
        let path = manuscript.file.path.clone();
        let taken = tokio::task::spawn_blocking(move || fingerprint::take(&path)).await;
        let Ok(Ok(fingerprint)) = taken else {
            return false;
        };
        let file = SourceFile {
            path: manuscript.file.path,
            fingerprint,
        };
        self.store
            .manuscript_set_file(stored.manuscript, file)
            .await
            .is_ok()
    }

    async fn remove(&mut self, ids: Vec<UploadId>) -> u32 {
        self.each(ids.clone(), Event::Cancelled, "cancelled").await;
        for id in &ids {
            self.state.waiting.remove(id);
            self.state.watching.retain(|(_, other)| other != id);
            self.board.wait(*id, None);
        }
        match self.store.uploads_remove(ids).await {
            Ok(count) => count as u32,
            Err(error) => {
                tracing::error!(%error, "uploads could not be removed");
                0
            }
        }
    }

    // ---- what is kept ----

    /// Keeps the landed parts when their time has come.
    async fn flush_if_due(&mut self) {
        if self
            .state
            .flushed_at
            .is_some_and(|at| at.elapsed() >= FLUSH)
        {
            self.flush().await;
        }
    }

    /// `true` when all landed parts are on disk.
    async fn flush(&mut self) -> bool {
        self.state.flushed_at = None;
        if self.state.landed.is_empty() {
            return true;
        }
        let batch = std::mem::take(&mut self.state.landed);
        let mut held: HashMap<UploadId, u64> = HashMap::new();
        for part in &batch {
            *held.entry(part.upload).or_default() += part.bytes;
        }
        match self.store.parts_landed(batch).await {
            Ok(()) => {
                for (id, bytes) in held {
                    if let Some(active) = self.state.active.get(&id) {
                        active.job.counters.held.fetch_add(bytes, Relaxed);
                        self.board.touched(id);
                    }
                }
                true
            }
            Err(error) => {
                let ids: Vec<_> = held.into_keys().collect();
                for id in ids {
                    self.store_failed(id, &error);
                }
                false
            }
        }
    }

    async fn save(&self, upload: &Upload, notes: Vec<Note>) -> Result<(), StoreError> {
        let kept = upload.phase.kept();
        let ticket = match kept {
            Some(kept) => Some(self.seal(upload.id, upload.account, &kept.ticket).await?),
            None => None,
        };
        let cause = match &upload.phase {
            slipway_model::Phase::Failed { cause, .. } => Some(cause.clone()),
            _ => None,
        };
        let state = SaveUpload {
            id: upload.id,
            intent: upload.intent,
            attempt: upload.attempt,
            tries: upload.tries,
            phase: upload.phase.name(),
            ticket,
            cuts: kept.map(|kept| kept.parts.cuts().clone()),
            remote: upload.phase.remote().cloned(),
            cause,
        };
        self.store.upload_save(state, notes, now_ms()).await?;
        self.board.touched(upload.id);
        Ok(())
    }

    async fn seal(
        &self,
        id: UploadId,
        account: AccountId,
        ticket: &Ticket,
    ) -> Result<TicketBytes, StoreError> {
        let secret = match self.accounts.get(account).await {
            Ok(entry) => entry.platform.spec().ticket_is_secret,
            Err(_) => true,
        };
        if !secret {
            return Ok(TicketBytes {
                bytes: ticket.0.clone().into_bytes(),
                sealed: false,
            });
        }
        let sealer = self
            .secrets
            .sealer()
            .await
            .map_err(|error| StoreError::Other(error.into()))?;
        Ok(TicketBytes {
            bytes: sealer.seal(&id.to_string(), ticket.0.as_bytes()),
            sealed: true,
        })
    }

    /// What could not be kept did not happen: the upload waits for room on the disk and goes on from what is there.
    fn store_failed(&mut self, id: UploadId, error: &StoreError) {
        tracing::error!(upload = %id, %error, "the queue could not be written");
        let code = if matches!(error, StoreError::DiskFull) {
            "disk_full"
        } else {
            "store_failed"
        };
        let until_ms = now_ms()
            + if matches!(error, StoreError::DiskFull) {
                DISK_LOOK_MS
            } else {
                5_000
            };
        let wait = Wait::Disk {
            until_ms,
            cause: Cause::new(code).detail(error.to_string()),
        };
        self.drop_active(id);
        self.state.landed.retain(|part| part.upload != id);
        self.state.waiting.insert(id, Some(until_ms));
        self.board.wait(id, Some(wait));
    }

    // ---- what is told ----

    fn happened(&self, active: &Active, what: happening::What) {
        if self.happenings.receiver_count() > 0 {
            let _ = self.happenings.send(happening_of(
                &active.upload,
                &active.job.manuscript,
                &active.job.account,
                what,
            ));
        }
    }

    /// Tells of a change of phase that the user made, with or without a worker.
    async fn tell_phase(&mut self, id: UploadId, upload: &Upload, from: PhaseName) {
        let to = upload.phase.name();
        if from == to || self.happenings.receiver_count() == 0 {
            return;
        }
        if let (Ok(account), Ok(Some(manuscript))) = (
            self.accounts.get(upload.account).await,
            self.store.manuscript(upload.manuscript).await,
        ) {
            let _ = self.happenings.send(happening_of(
                upload,
                &manuscript,
                &account,
                happening::What::Phase { from, to },
            ));
        }
        tracing::info!(upload = %id, from = from.as_str(), to = to.as_str(), "changed by the user");
    }

    fn tell_progress(&mut self) {
        if self.happenings.receiver_count() == 0
            || self
                .state
                .last_progress
                .is_some_and(|at| at.elapsed() < PROGRESS_EVERY)
        {
            return;
        }
        self.state.last_progress = Some(Instant::now());
        for active in self
            .state
            .active
            .values()
            .filter(|a| a.upload.effect() == Effect::Send)
        {
            let Some(motion) = self.board.motion(active.upload.id) else {
                continue;
            };
            self.happened(
                active,
                happening::What::Progress {
                    held_bytes: motion.held_bytes,
                    total_bytes: active.job.manuscript.file.fingerprint.size_bytes,
                    sent_bytes: active.sent_before + active.job.counters.wire.load(Relaxed),
                    bytes_per_second: motion.bytes_per_second,
                    eta_seconds: motion.eta_seconds,
                },
            );
        }
    }

    /// Whether anything can move by itself; told once for each standstill.
    async fn tell_if_idle(&mut self) {
        let by_itself = self.state.waiting.iter().any(|(id, until)| {
            until.is_some()
                && !self
                    .board
                    .wait_of(*id, AccountId(0))
                    .is_some_and(|w| w.needs_person())
        });
        let accounts = self.state.blocked.values().any(Option::is_some);
        if !self.state.active.is_empty()
            || !self.state.watching.is_empty()
            || by_itself
            || accounts
            || self.state.admit
        {
            self.idle.send_if_modified(|idle| idle.take().is_some());
            return;
        }
        let unfinished = self.store.uploads_unfinished_count().await.unwrap_or(0);
        let idle = Idle {
            published: self.state.published,
            failed: self.state.failed,
            waiting: unfinished as u32,
        };
        let told = self
            .idle
            .send_if_modified(|known| known.replace(idle) != Some(idle));
        if told {
            let what = happening::What::Idle {
                published: idle.published,
                failed: idle.failed,
                waiting: idle.waiting,
            };
            let _ = self.happenings.send(Happening {
                at_ms: now_ms(),
                upload: None,
                account: None,
                account_label: None,
                file: None,
                what,
            });
        }
    }

    async fn end(&mut self) {
        self.flush().await;
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

fn happening_of(
    upload: &Upload,
    manuscript: &Manuscript,
    account: &Entry,
    what: happening::What,
) -> Happening {
    Happening {
        at_ms: now_ms(),
        upload: Some(upload.id),
        account: Some(upload.account),
        account_label: Some(account.account.label.clone()),
        file: Some(manuscript.file.path.display().to_string()),
        what,
    }
}

fn failed_note(cause: &Cause) -> Note {
    let mut note = Note::new("failed").with("code", &cause.code);
    for (name, value) in &cause.params {
        note = note.with(name, value);
    }
    note
}
