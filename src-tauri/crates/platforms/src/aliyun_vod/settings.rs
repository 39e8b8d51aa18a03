//! An account's settings, with the defaults that the spec names.
//!
//! What the platform leaves open is a setting here and nowhere a constant.

use super::NAME;
use crate::{
    Error, Result, Session,
    http::Act,
    settings::{self, address},
};
use slipway_model::{Cause, ErrorKind, Limits, Spec};
use std::{ops::Deref, time::Duration};
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

    pub(super) fn way(&self) -> Way {
        match self.text("auth").as_deref() {
            Some("sts") if self.text("role_arn").is_some() => Way::Role,
            Some("sts") => Way::Sts,
            Some("service") => Way::Service,
            _ => Way::AccessKey,
        }
    }

    pub(super) fn region(&self) -> String {
        self.text("region").unwrap_or_default()
    }

    pub(super) fn api(&self, act: Act) -> Result<Url> {
        let usual = || format!("https://vod.{}.aliyuncs.com", self.region());
        let text = self.text("endpoint.vod").unwrap_or_else(usual);
        address(act, "endpoint.vod", &text)
    }

    pub(super) fn sts(&self, act: Act) -> Result<Url> {
        self.endpoint(act, "endpoint.sts")
    }

    /// Where the storage is, when the account says so itself; else the platform does.
    pub(super) fn storage(&self, act: Act) -> Result<Option<Url>> {
        let text = self.text("endpoint.oss");
        text.map(|text| address(act, "endpoint.oss", &text))
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
        self.is_on("accelerate")
            .then(|| self.text("accelerate_domain"))
            .flatten()
    }

    pub(super) fn limits(&self) -> Limits {
        let mut limits = self.spec.limits.clone();
        limits.part_bytes = self.number("part_size");
        limits.parts_at_once = u32::try_from(self.number("max_parallel_parts")).unwrap_or(1);
        limits
    }
}

pub(super) fn secret_missing(act: Act, name: &str) -> Error {
    let cause = Cause::new("secret_missing").with("secret", name);
    act.error(ErrorKind::SignedOut, cause.with("platform", NAME))
}
