//! Watched folders as front ends see them.

use super::Priority;
use serde::{Deserialize, Serialize};
use slipway_model::{AccountId, Cause, WatchId};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A folder that came in by a dialog or the command line, under an id the window may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct OfferedFolder {
    pub folder: u32,
    /// Its last names.
    pub name: String,
    /// For display only.
    pub path: String,
    /// Why it cannot be used now.
    pub cause: Option<Cause>,
}

/// Which files of a folder become uploads, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct WatchRule {
    /// Globs of the name, or with a `/` of the path beneath the folder. Without any: all videos.
    pub patterns: Vec<String>,
    pub min_bytes: Option<u64>,
    pub max_bytes: Option<u64>,
    /// Not before it is so old.
    pub min_age_seconds: Option<u64>,
    /// Not when it is older.
    pub max_age_seconds: Option<u64>,
    pub sub_folders: bool,
    /// How long size and time must rest.
    pub settle_seconds: u32,
    /// Without any those of the template.
    pub accounts: Vec<AccountId>,
    pub template: Option<String>,
    /// Common fields and `platform.field`; variables are filled in for each file.
    pub fields: BTreeMap<String, String>,
    pub hold: bool,
    pub priority: Option<Priority>,
    pub afterwards: Afterwards,
}

impl Default for WatchRule {
    fn default() -> Self {
        Self {
            patterns: Vec::new(),
            min_bytes: None,
            max_bytes: None,
            min_age_seconds: None,
            max_age_seconds: None,
            sub_folders: false,
            settle_seconds: 10,
            accounts: Vec::new(),
            template: None,
            fields: BTreeMap::new(),
            hold: false,
            priority: None,
            afterwards: Afterwards::Keep,
        }
    }
}

/// What becomes of a file whose uploads are all published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Afterwards {
    Keep,
    Move {
        /// Offered; `null`: the one it has.
        folder: Option<u32>,
        /// For display only.
        #[serde(default)]
        path: String,
    },
    /// Into the bin of the system.
    Trash,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NewWatch {
    /// Offered.
    pub folder: u32,
    pub rule: WatchRule,
    /// What lies in it now is left out.
    #[serde(default)]
    pub new_only: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WatchChange {
    pub watch: WatchId,
    pub rule: WatchRule,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct WatchSwitch {
    pub watch: WatchId,
    pub on: bool,
}

/// A watched folder as its card shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WatchRow {
    pub watch: WatchId,
    /// Its last names.
    pub name: String,
    /// For display only.
    pub folder: String,
    /// It lies on a disk of its own.
    pub is_drive: bool,
    pub rule: WatchRule,
    pub state: WatchState,
    /// When it was switched on or off.
    pub switched_at_ms: i64,
    /// When all of it was looked at last; `null`: not yet since the engine began.
    pub last_look_ms: Option<i64>,
    pub next_look_ms: Option<i64>,
    /// Files that became uploads, and since when.
    pub taken: u32,
    pub first_taken_ms: Option<i64>,
    /// What is worth knowing about the watch itself.
    pub notes: Vec<Cause>,
    /// The first of the files that wait, those that need somebody before the others.
    pub waits: Vec<WaitingFile>,
    pub waits_total: u32,
    /// Of these, those that only somebody can help.
    pub needs_you: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum WatchState {
    Watching,
    /// The folder cannot be looked into; it goes on by itself.
    Waiting {
        cause: Cause,
        since_ms: i64,
    },
    /// Files are seen and not taken.
    Off,
    /// No engine runs that would look.
    Resting,
}

/// A file that was seen and is not taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WaitingFile {
    /// Names it while the engine runs.
    pub file: u32,
    pub name: String,
    /// The folder beneath the watched one that it lies in; empty for none.
    pub beneath: String,
    pub size_bytes: u64,
    pub seen_at_ms: i64,
    pub wait: FileWait,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum FileWait {
    Growing {
        bytes_per_second: u64,
    },
    Resting {
        until_ms: i64,
    },
    Empty,
    /// Not so old yet as the rule wants.
    Young {
        until_ms: i64,
    },
    /// A program has it open for writing.
    Open {
        since_ms: i64,
        program: Option<String>,
    },
    Unreadable {
        cause: Cause,
    },
    Ready,
    /// Preflight says no. Tried again when rule, account or file is another.
    Refused {
        cause: Cause,
    },
    /// Its content went where it is to go.
    Twice {
        cause: Cause,
    },
    /// It was published, and could not be moved or thrown away.
    Stays {
        cause: Cause,
    },
}

impl FileWait {
    /// Only somebody can help.
    pub fn needs_you(&self) -> bool {
        matches!(
            self,
            Self::Open { .. } | Self::Refused { .. } | Self::Twice { .. } | Self::Stays { .. }
        )
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct WatchFilesPage {
    pub watch: WatchId,
    pub offset: u32,
    /// At most 500.
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct WatchFiles {
    pub total: u32,
    pub files: Vec<WaitingFile>,
}

/// Some of the files that wait.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WatchPick {
    pub watch: WatchId,
    pub files: Vec<u32>,
}
