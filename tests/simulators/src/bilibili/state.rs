//! What the platform knows: apps, users, tokens, uploads, manuscripts.
//!
//! Knows nothing of HTTP. Ids come from the seed and a counter, so that a run can be repeated to the letter.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::categories::Category;
use super::fault::Script;
use super::inspect::{AnswerSeen, Submission};
use super::manuscripts::Manuscript;
use super::switches::Switches;
use crate::clock::millis;

/// Source: invented, none is published; the client is told in `expires_in`.
const ACCESS_LIFE: Duration = Duration::from_hours(30 * 24);
const REFRESH_LIFE: Duration = Duration::from_hours(60 * 24);
const CODE_LIFE: Duration = Duration::from_mins(10);

pub(crate) const SCOPES: [&str; 4] = ["USER_INFO", "USER_DATA", "ARC_BASE", "ARC_DATA"];

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) switches: Switches,
    pub(crate) script: Script,
    pub(crate) apps: Vec<App>,
    pub(crate) users: Vec<User>,
    pub(crate) codes: HashMap<String, Grant>,
    pub(crate) access: HashMap<String, Grant>,
    pub(crate) refresh: HashMap<String, Grant>,
    pub(crate) nonces: HashMap<String, i64>,
    pub(crate) uploads: Vec<Upload>,
    pub(crate) covers: HashMap<String, Cover>,
    pub(crate) manuscripts: Vec<Manuscript>,
    pub(crate) categories: Vec<Category>,
    /// Grants given and taken since the last webhook: event, app, user.
    pub(crate) grants_changed: Vec<(&'static str, String, usize)>,
    pub(crate) quota_until: Option<(i64, i64)>,
    pub(crate) record: Record,
    pub(crate) seed: u64,
    pub(crate) serial: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) secret: String,
    pub(crate) scopes: BTreeSet<String>,
    /// Hosts a consent may return to.
    pub(crate) callbacks: Vec<String>,
}

/// A person on the platform and how the platform looks on them.
#[derive(Clone, Debug)]
pub struct User {
    pub(crate) openid: String,
    pub(crate) name: String,
    /// A formal member; others may submit five manuscripts a day.
    pub formal: bool,
    /// At 0 nothing can be submitted.
    pub level: u32,
    /// Every submission wants a picture puzzle solved first.
    pub captcha: bool,
    /// On the app's list of accounts.
    pub listed: bool,
    /// What the user has granted to the app.
    pub granted: BTreeSet<String>,
    pub(crate) at_once: Gauge,
    pub(crate) submissions: Vec<Submission>,
}

/// What a code or token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) user: usize,
    pub(crate) expires_ms: i64,
    pub(crate) used: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gauge {
    pub(crate) now: u32,
    pub(crate) most: u32,
}

impl Gauge {
    pub(crate) fn enter(&mut self) {
        self.now += 1;
        self.most = self.most.max(self.now);
    }

    pub(crate) fn leave(&mut self) {
        self.now = self.now.saturating_sub(1);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadType {
    Multipart,
    Small,
}

#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) utype: UploadType,
    pub(crate) client_id: String,
    pub(crate) user: usize,
    pub(crate) from_ms: i64,
    pub(crate) ended: bool,
    pub(crate) parts: BTreeMap<u32, Held>,
    pub(crate) seen: BTreeMap<u32, SeenPart>,
    pub(crate) at_once: Gauge,
    pub(crate) completed: bool,
    pub(crate) consumed: bool,
    pub(crate) add_calls: u32,
    pub(crate) complete_calls: u32,
    pub(crate) late_parts: u32,
    pub(crate) merged: Option<Merged>,
}

/// A part as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) bytes: u64,
    pub(crate) md5: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) file: Option<PathBuf>,
}

/// How often a part was tried.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SeenPart {
    pub(crate) begun: u32,
    pub(crate) landed: u32,
    pub(crate) bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Merged {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) file: PathBuf,
}

#[derive(Clone, Debug)]
pub(crate) struct Cover {
    pub(crate) user: usize,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// What a test may ask about and the platform itself would not remember.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) answers: Vec<AnswerSeen>,
    pub(crate) answers_dropped: u64,
    pub(crate) nonce_reuses: u32,
    pub(crate) refresh_reuses: u32,
    pub(crate) secrets_at_upload_host: u32,
    pub(crate) multipart_at_upload_host: u32,
    pub(crate) generation_1_calls: u32,
    pub(crate) webhooks: Vec<super::inspect::WebhookSeen>,
}

impl State {
    /// 32 hex characters nobody was given before.
    pub(crate) fn fresh(&mut self, what: &str) -> String {
        self.serial += 1;
        token(self.seed, what, self.serial)
    }

    pub(crate) fn app(&self, client_id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.client_id == client_id)
    }

    pub(crate) fn upload(&mut self, token: &str) -> Option<&mut Upload> {
        self.uploads.iter_mut().rev().find(|u| u.token == token)
    }

    /// The upload of a token that still counts.
    pub(crate) fn live_upload(&mut self, token: &str, now_ms: i64) -> Option<&mut Upload> {
        let life = millis(self.switches.upload_token_life());
        let extends = self.switches.upload_token_extends;
        let upload = self.upload(token)?;
        if upload.ended || now_ms >= upload.from_ms + life {
            return None;
        }
        if extends {
            upload.from_ms = now_ms;
        }
        Some(upload)
    }

    pub(crate) fn issue_code(&mut self, client_id: &str, user: usize, now_ms: i64) -> String {
        let code = self.fresh("code");
        self.codes
            .insert(code.clone(), Grant::new(client_id, user, now_ms, CODE_LIFE));
        code
    }

    /// A new pair: access token, refresh token and when the first ends, in milliseconds.
    pub(crate) fn issue_pair(
        &mut self,
        client_id: &str,
        user: usize,
        now_ms: i64,
    ) -> (String, String, i64) {
        let access = self.fresh("access");
        // The documents show 32 letters and digits.
        let refresh = letters(&self.fresh("refresh"), 32);
        let grant = Grant::new(client_id, user, now_ms, ACCESS_LIFE);
        let expires_ms = grant.expires_ms;
        self.access.insert(access.clone(), grant);
        self.refresh.insert(
            refresh.clone(),
            Grant::new(client_id, user, now_ms, REFRESH_LIFE),
        );
        (access, refresh, expires_ms)
    }

    /// Takes back every token of a user.
    pub(crate) fn revoke(&mut self, user: usize) {
        let client_id = self.apps[0].client_id.clone();
        self.grants_changed.push(("deauthorize", client_id, user));
        self.access.retain(|_, grant| grant.user != user);
        self.refresh.retain(|_, grant| grant.user != user);
    }
}

impl Grant {
    fn new(client_id: &str, user: usize, now_ms: i64, life: Duration) -> Self {
        Self {
            client_id: client_id.into(),
            user,
            expires_ms: now_ms + millis(life),
            used: false,
        }
    }
}

/// 32 hex characters that depend on nothing but the arguments.
pub(crate) fn token(seed: u64, what: &str, serial: u64) -> String {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(serial.to_le_bytes());
    hash.update(what.as_bytes());
    hex::encode(&hash.finalize()[..16])
}

/// `count` letters and digits made from `of`.
pub(crate) fn letters(of: &str, count: usize) -> String {
    const ALPHABET: &[u8; 58] = b"FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf";
    Sha256::digest(of.as_bytes())
        .iter()
        .cycle()
        .take(count)
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}
