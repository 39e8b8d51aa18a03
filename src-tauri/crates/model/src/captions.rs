//! Captions: SubRip and WebVTT, read, checked, and written as WebVTT.
//!
//! Pure. What is wrong is told with its line, and nothing is mended silently: a cue that is dropped is missed by someone who cannot hear. Sources: WebVTT
//! (W3C Candidate Recommendation, 4 April 2019), sections 4 and 6; SubRip has no standard: numbers, times with a comma, text, an empty line.

use crate::Cause;
use std::fmt::Write as _;

/// A file of captions is not larger, in bytes: two hours of talk take a tenth of it.
pub const CAPTIONS_MAX_BYTES: u64 = 2 << 20;

/// A text and when it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cue {
    from_ms: u64,
    to_ms: u64,
    /// Where on the picture, as WebVTT writes it; empty where it does not matter.
    placed: String,
    text: String,
}

/// Captions in one language, as WebVTT whose header names the language.
///
/// # Errors
/// `captions_empty`; and with `line`: `captions_no_time` for a cue without one, `captions_time_invalid`, `captions_ends_before_it_begins`,
/// `captions_out_of_order` for a cue that begins before the one above it; `captions_language_invalid` with `language`.
pub fn web_vtt(text: &str, language: &str) -> Result<String, Cause> {
    if !is_language(language) {
        return Err(Cause::new("captions_language_invalid").with("language", language));
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let is_web_vtt = lines.first().is_some_and(|line| is_signature(line));
    let (styles, cues) = read(&lines, is_web_vtt)?;
    if cues.is_empty() {
        return Err(Cause::new("captions_empty"));
    }
    let mut out = format!("WEBVTT\nLanguage: {language}\n\n");
    for style in styles {
        out += &style;
        out += "\n\n";
    }
    for cue in cues {
        let (from, to) = (time(cue.from_ms), time(cue.to_ms));
        writeln!(out, "{from} --> {to}{}\n{}\n", cue.placed, cue.text)
            .expect("a string takes everything");
    }
    // One line end is the last.
    out.pop();
    Ok(out)
}

/// Captions in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    pub language: String,
    /// WebVTT, with one line end behind its last line.
    pub text: String,
}

/// The tracks of a field: WebVTT files one after another. Every line that begins with `WEBVTT` begins one; a header line `Language: en` names its
/// language, and `language` is taken for those that name none.
///
/// # Errors
/// `captions_not_webvtt` when something stands before the first track; `captions_language_invalid` with `language`.
pub fn tracks(text: &str, language: &str) -> Result<Vec<Track>, Cause> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut texts: Vec<String> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        if is_signature(line) {
            texts.push(String::new());
        }
        match texts.last_mut() {
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.trim().is_empty() => {}
            None => return Err(Cause::new("captions_not_webvtt")),
        }
    }
    let tracks = texts.into_iter().map(|text| {
        let language = named(&text).unwrap_or(language).to_owned();
        if !is_language(&language) {
            return Err(Cause::new("captions_language_invalid").with("language", language));
        }
        let text = format!("{}\n", text.trim_end());
        Ok(Track { language, text })
    });
    tracks.collect()
}

/// The same tracks, where each has a language of its own.
///
/// # Errors
/// `captions_language_twice` with `language`.
pub fn one_each(tracks: Vec<Track>) -> Result<Vec<Track>, Cause> {
    let mut languages = std::collections::BTreeSet::new();
    let twice = tracks
        .iter()
        .find(|track| !languages.insert(track.language.to_ascii_lowercase()));
    match twice {
        Some(track) => Err(Cause::new("captions_language_twice").with("language", &track.language)),
        None => Ok(tracks),
    }
}

/// The language in a track's header, which ends at its first empty line.
fn named(track: &str) -> Option<&str> {
    let mut header = track.lines().take_while(|line| !line.trim().is_empty());
    header.find_map(|line| {
        let (name, language) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("language")
            .then(|| language.trim())
    })
}

/// A language tag by its form (BCP 47), e.g. `en`, `pt-BR`, `zh-Hans`.
pub fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

fn is_signature(line: &str) -> bool {
    let rest = line.strip_prefix("WEBVTT");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

fn at(code: &str, index: usize) -> Cause {
    Cause::new(code).with("line", index + 1)
}

/// Style and region blocks as they are, and the cues.
fn read(lines: &[&str], is_web_vtt: bool) -> Result<(Vec<String>, Vec<Cue>), Cause> {
    let (mut styles, mut cues): (Vec<String>, Vec<Cue>) = (Vec::new(), Vec::new());
    let mut next = 0;
    if is_web_vtt {
        // Its header ends with the first empty line.
        next = lines
            .iter()
            .position(|line| line.trim().is_empty())
            .unwrap_or(lines.len());
    }
    while next < lines.len() {
        let first = next;
        let block = lines[first..]
            .iter()
            .take_while(|line| !line.trim().is_empty());
        let block: Vec<&str> = block.copied().collect();
        next = first + block.len() + 1;
        let Some(head) = block.first() else { continue };
        if is_web_vtt && (*head == "STYLE" || *head == "REGION") {
            styles.push(block.join("\n"));
            continue;
        }
        if is_web_vtt && (*head == "NOTE" || head.starts_with("NOTE ")) {
            continue;
        }
        // A number or a name may stand above the times.
        let timed = block.iter().take(2).position(|line| line.contains("-->"));
        let timed = timed.ok_or_else(|| at("captions_no_time", first))?;
        let cue = cue(&block[timed..], first + timed, is_web_vtt)?;
        if cues.last().is_some_and(|above| cue.from_ms < above.from_ms) {
            return Err(at("captions_out_of_order", first + timed));
        }
        // SubRip shows an empty cue as nothing; so does leaving it out.
        if !cue.text.is_empty() {
            cues.push(cue);
        }
    }
    Ok((styles, cues))
}

fn cue(block: &[&str], index: usize, is_web_vtt: bool) -> Result<Cue, Cause> {
    let invalid = || at("captions_time_invalid", index);
    let (from, rest) = block[0].split_once("-->").ok_or_else(invalid)?;
    let rest = rest.trim_start();
    let (to, placed) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
    let from_ms = parsed(from.trim()).ok_or_else(invalid)?;
    let to_ms = parsed(to).ok_or_else(invalid)?;
    if to_ms <= from_ms {
        return Err(at("captions_ends_before_it_begins", index));
    }
    let text = block[1..].join("\n");
    Ok(Cue {
        from_ms,
        to_ms,
        // SubRip's coordinates (X1:…) mean nothing to WebVTT.
        placed: if is_web_vtt && !placed.trim().is_empty() {
            format!(" {}", placed.trim())
        } else {
            String::new()
        },
        text: if is_web_vtt {
            text
        } else {
            from_sub_rip(&text)
        },
    })
}

/// `1:02:03,004`, `02:03.004`, in ms. SubRip writes a comma, WebVTT a point; hours may be left out.
fn parsed(text: &str) -> Option<u64> {
    let (whole, ms) = text.split_once([',', '.'])?;
    let digits = |text: &str, len: std::ops::RangeInclusive<usize>| -> Option<u64> {
        let is_number = len.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse().ok())?
    };
    let ms = digits(ms, 3..=3)?;
    let parts: Vec<&str> = whole.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [minutes, seconds] => ("0", minutes, seconds),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let (minutes, seconds) = (digits(minutes, 1..=2)?, digits(seconds, 1..=2)?);
    let hours = digits(hours, 1..=4)?;
    (minutes < 60 && seconds < 60).then_some(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms)
}

fn time(ms: u64) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!(
        "{:02}:{:02}:{:02}.{ms:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Bold, italic and underlined text stays; other marks (`<font>`, `{\an8}`) are left out, and what WebVTT would take for a mark is written as a character.
fn from_sub_rip(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        if let Some(mark) = mark(rest, '<', '>') {
            let name = mark.trim_matches(['<', '>', '/']).to_ascii_lowercase();
            if matches!(name.as_str(), "b" | "i" | "u") {
                out += &mark.to_ascii_lowercase();
                rest = &rest[mark.len()..];
                continue;
            }
            if name.starts_with("font") {
                rest = &rest[mark.len()..];
                continue;
            }
        }
        if let Some(mark) = mark(rest, '{', '}').filter(|mark| mark.starts_with("{\\")) {
            rest = &rest[mark.len()..];
            continue;
        }
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    out.trim().to_owned()
}

/// What stands at the beginning from `open` to `close`, on one line.
fn mark(text: &str, open: char, close: char) -> Option<&str> {
    if !text.starts_with(open) {
        return None;
    }
    let end = text
        .find([close, '\n'])
        .filter(|end| text[*end..].starts_with(close))?;
    Some(&text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_rip_becomes_web_vtt() {
        let text = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i> <font color=\"red\">you</font>\r\n{\\an8}3 < 4 & more\r\n\r\n2\r\n00:00:02,500 --> 1:00:00,000 X1:10\r\nこんにちは\r\n\r\n3\n01:00:01,000 --> 01:00:02,000\n\n";
        assert_eq!(
            web_vtt(text, "en").as_deref(),
            Ok(
                "WEBVTT\nLanguage: en\n\n00:00:01.000 --> 00:00:02.500\n<i>Hello</i> you\n3 &lt; 4 &amp; more\n\n00:00:02.500 --> 01:00:00.000\nこんにちは\n"
            )
        );
    }

    #[test]
    fn web_vtt_keeps_its_styles_and_places() {
        let text = "WEBVTT - made by hand\nKind: captions\n\nNOTE not for you\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:02.000 align:start\n<v Ada>Hi &amp; bye</v>\n";
        assert_eq!(
            web_vtt(text, "zh-Hans").as_deref(),
            Ok(
                "WEBVTT\nLanguage: zh-Hans\n\nSTYLE\n::cue { color: red }\n\n00:00:01.000 --> 00:00:02.000 align:start\n<v Ada>Hi &amp; bye</v>\n"
            )
        );
        let again = web_vtt(text, "zh-Hans").unwrap();
        assert_eq!(
            web_vtt(&again, "zh-Hans"),
            Ok(again),
            "its own writing is read as it is"
        );
    }

    #[test]
    fn a_field_holds_tracks_one_after_another() {
        let text = "\u{feff}WEBVTT\r\nlanguage : fr-CA\r\n\r\n00:00.000 --> 00:01.000\r\nBonjour\r\n\r\nWEBVTT - Title\n\n00:00.000 --> 00:01.000\nWEBVTTs are fine";
        let found = tracks(text, "en").unwrap();
        let languages: Vec<&str> = found.iter().map(|t| t.language.as_str()).collect();
        assert_eq!(languages, ["fr-CA", "en"]);
        assert!(found[0].text.starts_with("WEBVTT\nlanguage"));
        assert!(found[0].text.ends_with("Bonjour\n"));
        assert!(found[1].text.ends_with("WEBVTTs are fine\n"));
        assert_eq!(tracks(" \n", ""), Ok(Vec::new()));
        for (text, language, code) in [
            ("1\n00:00", "en", "captions_not_webvtt"),
            ("WEBVTT\n\nx", "", "captions_language_invalid"),
            (
                "WEBVTT\nLanguage: fr_CA\n",
                "en",
                "captions_language_invalid",
            ),
        ] {
            assert_eq!(tracks(text, language).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, code, line) in [
            ("", "captions_empty", None),
            ("WEBVTT\n\nNOTE nothing\n", "captions_empty", None),
            ("1\nno time here\n", "captions_no_time", Some("1")),
            (
                "WEBVTT\n\n00:01.000 --> 00:02.000\nfine\n\nstray text\n",
                "captions_no_time",
                Some("6"),
            ),
            (
                "1\n00:00:01,000 --> 00:00:0x,000\nx\n",
                "captions_time_invalid",
                Some("2"),
            ),
            (
                "1\n00:00:01,000 -->\nx\n",
                "captions_time_invalid",
                Some("2"),
            ),
            (
                "1\n00:61:01,000 --> 00:62:00,000\nx\n",
                "captions_time_invalid",
                Some("2"),
            ),
            (
                "1\n00:00:01,00 --> 00:00:02,000\nx\n",
                "captions_time_invalid",
                Some("2"),
            ),
            (
                "1\n00:00:02,000 --> 00:00:02,000\nx\n",
                "captions_ends_before_it_begins",
                Some("2"),
            ),
            (
                "1\n00:00:05,000 --> 00:00:06,000\nx\n\n2\n00:00:04,999 --> 00:00:07,000\ny\n",
                "captions_out_of_order",
                Some("6"),
            ),
        ] {
            let cause = web_vtt(text, "en").unwrap_err();
            assert_eq!(cause.code, code, "{text:?}");
            assert_eq!(
                cause.params.get("line").map(String::as_str),
                line,
                "{text:?}"
            );
        }
        for language in ["", "english", "fr_CA", "e", "en-", "中文"] {
            let text = "1\n00:00:01,000 --> 00:00:02,000\nx\n";
            assert_eq!(
                web_vtt(text, language).unwrap_err().code,
                "captions_language_invalid"
            );
        }
    }
}
