//! The rest of the whole queue until a time.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Rest {
    /// No bytes move before; `null`: they move.
    pub until_ms: Option<i64>,
}
