//! What is told: happenings for those who follow the queue, and that nothing can move any more.

use super::{Active, Dispatcher, Idle, PROGRESS_EVERY};
use crate::{
    accounts::Entry,
    clock::now_ms,
    happening::{self, Happening},
    journal,
};
use slipway_model::{AccountId, Effect, Manuscript, PhaseName, Upload, UploadId, Wait};
use std::sync::atomic::Ordering::Relaxed;
use tokio::time::Instant;

impl Dispatcher {
    pub(super) fn happened(&self, active: &Active, what: happening::What) {
        if let Some(step) = journal::step(&what) {
            self.board.stepped(active.upload.id, step);
        }
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
    pub(super) async fn tell_phase(&mut self, id: UploadId, upload: &Upload, from: PhaseName) {
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

    pub(super) fn tell_progress(&mut self) {
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
                    total_bytes: active.job.manuscript.source.size_bytes(),
                    sent_bytes: active.sent_before + active.job.counters.wire.load(Relaxed),
                    bytes_per_second: motion.bytes_per_second,
                    eta_seconds: motion.eta_seconds,
                },
            );
        }
    }

    /// Whether nothing can move by itself any more; what is with its platform counts only where that is asked.
    async fn is_still(&self, with_platforms: bool) -> bool {
        let state = &self.state;
        let mut active = state.active.values();
        let by_itself = state.waiting.iter().any(|(id, until)| {
            until.is_some()
                && !self
                    .board
                    .wait_of(*id, AccountId(0))
                    .is_some_and(|wait| wait.needs_person() || is_full_disk(&wait))
        });
        if active.any(|a| with_platforms || a.upload.effect() != Effect::Watch)
            || with_platforms && !state.watching.is_empty()
            || by_itself
            || state.admit
            || state.resting
            || self.guard.rests_until().is_some()
            || self.waits_for_a_time().await
        {
            return false;
        }
        let count = if with_platforms {
            self.store.uploads_unfinished_count().await
        } else {
            self.store.uploads_unsent_count().await
        };
        let is_left = count.unwrap_or(0) > 0;
        // The link may open by itself, save where its user has to say so.
        let opens = self.guard.wait().is_some_and(|wait| !wait.needs_person());
        // An account that waits for a time has nothing to wait for when nothing is left.
        let timed = state.blocked.values().any(Option::is_some);
        !(is_left && (timed || opens && self.any_kept_off().await))
    }

    /// Whether anything can move by itself; told once for each standstill.
    pub(super) async fn tell_if_idle(&mut self) {
        let still = self.is_still(false).await;
        self.tell_standing(Some(still)).await;
        if !still || !self.is_still(true).await {
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
}

/// Nobody here makes room by itself, though it is looked for.
fn is_full_disk(wait: &Wait) -> bool {
    matches!(wait, Wait::Disk { cause, .. } if cause.code == "disk_full")
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
        account_label: Some(account.session.label().to_string()),
        file: Some(manuscript.source.shown()),
        what,
    }
}
