//! The one thread that writes.
//!
//! Takes everything that waits as one transaction, a savepoint each, so that many writes cost one fsync; answers only after the commit.
//! Invariants: jobs run in the order they were sent; a job that fails takes nothing with it; nobody hears of success before the disk has it.

use crate::{Result, StoreError};
use rusqlite::{Connection, config::DbConfig};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait before senders do.
const WAITING_MAX: usize = 1024;

/// A write that waits for its turn. It may run a second time when a neighbour brought the transaction down, so it takes nothing from itself.
trait Job: Send {
    fn run(&mut self, conn: &Connection) -> bool;
    fn fail(&mut self, error: StoreError);
    fn answer(self: Box<Self>);
}

struct Task<T, F> {
    work: F,
    outcome: Result<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnMut(&Connection) -> Result<T> + Send> Job for Task<T, F> {
    fn run(&mut self, conn: &Connection) -> bool {
        self.outcome = (self.work)(conn);
        self.outcome.is_ok()
    }
    fn fail(&mut self, error: StoreError) {
        if self.outcome.is_ok() {
            self.outcome = Err(error);
        }
    }
    fn answer(self: Box<Self>) {
        // Nobody listens when the caller was dropped; the write stands all the same.
        let _ = self.reply.send(self.outcome);
    }
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<Result<()>>),
}

pub(crate) struct Writer {
    jobs: mpsc::Sender<Message>,
}

impl Writer {
    /// `conn` is closed when the thread ends: after `close`, or when every sender is gone.
    pub(crate) fn start(conn: Connection) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(conn, waiting))?;
        Ok((Self { jobs }, thread))
    }

    /// # Cancellation
    /// Once sent, the write happens whether or not the future is still polled.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work,
            outcome: Err(StoreError::Closed),
            reply,
        };
        self.jobs
            .send(Message::Job(Box::new(task)))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Ends the thread after everything sent before.
    pub(crate) async fn close(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        if self.jobs.send(Message::Close(reply)).await.is_err() {
            return Ok(()); // it had ended before
        }
        answer.await.unwrap_or(Ok(()))
    }
}

fn run(conn: Connection, mut waiting: mpsc::Receiver<Message>) {
    let mut batch = Vec::new();
    let closing = loop {
        let Some(first) = waiting.blocking_recv() else {
            break None;
        };
        let mut next = Some(first);
        let mut closing = None;
        while let Some(message) = next.take() {
            match message {
                Message::Job(job) => batch.push(job),
                Message::Close(reply) => {
                    closing = Some(reply);
                    break;
                }
            }
            if batch.len() < WAITING_MAX {
                next = waiting.try_recv().ok();
            }
        }
        settle(&conn, &mut batch);
        for job in batch.drain(..) {
            job.answer();
        }
        if closing.is_some() {
            break closing;
        }
    };
    let Some(reply) = closing else { return };
    let ended = mark_clean_end(&conn)
        .and_then(|()| conn.close().map_err(|(_, error)| StoreError::from(error)));
    let _ = reply.send(ended);
}

/// Commits a batch; when that fails, each job alone, so that one which needs too much room does not take its neighbours along.
fn settle(conn: &Connection, batch: &mut [Box<dyn Job>]) {
    if batch.is_empty() {
        return;
    }
    let Err(error) = commit(conn, batch) else {
        return;
    };
    if let [job] = batch {
        job.fail(error);
        return;
    }
    tracing::warn!(%error, jobs = batch.len(), "a batch of writes failed; each is tried alone");
    for job in batch {
        if let Err(error) = commit(conn, std::slice::from_mut(job)) {
            job.fail(error);
        }
    }
}

fn commit(conn: &Connection, jobs: &mut [Box<dyn Job>]) -> Result<()> {
    execute(conn, "BEGIN IMMEDIATE")?;
    let ran = match jobs {
        // Alone, it needs no savepoint, and so no second journal of every page it touches.
        [job] => Ok(job.run(conn)),
        jobs => run_each(conn, jobs).map(|()| true),
    };
    let done = match ran {
        Ok(true) => execute(conn, "COMMIT"),
        Ok(false) => Ok(()), // it knows its own failure
        Err(error) => Err(error),
    };
    if !conn.is_autocommit() {
        // Nothing is left to do if this fails: the next BEGIN will say so.
        let _ = execute(conn, "ROLLBACK");
    }
    done
}

fn run_each(conn: &Connection, jobs: &mut [Box<dyn Job>]) -> Result<()> {
    for job in jobs {
        execute(conn, "SAVEPOINT job")?;
        if !job.run(conn) {
            // A full disk or a failing one may have ended the whole transaction already.
            if conn.is_autocommit() {
                return Err(StoreError::DiskFull);
            }
            execute(conn, "ROLLBACK TO job")?;
        }
        execute(conn, "RELEASE job")?;
    }
    Ok(())
}

fn mark_clean_end(conn: &Connection) -> Result<()> {
    conn.execute("UPDATE file_state SET clean_end = 1", [])?;
    // Closing writes the log back and removes it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

fn execute(conn: &Connection, sql: &str) -> Result<()> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}
