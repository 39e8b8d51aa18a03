//! Caption tracks: WebVTT alone, one per language. Source: captions guide, read 2026-06-25. Pure.

use slipway_model::{
    Cause,
    captions::{Track, one_each, tracks},
};

/// The tracks of a text. `language` is taken for those that name none.
pub(super) fn read(text: &str, language: &str) -> Result<Vec<Track>, Cause> {
    one_each(tracks(text, language)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_one_track() {
        let text = |language: &str| format!("WEBVTT\n\nWEBVTT\nLanguage: {language}\n");
        assert_eq!(read(&text("ja"), "en").unwrap().len(), 2);
        let cause = read(&text("EN"), "en").unwrap_err();
        assert_eq!(cause.code, "captions_language_twice");
    }
}
