//! Reads bodies, with whatever goes wrong on the way, and keeps the bytes of chunks and forms.
//!
//! Always holds: memory in use does not grow with the body; a body that ends early leaves nothing behind; hashing and writing are done on the
//! blocking threads.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use crc_fast::CrcAlgorithm::Crc32IsoHdlc;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use md5::{Digest, Md5};
use tokio::time::{Instant, sleep, sleep_until};

use super::fault::Fault;
use crate::listener::HangUp;
use crate::meter::Meter;

/// How long a stall without an end is held before the connection is dropped.
pub(crate) const STALL: Duration = Duration::from_mins(10);
/// Bytes that are hashed and written at once.
const BATCH: usize = 512 * 1024;
/// Bodies that are not bytes of a video.
const CALL_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What becomes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Chunks and joined files lie below the data folder.
    Files,
    /// Nothing is kept. Only the CRC-32 is taken, which the protocol cannot do without: for measuring clients.
    Discard,
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spilt {
    HungUp(HangUp),
    /// Nothing more is read; the connection is to be held for a while and dropped.
    Stalled,
    /// More than what was announced or is allowed.
    TooLong,
    DiskFull,
}

/// A body as it comes in.
pub(crate) struct Feed<'a> {
    body: Incoming,
    meter: Option<&'a Meter>,
    pub(crate) got: u64,
    began: Instant,
    bytes_per_second: Option<u64>,
    stall: Option<(u64, Option<u64>)>,
    reset: Option<u64>,
}

impl<'a> Feed<'a> {
    pub(crate) fn new(body: Incoming, faults: &[Fault], meter: Option<&'a Meter>) -> Self {
        let mut feed = Self {
            body,
            meter,
            got: 0,
            began: Instant::now(),
            bytes_per_second: None,
            stall: None,
            reset: None,
        };
        for fault in faults {
            match *fault {
                Fault::Bandwidth { bytes_per_second } => {
                    feed.bytes_per_second = Some(bytes_per_second);
                }
                Fault::Stall {
                    after_bytes,
                    for_ms,
                } => feed.stall = Some((after_bytes, for_ms)),
                Fault::Reset { after_bytes } => feed.reset = Some(after_bytes),
                _ => {}
            }
        }
        feed
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, Spilt>> {
        if let Err(spilt) = self.trouble().await {
            return Some(Err(spilt));
        }
        loop {
            let Ok(frame) = self.body.frame().await? else {
                return Some(Err(Spilt::HungUp(HangUp::Close))); // shorter than it said
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.got += data.len() as u64;
            if let Some(meter) = self.meter {
                meter.add(data.len() as u64);
            }
            return Some(match self.trouble().await {
                Ok(()) => Ok(data),
                Err(spilt) => Err(spilt),
            });
        }
    }

    async fn trouble(&mut self) -> Result<(), Spilt> {
        if self.reset.is_some_and(|after| self.got >= after) {
            return Err(Spilt::HungUp(HangUp::Reset));
        }
        let got = self.got;
        if let Some((_, pause)) = self.stall.take_if(|(after, _)| got >= *after) {
            let Some(pause) = pause else {
                return Err(Spilt::Stalled);
            };
            sleep(Duration::from_millis(pause)).await;
        }
        if let Some(rate) = self.bytes_per_second {
            let takes = Duration::from_secs_f64(self.got as f64 / rate.max(1) as f64);
            sleep_until(self.began + takes).await;
        }
        Ok(())
    }

    /// A small body, whole.
    pub(crate) async fn whole(mut self) -> Result<Bytes, Spilt> {
        let mut all = BytesMut::new();
        while let Some(data) = self.next().await {
            all.extend_from_slice(&data?);
            if all.len() > CALL_BYTES_MAX {
                return Err(Spilt::TooLong);
            }
        }
        Ok(all.freeze())
    }

    /// Reads a body nobody wants, so that its sender hears the refusal instead of a reset.
    pub(crate) async fn drain(&mut self) {
        let reading = async {
            while let Some(Ok(frame)) = self.body.frame().await {
                let got = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.got += got;
                if let Some(meter) = self.meter {
                    meter.add(got);
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(10), reading).await;
    }
}

/// Bytes that were kept.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) bytes: u64,
    pub(crate) crc32: u32,
    pub(crate) md5: Option<String>,
    /// `None` where nothing is kept.
    pub(crate) file: Option<PathBuf>,
}

/// Keeps bytes in a file of their own. Dropped before it is closed, it leaves nothing behind.
pub(crate) struct Keeper {
    path: Option<PathBuf>,
    work: Option<Box<Work>>,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
}

struct Work {
    file: Option<File>,
    crc: crc_fast::Digest,
    md5: Option<Md5>,
    corrupt: bool,
    bytes: u64,
}

impl Work {
    fn take(&mut self, data: &[u8]) -> io::Result<()> {
        self.bytes += data.len() as u64;
        self.crc.update(data);
        if let Some(md5) = &mut self.md5 {
            md5.update(data);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        if std::mem::take(&mut self.corrupt) && !data.is_empty() {
            let mut wrong = data.to_vec();
            wrong[0] ^= 1;
            return file.write_all(&wrong);
        }
        file.write_all(data)
    }
}

impl Keeper {
    pub(crate) fn open(storage: Storage, path: PathBuf, faults: &[Fault]) -> Result<Self, Spilt> {
        let kept = storage == Storage::Files;
        let file = kept.then(|| File::create(&path)).transpose();
        Ok(Self {
            work: Some(Box::new(Work {
                file: file.map_err(|_| Spilt::DiskFull)?,
                crc: crc_fast::Digest::new(Crc32IsoHdlc),
                md5: kept.then(Md5::new),
                corrupt: faults.contains(&Fault::Corrupted),
                bytes: 0,
            })),
            path: kept.then_some(path),
            waiting: Vec::new(),
            waiting_bytes: 0,
        })
    }

    pub(crate) async fn put(&mut self, data: Bytes) -> Result<(), Spilt> {
        self.waiting_bytes += data.len();
        self.waiting.push(data);
        if self.waiting_bytes < BATCH {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Spilt> {
        self.waiting_bytes = 0;
        let pieces = std::mem::take(&mut self.waiting);
        let mut work = self.work.take().ok_or(Spilt::DiskFull)?;
        let done = tokio::task::spawn_blocking(move || {
            for piece in &pieces {
                work.take(piece)?;
            }
            io::Result::Ok(work)
        });
        let work = done.await.map_err(|_| Spilt::DiskFull)?;
        self.work = Some(work.map_err(|_| Spilt::DiskFull)?);
        Ok(())
    }

    pub(crate) async fn close(mut self) -> Result<Held, Spilt> {
        self.flush().await?;
        let work = self.work.take().ok_or(Spilt::DiskFull)?;
        Ok(Held {
            bytes: work.bytes,
            crc32: u32::try_from(work.crc.finalize()).unwrap_or(0),
            md5: work.md5.map(|md5| hex::encode(md5.finalize())),
            file: self.path.take(),
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}
