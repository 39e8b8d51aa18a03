//! What the creator wants published: one file, here or online, its fields, a cover.
//!
//! Fields are text under two kinds of names: common ones (`title`) flow to every platform, and `platform.field` is a platform's own and wins there.

use crate::{Field, FieldKind, ManuscriptId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Names of the fields that every platform shares.
pub const COMMON_FIELDS: [&str; 8] = [
    "title",
    "description",
    "tags",
    "language",
    "visibility",
    "publish_at",
    "captions",
    crate::cover::CROP_FIELD,
];

/// How a source file is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    pub size_bytes: u64,
    /// Last change in ns since 1970.
    pub mtime_ns: i64,
    /// Volume and file number as the system gives them; empty where it does not.
    pub file_id: String,
    /// BLAKE3 over size, head, tail and 16 samples, in hex.
    pub sample: String,
}

impl Fingerprint {
    /// Whether the bytes are most likely the same: contents decide, times do not, since a copy or a backup may change them.
    pub fn same_content(&self, other: &Self) -> bool {
        self.size_bytes == other.size_bytes && self.sample == other.sample
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    pub path: PathBuf,
    pub fingerprint: Fingerprint,
}

/// A file that is somewhere on the net: the platform fetches it, and none of its bytes come by here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineFile {
    /// Without user, query and fragment: what may be shown.
    pub shown: String,
    /// The whole address, which may be a bearer secret; sealed by the engine.
    pub sealed: Vec<u8>,
    /// Hash of the whole address, by which it is known again.
    pub sample: String,
}

impl std::fmt::Debug for OnlineFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OnlineFile({})", self.shown)
    }
}

/// Where a manuscript's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    File(SourceFile),
    Online(OnlineFile),
}

impl Source {
    pub fn file(&self) -> Option<&SourceFile> {
        match self {
            Self::File(file) => Some(file),
            Self::Online(_) => None,
        }
    }
    /// Path or address, for display only.
    pub fn shown(&self) -> String {
        match self {
            Self::File(file) => file.path.display().to_string(),
            Self::Online(online) => online.shown.clone(),
        }
    }
    /// The file's own name, made printable; never a path.
    pub fn name(&self) -> String {
        match self {
            Self::File(file) => printable_name(&file.path),
            Self::Online(online) => name_in_address(&online.shown),
        }
    }
    /// What is to be sent from here: nothing of a file that the platform fetches.
    pub fn size_bytes(&self) -> u64 {
        self.file().map_or(0, |file| file.fingerprint.size_bytes)
    }
    /// Names the content, together with the size.
    pub fn sample(&self) -> &str {
        match self {
            Self::File(file) => &file.fingerprint.sample,
            Self::Online(online) => &online.sample,
        }
    }
}

/// A file's name for people and platforms: what is not text is replaced, nothing is a path.
pub fn printable_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| "file".into(), |name| name.to_string_lossy().into_owned())
}

/// The last step of an address without query, its percent signs read where they stand for text; the host where there is no step.
pub fn name_in_address(shown: &str) -> String {
    let rest = shown.split_once("://").map_or(shown, |(_, rest)| rest);
    let step = rest.trim_end_matches('/').rsplit('/').next();
    let step = step.unwrap_or(rest);
    let text = String::from_utf8(unpercent(step)).unwrap_or_else(|_| step.to_owned());
    text.chars()
        .map(|c| {
            if c.is_control() || matches!(c, '/' | '\\') {
                '_'
            } else {
                c
            }
        })
        .collect()
}

fn unpercent(text: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        let code = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        out.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manuscript {
    pub id: ManuscriptId,
    pub source: Source,
    pub fields: BTreeMap<String, String>,
    pub cover: Option<PathBuf>,
    pub created_at_ms: i64,
}

/// The values of a platform's fields by its own names: its own value first, then the common field it is linked to, then its default.
pub fn resolve(
    fields: &BTreeMap<String, String>,
    platform: &str,
    spec: &[Field],
) -> BTreeMap<String, String> {
    spec.iter()
        .filter_map(|field| {
            let own = fields.get(&format!("{platform}.{}", field.name));
            let common = field.from.as_ref().and_then(|from| fields.get(from));
            let value = match (own, common) {
                (None, Some(common)) => as_own(field, common),
                (own, _) => own.or(field.default.as_ref())?.clone(),
            };
            Some((field.name.clone(), value))
        })
        .collect()
}

/// A common field's value as a platform's own field takes it: a visibility in words, where the platform only knows public or not.
fn as_own(field: &Field, common: &str) -> String {
    let visibility = field.from.as_deref() == Some("visibility");
    let value = match common.trim() {
        "public" if visibility && field.kind == FieldKind::Bool => "1",
        "private" | "unlisted" if visibility && field.kind == FieldKind::Bool => "0",
        _ => common,
    };
    value.to_owned()
}

/// A first title: the file's name without its last extension, white space in place of line breaks.
pub fn title_from_file_name(name: &str) -> String {
    let stem = match name.rfind('.') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    };
    let title: String = stem
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    title.trim().to_owned()
}

/// The title that is shown: the manuscript's, or where it has none what its file's name gives.
pub fn shown_title(title: String, file_name: &str) -> String {
    if title.is_empty() {
        title_from_file_name(file_name)
    } else {
        title
    }
}

/// The fields of a manuscript; one without a title is named after its file.
pub fn titled(fields: &BTreeMap<String, String>, file_name: &str) -> BTreeMap<String, String> {
    let mut fields = fields.clone();
    let title = fields.entry("title".into()).or_default();
    if title.trim().is_empty() {
        *title = title_from_file_name(file_name);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_drops_one_extension_and_line_breaks() {
        for (name, title) in [
            ("a.b.mp4", "a.b"),
            (".mp4", ".mp4"),
            ("clip", "clip"),
            ("two\nlines.mov", "two lines"),
            ("日本 語.mkv", "日本 語"),
        ] {
            assert_eq!(title_from_file_name(name), title);
        }
    }

    #[test]
    fn a_name_in_an_address_is_text_and_never_a_path() {
        for (shown, name) in [
            ("https://a.example/x/clip.mp4", "clip.mp4"),
            ("https://a.example/%E5%A4%8F%20a.mp4", "夏 a.mp4"),
            ("https://a.example/x/", "x"),
            ("https://a.example", "a.example"),
            ("https://a.example/%2e%2e%2fetc", ".._etc"),
            ("https://a.example/100%.mp4", "100%.mp4"),
            ("https://a.example/%ff.mp4", "%ff.mp4"),
            ("https://a.example/a%0ab.mp4", "a_b.mp4"),
        ] {
            assert_eq!(name_in_address(shown), name, "{shown}");
        }
    }

    #[test]
    fn an_online_file_prints_only_what_may_be_shown() {
        let online = OnlineFile {
            shown: "https://a.example/x.mp4".into(),
            sealed: b"https://a.example/x.mp4?key=SECRET".to_vec(),
            sample: "s".into(),
        };
        let source = Source::Online(online);
        assert_eq!(
            format!("{source:?}"),
            "Online(OnlineFile(https://a.example/x.mp4))"
        );
        assert_eq!((source.size_bytes(), source.file()), (0, None));
    }

    #[test]
    fn a_visibility_in_words_is_taken_where_only_public_or_not_is_known() {
        let field: Field = serde_json::from_value(serde_json::json!({
            "name": "public", "kind": "bool", "default": "1", "from": "visibility", "label": {},
        }))
        .unwrap();
        for (own, common, made) in [
            (None, Some("private"), "0"),
            (None, Some("unlisted"), "0"),
            (None, Some("public"), "1"),
            (None, Some("friends"), "friends"),
            (Some("true"), Some("private"), "true"),
            (None, None, "1"),
        ] {
            let mut fields = BTreeMap::new();
            fields.extend(own.map(|v: &str| ("p.public".to_owned(), v.to_owned())));
            fields.extend(common.map(|v: &str| ("visibility".to_owned(), v.to_owned())));
            let made_of = resolve(&fields, "p", std::slice::from_ref(&field));
            assert_eq!(made_of["public"], made, "{own:?} {common:?}");
        }
    }
}
