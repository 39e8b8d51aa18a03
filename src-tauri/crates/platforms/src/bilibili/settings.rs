//! An account's settings, with the defaults that the spec names.
//!
//! What the platform leaves open is a setting here and nowhere a constant.

use crate::{Result, Session, http::Act, settings};
use slipway_model::{Limits, Spec};
use std::{ops::Deref, time::Duration};
use url::Url;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VerifyEtag {
    Off,
    Warn,
    Fail,
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

    pub(super) fn client_id(&self, act: Act) -> Result<String> {
        self.needed(act, "client_id")
    }

    /// One of the four addresses: `api`, `oauth`, `upload`, `consent`.
    pub(super) fn endpoint(&self, act: Act, role: &str) -> Result<Url> {
        self.0.endpoint(act, &format!("endpoint.{role}"))
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

    /// How many works the account may submit in a day of UTC+8, where that is known.
    pub(super) fn works_per_day(&self) -> Option<u64> {
        Some(self.number("limits.works_per_day")).filter(|works| *works > 0)
    }

    pub(super) fn limits(&self) -> Limits {
        let mut limits = self.spec.limits.clone();
        limits.part_bytes = self.number("part_size");
        // The last twelfth is for what sends and submits slowly.
        let kept_s = self.token_ttl().as_secs();
        limits.unpublished_s = u32::try_from(kept_s - kept_s / 12).ok();
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
