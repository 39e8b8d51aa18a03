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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VerifyEtag {
    Off,
    Warn,
    Fail,
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
    pub(super) fn number(&self, name: &str) -> u64 {
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

    pub(super) fn client_id(&self, act: Act) -> Result<String> {
        self.text("client_id").ok_or_else(|| {
            let cause = Cause::new("setting_missing").with("setting", "client_id");
            act.error(ErrorKind::Refused, cause)
        })
    }

    /// One of the four addresses: `api`, `oauth`, `upload`, `consent`.
    pub(super) fn endpoint(&self, act: Act, role: &str) -> Result<Url> {
        let name = format!("endpoint.{role}");
        let text = self.text(&name).unwrap_or_default();
        endpoint(&name, &text).map_err(|cause| act.error(ErrorKind::Refused, cause))
    }

    pub(super) fn verify_etag(&self) -> VerifyEtag {
        match self.text("verify_etag").as_deref() {
            Some("off") => VerifyEtag::Off,
            Some("fail") => VerifyEtag::Fail,
            _ => VerifyEtag::Warn,
        }
    }

    pub(super) fn token_ttl(&self) -> Duration {
        Duration::from_secs(self.number("token_ttl_assumed"))
    }

    pub(super) fn small_file_max_bytes(&self) -> u64 {
        self.number("limits.small_file_max_bytes")
    }

    pub(super) fn limits(&self) -> Limits {
        let mut limits = self.spec.limits.clone();
        limits.part_bytes = self.number("part_size");
        limits.parts_at_once = u32::try_from(self.number("max_parallel_parts")).unwrap_or(1);
        limits.file_max_bytes = self.number("limits.file_max_bytes");
        limits.file_warn_bytes = self.number("limits.file_warn_bytes");
        limits.submit_spacing_s = u32::try_from(self.number("rate.submit_spacing_s")).unwrap_or(30);
        if let Some(cover) = &mut limits.cover {
            cover.max_bytes = self.number("limits.cover_max_bytes");
        }
        if let Some(text) = self.text("extensions") {
            let words = text.split([',', '，', ' ']);
            let words = words.map(|word| word.trim().trim_start_matches('.').to_lowercase());
            limits.extensions = words.filter(|word| !word.is_empty()).collect();
        }
        limits
    }
}
