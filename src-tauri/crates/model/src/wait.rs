//! Why an upload does not move now. Never stored: it is found afresh, so it is never stale after a start.

use crate::Cause;
use serde::{Deserialize, Serialize};

/// Times are in ms since 1970 UTC.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Wait {
    /// Others are before it.
    Turn {
        ahead: u32,
    },
    /// Not to be begun before.
    StartAt {
        until_ms: i64,
    },
    /// No bytes move at this hour of the day.
    Hours {
        until_ms: i64,
    },
    /// The whole queue rests until then, by hand.
    Paused {
        until_ms: i64,
    },
    /// All is there, and is submitted then.
    PublishAt {
        until_ms: i64,
    },
    /// All is there, and is submitted together with others that are not so far. `stopped` says which of them does not get there by itself.
    Together {
        others: u32,
        stopped: Option<Cause>,
    },
    /// The next try comes by itself.
    Retry {
        until_ms: i64,
        cause: Cause,
    },
    /// The platform's own pause between works, or its quota.
    Quota {
        until_ms: i64,
        cause: Cause,
    },
    /// The account must be signed in again.
    SignIn {
        cause: Cause,
    },
    FileMissing {
        cause: Cause,
    },
    FileChanged {
        cause: Cause,
    },
    /// No room on a disk; looked at again by itself.
    Disk {
        until_ms: i64,
        cause: Cause,
    },
    /// The keychain is closed or a pass phrase is missing.
    Secrets {
        cause: Cause,
    },
    /// The link is not there, or nothing may go over it.
    Network {
        cause: Cause,
        /// Its user has to say what it costs.
        asks: bool,
        /// When it opens by itself, where that is known.
        until_ms: Option<i64>,
    },
    /// The platform works or reviews; the next look.
    Platform {
        until_ms: i64,
    },
}

impl Wait {
    /// Only a person can end it.
    pub fn needs_person(&self) -> bool {
        matches!(
            self,
            Self::SignIn { .. }
                | Self::FileMissing { .. }
                | Self::FileChanged { .. }
                | Self::Secrets { .. }
                | Self::Together {
                    stopped: Some(_),
                    ..
                }
                | Self::Network { asks: true, .. }
        )
    }
    pub fn until_ms(&self) -> Option<i64> {
        match self {
            Self::Retry { until_ms, .. }
            | Self::Quota { until_ms, .. }
            | Self::Disk { until_ms, .. }
            | Self::Platform { until_ms }
            | Self::StartAt { until_ms }
            | Self::Hours { until_ms }
            | Self::Paused { until_ms }
            | Self::PublishAt { until_ms } => Some(*until_ms),
            Self::Network { until_ms, .. } => *until_ms,
            _ => None,
        }
    }
    /// The word used in events and on the wire.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Turn { .. } => "turn",
            Self::StartAt { .. } => "start_at",
            Self::Hours { .. } => "hours",
            Self::Paused { .. } => "paused",
            Self::PublishAt { .. } => "publish_at",
            Self::Together { .. } => "together",
            Self::Retry { .. } => "retry",
            Self::Quota { .. } => "quota",
            Self::SignIn { .. } => "sign_in",
            Self::FileMissing { .. } => "file_missing",
            Self::FileChanged { .. } => "file_changed",
            Self::Disk { .. } => "disk",
            Self::Secrets { .. } => "secrets",
            Self::Network { .. } => "network",
            Self::Platform { .. } => "platform",
        }
    }
}
