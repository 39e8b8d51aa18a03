//! What all requests share: the state behind its lock, the clock, the meter, the disk.
//!
//! Always holds: the lock is never held across an await.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::watch;

use super::Consent;
use super::inspect::{self, AnswerSeen, Inspection};
use super::intake::Storage;
use super::manuscripts::Rules;
use super::review::Review;
use super::state::{Held, Merged, State};
use crate::clock::Clock;
use crate::meter::Meter;

/// Answers kept for inspection.
const ANSWERS_KEPT: usize = 20_000;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) state: Mutex<State>,
    /// Of every user, as first issued.
    pub(crate) credentials: serde_json::Value,
    /// What `reset` returns to.
    pub(crate) afresh: Box<dyn Afresh>,
    pub(crate) clock: Clock,
    pub(crate) meter: Meter,
    pub(crate) storage: Storage,
    pub(crate) root: PathBuf,
    /// Removes `root` when it was ours to make.
    pub(crate) _scratch: Option<TempDir>,
    pub(crate) review: Mutex<Review>,
    pub(crate) spacing: Mutex<Duration>,
    pub(crate) consent: Mutex<(Consent, usize)>,
    /// Counts what happened, for those who wait for something.
    pub(crate) happened: watch::Sender<u64>,
    pub(crate) merging: tokio::sync::Mutex<()>,
}

/// Makes the state as it was at the start.
pub(crate) trait Afresh: Send + Sync + std::fmt::Debug {
    fn state(&self) -> State;
}

impl World {
    pub(crate) fn rules(&self, lag_ms: i64) -> Rules {
        Rules {
            review: *self.review.lock(),
            spacing: *self.spacing.lock(),
            now_ms: self.clock.now_ms(),
            lag_ms,
        }
    }

    /// Uploads, manuscripts, faults and counters are forgotten; the clock, the profile and the credentials stay.
    pub(crate) fn reset(&self) {
        let mut state = self.state.lock();
        let switches = state.switches.clone();
        // Ids go on, so that a late part of an old upload cannot fall into a new one.
        let serial = state.serial;
        let folders: Vec<PathBuf> = state
            .uploads
            .iter()
            .map(|u| self.folder(&u.token))
            .collect();
        *state = self.afresh.state();
        state.switches = switches;
        state.serial = state.serial.max(serial);
        state.script.clear();
        drop(state);
        for folder in folders {
            let _ = fs::remove_dir_all(folder);
        }
        self.meter.forget();
        self.tell();
    }

    pub(crate) fn tell(&self) {
        self.happened.send_modify(|count| *count += 1);
    }

    pub(crate) fn record(&self, seen: AnswerSeen) {
        let record = &mut self.state.lock().record;
        if record.answers.len() >= ANSWERS_KEPT {
            let older = ANSWERS_KEPT / 2;
            record.answers.drain(..older);
            record.answers_dropped += older as u64;
        }
        record.answers.push(seen);
    }

    pub(crate) fn glance(&self) -> Inspection {
        inspect::look(
            &self.state.lock(),
            &self.review.lock(),
            self.clock.now_ms(),
            self.meter.read(),
        )
    }

    /// Merges on disk whatever has been completed since the last look, so that its digest can be told.
    pub(crate) async fn merge(&self) {
        let _one_at_a_time = self.merging.lock().await;
        loop {
            let next = {
                let state = self.state.lock();
                state
                    .uploads
                    .iter()
                    .find(|u| {
                        u.completed
                            && u.merged.is_none()
                            && u.parts.values().all(|p| p.file.is_some())
                    })
                    .map(|u| {
                        (
                            u.token.clone(),
                            u.parts.values().cloned().collect::<Vec<_>>(),
                        )
                    })
            };
            let Some((token, parts)) = next else {
                return;
            };
            let target = self.folder(&token).join("merged");
            let path = target.clone();
            let merged = tokio::task::spawn_blocking(move || merge(&parts, &path)).await;
            let mut state = self.state.lock();
            let Some(upload) = state.upload(&token) else {
                continue;
            };
            for part in upload.parts.values_mut() {
                part.file = None;
            }
            upload.merged = match merged {
                Ok(Ok((bytes, sha256))) => Some(Merged {
                    bytes,
                    sha256,
                    file: target,
                }),
                _ => None,
            };
        }
    }

    pub(crate) fn folder(&self, token: &str) -> PathBuf {
        self.root.join(token)
    }

    /// A file for a part under way; nobody else writes to it.
    pub(crate) fn under_way(&self, token: &str, part: u32, serial: u64) -> io::Result<PathBuf> {
        let folder = self.folder(token);
        if self.storage == Storage::Files {
            fs::create_dir_all(&folder)?;
        }
        Ok(folder.join(format!("part-{part:05}.{serial}")))
    }

    /// Moves a part to its place over an earlier one.
    pub(crate) fn place(&self, token: &str, part: u32, mut held: Held) -> Option<Held> {
        if let Some(file) = &mut held.file {
            let place = self.folder(token).join(format!("part-{part:05}"));
            fs::rename(&*file, &place).ok()?;
            *file = place;
        }
        Some(held)
    }
}

fn merge(parts: &[Held], target: &Path) -> io::Result<(u64, String)> {
    let mut merged = File::create(target)?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 1024 * 1024];
    for path in parts.iter().filter_map(|part| part.file.as_ref()) {
        let mut part = File::open(path)?;
        loop {
            let got = part.read(&mut buffer)?;
            if got == 0 {
                break;
            }
            hash.update(&buffer[..got]);
            merged.write_all(&buffer[..got])?;
            bytes += got as u64;
        }
        fs::remove_file(path)?;
    }
    Ok((bytes, hex::encode(hash.finalize())))
}
