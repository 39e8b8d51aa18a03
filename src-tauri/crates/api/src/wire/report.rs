//! What is looked at when something is wrong: the steps of an upload, and the report for support.

use serde::{Deserialize, Serialize};
use slipway_model::UploadId;
use std::collections::BTreeMap;
use ts_rs::TS;

/// What happened to an upload lately.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct StepsAsked {
    pub id: UploadId,
    /// The number of the last line that is known; 0 for none.
    pub after: u64,
}

/// A line of an upload's log. It is kept while the program runs, the last few hundred of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Step {
    pub number: u64,
    pub at_ms: i64,
    /// Picks the sentence `event.…`.
    pub event: String,
    pub params: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ReportAsked {
    /// Names of files and folders stay in it.
    pub names: bool,
}

/// For support: what is set, how the queue stands, what was logged. No secret, no query of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Report {
    /// It is saved by this, just as it was shown.
    pub number: u32,
    pub files: Vec<ReportFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReportFile {
    pub name: String,
    pub text: String,
}
