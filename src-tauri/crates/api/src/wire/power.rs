//! What the machine does while uploads go and when they are sent, and how they share the line.

use serde::{Deserialize, Serialize};
use slipway_model::finish::Finish;
use ts_rs::TS;

/// A minute to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Countdown {
    pub then: Finish,
    /// When it is done.
    pub at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Power {
    /// No sleep while bytes go.
    pub keep_awake: bool,
    /// It is so now.
    pub is_awake: bool,
    /// Once, when nothing is left to send.
    pub then: Finish,
    /// Also where some failed or wait for a person.
    pub even_if_failed: bool,
    /// What this machine can do without asking anybody.
    pub offered: Vec<Finish>,
    pub countdown: Option<Countdown>,
}

/// What is not said stays as it is. Whatever is said of the end takes a countdown back.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct PowerChange {
    pub keep_awake: Option<bool>,
    pub then: Option<Finish>,
    pub even_if_failed: Option<bool>,
}
