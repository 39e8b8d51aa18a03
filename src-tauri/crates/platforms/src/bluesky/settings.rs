//! An account's settings, with the defaults that the spec names.
//!
//! What the platform leaves open is a setting here and nowhere a constant.

use crate::{
    Result, Session,
    http::{Act, endpoint},
};
use slipway_model::{Cause, ErrorKind, Limits, Spec};
use std::time::Duration;
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

/// Settings of one account, read afresh for each call: they may change at any time.
pub(super) struct Settings<'a> {
    session: &'a Session,
    spec: &'a Spec,
}

impl<'a> Settings<'a> {
    pub(super) fn new(session: &'a Session, spec: &'a Spec) -> Self {
        Self { session, spec }
    }

    /// The account's value, or the spec's default.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.session.setting(name).or_else(|| {
            let field = self.spec.settings.iter().find(|field| field.name == name);
            field.and_then(|field| field.default.clone())
        })
    }

    /// A number within its field's range; nonsense falls back to the default.
    fn number(&self, name: &str) -> u64 {
        let field = self.spec.settings.iter().find(|field| field.name == name);
        let field = field.expect("asked for by a name of the spec");
        let default = field.default.as_deref().and_then(|d| d.parse().ok());
        let (low, high) = field.range.unwrap_or((0, i64::MAX));
        let value = self.text(name).and_then(|text| text.trim().parse().ok());
        let value: i64 = value
            .filter(|n| (low..=high).contains(n))
            .or(default)
            .unwrap_or(low);
        u64::try_from(value).unwrap_or(0)
    }

    /// A setting that must be there.
    pub(super) fn needed(&self, act: Act, name: &str) -> Result<String> {
        self.text(name).ok_or_else(|| {
            let cause = Cause::new("setting_missing").with("setting", name);
            act.error(ErrorKind::Refused, cause)
        })
    }

    /// One of the addresses: `video`, `plc`, `resolver`, `login`, `web`.
    pub(super) fn endpoint(&self, act: Act, role: &str) -> Result<Url> {
        let name = format!("endpoint.{role}");
        let text = self.text(&name).unwrap_or_default();
        endpoint(&name, &text).map_err(|cause| act.error(ErrorKind::Refused, cause))
    }

    /// The server's address, where it is set by hand.
    pub(super) fn server(&self, act: Act) -> Result<Option<Url>> {
        let text = self.text("endpoint.pds");
        let url = text.map(|text| endpoint("endpoint.pds", &text));
        url.transpose()
            .map_err(|cause| act.error(ErrorKind::Refused, cause))
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
