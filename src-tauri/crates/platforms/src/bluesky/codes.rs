//! What each error name of the server and of the video service means to the engine, as one table.
//!
//! Sources: the lexicons `app.bsky.video.*` and `com.atproto.*`, the official client, and what @atproto/pds 0.5.35 answers, all read or run 2026-08-20;
//! what to do about each is ours. Invariant: a name that is not here is shown as it came and never taken for success.

use crate::{Error, http::Act};
use slipway_model::{Cause, ErrorKind};
use std::time::Duration;

/// Longest text of the platform's that is shown.
const MESSAGE_CHARS: usize = 300;

/// An error in the protocol's form.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) name: String,
    pub(super) message: String,
    pub(super) retry_after: Option<Duration>,
}

/// What the engine does about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    Refuse,
    SignIn,
    Reopen,
    Retry,
    /// After so many seconds, or what the platform says.
    Wait(u64),
    /// Nothing more today.
    Tomorrow,
}

use Do::{Refuse, Reopen, Retry, SignIn, Tomorrow, Wait};

/// The sentence, what to do, and the names that mean it.
const fn row(
    cause: &'static str,
    does: Do,
    name: &'static str,
) -> (&'static str, Do, &'static str) {
    (name, does, cause)
}

pub(super) const TABLE: &[(&str, Do, &str)] = &[
    // Session and permission.
    row("bluesky_sign_in_refused", SignIn, "AuthenticationRequired"),
    row("bluesky_second_factor", SignIn, "AuthFactorTokenRequired"),
    row("bluesky_sign_in_ended", SignIn, "AuthMissing"),
    row("bluesky_sign_in_ended", SignIn, "ExpiredToken"),
    row("bluesky_sign_in_ended", SignIn, "InvalidToken"),
    row("bluesky_sign_in_ended", SignIn, "invalid_token"),
    row("bluesky_sign_in_ended", SignIn, "invalid_grant"),
    row("bluesky_proof_refused", Retry, "invalid_dpop_proof"),
    row("bluesky_proof_refused", Retry, "use_dpop_nonce"),
    row("bluesky_consent_refused", SignIn, "access_denied"),
    row("bluesky_scope_missing", SignIn, "ScopeMissingError"),
    row("bluesky_scope_refused", Refuse, "invalid_scope"),
    row("bluesky_client_refused", Refuse, "invalid_client"),
    row("bluesky_client_refused", Refuse, "invalid_client_metadata"),
    row("bluesky_account_closed", Refuse, "AccountTakedown"),
    row("bluesky_account_closed", Refuse, "AccountDeactivated"),
    row("bluesky_request_refused", Refuse, "AccountNotFound"),
    row("bluesky_handle_unknown", Refuse, "HandleNotFound"),
    row("bluesky_rate_limited", Wait(60), "RateLimitExceeded"),
    // Blobs and records.
    row("bluesky_clock_off", Retry, "BadExpiration"),
    row("bluesky_blob_lost", Reopen, "BlobNotFound"),
    row("bluesky_blob_lost", Reopen, "InvalidSize"),
    row("bluesky_request_refused", Refuse, "InvalidMimeType"),
    row("bluesky_request_refused", Refuse, "InvalidRequest"),
    row("bluesky_request_refused", Refuse, "InvalidRecord"),
    row("bluesky_request_refused", Refuse, "SyntaxError"),
    row("bluesky_blob_too_large", Refuse, "PayloadTooLarge"),
    row("bluesky_server_fault", Retry, "InternalServerError"),
    row("bluesky_server_fault", Retry, "UpstreamFailure"),
    row("bluesky_server_fault", Retry, "UpstreamTimeout"),
    row("bluesky_busy", Wait(30), "NotEnoughResources"),
    // The video service.
    row("bluesky_service_token", Retry, "AuthRequired"),
    row("bluesky_busy", Wait(5), "ServiceOverloaded"),
    row("bluesky_file_type", Refuse, "UnsupportedContentType"),
    row("bluesky_codec", Refuse, "unsupported_codec"),
    row("bluesky_too_large", Refuse, "VideoTooLarge"),
    row("bluesky_too_large", Refuse, "encoded_video_too_large"),
    row("bluesky_too_long", Refuse, "VideoTooLong"),
    row("bluesky_too_long", Refuse, "video_too_long"),
    row("bluesky_bad_aspect_ratio", Refuse, "BadAspectRatio"),
    row("bluesky_bad_aspect_ratio", Refuse, "bad_aspect_ratio"),
    row("bluesky_daily_quota", Tomorrow, "DailyLimitExceeded"),
    row("bluesky_too_many_open", Wait(60), "TooManyOpenUploads"),
    row("bluesky_may_not_upload", Refuse, "UploadForbidden"),
    row("bluesky_unconfirmed_email", Refuse, "unconfirmed_email"),
    row("bluesky_upload_lost", Reopen, "UploadNotFound"),
    row("bluesky_upload_lost", Reopen, "UploadExpired"),
    row("bluesky_upload_lost", Reopen, "UploadAborted"),
    row("bluesky_upload_lost", Reopen, "UploadFailed"),
    row("bluesky_upload_lost", Reopen, "PartSizeMismatch"),
    row("bluesky_upload_lost", Reopen, "InvalidPartNumber"),
    row("bluesky_parts_missing", Reopen, "MissingParts"),
    row("bluesky_finishing", Wait(2), "UploadNotReady"),
    row("bluesky_finishing", Wait(2), "UploadAlreadyCompleted"),
    row("bluesky_upload_lost", Reopen, "job not found"),
];

/// Refusals that the service tells in words alone. Source: the official client, read 2026-08-26.
const WORDS: &[(&str, &str)] = &[
    ("not allowed to upload", "UploadForbidden"),
    ("not old enough", "UploadForbidden"),
    ("uploading is disabled", "ServiceOverloaded"),
    ("failed to get user's upload stats", "ServiceOverloaded"),
    ("exceeded daily upload", "DailyLimitExceeded"),
    ("confirm your email", "unconfirmed_email"),
    ("larger than the maximum allowed size", "VideoTooLarge"),
    ("invalid token", "AuthRequired"),
    ("unsupported content type", "UnsupportedContentType"),
];

fn find(said: &Said) -> Option<(Do, &'static str)> {
    let named = |name: &str| {
        let row = TABLE.iter().find(|(known, _, _)| *known == name);
        row.map(|(_, does, cause)| (*does, *cause))
    };
    named(&said.name).or_else(|| {
        let text = format!("{} {}", said.name, said.message).to_lowercase();
        let word = WORDS.iter().find(|(word, _)| text.contains(word));
        word.and_then(|(_, name)| named(name))
    })
}

/// The error for what the platform said. `quota_until_ms` is when a spent quota is looked at again.
pub(super) fn error(act: Act, said: &Said, quota_until_ms: i64) -> Error {
    let known = find(said);
    let (does, code) = known.unwrap_or(match said.status {
        429 => (Wait(60), "bluesky_rate_limited"),
        500..=599 => (Retry, "bluesky_server_fault"),
        _ => (Refuse, "platform_unknown_answer"),
    });
    let wait = |seconds: u64| {
        let least = Duration::from_secs(seconds);
        Some(said.retry_after.unwrap_or(least))
    };
    let kind = match does {
        Refuse => ErrorKind::Refused,
        SignIn => ErrorKind::SignedOut,
        Reopen => ErrorKind::TicketLost,
        Retry => match said.retry_after {
            wait @ Some(_) => ErrorKind::RateLimited { wait },
            None => ErrorKind::ServerFault,
        },
        Wait(seconds) => ErrorKind::RateLimited {
            wait: wait(seconds),
        },
        Tomorrow => ErrorKind::Quota {
            until_ms: quota_until_ms,
        },
    };
    let message = shown(&said.message);
    let cause = Cause::new(code)
        .with("platform", super::NAME)
        .with("code", shown(&said.name))
        .with(
            "message",
            if message.is_empty() {
                shown(&said.name)
            } else {
                message
            },
        )
        .detail(format!(
            "HTTP {} {} {}",
            said.status,
            shown(&said.name),
            shown(&said.message)
        ));
    act.error(kind, cause)
}

/// Words of the platform's, short and on one line, without what looks like a token.
pub(super) fn shown(text: &str) -> String {
    let text = crate::http::redact(text);
    text.chars()
        .take(MESSAGE_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn kind(status: u16, name: &str, message: &str) -> (ErrorKind, String) {
        let said = Said {
            status,
            name: name.into(),
            message: message.into(),
            retry_after: None,
        };
        let error = error(Act::new("bluesky", "testing"), &said, 7);
        (error.kind, error.cause.code)
    }

    #[test]
    fn every_name_is_there_once() {
        let names: BTreeSet<_> = TABLE.iter().map(|row| row.0).collect();
        assert_eq!(names.len(), TABLE.len());
    }

    #[test]
    fn words_of_the_service_are_understood_where_it_gives_no_name() {
        for (message, code) in [
            (
                "User has exceeded daily upload bytes limit",
                "bluesky_daily_quota",
            ),
            (
                "User has exceeded daily upload videos limit",
                "bluesky_daily_quota",
            ),
            (
                "User is not allowed to upload videos",
                "bluesky_may_not_upload",
            ),
            (
                "Account is not old enough to upload videos",
                "bluesky_may_not_upload",
            ),
            (
                "Confirm your email address to upload videos",
                "bluesky_unconfirmed_email",
            ),
            ("Uploading is disabled at the moment", "bluesky_busy"),
            ("Failed to get user's upload stats", "bluesky_busy"),
            (
                "file size (300000001 bytes) is larger than the maximum allowed size (300000000 bytes)",
                "bluesky_too_large",
            ),
        ] {
            assert_eq!(kind(400, "", message).1, code, "{message}");
        }
    }

    #[test]
    fn what_nobody_told_us_of_is_refused_below_500_and_retried_above() {
        assert_eq!(kind(400, "Strange", "").0, ErrorKind::Refused);
        assert_eq!(kind(400, "Strange", "").1, "platform_unknown_answer");
        assert_eq!(kind(503, "Strange", "").0, ErrorKind::ServerFault);
        assert_eq!(
            kind(400, "DailyLimitExceeded", "").0,
            ErrorKind::Quota { until_ms: 7 }
        );
    }
}
