//! Fields of a manuscript or an account, as data: a platform lists them, a front end draws them, preflight checks them.
//!
//! Knows nothing of any platform. Lengths are counted as the site counts them.

use crate::{Cause, error::Params};
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

impl Field {
    /// What is wrong with a value, first finding only; `None` when it may be sent. `all` are the values beside it.
    pub fn check(&self, value: Option<&str>, all: &Fields) -> Option<Cause> {
        let value = value.unwrap_or_default();
        let finding = |code: &str, params: &[(&str, String)]| {
            let mut filled: Params = params
                .iter()
                .map(|(k, v)| ((*k).to_owned(), v.clone()))
                .collect();
            filled.insert("field".into(), self.name.clone());
            Some(Cause {
                code: code.into(),
                params: filled,
                detail: String::new(),
            })
        };
        if value.trim().is_empty() {
            let needed = self.required
                || self
                    .required_when
                    .as_ref()
                    .is_some_and(|when| all.get(&when.field) == Some(&when.is));
            return if needed {
                finding("field_required", &[])
            } else {
                None
            };
        }
        if let Some(max) = self.max {
            let length = max.measure(value);
            if length > max.count {
                return finding(
                    "field_too_long",
                    &[
                        ("length", length.to_string()),
                        ("max", max.count.to_string()),
                    ],
                );
            }
        }
        match self.kind {
            FieldKind::Integer => match value.trim().parse::<i64>() {
                Err(_) => finding("field_not_a_number", &[("value", value.into())]),
                Ok(n) if self.range.is_some_and(|(low, high)| n < low || n > high) => {
                    let (low, high) = self.range.expect("checked by the guard");
                    finding(
                        "field_out_of_range",
                        &[
                            ("value", n.to_string()),
                            ("min", low.to_string()),
                            ("max", high.to_string()),
                        ],
                    )
                }
                Ok(_) => None,
            },
            FieldKind::Bool if !matches!(value, "0" | "1" | "true" | "false") => {
                finding("field_not_yes_or_no", &[("value", value.into())])
            }
            FieldKind::Choice if !self.choices.iter().any(|c| c.value == value) => {
                let known: Vec<_> = self.choices.iter().map(|c| c.value.as_str()).collect();
                finding(
                    "field_not_a_choice",
                    &[("value", value.into()), ("choices", known.join(", "))],
                )
            }
            _ => None,
        }
    }
}
