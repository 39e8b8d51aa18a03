//! From ripe files to uploads in the queue: what is known already, preflight, then manuscript and memory in one transaction.
//!
//! Always holds: a file that is in the queue is written down as taken, and the other way round, whatever kill comes between; what preflight refuses
//! is told with its reason and never dropped; content that went to an account goes there again only when somebody says so.

use super::{
    folder::{Ready, Took},
    rules::{Afterwards, Kept},
};
use crate::{
    Api, Failure,
    adding::Wanted,
    checking::{Looked, content, is_red, is_twice},
    filling,
    wire::NewManuscripts,
};
use slipway_model::{Cause, Fingerprint, Source, preflight::Finding};
use slipway_store::{Outside, Taking, Watch};
use slipway_watch::{Held, Seen};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

/// Failures that have nothing to do with the files or the rule: tried again later.
const PASSING: [&str; 5] = [
    "disk_full",
    "store_failed",
    "stopping",
    "data_folder_read_only",
    "database_damaged",
];

impl Api {
    /// What comes of these files. The rest of this api must have a table of offered files of its own: nobody else is to see them.
    pub(super) async fn take_ripe(
        &self,
        watch: &Watch,
        kept: &Kept,
        ready: Vec<Ready>,
    ) -> Vec<(PathBuf, Took)> {
        let mut ends = Vec::with_capacity(ready.len());
        let paths = ready.iter().map(|one| watch.path.join(&one.path)).collect();
        let offered = self.files_offer(paths).await;
        let numbers: Vec<u32> = match &offered {
            Ok(offered) => offered.iter().map(|file| file.file).collect(),
            Err(failure) => return all(&ready, failure),
        };
        match self.take_offered(watch, kept, &ready, &numbers).await {
            Ok(took) => {
                let paths = ready.into_iter().map(|one| one.path);
                ends.extend(paths.zip(took));
            }
            Err(failure) => ends = all(&ready, &failure),
        }
        self.offered.forget(&numbers);
        ends
    }

    async fn take_offered(
        &self,
        watch: &Watch,
        kept: &Kept,
        ready: &[Ready],
        numbers: &[u32],
    ) -> Result<Vec<Took>, Failure> {
        let mut ends: Vec<Option<Took>> = Vec::with_capacity(ready.len());
        let mut contents = HashSet::new();
        for (one, number) in ready.iter().zip(numbers) {
            ends.push(match self.offered.source(*number) {
                Err(failure) => Some(Took::Held(Held::Refused(failure.into()))),
                Ok(source) => self.known(watch, one, &source, &mut contents).await?,
            });
        }
        let left: Vec<usize> = (0..ready.len()).filter(|at| ends[*at].is_none()).collect();
        if !left.is_empty() {
            let files: Vec<u32> = left.iter().map(|at| numbers[*at]).collect();
            let files_ready: Vec<_> = left.iter().map(|at| &ready[*at]).collect();
            let took = self.add_ripe(watch, kept, &files_ready, files).await?;
            for (at, took) in left.into_iter().zip(took) {
                ends[at] = Some(took);
            }
        }
        Ok(ends
            .into_iter()
            .map(|end| end.unwrap_or(Took::Changed))
            .collect())
    }

    /// What is to be said of a file without asking any account; `None`: it is new.
    async fn known(
        &self,
        watch: &Watch,
        one: &Ready,
        source: &Source,
        contents: &mut HashSet<slipway_store::Content>,
    ) -> Result<Option<Took>, Failure> {
        let Some(file) = source.file() else {
            return Ok(Some(Took::Changed));
        };
        let print = &file.fingerprint;
        if seen(print) != one.seen {
            return Ok(Some(Took::Changed));
        }
        let store = self.engine.store();
        for (id, known) in store.watch_same(watch.id, print.clone()).await? {
            // One that was touched, or moved within its folder, is the same.
            let before = watch.path.join(&known.path);
            let moved = known.file_id == one.seen.file_id
                && !tokio::fs::try_exists(before).await.unwrap_or(true);
            if known.path == one.path || moved {
                store.watch_is_same(id, outside(one)).await?;
                return Ok(Some(Took::Done));
            }
        }
        if !contents.insert(content(source)) {
            return Ok(Some(Took::Changed)); // its twin is in the queue when it is looked at again
        }
        Ok(None)
    }

    async fn add_ripe(
        &self,
        watch: &Watch,
        kept: &Kept,
        ready: &[&Ready],
        files: Vec<u32>,
    ) -> Result<Vec<Took>, Failure> {
        let store = self.engine.store();
        let before = store.watch_counts(watch.id).await?.taken;
        let number = |at: usize| u32::try_from(before + 1 + at as u64).unwrap_or(u32::MAX);
        let new = NewManuscripts {
            numbers: (0..files.len()).map(number).collect(),
            files,
            accounts: kept.accounts.clone(),
            fields: kept.fields.clone(),
            hold: kept.hold,
            priority: kept.priority,
            template: kept.template.clone(),
            variables: true,
            ..NewManuscripts::default()
        };
        let new = self.with_template(new).await?;
        if new.accounts.is_empty() {
            return Err(Failure::new("no_accounts"));
        }
        let looked = self.look(&new).await?;
        let findings = looked.check(&new);
        let accounts = looked.accounts.iter().map(|known| &known.account);
        let accounts: Vec<_> = accounts.map(|one| (one.id, one.label.clone())).collect();
        let mut ends = Vec::with_capacity(ready.len());
        let mut wanted = Vec::new();
        let mut taking = Vec::new();
        for (one, file) in ready.iter().zip(&looked.files) {
            let of_file = findings.iter().filter(|found| found.file == file.file);
            let refused = |wrong: &dyn Fn(&Finding) -> bool| {
                of_file.clone().find_map(|found| {
                    let finding = found.findings.iter().find(|finding| wrong(finding))?;
                    Some(looked.named(finding.cause.clone(), found.file, found.account))
                })
            };
            if let Some(cause) = refused(&is_red) {
                ends.push(Took::Held(Held::Refused(cause)));
                continue;
            }
            if let Some(cause) = refused(&is_twice).filter(|_| !one.anyway) {
                ends.push(Took::Held(Held::Twice(twice(cause))));
                continue;
            }
            let (source, fields) = match written(&looked, file.file, &new) {
                Ok(both) => both,
                Err(failure) => {
                    ends.push(Took::Held(Held::Refused(failure.into())));
                    continue;
                }
            };
            let Some(known) = source.file() else {
                ends.push(Took::Changed);
                continue;
            };
            taking.push(Taking {
                watch: watch.id,
                path: one.path.clone(),
                fingerprint: known.fingerprint.clone(),
                afterwards: kept.afterwards != Afterwards::Keep,
            });
            wanted.push(Wanted {
                source,
                whole: None,
                fields,
                cover: None,
                accounts: accounts.clone(),
                hold: new.hold,
                priority: new.priority.unwrap_or_default(),
            });
            ends.push(Took::Done);
        }
        self.keep_watched(wanted, taking).await?;
        Ok(ends)
    }
}

fn written(
    looked: &Looked,
    file: u32,
    new: &NewManuscripts,
) -> Result<(Source, slipway_model::Fields), Failure> {
    let one = looked.files.iter().find(|one| one.file == file);
    let one = one.ok_or_else(|| Failure::new("file_not_offered"))?;
    let source = one.source.clone()?;
    let fields = one.fields(new, &source);
    let fields = fields.map_err(|faults| filling::first(&faults))?;
    Ok((source, fields))
}

/// In the words of one who watches: nobody is at a command line.
fn twice(mut cause: Cause) -> Cause {
    cause.code = match cause.code.as_str() {
        "already_sent" => "watch_twice_sent".into(),
        "already_sending" => "watch_twice_sending".into(),
        _ => cause.code,
    };
    cause
}

/// One reason for all.
fn all(ready: &[Ready], failure: &Failure) -> Vec<(PathBuf, Took)> {
    let took = || {
        let cause = Cause::from(failure.clone());
        if PASSING.contains(&cause.code.as_str()) {
            Took::Later(cause)
        } else {
            Took::Held(Held::Refused(cause))
        }
    };
    ready.iter().map(|one| (one.path.clone(), took())).collect()
}

pub(super) fn seen(print: &Fingerprint) -> Seen {
    Seen {
        size_bytes: print.size_bytes,
        mtime_ns: print.mtime_ns,
        file_id: print.file_id.clone(),
    }
}

fn outside(one: &Ready) -> Outside {
    Outside {
        path: one.path.clone(),
        size_bytes: one.seen.size_bytes,
        mtime_ns: one.seen.mtime_ns,
        file_id: one.seen.file_id.clone(),
    }
}

/// Its last two names, as a card is headed.
pub(super) fn short_name(path: &Path) -> String {
    let names = path.components().rev().filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    let mut names: Vec<_> = names.take(2).collect();
    if names.is_empty() {
        return path.display().to_string();
    }
    names.reverse();
    names.join(" / ")
}
