//! Reads a part for the socket: positioned reads into pooled buffers, digests and the file's hash in the same pass, one piece ahead.
//!
//! Memory in flight is one budget for the whole engine, whatever the number of parts and their size. Reading and hashing run on the blocking threads.
//! Invariant: a buffer counts against the budget until the socket has let go of it.

use crate::{
    content::PartHash,
    fingerprint::{self, SourceFault},
    limiter::{CAPPED_PIECE_BYTES, Limiter},
};
use bytes::Bytes;
use futures_util::Stream;
use md5::{Digest, Md5};
use parking_lot::Mutex;
use slipway_model::{Fingerprint, Span};
use slipway_platforms::{Body, Digests, Sums, body::Taken};
use std::{
    fs::File,
    io,
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

/// Bytes of one read. Pieces of 256 KiB and more reach full speed through hyper; measured 2026-11-21 with reqwest 0.13.5.
pub(crate) const PIECE_BYTES: usize = 256 << 10;
/// Least that is given to the socket at once: taken within the minute of a stall on any line above half a kilobyte a second.
const BITE_LEAST_BYTES: usize = 32 << 10;
/// A bite taken sooner than this may be followed by a larger one.
const QUICK: Duration = Duration::from_millis(250);
/// Bytes of buffers in flight, all uploads together.
pub(crate) const BUDGET_BYTES: usize = 128 << 20;

/// The engine's buffers.
#[derive(Debug)]
pub(crate) struct Buffers {
    budget: Arc<Semaphore>,
    free: Mutex<Vec<Vec<u8>>>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self {
            budget: Arc::new(Semaphore::new(BUDGET_BYTES / PIECE_BYTES)),
            free: Mutex::new(Vec::new()),
        }
    }
}

/// Buffers kept for reuse; more than this many are given back to the system.
const FREE_KEPT: usize = 32;

struct Pooled {
    bytes: Vec<u8>,
    filled: usize,
    home: Arc<Buffers>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Pooled {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let mut free = self.home.free.lock();
        if free.len() < FREE_KEPT {
            free.push(std::mem::take(&mut self.bytes));
        }
    }
}

impl Buffers {
    async fn take(self: &Arc<Self>, len: usize) -> Pooled {
        let permit = self
            .budget
            .clone()
            .acquire_owned()
            .await
            .expect("the budget is never closed");
        let bytes = self
            .free
            .lock()
            .pop()
            .unwrap_or_else(|| vec![0; PIECE_BYTES]);
        Pooled {
            bytes,
            filled: len,
            home: self.clone(),
            _permit: permit,
        }
    }
}

/// An open source file with its name and its fingerprint.
#[derive(Debug)]
pub(crate) struct Source {
    pub file: File,
    pub path: PathBuf,
    pub fingerprint: Fingerprint,
}

/// How a part on its way is doing; shared with the watchdog.
#[derive(Debug)]
pub(crate) struct Flight {
    /// Bytes handed to the socket.
    pub handed: AtomicU64,
    /// When the last of them were taken, in ms since `born`.
    moved_at_ms: AtomicU64,
    /// Ms that the limiter and the budget took since the last move do not count as a stall.
    born: Instant,
    /// Waiting for us (cap, budget, disk), not for the platform.
    ours: std::sync::atomic::AtomicBool,
    /// What went wrong on our side of the stream.
    pub fault: Mutex<Option<SourceFault>>,
    /// The part's share in the hash of the whole file, once all of it is read.
    pub blake3: Mutex<Option<String>>,
}

impl Flight {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            handed: AtomicU64::new(0),
            moved_at_ms: AtomicU64::new(0),
            born: Instant::now(),
            ours: false.into(),
            fault: Mutex::new(None),
            blake3: Mutex::new(None),
        })
    }

    /// Whether all bytes have been handed to the socket: now it is the platform's turn to answer.
    pub(crate) fn is_handed(&self, len_bytes: u64) -> bool {
        self.handed.load(Relaxed) >= len_bytes
    }

    /// How long the platform has taken nothing while bytes were offered.
    pub(crate) fn stalled_for(&self) -> Duration {
        if self.ours.load(Relaxed) {
            return Duration::ZERO;
        }
        self.born
            .elapsed()
            .saturating_sub(Duration::from_millis(self.moved_at_ms.load(Relaxed)))
    }

    fn moved(&self) {
        self.moved_at_ms
            .store(self.born.elapsed().as_millis() as u64, Relaxed);
    }
}

/// What a reader needs beside the part.
#[derive(Clone)]
pub(crate) struct Reading {
    pub source: Arc<Source>,
    pub buffers: Arc<Buffers>,
    pub limiter: Limiter,
    pub digests: Digests,
    /// Bytes put on the wire for this upload.
    pub wire: Arc<AtomicU64>,
    /// The same of all that leave this machine.
    pub link_wire: Option<Arc<AtomicU64>>,
}

/// Starts to read a span. The stream ends early only with an error; `flight.fault` then says why.
pub(crate) fn body(reading: Reading, span: Span, sums: Sums, flight: Arc<Flight>) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    let (wire, limiter) = (reading.wire.clone(), reading.limiter.clone());
    let link_wire = reading.link_wire.clone();
    let runtime = tokio::runtime::Handle::current();
    let fault = flight.clone();
    // One thread for the whole part: a hand-over for each piece would cost as much as the piece.
    tokio::task::spawn_blocking(move || {
        if let Err(found) = read(&reading, span, &sums, &fault, &runtime, &sender) {
            *fault.fault.lock() = Some(found);
            let _ = sender.blocking_send(Err(io::Error::other("the source file failed")));
        }
    });
    Box::pin(Pieces {
        receiver,
        limiter,
        rest: Bytes::new(),
        wait: None,
        bite: BITE_LEAST_BYTES,
        given_at: Instant::now(),
        flight,
        wire,
        link_wire,
    })
}

/// Reads ahead of the socket by one piece. Returns when all is read, or when the part was given up.
fn read(
    reading: &Reading,
    span: Span,
    sums: &Sums,
    flight: &Flight,
    runtime: &tokio::runtime::Handle,
    sender: &mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), SourceFault> {
    let source = &reading.source;
    // Noticed before a byte of another file is mixed in.
    fingerprint::recheck(&source.file, &source.path, &source.fingerprint)?;
    let mut crc64 = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
    let mut md5 = reading.digests.md5.then(Md5::new);
    let mut crc64_xz =
        (reading.digests.crc64_xz).then(|| crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Xz));
    let mut hash = PartHash::new(span, source.fingerprint.size_bytes);
    let mut offset = span.offset_bytes;
    let end = span.offset_bytes + span.len_bytes;
    while offset < end {
        let len = PIECE_BYTES.min((end - offset) as usize);
        let mut buffer = runtime.block_on(reading.buffers.take(len));
        fingerprint::read_exact_at(&source.file, &mut buffer.bytes[..len], offset)
            .map_err(|error| SourceFault::io(&source.path, &error))?;
        crc64.update(buffer.as_ref());
        hash.update(buffer.as_ref());
        if let Some(md5) = &mut md5 {
            md5.update(buffer.as_ref());
        }
        if let Some(crc64_xz) = &mut crc64_xz {
            crc64_xz.update(buffer.as_ref());
        }
        offset += len as u64;
        if offset == end {
            let mut beyond = vec![0; hash.wanted() as usize];
            fingerprint::read_exact_at(&source.file, &mut beyond, end)
                .map_err(|error| SourceFault::io(&source.path, &error))?;
            hash.update(&beyond);
            *flight.blake3.lock() = Some(hash.finish());
            // Before the last piece is offered: who has got all bytes finds the digests complete.
            sums.set(Taken {
                crc64: crc64.finalize(),
                md5: md5.take().map(|md5| md5.finalize().into()),
                crc64_xz: crc64_xz.as_ref().map(crc_fast::Digest::finalize),
                bytes: span.len_bytes,
            });
        }
        if sender.blocking_send(Ok(Bytes::from_owner(buffer))).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// What was read, metered as the socket takes it.
struct Pieces {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    limiter: Limiter,
    /// Read and not yet given to the socket.
    rest: Bytes,
    /// The next bytes of `rest` wait for the cap.
    wait: Option<Wait>,
    /// How much was given last, and when.
    bite: usize,
    given_at: Instant,
    flight: Arc<Flight>,
    wire: Arc<AtomicU64>,
    link_wire: Option<Arc<AtomicU64>>,
}

impl Pieces {
    /// How much to give at once: small at first and on a slow line, so that each bite is a sign of life well before a stall is suspected; whole
    /// pieces on a fast one.
    fn pace(&mut self) -> usize {
        self.bite = if self.given_at.elapsed() < QUICK {
            (self.bite * 2).min(PIECE_BYTES)
        } else {
            (self.bite / 2).max(BITE_LEAST_BYTES)
        };
        self.bite
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.rest.is_empty() {
            match std::task::ready!(self.receiver.poll_recv(context)) {
                Some(Ok(piece)) => self.rest = piece,
                ended => return Poll::Ready(ended),
            }
        }
        if !self.limiter.is_capped() && self.wait.is_none() {
            let len = self.pace().min(self.rest.len());
            return Poll::Ready(Some(Ok(self.rest.split_to(len))));
        }
        let len = CAPPED_PIECE_BYTES.min(self.rest.len());
        let limiter = self.limiter.clone();
        let wait = self
            .wait
            .get_or_insert_with(|| Box::pin(async move { limiter.take(len).await }));
        std::task::ready!(wait.as_mut().poll(context));
        self.wait = None;
        Poll::Ready(Some(Ok(self.rest.split_to(len))))
    }
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.poll_piece(context);
        // Pending: the socket is ready and we are not.
        self.flight.ours.store(polled.is_pending(), Relaxed);
        if polled.is_ready() {
            self.flight.moved();
        }
        if let Poll::Ready(Some(Ok(piece))) = &polled {
            self.given_at = Instant::now();
            self.flight.handed.fetch_add(piece.len() as u64, Relaxed);
            self.wire.fetch_add(piece.len() as u64, Relaxed);
            if let Some(link_wire) = &self.link_wire {
                link_wire.fetch_add(piece.len() as u64, Relaxed);
            }
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    #[tokio::test]
    async fn a_span_is_read_whole_with_its_digests() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("clip.mp4");
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let fingerprint = fingerprint::take(&path).unwrap();
        let source = Arc::new(Source {
            file: File::open(&path).unwrap(),
            path,
            fingerprint,
        });
        let wire = Arc::new(AtomicU64::new(0));
        let reading = Reading {
            source,
            buffers: Arc::default(),
            limiter: Limiter::default(),
            digests: Digests {
                md5: true,
                crc64_xz: true,
            },
            wire: wire.clone(),
            link_wire: None,
        };
        let (sums, span) = (
            Sums::default(),
            Span {
                number: 2,
                offset_bytes: 1_000_001,
                len_bytes: 1_500_000,
            },
        );
        let read: Vec<u8> = body(reading, span, sums.clone(), Flight::new())
            .map(|piece| piece.unwrap().to_vec())
            .concat()
            .await;
        let want = &bytes[1_000_001..2_500_001];
        assert!(read == want, "the bytes of the span, in order");
        let taken = sums.get().unwrap();
        assert_eq!(
            taken.crc64,
            crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, want)
        );
        assert_eq!(taken.md5.unwrap(), <[u8; 16]>::from(Md5::digest(want)));
        assert_eq!(
            taken.crc64_xz,
            Some(crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, want))
        );
        assert_eq!(wire.load(Relaxed), 1_500_000);
    }

    #[tokio::test]
    async fn a_truncated_file_ends_the_stream_with_file_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("clip.mp4");
        std::fs::write(&path, vec![1; 2_000_000]).unwrap();
        let fingerprint = fingerprint::take(&path).unwrap();
        let source = Arc::new(Source {
            file: File::open(&path).unwrap(),
            path: path.clone(),
            fingerprint,
        });
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(10)
            .unwrap();
        let reading = Reading {
            source,
            buffers: Arc::default(),
            limiter: Limiter::default(),
            digests: Digests::default(),
            wire: Arc::default(),
            link_wire: None,
        };
        let flight = Flight::new();
        let span = Span {
            number: 1,
            offset_bytes: 0,
            len_bytes: 2_000_000,
        };
        let last = body(reading, span, Sums::default(), flight.clone())
            .fold(None, |_, piece| async move { Some(piece.is_err()) })
            .await;
        assert_eq!(last, Some(true));
        assert_eq!(
            flight.fault.lock().clone().unwrap().kind,
            slipway_model::ErrorKind::FileChanged
        );
    }
}
