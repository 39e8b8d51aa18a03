//! What the platform knows: keys, tokens, videos, and the record of what came.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::call::Kind;
use super::container::Source;
use super::fault::Script;
use super::inspect::{AnswerSeen, PartSeen};
use super::switches::Switches;

/// An empty or unfinished container lives so long.
const UNFINISHED_MS: i64 = 7 * 24 * 3_600_000;
/// Everything in the sandbox lives so long.
const SANDBOX_MS: i64 = 24 * 3_600_000;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) switches: Switches,
    pub(crate) script: Script,
    pub(crate) sandbox: bool,
    pub(crate) api_key: String,
    /// Good in the other environment only.
    pub(crate) other_key: String,
    pub(crate) suspended: bool,
    /// Access tokens and their ends.
    pub(crate) bearers: HashMap<String, i64>,
    /// Refresh tokens and whether they were used.
    pub(crate) refreshes: HashMap<String, bool>,
    pub(crate) upload_tokens: Vec<UploadToken>,
    pub(crate) videos: Vec<Video>,
    pub(crate) windows: HashMap<Kind, (i64, u32)>,
    pub(crate) record: Record,
    pub(crate) seed: u64,
    pub(crate) serial: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) answers: Vec<AnswerSeen>,
    pub(crate) answers_dropped: u64,
    pub(crate) keys_beside_upload_tokens: u32,
    pub(crate) refresh_reuses: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct UploadToken {
    pub(crate) token: String,
    pub(crate) ttl_s: i64,
    pub(crate) created_ms: i64,
    /// `None`: until it is deleted.
    pub(crate) expires_ms: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Media {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Caption {
    pub(crate) media: Media,
    pub(crate) default: bool,
}

#[derive(Debug)]
pub(crate) struct Video {
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    /// As created and patched.
    pub(crate) fields: Map<String, Value>,
    pub(crate) source: Source,
    /// Made or first filled by this token.
    pub(crate) token: Option<String>,
    pub(crate) seen: BTreeMap<u64, PartSeen>,
    pub(crate) at_once: (u32, u32),
    pub(crate) thumbnail: Option<Media>,
    pub(crate) timecode: Option<String>,
    pub(crate) captions: BTreeMap<String, Caption>,
    pub(crate) patches: u32,
    pub(crate) looked_at: u32,
}

impl State {
    /// A word nobody can guess, the same for the same seed.
    pub(crate) fn fresh(&mut self, what: &str) -> String {
        self.serial += 1;
        word(self.seed, what, self.serial)
    }

    pub(crate) fn video(&mut self, id: &str) -> Option<&mut Video> {
        self.videos.iter_mut().find(|video| video.id == id)
    }

    pub(crate) fn upload_token(&self, token: &str, now_ms: i64) -> Option<&UploadToken> {
        self.upload_tokens
            .iter()
            .find(|known| known.token == token)
            .filter(|known| known.is_good(now_ms))
    }

    /// Forgets what the platform would have removed by now.
    pub(crate) fn sweep(&mut self, now_ms: i64) {
        let sandbox = self.sandbox;
        self.videos.retain(|video| {
            let age = now_ms - video.created_ms;
            (video.source.is_complete() || age < UNFINISHED_MS) && (!sandbox || age < SANDBOX_MS)
        });
    }

    pub(crate) fn open(&mut self, fields: Map<String, Value>, now_ms: i64) -> &mut Video {
        let id = format!("vi{}", &self.fresh("video")[..22]);
        self.videos.push(Video {
            id,
            created_ms: now_ms,
            updated_ms: now_ms,
            fields,
            source: Source::default(),
            token: None,
            seen: BTreeMap::new(),
            at_once: (0, 0),
            thumbnail: None,
            timecode: None,
            captions: BTreeMap::new(),
            patches: 0,
            looked_at: 0,
        });
        self.videos.last_mut().expect("it was just made")
    }
}

impl UploadToken {
    pub(crate) fn is_good(&self, now_ms: i64) -> bool {
        self.expires_ms.is_none_or(|at| now_ms < at)
    }
}

pub(crate) fn word(seed: u64, what: &str, serial: u64) -> String {
    hex::encode(Sha256::digest(format!("{seed} {what} {serial}")))
}
