//! One engine for each data folder: a lock on a file that the system releases when the process ends, however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

/// Held as long as the engine lives.
#[derive(Debug)]
pub(crate) struct DataLock(File);

#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("another engine uses this data folder")]
    Taken,
    #[error("the data folder cannot be used: {0}")]
    Io(#[from] io::Error),
}

impl DataLock {
    pub(crate) fn take(dir: &Path) -> Result<Self, LockError> {
        make_private_dir(dir)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(dir.join("engine.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

impl Drop for DataLock {
    /// Said, not left to the closing of the file: a program that is being started at this moment, such as ffprobe, still holds a copy of it.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// A folder that only this user can enter.
pub fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_engine_is_refused_until_the_first_has_gone() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataLock::take(dir.path()).unwrap();
        assert!(matches!(DataLock::take(dir.path()), Err(LockError::Taken)));
        drop(first);
        assert!(DataLock::take(dir.path()).is_ok());
    }
}
