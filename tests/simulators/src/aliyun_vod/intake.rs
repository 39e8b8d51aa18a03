//! Reads the body of a part or an object and keeps it, with whatever goes wrong on the way.
//!
//! Always holds: memory in use does not grow with the part; a body that ends early leaves nothing behind.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::fault::Fault;
use super::state::Stored;
use crate::listener::HangUp;
use crate::meter::Meter;

/// How long a stall without an end is held before the connection is dropped.
const STALL: Duration = Duration::from_mins(10);
const PIECES: usize = 8;
const SMALL_MAX: usize = 4 << 20;
const DRAIN_MAX: u64 = 128 << 20;

/// What becomes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// Each part is a file below the data directory.
    Files,
    /// Only checksums are kept.
    Digests,
    /// Nothing is kept and nothing is computed: for measuring clients.
    Discard,
}

pub(crate) struct Taken {
    pub(crate) stored: Stored,
    pub(crate) md5_base64: String,
}

/// Reads a body to its end. `None` when it was shorter than it said.
pub(crate) async fn take(
    mut body: Incoming,
    storage: Storage,
    file: PathBuf,
    faults: &[Fault],
    meter: &Meter,
    got: &mut u64,
) -> Result<Option<Taken>, HangUp> {
    let (pieces, inbox) = mpsc::channel(PIECES);
    let corrupt = faults.contains(&Fault::Corrupted);
    let keeper = tokio::task::spawn_blocking(move || keep(inbox, storage, &file, corrupt));
    trouble(faults, *got).await?;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Ok(None);
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        meter.add(data.len() as u64);
        *got += data.len() as u64;
        if pieces.send(Some(data)).await.is_err() {
            return Err(HangUp::Close); // the disk refused
        }
        trouble(faults, *got).await?;
    }
    let _ = pieces.send(None).await;
    match keeper.await {
        Ok(Ok(taken)) => Ok(taken),
        _ => Err(HangUp::Close),
    }
}

async fn trouble(faults: &[Fault], got: u64) -> Result<(), HangUp> {
    for fault in faults {
        match fault {
            Fault::Reset { after_bytes } if got >= *after_bytes => return Err(HangUp::Reset),
            Fault::Stall {
                after_bytes,
                for_ms,
            } if got >= *after_bytes => {
                let Some(ms) = for_ms else {
                    sleep(STALL).await;
                    return Err(HangUp::Close);
                };
                sleep(Duration::from_millis(*ms)).await;
            }
            _ => {}
        }
    }
    Ok(())
}

fn keep(
    mut inbox: mpsc::Receiver<Option<Bytes>>,
    storage: Storage,
    path: &PathBuf,
    mut corrupt: bool,
) -> io::Result<Option<Taken>> {
    let mut file = match storage {
        Storage::Files => Some(File::create(path)?),
        _ => None,
    };
    let computes = storage != Storage::Discard;
    let mut md5 = Md5::new();
    let mut crc64 = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Xz);
    let mut bytes = 0;
    while let Some(piece) = inbox.blocking_recv() {
        let Some(mut data) = piece else {
            let digest = md5.finalize();
            return Ok(Some(Taken {
                stored: Stored {
                    bytes,
                    md5: hex::encode_upper(digest),
                    crc64: computes.then(|| crc64.finalize()),
                    file: file.map(|_| path.clone()),
                },
                md5_base64: if computes {
                    super::encode::base64(&digest)
                } else {
                    String::new()
                },
            }));
        };
        if !data.is_empty() && std::mem::take(&mut corrupt) {
            let mut wrong = data.to_vec();
            wrong[0] ^= 1;
            data = wrong.into();
        }
        bytes += data.len() as u64;
        if computes {
            md5.update(&data);
            crc64.update(&data);
        }
        if let Some(file) = &mut file {
            file.write_all(&data)?;
        }
    }
    if file.is_some() {
        let _ = std::fs::remove_file(path);
    }
    Ok(None)
}

/// A small body, whole.
pub(crate) async fn small(mut body: Incoming) -> Result<Bytes, HangUp> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| HangUp::Close)?;
        if let Some(data) = frame.data_ref() {
            whole.extend_from_slice(data);
        }
        if whole.len() > SMALL_MAX {
            return Err(HangUp::Close);
        }
    }
    Ok(whole.freeze())
}

/// Reads a body nobody wants, so that its sender hears the refusal instead of a reset.
pub(crate) async fn drain(mut body: Incoming, meter: &Meter, got: &mut u64) {
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
            *got += bytes;
            meter.add(bytes);
            if *got > DRAIN_MAX {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(10), reading).await;
}
