//! A signed-in identity on one platform. Secrets are elsewhere; here is only what may be shown.

use crate::{AccountId, Cause};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings by the platform's own names.
pub type Settings = BTreeMap<String, String>;

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// The platform's name, e.g. `bilibili`.
    pub platform: String,
    /// The user's name for it; unique.
    pub label: String,
    pub settings: Settings,
    pub health: Health,
    pub created_at_ms: i64,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Not checked so far.
    #[default]
    Unknown,
    Ready,
    /// Its uploads wait until someone signs in.
    SignedOut,
    /// Something else is wrong; the cause says what.
    Troubled,
}

/// What the last check found.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Health {
    pub state: HealthState,
    /// The platform's name for the identity, e.g. the channel's.
    #[serde(default)]
    pub identity: Option<String>,
    /// End of the sign-in, in ms since 1970 UTC.
    #[serde(default)]
    pub valid_until_ms: Option<i64>,
    #[serde(default)]
    pub checked_at_ms: Option<i64>,
    #[serde(default)]
    pub cause: Option<Cause>,
}
