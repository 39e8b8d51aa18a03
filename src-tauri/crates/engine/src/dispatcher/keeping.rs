//! What is kept: receipts in batches, states one by one, tickets sealed.
//!
//! Invariant: what could not be kept did not happen.

use super::{DISK_LOOK_MS, Dispatcher, FLUSH};
use crate::clock::now_ms;
use slipway_model::{AccountId, Cause, Ticket, Upload, UploadId, Wait};
use slipway_store::{Note, SaveUpload, StoreError, TicketBytes};
use std::{collections::HashMap, sync::atomic::Ordering::Relaxed};

impl Dispatcher {
    /// Keeps the landed parts when their time has come.
    pub(super) async fn flush_if_due(&mut self) {
        if self
            .state
            .flushed_at
            .is_some_and(|at| at.elapsed() >= FLUSH)
        {
            self.flush().await;
        }
    }

    /// `true` when all landed parts are on disk.
    pub(super) async fn flush(&mut self) -> bool {
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

    pub(super) async fn save(&self, upload: &Upload, notes: Vec<Note>) -> Result<(), StoreError> {
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

    pub(super) async fn seal(
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
            .sealer(account)
            .await
            .map_err(|error| StoreError::Other(error.into()))?;
        Ok(TicketBytes {
            bytes: sealer.seal(&id.to_string(), ticket.0.as_bytes()),
            sealed: true,
        })
    }

    /// What could not be kept did not happen: the upload waits for room on the disk and goes on from what is there.
    pub(super) fn store_failed(&mut self, id: UploadId, error: &StoreError) {
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
}
