//! How fast uploads may go.

use serde::{Deserialize, Serialize};
use slipway_model::speed::{Ceiling, Turtle};
use ts_rs::TS;

/// The limit for everything that is set by hand.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct Limit {
    /// `null`: none.
    pub bytes_per_second: Option<u64>,
}

/// How fast all uploads together may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct Speed {
    /// Set by hand.
    pub limit_bytes_per_second: Option<u64>,
    pub turtle: Turtle,
    /// The lowest of all that hold now; `null` is no limit.
    pub in_force: Option<Ceiling>,
}

/// What is not said stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct TurtleChange {
    pub on: Option<bool>,
    pub bytes_per_second: Option<u64>,
}
