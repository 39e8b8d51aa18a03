//! What each of the platform's codes means to the engine, as one table.
//!
//! Source: the open platform's error lists, as relayed 2026-07-23 and 2026-10-10, and its list of 2022; what to do about each is ours.
//! Invariant: a code that is not here is shown as it came and never taken for success.

use super::wire::Said;
use crate::{Error, http::Act};
use slipway_model::{Cause, ErrorKind};
use std::time::Duration;

/// What the engine does about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    /// The user must change something, here or on the platform's site: never retried by itself.
    Refuse,
    /// Someone must sign in again.
    SignIn,
    /// A new upload token and everything again.
    Reopen,
    /// Passes by itself.
    Retry,
    /// Passes after so many seconds.
    Wait(u64),
    /// The wait doubles with each time in a row, from a minute.
    Slower,
    /// Nothing more until midnight in UTC+8.
    Tomorrow,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) code: i64,
    pub(super) does: Do,
    /// Picks the sentence.
    pub(super) cause: &'static str,
    /// Certain to have had no effect: after an unsure one a submission is looked for before it is repeated.
    pub(super) sure: bool,
}

const fn row(code: i64, does: Do, cause: &'static str) -> Row {
    Row {
        code,
        does,
        cause,
        sure: true,
    }
}

const fn unsure(code: i64, does: Do, cause: &'static str) -> Row {
    Row {
        code,
        does,
        cause,
        sure: false,
    }
}

pub(super) const CLOCK_OFF: i64 = 4003;
pub(super) const NONCE_SEEN: i64 = 4004;
pub(super) const NO_MANUSCRIPT: i64 = 123_004;
pub(super) const PARAMETER: i64 = 123_008;
pub(super) const SAME_TITLE: i64 = 123_015;
pub(super) const ACCESS_INVALID: i64 = 127_001;
pub(super) const TOKEN_INVALID: i64 = 127_022;

use Do::{Refuse, Reopen, Retry, SignIn, Slower, Tomorrow, Wait};

/// In order of codes.
pub(super) const TABLE: &[Row] = &[
    // Gateway.
    unsure(-500, Retry, "bilibili_server_fault"),
    row(-400, Refuse, "bilibili_request_refused"),
    row(4000, Refuse, "bilibili_request_refused"),
    row(4001, Refuse, "bilibili_app_configuration"),
    row(4002, Refuse, "bilibili_signature_wrong"),
    row(CLOCK_OFF, Retry, "bilibili_clock_off"),
    row(NONCE_SEEN, Retry, "bilibili_request_repeated"),
    row(4005, Refuse, "bilibili_request_refused"),
    row(4006, Refuse, "bilibili_request_refused"),
    row(4007, Refuse, "bilibili_request_refused"),
    row(4008, Refuse, "bilibili_request_refused"),
    row(4009, Refuse, "bilibili_request_refused"),
    unsure(4010, Retry, "bilibili_server_fault"),
    unsure(4011, Retry, "bilibili_server_fault"),
    row(4012, Refuse, "bilibili_request_refused"),
    // Sign-in and permission.
    row(122_000, Refuse, "bilibili_client_id_wrong"),
    row(122_001, Refuse, "bilibili_app_secret_wrong"),
    row(122_002, SignIn, "bilibili_code_spent"),
    row(122_007, SignIn, "bilibili_sign_in_ended"),
    row(122_008, Refuse, "bilibili_client_id_wrong"),
    unsure(122_009, Retry, "bilibili_busy"),
    unsure(122_010, Retry, "bilibili_busy"),
    // Video.
    row(123_001, Refuse, "bilibili_account_may_not"),
    unsure(123_002, Wait(120), "bilibili_busy"),
    row(123_003, Refuse, "bilibili_category_refused"),
    row(NO_MANUSCRIPT, Refuse, "bilibili_gone"),
    row(123_005, Refuse, "bilibili_deleted"),
    row(123_006, Reopen, "bilibili_video_broken"),
    row(123_007, Refuse, "bilibili_locked"),
    row(PARAMETER, Refuse, "bilibili_request_refused"),
    row(123_009, Refuse, "bilibili_category_refused"),
    row(123_010, Refuse, "bilibili_category_refused"),
    row(123_011, Refuse, "bilibili_mission_refused"),
    row(123_012, Refuse, "bilibili_tag_illegal"),
    row(123_013, Refuse, "bilibili_title_illegal"),
    row(123_014, Refuse, "bilibili_desc_illegal"),
    row(SAME_TITLE, Refuse, "bilibili_title_repeated"),
    row(123_016, Refuse, "bilibili_source_missing"),
    row(123_017, Refuse, "bilibili_desc_empty"),
    row(123_018, Refuse, "bilibili_desc_too_long"),
    row(123_019, Refuse, "bilibili_desc_type_refused"),
    row(123_020, Refuse, "bilibili_desc_type_refused"),
    row(123_021, Refuse, "bilibili_desc_type_refused"),
    row(123_022, Refuse, "bilibili_tag_banned"),
    row(123_023, Wait(300), "bilibili_submission_closed"),
    row(123_024, Refuse, "bilibili_text_sensitive"),
    row(123_026, Wait(30), "bilibili_submitting_too_fast"),
    row(123_027, Refuse, "bilibili_mission_refused"),
    row(123_028, Wait(10), "bilibili_still_processing"),
    row(123_029, Refuse, "bilibili_too_many_videos"),
    row(123_030, Refuse, "bilibili_title_too_long"),
    row(123_033, Refuse, "bilibili_title_too_long"),
    row(123_034, Refuse, "bilibili_not_editable"),
    row(123_035, Refuse, "bilibili_not_editable"),
    row(123_036, Tomorrow, "bilibili_daily_quota"),
    row(123_037, Refuse, "bilibili_level_too_low"),
    row(123_038, Refuse, "bilibili_cover_gif"),
    unsure(123_039, Wait(120), "bilibili_busy"),
    row(123_040, Refuse, "bilibili_gone"),
    row(123_041, Refuse, "bilibili_deleted"),
    row(123_042, Refuse, "bilibili_confirmation_needed"),
    row(123_043, Refuse, "bilibili_task_cancelled"),
    row(123_044, Wait(300), "bilibili_submission_closed"),
    row(123_045, Refuse, "bilibili_not_editable"),
    row(123_046, Refuse, "bilibili_chapter_illegal"),
    row(123_047, Refuse, "bilibili_topic_refused"),
    row(123_048, Refuse, "bilibili_topic_refused"),
    row(123_049, Refuse, "bilibili_topic_refused"),
    row(123_050, Refuse, "bilibili_captcha_needed"),
    row(123_051, Refuse, "bilibili_captcha_needed"),
    row(123_052, Refuse, "bilibili_text_sensitive"),
    unsure(123_053, Retry, "bilibili_changed_meanwhile"),
    unsure(123_054, Retry, "bilibili_changed_meanwhile"),
    unsure(123_055, Retry, "bilibili_changed_meanwhile"),
    unsure(123_056, Retry, "bilibili_changed_meanwhile"),
    // Permission, and the list of 2022.
    row(127_000, Refuse, "bilibili_request_refused"),
    row(ACCESS_INVALID, SignIn, "bilibili_sign_in_ended"),
    row(127_002, Refuse, "bilibili_signature_wrong"),
    row(127_003, SignIn, "bilibili_sign_in_ended"),
    row(127_004, Refuse, "bilibili_client_id_wrong"),
    row(127_005, Refuse, "bilibili_app_not_certified"),
    row(127_006, Refuse, "bilibili_app_not_certified"),
    row(127_007, Refuse, "bilibili_app_lacks_permission"),
    row(127_008, SignIn, "bilibili_sign_in_ended"),
    row(127_009, Slower, "bilibili_call_quota"),
    row(127_010, Refuse, "bilibili_signature_wrong"),
    row(127_011, SignIn, "bilibili_not_granted"),
    row(127_012, SignIn, "bilibili_sign_in_ended"),
    row(TOKEN_INVALID, Reopen, "bilibili_upload_token_lost"),
    row(127_023, Refuse, "bilibili_client_id_wrong"),
    row(127_100, Refuse, "bilibili_request_refused"),
    row(127_102, Refuse, "bilibili_file_type"),
    row(127_107, Refuse, "bilibili_deleted"),
    row(127_124, Refuse, "bilibili_gone"),
    unsure(127_200, Retry, "bilibili_server_fault"),
    unsure(127_201, Retry, "bilibili_busy"),
    row(127_207, Refuse, "bilibili_category_refused"),
    row(127_304, Refuse, "bilibili_access_restricted"),
    row(127_305, Refuse, "bilibili_not_whitelisted"),
    row(127_306, Slower, "bilibili_call_quota"),
];

/// A code nobody has told us of: shown as it came, not retried, and not sure to have had no effect.
const UNKNOWN: Row = unsure(0, Refuse, "platform_unknown_answer");

pub(super) fn find(code: i64) -> Row {
    match TABLE.binary_search_by_key(&code, |row| row.code) {
        Ok(at) => TABLE[at],
        Err(_) => Row { code, ..UNKNOWN },
    }
}

/// The error for what the platform said. `now_ms` is the platform's time; `in_a_row` counts the pushbacks, this one included.
pub(super) fn error(act: Act, said: &Said, now_ms: i64, in_a_row: u32) -> Error {
    let row = find(said.code);
    let kind = match row.does {
        Do::Refuse => ErrorKind::Refused,
        Do::SignIn => ErrorKind::SignedOut,
        Do::Reopen => ErrorKind::TicketLost,
        Do::Retry => match said.retry_after {
            wait @ Some(_) => ErrorKind::RateLimited { wait },
            None => ErrorKind::ServerFault,
        },
        Do::Wait(seconds) => ErrorKind::RateLimited {
            wait: Some(Duration::from_secs(seconds).max(said.retry_after.unwrap_or_default())),
        },
        Do::Slower => ErrorKind::RateLimited {
            wait: Some(slower(in_a_row).max(said.retry_after.unwrap_or_default())),
        },
        Do::Tomorrow => ErrorKind::Quota {
            until_ms: next_midnight_ms(now_ms),
        },
    };
    act.error(kind, said.cause(row.cause))
}

impl Said {
    fn cause(&self, code: &str) -> Cause {
        let mut cause = Cause::new(code)
            .with("platform", "bilibili")
            .with("code", self.code)
            .with("message", &self.message)
            .detail(format!("{} {}", self.code, self.message));
        if let Some(id) = &self.request_id {
            cause = cause.with("request_id", id);
        }
        cause
    }
}

/// 60 s, doubling up to an hour.
fn slower(in_a_row: u32) -> Duration {
    Duration::from_secs(60 << in_a_row.saturating_sub(1).min(6)).min(Duration::from_hours(1))
}

const DAY_MS: i64 = 86_400_000;
const AHEAD_MS: i64 = 8 * 3_600_000;

/// When today began, in UTC+8.
pub(super) fn midnight_ms(now_ms: i64) -> i64 {
    (now_ms + AHEAD_MS).div_euclid(DAY_MS) * DAY_MS - AHEAD_MS
}

/// The next midnight in UTC+8, and a minute.
pub(super) fn next_midnight_ms(now_ms: i64) -> i64 {
    ((now_ms + AHEAD_MS).div_euclid(DAY_MS) + 1) * DAY_MS - AHEAD_MS + 60_000
}

#[cfg(test)]
mod tests;
