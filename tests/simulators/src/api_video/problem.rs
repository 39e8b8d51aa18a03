//! What the platform says when it refuses: its codes with their titles and statuses.
//!
//! Codes and statuses are the platform's own (its API description, read 2026-06-25); where it publishes no title the wording is ours.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Reply, reply};

/// JSON as the platform names it: its own client takes no `charset` beside it.
pub(crate) fn json_reply(status: StatusCode, value: &Value) -> Reply {
    reply(status, "application/json", value.to_string().into_bytes())
}

/// A refusal in the platform's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    /// The last segment of `type`.
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    /// The parameter at fault.
    pub(crate) name: Option<String>,
    pub(crate) detail: Option<String>,
}

const fn problem(status: u16, code: &'static str, title: &'static str) -> Problem {
    Problem {
        status,
        code,
        title,
        name: None,
        detail: None,
    }
}

impl Problem {
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "type": format!("https://docs.api.video/reference/{}", self.code),
            "title": self.title,
            "status": self.status,
        });
        if let Some(name) = &self.name {
            body["name"] = json!(name);
        }
        if let Some(detail) = &self.detail {
            body["detail"] = json!(detail);
        }
        if self.code == "attribute-required" {
            body["problems"] = json!([{
                "type": body["type"], "title": body["title"], "name": body["name"],
            }]);
        }
        body
    }
    pub(crate) fn reply(&self) -> Reply {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        json_reply(status, &self.body())
    }
}

// Signing in.
pub(crate) const BAD_KEY: Problem = problem(
    401,
    "authentication-invalid-api-key",
    "The API key is invalid.",
);
pub(crate) const BAD_BEARER: Problem = problem(
    401,
    "authentication-invalid-access-token",
    "The access token is invalid or expired.",
);
pub(crate) const BAD_UPLOAD_TOKEN: Problem = problem(
    401,
    "authentication-invalid-upload-token",
    "The upload token is invalid or expired.",
);
pub(crate) const NO_UPLOAD_TOKEN: Problem = problem(
    401,
    "authentication-missing-upload-token",
    "The upload token is missing.",
);
pub(crate) const BAD_REFRESH: Problem = problem(
    401,
    "authentication-invalid-refresh-token",
    "The refresh token is invalid.",
);
pub(crate) const BAD_HEADER: Problem = problem(
    401,
    "authentication-invalid-authorization-header-value",
    "The \"Authorization\" header value is invalid.",
);
pub(crate) const NO_HEADER: Problem = problem(
    401,
    "authentication-missing-authorization-header",
    "The \"Authorization\" header is missing.",
);
pub(crate) const SUSPENDED: Problem =
    problem(403, "authorization-suspended-account", "Suspended account");
pub(crate) const BAD_CREDENTIALS: Problem = problem(
    400,
    "authentication-invalid-user-credentials",
    "The user credentials were incorrect.",
);

// General.
pub(crate) const BAD_ATTRIBUTE: Problem =
    problem(400, "invalid-attribute", "An attribute is invalid.");
pub(crate) const REQUIRED: Problem =
    problem(400, "attribute-required", "An attribute is required.");
pub(crate) const BAD_PAYLOAD: Problem = problem(400, "invalid-payload", "The payload is invalid.");
pub(crate) const BAD_QUERY: Problem = problem(
    400,
    "invalid-query-parameter",
    "A query parameter is invalid.",
);
pub(crate) const NOT_FOUND: Problem = problem(
    404,
    "resource-not-found",
    "The requested resource could not be found.",
);
pub(crate) const NO_PATH: Problem =
    problem(404, "unrecognized-request-url", "Unrecognized request URL.");
pub(crate) const NO_VERB: Problem = problem(405, "method-not-allowed", "Method not allowed.");
pub(crate) const TOO_MANY: Problem = problem(429, "too-many-requests", "Too many requests.");
pub(crate) const BROKEN: Problem = problem(500, "server-error", "An internal error occurred.");

// Files.
pub(crate) const NO_FILE: Problem = problem(
    400,
    "uploaded-file-no-file",
    "There is no uploaded file in the request.",
);
pub(crate) const MANY_FILES: Problem = problem(
    400,
    "uploaded-file-multiple-files",
    "There is more than one uploaded file in the request.",
);
pub(crate) const EMPTY_FILE: Problem =
    problem(400, "uploaded-file-empty", "The uploaded file is empty.");
pub(crate) const LARGE_FILE: Problem = problem(
    400,
    "uploaded-file-too-large",
    "The size of the uploaded file is too large.",
);
pub(crate) const BAD_FILE: Problem = problem(
    400,
    "uploaded-file-invalid-file",
    "The uploaded file is invalid.",
);
pub(crate) const BAD_ENDING: Problem = problem(
    400,
    "uploaded-file-extension-invalid",
    "The extension of the uploaded file is invalid.",
);

// Containers.
pub(crate) const FILLED: Problem = problem(
    400,
    "video-source-already-uploaded",
    "The source of the video is already uploaded.",
);
pub(crate) const DOWNLOADED: Problem = problem(
    400,
    "video-source-already-downloaded",
    "The source of the video is already downloaded.",
);

/// A refusal about the header `Content-Range`; `code` is its whole code.
pub(crate) const fn range(code: &'static str, title: &'static str) -> Problem {
    problem(400, code, title)
}
