//! Watched folders, and the files of them that need no look any more.
//!
//! What is in a rule is the business of whoever keeps it. Invariants: a file is written down as taken in the transaction that puts it into the queue, so
//! that no kill makes two manuscripts of it or none; where it is being moved is written down before it is.

use crate::{Added, NewManuscript, Result, Store, StoreError, manuscripts, path, value};
use rusqlite::{Connection, Row, named_params};
use slipway_model::{Cause, Fingerprint, UploadId, WatchId};
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    pub id: WatchId,
    pub path: PathBuf,
    /// Where its file system was mounted when it was added.
    pub mount: PathBuf,
    /// JSON.
    pub rule: String,
    pub is_on: bool,
    pub switched_at_ms: i64,
}

/// A file as a look from outside knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// Beneath the folder.
    pub path: PathBuf,
    pub size_bytes: u64,
    pub mtime_ns: i64,
    pub file_id: String,
}

/// A file that goes into the queue.
#[derive(Debug, Clone)]
pub struct Taking {
    pub watch: WatchId,
    /// Beneath the folder.
    pub path: PathBuf,
    pub fingerprint: Fingerprint,
    /// Something is to become of it when all its uploads are proven.
    pub afterwards: bool,
}

/// A file that was taken, and something is to become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub id: i64,
    pub watch: WatchId,
    pub path: PathBuf,
    pub fingerprint: Fingerprint,
    /// Where it is being moved.
    pub target: Option<PathBuf>,
    pub cause: Option<Cause>,
}

/// How the files of a folder stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WatchCounts {
    pub taken: u64,
    pub first_at_ms: Option<i64>,
}

/// What has become of a file that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Afterwards {
    Done,
    /// It cannot be done, and will not be tried again.
    Stays(Cause),
    /// It could not be done, and will be tried again.
    NotYet(Cause),
    /// It is about to be moved there.
    Moving(PathBuf),
}

impl Store {
    pub async fn watches(&self) -> Result<Vec<Watch>> {
        self.read(|conn| {
            let mut all = conn.prepare_cached("SELECT * FROM watches ORDER BY id")?;
            all.query_and_then([], read)?.collect()
        })
        .await
    }

    /// Adds a folder, and leaves these files of it out. `None` when it is watched already.
    pub async fn watch_add(
        &self,
        new: Watch,
        left_out: Vec<Outside>,
        now_ms: i64,
    ) -> Result<Option<WatchId>> {
        self.write(move |conn| {
            let Some(id) = insert(conn, &new, now_ms)? else {
                return Ok(None);
            };
            for file in &left_out {
                leave_out(conn, id, file, now_ms)?;
            }
            Ok(Some(id))
        })
        .await
    }

    pub async fn watch_set_rule(&self, id: WatchId, rule: String) -> Result<()> {
        self.write(move |conn| {
            let changed = conn
                .prepare_cached("UPDATE watches SET rule = :rule WHERE id = :id")?
                .execute(named_params! { ":rule": rule, ":id": id.0 })?;
            known(changed)
        })
        .await
    }

    pub async fn watch_switch(&self, id: WatchId, is_on: bool, now_ms: i64) -> Result<()> {
        self.write(move |conn| {
            let changed = conn
                .prepare_cached(
                    "UPDATE watches SET switched_at_ms = iif(is_on = :is_on, switched_at_ms, :now), is_on = :is_on
                     WHERE id = :id",
                )?
                .execute(named_params! { ":is_on": is_on, ":now": now_ms, ":id": id.0 })?;
            known(changed)
        })
        .await
    }

    /// Its files stay where they are; its uploads stay in the queue.
    pub async fn watch_remove(&self, id: WatchId) -> Result<()> {
        self.write(move |conn| {
            let changed = conn
                .prepare_cached("DELETE FROM watches WHERE id = :id")?
                .execute(named_params! { ":id": id.0 })?;
            known(changed)
        })
        .await
    }

    pub async fn watch_counts(&self, id: WatchId) -> Result<WatchCounts> {
        self.read(move |conn| {
            let mut counts = conn.prepare_cached(
                "SELECT count(*) AS taken, min(at_ms) AS first FROM watch_files
                 WHERE watch_id = :id AND uploads IS NOT NULL",
            )?;
            Ok(counts.query_row(named_params! { ":id": id.0 }, |row| {
                let taken: i64 = row.get("taken")?;
                Ok(WatchCounts {
                    taken: taken.unsigned_abs(),
                    first_at_ms: row.get("first")?,
                })
            })?)
        })
        .await
    }

    /// Those of these files that need a look: neither taken nor left out as they are. One that went away after it was taken, and came back, needs one.
    pub async fn watch_unknown(&self, id: WatchId, files: Vec<Outside>) -> Result<Vec<Outside>> {
        self.read(move |conn| {
            let mut known = conn.prepare_cached(
                "SELECT 1 FROM watch_files INDEXED BY watch_files_path WHERE watch_id = :watch AND path = :path
                   AND size_bytes = :size AND mtime_ns = :mtime AND file_id = :file_id AND afterwards <> 'done'",
            )?;
            let mut unknown = Vec::new();
            for file in files {
                let found = known.exists(named_params! {
                    ":watch": id.0, ":path": path::to_bytes(&file.path), ":size": value::size(file.size_bytes),
                    ":mtime": file.mtime_ns, ":file_id": file.file_id,
                })?;
                if !found {
                    unknown.push(file);
                }
            }
            Ok(unknown)
        })
        .await
    }

    /// Files of this content that were taken or left out, with their numbers, as they were then; newest first.
    pub async fn watch_same(&self, id: WatchId, print: Fingerprint) -> Result<Vec<(i64, Outside)>> {
        self.read(move |conn| {
            // Two questions, since one with 'or' goes through all files of the size.
            let mut same = conn.prepare_cached(
                "SELECT * FROM watch_files WHERE watch_id = :watch AND size_bytes = :size AND afterwards <> 'done'
                   AND sample = :sample
                 UNION ALL
                 SELECT * FROM watch_files WHERE watch_id = :watch AND size_bytes = :size AND afterwards <> 'done'
                   AND sample IS NULL AND file_id = :file_id AND mtime_ns = :mtime
                 ORDER BY id DESC",
            )?;
            let rows = same.query_and_then(
                named_params! {
                    ":watch": id.0, ":size": value::size(print.size_bytes), ":sample": print.sample,
                    ":file_id": print.file_id, ":mtime": print.mtime_ns,
                },
                |row| {
                    let path: Vec<u8> = row.get("path")?;
                    let file = Outside {
                        path: path::from_bytes(&path),
                        size_bytes: value::count(row, "size_bytes")?,
                        mtime_ns: row.get("mtime_ns")?,
                        file_id: row.get("file_id")?,
                    };
                    Ok((row.get("id")?, file))
                },
            )?;
            rows.collect()
        })
        .await
    }

    /// A file that needs no look was moved, or touched: it is the same.
    pub async fn watch_is_same(&self, id: i64, now: Outside) -> Result<()> {
        self.write(move |conn| {
            conn.prepare_cached(
                "UPDATE watch_files SET path = :path, mtime_ns = :mtime, file_id = :file_id WHERE id = :id",
            )?
            .execute(named_params! {
                ":path": path::to_bytes(&now.path), ":mtime": now.mtime_ns, ":file_id": now.file_id, ":id": id,
            })?;
            Ok(())
        })
        .await
    }

    /// These are not wanted as they are.
    pub async fn watch_leave_out(
        &self,
        id: WatchId,
        files: Vec<Outside>,
        now_ms: i64,
    ) -> Result<()> {
        self.write(move |conn| {
            files
                .iter()
                .try_for_each(|file| leave_out(conn, id, file, now_ms))
        })
        .await
    }

    /// Adds manuscripts to the queue and writes their files down as taken, all or none.
    pub async fn watch_take(
        &self,
        manuscripts: Vec<(NewManuscript, Taking)>,
        now_ms: i64,
    ) -> Result<Vec<Added>> {
        self.write(move |conn| {
            let new: Vec<_> = manuscripts.iter().map(|(new, _)| new.clone()).collect();
            let added = manuscripts::add(conn, &new, now_ms)?;
            for ((_, taking), added) in manuscripts.iter().zip(&added) {
                take(conn, taking, &added.uploads, now_ms)?;
            }
            Ok(added)
        })
        .await
    }

    /// Files whose uploads have all been published since, from here on to be moved or thrown away.
    pub async fn watch_proven(&self) -> Result<usize> {
        self.write(|conn| {
            let proven = conn
                .prepare_cached(
                    "UPDATE watch_files SET afterwards = 'due' WHERE afterwards = 'proof' AND NOT EXISTS (
                       SELECT 1 FROM json_each(uploads) AS one
                       LEFT JOIN history ON history.upload_id = one.value AND history.phase = 'published'
                       WHERE history.upload_id IS NULL)",
                )?
                .execute([])?;
            Ok(proven)
        })
        .await
    }

    /// Files that something is to become of now.
    pub async fn watch_due(&self) -> Result<Vec<Taken>> {
        self.read(|conn| {
            let mut due = conn
                .prepare_cached("SELECT * FROM watch_files WHERE afterwards = 'due' ORDER BY id")?;
            due.query_and_then([], read_taken)?.collect()
        })
        .await
    }

    /// Files that stay where they are although it was wished otherwise; newest first.
    pub async fn watch_stays(&self, id: WatchId, limit: u32) -> Result<Vec<Taken>> {
        self.read(move |conn| {
            let mut stays = conn.prepare_cached(
                "SELECT * FROM watch_files WHERE watch_id = :watch AND afterwards = 'stays' ORDER BY id DESC LIMIT :limit",
            )?;
            let rows = stays.query_and_then(named_params! { ":watch": id.0, ":limit": limit }, read_taken)?;
            rows.collect()
        })
        .await
    }

    pub async fn watch_afterwards(&self, id: i64, became: Afterwards) -> Result<()> {
        self.write(move |conn| {
            let (word, cause) = match &became {
                Afterwards::Done => ("done", None),
                Afterwards::Stays(cause) => ("stays", Some(cause)),
                Afterwards::NotYet(cause) => ("due", Some(cause)),
                Afterwards::Moving(_) => ("due", None),
            };
            let target = match &became {
                Afterwards::Moving(target) => Some(path::to_bytes(target)),
                _ => None,
            };
            conn.prepare_cached(
                "UPDATE watch_files SET afterwards = :word, cause = :cause, target = coalesce(:target, target)
                 WHERE id = :id",
            )?
            .execute(named_params! {
                ":word": word, ":cause": value::json_option(cause)?, ":target": target, ":id": id,
            })?;
            Ok(())
        })
        .await
    }
}

fn known(changed: usize) -> Result<()> {
    if changed == 0 {
        return Err(StoreError::NotFound("watched folder"));
    }
    Ok(())
}

pub(crate) fn leave_out(
    conn: &Connection,
    watch: WatchId,
    file: &Outside,
    now_ms: i64,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO watch_files (watch_id, path, size_bytes, mtime_ns, file_id, at_ms, afterwards)
         VALUES (:watch, :path, :size, :mtime, :file_id, :now, 'nothing')",
    )?
    .execute(named_params! {
        ":watch": watch.0, ":path": path::to_bytes(&file.path), ":size": value::size(file.size_bytes),
        ":mtime": file.mtime_ns, ":file_id": file.file_id, ":now": now_ms,
    })?;
    Ok(())
}

fn take(conn: &Connection, taking: &Taking, uploads: &[UploadId], now_ms: i64) -> Result<()> {
    let print = &taking.fingerprint;
    conn.prepare_cached(
        "INSERT INTO watch_files (watch_id, path, size_bytes, mtime_ns, file_id, sample, at_ms, uploads, afterwards)
         VALUES (:watch, :path, :size, :mtime, :file_id, :sample, :now, :uploads, :afterwards)",
    )?
    .execute(named_params! {
        ":watch": taking.watch.0, ":path": path::to_bytes(&taking.path), ":size": value::size(print.size_bytes),
        ":mtime": print.mtime_ns, ":file_id": print.file_id, ":sample": print.sample, ":now": now_ms,
        ":uploads": value::id_list(uploads.iter().map(|id| id.0)),
        ":afterwards": if taking.afterwards { "proof" } else { "nothing" },
    })?;
    Ok(())
}

/// `None` when it is watched already.
pub(crate) fn insert(conn: &Connection, new: &Watch, now_ms: i64) -> Result<Option<WatchId>> {
    let added = conn
        .prepare_cached(
            "INSERT INTO watches (path, mount, rule, is_on, switched_at_ms)
             VALUES (:path, :mount, :rule, :is_on, :now) ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {
            ":path": path::to_bytes(&new.path), ":mount": path::to_bytes(&new.mount),
            ":rule": new.rule, ":is_on": new.is_on, ":now": now_ms,
        })?;
    Ok((added > 0).then(|| WatchId(conn.last_insert_rowid())))
}

fn read(row: &Row<'_>) -> Result<Watch> {
    let bytes = |column| -> rusqlite::Result<PathBuf> {
        Ok(path::from_bytes(&row.get::<_, Vec<u8>>(column)?))
    };
    Ok(Watch {
        id: WatchId(row.get("id")?),
        path: bytes("path")?,
        mount: bytes("mount")?,
        rule: row.get("rule")?,
        is_on: row.get("is_on")?,
        switched_at_ms: row.get("switched_at_ms")?,
    })
}

fn read_taken(row: &Row<'_>) -> Result<Taken> {
    let target: Option<Vec<u8>> = row.get("target")?;
    Ok(Taken {
        id: row.get("id")?,
        watch: WatchId(row.get("watch_id")?),
        path: path::from_bytes(&row.get::<_, Vec<u8>>("path")?),
        fingerprint: Fingerprint {
            size_bytes: value::count(row, "size_bytes")?,
            mtime_ns: row.get("mtime_ns")?,
            file_id: row.get("file_id")?,
            sample: row.get::<_, Option<String>>("sample")?.unwrap_or_default(),
        },
        target: target.as_deref().map(path::from_bytes),
        cause: value::from_json_option(row, "cause")?,
    })
}
