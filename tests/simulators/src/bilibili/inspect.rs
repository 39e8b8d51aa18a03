//! What a test may see: everything that was received, and how.
//!
//! Plain data, the same over Rust and over HTTP. Times named `_ms` are milliseconds; `at_ms` is on the virtual clock since 1970,
//! `since_start_ms` on the machine's clock since the simulator started.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::Call;
use super::fault::Fault;
use super::manuscripts::Manuscript;
use super::review::Review;
use super::state::{State, Upload, UploadType};
use crate::meter::Moved;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inspection {
    pub now_ms: i64,
    /// Bytes of bodies on the upload host.
    pub received: Moved,
    pub uploads: Vec<UploadSeen>,
    pub manuscripts: Vec<ManuscriptSeen>,
    pub accounts: Vec<AccountSeen>,
    /// The latest answers, oldest first.
    pub answers: Vec<AnswerSeen>,
    /// How many older ones are no longer kept.
    pub answers_dropped: u64,
    /// Signed requests with a nonce that had been used.
    pub nonce_reuses: u32,
    /// Refresh calls with a token that had been used.
    pub refresh_reuses: u32,
    /// Requests to the upload host that carried a signature, an access token or app credentials.
    pub secrets_at_upload_host: u32,
    /// Parts that were wrapped in a multipart form.
    pub multipart_at_upload_host: u32,
    /// Requests with credentials in the query and no signature.
    pub generation_1_calls: u32,
    pub faults: Vec<FaultSeen>,
    pub webhooks: Vec<WebhookSeen>,
}

pub type FaultSeen = crate::fault::FaultSeen<Fault, Call>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UploadSeen {
    pub token: String,
    pub name: String,
    /// As sent: "0" for parts, "1" for a small file.
    pub utype: String,
    pub openid: String,
    /// Begun, whatever became of it.
    pub parts: BTreeMap<u32, PartSeen>,
    pub parts_at_once_most: u32,
    pub completed: bool,
    pub consumed: bool,
    pub complete_calls: u32,
    pub add_calls: u32,
    /// Parts that came after the merge and were not looked at.
    pub late_parts: u32,
    /// Of the parts that are held.
    pub held_bytes: u64,
    /// Of everything that was sent for it.
    pub received_bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartSeen {
    /// Requests that got as far as the body.
    pub begun: u32,
    /// Requests that were stored and acknowledged, or would have been.
    pub landed: u32,
    pub received_bytes: u64,
    /// `None` when it is not held.
    pub held_bytes: Option<u64>,
    pub md5: Option<String>,
    /// Known where only digests are kept.
    pub sha256: Option<String>,
}

impl PartSeen {
    /// How often it was sent beyond the first time.
    pub fn resent(&self) -> u32 {
        self.begun.saturating_sub(1)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManuscriptSeen {
    pub resource_id: String,
    pub openid: String,
    pub upload_token: String,
    /// Every field as received, with edits laid over it.
    pub fields: Map<String, Value>,
    pub cover: Option<CoverSeen>,
    /// `None` where parts are not kept, and in a glance before anyone has inspected.
    pub file: Option<FileSeen>,
    pub state: i64,
    pub deleted: bool,
    pub submitted_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverSeen {
    pub sha256: String,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileSeen {
    pub sha256: String,
    pub bytes: u64,
    pub path: PathBuf,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountSeen {
    pub openid: String,
    pub parts_at_once_most: u32,
    /// Submissions that were taken, oldest first.
    pub submissions: Vec<Submission>,
}

impl AccountSeen {
    /// The shortest time between two submissions that were taken.
    pub fn shortest_gap_ms(&self) -> Option<i64> {
        self.submissions
            .windows(2)
            .map(|pair| pair[1].at_ms - pair[0].at_ms)
            .min()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    pub at_ms: i64,
    pub title: String,
    pub resource_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerSeen {
    pub since_start_ms: u64,
    pub at_ms: i64,
    pub call: Call,
    pub part: Option<u32>,
    pub upload_token: Option<String>,
    /// 0 when the connection ended without an answer.
    pub http: u16,
    /// What the call came to, even when the answer was spoilt or lost.
    pub code: Option<i64>,
    pub received_bytes: u64,
    /// The faults that struck it.
    pub faults: Vec<Fault>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookSeen {
    pub event: String,
    pub resource_id: Option<String>,
    pub attempts: u32,
    pub delivered: bool,
}

impl Inspection {
    /// The answers to one call.
    pub fn answers_to(&self, call: Call) -> impl Iterator<Item = &AnswerSeen> {
        self.answers.iter().filter(move |seen| seen.call == call)
    }

    /// Bytes received for each byte of the manuscripts' files: 1 is no waste. `None` without manuscripts.
    pub fn waste(&self) -> Option<f64> {
        let used: u64 = self
            .uploads
            .iter()
            .filter(|u| u.consumed)
            .map(|u| u.held_bytes)
            .sum();
        (used > 0).then(|| self.received.total as f64 / used as f64)
    }
}

pub(crate) fn look(state: &State, review: &Review, now_ms: i64, received: Moved) -> Inspection {
    let openid = |user: usize| state.users[user].openid.clone();
    let record = &state.record;
    Inspection {
        now_ms,
        received,
        uploads: state
            .uploads
            .iter()
            .map(|u| upload(u, openid(u.user)))
            .collect(),
        manuscripts: state
            .manuscripts
            .iter()
            .map(|m| manuscript(state, m, review, now_ms, openid(m.user)))
            .collect(),
        accounts: state
            .users
            .iter()
            .map(|user| AccountSeen {
                openid: user.openid.clone(),
                parts_at_once_most: user.at_once.most,
                submissions: user.submissions.clone(),
            })
            .collect(),
        answers: record.answers.clone(),
        answers_dropped: record.answers_dropped,
        nonce_reuses: record.nonce_reuses,
        refresh_reuses: record.refresh_reuses,
        secrets_at_upload_host: record.secrets_at_upload_host,
        multipart_at_upload_host: record.multipart_at_upload_host,
        generation_1_calls: record.generation_1_calls,
        faults: state.script.seen(),
        webhooks: record.webhooks.clone(),
    }
}

fn upload(upload: &Upload, openid: String) -> UploadSeen {
    let mut parts: BTreeMap<u32, PartSeen> = BTreeMap::new();
    for (number, seen) in &upload.seen {
        let held = upload.parts.get(number);
        parts.insert(
            *number,
            PartSeen {
                begun: seen.begun,
                landed: seen.landed,
                received_bytes: seen.bytes,
                held_bytes: held.map(|held| held.bytes),
                md5: held.and_then(|held| held.md5.clone()),
                sha256: held.and_then(|held| held.sha256.clone()),
            },
        );
    }
    UploadSeen {
        token: upload.token.clone(),
        name: upload.name.clone(),
        utype: match upload.utype {
            UploadType::Multipart => "0".into(),
            UploadType::Small => "1".into(),
        },
        openid,
        parts_at_once_most: upload.at_once.most,
        completed: upload.completed,
        consumed: upload.consumed,
        complete_calls: upload.complete_calls,
        add_calls: upload.add_calls,
        late_parts: upload.late_parts,
        held_bytes: upload.parts.values().map(|held| held.bytes).sum(),
        received_bytes: upload.seen.values().map(|seen| seen.bytes).sum(),
        parts,
    }
}

fn manuscript(
    state: &State,
    manuscript: &Manuscript,
    review: &Review,
    now_ms: i64,
    openid: String,
) -> ManuscriptSeen {
    let cover = manuscript
        .fields
        .get("cover")
        .and_then(Value::as_str)
        .and_then(|url| state.covers.get(url));
    let file = state
        .uploads
        .iter()
        .find(|u| u.token == manuscript.token)
        .and_then(|u| u.merged.as_ref());
    ManuscriptSeen {
        resource_id: manuscript.resource_id.clone(),
        openid,
        upload_token: manuscript.token.clone(),
        fields: manuscript.fields.clone(),
        cover: cover.map(|cover| CoverSeen {
            sha256: cover.sha256.clone(),
            bytes: cover.bytes,
        }),
        file: file.map(|merged| FileSeen {
            sha256: merged.sha256.clone(),
            bytes: merged.bytes,
            path: merged.file.clone(),
        }),
        state: manuscript.stage(review, now_ms).number,
        deleted: manuscript.deleted,
        submitted_ms: manuscript.submitted_ms,
    }
}
