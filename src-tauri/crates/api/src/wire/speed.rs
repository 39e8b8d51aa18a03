//! How fast uploads may go.

use super::UploadSet;
use serde::{Deserialize, Serialize};
use slipway_model::{
    AccountId,
    speed::{Ceiling, Turtle},
    timetable::{Level, Present},
};
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
    /// What the timetable says of now.
    pub timetable: Present,
    /// The timetable's level `cap`.
    pub level_bytes_per_second: u64,
    /// The lowest of all that hold now; `null` is no limit.
    pub in_force: Option<Ceiling>,
    /// In bytes per second: what leaves room for calls and streams, while that is wished and something is sent.
    pub headroom: Option<u64>,
}

/// What is not said stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct TurtleChange {
    pub on: Option<bool>,
    pub bytes_per_second: Option<u64>,
}

/// A limit for all uploads of one account together.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct AccountLimit {
    pub account: AccountId,
    /// `null`: none.
    pub bytes_per_second: Option<u64>,
}

/// A limit for each of these uploads by itself.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct UploadsLimit {
    pub uploads: UploadSet,
    /// `null`: none.
    pub bytes_per_second: Option<u64>,
}

/// How fast bytes may move at which hour of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Timetable {
    /// One for each hour, from Monday at midnight.
    pub week: Vec<Level>,
    /// What the level `cap` is.
    pub cap_bytes_per_second: u64,
    /// Set as hours of the day, to the minute; then an hour that is not open to its end is off in `week`.
    pub hours: Option<String>,
    pub now: Present,
    /// The day of the week from Monday, 0 to 6, and the hour, here and now.
    pub day: u8,
    pub hour: u8,
    /// The zone that these are hours of, e.g. `Europe/Berlin`; empty when it has no name.
    pub zone: String,
    /// Its offset from UTC now, e.g. `+01:00`.
    pub offset: String,
}

/// What is not said stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct TimetableChange {
    /// One for each hour, from Monday at midnight.
    pub week: Option<Vec<Level>>,
    pub cap_bytes_per_second: Option<u64>,
}
