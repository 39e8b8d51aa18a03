//! Who runs: the first in the queue that nothing keeps, as many as may.
//!
//! Invariant: an upload on hold is never started; what waits, or whose account waits or is full, is left out.

use super::{Active, Dispatcher, READ_AGAIN_MS, WATCHERS};
use crate::{
    board::Counters,
    clock::now_ms,
    happening, lanes,
    worker::{Job, Report, What},
};
use slipway_model::{AccountId, Cause, Effect, ErrorKind, Event, Intent, PhaseName, UploadId};
use slipway_platforms::Error;
use slipway_store::{NextQuery, Note, OpenNow};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering::Relaxed},
};
use tokio_util::sync::CancellationToken;

impl Dispatcher {
    pub(super) async fn admit(&mut self) {
        self.state.resting = self.guard.rests_until().is_some();
        let (now, hours) = (now_ms(), self.look_at_times().await);
        self.admit_passed(now, &hours).await;
        self.admit_watchers().await;
        self.admit_ready().await;
        let off = self.kept_off().await;
        loop {
            let free = self.free();
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
            blocked.extend(&off);
            blocked.extend(self.crowded().await);
            let query = NextQuery {
                busy,
                blocked_accounts: blocked,
                limit: (free + WATCHERS) as u32,
                now_ms: now,
                hours: hours.clone(),
            };
            let found = match self.store.uploads_next(query).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::error!(%error, "the queue cannot be read");
                    self.state.admit_at = Some(now_ms() + READ_AGAIN_MS);
                    return;
                }
            };
            let mut started = 0;
            for candidate in found {
                if candidate.phase == PhaseName::Processing {
                    self.state.watching.insert((now, candidate.id));
                    started += 1;
                    continue;
                }
                let full = self.full_accounts().contains(&candidate.account);
                if full || self.state.blocked.contains_key(&candidate.account) || self.free() == 0 {
                    continue;
                }
                if self.crowded().await.contains(&candidate.account) {
                    continue;
                }
                self.start(candidate.id, false).await;
                started += 1;
            }
            if started == 0 {
                return;
            }
            self.admit_watchers().await;
        }
    }

    /// Those that may go over a link that is closed to the others of their accounts.
    async fn admit_passed(&mut self, now: i64, hours: &OpenNow) {
        for id in self.passed() {
            let stored = match self.store.upload(id).await {
                Ok(Some(stored)) if !stored.phase.is_final() => stored,
                Ok(_) => {
                    self.guard.pass_is_used(id).await;
                    continue;
                }
                Err(_) => continue,
            };
            let may_move = matches!(stored.phase, PhaseName::Committing | PhaseName::Processing)
                || hours.is_open(stored.account) && stored.start_at_ms.unwrap_or(0) <= now;
            if stored.intent == Intent::Hold || !may_move {
                continue;
            }
            let state = &self.state;
            let looks_later = |(at, other): &(i64, UploadId)| *other == id && *at > now;
            let is_busy = state.active.contains_key(&id)
                || state.waiting.contains_key(&id)
                || state.watching.iter().any(looks_later);
            let is_kept = state.blocked.contains_key(&stored.account)
                || self.full_accounts().contains(&stored.account);
            if !is_busy && !is_kept && self.free() > 0 {
                self.state.watching.retain(|(_, other)| *other != id);
                self.start(id, false).await;
            }
        }
    }

    /// How many more uploads may be under way.
    fn free(&self) -> usize {
        self.at_once.saturating_sub(self.transfers().count())
    }

    pub(super) async fn admit_watchers(&mut self) {
        if !self.is_open() {
            return;
        }
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
                    self.start(id, false).await;
                }
                _ => return,
            }
        }
    }

    /// Accounts that have as many uploads under way as their platform allows.
    pub(super) fn full_accounts(&self) -> Vec<AccountId> {
        let mut counts: HashMap<AccountId, (u32, u32)> = HashMap::new();
        for active in self
            .state
            .active
            .values()
            .filter(|a| a.upload.effect() != Effect::Watch && !a.was_ready)
        {
            let count = counts
                .entry(active.upload.account)
                .or_insert((0, active.job.account.limits.uploads_at_once.max(1)));
            count.0 += 1;
        }
        counts
            .into_iter()
            .filter(|(id, (now, most))| {
                // One asks whether a host that was dead is alive.
                now >= most || self.state.unreached.contains_key(id)
            })
            .map(|(id, _)| id)
            .collect()
    }

    /// Loads an upload and sets a worker to what comes next for it. `was_ready`: it is only to be submitted, and takes no place among the transfers.
    pub(super) async fn start(&mut self, id: UploadId, was_ready: bool) {
        let loaded = match self.load(id).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return, // removed in the meantime
            Err((account, error)) => return self.could_not_load(id, account, error).await,
        };
        let (mut upload, mut notes) = (loaded.upload, Vec::new());
        if upload.intent == Intent::Hold && upload.stops_when_held() {
            // Kept as committing, but its ticket is not there: nothing to look at until it is released.
            self.state.waiting.insert(id, None);
            return;
        }
        let waits_for_account = was_ready || upload.effect() == Effect::Watch;
        let is_closed = loaded.account.platform.spec().remote && !self.is_open_to(id);
        if waits_for_account && (is_closed || self.state.blocked.contains_key(&upload.account)) {
            return; // found again when its account goes on
        }
        let submitted = upload.effect() == Effect::Commit && self.submission_is_open(id).await;
        if !submitted && self.must_wait(id, &upload, &loaded.timing).await {
            return;
        }
        let is_commit = upload.effect() == Effect::Commit;
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
        let rank = lanes::rank(loaded.priority, loaded.position);
        counters.rank.send_replace(rank);
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
            manuscript: loaded.manuscript,
            account: loaded.account,
            counters: counters.clone(),
            tools: self.tools.clone(),
            reports: self.reports.0.clone(),
            phase_at_ms: loaded.phase_at_ms,
            submitted,
            held_back: loaded.timing.holds_back(),
        };
        self.tools.caps.upload_started(id, loaded.limit);
        self.board.started(
            id,
            job.account.account.id,
            counters,
            job.manuscript.source.size_bytes(),
            resumed,
            upload.effect() == Effect::Watch,
        );
        let (stop, to) = (CancellationToken::new(), upload.phase.name());
        let active = Active {
            upload,
            job,
            stop,
            sent_before: loaded.sent_bytes,
            first_submission: false,
            was_ready: was_ready && is_commit,
            let_go: loaded.timing.let_go,
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
    pub(super) fn work(&mut self, id: UploadId) {
        let Some(active) = self.state.active.get_mut(&id) else {
            return;
        };
        let effect = active.upload.effect();
        active.job.attempt = active.upload.attempt;
        let (kept, remote) = (
            active.upload.phase.kept().cloned(),
            active.upload.phase.remote().cloned(),
        );
        let (job, stop, attempt) = (
            active.job.clone(),
            active.stop.clone(),
            active.upload.attempt,
        );
        let task = self.state.workers.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = job.run(effect, kept, remote) => {}
            }
        });
        self.state.tasks.insert(task.id(), (id, attempt));
    }

    /// A worker ended. One that ended without its last word had a defect: its upload is tried again like after any fault.
    pub(super) async fn reap(
        &mut self,
        ended: Result<(tokio::task::Id, ()), tokio::task::JoinError>,
    ) {
        let task = match &ended {
            Ok((task, ())) => *task,
            Err(error) => error.id(),
        };
        let whose = self.state.tasks.remove(&task);
        if let (Err(error), Some((id, attempt))) = (ended, whose)
            && error.is_panic()
        {
            let cause = Cause::new("internal_fault");
            let fault = Error::new(
                "slipway",
                "working on an upload",
                ErrorKind::ServerFault,
                cause,
            )
            .because(error);
            self.hear(Report {
                id,
                attempt,
                what: What::Ended(Err(fault)),
            })
            .await;
        }
    }
}
