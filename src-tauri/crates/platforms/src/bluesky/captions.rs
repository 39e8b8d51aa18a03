//! Caption tracks as one text: WebVTT files one after another, each with its language in its header.
//!
//! Pure. Every line that begins with `WEBVTT` begins a track; a header line `Language: en` names its language. Limits: lexicon app.bsky.embed.video,
//! read 2026-08-20.

use slipway_model::Cause;

pub(super) const TRACKS_MAX: usize = 20;
pub(super) const TRACK_BYTES_MAX: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) lang: String,
    pub(super) text: String,
}

/// The tracks of a text. `lang` is taken for those that name none.
pub(super) fn read(text: &str, lang: &str) -> Result<Vec<Track>, Cause> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut tracks: Vec<String> = Vec::new();
    for line in text.lines() {
        if begins(line) {
            tracks.push(String::new());
        }
        match tracks.last_mut() {
            Some(track) => {
                track.push_str(line);
                track.push('\n');
            }
            None if line.trim().is_empty() => {}
            None => return Err(Cause::new("bluesky_captions_not_webvtt")),
        }
    }
    if tracks.len() > TRACKS_MAX {
        let cause = Cause::new("bluesky_captions_too_many");
        return Err(cause.with("count", tracks.len()).with("max", TRACKS_MAX));
    }
    let tracks = tracks.into_iter().map(|text| {
        if text.len() > TRACK_BYTES_MAX {
            let cause = Cause::new("bluesky_captions_too_large");
            return Err(cause
                .with("bytes", text.len())
                .with("max_bytes", TRACK_BYTES_MAX));
        }
        let lang = language(&text).unwrap_or_else(|| lang.to_owned());
        if is_language(&lang) {
            Ok(Track { lang, text })
        } else {
            Err(Cause::new("bluesky_language_invalid").with("lang", super::codes::shown(&lang)))
        }
    });
    tracks.collect()
}

fn begins(line: &str) -> bool {
    line.strip_prefix("WEBVTT")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// The language in a track's header, which ends at its first empty line.
fn language(track: &str) -> Option<String> {
    let mut header = track.lines().take_while(|line| !line.trim().is_empty());
    let line = header.find_map(|line| {
        line.split_once(':')
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("language"))
    });
    line.map(|(_, lang)| lang.trim().to_owned())
}

/// A language tag by its form (BCP 47), e.g. `en`, `pt-BR`, `zh-Hans`.
pub(super) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_holds_several_tracks() {
        let text = "\u{feff}WEBVTT\r\nLanguage: en\r\n\r\n00:00.000 --> 00:01.000\r\nHello\r\n\r\nWEBVTT\nKind: captions\nLanguage: ja\n\n00:00.000 --> 00:01.000\nこんにちは\n";
        let tracks = read(text, "de").unwrap();
        assert_eq!(
            tracks.iter().map(|t| t.lang.as_str()).collect::<Vec<_>>(),
            ["en", "ja"]
        );
        assert!(
            tracks[0]
                .text
                .starts_with("WEBVTT\nLanguage: en\n\n00:00.000")
        );
        assert!(tracks[1].text.ends_with("こんにちは\n"));
        assert_eq!(
            read(
                "WEBVTT\n\n00:00.000 --> 00:01.000\nWEBVTTnot a track\n",
                "de"
            )
            .unwrap()[0]
                .lang,
            "de"
        );
        assert_eq!(read("  \n", "de").unwrap(), []);
    }

    #[test]
    fn each_limit_is_met_and_not_passed() {
        let track = |bytes: usize| format!("WEBVTT\n{}\n", "x".repeat(bytes - 8));
        assert_eq!(track(TRACK_BYTES_MAX).len(), TRACK_BYTES_MAX);
        assert_eq!(read(&track(TRACK_BYTES_MAX), "en").unwrap().len(), 1);
        let code = |text: &str| read(text, "en").unwrap_err().code;
        assert_eq!(
            code(&track(TRACK_BYTES_MAX + 1)),
            "bluesky_captions_too_large"
        );
        assert_eq!(
            read(&"WEBVTT\n\n".repeat(TRACKS_MAX), "en").unwrap().len(),
            TRACKS_MAX
        );
        assert_eq!(
            code(&"WEBVTT\n\n".repeat(TRACKS_MAX + 1)),
            "bluesky_captions_too_many"
        );
        assert_eq!(
            code("1\n00:00 --> 00:01\nsrt\n"),
            "bluesky_captions_not_webvtt"
        );
        assert_eq!(
            code("WEBVTT\nLanguage: english\n"),
            "bluesky_language_invalid"
        );
    }
}
