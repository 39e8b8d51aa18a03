//! What is wrong with a manuscript before the first byte: per account, each finding with its rule, both figures and a cure where there is one.
//!
//! Pure: what was read from the file and asked of the account comes in as an argument. Red findings hold back only their own account.
//! Invariant: a finding never changes a text; what it would have to lose, the user takes out.

mod account;
mod field;
mod file;

pub use account::{Standing, check as check_account};

use crate::{
    Cause, Fields, LengthLimit, Spec,
    cover::{CROP_FIELD, Crops},
    manuscript, times,
};
use serde::{Deserialize, Serialize};

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A rule that is kept, with its figures.
    Green,
    /// Worth a look; the upload may go.
    Amber,
    /// Would be refused.
    Red,
}

/// What a person can do about a finding with one click.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Cure {
    /// Go to the field.
    Edit,
    /// Shorten the field's text to so much.
    Shorten {
        to: LengthLimit,
    },
    /// Keep the first entries of the field.
    KeepFirst {
        count: u32,
    },
    /// Take out the characters that are refused.
    TakeOut,
    ChooseCover,
    /// Sign in to the account again.
    SignIn,
    /// Upload the same file to the same account once more.
    UploadAgain,
    /// Start at once.
    StartNow,
    /// Put the earliest time that would do into the field.
    SetTime {
        at_ms: i64,
    },
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: Severity,
    /// The platform's field it belongs to, where it belongs to one.
    pub field: Option<String>,
    pub cause: Cause,
    #[serde(default)]
    pub cure: Option<Cure>,
}

impl Finding {
    pub fn new(severity: Severity, cause: Cause) -> Self {
        Self {
            severity,
            field: None,
            cause,
            cure: None,
        }
    }
    pub fn red(cause: Cause) -> Self {
        Self::new(Severity::Red, cause)
    }
    pub fn amber(cause: Cause) -> Self {
        Self::new(Severity::Amber, cause)
    }
    pub fn green(cause: Cause) -> Self {
        Self::new(Severity::Green, cause)
    }
    /// Belongs to a field, where it can be cured.
    #[must_use]
    pub fn on(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self.cause.params.insert("field".into(), field.into());
        self.cure.get_or_insert(Cure::Edit);
        self
    }
    #[must_use]
    pub fn by(mut self, cure: Cure) -> Self {
        self.cure = Some(cure);
        self
    }
}

/// What is known of the files without opening them again.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<'a> {
    pub file_name: &'a str,
    /// `None` for a file that is online: nobody has looked at it.
    pub size_bytes: Option<u64>,
    /// `None` where nothing could be read of it.
    pub media: Option<SeenMedia>,
    pub cover: Option<SeenCover<'a>>,
    /// In ms since 1970 UTC.
    pub now_ms: i64,
}

/// What a file says of itself; what it does not say is `None`, or empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenMedia {
    pub duration_ms: Option<u64>,
    pub video_codec: String,
    pub audio_codec: String,
    pub shown_px: Option<(u32, u32)>,
    pub frames_per_second: Option<f64>,
    pub channels: Option<u32>,
    pub sample_rate_hz: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCover<'a> {
    pub file_name: &'a str,
    /// Width and height, as it is seen.
    pub size_px: (u32, u32),
    /// It has several pictures.
    pub moves: bool,
}

/// Checks `fields` (common and `platform.field`) against a platform. Worst first.
pub fn check(spec: &Spec, fields: &Fields, seen: &Seen<'_>) -> Vec<Finding> {
    let mut found = file::check(spec, seen);
    let values = manuscript::resolve(fields, &spec.name, &spec.fields);
    for field in &spec.fields {
        let value = values.get(&field.name).map_or("", String::as_str);
        for mut finding in field.findings(value, &values, seen.now_ms) {
            let params = &mut finding.cause.params;
            params.insert("platform".into(), spec.name.clone());
            found.push(finding);
        }
    }
    let own = format!("{}.", spec.name);
    for name in fields.keys().filter_map(|name| name.strip_prefix(&own)) {
        if name != times::PUBLISH_AT && !spec.fields.iter().any(|f| f.name == name) {
            let cause = Cause::new("field_unknown").with("platform", &spec.name);
            found.push(Finding::red(cause).on(name));
        }
    }
    let crop = fields.get(CROP_FIELD).map(|text| Crops::read(text));
    if let Some(Err(cause)) = crop {
        found.push(Finding::red(cause).on(CROP_FIELD));
    }
    worst_first(&mut found);
    found
}

pub fn worst_first(found: &mut [Finding]) {
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
}
