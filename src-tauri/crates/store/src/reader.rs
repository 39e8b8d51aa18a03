//! Readers beside the writer: a few connections, each used by one blocking thread at a time.
//!
//! Invariant: what one call reads is one moment of the file, since it runs in one transaction.

use crate::{Result, StoreError, open};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::Semaphore;

/// Reads at one time; more would only wait for the same two or three cores.
const READERS: u32 = 3;

pub(crate) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(file: PathBuf) -> Arc<Self> {
        Arc::new(Self {
            file,
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(READERS as usize)),
        })
    }

    /// # Cancellation
    /// Dropping the future lets the read end unheard; it changes nothing.
    pub(crate) async fn read<T, F>(self: &Arc<Self>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let readers = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            let idle = readers.idle.lock().pop();
            let conn = match idle {
                Some(conn) => conn,
                None => open::connect_reader(&readers.file)?,
            };
            let answer = in_one_moment(&conn, work);
            readers.idle.lock().push(conn);
            drop(permit);
            answer
        });
        read.await.map_err(StoreError::other)?
    }

    /// Waits for reads under way, then lets go of the file.
    pub(crate) async fn close(&self) {
        if let Ok(all) = self.permits.acquire_many(READERS).await {
            self.permits.close();
            all.forget();
        }
        self.idle.lock().clear();
    }
}

fn in_one_moment<T>(conn: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let moment = conn.unchecked_transaction()?;
    let answer = work(&moment)?;
    moment.finish()?;
    Ok(answer)
}
