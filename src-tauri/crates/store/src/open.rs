//! Opening the file: checks it when the last end was unclean, backs it up before a migration, and restores the newest good backup when it is damaged.
//!
//! Invariant: nothing is overwritten. A damaged file is renamed with its log beside it, and a backup is copied, not moved.

use crate::{OpenError, Result, StoreError, backup, migration};
use rusqlite::{Connection, MAIN_DB, OpenFlags, config::DbConfig};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a statement waits for another process; only a stray reader could hold the file, so this is ample.
const BUSY: Duration = Duration::from_secs(5);
/// Page cache of one connection, in KiB.
const CACHE_KIB: i64 = 4096;
/// The log is cut back to this after a burst, in bytes (16 MiB).
const LOG_BYTES: i64 = 16 << 20;

/// What happened while opening.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// There was no queue before.
    pub created: bool,
    /// The last end was unclean, and the file was checked.
    pub checked: bool,
    /// Schema versions before and after, when they differ.
    pub migrated: Option<(i64, i64)>,
    /// The file was damaged.
    pub restored: Option<Restored>,
}

/// What came back after damage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the damaged file lies now; `None` when there was none, but backups of it.
    pub damaged_file: Option<PathBuf>,
    /// What SQLite said of it.
    pub finding: String,
    /// When the backup was made; `None` when there was no good one and the queue starts empty.
    pub backup_at_ms: Option<i64>,
    pub accounts: u64,
    pub manuscripts: u64,
    pub uploads: u64,
}

pub(crate) fn file(dir: &Path) -> PathBuf {
    dir.join("queue.db")
}

/// A file whose name is another's with something after it.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Why an existing file could not be taken as it is.
enum Trouble {
    Damaged(String),
    Open(OpenError),
}

pub(crate) fn open(
    dir: &Path,
    now_ms: i64,
) -> std::result::Result<(Connection, OpenReport), OpenError> {
    let file = file(dir);
    let io = |error: io::Error| from_io(dir, error);
    make_private_dir(dir).map_err(io)?;
    let mut report = OpenReport::default();
    let is_empty = fs::metadata(&file).map_or(true, |m| m.len() == 0);
    let taken = if is_empty && !backup::list(dir).is_empty() {
        // Lost by the disk, or by an end between setting aside and restoring.
        Err(Trouble::Damaged("the file is empty or gone".into()))
    } else {
        make_private_file(&file).map_err(io)?;
        take(dir, &file, now_ms, &mut report)
    };
    let finding = match taken {
        Ok(conn) => return Ok((conn, report)),
        Err(Trouble::Open(error)) => return Err(error),
        Err(Trouble::Damaged(finding)) => finding,
    };
    tracing::error!(finding, "the queue file is damaged");
    let damaged_file = set_aside(&file, now_ms).map_err(|error| OpenError::Damaged {
        path: file.clone(),
        source: error.into(),
    })?;
    let backup_at_ms = restore(dir, &file).map_err(io)?;
    let conn = take(dir, &file, now_ms, &mut report).map_err(|trouble| match trouble {
        Trouble::Open(error) => error,
        Trouble::Damaged(finding) => OpenError::Damaged {
            path: file.clone(),
            source: finding.into(),
        },
    })?;
    let count = |table: &str| -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: rusqlite::Result<i64> = conn.query_row(&sql, [], |row| row.get(0));
        rows.map_or(0, |n| n as u64)
    };
    report.restored = Some(Restored {
        damaged_file,
        finding,
        backup_at_ms,
        accounts: count("accounts"),
        manuscripts: count("manuscripts"),
        uploads: count("uploads"),
    });
    Ok((conn, report))
}

/// Opens, checks and migrates the file as it lies there.
fn take(
    dir: &Path,
    file: &Path,
    now_ms: i64,
    report: &mut OpenReport,
) -> std::result::Result<Connection, Trouble> {
    let trouble = |error: StoreError| judge(file, error);
    let mut conn = connect(file).map_err(|error| judge(file, error.into()))?;
    if conn.is_readonly(MAIN_DB).unwrap_or(false) {
        return Err(Trouble::Open(OpenError::ReadOnly {
            path: dir.to_owned(),
        }));
    }
    let found = migration::version(&conn).map_err(trouble)?;
    if found > migration::KNOWN {
        return Err(Trouble::Open(OpenError::Newer {
            found,
            known: migration::KNOWN,
        }));
    }
    if found > 0 && !ended_clean(&conn).map_err(trouble)? {
        report.checked = true;
        let finding = quick_check(&conn).map_err(trouble)?;
        if finding != "ok" {
            return Err(Trouble::Damaged(finding));
        }
    }
    if found < migration::KNOWN {
        if found > 0 {
            backup::make(&conn, dir, now_ms).map_err(trouble)?;
        }
        migration::run(&mut conn).map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => trouble(err.into()),
            other => trouble(StoreError::other(other)),
        })?;
        if found > 0 {
            report.migrated = Some((found, migration::KNOWN));
        } else {
            report.created = true;
        }
    }
    // From here on only `close` makes it clean again.
    conn.execute("UPDATE file_state SET clean_end = 0", [])
        .map_err(|error| trouble(error.into()))?;
    Ok(conn)
}

fn judge(file: &Path, error: StoreError) -> Trouble {
    let path = file.to_owned();
    match error {
        StoreError::Damaged => Trouble::Damaged("not a database, or pages of it are lost".into()),
        StoreError::DiskFull => Trouble::Open(OpenError::DiskFull { path }),
        StoreError::ReadOnly => Trouble::Open(OpenError::ReadOnly { path }),
        StoreError::Other(source) => {
            let cannot_open = source
                .downcast_ref::<rusqlite::Error>()
                .and_then(rusqlite::Error::sqlite_error_code)
                == Some(rusqlite::ErrorCode::CannotOpen);
            Trouble::Open(if cannot_open && !is_writable(&path) {
                OpenError::ReadOnly { path }
            } else {
                OpenError::Io { path, source }
            })
        }
        other => Trouble::Open(OpenError::Io {
            path,
            source: other.into(),
        }),
    }
}

fn is_writable(file: &Path) -> bool {
    fs::OpenOptions::new().append(true).open(file).is_ok()
}

fn ended_clean(conn: &Connection) -> Result<bool> {
    Ok(conn.query_row("SELECT clean_end FROM file_state", [], |row| row.get(0))?)
}

/// `ok`, or what SQLite found.
pub(crate) fn quick_check(conn: &Connection) -> Result<String> {
    let mut statement = conn.prepare("PRAGMA quick_check(10)")?;
    let lines = statement
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(lines.join("; "))
}

/// Renames the file and its log; answers the new name.
fn set_aside(file: &Path, now_ms: i64) -> io::Result<Option<PathBuf>> {
    if !file.exists() {
        return Ok(None);
    }
    let stamp = backup::stamp(now_ms);
    let mut aside = beside(file, &format!(".damaged-{stamp}"));
    let mut nth = 1;
    while aside.exists() {
        nth += 1;
        aside = beside(file, &format!(".damaged-{stamp}-{nth}"));
    }
    for suffix in ["-wal", "-shm"] {
        match fs::rename(beside(file, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(file, &aside)?;
    Ok(Some(aside))
}

/// Copies the newest backup that is whole; answers when it was made.
fn restore(dir: &Path, file: &Path) -> io::Result<Option<i64>> {
    for copy in backup::list(dir) {
        if !is_good(&copy.path) {
            tracing::warn!(backup = ?copy.path, "this backup is damaged too");
            continue;
        }
        let unfinished = beside(file, ".restoring");
        fs::copy(&copy.path, &unfinished)?;
        sync_file(&unfinished)?;
        fs::rename(&unfinished, file)?;
        if let Some(parent) = file.parent() {
            sync_dir(parent);
        }
        return Ok(Some(copy.at_ms));
    }
    make_private_file(file)?;
    Ok(None)
}

fn is_good(backup: &Path) -> bool {
    let check = || -> Result<bool> {
        let conn = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let version = migration::version(&conn)?;
        Ok((1..=migration::KNOWN).contains(&version) && quick_check(&conn)? == "ok")
    };
    check().unwrap_or(false)
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(file)?;
    // A file that turns out to be damaged, or newer, is left with its log as it was; `close` writes the log back.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    tune(&conn)?;
    Ok(conn)
}

pub(crate) fn connect_reader(file: &Path) -> Result<Connection> {
    // Not opened read-only: the shared memory of the log must be writable for a reader, too.
    let conn = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "query_only", true)?;
    tune(&conn)?;
    Ok(conn)
}

fn tune(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(())
}

fn from_io(path: &Path, error: io::Error) -> OpenError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            OpenError::ReadOnly { path }
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OpenError::DiskFull { path },
        _ => OpenError::Io {
            path,
            source: error.into(),
        },
    }
}

/// Made for this user alone, where the system knows such a thing. One that exists is left as it is.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// SQLite gives its log the same rights.
pub(crate) fn make_private_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

pub(crate) fn sync_file(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(path)?.sync_all()
}

/// A rename is only safe once the folder is written; where a folder cannot be opened, the system sees to it.
pub(crate) fn sync_dir(dir: &Path) {
    if let Ok(dir) = fs::File::open(dir) {
        let _ = dir.sync_all();
    }
}
