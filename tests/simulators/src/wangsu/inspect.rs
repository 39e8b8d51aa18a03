//! What a test may see: everything that was received, and how. Plain data, the same over Rust and over HTTP.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::fault::Fault;
use super::state::State;
use super::vod::{is_listed, transcode_state};
use crate::meter::Moved;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inspection {
    pub now_ms: i64,
    /// Bytes of bodies on the upload host.
    pub received: Moved,
    pub videos: Vec<VideoSeen>,
    pub blocks: Vec<BlockSeen>,
    /// Everything that is stored, by `bucket:key`.
    pub stored: BTreeMap<String, StoredSeen>,
    /// The latest answers, oldest first.
    pub answers: Vec<AnswerSeen>,
    /// Signed requests whose signature had been used.
    pub replays: u32,
    /// Requests to the upload host that carried a key of the video API.
    pub secrets_at_upload_host: u32,
    /// Chunks and forms that were received at the same time, at most.
    pub at_once_most: u32,
    pub faults: Vec<FaultSeen>,
}

pub type FaultSeen = crate::fault::FaultSeen<Fault, Call>;

/// A video, from the moment a place was given for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VideoSeen {
    pub id: String,
    pub access_key: String,
    pub key: String,
    /// The parameters of `getUploadToken`, as asked for last.
    pub asked: BTreeMap<String, String>,
    pub places_given: u32,
    pub is_stored: bool,
    pub is_listed: bool,
    pub transcode_state: i64,
    pub name: String,
    pub description: String,
    /// Other parameters of `videoEdit`.
    pub edits: BTreeMap<String, String>,
    pub deleted: bool,
    pub file: Option<StoredSeen>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredSeen {
    pub bytes: u64,
    /// The next three are unknown where nothing is kept.
    pub etag: Option<String>,
    pub sha256: Option<String>,
    pub path: Option<PathBuf>,
    pub times: u32,
}

/// What was sent for a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockSeen {
    pub batch: String,
    pub index: u64,
    /// How often it was begun by a first chunk.
    pub begun: u32,
    /// All chunks that got as far as their body.
    pub chunks: u32,
    pub received_bytes: u64,
    /// Acknowledged last, also when it has been joined since.
    pub held_bytes: u64,
    /// Of the block as it is now; none when it was joined or never acknowledged.
    pub offset: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerSeen {
    pub since_start_ms: u64,
    /// By the platform's clock.
    pub at_ms: i64,
    pub call: Call,
    /// A block's index and one.
    pub part: Option<u32>,
    /// 0 when the connection ended without an answer.
    pub http: u16,
    /// What the call came to, even when the answer was spoilt or lost: a code of the video API or a status of the upload host.
    pub code: Option<i64>,
    pub received_bytes: u64,
    pub faults: Vec<Fault>,
}

impl Inspection {
    pub fn answers_to(&self, call: Call) -> impl Iterator<Item = &AnswerSeen> {
        self.answers.iter().filter(move |seen| seen.call == call)
    }

    /// Videos that are there: stored and not deleted.
    pub fn works(&self) -> impl Iterator<Item = &VideoSeen> {
        self.videos
            .iter()
            .filter(|video| video.is_stored && !video.deleted)
    }
}

pub(crate) fn look(state: &State, now_ms: i64, received: Moved) -> Inspection {
    let stored: BTreeMap<String, StoredSeen> = state
        .objects
        .iter()
        .map(|(name, object)| {
            let seen = StoredSeen {
                bytes: object.bytes,
                etag: object.etag.clone(),
                sha256: object.sha256.clone(),
                path: object.file.clone(),
                times: object.times,
            };
            (name.clone(), seen)
        })
        .collect();
    let videos = state.videos.iter().map(|video| VideoSeen {
        id: video.id.clone(),
        access_key: state.accounts[video.account].access_key.clone(),
        key: video.key.clone(),
        asked: video.asked.clone(),
        places_given: video.places_given,
        is_stored: video.stored_ms.is_some(),
        is_listed: is_listed(state, video, now_ms),
        transcode_state: transcode_state(state, video, now_ms),
        name: video.name.clone(),
        description: video.description.clone(),
        edits: video.edits.clone(),
        deleted: video.deleted,
        file: stored
            .get(&format!("{}:{}", state.bucket, video.key))
            .cloned(),
    });
    let blocks = state.sent.iter().map(|((batch, index), sent)| BlockSeen {
        batch: batch.clone(),
        index: *index,
        begun: sent.begun,
        chunks: sent.chunks,
        received_bytes: sent.bytes,
        held_bytes: sent.held,
        offset: state
            .blocks
            .get(&(batch.clone(), *index))
            .map(|block| block.offset),
    });
    Inspection {
        now_ms,
        received,
        videos: videos.collect(),
        blocks: blocks.collect(),
        answers: state.record.answers.clone(),
        replays: state.record.replays,
        secrets_at_upload_host: state.record.secrets_at_upload_host,
        at_once_most: state.record.at_once_most,
        faults: state.script.seen(),
        stored,
    }
}
