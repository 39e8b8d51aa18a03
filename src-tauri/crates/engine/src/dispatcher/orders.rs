//! What users want: hold, release, cancel, try again, remove, another file.
//!
//! Invariant: an order is on disk before it is answered.

use super::{Dispatcher, Order};
use crate::{clock::now_ms, fingerprint, lanes, worker::Job};
use slipway_model::{
    AccountId, Effect, ErrorKind, Event, Intent, Phase, PhaseName, Remote, SourceFile, UploadId,
    Wait,
};
use slipway_store::{Note, StoreError};
use std::time::Duration;

impl Dispatcher {
    pub(super) async fn obey(&mut self, order: Order) {
        match order {
            Order::Wake => {}
            Order::Moved => self.rank_again().await,
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
            Order::FileSet(id, file, done) => {
                let _ = done.send(self.set_file(id, file, "file_chosen").await);
            }
            Order::FieldsSet(id, done) => {
                let _ = done.send(self.fields_set(id).await);
            }
            Order::Resubmitted(id, done) => {
                let _ = done.send(self.resubmitted(id).await);
            }
            Order::StartAt(ids, at_ms, done) => {
                let _ = done.send(self.start_at(ids, at_ms).await);
            }
            Order::LetGo(ids, done) => {
                let _ = done.send(self.let_go(ids).await);
            }
            Order::Leave(ids, done) => {
                let _ = done.send(self.leave(ids).await);
            }
            Order::LimitSet(id, rate, done) => {
                let _ = done.send(self.tools.caps.set_upload(id, rate).await);
            }
            Order::Woke => self.woke().await,
            Order::LineSet(line, done) => {
                self.take_line(line);
                self.stop_surplus().await;
                let _ = done.send(1);
            }
            Order::HoursSet(done) => {
                self.recall_hours().await;
                self.look_at_times().await;
                let _ = done.send(1);
            }
            Order::Rest(until_ms, done) => {
                self.rest(until_ms);
                let _ = done.send(1);
            }
            Order::Weigh(done) => {
                self.weigh().await;
                let _ = done.send(1);
            }
            Order::WayChanged(accounts, done) => {
                self.way_is_another(&accounts).await;
                let _ = done.send(1);
            }
            Order::AccountReady(account) => self.unblock(account),
            Order::AccountChanged(account) => {
                self.accounts.forget(account);
                self.unblock(account);
                let stale: Vec<_> = self
                    .state
                    .active
                    .iter()
                    // A submission under way ends with the settings it began with.
                    .filter(|(_, a)| {
                        a.upload.account == account && a.upload.effect() != Effect::Commit
                    })
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

    /// Those that run take their new places: from their next part on.
    async fn rank_again(&self) {
        for (id, active) in &self.state.active {
            match self.store.upload(*id).await {
                Ok(Some(stored)) => {
                    let rank = lanes::rank(stored.priority, stored.position);
                    active.job.counters.rank.send_replace(rank);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(upload = %id, %error, "its place cannot be read"),
            }
        }
    }

    pub(super) async fn intend(&mut self, ids: Vec<UploadId>, intent: Intent) -> u32 {
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
    pub(super) async fn each(&mut self, ids: Vec<UploadId>, event: Event, note: &str) -> u32 {
        let mut changed = 0;
        self.flush().await;
        for id in ids {
            let (upload, job) = match self.state.active.get(&id) {
                Some(active) => (active.upload.clone(), Some(active.job.clone())),
                None => match self.load(id).await {
                    Ok(Some(loaded)) => (loaded.upload, None),
                    Ok(None) => continue,
                    // Its place on the platform is kept for when the secrets can be read again.
                    Err((_, error))
                        if event == Event::Retried && error.kind != ErrorKind::TicketLost =>
                    {
                        tracing::warn!(upload = %id, %error, "an upload cannot be tried again now");
                        continue;
                    }
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
            let remote = match &upload.phase {
                Phase::Processing { remote } => Some(remote.clone()),
                _ => None,
            };
            if event == Event::Reopened && self.submission_is_open(id).await {
                continue; // all of it was sent, and may be published: it is looked for, not sent again
            }
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
            self.state.times.forget(id);
            self.state.watching.retain(|(_, other)| *other != id);
            self.board.wait(id, None);
            if effect == Effect::Abort && (kept.is_some() || remote.is_some()) {
                self.abort(id, job, upload.account, kept, remote).await;
            }
            changed += 1;
        }
        changed
    }

    pub(super) async fn abort(
        &mut self,
        id: UploadId,
        job: Option<Job>,
        account: AccountId,
        kept: Option<slipway_model::upload::Kept>,
        remote: Option<Remote>,
    ) {
        let job = match job {
            Some(job) => job,
            None => match self.load(id).await {
                Ok(Some(loaded)) => self.idle_job(id, loaded),
                _ => return,
            },
        };
        tracing::debug!(upload = %id, %account, "the platform is told of a cancellation");
        self.state
            .workers
            .spawn(job.run(Effect::Abort, kept, remote));
    }

    pub(super) async fn retry(&mut self, ids: Vec<UploadId>) -> u32 {
        let mut changed = 0;
        for id in ids {
            let waited = self.state.waiting.remove(&id).is_some();
            match self.board.wait_of(id, AccountId(0)) {
                Some(Wait::FileChanged { .. }) if waited => {
                    changed += u32::from(self.take_file_as_it_is(id).await);
                }
                _ if waited => {
                    self.board.wait(id, None);
                    changed += 1;
                }
                // Cancelled while it was submitted: it may be published, and only a person can tell.
                _ if self.was_cancelled_unclear(id).await => {
                    let note = Note::new("retry_refused");
                    if let Err(error) = self.store.timeline_add(id, note, now_ms()).await {
                        tracing::warn!(%error, "the timeline cannot be written");
                    }
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

    /// Its ticket is gone with the cancellation, so it could not be looked for.
    async fn was_cancelled_unclear(&self, id: UploadId) -> bool {
        let stored = self.store.upload(id).await;
        matches!(stored, Ok(Some(stored)) if stored.phase == PhaseName::Cancelled)
            && self.submission_is_open(id).await
    }

    /// Other words may end what keeps an upload, but say nothing about its file.
    async fn fields_set(&mut self, id: UploadId) -> u32 {
        if let Err(error) = self.times_set(id).await {
            tracing::error!(%error, "new times cannot be read");
        }
        let phase = match self.store.upload(id).await {
            Ok(Some(stored)) => stored.phase,
            _ => return 0,
        };
        if phase == PhaseName::Failed {
            return self.each(vec![id], Event::Retried, "retried").await;
        }
        let file_changed = matches!(
            self.board.wait_of(id, AccountId(0)),
            Some(Wait::FileChanged { .. })
        );
        if file_changed || self.state.waiting.remove(&id).is_none() {
            return 0;
        }
        self.board.wait(id, None);
        1
    }

    /// What was refused is looked at again, though not at once: the platform may still say what it said before.
    async fn resubmitted(&mut self, id: UploadId) -> u32 {
        let changed = self.each(vec![id], Event::Resubmitted, "resubmitted").await;
        if changed > 0
            && let Ok(Some(stored)) = self.store.upload(id).await
            && let Ok(account) = self.accounts.get(stored.account).await
        {
            let after = account.platform.watch_after(2, Duration::ZERO);
            let until_ms = now_ms() + after.as_millis() as i64;
            self.state.looks.insert(id, 1);
            self.state.watching.insert((until_ms, id));
            self.board.wait(id, Some(Wait::Platform { until_ms }));
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
        let Some(SourceFile { path, .. }) = manuscript.source.file().cloned() else {
            return false;
        };
        let looked_at = path.clone();
        let taken = tokio::task::spawn_blocking(move || fingerprint::take(&looked_at)).await;
        let Ok(Ok(fingerprint)) = taken else {
            return false;
        };
        let file = SourceFile { path, fingerprint };
        self.set_file(id, file, "file_taken_as_is").await.is_ok()
    }

    /// Gives the manuscript another file, or its own at another place.
    ///
    /// Others of the same manuscript may have sent some of the old bytes, to other accounts: they let go of them first, so that a crash in between
    /// leaves nothing that could be mixed.
    async fn set_file(
        &mut self,
        id: UploadId,
        file: SourceFile,
        note: &str,
    ) -> Result<(), StoreError> {
        let unknown = || StoreError::NotFound("upload");
        let stored = self.store.upload(id).await?.ok_or_else(unknown)?;
        let manuscript = stored.manuscript;
        let known = self.store.manuscript(manuscript).await?;
        let known = known.ok_or_else(unknown)?.source;
        let siblings = self.store.manuscript_uploads(manuscript).await?;
        let same = |known: &SourceFile| known.fingerprint.same_content(&file.fingerprint);
        if !known.file().is_some_and(same) {
            for &sibling in &siblings {
                if self.each(vec![sibling], Event::Reopened, note).await == 0
                    && self.holds_parts(sibling).await?
                {
                    return Err(StoreError::DiskFull);
                }
            }
        }
        self.store.manuscript_set_file(manuscript, file).await?;
        for sibling in siblings {
            let about_the_file = matches!(
                self.board.wait_of(sibling, AccountId(0)),
                Some(Wait::FileChanged { .. } | Wait::FileMissing { .. })
            );
            if about_the_file {
                self.state.waiting.remove(&sibling);
                self.board.wait(sibling, None);
            }
            let sends = self.state.active.get(&sibling);
            if sends.is_some_and(|active| active.upload.stops_when_held()) {
                self.interrupted(sibling, None).await; // goes on at once, from the new place
            }
        }
        Ok(())
    }

    /// Whether parts of the file as it was would still be sent or submitted.
    async fn holds_parts(&self, id: UploadId) -> Result<bool, StoreError> {
        if self.submission_is_open(id).await {
            return Ok(false);
        }
        let stored = self.store.upload(id).await?;
        Ok(stored.is_some_and(|stored| {
            let may_go_on = !matches!(
                stored.phase,
                PhaseName::Processing | PhaseName::Published | PhaseName::Cancelled
            );
            may_go_on && stored.cuts.is_some()
        }))
    }

    pub(super) async fn remove(&mut self, ids: Vec<UploadId>) -> u32 {
        self.each(ids.clone(), Event::Cancelled, "cancelled").await;
        for id in &ids {
            self.state.waiting.remove(id);
            self.state.times.forget(*id);
            self.state.watching.retain(|(_, other)| other != id);
            self.board.wait(*id, None);
        }
        match self.store.uploads_remove(ids, now_ms()).await {
            Ok(count) => count as u32,
            Err(error) => {
                tracing::error!(%error, "uploads could not be removed");
                0
            }
        }
    }
}
