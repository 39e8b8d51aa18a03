//! Takes names of files and folders out of a text: those that are known here, and whatever looks like one.
//!
//! Pure: the names are an argument. Invariant: of a known name of a file no copy is left, as it is, escaped or in an address.

use aho_corasick::{AhoCorasick, MatchKind};
use std::{collections::BTreeSet, path::Path};

const MASK: &str = "…";
/// A shorter part of a path is in half of all words.
const PART_MIN_CHARS: usize = 4;
/// What files end with that people give names to.
const ENDS: [&str; 24] = [
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "flv", "ts", "mts", "m2ts", "wmv", "mpg", "mpeg",
    "mxf", "3gp", "jpg", "jpeg", "png", "webp", "gif", "bmp", "srt", "vtt", "ass",
];

pub(super) struct Names(Option<AhoCorasick>);

impl Names {
    /// Of these paths and names.
    pub(super) fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = BTreeSet::new();
        for path in paths {
            let name = Path::new(path)
                .file_name()
                .map(|name| name.to_string_lossy());
            known.extend(name.iter().flat_map(|name| spelled(name)));
            for part in path.split(['/', '\\']).chain(stem(path)) {
                if part.chars().count() >= PART_MIN_CHARS {
                    known.extend(spelled(part));
                }
            }
        }
        known.remove("");
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(known);
        Self(search.ok())
    }

    pub(super) fn remove(&self, text: &str) -> String {
        let known = match &self.0 {
            Some(search) => {
                let mut clean = String::with_capacity(text.len());
                search.replace_all_with(text, &mut clean, |_, _, clean| {
                    clean.push_str(MASK);
                    true
                });
                clean
            }
            // So many that they could not be searched for: nothing is told then.
            None => MASK.to_owned(),
        };
        remove_paths(&known)
    }
}

fn stem(path: &str) -> Option<&str> {
    Path::new(path).file_stem().and_then(|stem| stem.to_str())
}

/// A name as logs, JSON and addresses may write it.
fn spelled(name: &str) -> impl Iterator<Item = String> + use<> {
    let quoted = |text: String| text[1..text.len() - 1].to_owned();
    let debug = quoted(format!("{name:?}"));
    let json = serde_json::to_string(name).map(quoted).unwrap_or_default();
    let mut address = url::Url::parse("x://h").expect("an address");
    if let Ok(mut segments) = address.path_segments_mut() {
        segments.push(name);
    }
    let address = address.path().trim_start_matches('/').to_owned();
    let shown = crate::sentence::printable(name);
    [name.to_owned(), debug, json, address, shown].into_iter()
}

/// What looks like a path or the name of a file, in quotes or up to the next blank.
fn remove_paths(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').and_then(|inner| {
            let end = closing(inner)?;
            Some((&inner[..end], &inner[end..]))
        });
        if let Some((inner, behind)) = quoted {
            clean.push('"');
            if is_path(inner) || has_end(inner) {
                clean += MASK;
            } else {
                clean += &remove_paths(inner);
            }
            (clean, rest) = (clean + "\"", &behind[1..]);
            continue;
        }
        let end = rest.find([' ', '\n', '\t', '"']).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        clean += &word_without(word);
        let next = behind.chars().next();
        if let Some(c) = next.filter(|c| *c != '"' || closing(&behind[1..]).is_none()) {
            clean.push(c);
            rest = &behind[c.len_utf8()..];
        } else {
            rest = behind;
        }
    }
    clean
}

/// Where a quotation ends that has begun before.
fn closing(inner: &str) -> Option<usize> {
    let mut escaped = false;
    inner
        .char_indices()
        .take_while(|(_, c)| *c != '\n')
        .find_map(|(at, c)| match c {
            '"' if !escaped => Some(at),
            _ => {
                escaped = c == '\\' && !escaped;
                None
            }
        })
}

/// A word without the path behind its `name=`, and without names in an address.
fn word_without(word: &str) -> String {
    let begins = word
        .find('=')
        .map_or(0, |at| at + 1)
        .max(word.len() - word.trim_start_matches(['(', '[', '\'', '`']).len());
    let (head, value) = word.split_at(begins);
    if is_path(value) {
        return format!("{head}{MASK}");
    }
    let segments = value.split('/').map(|segment| {
        let is_name = segment.contains('%') || has_end(segment);
        if is_name { MASK } else { segment }
    });
    format!("{head}{}", segments.collect::<Vec<_>>().join("/"))
}

/// From the root of a disk.
fn is_path(text: &str) -> bool {
    let mut chars = text.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some('/'), Some(c), _) => c != '/',
        (Some('\\'), Some('\\'), _) => true,
        (Some(drive), Some(':'), Some('\\' | '/')) => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

fn has_end(text: &str) -> bool {
    let bare = text.trim_end_matches([',', ';', ':', ')', ']', '}', '\'', '`', '.']);
    bare.rsplit_once('.')
        .is_some_and(|(_, end)| ENDS.iter().any(|known| known.eq_ignore_ascii_case(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_whether_it_is_known_or_not_and_what_is_said_around_it_stays() {
        let names = Names::of([
            "/home/linda/Holiday films/The pier, take 2.mp4",
            "кот \"1\".mov",
        ]);
        for (line, clean) in [
            (
                "upload 3: The pier, take 2.mp4 landed",
                "upload 3: … landed",
            ),
            (
                r#"file="кот \"1\".mov" is 3 bytes"#,
                r#"file="…" is 3 bytes"#,
            ),
            (
                "PUT host.example/b/The%20pier,%20take%202.mp4: 200",
                "PUT host.example/b/…: 200",
            ),
            ("folder=/mnt/elsewhere/x entries=3", "folder=… entries=3"),
            (
                r#"folder="/mnt/un known/x" entries=3"#,
                r#"folder="…" entries=3"#,
            ),
            (
                r#"{"code":"file_gone","file":"a b.mp4"}"#,
                r#"{"code":"file_gone","file":"…"}"#,
            ),
            (r"D:\films\x.bin was taken", "… was taken"),
            ("of linda the films", "of … the films"),
            (
                "POST api.example/v1/videos: 201 after 3 ms",
                "POST api.example/v1/videos: 201 after 3 ms",
            ),
            ("a ratio of 3/4 \"and more", "a ratio of 3/4 \"and more"),
        ] {
            assert_eq!(names.remove(line), clean, "{line}");
        }
    }

    #[test]
    fn no_copy_of_a_name_is_left_whatever_it_is_made_of() {
        // Numbers from a fixed seed: the same names each time.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |most: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % most
        };
        let letters: Vec<char> = "ab zÄ文字🎬\"'\\%#?&=.-_()[]{},;:\u{202e}\n\t"
            .chars()
            .collect();
        for _ in 0..400 {
            let mut name = String::new();
            for _ in 0..4 + next(20) {
                name.push(letters[next(letters.len() as u64) as usize]);
            }
            name += ".mp4";
            let path = format!("/srv/in box/{name}");
            let names = Names::of([path.as_str()]);
            let json = serde_json::json!({ "file": name, "path": path }).to_string();
            let mut url = url::Url::parse("https://h.example/bucket").unwrap();
            url.path_segments_mut().unwrap().push(&name);
            let text = format!("took {name} and {path}\nfile={name:?} {json} {url}\n");
            let clean = names.remove(&text);
            for spelling in spelled(&name) {
                assert!(!clean.contains(&spelling), "{spelling:?} in {clean:?}");
            }
        }
    }
}
