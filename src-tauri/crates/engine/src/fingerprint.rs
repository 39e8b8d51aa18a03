//! How a source file is known again: size, time of change, file number, and a hash of its head, tail and samples.
//!
//! Reads at most about 3 MiB, so it takes milliseconds for a file of any size. Blocking: call it off the async threads.
//! Invariant: two files of one size that differ in any sampled byte have different fingerprints; what is not sampled is guarded by the parts' checksums.

use slipway_model::{Cause, ErrorKind, Fingerprint};
use slipway_watch::{file_id, mtime_ns};
use std::{
    fs::{File, Metadata},
    io,
    path::Path,
};

/// Head and tail that are hashed.
const EDGE_BYTES: u64 = 1 << 20;
/// Samples between them, evenly spaced.
const SAMPLES: u64 = 16;
const SAMPLE_BYTES: u64 = 64 << 10;

/// Why a source cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFault {
    pub kind: ErrorKind,
    pub cause: Cause,
}

impl SourceFault {
    fn new(kind: ErrorKind, code: &str, path: &Path) -> Self {
        let name = path
            .file_name()
            .map_or_else(|| path.to_string_lossy(), |n| n.to_string_lossy());
        Self {
            kind,
            cause: Cause::new(code)
                .with("file", name)
                .with("path", path.display()),
        }
    }

    pub fn changed(path: &Path) -> Self {
        Self::new(ErrorKind::FileChanged, "file_changed", path)
    }

    pub fn io(path: &Path, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "file_missing",
            io::ErrorKind::PermissionDenied => "file_unreadable",
            io::ErrorKind::UnexpectedEof => return Self::changed(path),
            _ => "file_read_error",
        };
        let mut fault = Self::new(ErrorKind::FileMissing, code, path);
        fault.cause.detail = error.to_string();
        fault
    }
}

/// Opens a source and takes its fingerprint.
///
/// # Errors
/// [`SourceFault`] for a missing or unreadable file, a folder, a device, or an empty file.
pub fn take(path: &Path) -> Result<Fingerprint, SourceFault> {
    let (file, meta) = open(path)?;
    if meta.len() == 0 {
        return Err(SourceFault::new(ErrorKind::Refused, "file_empty", path));
    }
    sample(&file, &meta).map_err(|error| SourceFault::io(path, &error))
}

/// Opens a source that should be the one known by `known`. The same bytes at another time or place are the same file.
///
/// # Errors
/// `FileMissing` when it is not there, `FileChanged` when it is another.
pub fn reopen(path: &Path, known: &Fingerprint) -> Result<File, SourceFault> {
    let (file, meta) = open(path)?;
    check(&file, &meta, path, known)?;
    Ok(file)
}

/// Looks at an open source again: cheap while size and time stand still.
pub fn recheck(file: &File, path: &Path, known: &Fingerprint) -> Result<(), SourceFault> {
    let meta = file
        .metadata()
        .map_err(|error| SourceFault::io(path, &error))?;
    if meta.len() == known.size_bytes && mtime_ns(&meta) == known.mtime_ns {
        return Ok(());
    }
    check(file, &meta, path, known)
}

fn check(
    file: &File,
    meta: &Metadata,
    path: &Path,
    known: &Fingerprint,
) -> Result<(), SourceFault> {
    if meta.len() != known.size_bytes {
        return Err(SourceFault::changed(path));
    }
    let now = sample(file, meta).map_err(|error| SourceFault::io(path, &error))?;
    if now.same_content(known) {
        Ok(())
    } else {
        Err(SourceFault::changed(path))
    }
}

fn open(path: &Path) -> Result<(File, Metadata), SourceFault> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let meta = std::fs::metadata(path).map_err(|error| SourceFault::io(path, &error))?;
    if meta.is_dir() {
        return Err(SourceFault::new(ErrorKind::Refused, "file_is_folder", path));
    }
    if !meta.is_file() {
        return Err(SourceFault::new(
            ErrorKind::Refused,
            "file_not_regular",
            path,
        ));
    }
    let file = File::open(path).map_err(|error| SourceFault::io(path, &error))?;
    let meta = file
        .metadata()
        .map_err(|error| SourceFault::io(path, &error))?;
    Ok((file, meta))
}

fn sample(file: &File, meta: &Metadata) -> io::Result<Fingerprint> {
    let size = meta.len();
    let mut hash = blake3::Hasher::new();
    hash.update(&size.to_le_bytes());
    let mut buffer = vec![0; EDGE_BYTES.min(size) as usize];
    let mut feed = |offset: u64, len: u64| -> io::Result<()> {
        let piece = &mut buffer[..len as usize];
        read_exact_at(file, piece, offset)?;
        hash.update(piece);
        Ok(())
    };
    if size <= 2 * EDGE_BYTES + SAMPLES * SAMPLE_BYTES {
        let mut offset = 0;
        while offset < size {
            let len = EDGE_BYTES.min(size - offset);
            feed(offset, len)?;
            offset += len;
        }
    } else {
        feed(0, EDGE_BYTES)?;
        let step = (size - 2 * EDGE_BYTES - SAMPLE_BYTES) / (SAMPLES - 1);
        for i in 0..SAMPLES {
            feed(EDGE_BYTES + i * step, SAMPLE_BYTES)?;
        }
        feed(size - EDGE_BYTES, EDGE_BYTES)?;
    }
    Ok(Fingerprint {
        size_bytes: size,
        mtime_ns: mtime_ns(meta),
        file_id: file_id(meta),
        sample: hash.finalize().to_hex().to_string(),
    })
}

/// Reads all of `buffer` from `offset`, whatever the file's own position is.
#[cfg(unix)]
pub fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
pub fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !buffer.is_empty() {
        match file.seek_read(buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                buffer = &mut buffer[n..];
                offset += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(dir: &tempfile::TempDir, bytes: &[u8]) -> std::path::PathBuf {
        let path = dir.path().join("clip.mp4");
        File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    }

    #[test]
    fn other_bytes_of_the_same_size_are_another_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = vec![7; 5 << 20];
        let path = file(&dir, &bytes);
        let known = take(&path).unwrap();
        assert!(reopen(&path, &known).is_ok());
        bytes[100] = 8;
        file(&dir, &bytes);
        assert_eq!(
            reopen(&path, &known).unwrap_err().kind,
            ErrorKind::FileChanged
        );
    }

    #[test]
    fn a_copy_with_another_time_is_the_same_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, &[1; 1000]);
        let mut known = take(&path).unwrap();
        known.mtime_ns -= 5_000_000_000;
        assert!(reopen(&path, &known).is_ok());
    }

    #[test]
    fn what_cannot_be_uploaded_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let empty = file(&dir, &[]);
        assert_eq!(take(&empty).unwrap_err().cause.code, "file_empty");
        assert_eq!(take(dir.path()).unwrap_err().cause.code, "file_is_folder");
        assert_eq!(
            take(&dir.path().join("none")).unwrap_err().cause.code,
            "file_missing"
        );
    }
}
