//! What the creator wants published: one file, its fields, a cover.
//!
//! Fields are text under two kinds of names: common ones (`title`) flow to every platform, and `platform.field` is a platform's own and wins there.

use crate::{Field, FieldKind, ManuscriptId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// Names of the fields that every platform shares.
pub const COMMON_FIELDS: [&str; 6] = [
    "title",
    "description",
    "tags",
    "language",
    "visibility",
    "publish_at",
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manuscript {
    pub id: ManuscriptId,
    pub file: SourceFile,
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
