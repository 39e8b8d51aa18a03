//! Files on their way in: a drop, a dialog or the command line offers paths, front ends name them by number.
//!
//! The window never sees or sends a path of its own making. Numbers are not reused while the program runs.

use crate::{Failure, wire::OfferedFile};
use parking_lot::Mutex;
use slipway_engine::{fingerprint, printable_name};
use slipway_model::{Cause, SourceFile, manuscript};
use std::{collections::BTreeMap, path::PathBuf};

#[derive(Debug)]
struct Slot {
    shown: OfferedFile,
    source: Option<SourceFile>,
    path: PathBuf,
}

#[derive(Debug, Default)]
struct Table {
    last: u32,
    slots: BTreeMap<u32, Slot>,
}

#[derive(Debug, Default)]
pub(crate) struct Offered(Mutex<Table>);

impl Offered {
    /// Looks at each file; blocking.
    pub(crate) fn take(&self, paths: Vec<PathBuf>) -> Vec<OfferedFile> {
        paths.into_iter().map(|path| self.take_one(path)).collect()
    }

    fn take_one(&self, path: PathBuf) -> OfferedFile {
        let name = printable_name(&path);
        let looked = if path.is_absolute() {
            fingerprint::take(&path).map_err(|fault| fault.cause)
        } else {
            Err(Cause::new("path_not_absolute").with("path", path.display()))
        };
        let mut table = self.0.lock();
        table.last += 1;
        let file = table.last;
        let (source, cause) = match looked {
            Ok(fingerprint) => (
                Some(SourceFile {
                    path: path.clone(),
                    fingerprint,
                }),
                None,
            ),
            Err(cause) => (None, Some(cause.with("file", &name))),
        };
        let shown = OfferedFile {
            file,
            title: manuscript::title_from_file_name(&name),
            name,
            folder: path
                .parent()
                .map(|p| p.display().to_string())
                .unwrap_or_default(),
            size_bytes: source.as_ref().map_or(0, |s| s.fingerprint.size_bytes),
            cause,
        };
        table.slots.insert(
            file,
            Slot {
                shown: shown.clone(),
                source,
                path,
            },
        );
        shown
    }

    pub(crate) fn list(&self) -> Vec<OfferedFile> {
        self.0
            .lock()
            .slots
            .values()
            .map(|slot| slot.shown.clone())
            .collect()
    }

    pub(crate) fn forget(&self, files: &[u32]) {
        let mut table = self.0.lock();
        for file in files {
            table.slots.remove(file);
        }
    }

    /// # Errors
    /// What is wrong with the file, or `file_not_offered`.
    pub(crate) fn source(&self, file: u32) -> Result<SourceFile, Failure> {
        let table = self.0.lock();
        let slot = table
            .slots
            .get(&file)
            .ok_or_else(|| Failure::new("file_not_offered"))?;
        match (&slot.source, &slot.shown.cause) {
            (Some(source), _) => Ok(source.clone()),
            (None, cause) => Err(cause
                .clone()
                .unwrap_or_else(|| Cause::new("file_not_offered"))
                .into()),
        }
    }

    pub(crate) fn path(&self, file: u32) -> Result<PathBuf, Failure> {
        let table = self.0.lock();
        table
            .slots
            .get(&file)
            .map(|slot| slot.path.clone())
            .ok_or_else(|| Failure::new("file_not_offered"))
    }
}
