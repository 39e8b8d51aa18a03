//! Files on their way in: a drop, a dialog, a draft or the command line offers paths, front ends name them by number.
//!
//! An address of a file that is online comes in the same way, and is in memory alone until it is sealed. The window never sees or sends a path of its own
//! making. Numbers are not reused while the program runs. What a file says of itself decides nothing: one that cannot be read as a video may be taken.

use crate::{
    Failure,
    wire::{FileKind, OfferedFile},
};
use parking_lot::Mutex;
use secrecy::SecretString;
use slipway_engine::{fingerprint, printable_name};
use slipway_media::Media;
use slipway_model::{Cause, DraftId, Fingerprint, OnlineFile, Source, SourceFile, manuscript};
use std::{
    collections::BTreeMap,
    panic::catch_unwind,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Files that are looked at beside each other: a slow one does not keep all others waiting.
const LOOKS_AT_ONCE: usize = 4;
const IMAGES: [&str; 4] = ["jpg", "jpeg", "png", "webp"];
const CAPTIONS: [&str; 2] = ["srt", "vtt"];

#[derive(Debug)]
struct Slot {
    shown: OfferedFile,
    /// As it was known last; only to be used while `shown` has no cause.
    source: Option<Source>,
    /// Empty for a file that is online.
    path: PathBuf,
    /// The whole address of a file that is online; a draft's is sealed in its source instead.
    address: Option<SecretString>,
    /// The draft that it is kept in.
    draft: Option<DraftId>,
}

#[derive(Debug, Default)]
struct Table {
    last: u32,
    slots: BTreeMap<u32, Slot>,
}

#[derive(Debug, Default)]
pub(crate) struct Offered(Mutex<Table>);

/// What was found out about a path.
struct Look {
    fingerprint: Result<Fingerprint, Cause>,
    kind: FileKind,
    media: Option<Media>,
}

impl Offered {
    /// Looks at each file; blocking.
    pub(crate) fn take(&self, paths: Vec<PathBuf>) -> Vec<OfferedFile> {
        let looks = look_at(&paths);
        let each = paths.into_iter().zip(looks);
        each.map(|(path, look)| self.keep(slot(path, look, None)))
            .collect()
    }

    /// The files of a draft, each under the number it has now. One that is gone is offered with its reason; blocking.
    pub(crate) fn take_draft(&self, draft: DraftId, sources: Vec<Source>) -> Vec<OfferedFile> {
        let path = |source: &Source| source.file().map(|file| file.path.clone());
        let paths: Vec<_> = sources.iter().filter_map(path).collect();
        let mut looks = look_at(&paths).into_iter();
        let each = sources.into_iter().map(|source| {
            let mut slot = match &source {
                Source::File(file) => {
                    let look = looks.next().expect("there is a look for each path");
                    slot(file.path.clone(), look, Some(&file.fingerprint))
                }
                Source::Online(online) => online_slot(Ok(online.clone()), None),
            };
            slot.source = slot.source.or(Some(source));
            slot.draft = Some(draft);
            self.keep_again(slot)
        });
        each.collect()
    }

    /// An image of ours, under a name for people; blocking.
    pub(crate) fn take_picture(&self, path: PathBuf, name: String) -> OfferedFile {
        let look = look_at(std::slice::from_ref(&path)).remove(0);
        let mut slot = slot(path, look, None);
        slot.shown.name = name;
        self.keep(slot)
    }

    /// A file that is online, or why its address cannot be taken.
    pub(crate) fn take_online(
        &self,
        online: Result<(OnlineFile, SecretString), Cause>,
    ) -> OfferedFile {
        let (online, address) = match online {
            Ok((online, whole)) => (Ok(online), Some(whole)),
            Err(cause) => (Err(cause), None),
        };
        self.keep(online_slot(online, address))
    }

    fn keep(&self, mut slot: Slot) -> OfferedFile {
        let mut table = self.0.lock();
        table.last += 1;
        slot.shown.file = table.last;
        let shown = slot.shown.clone();
        table.slots.insert(shown.file, slot);
        shown
    }

    /// A file of a draft that is open already keeps its number.
    fn keep_again(&self, mut slot: Slot) -> OfferedFile {
        let mut table = self.0.lock();
        let same = |known: &Slot| {
            let content = |slot: &Slot| slot.source.as_ref().map(Source::shown);
            known.draft == slot.draft && content(known) == content(&slot)
        };
        let known = table.slots.iter().find(|(_, known)| same(known));
        if let Some((number, known)) = known.map(|(number, known)| (*number, known)) {
            slot.shown.file = number;
            slot.address.clone_from(&known.address);
            let shown = slot.shown.clone();
            table.slots.insert(number, slot);
            return shown;
        }
        drop(table);
        self.keep(slot)
    }

    /// Notes which draft keeps these files.
    pub(crate) fn kept_in(&self, draft: DraftId, files: &[u32]) {
        let mut table = self.0.lock();
        for (number, slot) in &mut table.slots {
            if files.contains(number) {
                slot.draft = Some(draft);
            }
        }
    }

    /// Those that no draft keeps: they wait for a front end.
    pub(crate) fn list(&self) -> Vec<OfferedFile> {
        let table = self.0.lock();
        let slots = table.slots.values();
        slots
            .filter(|slot| slot.draft.is_none())
            .map(|slot| slot.shown.clone())
            .collect()
    }

    pub(crate) fn forget(&self, files: &[u32]) {
        let mut table = self.0.lock();
        for file in files {
            table.slots.remove(file);
        }
    }

    /// What the file says of itself.
    pub(crate) fn media(&self, file: u32) -> Option<Media> {
        self.0.lock().slots.get(&file)?.shown.media.clone()
    }

    /// # Errors
    /// What is wrong with the file, or `file_not_offered`.
    pub(crate) fn source(&self, file: u32) -> Result<Source, Failure> {
        let table = self.0.lock();
        let slot = table.slots.get(&file);
        let slot = slot.ok_or_else(|| Failure::new("file_not_offered"))?;
        match (&slot.shown.cause, &slot.source) {
            (Some(cause), _) => Err(cause.clone().into()),
            (None, Some(source)) => Ok(source.clone()),
            (None, None) => Err(Failure::new("file_not_offered")),
        }
    }

    /// As it was known last, also where it is gone now; with the address that is not sealed yet.
    pub(crate) fn known(&self, file: u32) -> Option<(Source, Option<SecretString>)> {
        let table = self.0.lock();
        let slot = table.slots.get(&file)?;
        Some((slot.source.clone()?, slot.address.clone()))
    }

    /// As people know it.
    pub(crate) fn name(&self, file: u32) -> String {
        let table = self.0.lock();
        let slot = table.slots.get(&file);
        slot.map_or_else(String::new, |slot| slot.shown.name.clone())
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

/// In the order of the paths.
fn look_at(paths: &[PathBuf]) -> Vec<Look> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut mine = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(at) else {
                return mine;
            };
            mine.push((at, look(path)));
        }
    };
    let mut looks: Vec<_> = thread::scope(|scope| {
        let beside: Vec<_> = (1..LOOKS_AT_ONCE.min(paths.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let mut looks = work();
        for worker in beside {
            looks.extend(worker.join().expect("a look does not panic"));
        }
        looks
    });
    looks.sort_by_key(|(at, _)| *at);
    looks.into_iter().map(|(_, look)| look).collect()
}

fn look(path: &Path) -> Look {
    let kind = kind(&printable_name(path));
    let fingerprint = if path.is_absolute() {
        fingerprint::take(path).map_err(|fault| fault.cause)
    } else {
        Err(Cause::new("path_not_absolute").with("path", path.display()))
    };
    let readable = kind == FileKind::Video && fingerprint.is_ok();
    let says = |media: &Media| media.video.is_some() || media.audio.is_some();
    let media = readable.then(|| media(path));
    Look {
        fingerprint,
        kind,
        media: media.flatten().filter(says),
    }
}

/// What a video says of itself.
pub(crate) fn media(path: &Path) -> Option<Media> {
    // A file may be made to break its reader; then it says nothing of itself.
    catch_unwind(|| slipway_media::read(path)).ok()?.ok()?
}

/// `before` is how a draft knew the file.
fn slot(path: PathBuf, look: Look, before: Option<&Fingerprint>) -> Slot {
    let name = printable_name(&path);
    let (source, cause, warning) = match look.fingerprint {
        Ok(fingerprint) => {
            let is_new = before.is_some_and(|before| !before.same_content(&fingerprint));
            let warning = if is_new {
                Some(Cause::new("draft_file_changed"))
            } else if look.kind == FileKind::Video && look.media.is_none() {
                Some(Cause::new("media_unread"))
            } else {
                None
            };
            let path = path.clone();
            (
                Some(Source::File(SourceFile { path, fingerprint })),
                None,
                warning.map(|warning| warning.with("file", &name)),
            )
        }
        Err(cause) => (None, Some(cause.with("file", &name)), None),
    };
    let shown = OfferedFile {
        file: 0,
        title: manuscript::title_from_file_name(&name),
        folder: path
            .parent()
            .map(|folder| folder.display().to_string())
            .unwrap_or_default(),
        size_bytes: source.as_ref().map_or(0, Source::size_bytes),
        online: false,
        kind: look.kind,
        media: look.media,
        name,
        cause,
        warning,
    };
    Slot {
        shown,
        source,
        path,
        address: None,
        draft: None,
    }
}

fn online_slot(online: Result<OnlineFile, Cause>, address: Option<SecretString>) -> Slot {
    let (source, cause) = match online {
        Ok(online) => (Some(Source::Online(online)), None),
        Err(cause) => (None, Some(cause)),
    };
    let name = source.as_ref().map_or_else(String::new, Source::name);
    let shown = OfferedFile {
        title: manuscript::title_from_file_name(&name),
        folder: source.as_ref().map_or_else(String::new, Source::shown),
        online: true,
        name,
        cause,
        ..OfferedFile::default()
    };
    Slot {
        shown,
        source,
        path: PathBuf::new(),
        address,
        draft: None,
    }
}

fn kind(name: &str) -> FileKind {
    let extension = name.rsplit_once('.').map(|(_, end)| end.to_lowercase());
    match extension.as_deref() {
        Some(end) if IMAGES.contains(&end) => FileKind::Image,
        Some(end) if CAPTIONS.contains(&end) => FileKind::Captions,
        _ => FileKind::Video,
    }
}
