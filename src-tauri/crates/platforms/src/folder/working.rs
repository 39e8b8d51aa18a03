//! The hidden file that parts are written to, at their offsets and beside each other.
//!
//! Invariants: a part is acknowledged only when a sync that began after its last write has succeeded; one sync serves every part that waits for
//! it; a part whose sync failed is never acknowledged by a later one, since the system may have dropped its pages.

use bytes::Bytes;
use fs4::FileExt as _;
use parking_lot::Mutex;
use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};
use tokio::sync::mpsc;

pub(super) struct Working {
    file: File,
    counts: Mutex<Counts>,
    /// Held during a sync.
    turn: tokio::sync::Mutex<()>,
}

/// Parts written, and up to which of them a sync succeeded or failed.
#[derive(Debug, Default)]
struct Counts {
    written: u64,
    synced: u64,
    failed: u64,
}

impl Working {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Self {
            file,
            counts: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Makes the file, or takes the one that is there, with room for `size_bytes`.
    pub(super) fn reserve(path: &Path, size_bytes: u64) -> io::Result<()> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        if file.metadata()?.len() != size_bytes {
            file.set_len(size_bytes)?;
        }
        match file.allocate(size_bytes) {
            // No room can be reserved on this file system: then writing finds out.
            Err(error) if !is_full(&error) => {}
            done => done?,
        }
        file.sync_all()
    }

    /// Writes pieces as they come, from `offset_bytes` on, and returns how many bytes there were. Blocks.
    pub(super) fn write(
        &self,
        mut offset_bytes: u64,
        mut pieces: mpsc::Receiver<Bytes>,
    ) -> io::Result<u64> {
        let begin = offset_bytes;
        while let Some(piece) = pieces.blocking_recv() {
            write_all_at(&self.file, &piece, offset_bytes)?;
            offset_bytes += piece.len() as u64;
        }
        Ok(offset_bytes - begin)
    }

    /// Returns when everything written before the call is on the disk.
    pub(super) async fn sync(self: std::sync::Arc<Self>) -> io::Result<()> {
        let mine = {
            let mut counts = self.counts.lock();
            counts.written += 1;
            counts.written
        };
        let _turn = self.turn.lock().await;
        let upto = {
            let counts = self.counts.lock();
            if mine <= counts.failed {
                return Err(io::Error::other("an earlier sync failed"));
            }
            if mine <= counts.synced {
                return Ok(()); // someone's sync began after our last write
            }
            counts.written
        };
        let this = self.clone();
        let done = blocking(move || this.file.sync_data()).await;
        let mut counts = self.counts.lock();
        match &done {
            Ok(()) => counts.synced = upto,
            Err(_) => counts.failed = upto,
        }
        done
    }
}

pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Runs `work` off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset_bytes)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut offset_bytes: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, offset_bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => {
                bytes = &bytes[n..];
                offset_bytes += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_failed_sync_acknowledges_no_part_that_waited_for_it() {
        // A device that takes every byte and can sync none.
        let file = Arc::new(Working::open(Path::new("/dev/null")).unwrap());
        let syncs = (0..4).map(|_| file.clone().sync());
        let done = futures_util::future::join_all(syncs).await;
        assert!(done.iter().all(Result::is_err), "{done:?}");
    }

    #[tokio::test]
    async fn a_full_disk_is_told_by_the_writer() {
        let file = Working::open(Path::new("/dev/full")).unwrap();
        let (pieces, written) = mpsc::channel(1);
        pieces.send(Bytes::from_static(b"abc")).await.unwrap();
        drop(pieces);
        let done = blocking(move || file.write(0, written)).await;
        assert_eq!(done.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[tokio::test]
    async fn parts_that_end_together_are_all_acknowledged() {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let file = Arc::new(Working::open(&path).unwrap());
        let syncs = (0..32).map(|_| file.clone().sync());
        let done = futures_util::future::join_all(syncs).await;
        assert!(done.iter().all(Result::is_ok), "{done:?}");
    }
}
