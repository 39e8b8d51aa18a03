//! The handle that the engine holds. Cheap to clone; each table adds its own methods in its own file.

use crate::{
    OpenError, OpenReport, Result, backup, migration, open, reader::Readers, writer::Writer,
};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
};

#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    writer: Writer,
    writer_thread: Mutex<Option<JoinHandle<()>>>,
    readers: Arc<Readers>,
}

/// For the diagnostics file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreHealth {
    pub file: PathBuf,
    pub file_bytes: u64,
    pub log_bytes: u64,
    pub schema_version: i64,
    /// `ok`, or the first findings of SQLite's own check.
    pub integrity: String,
    /// Newest first.
    pub backups: Vec<PathBuf>,
}

impl Store {
    /// Opens the queue in `dir`, makes it when there is none, and restores the newest good backup when it is damaged.
    ///
    /// The caller holds the lock of the data folder.
    pub async fn open(
        dir: &Path,
        now_ms: i64,
    ) -> std::result::Result<(Self, OpenReport), OpenError> {
        let dir = dir.to_owned();
        let failed_dir = dir.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let (conn, report) = open::open(&dir, now_ms)?;
            let readers = Readers::new(open::file(&dir));
            let (writer, thread) = Writer::start(conn).map_err(|error| OpenError::Io {
                path: dir.clone(),
                source: error.into(),
            })?;
            let inner = Inner {
                dir,
                writer,
                writer_thread: Mutex::new(Some(thread)),
                readers,
            };
            let inner = Arc::new(inner);
            Ok((Self { inner }, report))
        });
        opened.await.map_err(|error| OpenError::Io {
            path: failed_dir,
            source: error.into(),
        })?
    }

    /// Ends cleanly: waits for everything asked before, writes the log back into the file and marks the end.
    pub async fn close(&self) -> Result<()> {
        self.inner.readers.close().await;
        let ended = self.inner.writer.close().await;
        let thread = self.inner.writer_thread.lock().take();
        if let Some(thread) = thread {
            // It has answered, so only its last lines are waited for.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        ended
    }

    /// Makes a backup when the newest is a day old; answers whether it did. The last three are kept.
    pub async fn backup_if_due(&self, now_ms: i64) -> Result<bool> {
        let dir = self.inner.dir.clone();
        let due = tokio::task::spawn_blocking(move || backup::is_due(&dir, now_ms))
            .await
            .unwrap_or(false);
        if due {
            self.backup(now_ms).await?;
        }
        Ok(due)
    }

    /// Makes a backup now and answers where it lies.
    pub async fn backup(&self, now_ms: i64) -> Result<PathBuf> {
        let dir = self.inner.dir.clone();
        self.read(move |conn| backup::make(conn, &dir, now_ms))
            .await
    }

    pub async fn health(&self) -> Result<StoreHealth> {
        let dir = self.inner.dir.clone();
        self.read(move |conn| {
            let file = open::file(&dir);
            let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
            Ok(StoreHealth {
                file_bytes: bytes(&file),
                log_bytes: bytes(&open::beside(&file, "-wal")),
                schema_version: migration::version(conn)?,
                integrity: open::quick_check(conn)?,
                backups: backup::list(&dir).into_iter().map(|b| b.path).collect(),
                file,
            })
        })
        .await
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.inner.dir
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
    {
        self.inner.writer.write(work).await
    }

    #[cfg(test)]
    pub(crate) fn writes_waiting(&self) -> usize {
        self.inner.writer.waiting()
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.inner.readers.read(work).await
    }
}
