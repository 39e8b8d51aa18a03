//! What the platform does with a manuscript after submission, as a function of time.
//!
//! Pure: submitted → transcoding → review → an outcome that words in the title choose. State numbers are those of the site; only
//! 0 and -2 stand in its official pages (relayed, read 2026-07-23), the rest is the community's table.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::millis;

const GIB: u64 = 1024 * 1024 * 1024;
/// How much longer `[slow]` takes.
const SLOW: i64 = 10;

/// How long each step takes, on the virtual clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub submitted: Duration,
    pub transcode: Duration,
    pub transcode_per_gib: Duration,
    pub review: Duration,
    /// From open to withdrawn, for a title with `[withdraw]`.
    pub withdrawn: Duration,
    /// How long a manuscript cannot be edited after its submission.
    pub settle: Duration,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            submitted: Duration::from_secs(2),
            transcode: Duration::from_secs(2),
            transcode_per_gib: Duration::from_mins(1),
            review: Duration::from_secs(5),
            withdrawn: Duration::from_mins(1),
            settle: Duration::from_secs(10),
        }
    }
}

impl Review {
    /// Every step can be seen by a client that polls quickly.
    pub fn fast() -> Self {
        let step = Duration::from_millis(60);
        Self {
            submitted: step,
            transcode: step,
            transcode_per_gib: step,
            review: step,
            withdrawn: step,
            settle: Duration::ZERO,
        }
    }

    /// The outcome stands as soon as the manuscript does.
    pub fn immediate() -> Self {
        let none = Duration::ZERO;
        Self {
            submitted: none,
            transcode: none,
            transcode_per_gib: none,
            review: none,
            withdrawn: none,
            settle: none,
        }
    }

    /// The state of a manuscript `age_ms` after its submission, or after its last edit, which skips the transcoding.
    pub fn state(&self, title: &str, bytes: u64, edited: bool, age_ms: i64) -> State {
        let pace = if title.contains("[slow]") { SLOW } else { 1 };
        let steps = if edited {
            [0, 0]
        } else {
            let transcode = self.transcode.as_secs_f64()
                + self.transcode_per_gib.as_secs_f64() * bytes as f64 / GIB as f64;
            [
                millis(self.submitted) * pace,
                millis(Duration::from_secs_f64(transcode)) * pace,
            ]
        };
        let [submitted, transcoded] = [steps[0], steps[0] + steps[1]];
        let reviewed = transcoded + millis(self.review) * pace;
        if age_ms < submitted {
            return State::SUBMITTED;
        }
        if age_ms < transcoded {
            return State::TRANSCODING;
        }
        if title.contains("[transcode-fail]") {
            return State::TRANSCODE_FAILED;
        }
        if age_ms < reviewed || title.contains("[stuck]") {
            return State::IN_REVIEW;
        }
        match title {
            t if t.contains("[reject]") => State::REJECTED,
            t if t.contains("[lock]") => State::LOCKED,
            t if t.contains("[withdraw]") && age_ms >= reviewed + millis(self.withdrawn) => {
                State::REJECTED
            }
            _ => State::open(reviewed),
        }
    }
}

/// A state of the site's table with its text and, for a refusal, the reason shown to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub number: i64,
    pub text: &'static str,
    pub reason: &'static str,
    /// For an open one: how long after submission it opened.
    pub opened_after_ms: Option<i64>,
}

impl State {
    const SUBMITTED: Self = Self::plain(-30, "创建提交");
    const TRANSCODING: Self = Self::plain(-9, "等待转码");
    const IN_REVIEW: Self = Self::plain(-1, "待审");
    const TRANSCODE_FAILED: Self = Self::refused(-16, "转码失败", "转码失败，请重新上传");
    const REJECTED: Self = Self::refused(-2, "已退回", "稿件不符合投稿规范，请修改后重新提交");
    const LOCKED: Self = Self::refused(-4, "已锁定", "稿件已被锁定");

    const fn open(after_ms: i64) -> Self {
        Self {
            opened_after_ms: Some(after_ms),
            ..Self::plain(0, "开放浏览")
        }
    }

    /// Whether the list's filter `is_pubing` shows it. The mapping is not published: what is neither open nor refused.
    pub fn is_under_way(&self) -> bool {
        matches!(self.number, -30 | -9 | -1)
    }

    pub fn is_open(&self) -> bool {
        matches!(self.number, 0 | 1)
    }

    const fn plain(number: i64, text: &'static str) -> Self {
        Self::refused(number, text, "")
    }

    const fn refused(number: i64, text: &'static str, reason: &'static str) -> Self {
        Self {
            number,
            text,
            reason,
            opened_after_ms: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(title: &str, edited: bool) -> Vec<i64> {
        let review = Review::default();
        [0, 2_500, 6_000, 9_500, 80_000]
            .map(|age| review.state(title, 0, edited, age).number)
            .to_vec()
    }

    #[test]
    fn a_manuscript_goes_through_transcoding_and_review_to_open() {
        assert_eq!(numbers("a day", false), [-30, -9, -1, 0, 0]);
    }

    #[test]
    fn words_in_the_title_choose_the_outcome() {
        assert_eq!(numbers("[reject]", false), [-30, -9, -1, -2, -2]);
        assert_eq!(numbers("[lock]", false), [-30, -9, -1, -4, -4]);
        assert_eq!(numbers("[transcode-fail]", false), [-30, -9, -16, -16, -16]);
        assert_eq!(numbers("[stuck]", false), [-30, -9, -1, -1, -1]);
        assert_eq!(numbers("[slow]", false), [-30, -30, -30, -30, -1]);
        assert_eq!(numbers("[withdraw]", false), [-30, -9, -1, 0, -2]);
    }

    #[test]
    fn an_edit_is_reviewed_and_not_transcoded() {
        assert_eq!(numbers("a day", true), [-1, -1, 0, 0, 0]);
    }
}
