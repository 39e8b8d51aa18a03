//! Caption tracks: WebVTT alone, one per language. Source: captions guide, read 2026-06-25. Pure.

use slipway_model::{
    Cause,
    captions::{Track, tracks},
};

/// The tracks of a text. `language` is taken for those that name none.
pub(super) fn read(text: &str, language: &str) -> Result<Vec<Track>, Cause> {
    let tracks = tracks(text, language)?;
    for (n, track) in tracks.iter().enumerate() {
        if tracks[..n]
            .iter()
            .any(|before| before.language == track.language)
        {
            let cause = Cause::new("api_video_captions_language");
            return Err(cause.with("value", &track.language));
        }
    }
    Ok(tracks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_one_track() {
        let text = |language: &str| format!("WEBVTT\n\nWEBVTT\nLanguage: {language}\n");
        assert_eq!(read(&text("ja"), "en").unwrap().len(), 2);
        let cause = read(&text("en"), "en").unwrap_err();
        assert_eq!(cause.code, "api_video_captions_language");
    }
}
