//! What a test may see: everything that was received, and how. Plain data, the same over Rust and over HTTP.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::Call;
use super::container::Source;
use super::fault::Fault;
use super::state::{State, Video};
use crate::meter::Moved;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inspection {
    pub now_ms: i64,
    /// Bytes of bodies sent to `/upload` and `/videos/{videoId}/source`, forms included.
    pub received: Moved,
    pub videos: Vec<VideoSeen>,
    pub upload_tokens: Vec<TokenSeen>,
    /// The latest answers, oldest first.
    pub answers: Vec<AnswerSeen>,
    /// How many older ones are no longer kept.
    pub answers_dropped: u64,
    /// Requests to `/upload` that carried a key or an access token as well.
    pub keys_beside_upload_tokens: u32,
    /// Refresh calls with a token that had been used.
    pub refresh_reuses: u32,
    pub faults: Vec<FaultSeen>,
}

pub type FaultSeen = crate::fault::FaultSeen<Fault, Call>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenSeen {
    pub token: String,
    pub ttl_s: i64,
    pub expires_ms: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VideoSeen {
    pub id: String,
    /// Every attribute as received, with changes laid over it.
    pub fields: Map<String, Value>,
    /// The whole file is there.
    pub complete: bool,
    pub held_bytes: u64,
    /// Of the whole file; `None` while it is incomplete, where nothing is kept, and in a glance.
    pub sha256: Option<String>,
    /// The upload token that first filled it.
    pub token: Option<String>,
    /// Begun, whatever became of it; a file sent in one piece is part 0.
    pub parts: BTreeMap<u64, PartSeen>,
    pub parts_at_once_most: u32,
    pub thumbnail: Option<MediaSeen>,
    pub timecode: Option<String>,
    pub captions: BTreeMap<String, MediaSeen>,
    pub patches: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaSeen {
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSeen {
    /// Requests whose form came whole, stored or not.
    pub came: u32,
    /// Requests that were stored.
    pub landed: u32,
    pub bytes: u64,
    /// Of its requests, forms included, whether they came whole or not.
    pub received_bytes: u64,
    /// Of the one that landed last.
    pub held_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerSeen {
    pub at_ms: i64,
    pub call: Call,
    pub part: Option<u32>,
    pub video: Option<String>,
    /// 0 when the connection ended without an answer.
    pub http: u16,
    /// The code of the refusal, even when the answer was spoilt or lost.
    pub code: Option<String>,
    pub received_bytes: u64,
    /// The faults that struck it.
    pub faults: Vec<Fault>,
}

impl Inspection {
    /// The answers to one call.
    pub fn answers_to(&self, call: Call) -> impl Iterator<Item = &AnswerSeen> {
        self.answers.iter().filter(move |seen| seen.call == call)
    }

    pub fn complete(&self) -> impl Iterator<Item = &VideoSeen> {
        self.videos.iter().filter(|video| video.complete)
    }
}

pub(crate) fn look(state: &State, now_ms: i64, received: Moved) -> Inspection {
    let record = &state.record;
    Inspection {
        now_ms,
        received,
        videos: state.videos.iter().map(seen).collect(),
        upload_tokens: state
            .upload_tokens
            .iter()
            .map(|token| TokenSeen {
                token: token.token.clone(),
                ttl_s: token.ttl_s,
                expires_ms: token.expires_ms,
            })
            .collect(),
        answers: record.answers.clone(),
        answers_dropped: record.answers_dropped,
        keys_beside_upload_tokens: record.keys_beside_upload_tokens,
        refresh_reuses: record.refresh_reuses,
        faults: state.script.seen(),
    }
}

/// The files of a complete video, in order; `None` where they are not kept.
pub(crate) fn files(state: &State, id: &str) -> Option<Vec<PathBuf>> {
    let video = state.videos.iter().find(|video| video.id == id)?;
    let Source::Complete { pieces, .. } = &video.source else {
        return None;
    };
    pieces.iter().map(|piece| piece.file.clone()).collect()
}

fn seen(video: &Video) -> VideoSeen {
    let media = |media: &super::state::Media| MediaSeen {
        bytes: media.bytes,
        sha256: media.sha256.clone(),
    };
    VideoSeen {
        id: video.id.clone(),
        fields: video.fields.clone(),
        complete: video.source.is_complete(),
        held_bytes: video.source.bytes(),
        sha256: None,
        token: video.token.clone(),
        parts: video.seen.clone(),
        parts_at_once_most: video.at_once.1,
        thumbnail: video.thumbnail.as_ref().map(media),
        timecode: video.timecode.clone(),
        captions: video
            .captions
            .iter()
            .map(|(language, caption)| (language.clone(), media(&caption.media)))
            .collect(),
        patches: video.patches,
    }
}
