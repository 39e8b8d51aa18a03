//! What the platform knows: accounts, videos, handles of blocks, stored files. And what all requests share.
//!
//! Always holds: the lock is never held across an await; a handle belongs to one generation of one block, and only the latest of it may be used.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::watch;

use super::call::Call;
use super::etag::Etag;
use super::fault::Script;
use super::inspect::AnswerSeen;
use super::intake::Storage;
use super::switches::Switches;
use crate::clock::Clock;
use crate::meter::Meter;

/// Answers kept for inspection.
const ANSWERS_KEPT: usize = 20_000;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) meter: Meter,
    pub(crate) storage: Storage,
    pub(crate) root: PathBuf,
    pub(crate) _scratch: Option<TempDir>,
    pub(crate) happened: watch::Sender<u64>,
    pub(crate) url: std::sync::OnceLock<String>,
    pub(crate) state: Mutex<State>,
    /// As it was at the start.
    pub(crate) first: Box<State>,
    pub(crate) credentials: Value,
}

#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    /// May use the video API at all.
    pub(crate) permitted: bool,
    pub(crate) categories: Vec<Category>,
    pub(crate) workflows: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Category {
    pub(crate) id: i64,
    pub(crate) parent: i64,
    pub(crate) name: String,
}

/// A video, from the moment a place was given for it.
#[derive(Clone, Debug)]
pub(crate) struct Video {
    pub(crate) id: String,
    pub(crate) account: usize,
    pub(crate) key: String,
    /// As asked for last.
    pub(crate) asked: BTreeMap<String, String>,
    pub(crate) places_given: u32,
    pub(crate) created_ms: i64,
    pub(crate) stored_ms: Option<i64>,
    /// When the video service was told: it lists from then on.
    pub(crate) told_ms: Option<i64>,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) edits: BTreeMap<String, String>,
    pub(crate) masked: bool,
    pub(crate) deleted: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) size: u64,
    pub(crate) scope: String,
    pub(crate) generation: u64,
    /// The latest handle.
    pub(crate) ctx: String,
    pub(crate) offset: u64,
    pub(crate) chunks: Vec<PathBuf>,
    pub(crate) since_ms: i64,
    /// The chunk that came last, for its repetition: handle and offset it was sent with, MD5, answer.
    pub(crate) last: Option<(String, u64, Option<String>, Value)>,
}

/// What was sent for a block, whatever became of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) begun: u32,
    pub(crate) chunks: u32,
    pub(crate) bytes: u64,
    /// Acknowledged last, also when it has been joined since.
    pub(crate) held: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) bytes: u64,
    pub(crate) etag: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) file: Option<PathBuf>,
    /// How often it was stored.
    pub(crate) times: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) switches: Switches,
    pub(crate) script: Script,
    pub(crate) accounts: Vec<Account>,
    pub(crate) storage_keys: (String, String),
    pub(crate) bucket: String,
    pub(crate) used: HashMap<(String, String), i64>,
    pub(crate) calls: HashMap<(usize, Call), VecDeque<i64>>,
    /// Account and file id, to the number of the video.
    pub(crate) resumable: HashMap<(usize, String), usize>,
    pub(crate) videos: Vec<Video>,
    /// Every token that was given, and those that are refused.
    pub(crate) tokens: HashSet<String>,
    pub(crate) revoked: HashSet<String>,
    /// A handle, to batch, index and generation of its block.
    pub(crate) handles: HashMap<String, (String, u64, u64)>,
    pub(crate) blocks: HashMap<(String, u64), Block>,
    pub(crate) sent: BTreeMap<(String, u64), Sent>,
    pub(crate) objects: BTreeMap<String, Object>,
    /// Batch and list of handles, to the answer.
    pub(crate) joined: HashMap<(String, String), Value>,
    pub(crate) at_once: u32,
    pub(crate) record: Record,
    pub(crate) seed: u64,
    pub(crate) serial: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) answers: Vec<AnswerSeen>,
    pub(crate) replays: u32,
    pub(crate) secrets_at_upload_host: u32,
    pub(crate) at_once_most: u32,
}

impl State {
    /// A word nobody has had so far, 32 hex digits.
    pub(crate) fn fresh(&mut self, what: &str) -> String {
        self.serial += 1;
        token(self.seed, what, self.serial)
    }

    /// Every token of this moment is refused from now on.
    pub(crate) fn revoke(&mut self) {
        self.revoked.clone_from(&self.tokens);
    }

    pub(crate) fn forget_handle(&mut self, ctx: &str) {
        if let Some((batch, index, _)) = self.handles.remove(ctx) {
            self.blocks.remove(&(batch, index));
        }
    }

    /// Drops what was never joined and is too old.
    pub(crate) fn purge(&mut self, now_ms: i64) {
        let ttl_ms = i64::try_from(self.switches.ctx_ttl_s).unwrap_or(i64::MAX / 1000) * 1000;
        let old: Vec<String> = self
            .blocks
            .values()
            .filter(|block| now_ms - block.since_ms >= ttl_ms)
            .map(|block| block.ctx.clone())
            .collect();
        for ctx in &old {
            self.forget_handle(ctx);
        }
    }
}

/// The same seed, name and number give the same word.
pub(crate) fn token(seed: u64, what: &str, number: u64) -> String {
    let hash = Sha256::digest(format!("wangsu {seed} {what} {number}"));
    hex::encode(&hash[..16])
}

impl World {
    /// Tells whoever waits that a request has ended.
    pub(crate) fn tell(&self) {
        self.happened.send_modify(|n| *n += 1);
    }

    pub(crate) fn record(&self, seen: AnswerSeen) {
        let answers = &mut self.state.lock().record.answers;
        if answers.len() >= ANSWERS_KEPT {
            answers.remove(0);
        }
        answers.push(seen);
    }

    /// Forgets everything that was sent and every fault.
    pub(crate) fn reset(&self) {
        let mut state = self.state.lock();
        let switches = state.switches.clone();
        *state = (*self.first).clone();
        state.script.clear();
        state.switches = switches;
        drop(state);
        self.meter.forget();
        self.tell();
    }
}

/// Joins chunks into a stored file and takes its hashes.
pub(crate) fn join(chunks: &[PathBuf], target: &Path) -> io::Result<(u64, String, String)> {
    let mut whole = File::create(target)?;
    let (mut etag, mut sha256, mut bytes) = (Etag::default(), Sha256::new(), 0);
    let mut buffer = vec![0; 1024 * 1024];
    for path in chunks {
        let mut chunk = File::open(path)?;
        loop {
            let got = chunk.read(&mut buffer)?;
            if got == 0 {
                break;
            }
            etag.update(&buffer[..got]);
            sha256.update(&buffer[..got]);
            whole.write_all(&buffer[..got])?;
            bytes += got as u64;
        }
    }
    for path in chunks {
        fs::remove_file(path)?;
    }
    Ok((bytes, etag.finish(), hex::encode(sha256.finalize())))
}
