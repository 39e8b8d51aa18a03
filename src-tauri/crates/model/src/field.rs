//! Fields of a manuscript or an account, as data: a platform lists them, a front end draws them, preflight checks them.
//!
//! Knows nothing of any platform. Lengths are counted as the site counts them.

use crate::{Cause, preflight::Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use unicode_segmentation::UnicodeSegmentation as _;

/// A text in the three languages of the house, keyed `en`, `zh-CN`, `ja`.
pub type Labels = BTreeMap<String, String>;
/// Values by field name.
pub type Fields = BTreeMap<String, String>;

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Multiline,
    /// Comma-separated.
    Tags,
    Integer,
    Bool,
    Choice,
    /// RFC 3339.
    Time,
    /// A folder on this machine, as an absolute path.
    Folder,
    Url,
    /// An existing image file, chosen with the manuscript's cover.
    Image,
    /// Goes to the keychain; never shown again.
    Secret,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    Utf16,
    Scalar,
    Byte,
    /// What a reader takes for one character.
    Grapheme,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LengthLimit {
    pub count: u32,
    pub of: LengthUnit,
}

impl LengthLimit {
    pub fn measure(self, text: &str) -> u32 {
        let count = match self.of {
            LengthUnit::Utf16 => text.encode_utf16().count(),
            LengthUnit::Scalar => text.chars().count(),
            LengthUnit::Byte => text.len(),
            LengthUnit::Grapheme => text.graphemes(true).count(),
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub value: String,
    pub label: Labels,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The platform's own parameter name.
    pub name: String,
    pub kind: FieldKind,
    #[serde(default)]
    pub required: bool,
    /// Required only when another field has one of these values, e.g. `source` for reposts.
    #[serde(default)]
    pub required_when: Option<RequiredWhen>,
    #[serde(default)]
    pub max: Option<LengthLimit>,
    /// In UTF-8, where a site counts both characters and bytes.
    #[serde(default)]
    pub bytes_max: Option<u32>,
    /// Shorter is refused; nothing at all is not.
    #[serde(default)]
    pub min: Option<LengthLimit>,
    /// For tags.
    #[serde(default)]
    pub tags: Option<TagLimits>,
    /// Characters that are refused, as code points from and to.
    #[serde(default)]
    pub refuses: Vec<(u32, u32)>,
    /// Of an integer; of a time, how many seconds from now it may be.
    #[serde(default)]
    pub range: Option<(i64, i64)>,
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// The platform has a list of values for each account, to choose from; others may be typed.
    #[serde(default)]
    pub listed: bool,
    #[serde(default)]
    pub default: Option<String>,
    /// The common field this one is linked to.
    #[serde(default)]
    pub from: Option<String>,
    /// Belongs behind 'more settings' on a form.
    #[serde(default)]
    pub advanced: bool,
    pub label: Labels,
    #[serde(default)]
    pub help: Labels,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredWhen {
    pub field: String,
    pub is: String,
}

/// Bounds of a field that holds several entries.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagLimits {
    pub count: u32,
    #[serde(default)]
    pub each: Option<LengthLimit>,
    #[serde(default)]
    pub each_bytes_max: Option<u32>,
    /// What the platform is known to do elsewhere: more than that is worth a look and not refused here.
    #[serde(default)]
    pub usual: bool,
}

/// The entries of a field that holds several, each once: without blanks and without the sign before a tag.
pub fn entries(text: &str) -> Vec<&str> {
    let mut entries = Vec::new();
    for entry in text.split([',', '，', '、', '\n']) {
        let entry = entry.trim().trim_start_matches(['#', '＃']).trim_start();
        if !entry.is_empty() && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

impl Field {
    /// What is refused about a value, first finding only; `None` when it may be sent. `all` are the values beside it.
    pub fn check(&self, value: Option<&str>, all: &Fields) -> Option<Cause> {
        // No time is over at the beginning of all times.
        let found = self.findings(value.unwrap_or_default(), all, i64::MIN);
        let mut found = found.into_iter();
        found
            .find(|finding| finding.severity == Severity::Red)
            .map(|finding| finding.cause)
    }

    /// The value's length as the platform counts it: entries joined by a comma.
    pub fn measure(&self, value: &str, limit: LengthLimit) -> u32 {
        match self.kind {
            FieldKind::Tags => limit.measure(&entries(value).join(",")),
            _ => limit.measure(value),
        }
    }

    pub fn is_refused(&self, c: char) -> bool {
        let code = u32::from(c);
        self.refuses
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_drop_signs_blanks_and_repetitions() {
        assert_eq!(entries("#a, b，＃c、,a\n d e ,# "), ["a", "b", "c", "d e"]);
    }
}
