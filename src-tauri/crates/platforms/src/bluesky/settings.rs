//! An account's settings, with the defaults that the spec names.
//!
//! What the platform leaves open is a setting here and nowhere a constant.

use crate::{Result, Session, http::Act, settings};
use slipway_model::{Limits, Spec};
use std::{ops::Deref, time::Duration};
use url::Url;

/// How an account signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignInWay {
    AppPassword,
    Oauth,
}

/// How a file goes to the video service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UploadWay {
    /// In parts where the service offers it, whole else.
    Auto,
    Parts,
    Whole,
}

/// Settings of one account in this platform's words.
pub(super) struct Settings<'a>(settings::Settings<'a>);

impl<'a> Deref for Settings<'a> {
    type Target = settings::Settings<'a>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a> Settings<'a> {
    pub(super) fn new(session: &'a Session, spec: &'a Spec) -> Self {
        Self(settings::Settings::new(session, spec))
    }

    /// One of the addresses: `video`, `plc`, `resolver`, `login`, `web`.
    pub(super) fn endpoint(&self, act: Act, role: &str) -> Result<Url> {
        self.0.endpoint(act, &format!("endpoint.{role}"))
    }

    /// The server's address, where it is set by hand.
    pub(super) fn server(&self, act: Act) -> Result<Option<Url>> {
        let text = self.text("endpoint.pds");
        text.map(|text| settings::address(act, "endpoint.pds", &text))
            .transpose()
    }

    pub(super) fn sign_in(&self) -> SignInWay {
        match self.text("sign_in").as_deref() {
            Some("oauth") => SignInWay::Oauth,
            _ => SignInWay::AppPassword,
        }
    }

    pub(super) fn upload_way(&self) -> UploadWay {
        match self.text("upload_way").as_deref() {
            Some("parts") => UploadWay::Parts,
            Some("whole") => UploadWay::Whole,
            _ => UploadWay::Auto,
        }
    }

    pub(super) fn job_deadline(&self) -> Duration {
        Duration::from_mins(self.number("job_deadline_min"))
    }

    pub(super) fn quota_recheck(&self) -> Duration {
        Duration::from_mins(self.number("quota_recheck_min"))
    }

    pub(super) fn limits(&self) -> Limits {
        let mut limits = self.spec.limits.clone();
        limits.file_max_bytes = self.number("limits.file_max_bytes");
        limits.parts_at_once = u32::try_from(self.number("max_parallel_parts")).unwrap_or(1);
        limits
    }
}
