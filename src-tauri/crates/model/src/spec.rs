//! A platform as data: its name, its limits, the fields of its accounts and manuscripts. Read from `spec.toml` beside each adapter.

use crate::{Field, Labels};
use serde::{Deserialize, Serialize};

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Stable name, used in settings and on the command line.
    pub name: String,
    /// The name people know, per language.
    pub label: Labels,
    /// Two letters for the mark beside an account.
    pub mark: String,
    /// Whether bytes leave this machine: a local folder needs no network.
    pub remote: bool,
    /// The ticket is a bearer secret and is sealed before it is stored.
    #[serde(default)]
    pub ticket_is_secret: bool,
    /// The commit compares the whole file's checksum; where it does not, none is put together.
    #[serde(default)]
    pub whole_checksum: bool,
    /// It fetches a file that is online by itself.
    #[serde(default)]
    pub takes_online: bool,
    pub limits: Limits,
    /// Account settings that are not secret.
    #[serde(default)]
    pub settings: Vec<Field>,
    /// Account secrets; they go to the keychain.
    #[serde(default)]
    pub secrets: Vec<Field>,
    /// Fields of a manuscript, in the order they are drawn.
    pub fields: Vec<Field>,
}

/// Bounds that the engine and preflight obey. Zero means none.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub part_min_bytes: u64,
    pub part_max_bytes: u64,
    /// The size taken when nothing speaks for another.
    pub part_bytes: u64,
    #[serde(default)]
    pub parts_max: u32,
    /// All parts but the last must be of one size.
    #[serde(default)]
    pub parts_equal: bool,
    /// The same part may be sent twice at once: the last, or the first, wins with the same bytes.
    #[serde(default)]
    pub parts_idempotent: bool,
    /// Parts of one upload in flight.
    pub parts_at_once: u32,
    /// Uploads of one account in flight.
    pub uploads_at_once: u32,
    pub file_max_bytes: u64,
    /// Larger than this is allowed but worth a warning.
    #[serde(default)]
    pub file_warn_bytes: u64,
    /// Least seconds between two submissions of one account.
    #[serde(default)]
    pub submit_spacing_s: u32,
    /// For how long it keeps all bytes unpublished, in seconds, counted from the first; 0: the last byte publishes. None: no end is known.
    #[serde(default)]
    pub unpublished_s: Option<u32>,
    /// File extensions the platform recommends, lower case; others bring a warning. Empty: any.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// Others are refused.
    #[serde(default)]
    pub extensions_only: bool,
    #[serde(default)]
    pub media: MediaLimits,
    #[serde(default)]
    pub cover: Option<CoverLimits>,
}

/// What a platform says of the video itself. Zero or empty means nothing. Longer than the longest is refused; the rest is advice.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaLimits {
    pub duration_max_ms: u64,
    /// As `ffprobe` names codecs.
    pub video_codecs: Vec<String>,
    pub audio_codecs: Vec<String>,
    /// Longest side of the picture.
    pub side_max_px: u32,
    pub frames_per_second_max: u32,
    /// Of the whole file, at the mean.
    pub bits_per_second_max: u64,
    pub channels_max: u32,
    pub sample_rate_max_hz: u32,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverLimits {
    /// Zero means none, here and below.
    pub max_bytes: u64,
    pub min_width_px: u32,
    pub min_height_px: u32,
    /// What the platform takes of `jpg` and `png`; always the first of them.
    pub formats: Vec<String>,
    /// What the platform shows covers in; `None` takes any.
    #[serde(default)]
    pub ratio: Option<crate::cover::Ratio>,
}
