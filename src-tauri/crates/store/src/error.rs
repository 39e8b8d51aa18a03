//! What can go wrong with the file, by what the caller does about it.
//!
//! The sentence of an `OpenError` is shown to a person: cause and cure in one.

use rusqlite::ErrorCode;
use std::path::PathBuf;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A write or a read that did not happen; the state is as it was.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    DiskFull,
    #[error("the queue file cannot be written")]
    ReadOnly,
    #[error("the queue file is in use by another program")]
    Busy,
    /// The file is damaged; the next start sets it aside and restores a backup.
    #[error("the queue file is damaged")]
    Damaged,
    /// The store was closed before.
    #[error("the queue is closed")]
    Closed,
    #[error("an account is already called '{label}'")]
    AccountLabelTaken { label: String },
    /// The account has uploads that have not ended.
    #[error("the account still has {unfinished} unfinished uploads")]
    AccountInUse { unfinished: u64 },
    /// The row that was named is not there.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the queue file failed")]
    Other(#[source] BoxError),
}

impl StoreError {
    pub(crate) fn other(error: impl Into<BoxError>) -> Self {
        Self::Other(error.into())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            _ => Self::other(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::other(error)
    }
}

/// Why the queue could not be opened. Nothing was destroyed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "The queue in {} cannot be written: allow this user to write there, or choose another data folder.",
        .path.display()
    )]
    ReadOnly { path: PathBuf },
    #[error(
        "The queue was written by a newer version of Slipway (its format is {found}, this version knows {known}): install the newer version."
    )]
    Newer { found: i64, known: i64 },
    #[error(
        "The queue file {} is damaged and could not be set aside: move it to another folder and start again.",
        .path.display()
    )]
    Damaged {
        path: PathBuf,
        #[source]
        source: BoxError,
    },
    #[error("The disk that holds {} is full: free some space and start again.", .path.display())]
    DiskFull { path: PathBuf },
    #[error(
        "The queue in {} could not be read ({source}): check the disk, then start again.",
        .path.display()
    )]
    Io {
        path: PathBuf,
        #[source]
        source: BoxError,
    },
}
