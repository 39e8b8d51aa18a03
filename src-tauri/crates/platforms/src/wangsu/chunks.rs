//! A part's bytes, given to the socket chunk by chunk, with the digests that the storage and the whole-file hash want.
//!
//! Knows nothing of HTTP. Invariants: bytes pass once, in order, and nothing of a chunk is kept; hashing runs on the blocking threads; the part's
//! own stream has ended before its last piece is given out.

use super::etag::{Pieces, Sha1Sum};
use crate::Body;
use bytes::Bytes;
use crc_fast::{CrcAlgorithm::Crc32IsoHdlc, Digest as Crc};
use futures_util::StreamExt as _;
use md5::{Digest as _, Md5};
use std::{io, sync::Arc};
use tokio::sync::Mutex;

/// What was taken of one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) crc32: u32,
    pub(super) md5: Option<[u8; 16]>,
}

/// A part on its way. Shared between the request that sends a chunk and whoever waits for its answer.
#[derive(Clone)]
pub(super) struct Chunks(Arc<Mutex<Cutter>>);

struct Cutter {
    body: Body,
    /// Read from the part and not yet given out.
    rest: Bytes,
    left: u64,
    /// `None` after a failure, and while a piece is hashed.
    running: Option<Box<Running>>,
}

struct Running {
    part: Crc,
    chunk: Crc,
    md5: Option<Md5>,
    pieces: Pieces,
}

impl Running {
    fn update(&mut self, bytes: &[u8]) {
        self.part.update(bytes);
        self.chunk.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        self.pieces.update(bytes);
    }
}

impl Chunks {
    pub(super) fn new(body: Body, len_bytes: u64, md5: bool) -> Self {
        Self(Arc::new(Mutex::new(Cutter {
            body,
            rest: Bytes::new(),
            left: len_bytes,
            running: Some(Box::new(Running {
                part: Crc::new(Crc32IsoHdlc),
                chunk: Crc::new(Crc32IsoHdlc),
                md5: md5.then(Md5::new),
                pieces: Pieces::default(),
            })),
        })))
    }

    /// The next bytes as a stream of this length.
    pub(super) fn next(&self, len_bytes: u64) -> Body {
        Box::pin(futures_util::stream::try_unfold(
            (self.0.clone(), len_bytes),
            |(cutter, left)| async move {
                if left == 0 {
                    return Ok(None);
                }
                let piece = cutter.lock().await.piece(left).await?;
                let left = left - piece.len() as u64;
                Ok(Some((piece, (cutter, left))))
            },
        ))
    }

    /// Reads bytes that the storage has, and answers with their CRC-32.
    pub(super) async fn skip(&self, len_bytes: u64) -> io::Result<u32> {
        let mut skipped = self.next(len_bytes);
        while let Some(piece) = skipped.next().await {
            piece?;
        }
        Ok(self.taken().map_or(0, |sums| sums.crc32))
    }

    /// Ends a chunk: its digests, or `None` while its request still holds the part.
    pub(super) fn taken(&self) -> Option<Sums> {
        let mut cutter = self.0.try_lock().ok()?;
        let running = cutter.running.as_mut()?;
        let chunk = std::mem::replace(&mut running.chunk, Crc::new(Crc32IsoHdlc));
        Some(Sums {
            crc32: crc32(&chunk),
            md5: running.md5.as_mut().map(|md5| md5.finalize_reset().into()),
        })
    }

    /// Bytes of the part that were not given out, and the CRC-32 of those that were; `None` while a request still holds the part.
    pub(super) fn standing(&self) -> Option<(u64, u32)> {
        let cutter = self.0.try_lock().ok()?;
        let running = cutter.running.as_ref()?;
        Some((cutter.left, crc32(&running.part)))
    }

    /// The digests of the part's pieces, once all was given out.
    pub(super) fn finish(self) -> Option<Vec<Sha1Sum>> {
        let mut cutter = self.0.try_lock().ok()?;
        let running = cutter.running.take()?;
        (cutter.left == 0).then(|| running.pieces.finish())
    }
}

impl Cutter {
    async fn piece(&mut self, most: u64) -> io::Result<Bytes> {
        while self.rest.is_empty() {
            match self.body.next().await {
                Some(piece) => self.rest = piece?,
                None => return Err(unsound("fewer bytes than the part has")),
            }
        }
        let most = most.min(self.left);
        let len = self
            .rest
            .len()
            .min(usize::try_from(most).unwrap_or(usize::MAX));
        let piece = self.rest.split_to(len);
        self.left -= len as u64;
        let mut running = self
            .running
            .take()
            .ok_or_else(|| io::Error::other("the part was given up"))?;
        let hashed = tokio::task::spawn_blocking(move || {
            running.update(&piece);
            (running, piece)
        });
        let (running, piece) = hashed.await.map_err(io::Error::other)?;
        self.running = Some(running);
        if self.left == 0 {
            // What the part's reader took is complete when its stream has ended, and then only.
            if !self.rest.is_empty() || self.body.next().await.is_some() {
                return Err(unsound("more bytes than the part has"));
            }
        }
        Ok(piece)
    }
}

fn crc32(digest: &Crc) -> u32 {
    // The algorithm's width is 32 bits; the library speaks of all CRCs in 64.
    u32::try_from(digest.finalize()).unwrap_or(u32::MAX)
}

fn unsound(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn pattern(len: usize) -> Bytes {
        (0..len).map(|i| (i % 251) as u8).collect()
    }

    fn body(bytes: &Bytes, portion: usize) -> Body {
        let pieces: Vec<_> = bytes.chunks(portion).map(Bytes::copy_from_slice).collect();
        Box::pin(stream::iter(pieces.into_iter().map(Ok)))
    }

    async fn read(mut chunk: Body) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(piece) = chunk.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok(all)
    }

    #[tokio::test]
    async fn chunks_of_the_reference_pattern_have_its_sums() {
        let bytes = pattern(4 << 20);
        let chunks = Chunks::new(body(&bytes, 100_000), bytes.len() as u64, true);
        for (number, crc32, md5) in [
            (0, 408_373_011, "f6224c81f6d6b0c9c260a4f677f5db6f"),
            (1, 4_293_638_087, "5c7e0aa80847dfd9eb188fa01db8c925"),
        ] {
            let sent = read(chunks.next(262_144)).await.unwrap();
            let from = number * 262_144;
            assert!(sent == bytes[from..from + 262_144]);
            let sums = chunks.taken().unwrap();
            assert_eq!(
                (sums.crc32, hex::encode(sums.md5.unwrap()).as_str()),
                (crc32, md5)
            );
        }
        let left = chunks.standing().unwrap().0;
        read(chunks.next(left)).await.unwrap();
        assert_eq!(chunks.standing().unwrap(), (0, 2_704_297_939));
        let pieces = chunks.finish().unwrap();
        assert_eq!(
            hex::encode(pieces[0]),
            "077c791119e055e7a0ae5e507089a3f9114836f5"
        );
    }

    #[tokio::test]
    async fn skipped_bytes_are_hashed_and_not_sent() {
        let bytes = pattern(1000);
        let chunks = Chunks::new(body(&bytes, 7), 1000, false);
        let skipped = chunks.skip(600).await.unwrap();
        assert_eq!(
            u64::from(skipped),
            crc_fast::checksum(Crc32IsoHdlc, &bytes[..600])
        );
        assert!(read(chunks.next(400)).await.unwrap() == bytes[600..]);
        assert_eq!(chunks.taken().unwrap().md5, None);
        assert_eq!(chunks.finish().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_part_of_another_length_is_an_error() {
        for len in [999, 1001] {
            let chunks = Chunks::new(body(&pattern(1000), 100), len, false);
            let error = read(chunks.next(len)).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{len}");
        }
    }
}
