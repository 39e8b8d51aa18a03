//! What all hosts remember, behind one lock.
//!
//! Always holds: the lock is never held across an await.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::call::Call;
use super::fault::{Fault, Script};
use super::keys::SigningKey;
use super::oauth::Oauth;

/// Answers kept for inspection.
pub(crate) const ANSWERS_KEPT: usize = 20_000;

/// What is not established about the service, or is set per test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// The five multipart methods are served.
    pub multipart: bool,
    /// `uploadVideo` answers in the lexicon's form instead of the bare one.
    pub wrapped: bool,
    /// Size of parts that the service picks.
    pub part_bytes: u64,
    /// Largest file.
    pub file_max_bytes: u64,
    /// Multipart uploads of one account that may be open.
    pub open_uploads_max: usize,
    /// How long a multipart upload stays open.
    pub upload_life_s: i64,
    /// `getJobStatus` refuses a token that has ended.
    pub job_token_checked: bool,
    /// Every state is shown; otherwise a job ends at the first look.
    pub slow_jobs: bool,
    /// Session answers carry the DID document.
    pub did_doc_with_session: bool,
    /// A second factor is asked for when signing in.
    pub second_factor: Option<String>,
    /// Blobs larger than this are refused by the server.
    pub blob_max_bytes: u64,
    /// What the authorization server does when asked for consent.
    pub consent_refused: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            multipart: true,
            wrapped: false,
            part_bytes: 8 << 20,
            file_max_bytes: 300_000_000,
            open_uploads_max: 4,
            upload_life_s: 24 * 3600,
            job_token_checked: true,
            slow_jobs: false,
            did_doc_with_session: true,
            second_factor: None,
            blob_max_bytes: 314_572_800,
            consent_refused: false,
        }
    }
}

/// An account of the server that stands here.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) did: String,
    pub(crate) handle: String,
    pub(crate) email: String,
    pub(crate) email_confirmed: bool,
    pub(crate) password: String,
    /// Revoked ones are taken out.
    pub(crate) app_passwords: Vec<String>,
    pub(crate) key: SigningKey,
    pub(crate) taken_down: bool,
    pub(crate) blobs: HashMap<String, Blob>,
    pub(crate) records: BTreeMap<(String, String), (String, Value)>,
    pub(crate) commits: u64,
    /// When it signed in, on the virtual clock.
    pub(crate) sign_ins: Vec<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Blob {
    pub(crate) mime: String,
    pub(crate) size: u64,
    pub(crate) bytes: Bytes,
}

/// How the video service sees an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    pub remaining_videos: i64,
    /// 64 bits are needed.
    pub remaining_bytes: i64,
    /// Why it may not upload: the code and the words.
    pub refusal: Option<(String, String)>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            remaining_videos: 100,
            remaining_bytes: 40_000_000_000,
            refusal: None,
        }
    }
}

/// A token of a session made by password.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) account: usize,
    pub(crate) expires_s: i64,
    pub(crate) app: bool,
    /// The password it came from: revoking that ends its refreshing.
    pub(crate) password: String,
    /// Of a refresh token: its successor and when that was given.
    pub(crate) successor: Option<(String, i64)>,
    pub(crate) revoked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    Created,
    Finishing,
    Completed,
    Failed,
    Aborted,
    Expired,
}

/// A multipart upload.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) job: String,
    pub(crate) did: String,
    pub(crate) name: String,
    pub(crate) mime: String,
    pub(crate) size: u64,
    pub(crate) part_bytes: u64,
    pub(crate) parts: BTreeMap<u32, Held>,
    /// Bytes received for each part, repetitions included.
    pub(crate) sent: BTreeMap<u32, u64>,
    pub(crate) expires_s: i64,
    pub(crate) state: UploadState,
    pub(crate) completed: Option<String>,
    /// Calls that still find it finishing.
    pub(crate) finishing: u32,
}

impl Upload {
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part_bytes)).unwrap_or(u32::MAX)
    }

    pub(crate) fn part_len(&self, number: u32) -> u64 {
        let before = u64::from(number - 1) * self.part_bytes;
        self.part_bytes.min(self.size - before)
    }
}

/// Bytes that were received; none are kept when they are thrown away.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) size: u64,
    pub(crate) bytes: Option<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Whole,
    Parts,
}

/// A video on its way through the service.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) did: String,
    pub(crate) name: String,
    pub(crate) mime: String,
    pub(crate) way: Way,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) bytes: Option<Bytes>,
    /// The client's own, for the service's upload to the server.
    pub(crate) token: String,
    pub(crate) step: usize,
    pub(crate) blob: Option<Value>,
    pub(crate) failed: Option<Failed>,
    pub(crate) faults: Vec<Fault>,
    /// Somebody is at its upload to the server.
    pub(crate) busy: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(crate) error: String,
    pub(crate) message: String,
    pub(crate) code: Option<String>,
}

/// A request that was answered, or hung up on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerSeen {
    pub at_ms: i64,
    pub call: Call,
    pub part: Option<u32>,
    /// 0 when there was no answer.
    pub http: u16,
    pub error: Option<String>,
    pub received_bytes: u64,
    pub faults: Vec<Fault>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) accounts: Vec<Account>,
    pub(crate) people: HashMap<String, Person>,
    pub(crate) access: HashMap<String, Grant>,
    pub(crate) refresh: HashMap<String, Grant>,
    pub(crate) oauth: Oauth,
    pub(crate) uploads: Vec<Upload>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) script: Script,
    pub(crate) switches: Switches,
    pub(crate) answers: Vec<AnswerSeen>,
    /// Service tokens that a fault has ended.
    pub(crate) ended_tokens: HashSet<String>,
    pub(crate) seed: u64,
    pub(crate) serial: u64,
}

impl State {
    /// An id or token nobody has seen before; the same for the same seed and order.
    pub(crate) fn fresh(&mut self, what: &str) -> String {
        self.serial += 1;
        token(self.seed, what, self.serial)
    }

    pub(crate) fn person(&mut self, did: &str) -> &mut Person {
        self.people.entry(did.to_owned()).or_default()
    }

    /// What open uploads of an account have set aside.
    pub(crate) fn reserved(&self, did: &str) -> (i64, i64) {
        let open = self.uploads.iter().filter(|u| {
            u.did == did && matches!(u.state, UploadState::Created | UploadState::Finishing)
        });
        open.fold((0, 0), |(videos, bytes), upload| {
            (
                videos + 1,
                bytes + i64::try_from(upload.size).unwrap_or(i64::MAX),
            )
        })
    }

    pub(crate) fn by_did(&self, did: &str) -> Option<usize> {
        self.accounts.iter().position(|a| a.did == did)
    }

    pub(crate) fn named(&self, identifier: &str) -> Option<usize> {
        self.accounts.iter().position(|a| {
            a.did == identifier
                || a.handle.eq_ignore_ascii_case(identifier)
                || a.email.eq_ignore_ascii_case(identifier)
        })
    }
}

/// Sixty-four hex digits out of a seed, a word and a number.
pub(crate) fn token(seed: u64, what: &str, number: u64) -> String {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(what.as_bytes());
    hash.update(number.to_le_bytes());
    hex::encode(hash.finalize())
}

/// Everything that was received, as tests read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    pub videos: Vec<VideoSeen>,
    pub uploads: Vec<UploadSeen>,
    pub posts: Vec<PostSeen>,
    pub accounts: Vec<AccountSeen>,
    pub answers: Vec<AnswerSeen>,
    /// Bytes of videos, repetitions included.
    pub received_bytes: u64,
}

impl Inspection {
    pub fn answers_to(&self, call: Call) -> impl Iterator<Item = &AnswerSeen> {
        self.answers.iter().filter(move |a| a.call == call)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoSeen {
    pub job: String,
    pub did: String,
    pub name: String,
    pub mime: String,
    pub way: Way,
    pub bytes: u64,
    /// Empty when bytes are thrown away.
    pub sha256: String,
    pub blob: Option<Value>,
    pub failed: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UploadSeen {
    pub job: String,
    pub did: String,
    pub name: String,
    pub mime: String,
    pub bytes: u64,
    pub part_bytes: u64,
    pub state: UploadState,
    pub held: Vec<u32>,
    /// Bytes received for each part, repetitions included.
    pub sent: BTreeMap<u32, u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostSeen {
    pub did: String,
    pub rkey: String,
    pub cid: String,
    pub record: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountSeen {
    pub did: String,
    pub handle: String,
    pub sign_ins: usize,
    pub commits: u64,
    pub blobs: Vec<String>,
}

impl State {
    pub(crate) fn inspect(&self, received_bytes: u64) -> Inspection {
        let posts = self.accounts.iter().flat_map(|account| {
            account
                .records
                .iter()
                .filter(|((collection, _), _)| collection == "app.bsky.feed.post")
                .map(|((_, rkey), (cid, record))| PostSeen {
                    did: account.did.clone(),
                    rkey: rkey.clone(),
                    cid: cid.clone(),
                    record: record.clone(),
                })
        });
        Inspection {
            videos: self
                .jobs
                .iter()
                .map(|job| VideoSeen {
                    job: job.id.clone(),
                    did: job.did.clone(),
                    name: job.name.clone(),
                    mime: job.mime.clone(),
                    way: job.way,
                    bytes: job.size,
                    sha256: job.sha256.clone(),
                    blob: job.blob.clone(),
                    failed: job.failed.as_ref().map(|f| f.error.clone()),
                })
                .collect(),
            uploads: self
                .uploads
                .iter()
                .map(|upload| UploadSeen {
                    job: upload.job.clone(),
                    did: upload.did.clone(),
                    name: upload.name.clone(),
                    mime: upload.mime.clone(),
                    bytes: upload.size,
                    part_bytes: upload.part_bytes,
                    state: upload.state,
                    held: upload.parts.keys().copied().collect(),
                    sent: upload.sent.clone(),
                })
                .collect(),
            posts: posts.collect(),
            accounts: self
                .accounts
                .iter()
                .map(|account| AccountSeen {
                    did: account.did.clone(),
                    handle: account.handle.clone(),
                    sign_ins: account.sign_ins.len(),
                    commits: account.commits,
                    blobs: account.blobs.keys().cloned().collect(),
                })
                .collect(),
            answers: self.answers.clone(),
            received_bytes,
        }
    }
}
