//! What the system tells of folders, as it happens. A hint only wakes: it may be late, come twice, or not at all.

#[cfg(target_os = "linux")]
#[path = "hints/linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "hints/other.rs"]
mod system;

use std::path::PathBuf;

pub use system::{Hints, Listener};

/// Where it may be worth looking. Paths lie beneath the folder that was named by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A file was finished, renamed into place, or is gone.
    File { key: i64, path: PathBuf },
    /// A folder came, with whatever lies in it.
    Folder { key: i64, path: PathBuf },
    /// The watched folder itself went away, or its disk.
    Root { key: i64 },
    /// A disk was plugged in or pulled, no matter which.
    Mounts,
    /// Too much happened at once to be told.
    Lost,
}
