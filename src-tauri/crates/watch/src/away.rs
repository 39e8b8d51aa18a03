//! The way of a file out of a folder: into another one, or into the bin of the system. Blocks.
//!
//! Always holds: nothing that was there is written over; across file systems the file goes only when its copy is on the disk and has the same bytes.

use slipway_model::Cause;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

const PIECE: usize = 1 << 20;

/// Moves a file; `part` is the name that a copy has until it is whole, and is ours alone.
///
/// # Errors
/// `AlreadyExists` when something lies at `to`. Whatever fails, the file stays.
pub fn move_away(from: &Path, to: &Path, part: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => {
            sync_folder_of(to)?;
            return remove(from);
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // Another file system, or one without links.
        Err(_) => {}
    }
    copy(from, part).inspect_err(|_| drop(fs::remove_file(part)))?;
    let placed = tempfile::TempPath::try_from_path(part)?.persist_noclobber(to);
    placed.map_err(|failed| failed.error)?;
    sync_folder_of(to)?;
    remove(from)
}

/// Copies to the disk, and reads both again.
fn copy(from: &Path, part: &Path) -> io::Result<()> {
    let source = File::open(from)?;
    let before = source.metadata()?;
    let mut reader = io::BufReader::with_capacity(PIECE, &source);
    let mut target = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(part)?;
    io::copy(&mut reader, &mut target)?;
    target.flush()?;
    if let Ok(time) = before.modified() {
        // Not every file system keeps it.
        let _ = target.set_modified(time);
    }
    target.sync_all()?;
    drop(target);
    if is_same_content(from, part)? {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        "the copy is not the same",
    ))
}

/// Whether two files have the same bytes, or are the same.
pub fn is_same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let read = one.read(&mut a)?;
        if read == 0 {
            return Ok(other.read(&mut b[..1])? == 0);
        }
        match other.read_exact(&mut b[..read]) {
            Ok(()) if a[..read] == b[..read] => {}
            Ok(()) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

fn remove(from: &Path) -> io::Result<()> {
    fs::remove_file(from)?;
    sync_folder_of(from)
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent().filter(|_| cfg!(unix)) else {
        return Ok(());
    };
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot sync a folder.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

/// Puts a file into the bin, from where its user can take it back.
///
/// # Errors
/// `watch_bin_failed` with `file`; the file stays.
pub fn put_into_bin(path: &Path) -> Result<(), Cause> {
    let name: PathBuf = path.file_name().unwrap_or_default().into();
    trash::delete(path).map_err(|error| {
        let cause = Cause::new("watch_bin_failed").with("file", name.display());
        cause.detail(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_moved_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("a"), b"video").unwrap();
        fs::write(at("b"), b"other").unwrap();
        let taken = move_away(&at("a"), &at("b"), &at("part")).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(at("b")).unwrap(), b"other");
        assert_eq!(fs::read(at("a")).unwrap(), b"video");
        move_away(&at("a"), &at("c"), &at("part")).unwrap();
        assert_eq!(fs::read(at("c")).unwrap(), b"video");
        assert!(!at("a").exists() && !at("part").exists());
    }

    #[test]
    fn a_copy_has_the_same_bytes_and_time_or_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
        fs::write(at("a"), &bytes).unwrap();
        copy(&at("a"), &at("part")).unwrap();
        assert!(is_same_content(&at("a"), &at("part")).unwrap());
        let time = |name: &str| fs::metadata(at(name)).unwrap().modified().unwrap();
        assert_eq!(time("a"), time("part"));
        fs::write(at("part"), &bytes[1..]).unwrap();
        assert!(!is_same_content(&at("a"), &at("part")).unwrap());
        let mut other = bytes.clone();
        other[2_999_999] ^= 1;
        fs::write(at("part"), &other).unwrap();
        assert!(!is_same_content(&at("a"), &at("part")).unwrap());
    }
}
