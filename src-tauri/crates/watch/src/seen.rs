//! A file as a look from outside knows it.

use std::{fs::Metadata, time::UNIX_EPOCH};

/// Two that are equal are of a file at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub size_bytes: u64,
    pub mtime_ns: i64,
    pub file_id: String,
}

impl Seen {
    pub fn of(meta: &Metadata) -> Self {
        Self {
            size_bytes: meta.len(),
            mtime_ns: mtime_ns(meta),
            file_id: file_id(meta),
        }
    }
}

/// When it was changed, in ns since 1970 UTC.
pub fn mtime_ns(meta: &Metadata) -> i64 {
    meta.modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(unix)]
pub fn file_id(meta: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{:x}:{:x}", meta.dev(), meta.ino())
}

#[cfg(not(unix))]
pub fn file_id(_meta: &Metadata) -> String {
    String::new() // the file number is not in stable std on Windows; size, time and samples stand in for it
}
