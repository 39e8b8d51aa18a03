//! Settings on their way from one machine to another.

use serde::{Deserialize, Serialize};
use slipway_model::Cause;
use ts_rs::TS;

#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct SettingsImport {
    /// Offered.
    pub file: u32,
    /// Else it is only told what would change.
    pub apply: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct SettingsImported {
    /// What changes, or has changed.
    pub changes: Vec<Cause>,
    /// What the file says and is left out, and why.
    pub left_out: Vec<Cause>,
    pub applied: bool,
}
