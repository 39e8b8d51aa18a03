//! What is not established about the platform, as switches with the likelier reading as default.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// The storage takes signature V1.
    pub allow_v1: bool,
    /// Life of an upload credential in seconds.
    pub credential_s: i64,
    /// A V1 call without a timestamp is refused.
    pub require_timestamp: bool,
    /// An upload credential may HEAD its object.
    pub may_head: bool,
    /// An upload credential may list the parts of its object.
    pub may_list: bool,
    /// An upload credential may abort its upload.
    pub may_abort: bool,
    /// Largest request body in bytes: 5 GB, scaled down for tests.
    pub put_max_bytes: u64,
    /// The smallest part but the last.
    pub part_min_bytes: u64,
    /// Most parts of one page of the list, whatever is asked for.
    pub page_max: u32,
    /// The account has upload acceleration.
    pub accelerated: bool,
    /// Answers carry the checksum.
    pub tells_crc64: bool,
    /// Minutes that a clock may be off.
    pub skew_min: i64,
    /// Most calls of the API in a second; 0 for any number.
    pub calls_per_s: u32,
    /// Downloads by address wait until this is taken away.
    pub holds_jobs: bool,
    /// A download names its media only when it has ended.
    pub media_id_late: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            allow_v1: true,
            credential_s: 3000,
            require_timestamp: false,
            may_head: true,
            may_list: true,
            may_abort: true,
            put_max_bytes: 5 << 30,
            part_min_bytes: 102_400,
            page_max: 1000,
            accelerated: false,
            tells_crc64: true,
            skew_min: 15,
            calls_per_s: 0,
            holds_jobs: false,
            media_id_late: false,
        }
    }
}
