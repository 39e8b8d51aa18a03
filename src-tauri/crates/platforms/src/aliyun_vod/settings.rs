//! An account's settings, with the defaults that the spec names.
//!
//! What the platform leaves open is a setting here and nowhere a constant.

use super::NAME;
use crate::{
    Error, Result, Session,
    http::{Act, endpoint},
};
use slipway_model::{Cause, ErrorKind, Limits, Spec};
use std::time::Duration;
use url::Url;

/// How an account may do what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The owner's or a RAM user's own key.
    AccessKey,
    /// The same, traded for a temporary key of a role.
    Role,
    /// A temporary key that someone pastes.
    Sts,
    /// The user's own service says what is needed.
    Service,
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
        let value = self.session.setting(name).or_else(|| {
            let field = self.spec.settings.iter().find(|field| field.name == name);
            field.and_then(|field| field.default.clone())
        });
        value.map(|value| value.trim().to_owned())
    }

    pub(super) fn needed(&self, act: Act, name: &str) -> Result<String> {
        self.text(name).ok_or_else(|| missing(act, name))
    }

    /// A number within its field's range; nonsense falls back to the default.
    pub(super) fn number(&self, name: &str) -> u64 {
        let field = self.spec.settings.iter().find(|field| field.name == name);
        let field = field.expect("asked for by a name of the spec");
        let default = field.default.as_deref().and_then(|d| d.parse().ok());
        let (low, high) = field.range.unwrap_or((0, i64::MAX));
        let value = self.text(name).and_then(|text| text.parse().ok());
        let value: i64 = value
            .filter(|n| (low..=high).contains(n))
            .or(default)
            .unwrap_or(low);
        u64::try_from(value).unwrap_or(0)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.text(name).as_deref() == Some(value)
    }

    pub(super) fn way(&self) -> Way {
        match self.text("authorization").as_deref() {
            Some("role") => Way::Role,
            Some("sts") => Way::Sts,
            Some("service") => Way::Service,
            _ => Way::AccessKey,
        }
    }

    pub(super) fn region(&self) -> String {
        self.text("region").unwrap_or_default()
    }

    fn endpoint(act: Act, name: &str, text: &str) -> Result<Url> {
        endpoint(name, text).map_err(|cause| act.error(ErrorKind::Refused, cause))
    }

    pub(super) fn api(&self, act: Act) -> Result<Url> {
        let usual = || format!("https://vod.{}.aliyuncs.com", self.region());
        let text = self.text("endpoint.api").unwrap_or_else(usual);
        Self::endpoint(act, "endpoint.api", &text)
    }

    pub(super) fn sts(&self, act: Act) -> Result<Url> {
        let text = self.text("endpoint.sts").unwrap_or_default();
        Self::endpoint(act, "endpoint.sts", &text)
    }

    /// Where the storage is, when the account says so itself; else the platform does.
    pub(super) fn storage(&self, act: Act) -> Result<Option<Url>> {
        let text = self.text("endpoint.upload");
        text.map(|text| Self::endpoint(act, "endpoint.upload", &text))
            .transpose()
    }

    pub(super) fn api_by_v1(&self) -> bool {
        self.is("api_signature", "v1")
    }

    pub(super) fn storage_by_v1(&self) -> bool {
        self.is("oss_signature", "v1")
    }

    pub(super) fn compares_md5(&self) -> bool {
        self.is("verify", "crc64_md5")
    }

    pub(super) fn compares_crc64(&self) -> bool {
        !self.is("verify", "off")
    }

    /// Whether an upload ends when the platform has it; else when it can be played.
    pub(super) fn ends_when_uploaded(&self) -> bool {
        self.is("done_when", "uploaded")
    }

    /// How much of its life a credential must have left.
    pub(super) fn renew_before(&self) -> Duration {
        Duration::from_secs(self.number("renew_before_s"))
    }

    pub(super) fn accelerate(&self) -> Option<String> {
        let on = self.is("accelerate", "1") || self.is("accelerate", "true");
        on.then(|| self.text("accelerate_domain")).flatten()
    }

    pub(super) fn limits(&self) -> Limits {
        let mut limits = self.spec.limits.clone();
        limits.part_bytes = self.number("part_size");
        limits.parts_at_once = u32::try_from(self.number("max_parallel_parts")).unwrap_or(1);
        limits
    }
}

pub(super) fn missing(act: Act, name: &str) -> Error {
    let cause = Cause::new("setting_missing").with("setting", name);
    act.error(ErrorKind::Refused, cause)
}

pub(super) fn secret_missing(act: Act, name: &str) -> Error {
    let cause = Cause::new("secret_missing").with("secret", name);
    act.error(ErrorKind::SignedOut, cause.with("platform", NAME))
}
