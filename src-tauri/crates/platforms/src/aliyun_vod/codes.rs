//! What each code of the API and of the storage means to the engine, as two tables.
//!
//! Source: the error tables of the API and of the storage, read 2026-11-22 (README); what to do about each is ours. Codes are matched, texts never.
//! Invariant: a code that is not here is shown as it came and never taken for success.

use super::NAME;
use crate::{Error, http::Act};
use slipway_model::{Cause, ErrorKind};
use std::time::Duration;

/// What the engine does about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    /// The user must change something, here or in the console.
    Refuse,
    /// Someone must give another key.
    SignIn,
    /// Another place and everything again.
    Reopen,
    /// Passes by itself.
    Retry,
    /// Passes by itself when less is asked; the wait grows.
    Slower,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) code: &'static str,
    pub(super) does: Do,
    /// Picks the sentence.
    pub(super) cause: &'static str,
}

const fn row(code: &'static str, does: Do, cause: &'static str) -> Row {
    Row { code, does, cause }
}

use Do::{Refuse, Reopen, Retry, SignIn, Slower};

pub(super) const CLOCK: &str = "InvalidTimeStamp.Expired";
pub(super) const NONCE: &str = "SignatureNonceUsed";
pub(super) const VIDEO_GONE: &str = "InvalidVideo.NotFound";
/// The temporary key of API calls is over.
pub(super) const TOKEN_OVER: [&str; 4] = [
    "InvalidSecurityToken.Expired",
    "InvalidSecurityToken.Malformed",
    "InvalidSecurityToken.MismatchWithAccessKey",
    "InvalidSecurityToken",
];

/// Codes of the API and of STS.
pub(super) const API: &[Row] = &[
    row("AddVideoFailed", Retry, "aliyun_vod_server_fault"),
    row("DeleteVideoFailed", Retry, "aliyun_vod_server_fault"),
    row("EntityNotExist.Role", Refuse, "aliyun_vod_role_unknown"),
    row("Forbidden", Refuse, "aliyun_vod_not_permitted"),
    row("Forbidden.InitFailed", Refuse, "aliyun_vod_not_activated"),
    row("Forbidden.RAM", Refuse, "aliyun_vod_not_permitted"),
    row("IllegalCharacters", Refuse, "aliyun_vod_characters"),
    row("IncompleteSignature", Refuse, "aliyun_vod_signature"),
    row("InternalError", Retry, "aliyun_vod_server_fault"),
    row("InvalidAccessKeyId", SignIn, "aliyun_vod_key_wrong"),
    row(
        "InvalidAccessKeyId.Inactive",
        SignIn,
        "aliyun_vod_key_wrong",
    ),
    row(
        "InvalidAccessKeyId.NotFound",
        SignIn,
        "aliyun_vod_key_wrong",
    ),
    row("InvalidFileName.Extension", Refuse, "aliyun_vod_file_type"),
    row(
        "InvalidParameter.UploadURLs",
        Refuse,
        "aliyun_vod_address_refused",
    ),
    row("InvalidSecurityToken", SignIn, "aliyun_vod_token_over"),
    row(
        "InvalidSecurityToken.Expired",
        SignIn,
        "aliyun_vod_token_over",
    ),
    row(
        "InvalidSecurityToken.Malformed",
        SignIn,
        "aliyun_vod_token_over",
    ),
    row(
        "InvalidSecurityToken.MismatchWithAccessKey",
        SignIn,
        "aliyun_vod_token_over",
    ),
    row(
        "InvalidStorage.NotFound",
        Refuse,
        "aliyun_vod_storage_unknown",
    ),
    row(
        "InvalidTemplateGroupId.NotFound",
        Refuse,
        "aliyun_vod_template_unknown",
    ),
    row(CLOCK, Retry, "aliyun_vod_clock_off"),
    row("InvalidVideo.Damaged", Reopen, "aliyun_vod_video_gone"),
    row(VIDEO_GONE, Reopen, "aliyun_vod_video_gone"),
    row("LengthExceededMax", Refuse, "aliyun_vod_text_too_long"),
    row("NoPermission", Refuse, "aliyun_vod_not_permitted"),
    row("OperationDenied", Refuse, "aliyun_vod_not_activated"),
    row("OperationDenied.Suspended", Refuse, "aliyun_vod_overdue"),
    row("ServiceUnAvailable", Retry, "aliyun_vod_server_fault"),
    row("ServiceUnavailable", Retry, "aliyun_vod_server_fault"),
    row("SignatureDoesNotMatch", SignIn, "aliyun_vod_secret_wrong"),
    row(NONCE, Retry, "aliyun_vod_server_fault"),
    row("TagsExceededMax", Refuse, "aliyun_vod_tags_too_many"),
    row("Throttling", Slower, "aliyun_vod_throttled"),
    row("Throttling.Api", Slower, "aliyun_vod_throttled"),
    row("Throttling.User", Slower, "aliyun_vod_throttled"),
];

pub(super) const SKEWED: &str = "RequestTimeTooSkewed";
/// Said with a 203: the object is there.
pub(super) const UNHEARD: &str = "CallbackFailed";
pub(super) const NO_UPLOAD: &str = "NoSuchUpload";
/// The storage does not take the key (any more): another one is to be had.
pub(super) const KEY_OVER: [&str; 3] = [
    "SecurityTokenExpired",
    "InvalidSecurityToken",
    "InvalidAccessKeyId",
];
/// The key may send, but not look.
pub(super) const MAY_NOT: [&str; 2] = ["AccessDenied", "SecurityTokenNotSupported"];

/// Codes of the storage.
pub(super) const STORAGE: &[Row] = &[
    row("AbnormalBucketOwnerStatus", Refuse, "aliyun_vod_overdue"),
    row("AccessDenied", Refuse, "aliyun_vod_storage_denied"),
    row(
        "AccessKeyIdAndSecurityTokenNotMatch",
        Refuse,
        "aliyun_vod_storage_denied",
    ),
    row(
        "ActiveRequestLimitExceeded",
        Slower,
        "aliyun_vod_storage_busy",
    ),
    row("BucketDisable", Refuse, "aliyun_vod_overdue"),
    row("EntityTooSmall", Reopen, "aliyun_vod_parts_refused"),
    row("IncompleteBody", Retry, "connection_lost"),
    row("InternalError", Retry, "aliyun_vod_server_fault"),
    row("InvalidAccessKeyId", Retry, "aliyun_vod_credential_over"),
    row("InvalidCRC64", Retry, "part_checksum_differs"),
    row("InvalidDigest", Retry, "part_checksum_differs"),
    row("InvalidPart", Reopen, "aliyun_vod_parts_refused"),
    row("InvalidPartOrder", Reopen, "aliyun_vod_parts_refused"),
    row("InvalidSecurityToken", Retry, "aliyun_vod_credential_over"),
    row("NoSuchBucket", Refuse, "aliyun_vod_storage_unknown"),
    row(NO_UPLOAD, Reopen, "aliyun_vod_upload_gone"),
    row(SKEWED, Retry, "aliyun_vod_clock_off"),
    row("RequestTimeout", Retry, "connection_lost"),
    row("SecurityTokenExpired", Retry, "aliyun_vod_credential_over"),
    row(
        "SecurityTokenNotSupported",
        Refuse,
        "aliyun_vod_storage_denied",
    ),
    row("ServiceUnavailable", Slower, "aliyun_vod_storage_busy"),
    row("SignatureDoesNotMatch", Refuse, "aliyun_vod_signature"),
    row("TotalQpsLimitExceeded", Slower, "aliyun_vod_storage_busy"),
    row(
        "TransferAccelerationDisabled",
        Refuse,
        "aliyun_vod_acceleration_off",
    ),
    row(
        "UploadTrafficRateLimitExceeded",
        Slower,
        "aliyun_vod_storage_busy",
    ),
    row("UserDisable", Refuse, "aliyun_vod_overdue"),
];

/// An answer other than success, in the platform's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) request_id: String,
    /// The storage's finer code.
    pub(super) ec: String,
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
}

impl Said {
    /// What the code means; by its kind where it is none of the table's.
    pub(super) fn error(&self, table: &[Row], act: Act) -> Error {
        let found = table.iter().find(|row| row.code == self.code);
        let (does, cause) = match found {
            Some(row) => (row.does, row.cause),
            None if self.code.starts_with("Throttling") => (Slower, "aliyun_vod_throttled"),
            None if self.status >= 500 => (Retry, "aliyun_vod_server_fault"),
            None if self.status == 429 => (Slower, "aliyun_vod_throttled"),
            None if self.code.starts_with("Missing")
                || self.code.starts_with("Invalid")
                || self.code.starts_with("LimitExceeded") =>
            {
                (Refuse, "aliyun_vod_request_refused")
            }
            None => (Refuse, "platform_unknown_answer"),
        };
        let kind = match (does, self.retry_after) {
            (Refuse, _) => ErrorKind::Refused,
            (SignIn, _) => ErrorKind::SignedOut,
            (Reopen, _) => ErrorKind::TicketLost,
            (Slower, wait) | (Retry, wait @ Some(_)) => ErrorKind::RateLimited { wait },
            (Retry, None) => ErrorKind::ServerFault,
        };
        act.error(kind, self.cause(cause))
    }

    pub(super) fn cause(&self, code: &str) -> Cause {
        let detail = format!("{} {} {}", self.code, self.ec, self.message);
        Cause::new(code)
            .with("platform", NAME)
            .with("code", &self.code)
            .with("message", &self.message)
            .with("request_id", &self.request_id)
            .detail(detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACT: Act = Act {
        platform: NAME,
        doing: "testing",
    };

    fn kind(table: &[Row], code: &str, status: u16) -> (ErrorKind, String) {
        let said = Said {
            code: code.into(),
            status,
            ..Said::default()
        };
        let error = said.error(table, ACT);
        (error.kind, error.cause.code)
    }

    #[test]
    fn the_tables_hold_each_code_once() {
        for table in [API, STORAGE] {
            let mut codes: Vec<_> = table.iter().map(|row| row.code).collect();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), table.len());
        }
    }

    #[test]
    fn every_code_of_the_readme_says_what_follows() {
        let readme = include_str!("README.md");
        for (table, heading) in [(API, "### API and STS"), (STORAGE, "### Storage")] {
            let (_, rest) = readme.split_once(heading).expect("the table is there");
            let rest = rest.split("\n#").next().expect("split gives one");
            for row in table {
                let line = format!("| `{}` | {:?} | `{}` |", row.code, row.does, row.cause);
                assert!(rest.contains(&line), "not in the README:\n{line}");
            }
            let lines = rest.lines().filter(|line| line.starts_with("| `")).count();
            assert_eq!(lines, table.len(), "{heading}");
        }
    }

    #[test]
    fn an_unknown_code_is_told_by_its_kind_and_never_success() {
        let refused = |cause: &str| (ErrorKind::Refused, cause.to_owned());
        assert_eq!(
            kind(API, "MissingTitle", 400),
            refused("aliyun_vod_request_refused")
        );
        assert_eq!(
            kind(API, "Whatever.New", 400),
            refused("platform_unknown_answer")
        );
        assert_eq!(kind(API, "Whatever.New", 503).0, ErrorKind::ServerFault);
        assert_eq!(
            kind(API, "Throttling.Burst", 400).0,
            ErrorKind::RateLimited { wait: None }
        );
        assert_eq!(kind(STORAGE, "NoSuchUpload", 404).0, ErrorKind::TicketLost);
        assert_eq!(
            kind(API, "SignatureDoesNotMatch", 400).0,
            ErrorKind::SignedOut
        );
        assert_eq!(
            kind(STORAGE, "SignatureDoesNotMatch", 403).0,
            ErrorKind::Refused
        );
    }

    #[test]
    fn a_wait_of_the_platforms_own_is_kept_to() {
        let wait = Some(Duration::from_secs(7));
        let said = Said {
            code: "InternalError".into(),
            status: 500,
            retry_after: wait,
            ..Said::default()
        };
        assert_eq!(
            said.error(STORAGE, ACT).kind,
            ErrorKind::RateLimited { wait }
        );
    }
}
