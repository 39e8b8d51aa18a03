//! What each of the platform's codes means to the engine, as one table.
//!
//! Source: the platform's error list and API description, read 2026-06-25; what to do about each is ours.
//! Invariant: a code that is not here is shown as it came and never taken for success.

use super::wire::Said;
use crate::{Error, http::Act};
use slipway_model::{Cause, ErrorKind};
use std::time::Duration;

/// What the engine does about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    /// The user must change something: never retried by itself.
    Refuse,
    /// Someone must give the account another key or token.
    SignIn,
    /// Another container, and everything again.
    Reopen,
    /// Passes by itself.
    Retry,
    /// Passes after the wait that the platform names.
    Slower,
}

pub(super) const NOT_FOUND: &str = "resource-not-found";
pub(super) const BEARER_ENDED: &str = "authentication-invalid-access-token";
pub(super) const TOKEN_ENDED: &str = "authentication-invalid-upload-token";
pub(super) const PART_THERE: &str = "video-content-range-by-part-part-already-sent";
pub(super) const SOURCE_THERE: &str = "video-source-already-uploaded";

use Do::{Refuse, Reopen, Retry, SignIn, Slower};

const fn row(
    code: &'static str,
    does: Do,
    cause: &'static str,
) -> (&'static str, Do, &'static str) {
    (code, does, cause)
}

/// In the order of the platform's own lists.
const TABLE: &[(&str, Do, &str)] = &[
    row(
        "authentication-invalid-api-key",
        SignIn,
        "api_video_key_refused",
    ),
    row(BEARER_ENDED, Retry, "api_video_session_ended"),
    row(TOKEN_ENDED, SignIn, "api_video_upload_token_ended"),
    row(
        "authentication-missing-upload-token",
        SignIn,
        "api_video_upload_token_ended",
    ),
    row(
        "authentication-invalid-refresh-token",
        Retry,
        "api_video_session_ended",
    ),
    row(
        "authentication-invalid-authorization-header-value",
        SignIn,
        "api_video_key_refused",
    ),
    row(
        "authentication-missing-authorization-header",
        SignIn,
        "api_video_key_refused",
    ),
    row(
        "authentication-invalid-user-credentials",
        SignIn,
        "api_video_key_refused",
    ),
    row(
        "authorization-suspended-account",
        SignIn,
        "api_video_suspended",
    ),
    row("invalid-attribute", Refuse, "api_video_field_refused"),
    row("attribute-required", Refuse, "api_video_field_refused"),
    row("invalid-payload", Refuse, "api_video_field_refused"),
    row("invalid-query-parameter", Refuse, "api_video_field_refused"),
    row("summary-already-exists", Refuse, "api_video_summary_exists"),
    row(NOT_FOUND, Reopen, "api_video_gone"),
    row(
        "unrecognized-request-url",
        Refuse,
        "api_video_endpoint_wrong",
    ),
    row("method-not-allowed", Refuse, "api_video_endpoint_wrong"),
    row("too-many-requests", Slower, "api_video_call_rate"),
    row("server-error", Retry, "api_video_server_fault"),
    row("uploaded-file-no-file", Refuse, "api_video_file_refused"),
    row(
        "uploaded-file-multiple-files",
        Refuse,
        "api_video_file_refused",
    ),
    row("uploaded-file-empty", Refuse, "api_video_file_refused"),
    row(
        "uploaded-file-too-large",
        Refuse,
        "api_video_file_too_large",
    ),
    row("uploaded-file-invalid-file", Refuse, "api_video_file_type"),
    row(
        "uploaded-file-extension-invalid",
        Refuse,
        "api_video_file_type",
    ),
    row(SOURCE_THERE, Reopen, "api_video_container_differs"),
    row(
        "video-source-already-copied",
        Reopen,
        "api_video_container_differs",
    ),
    row(
        "video-source-already-downloaded",
        Reopen,
        "api_video_container_differs",
    ),
    row(PART_THERE, Reopen, "api_video_container_differs"),
    row(
        "video-content-range-already-initiated",
        Reopen,
        "api_video_container_differs",
    ),
    row(
        "video-content-range-started-with-bytes",
        Reopen,
        "api_video_container_differs",
    ),
    row(
        "video-content-range-started-with-part",
        Reopen,
        "api_video_container_differs",
    ),
    row(
        "video-content-range-by-part-different-total-parts",
        Reopen,
        "api_video_container_differs",
    ),
    row(
        "video-content-range-by-part-total-parts-too-low",
        Reopen,
        "api_video_container_differs",
    ),
    row(
        "video-content-range-by-part-part-too-high-total",
        Reopen,
        "api_video_container_differs",
    ),
    row(
        "video-content-range-by-part-uploaded-file-too-small",
        Refuse,
        "api_video_part_refused",
    ),
    row(
        "video-content-range-malformed",
        Refuse,
        "api_video_part_refused",
    ),
    row(
        "video-content-range-by-part-part-zero",
        Refuse,
        "api_video_part_refused",
    ),
    row(
        "video-content-range-by-part-total-parts-zero",
        Refuse,
        "api_video_part_refused",
    ),
    row(
        "video-content-range-by-part-part-too-high-allowed",
        Refuse,
        "api_video_part_refused",
    ),
    row(
        "video-content-range-by-part-total-parts-too-high",
        Refuse,
        "api_video_part_refused",
    ),
];

/// What a code means; one that nobody has told of is judged by its status.
pub(super) fn find(code: &str, status: u16) -> (Do, &'static str) {
    let known = TABLE.iter().find(|(known, _, _)| *known == code);
    match (known, status) {
        (Some((_, does, cause)), _) => (*does, cause),
        (None, 429) => (Slower, "api_video_call_rate"),
        (None, 401) => (SignIn, "api_video_key_refused"),
        (None, 500..) => (Retry, "api_video_server_fault"),
        (None, _) => (Refuse, "platform_unknown_answer"),
    }
}

/// The error for what the platform said.
pub(super) fn error(act: Act, said: &Said) -> Error {
    let (does, cause) = find(&said.code, said.status);
    let kind = match does {
        Do::Refuse => ErrorKind::Refused,
        Do::SignIn => ErrorKind::SignedOut,
        Do::Reopen => ErrorKind::TicketLost,
        Do::Slower => ErrorKind::RateLimited { wait: said.wait },
        Do::Retry => match said.retry_after {
            wait @ Some(_) => ErrorKind::RateLimited { wait },
            None => ErrorKind::ServerFault,
        },
    };
    act.error(kind, said.cause(cause))
}

/// The platform's wait, within reason.
pub(super) fn wait(seconds: u64) -> Duration {
    Duration::from_secs(seconds.clamp(1, 3600))
}

impl Said {
    pub(super) fn cause(&self, code: &str) -> Cause {
        let message = match &self.detail {
            Some(detail) => format!("{} {detail}", self.title),
            None => self.title.clone(),
        };
        Cause::new(code)
            .with("platform", super::NAME)
            .with("code", &self.code)
            .with("message", &message)
            .with("name", self.name.as_deref().unwrap_or("-"))
            .detail(format!("{} {} {message}", self.status, self.code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, status: u16) -> Said {
        Said {
            code: code.into(),
            status,
            title: "t".into(),
            name: None,
            detail: None,
            wait: None,
            retry_after: None,
        }
    }

    #[test]
    fn every_code_is_listed_once() {
        for (at, (code, _, _)) in TABLE.iter().enumerate() {
            assert!(
                TABLE[at + 1..].iter().all(|(other, _, _)| other != code),
                "{code}"
            );
        }
    }

    #[test]
    fn a_code_nobody_knows_is_judged_by_its_status() {
        let act = Act::new("t", "testing");
        for (code, status, kind, cause) in [
            (
                "brand-new",
                400,
                ErrorKind::Refused,
                "platform_unknown_answer",
            ),
            (
                "brand-new",
                401,
                ErrorKind::SignedOut,
                "api_video_key_refused",
            ),
            (
                "brand-new",
                503,
                ErrorKind::ServerFault,
                "api_video_server_fault",
            ),
            (
                "brand-new",
                429,
                ErrorKind::RateLimited { wait: None },
                "api_video_call_rate",
            ),
            (NOT_FOUND, 404, ErrorKind::TicketLost, "api_video_gone"),
        ] {
            let error = error(act, &said(code, status));
            assert_eq!((error.kind, error.cause.code.as_str()), (kind, cause));
        }
    }
}
