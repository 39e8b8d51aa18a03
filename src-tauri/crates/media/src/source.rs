//! A file as the readers see it: pieces at places, and only so many bytes in all.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

/// What is read of one file at most. A header with its tables is far smaller; a file that asks for more has something else in mind.
const BYTES_MAX: u64 = 16 << 20;

pub(crate) struct Source {
    file: File,
    pub(crate) len: u64,
    left: u64,
}

impl Source {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self {
            file,
            len,
            left: BYTES_MAX,
        })
    }

    /// `N` bytes at a place, or nothing when they are not all there.
    pub(crate) fn exactly<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        self.up_to(at, N).try_into().ok()
    }

    /// As many of `len` bytes as there are.
    pub(crate) fn up_to(&mut self, at: u64, len: usize) -> Vec<u8> {
        let len = (len as u64).min(self.len.saturating_sub(at)).min(self.left);
        let mut bytes = Vec::new();
        let read = self
            .file
            .seek(SeekFrom::Start(at))
            .and_then(|_| (&mut self.file).take(len).read_to_end(&mut bytes));
        self.left -= bytes.len() as u64;
        if read.is_err() {
            bytes.clear();
        }
        bytes
    }
}
