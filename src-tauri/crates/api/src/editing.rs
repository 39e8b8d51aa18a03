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
use slipway_model::{Cause, ManuscriptId, PhaseName, UploadId, manuscript::titled};
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
                    cause: Cause {
                        code: failure.code,
                        params: failure.params,
                        detail: failure.detail,
                    },
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
        let store = self.engine.store();
        let unknown = || Failure::new("upload_unknown").with("id", id);
        let stored = store.upload(id).await?.ok_or_else(unknown)?;
        let may_change = matches!(
            stored.phase,
            PhaseName::Queued | PhaseName::Opening | PhaseName::Sending | PhaseName::Failed
        );
        if !may_change {
            return Err(Failure::new("upload_past_editing").with("id", id));
        }
        let manuscript = store.manuscript(stored.manuscript).await?;
        let manuscript = manuscript.ok_or_else(unknown)?;
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
        let account = store.account(stored.account).await?.ok_or_else(unknown)?;
        let cover = manuscript.cover.as_ref();
        let cover = cover.map(|cover| self.engine.covers().path(cover));
        self.refuse_red(&account, &manuscript.source, &fields, cover)
            .await?;
        self.refuse_times(&account, &manuscript.fields, &fields, stored.start_at_ms)
            .await?;
        store.manuscript_set_fields(manuscript.id, fields).await?;
        self.engine.fields_set(id).await;
        Ok(())
    }
}
