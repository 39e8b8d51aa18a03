//! Puts finished files where they belong. Blocks: called off the async threads.
//!
//! Invariant: nothing that was there before is ever replaced; who takes a name is decided by the file system, not by a look beforehand.

use super::names::beside;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

/// A file beside the video.
pub(super) struct Sidecar {
    /// After the video's name, e.g. `.json`.
    pub(super) suffix: String,
    pub(super) bytes: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Placed {
    Done,
    /// Another file has the name.
    Taken,
}

/// Whether the name and those of the files beside it are free. A hint: [`place`] decides.
pub(super) fn is_free(folder: &Path, video: &str, sidecars: &[Sidecar]) -> bool {
    let is_there = |name: &str| folder.join(name).symlink_metadata().is_ok();
    !is_there(video) && !sidecars.iter().any(|s| is_there(&beside(video, &s.suffix)))
}

/// Moves `working` to `video`, the sidecars first, so that whoever watches the folder finds them with the video.
pub(super) fn place(
    folder: &Path,
    working: &Path,
    video: &str,
    sidecars: &[Sidecar],
) -> io::Result<Placed> {
    let mut made: Vec<PathBuf> = Vec::new();
    let undo = |made: &[PathBuf]| {
        for path in made {
            let _ = fs::remove_file(path); // ours, made a moment ago
        }
    };
    for sidecar in sidecars {
        let target = folder.join(beside(video, &sidecar.suffix));
        match place_sidecar(working, &target, &sidecar.bytes) {
            Ok(Some(Placed::Done)) => made.push(target),
            Ok(None) => {} // from before a crash
            Ok(Some(Placed::Taken)) => {
                undo(&made);
                return Ok(Placed::Taken);
            }
            Err(error) => {
                undo(&made);
                return Err(error);
            }
        }
    }
    match move_new(working, &folder.join(video)) {
        Ok(Placed::Done) => {
            sync_folder(folder)?;
            Ok(Placed::Done)
        }
        other => {
            undo(&made);
            other
        }
    }
}

/// `None` when the very same file is there already.
fn place_sidecar(working: &Path, target: &Path, bytes: &[u8]) -> io::Result<Option<Placed>> {
    let hidden = working.with_extension("beside");
    let mut file = File::create(&hidden)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    let placed = move_new(&hidden, target);
    if !matches!(placed, Ok(Placed::Done)) {
        let _ = fs::remove_file(&hidden);
    }
    match placed? {
        Placed::Taken if fs::read(target).is_ok_and(|there| there == bytes) => Ok(None),
        placed => Ok(Some(placed)),
    }
}

/// Renames, but never over another file.
fn move_new(from: &Path, to: &Path) -> io::Result<Placed> {
    let moved = tempfile::TempPath::try_from_path(from)?.persist_noclobber(to);
    let error = match moved {
        Ok(()) => return Ok(Placed::Done),
        Err(failed) => {
            let _ = failed.path.keep(); // it holds the bytes: dropping the handle must not delete it
            failed.error
        }
    };
    match error.kind() {
        io::ErrorKind::AlreadyExists => return Ok(Placed::Taken),
        io::ErrorKind::NotFound
        | io::ErrorKind::StorageFull
        | io::ErrorKind::InvalidFilename
        | io::ErrorKind::ReadOnlyFilesystem => return Err(error),
        _ => {}
    }
    // Neither an exclusive rename nor hard links here (some network and USB file systems): take the name with an empty file first.
    match OpenOptions::new().write(true).create_new(true).open(to) {
        Ok(_) => {}
        Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => return Ok(Placed::Taken),
        Err(_) => return Err(error),
    }
    if let Err(error) = fs::rename(from, to) {
        let _ = fs::remove_file(to);
        return Err(error);
    }
    Ok(Placed::Done)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        match File::open(folder)?.sync_all() {
            // Some network file systems cannot sync a folder.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            done => done,
        }
    } else {
        Ok(()) // folders cannot be opened as files there, and a rename is in the journal
    }
}

/// Two names of one file: what a crash between linking and unlinking leaves.
#[cfg(unix)]
pub(super) fn same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (fs::symlink_metadata(one), fs::symlink_metadata(other)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(super) fn same_file(_: &Path, _: &Path) -> bool {
    false // moves are atomic there
}

/// CRC-64/NVME of a whole file. Ends early with `Interrupted` when told to stop.
pub(super) fn crc64(path: &Path, stop: &AtomicBool) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
    let mut buffer = vec![0; 1 << 20];
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match file.read(&mut buffer) {
            Ok(0) => return Ok(digest.finalize()),
            Ok(n) => digest.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
