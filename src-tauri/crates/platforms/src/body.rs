//! A part on its way: its bytes as a stream of pieces, and the digests taken of them in the same pass.

use bytes::Bytes;
use futures_util::Stream;
use parking_lot::Mutex;
use slipway_model::Receipt;
use std::{fmt, io, pin::Pin, sync::Arc};

/// The pieces of a part, in order. Fails when the file cannot be read.
pub type Body = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send + Sync>>;

/// Which digests to take besides CRC-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digests {
    pub md5: bool,
    /// CRC-64/XZ, the one with the ECMA-182 polynomial.
    pub crc64_xz: bool,
}

/// What was taken of the bytes that were read for the socket. Complete once the stream has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// CRC-64/NVME.
    pub crc64: u64,
    pub md5: Option<[u8; 16]>,
    pub crc64_xz: Option<u64>,
    pub bytes: u64,
}

/// Shared between the reader, which fills it, and the adapter, which reads it after the answer.
#[derive(Debug, Clone, Default)]
pub struct Sums(Arc<Mutex<Option<Taken>>>);

impl Sums {
    pub fn set(&self, taken: Taken) {
        *self.0.lock() = Some(taken);
    }
    /// `None` while bytes are still to be read.
    pub fn get(&self) -> Option<Taken> {
        *self.0.lock()
    }
    /// The receipt for a part that was read to its end; `None` while bytes are still to be read.
    pub fn receipt(&self, etag: Option<String>) -> Option<Receipt> {
        self.get().map(|taken| Receipt {
            etag,
            crc64: Some(format!("{:016x}", taken.crc64)),
            blake3: None,
        })
    }
}

/// A byte range as sent. `number` starts at 1.
pub struct Part {
    pub number: u32,
    pub offset_bytes: u64,
    pub len_bytes: u64,
    /// Of the whole file.
    pub total_bytes: u64,
    pub body: Body,
    pub sums: Sums,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Part({} at {} + {})",
            self.number, self.offset_bytes, self.len_bytes
        )
    }
}
