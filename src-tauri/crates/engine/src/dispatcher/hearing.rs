//! What workers say, and what follows from it.
//!
//! Invariant: a phase is on disk before its effect runs; a worker of an earlier attempt is not listened to.

use super::{DISK_LOOK_MS, Dispatcher};
use crate::{
    clock::now_ms,
    happening, journal,
    sending::jitter,
    worker::{Report, What},
};
use slipway_model::{
    Cause, Effect, ErrorKind, Event, Health, HealthState, Manuscript, PhaseName, Retry, UploadId,
    Wait,
};
use slipway_platforms::Error;
use slipway_store::{LandedPart, LedgerState, Note, StoreError};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::time::Instant;

impl Dispatcher {
    pub(super) async fn hear(&mut self, report: Report) {
        let Report { id, attempt, what } = report;
        if let What::TakenBack(taken_back) = what {
            return self.was_with_platform(id, taken_back).await;
        }
        if self
            .state
            .active
            .get(&id)
            .is_none_or(|active| active.upload.attempt != attempt)
        {
            return; // a worker that has not heard yet; a `Keep` is answered by dropping it
        }
        if matches!(
            &what,
            What::Happened(_) | What::Keep { .. } | What::Ready { .. } | What::Ended(Ok(_))
        ) {
            self.reached(id);
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
            What::Resting | What::TakenBack(_) => self.state.admit = true,
            What::Ready { ticket, due } => self.is_ready(id, ticket, due).await,
            What::Pending { remote } => self.pending(id, remote).await,
            What::Proven(proof) => {
                if let Err(error) = self.store.upload_proven(id, proof).await {
                    self.store_failed(id, &error);
                }
            }
            What::Keep {
                ticket,
                about_to_submit,
                kept,
            } => {
                let note = about_to_submit.as_ref().map(|_| Note::new("submitting"));
                if let Some(entry) = about_to_submit {
                    let open = self.submission_is_open(id).await;
                    if let Err(error) = self.store.ledger_about_to_submit(entry).await {
                        return self.store_failed(id, &error);
                    }
                    if let Some(active) = self.state.active.get_mut(&id) {
                        active.first_submission = !open;
                    }
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

    /// A cancelled upload was with its platform already: what became of that is told in its timeline.
    async fn was_with_platform(&self, id: UploadId, taken_back: bool) {
        let (word, kept) = if taken_back {
            ("taken_back", self.store.ledger_taken_back(id).await)
        } else {
            ("left_there", Ok(()))
        };
        let told = self.store.timeline_add(id, Note::new(word), now_ms()).await;
        if let Err(error) = kept.and(told) {
            tracing::warn!(upload = %id, %error, "what became of a cancelled work could not be kept");
        }
        self.board.touched(id);
    }

    /// Takes an event into the machine, keeps what changed, and goes on.
    pub(super) async fn apply(&mut self, id: UploadId, event: Event, notes: Vec<Note>) {
        let Some(active) = self.state.active.get(&id) else {
            return;
        };
        let (from, before) = (active.upload.phase.name(), active.upload.attempt);
        let landed = match &event {
            Event::Landed { number, receipt } => Some((*number, receipt.clone())),
            _ => None,
        };
        if event == Event::Reopened
            && let Some(kept) = active.upload.phase.kept()
        {
            // All that had landed goes once more.
            let lost = &active.job.counters.lost;
            lost.fetch_add(kept.parts.held_bytes(), Relaxed);
        }
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
        self.flush().await;
        if !self.state.active.contains_key(&id) {
            return; // they could not be kept; what failed for another is the other's
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
            Effect::Commit => match self.renew(id).await {
                Ok(()) => self.work(id),
                Err(error) => self.store_failed(id, &error),
            },
            Effect::Open | Effect::Send => self.work(id),
            Effect::Watch => {
                self.state.looks.insert(id, 0);
                self.watch_later(id, 0).await;
            }
        }
    }

    /// The platform answered: a host that was dead is alive.
    fn reached(&mut self, id: UploadId) {
        let account = self.state.active.get(&id).map(|a| a.upload.account);
        if account.is_some_and(|account| self.state.unreached.remove(&account).is_some()) {
            self.state.admit = true;
        }
    }

    /// Whether this upload may have been submitted: then it is looked for before anything is sent again.
    pub(super) async fn submission_is_open(&self, id: UploadId) -> bool {
        match self.store.ledger_of_upload(id).await {
            Ok(rows) => rows.iter().any(|row| row.state == LedgerState::Submitting),
            Err(error) => {
                tracing::error!(%error, "the ledger cannot be read");
                true // the careful answer
            }
        }
    }

    /// Reads the manuscript again: its words may have changed while its bytes went.
    async fn renew(&mut self, id: UploadId) -> Result<(), StoreError> {
        let Some(active) = self.state.active.get_mut(&id) else {
            return Ok(());
        };
        let source = active.job.manuscript.source.clone();
        if let Some(manuscript) = self.store.manuscript(active.upload.manuscript).await? {
            // Its file stays the one that was sent: a new one begins the upload anew.
            active.job.manuscript = Arc::new(Manuscript {
                source,
                ..manuscript
            });
        }
        Ok(())
    }

    pub(super) async fn phase_changed(&mut self, id: UploadId, from: PhaseName, to: PhaseName) {
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
                self.state.looks.remove(&id);
                self.state.reopened.remove(&id);
            }
            _ => {}
        }
        if matches!(to, PhaseName::Processing | PhaseName::Published)
            && from != PhaseName::Processing
        {
            self.state.sent += 1;
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
    pub(super) async fn lost(&mut self, id: UploadId, error: Error) {
        let Some(active) = self.state.active.get(&id) else {
            return;
        };
        let reopened = self.state.reopened.get(&id).copied().unwrap_or(0);
        let tries = match error.kind {
            ErrorKind::TicketLost => reopened + 1,
            // A dead host is asked ever more rarely by all of its account, not by each of them from the beginning.
            ErrorKind::Offline if active.upload.effect() != Effect::Watch => {
                let tries = self
                    .state
                    .unreached
                    .entry(active.upload.account)
                    .or_default();
                *tries = tries.saturating_add(1);
                *tries
            }
            _ => active.upload.tries + 1,
        };
        let (account, cause, kind) = (
            active.upload.account,
            error.cause.clone(),
            error.kind.clone(),
        );
        let watching = active.upload.effect() == Effect::Watch;
        let said_no = matches!(
            kind,
            ErrorKind::Refused
                | ErrorKind::RateLimited { .. }
                | ErrorKind::Quota { .. }
                | ErrorKind::SignedOut
        );
        // Refused in so many words, and nothing unclear before it: surely nothing was published, and the same file may come again.
        if said_no
            && active.first_submission
            && let Err(error) = self.store.ledger_withdraw(id).await
        {
            tracing::error!(%error, "the ledger cannot be written");
        }
        tracing::warn!(upload = %id, %error, tries, "interrupted");
        let now = now_ms();
        let retry = match kind.retry(tries, jitter()) {
            // The platform has the work: a look that fails is never a failed upload.
            Retry::Never if watching => Retry::After(Duration::from_secs(300)),
            Retry::Reopen if watching => Retry::After(Duration::from_secs(300)),
            // Nobody can be asked about it with another ticket: a person must look.
            Retry::Reopen if self.submission_is_open(id).await => Retry::Never,
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
                self.account_waits(id, account, Some(until_ms), wait).await;
            }
            Retry::OnceSignedIn => {
                let health = Health {
                    state: HealthState::SignedOut,
                    checked_at_ms: Some(now),
                    cause: Some(cause.clone()),
                    ..Health::default()
                };
                let health = health.after(&self.health_of(account).await);
                if let Err(error) = self.store.account_set_health(account, health).await {
                    tracing::error!(%error, "the account's health cannot be kept");
                }
                let wait = Wait::SignIn { cause };
                self.account_waits(id, account, None, wait).await;
            }
            Retry::OncePersonActs if kind == ErrorKind::SecretsLocked => {
                // The same for all of its uploads, and mended for all of them at once.
                let wait = Wait::Secrets { cause };
                self.account_waits(id, account, None, wait).await;
            }
            Retry::OncePersonActs => {
                let (wait, until) = match kind {
                    ErrorKind::FileChanged => (Wait::FileChanged { cause }, None),
                    ErrorKind::DiskFull => {
                        let until_ms = now + DISK_LOOK_MS;
                        (Wait::Disk { until_ms, cause }, Some(until_ms))
                    }
                    _ => {
                        let manuscript = &self.state.active[&id].job.manuscript;
                        // An image that is no image is there; a person must choose another.
                        let path = match cause.code.as_str() {
                            "cover_missing" => {
                                let covers = &self.tools.covers;
                                manuscript.cover.as_ref().map(|cover| covers.path(cover))
                            }
                            code if code.starts_with("cover_") => None,
                            _ => manuscript.source.file().map(|file| file.path.clone()),
                        };
                        if let Some(path) = path {
                            self.state.missing.add(id, path, now);
                        }
                        (Wait::FileMissing { cause }, None)
                    }
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
    pub(super) async fn interrupted(&mut self, id: UploadId, wait: Option<(Wait, Option<i64>)>) {
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

    pub(super) async fn pending(&mut self, id: UploadId, remote: slipway_model::Remote) {
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
    pub(super) async fn watch_later(&mut self, id: UploadId, looks: u32) {
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
    pub(super) async fn retire(&mut self, id: UploadId) {
        self.count(id).await;
        self.drop_active(id);
        self.board.wait(id, None);
        self.state.admit = true;
    }

    pub(super) fn drop_active(&mut self, id: UploadId) {
        if let Some(active) = self.state.active.remove(&id) {
            active.stop.cancel();
            self.tools.caps.upload_ended(id);
        }
        self.board.ended(id);
    }

    /// Keeps how much was sent, and how much of it in vain.
    pub(super) async fn count(&mut self, id: UploadId) {
        let Some(active) = self.state.active.get_mut(&id) else {
            return;
        };
        let counters = &active.job.counters;
        let wire = counters.wire.swap(0, Relaxed);
        let lost = counters.lost.swap(0, Relaxed) + counters.in_flight();
        active.sent_before += wire;
        if (wire, lost) != (0, 0)
            && let Err(error) = self.store.upload_counted(id, wire, lost, now_ms()).await
        {
            tracing::warn!(%error, "what was sent could not be counted");
        }
    }
}

fn failed_note(cause: &Cause) -> Note {
    Note {
        params: journal::told(cause),
        ..Note::new("failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_platform_does_not_stand_for_the_cause() {
        let cause = Cause::new("bilibili_refused").with("code", 21_012);
        let params = failed_note(&cause).params;
        assert_eq!(params["code"], "bilibili_refused");
        assert_eq!(params[slipway_model::PLATFORM_CODE], "21012");
    }
}
