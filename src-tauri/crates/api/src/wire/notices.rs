//! What a user wants to be told of on the desktop.

use serde::{Deserialize, Serialize};
use slipway_model::notice::NoticeKind;
use ts_rs::TS;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct NoticeChoices {
    /// Kinds that are not told.
    pub off: Vec<NoticeKind>,
    /// Hours of the day without a notice, such as `22:00-07:00`; what comes then is told after them. `null`: none.
    pub quiet: Option<String>,
}
