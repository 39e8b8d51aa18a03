//! Copies of the file, made by SQLite itself while it is in use.
//!
//! Invariant: a file under a backup's name is whole and was checked; the three newest are kept.

use crate::{Result, StoreError, open};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rusqlite::{Connection, backup::Backup};
use std::{
    fs,
    path::{Path, PathBuf},
};

const KEPT: usize = 3;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const STAMP: &str = "%Y%m%d-%H%M%S";

pub(crate) struct Copy {
    pub(crate) path: PathBuf,
    pub(crate) at_ms: i64,
}

/// `YYYYMMDD-HHMMSS` in UTC, for names of files.
pub(crate) fn stamp(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime(STAMP)
        .to_string()
}

fn stamped_at_ms(name: &str) -> Option<i64> {
    let stamp = name.strip_prefix("queue-")?.strip_suffix(".db")?;
    let at = DateTime::strptime(STAMP, stamp).ok()?;
    let at = at.to_zoned(TimeZone::UTC).ok()?;
    Some(at.timestamp().as_millisecond())
}

fn folder(dir: &Path) -> PathBuf {
    dir.join("backups")
}

/// Newest first.
pub(crate) fn list(dir: &Path) -> Vec<Copy> {
    let Ok(entries) = fs::read_dir(folder(dir)) else {
        return Vec::new();
    };
    let mut copies: Vec<Copy> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let at_ms = stamped_at_ms(entry.file_name().to_str()?)?;
            Some(Copy {
                path: entry.path(),
                at_ms,
            })
        })
        .collect();
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.at_ms));
    copies
}

/// A clock that was set back makes one due as well.
pub(crate) fn is_due(dir: &Path, now_ms: i64) -> bool {
    list(dir)
        .first()
        .is_none_or(|newest| now_ms - newest.at_ms >= DAY_MS || newest.at_ms > now_ms)
}

pub(crate) fn make(conn: &Connection, dir: &Path, now_ms: i64) -> Result<PathBuf> {
    let folder = folder(dir);
    open::make_private_dir(&folder).map_err(failed)?;
    let path = folder.join(format!("queue-{}.db", stamp(now_ms)));
    let unfinished = folder.join("unfinished.tmp");
    let made = copy(conn, &unfinished)
        .and_then(|()| open::sync_file(&unfinished).map_err(failed))
        .and_then(|()| fs::rename(&unfinished, &path).map_err(failed));
    if let Err(error) = made {
        // Only the half-made copy goes; it was never a backup.
        let _ = fs::remove_file(&unfinished);
        return Err(error);
    }
    open::sync_dir(&folder);
    for old in list(dir).into_iter().skip(KEPT) {
        if let Err(error) = fs::remove_file(&old.path) {
            tracing::warn!(%error, "an old backup could not be removed");
        }
    }
    Ok(path)
}

fn copy(from: &Connection, path: &Path) -> Result<()> {
    let _ = fs::remove_file(path); // left by a crash
    open::make_private_file(path).map_err(failed)?;
    let mut to = Connection::open(path)?;
    Backup::new(from, &mut to)?.step(-1)?;
    // One file that needs no others beside it.
    to.pragma_update(None, "journal_mode", "DELETE")?;
    match open::quick_check(&to)?.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Damaged),
    }
}

fn failed(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::DiskFull,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly
        }
        _ => StoreError::other(error),
    }
}
