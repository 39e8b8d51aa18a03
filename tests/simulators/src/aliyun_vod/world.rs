//! A platform at work: its state, its clock, its disk.

use std::io::{self, Read};
use std::path::PathBuf;

use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::callbacks::Callback;
use super::inspect::{self, Inspection, JobSeen, MediaSeen, ObjectSeen, UploadSeen};
use super::intake::Storage;
use super::state::{Object, State};
use super::{Credentials, Pace};
use crate::clock::Clock;
use crate::meter::Meter;

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) meter: Meter,
    pub(crate) storage: Storage,
    pub(crate) root: PathBuf,
    pub(crate) _scratch: Option<tempfile::TempDir>,
    pub(crate) pace: Mutex<Pace>,
    pub(crate) happened: watch::Sender<u64>,
    pub(crate) state: Mutex<State>,
    pub(crate) credentials: Credentials,
    pub(crate) url: std::sync::OnceLock<String>,
    pub(crate) callback: Option<Callback>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    pub(crate) fn tell(&self) {
        self.happened.send_modify(|count| *count += 1);
    }

    pub(crate) fn url(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    pub(crate) fn told(&self) -> Value {
        let mut told = json!(self.credentials);
        told["url"] = json!(self.url());
        told["region"] = json!(super::state::REGION);
        told
    }

    /// Everything that was received; with the digests of objects when `whole`.
    pub(crate) fn look(&self, whole: bool) -> Inspection {
        let state = self.state.lock();
        let (pace, now_ms) = (*self.pace.lock(), self.clock.now_ms());
        let seen = |object: &Object| ObjectSeen {
            bytes: object.bytes,
            crc64: object.crc64,
            multipart: object.multipart,
            times: object.times,
            sha256: (whole && !object.files.is_empty()).then(|| sha256(object).unwrap_or_default()),
        };
        Inspection {
            media: state
                .media
                .iter()
                .map(|media| MediaSeen {
                    id: media.id.clone(),
                    kind: inspect::kind(media.kind),
                    params: media.params.clone(),
                    status: media.status(pace, now_ms),
                    bucket: media.bucket.clone(),
                    key: media.key.clone(),
                    renewals: media.renewals,
                    deleted: media.deleted,
                    object: state
                        .objects
                        .get(&(media.bucket.clone(), media.key.clone()))
                        .map(seen),
                })
                .collect(),
            uploads: state
                .uploads
                .iter()
                .map(|upload| UploadSeen {
                    id: upload.id.clone(),
                    key: upload.key.clone(),
                    standing: inspect::standing(upload.standing),
                    parts: upload
                        .parts
                        .iter()
                        .map(|(n, part)| (*n, part.bytes))
                        .collect(),
                    sent: upload.sent.clone(),
                    bytes_sent: upload.bytes_sent,
                    received: upload.received.clone(),
                })
                .collect(),
            jobs: state
                .jobs
                .iter()
                .map(|job| JobSeen {
                    id: job.id.clone(),
                    url: job.url.clone(),
                    media: job.media.clone(),
                    status: job.status(pace, now_ms),
                    cancelled: job.cancelled,
                })
                .collect(),
            callbacks: state.callbacks.clone(),
            answers: state.answers.clone(),
            secrets_at_storage: state.secrets_at_storage,
            received_bytes: self.meter.total(),
        }
    }
}

fn sha256(object: &Object) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    for path in &object.files {
        let mut file = std::fs::File::open(path)?;
        loop {
            let got = file.read(&mut buffer)?;
            if got == 0 {
                break;
            }
            hash.update(&buffer[..got]);
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// All bytes of an object, for those that read it back.
pub(crate) fn bytes_of(object: &Object) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    for path in &object.files {
        std::fs::File::open(path)?.read_to_end(&mut all)?;
    }
    Ok(all)
}
