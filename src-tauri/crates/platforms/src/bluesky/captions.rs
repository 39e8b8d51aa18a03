//! Caption tracks under the limits of a post. Source: lexicon app.bsky.embed.video, read 2026-08-20. Pure.

use slipway_model::{
    Cause,
    captions::{Track, tracks},
};

pub(super) const TRACKS_MAX: usize = 20;
pub(super) const TRACK_BYTES_MAX: usize = 20_000;

/// The tracks of a text. `language` is taken for those that name none.
pub(super) fn read(text: &str, language: &str) -> Result<Vec<Track>, Cause> {
    let tracks = tracks(text, language)?;
    if tracks.len() > TRACKS_MAX {
        let cause = Cause::new("bluesky_captions_too_many");
        return Err(cause.with("count", tracks.len()).with("max", TRACKS_MAX));
    }
    match tracks
        .iter()
        .find(|track| track.text.len() > TRACK_BYTES_MAX)
    {
        Some(large) => {
            let cause = Cause::new("bluesky_captions_too_large").with("bytes", large.text.len());
            Err(cause.with("max_bytes", TRACK_BYTES_MAX))
        }
        None => Ok(tracks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_met_and_not_passed() {
        let track = |bytes: usize| format!("WEBVTT\n{}\n", "x".repeat(bytes - 8));
        assert_eq!(track(TRACK_BYTES_MAX).len(), TRACK_BYTES_MAX);
        assert_eq!(read(&track(TRACK_BYTES_MAX), "en").unwrap().len(), 1);
        let code = |text: &str| read(text, "en").unwrap_err().code;
        let larger = track(TRACK_BYTES_MAX + 1);
        assert_eq!(code(&larger), "bluesky_captions_too_large");
        let many = |count: usize| "WEBVTT\n\n".repeat(count);
        assert_eq!(read(&many(TRACKS_MAX), "en").unwrap().len(), TRACKS_MAX);
        assert_eq!(code(&many(TRACKS_MAX + 1)), "bluesky_captions_too_many");
    }
}
