//! Who has a file open for writing, where the system can tell.

#[cfg(target_os = "linux")]
#[path = "writers/linux.rs"]
mod system;
#[cfg(windows)]
#[path = "writers/windows.rs"]
mod system;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "writers/other.rs"]
mod system;

pub(crate) use system::writers;

/// A program that may not be done with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Its name, where it is known.
    pub program: Option<String>,
}
