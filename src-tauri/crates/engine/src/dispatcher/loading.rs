//! From rows to machines: loads an upload with all that a worker needs, and believes nothing it has not checked.

use super::{Dispatcher, Job, timing::Timing};
use crate::{accounts::Entry, board::Counters, clock::now_ms};
use slipway_model::{
    AccountId, Cause, ErrorKind, Manuscript, Parts, Phase, PhaseName, Remote, Ticket, Upload,
    UploadId, Wait, upload::Kept,
};
use slipway_platforms::Error;
use slipway_store::{Note, StoredUpload};
use std::sync::Arc;

pub(super) struct Loaded {
    pub upload: Upload,
    pub manuscript: Arc<Manuscript>,
    pub account: Arc<Entry>,
    pub key: String,
    pub priority: i64,
    pub position: f64,
    pub sent_bytes: u64,
    pub resent_bytes: u64,
    pub phase_at_ms: i64,
    pub timing: Timing,
    /// Its own speed cap, in bytes per second.
    pub limit: Option<u64>,
}

type LoadError = (Option<AccountId>, Error);

impl Dispatcher {
    /// `None` when it is not there any more.
    pub(super) async fn load(&self, id: UploadId) -> Result<Option<Loaded>, LoadError> {
        let failed = |error: slipway_store::StoreError| (None, store_error(&error));
        let Some(stored) = self.store.upload(id).await.map_err(failed)? else {
            return Ok(None);
        };
        let Some(manuscript) = self
            .store
            .manuscript(stored.manuscript)
            .await
            .map_err(failed)?
        else {
            return Ok(None);
        };
        let account = self
            .accounts
            .get(stored.account)
            .await
            .map_err(|error| (Some(stored.account), error))?;
        let kept = self
            .kept(&stored)
            .await
            .map_err(|error| (Some(stored.account), error))?;
        let upload = machine(&stored, kept);
        let timing = Timing::of(&stored, &manuscript, &account);
        Ok(Some(Loaded {
            timing,
            limit: stored.limit_bytes_per_second,
            upload,
            manuscript: Arc::new(manuscript),
            account,
            key: stored.key,
            priority: stored.priority,
            position: stored.position,
            sent_bytes: stored.sent_bytes,
            resent_bytes: stored.resent_bytes,
            phase_at_ms: stored
                .landed_at_ms
                .or(stored.started_at_ms)
                .unwrap_or(stored.created_at_ms),
        }))
    }

    /// The machine without its ticket: enough to end it.
    pub(super) async fn bare(&self, id: UploadId) -> Option<Upload> {
        let stored = self.store.upload(id).await.ok()??;
        Some(machine(&stored, None))
    }

    pub(super) fn idle_job(&self, id: UploadId, loaded: Loaded) -> Job {
        Job {
            id,
            attempt: loaded.upload.attempt,
            key: loaded.key,
            manuscript: loaded.manuscript,
            account: loaded.account,
            counters: Arc::new(Counters::default()),
            tools: self.tools.clone(),
            reports: self.reports.0.clone(),
            phase_at_ms: loaded.phase_at_ms,
            submitted: false,
            held_back: false,
        }
    }

    async fn kept(&self, stored: &StoredUpload) -> Result<Option<Kept>, Error> {
        let (Some(ticket), Some(cuts)) = (&stored.ticket, &stored.cuts) else {
            return Ok(None);
        };
        let clear = if ticket.sealed {
            let sealer = self.sealer(stored.account).await?;
            sealer
                .open(&stored.id.to_string(), &ticket.bytes)
                .map_err(|error| {
                    // Sealed with a key that is gone: the place is lost, the file is not.
                    Error::new(
                        "slipway",
                        "opening a kept ticket",
                        ErrorKind::TicketLost,
                        Cause::new("ticket_unsealable"),
                    )
                    .because(error)
                })?
        } else {
            ticket.bytes.clone()
        };
        let text = String::from_utf8(clear)
            .ok()
            .filter(|_| cuts.is_sound() && cuts.total_bytes() == stored.total_bytes);
        let Some(text) = text else {
            return Err(Error::new(
                "slipway",
                "reading a kept ticket",
                ErrorKind::TicketLost,
                Cause::new("ticket_unreadable"),
            ));
        };
        let mut parts = Parts::new(cuts.clone());
        for (number, receipt) in &stored.landed {
            parts.land(*number, receipt.clone());
        }
        Ok(Some(Kept {
            ticket: Ticket(text),
            parts,
        }))
    }

    pub(super) async fn could_not_load(
        &mut self,
        id: UploadId,
        account: Option<AccountId>,
        error: Error,
    ) {
        tracing::warn!(upload = %id, %error, "an upload could not be prepared");
        let cause = error.cause.clone();
        match error.kind {
            ErrorKind::SecretsLocked => {
                if let Some(account) = account {
                    self.block(account, None, Wait::Secrets { cause });
                }
            }
            ErrorKind::Refused | ErrorKind::TicketLost => {
                // What may have been submitted is not begun anew by itself: a person must look.
                let lost =
                    error.kind == ErrorKind::TicketLost && !self.submission_is_open(id).await;
                if let Some(upload) = self.bare(id).await {
                    let (from, attempt) = (upload.phase.name(), upload.attempt);
                    let event = if lost {
                        slipway_model::Event::Reopened
                    } else {
                        slipway_model::Event::Failed {
                            cause: cause.clone(),
                        }
                    };
                    if let Ok((upload, _)) = upload.apply(attempt, event) {
                        let note = Note::new(if lost { "reopened" } else { "failed" })
                            .with("code", &cause.code);
                        if self.save(&upload, vec![note]).await.is_ok() {
                            self.tell_phase(id, &upload, from).await;
                            self.board.queue_changed();
                            self.state.admit = true;
                            return;
                        }
                    }
                }
                self.state.waiting.insert(id, None);
                self.board.wait(id, Some(Wait::Secrets { cause }));
            }
            _ => {
                let until_ms = now_ms() + 5_000;
                self.state.waiting.insert(id, Some(until_ms));
                self.board.wait(id, Some(Wait::Retry { until_ms, cause }));
            }
        }
    }
}

/// The machine as it was kept. A phase whose contents are gone starts over from the last one that can be trusted.
fn machine(stored: &StoredUpload, kept: Option<Kept>) -> Upload {
    let remote = || {
        stored.remote.clone().unwrap_or_else(|| Remote {
            id: String::new(),
            ..Remote::default()
        })
    };
    let phase = match (stored.phase, kept) {
        (PhaseName::Queued, _) => Phase::Queued,
        (PhaseName::Opening, _) | (PhaseName::Sending | PhaseName::Committing, None) => {
            Phase::Opening
        }
        (PhaseName::Sending | PhaseName::Committing, Some(kept)) if !kept.parts.all_landed() => {
            Phase::Sending(kept)
        }
        (PhaseName::Sending | PhaseName::Committing, Some(kept)) => Phase::Committing(kept),
        (PhaseName::Processing, _) => Phase::Processing { remote: remote() },
        (PhaseName::Published, _) => Phase::Published { remote: remote() },
        (PhaseName::Failed, kept) => Phase::Failed {
            cause: stored.cause.clone().unwrap_or_default(),
            kept,
            remote: stored.remote.clone(),
        },
        (PhaseName::Cancelled, _) => Phase::Cancelled,
    };
    Upload {
        id: stored.id,
        manuscript: stored.manuscript,
        account: stored.account,
        intent: stored.intent,
        attempt: stored.attempt,
        tries: stored.tries,
        phase,
    }
}

fn store_error(error: &slipway_store::StoreError) -> Error {
    Error::new(
        "slipway",
        "reading the queue",
        ErrorKind::ServerFault,
        Cause::new("store_failed").detail(error.to_string()),
    )
}
