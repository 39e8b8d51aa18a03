//! What happens to uploads, as it happens: for the command line's event lines and for programs that follow the queue.
//!
//! A slow listener loses events, never the engine its time: the channel tells how many were lost, and the queue can always be asked.

use serde::{Deserialize, Serialize};
use slipway_model::{AccountId, Cause, PhaseName, UploadId, Wait};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happening {
    /// In ms since 1970 UTC.
    pub at_ms: i64,
    /// `None` only for [`What::Idle`].
    pub upload: Option<UploadId>,
    pub account: Option<AccountId>,
    /// The account's label.
    pub account_label: Option<String>,
    /// The source file's path, for display.
    pub file: Option<String>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    Queued,
    Phase {
        from: PhaseName,
        to: PhaseName,
    },
    /// At most once a second for each upload.
    Progress {
        held_bytes: u64,
        total_bytes: u64,
        sent_bytes: u64,
        bytes_per_second: u64,
        eta_seconds: Option<u64>,
    },
    Part {
        number: u32,
        offset_bytes: u64,
        bytes: u64,
    },
    Waiting {
        wait: Wait,
    },
    Retry {
        after_seconds: f64,
        code: String,
    },
    Resumed {
        held_bytes: u64,
        resent_bytes: u64,
    },
    Published {
        remote_id: String,
        url: Option<String>,
    },
    Failed {
        cause: Cause,
    },
    Idle {
        published: u32,
        failed: u32,
        waiting: u32,
    },
}
