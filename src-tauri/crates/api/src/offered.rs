//! Files on their way in: a drop, a dialog or the command line offers paths, front ends name them by number.
//!
//! An address of a file that is online comes in the same way, and is in memory alone until it is sealed. The window never sees or sends a path of its own making. Numbers are not reused while the program runs.

use crate::{Failure, wire::OfferedFile};
use parking_lot::Mutex;
use secrecy::SecretString;
use slipway_engine::{fingerprint, printable_name};
use slipway_model::{Cause, OnlineFile, Source, SourceFile, manuscript};
use std::{collections::BTreeMap, path::PathBuf};

#[derive(Debug)]
struct Slot {
    shown: OfferedFile,
    source: Option<Source>,
    /// Empty for a file that is online.
    path: PathBuf,
    /// The whole address of a file that is online.
    address: Option<SecretString>,
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
        let (source, cause) = match looked {
            Ok(fingerprint) => (
                Some(Source::File(SourceFile {
                    path: path.clone(),
                    fingerprint,
                })),
                None,
            ),
            Err(cause) => (None, Some(cause.with("file", &name))),
        };
        let shown = OfferedFile {
            file: 0,
            title: manuscript::title_from_file_name(&name),
            name,
            folder: path
                .parent()
                .map(|p| p.display().to_string())
                .unwrap_or_default(),
            size_bytes: source.as_ref().map_or(0, Source::size_bytes),
            online: false,
            cause,
        };
        self.keep(shown, source, path, None)
    }

    /// A file that is online, or why its address cannot be taken.
    pub(crate) fn take_online(
        &self,
        online: Result<(OnlineFile, SecretString), Cause>,
    ) -> OfferedFile {
        let (source, address, cause) = match online {
            Ok((online, whole)) => (Some(Source::Online(online)), Some(whole), None),
            Err(cause) => (None, None, Some(cause)),
        };
        let name = source.as_ref().map_or_else(String::new, Source::name);
        let folder = source.as_ref().map_or_else(String::new, Source::shown);
        let shown = OfferedFile {
            file: 0,
            title: manuscript::title_from_file_name(&name),
            name,
            folder,
            size_bytes: 0,
            online: true,
            cause,
        };
        self.keep(shown, source, PathBuf::new(), address)
    }

    fn keep(
        &self,
        mut shown: OfferedFile,
        source: Option<Source>,
        path: PathBuf,
        address: Option<SecretString>,
    ) -> OfferedFile {
        let mut table = self.0.lock();
        table.last += 1;
        shown.file = table.last;
        table.slots.insert(
            shown.file,
            Slot {
                shown: shown.clone(),
                source,
                path,
                address,
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
    pub(crate) fn source(&self, file: u32) -> Result<Source, Failure> {
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

    /// The whole address of a file that is online.
    pub(crate) fn address(&self, file: u32) -> Result<SecretString, Failure> {
        let table = self.0.lock();
        let slot = table.slots.get(&file);
        slot.and_then(|slot| slot.address.clone())
            .ok_or_else(|| Failure::new("file_not_offered"))
    }

    /// # Errors
    /// `file_not_offered`, also for a file that is online: nothing of it is here.
    pub(crate) fn path(&self, file: u32) -> Result<PathBuf, Failure> {
        let table = self.0.lock();
        table
            .slots
            .get(&file)
            .filter(|slot| !slot.shown.online)
            .map(|slot| slot.path.clone())
            .ok_or_else(|| Failure::new("file_not_offered"))
    }
}
