//! The same new words for many uploads that have not been submitted.
//!
//! Always holds: one that cannot be changed any more, or would be refused, stays as it was and is told; the others are changed.

use crate::{
    Api, Failure,
    filling::{check_names, duration_ms, fill, first},
    queue::with_changes,
    wire::{FieldsSet, Refusal, UploadsFields},
};
use jiff::Zoned;
use slipway_model::{
    Account, Fields, Manuscript, ManuscriptId, PhaseName, UploadId, manuscript::titled,
};
use slipway_store::StoredUpload;
use std::collections::HashMap;

/// What `{index}` is: a manuscript has one for all its uploads.
type Numbers = HashMap<ManuscriptId, u32>;

impl Api {
    pub async fn uploads_set_fields(&self, wanted: UploadsFields) -> Result<FieldsSet, Failure> {
        if wanted.fields.is_empty() {
            return Err(Failure::new("fields_none"));
        }
        let specs: Vec<_> = slipway_platforms::specs().cloned().collect();
        check_names(wanted.fields.keys(), &specs)?;
        let date = Zoned::now();
        let mut numbers = Numbers::new();
        let mut set = FieldsSet {
            changed: 0,
            refused: Vec::new(),
        };
        for id in self.ids(wanted.set.clone()).await? {
            match self.set_one(id, &wanted, &date, &mut numbers).await {
                Ok(()) => set.changed += 1,
                Err(failure) => set.refused.push(Refusal {
                    id,
                    cause: failure.into(),
                }),
            }
        }
        Ok(set)
    }

    async fn set_one(
        &self,
        id: UploadId,
        wanted: &UploadsFields,
        date: &Zoned,
        numbers: &mut Numbers,
    ) -> Result<(), Failure> {
        let stored = self.stored(id).await?;
        let may_change = matches!(
            stored.phase,
            PhaseName::Queued | PhaseName::Opening | PhaseName::Sending | PhaseName::Failed
        );
        if !may_change {
            return Err(Failure::new("upload_past_editing").with("id", id));
        }
        let manuscript = self.manuscript_of(&stored).await?;
        let next = u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX);
        let number = *numbers.entry(manuscript.id).or_insert(next);
        let changes = if wanted.variables {
            let (fields, source) = (wanted.fields.clone(), manuscript.source.clone());
            let read = tokio::task::spawn_blocking(move || duration_ms(&fields, &source)).await;
            let length_ms = read.map_err(|_| Failure::new("stopping"))?;
            let filled = fill(&wanted.fields, &manuscript.source, number, date, length_ms);
            filled.map_err(|faults| first(&faults))?
        } else {
            wanted.fields.clone()
        };
        let fields = with_changes(&manuscript.fields, changes);
        let fields = titled(&fields, &manuscript.source.name());
        self.reword(&stored, &manuscript, fields).await
    }

    pub(crate) async fn stored(&self, id: UploadId) -> Result<StoredUpload, Failure> {
        let stored = self.engine.store().upload(id).await?;
        stored.ok_or_else(|| unknown(id))
    }

    pub(crate) async fn manuscript_of(&self, stored: &StoredUpload) -> Result<Manuscript, Failure> {
        let manuscript = self.engine.store().manuscript(stored.manuscript).await?;
        manuscript.ok_or_else(|| unknown(stored.id))
    }

    pub(crate) async fn account_of(&self, stored: &StoredUpload) -> Result<Account, Failure> {
        let account = self.engine.store().account(stored.account).await?;
        account.ok_or_else(|| unknown(stored.id))
    }

    /// Keeps other words where the account's platform takes them, and lets the upload go on with them.
    pub(crate) async fn reword(
        &self,
        stored: &StoredUpload,
        before: &Manuscript,
        fields: Fields,
    ) -> Result<(), Failure> {
        let account = self.account_of(stored).await?;
        let cover = before.cover.as_ref();
        let cover = cover.map(|cover| self.engine.covers().path(cover));
        self.refuse_red(&account, &before.source, &fields, cover)
            .await?;
        self.refuse_times(&account, &before.fields, &fields, stored.start_at_ms)
            .await?;
        let store = self.engine.store();
        store.manuscript_set_fields(before.id, fields).await?;
        self.engine.fields_set(stored.id).await;
        Ok(())
    }
}

pub(crate) fn unknown(id: UploadId) -> Failure {
    Failure::new("upload_unknown").with("id", id)
}
