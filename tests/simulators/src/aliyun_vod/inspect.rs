//! What a test can read of everything that was received.

use std::collections::BTreeMap;

use serde::Serialize;

use super::call::Call;
use super::fault::Fault;
use super::state::{Kind, Standing};

/// One request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerSeen {
    /// By the platform's clock.
    pub at_ms: i64,
    pub call: Call,
    pub part: Option<u32>,
    /// 0 when there was none.
    pub http: u16,
    pub received_bytes: u64,
    /// The id of the key that signed, where it was accepted.
    pub key: Option<String>,
    pub faults: Vec<Fault>,
}

#[derive(Clone, Debug, Serialize)]
pub struct MediaSeen {
    pub id: String,
    /// `video`, `image` or `attached`.
    pub kind: &'static str,
    pub params: BTreeMap<String, String>,
    pub status: &'static str,
    pub bucket: String,
    pub key: String,
    pub renewals: u32,
    pub deleted: bool,
    pub object: Option<ObjectSeen>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ObjectSeen {
    pub bytes: u64,
    pub crc64: Option<u64>,
    pub multipart: bool,
    /// How often something was put there.
    pub times: u32,
    /// Of all its bytes, where they are kept.
    pub sha256: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct UploadSeen {
    pub id: String,
    pub key: String,
    /// `open`, `completed`, `aborted` or `vanished`.
    pub standing: &'static str,
    /// Number and size of what is held.
    pub parts: BTreeMap<u32, u64>,
    /// How often each number was sent.
    pub sent: BTreeMap<u32, u32>,
    pub bytes_sent: u64,
    /// Bytes of each number, whether it landed or not.
    pub received: BTreeMap<u32, u64>,
}

/// An event that was told to the account's own address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallbackSeen {
    pub event: String,
    pub attempts: u32,
    pub delivered: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct JobSeen {
    pub id: String,
    pub url: String,
    pub media: String,
    pub status: &'static str,
    pub cancelled: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    pub media: Vec<MediaSeen>,
    pub uploads: Vec<UploadSeen>,
    /// Downloads by address.
    pub jobs: Vec<JobSeen>,
    pub callbacks: Vec<CallbackSeen>,
    pub answers: Vec<AnswerSeen>,
    /// Requests to the storage with a key that is none of an upload.
    pub secrets_at_storage: u32,
    /// Bytes of parts and objects received.
    pub received_bytes: u64,
}

impl Inspection {
    pub fn answers_to(&self, call: Call) -> impl Iterator<Item = &AnswerSeen> {
        self.answers
            .iter()
            .filter(move |answer| answer.call == call)
    }
    /// Videos that are not deleted.
    pub fn videos(&self) -> Vec<&MediaSeen> {
        let all = self.media.iter();
        all.filter(|media| media.kind == "video" && !media.deleted)
            .collect()
    }
    /// Videos that have their file.
    pub fn published(&self) -> usize {
        self.videos()
            .iter()
            .filter(|media| media.object.is_some())
            .count()
    }
}

pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Video => "video",
        Kind::Image => "image",
        Kind::Attached => "attached",
    }
}

pub(crate) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::Completed => "completed",
        Standing::Aborted => "aborted",
        Standing::Vanished => "vanished",
    }
}
