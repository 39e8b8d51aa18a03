//! What all requests share: the state behind its lock, the clock, the meter, the disk.
//!
//! Always holds: the lock is never held across an await.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::watch;

use super::builder::Builder;
use super::inspect::{self, AnswerSeen, Inspection};
use super::intake::Storage;
use super::state::State;
use super::videos::Encoding;
use crate::clock::Clock;
use crate::meter::Meter;

/// Answers kept for inspection.
const ANSWERS_KEPT: usize = 20_000;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) state: Mutex<State>,
    pub(crate) clock: Clock,
    pub(crate) meter: Meter,
    pub(crate) storage: Storage,
    pub(crate) root: PathBuf,
    /// Removes `root` when it was ours to make.
    pub(crate) _scratch: Option<TempDir>,
    pub(crate) encoding: Mutex<Encoding>,
    /// Counts what happened, for those who wait for something.
    pub(crate) happened: watch::Sender<u64>,
    /// What `reset` returns to.
    pub(crate) afresh: Builder,
}

impl World {
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
        inspect::look(&self.state.lock(), self.clock.now_ms(), self.meter.read())
    }

    /// A glance with the digests of complete files.
    pub(crate) async fn inspect(&self) -> Inspection {
        let mut seen = self.glance();
        for video in seen.videos.iter_mut().filter(|video| video.complete) {
            let files = inspect::files(&self.state.lock(), &video.id);
            let Some(files) = files.filter(|files| !files.is_empty()) else {
                continue;
            };
            let digest = tokio::task::spawn_blocking(move || sha256(&files)).await;
            video.sha256 = digest.ok().and_then(Result::ok);
        }
        seen
    }

    /// Videos, tokens, faults and counters are forgotten; the clock, the switches and the keys stay.
    pub(crate) fn reset(&self) {
        let mut state = self.state.lock();
        let (switches, serial) = (state.switches.clone(), state.serial);
        *state = self.afresh.state();
        state.switches = switches;
        state.serial = state.serial.max(serial);
        state.script.clear();
        drop(state);
        self.meter.forget();
        self.tell();
    }
}

fn sha256(files: &[PathBuf]) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    for path in files {
        let mut file = File::open(path)?;
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
