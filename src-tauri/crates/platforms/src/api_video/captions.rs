//! Caption tracks as one text: WebVTT files one after another, each with its language in its header.
//!
//! Pure. Every line that begins with `WEBVTT` begins a track; a header line `Language: en` names its language. The platform takes WebVTT alone, and one
//! track per language (captions guide, read 2026-06-25).

use slipway_model::Cause;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) language: String,
    pub(super) text: String,
}

/// The tracks of a text. `language` is taken for those that name none.
pub(super) fn read(text: &str, language: &str) -> Result<Vec<Track>, Cause> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut texts: Vec<String> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        if begins(line) {
            texts.push(String::new());
        }
        match texts.last_mut() {
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.trim().is_empty() => {}
            None => return Err(Cause::new("api_video_captions_not_webvtt")),
        }
    }
    let mut tracks: Vec<Track> = Vec::new();
    for text in texts {
        let language = named(&text).unwrap_or(language).to_owned();
        let again = tracks.iter().any(|track| track.language == language);
        if again || !is_tag(&language) {
            let cause = Cause::new("api_video_captions_language");
            return Err(cause.with("value", crate::http::excerpt(&language)));
        }
        tracks.push(Track { language, text });
    }
    Ok(tracks)
}

fn begins(line: &str) -> bool {
    line.strip_prefix("WEBVTT")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// The language that a track's header names; the header ends with the first empty line.
fn named(text: &str) -> Option<&str> {
    text.lines()
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .find_map(|line| line.strip_prefix("Language:"))
        .map(str::trim)
}

/// `fr-CA`, `zh-Hans-CN`: dashes, and no underscores.
fn is_tag(text: &str) -> bool {
    let mut steps = text.split('-');
    let first = steps.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && steps.all(|step| {
            (1..=8).contains(&step.len()) && step.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_follow_each_other_and_name_their_languages() {
        let text = "\u{feff}WEBVTT\r\nLanguage: fr-CA\r\n\r\n00:00.000 --> 00:01.000\r\nBonjour\r\n\r\nWEBVTT - Title\n\n00:00.000 --> 00:01.000\nWEBVTTs are fine\n";
        let tracks = read(text, "en").unwrap();
        let languages: Vec<&str> = tracks.iter().map(|t| t.language.as_str()).collect();
        assert_eq!(languages, ["fr-CA", "en"]);
        assert!(tracks[0].text.starts_with("WEBVTT\nLanguage"));
        assert!(tracks[1].text.ends_with("WEBVTTs are fine\n"));
        assert_eq!(read(" \n", "").unwrap(), []);
    }

    #[test]
    fn what_is_no_track_or_has_no_language_of_its_own_is_told() {
        for (text, language, code) in [
            ("1\n00:00", "en", "api_video_captions_not_webvtt"),
            ("WEBVTT\n\nx", "", "api_video_captions_language"),
            (
                "WEBVTT\nLanguage: fr_CA\n",
                "",
                "api_video_captions_language",
            ),
            ("WEBVTT\n\nWEBVTT\n", "en", "api_video_captions_language"),
        ] {
            assert_eq!(read(text, language).unwrap_err().code, code, "{text}");
        }
    }
}
