//! What each code of the video API means to the engine, as one table.
//!
//! Source: the platform's common codes and the pages of the single calls, read 2026-11-22; what to do about each is ours.
//! Invariants: success is 200 alone, whatever the HTTP status; an unknown code from 4001 to 4099 is about the credentials.

use crate::{Error, http::Act};
use slipway_model::{Cause, ErrorKind};
use std::time::Duration;

/// A business answer other than success.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) request_id: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

/// What the engine does about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    /// The user must change something: never retried by itself.
    Refuse,
    /// The account needs other credentials.
    SignIn,
    /// Passes by itself.
    Retry,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) code: i64,
    pub(super) does: Do,
    /// Picks the sentence.
    pub(super) cause: &'static str,
}

const fn row(code: i64, does: Do, cause: &'static str) -> Row {
    Row { code, does, cause }
}

pub(super) const SUCCESS: i64 = 200;
pub(super) const NAME_TOO_LONG: i64 = 1500;
pub(super) const NO_VIDEO: i64 = 1502;

use Do::{Refuse, Retry, SignIn};

/// In order of codes.
pub(super) const TABLE: &[Row] = &[
    row(300, Retry, "wangsu_operation_failed"),
    row(400, Refuse, "wangsu_video_in_use"),
    row(900, Retry, "wangsu_server_fault"),
    row(1000, Refuse, "wangsu_parameter_wrong"),
    row(1001, SignIn, "wangsu_credentials_refused"),
    row(1002, SignIn, "wangsu_credentials_refused"),
    row(1003, SignIn, "wangsu_credentials_refused"),
    row(1004, Refuse, "wangsu_parameter_missing"),
    row(1006, Refuse, "wangsu_parameter_wrong"),
    row(1008, Refuse, "wangsu_no_permission"),
    row(1010, Retry, "wangsu_clock_off"),
    row(1011, Retry, "wangsu_clock_off"),
    row(1012, Refuse, "wangsu_parameter_wrong"),
    row(1013, Refuse, "wangsu_parameter_wrong"),
    row(NAME_TOO_LONG, Refuse, "wangsu_name_too_long"),
    row(NO_VIDEO, Refuse, "wangsu_video_gone"),
    row(1522, Refuse, "wangsu_video_forbidden"),
    row(1569, Refuse, "wangsu_video_disabled"),
    row(1604, Refuse, "wangsu_md5_empty"),
    row(1605, Refuse, "wangsu_file_id_too_long"),
    row(1606, Refuse, "wangsu_name_empty"),
    row(1607, Refuse, "wangsu_source_wrong"),
    row(1608, Refuse, "wangsu_overwrite_wrong"),
    row(1609, Refuse, "wangsu_size_wrong"),
    row(1610, Refuse, "wangsu_file_too_large"),
    row(4001, SignIn, "wangsu_credentials_refused"),
    row(4002, SignIn, "wangsu_credentials_refused"),
    row(4003, Refuse, "wangsu_parameter_wrong"),
    row(4004, Retry, "wangsu_clock_off"),
    row(24_112_000, Refuse, "wangsu_parameter_wrong"),
];

pub(super) fn find(code: i64) -> Row {
    match TABLE.binary_search_by_key(&code, |row| row.code) {
        Ok(at) => TABLE[at],
        Err(_) if (4001..4100).contains(&code) => row(code, SignIn, "wangsu_credentials_refused"),
        // Nobody has told us of it: shown as it came, and not retried.
        Err(_) => row(code, Refuse, "platform_unknown_answer"),
    }
}

/// Our clock and the platform's differ: the answer's date has been noted, and the next signature carries its time.
pub(super) fn is_clock_off(code: i64) -> bool {
    find(code).cause == "wangsu_clock_off"
}

/// It may be that this very request was signed for the same second before: by the program that was killed a moment ago, or for another account with the
/// same key. No page gives the code; of those for credentials it is one that is not listed.
pub(super) fn may_be_a_replay(code: i64) -> bool {
    (4005..4100).contains(&code)
}

/// The error for what the platform said.
pub(super) fn error(act: Act, said: &Said) -> Error {
    let row = find(said.code);
    let kind = match (row.does, said.retry_after) {
        (Do::Refuse, _) => ErrorKind::Refused,
        (Do::SignIn, _) => ErrorKind::SignedOut,
        (Do::Retry, wait @ Some(_)) => ErrorKind::RateLimited { wait },
        (Do::Retry, None) => ErrorKind::ServerFault,
    };
    let mut cause = Cause::new(row.cause)
        .with("platform", super::NAME)
        .with("code", said.code)
        .with("message", &said.message)
        .detail(format!("{} {}", said.code, said.message));
    if let Some(id) = &said.request_id {
        cause = cause.with("request_id", id);
    }
    act.error(kind, cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i64) -> Said {
        Said {
            code,
            message: "words".into(),
            request_id: Some("r".into()),
            retry_after: None,
        }
    }

    #[test]
    fn the_table_is_in_order_and_holds_every_documented_code() {
        assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
        for code in [
            300, 400, 900, 1000, 1001, 1002, 1003, 1004, 1006, 1008, 1010, 1011, 1012, 1013, 1500,
            1502, 1522, 1569, 1604, 1605, 1606, 1607, 1608, 1609, 1610, 4001, 4002, 4003, 4004,
            24_112_000,
        ] {
            assert_ne!(find(code).cause, "platform_unknown_answer", "{code}");
        }
    }

    #[test]
    fn every_code_has_its_kind_and_carries_the_platforms_words() {
        let act = Act::new("wangsu", "testing");
        for (code, kind, cause) in [
            (300, ErrorKind::ServerFault, "wangsu_operation_failed"),
            (900, ErrorKind::ServerFault, "wangsu_server_fault"),
            (1008, ErrorKind::Refused, "wangsu_no_permission"),
            (1011, ErrorKind::ServerFault, "wangsu_clock_off"),
            (1500, ErrorKind::Refused, "wangsu_name_too_long"),
            (1610, ErrorKind::Refused, "wangsu_file_too_large"),
            (4002, ErrorKind::SignedOut, "wangsu_credentials_refused"),
            (4005, ErrorKind::SignedOut, "wangsu_credentials_refused"),
            (4099, ErrorKind::SignedOut, "wangsu_credentials_refused"),
            (4100, ErrorKind::Refused, "platform_unknown_answer"),
            (-1, ErrorKind::Refused, "platform_unknown_answer"),
        ] {
            let error = error(act, &said(code));
            assert_eq!(error.kind, kind, "{code}");
            assert_eq!(error.cause.code, cause);
            assert_eq!(error.cause.params["message"], "words");
            assert_eq!(error.cause.params["request_id"], "r");
        }
        let mut busy = said(300);
        busy.retry_after = Some(Duration::from_secs(7));
        let wait = Some(Duration::from_secs(7));
        assert_eq!(error(act, &busy).kind, ErrorKind::RateLimited { wait });
    }
}
