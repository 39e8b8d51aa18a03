//! Reads the body of a part and keeps it, with whatever goes wrong on the way.
//!
//! Always holds: memory in use does not grow with the part; a body that ends early leaves nothing behind; what is kept is exactly
//! what was sent, unless a fault says otherwise.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use md5::Md5;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::fault::Fault;
use super::state::Held;
use crate::listener::HangUp;
use crate::meter::Meter;

/// How long a stall without an end is held before the connection is dropped.
pub(crate) const STALL: Duration = Duration::from_mins(10);
/// Pieces on their way to the disk. A piece is what one read of the socket gave, at most about 400 KiB.
const PIECES: usize = 8;

/// What becomes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Each part is a file below the data directory.
    Files,
    /// Only digests are kept.
    Digests,
    /// Nothing is kept and nothing is computed: for measuring clients.
    Discard,
}

/// Why a body was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spilt {
    HungUp(HangUp),
    /// Nothing more is read; the connection is to be held for a while and dropped.
    Stalled,
    DiskFull,
}

pub(crate) struct Intake<'a> {
    pub(crate) storage: Storage,
    pub(crate) etag: bool,
    /// Where the part goes; unused unless `Files`.
    pub(crate) file: PathBuf,
    pub(crate) faults: &'a [Fault],
    pub(crate) meter: &'a Meter,
}

impl Intake<'_> {
    /// Reads `length` bytes. The caller moves the file into place: until then nothing counts.
    pub(crate) async fn take(
        &self,
        mut body: Incoming,
        length: u64,
        got: &mut u64,
    ) -> Result<Held, Spilt> {
        let mut trouble = Trouble::of(self.faults);
        let mut keeper = Keeper::open(self);
        trouble.at(*got).await?;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Spilt::HungUp(HangUp::Close)); // shorter than it said
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.meter.add(data.len() as u64);
            *got += data.len() as u64;
            keeper.put(data).await?;
            trouble.at(*got).await?;
        }
        if *got != length {
            return Err(Spilt::HungUp(HangUp::Close));
        }
        keeper.close(length).await
    }
}

/// The faults that strike while a body is read.
pub(crate) struct Trouble {
    began: Instant,
    bytes_per_second: Option<u64>,
    stall: Option<(u64, Option<u64>)>,
    reset: Option<u64>,
    full: Option<u64>,
}

impl Trouble {
    pub(crate) fn of(faults: &[Fault]) -> Self {
        let mut trouble = Self {
            began: Instant::now(),
            bytes_per_second: None,
            stall: None,
            reset: None,
            full: None,
        };
        for fault in faults {
            match *fault {
                Fault::Bandwidth { bytes_per_second } => {
                    trouble.bytes_per_second = Some(bytes_per_second);
                }
                Fault::Stall {
                    after_bytes,
                    for_ms,
                } => trouble.stall = Some((after_bytes, for_ms)),
                Fault::Reset { after_bytes } => trouble.reset = Some(after_bytes),
                Fault::DiskFull { after_bytes } => trouble.full = Some(after_bytes),
                _ => {}
            }
        }
        trouble
    }

    /// To be called whenever bytes have come; `got` is all of them.
    pub(crate) async fn at(&mut self, got: u64) -> Result<(), Spilt> {
        if self.reset.is_some_and(|after| got >= after) {
            return Err(Spilt::HungUp(HangUp::Reset));
        }
        if self.full.is_some_and(|after| got >= after) {
            return Err(Spilt::DiskFull);
        }
        if let Some((_, pause)) = self.stall.take_if(|(after, _)| got >= *after) {
            let Some(pause) = pause else {
                return Err(Spilt::Stalled);
            };
            sleep(Duration::from_millis(pause)).await;
        }
        if let Some(rate) = self.bytes_per_second {
            let takes = Duration::from_secs_f64(got as f64 / rate.max(1) as f64);
            sleep_until(self.began + takes).await;
        }
        Ok(())
    }
}

/// Writes and hashes on a thread of its own, so that the reactor only moves bytes.
struct Keeper {
    pieces: Option<mpsc::Sender<Piece>>,
    thread: Option<JoinHandle<io::Result<Option<Held>>>>,
}

enum Piece {
    Data(Bytes),
    /// All came. A channel that closes without it belongs to a request that ended early.
    End,
}

impl Keeper {
    fn open(intake: &Intake<'_>) -> Self {
        if intake.storage == Storage::Discard {
            return Self {
                pieces: None,
                thread: None,
            };
        }
        let (pieces, inbox) = mpsc::channel(PIECES);
        let (storage, file) = (intake.storage, intake.file.clone());
        let corrupted = intake.faults.contains(&Fault::Corrupted);
        let digest = Digesting {
            md5: intake.etag.then(Md5::new),
            sha256: (storage == Storage::Digests).then(Sha256::new),
        };
        Self {
            pieces: Some(pieces),
            thread: Some(tokio::task::spawn_blocking(move || {
                let path = (storage == Storage::Files).then_some(file.as_path());
                let kept = keep(inbox, path, digest, corrupted);
                if let (Ok(None) | Err(_), Some(path)) = (&kept, path) {
                    let _ = std::fs::remove_file(path);
                }
                kept
            })),
        }
    }

    async fn put(&mut self, data: Bytes) -> Result<(), Spilt> {
        match &self.pieces {
            // The thread ends early only when the disk refuses.
            Some(pieces) => pieces
                .send(Piece::Data(data))
                .await
                .map_err(|_| Spilt::DiskFull),
            None => Ok(()),
        }
    }

    async fn close(self, length: u64) -> Result<Held, Spilt> {
        let (Some(pieces), Some(thread)) = (self.pieces, self.thread) else {
            return Ok(Held {
                bytes: length,
                md5: None,
                sha256: None,
                file: None,
            });
        };
        pieces.send(Piece::End).await.map_err(|_| Spilt::DiskFull)?;
        match thread.await {
            Ok(Ok(Some(held))) => Ok(held),
            _ => Err(Spilt::DiskFull),
        }
    }
}

struct Digesting {
    md5: Option<Md5>,
    sha256: Option<Sha256>,
}

fn keep(
    mut inbox: mpsc::Receiver<Piece>,
    path: Option<&Path>,
    mut digest: Digesting,
    mut corrupt: bool,
) -> io::Result<Option<Held>> {
    let mut file = path.map(File::create).transpose()?;
    let mut bytes = 0;
    while let Some(piece) = inbox.blocking_recv() {
        let Piece::Data(mut data) = piece else {
            return Ok(Some(Held {
                bytes,
                md5: digest.md5.map(|md5| hex::encode(md5.finalize())),
                sha256: digest.sha256.map(|sha| hex::encode(sha.finalize())),
                file: path.map(Path::to_owned),
            }));
        };
        if !data.is_empty() && std::mem::take(&mut corrupt) {
            let mut wrong = data.to_vec();
            wrong[0] ^= 1;
            data = wrong.into();
        }
        bytes += data.len() as u64;
        if let Some(md5) = &mut digest.md5 {
            md5.update(&data);
        }
        if let Some(sha) = &mut digest.sha256 {
            sha.update(&data);
        }
        if let Some(file) = &mut file {
            file.write_all(&data)?;
        }
    }
    Ok(None)
}
