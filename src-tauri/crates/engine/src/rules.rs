//! What holds for one account's manuscripts: its platform's rules with the account's own settings.
//!
//! Decides nothing; the same rules are asked while one types, when uploads are added, and just before one is opened.

use crate::{accounts::Entry, clock::now_ms, hours::zone};
use slipway_media::Media;
use slipway_model::{
    Allowance, Fields, Finding, Spec, manuscript,
    preflight::{self, Seen, SeenMedia},
    times,
};
use slipway_platforms::Result;
use std::sync::Arc;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rules(pub(crate) Arc<Entry>);

impl Rules {
    /// The platform's, with the account's own limits and fields.
    pub fn spec(&self) -> &Spec {
        &self.0.spec
    }

    /// Everything that is to be said of one file with these fields (common and `platform.field`), worst first.
    pub fn check(&self, fields: &Fields, seen: &Seen<'_>) -> Vec<Finding> {
        let (platform, session, spec) = (&self.0.platform, &self.0.session, self.spec());
        let mut found = preflight::check(spec, fields, seen);
        let fields = manuscript::resolve(fields, &spec.name, &spec.fields);
        found.extend(platform.notes(session, &fields, seen.file_name));
        if seen.size_bytes.is_none() && spec.takes_online {
            found.extend(platform.online_notes(session, &fields, seen.file_name));
        }
        preflight::worst_first(&mut found);
        found
    }

    /// What is to be said of a manuscript's times.
    pub fn times(&self, fields: &Fields, start_at_ms: Option<i64>) -> Option<Finding> {
        times::check(self.spec(), fields, start_at_ms, now_ms(), &zone())
    }

    /// What is left of what uploads take up, where it can be asked without a network.
    pub async fn left(&self) -> Result<Vec<Allowance>> {
        self.0.platform.left(&self.0.session).await
    }
}

/// A file's own word, as preflight takes it.
pub fn seen_media(media: &Media) -> SeenMedia {
    let (video, audio) = (media.video.as_ref(), media.audio.as_ref());
    SeenMedia {
        duration_ms: media.duration_ms,
        video_codec: video.map_or_else(String::new, |video| video.codec.clone()),
        audio_codec: audio.map_or_else(String::new, |audio| audio.codec.clone()),
        shown_px: video.map(|video| video.shown_px),
        frames_per_second: video.and_then(|video| video.frames_per_second),
        channels: audio.and_then(|audio| audio.channels),
        sample_rate_hz: audio.and_then(|audio| audio.sample_rate_hz),
    }
}
