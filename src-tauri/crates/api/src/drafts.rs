//! Drafts: the form for new uploads as it is, kept as it is written.
//!
//! A draft is the request that would add it, with its files by number; numbers are those of offered files while it is open. Paths stay here.

use crate::{
    Api, Failure,
    wire::{Draft, DraftRow, DraftSave, DraftSaved, Empty, NewCaptions, NewManuscripts},
};
use slipway_model::{DraftId, Source};
use slipway_store::{DraftFile, NewDraft};
use std::collections::BTreeMap;

impl Api {
    /// The last changed first.
    pub async fn drafts(&self, _: Empty) -> Result<Vec<DraftRow>, Failure> {
        let drafts = self.engine.store().drafts().await?;
        let rows = drafts.into_iter().map(|draft| DraftRow {
            draft: draft.id,
            title: draft.title,
            changed_at_ms: draft.changed_at_ms,
        });
        Ok(rows.collect())
    }

    /// Keeps the form in place of what the draft was.
    pub async fn draft_save(&self, save: DraftSave) -> Result<DraftSaved, Failure> {
        let DraftSave { draft, form } = save;
        let (mut files, mut cause) = (Vec::new(), None);
        for number in form.numbers() {
            let Some((mut source, address)) = self.offered.known(number) else {
                continue;
            };
            if let (Source::Online(online), Some(whole)) = (&mut source, &address)
                && let Err(error) = self.engine.seal_address(online, whole).await
            {
                cause = Some(error.cause.with("file", &online.shown));
                continue;
            }
            files.push(DraftFile { number, source });
        }
        let at_ms = slipway_engine::clock::now_ms();
        let numbers: Vec<_> = files.iter().map(|file| file.number).collect();
        let new = NewDraft {
            id: draft,
            title: title(&form, &files),
            content: serde_json::to_string(&form).map_err(|error| Failure {
                detail: error.to_string(),
                ..Failure::new("store_failed")
            })?,
            files,
        };
        let draft = self.engine.store().draft_save(new, at_ms).await?;
        self.offered.kept_in(draft, &numbers);
        Ok(DraftSaved {
            draft,
            at_ms,
            cause,
        })
    }

    /// Offers its files again.
    ///
    /// # Errors
    /// `draft_unknown`, also for one that a newer version wrote in a form not known here.
    pub async fn draft_open(&self, draft: DraftId) -> Result<Draft, Failure> {
        let unknown = || Failure::new("draft_unknown");
        let kept = self.engine.store().draft(draft).await?;
        let kept = kept.ok_or_else(unknown)?;
        let mut form: NewManuscripts =
            serde_json::from_str(&kept.content).map_err(|error| Failure {
                detail: error.to_string(),
                ..unknown()
            })?;
        let (numbers, sources): (Vec<_>, Vec<_>) = kept
            .files
            .into_iter()
            .map(|file| (file.number, file.source))
            .unzip();
        let offered = self.offered.clone();
        let taken = tokio::task::spawn_blocking(move || offered.take_draft(draft, sources));
        let files = taken.await.map_err(|_| Failure::new("stopping"))?;
        let now: BTreeMap<_, _> = numbers
            .into_iter()
            .zip(files.iter().map(|file| file.file))
            .collect();
        form.renumber(&now);
        Ok(Draft {
            draft,
            changed_at_ms: kept.changed_at_ms,
            form,
            files,
        })
    }

    pub async fn draft_remove(&self, draft: DraftId) -> Result<Empty, Failure> {
        self.engine.store().draft_remove(draft).await?;
        Ok(Empty {})
    }
}

/// What the list calls it: its title, or the name of its first file.
fn title(form: &NewManuscripts, files: &[DraftFile]) -> String {
    let first = form.files.first();
    let own = first.and_then(|first| form.own.get(first)?.fields.get("title"));
    let written = own.or_else(|| form.fields.get("title"));
    let name = || {
        let file = files.iter().find(|file| Some(&file.number) == first)?;
        Some(file.source.name())
    };
    let written = written.filter(|title| !title.trim().is_empty()).cloned();
    written.or_else(name).unwrap_or_default()
}

impl NewManuscripts {
    /// Every file that it names.
    fn numbers(&self) -> Vec<u32> {
        let captions = |all: &[NewCaptions]| -> Vec<u32> {
            all.iter().map(|captions| captions.file).collect()
        };
        let mut numbers = self.files.clone();
        numbers.extend(self.cover);
        numbers.extend(captions(&self.captions));
        for own in self.own.values() {
            numbers.extend(own.cover);
            numbers.extend(captions(&own.captions));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Gives its files other numbers; those without one are left out.
    fn renumber(&mut self, now: &BTreeMap<u32, u32>) {
        let cover =
            |cover: &mut Option<u32>| *cover = cover.and_then(|file| now.get(&file).copied());
        let captions = |all: &mut Vec<NewCaptions>| {
            all.retain_mut(|captions| {
                let file = now.get(&captions.file);
                captions.file = file.copied().unwrap_or_default();
                file.is_some()
            });
        };
        self.files = self
            .files
            .iter()
            .filter_map(|file| now.get(file).copied())
            .collect();
        cover(&mut self.cover);
        captions(&mut self.captions);
        let own = std::mem::take(&mut self.own).into_iter();
        self.own = own
            .filter_map(|(file, own)| Some((*now.get(&file)?, own)))
            .collect();
        for own in self.own.values_mut() {
            cover(&mut own.cover);
            captions(&mut own.captions);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::OwnManuscript;

    #[test]
    fn a_form_keeps_what_belongs_to_its_files_under_their_new_numbers() {
        let captions = |file| NewCaptions {
            language: "en".into(),
            file,
        };
        let own = OwnManuscript {
            fields: [("title".to_owned(), "Two".to_owned())].into(),
            cover: Some(9),
            captions: vec![captions(4)],
        };
        let mut form = NewManuscripts {
            files: vec![1, 2, 3],
            own: [(2, own), (3, OwnManuscript::default())].into(),
            cover: Some(7),
            captions: vec![captions(8)],
            ..NewManuscripts::default()
        };
        assert_eq!(form.numbers(), [1, 2, 3, 4, 7, 8, 9]);
        form.renumber(&[(1, 2), (2, 11), (4, 14), (7, 17), (9, 19)].into());
        assert_eq!((form.files, form.cover), (vec![2, 11], Some(17)));
        assert!(form.captions.is_empty(), "its file has no number any more");
        let [(file, own)] = form.own.into_iter().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!((file, own.cover), (11, Some(19)));
        assert_eq!(
            (own.captions, own.fields["title"].as_str()),
            (vec![captions(14)], "Two")
        );
    }
}
