//! An account's settings, with the defaults that the spec names.
//!
//! What the platform leaves open is a setting here and nowhere a constant. Invariant: a block is a multiple of 4 MiB, whatever was typed.

use super::{etag::PIECE_BYTES, sign::Scheme};
use crate::{
    Result, Session,
    http::{Act, endpoint},
};
use slipway_model::{Cause, ErrorKind, Limits, Spec};
use std::time::Duration;
use url::Url;

const GIB: u64 = 1 << 30;

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

    pub(super) fn is_on(&self, name: &str) -> bool {
        matches!(self.text(name).as_deref(), Some("1" | "true"))
    }

    pub(super) fn access_key(&self, act: Act) -> Result<String> {
        self.text("access_key").ok_or_else(|| {
            let cause = Cause::new("setting_missing").with("setting", "access_key");
            act.error(ErrorKind::Refused, cause)
        })
    }

    pub(super) fn scheme(&self) -> Scheme {
        match self.text("auth").as_deref() {
            Some("cnc") => Scheme::Cnc,
            Some("basic") => Scheme::Basic,
            _ => Scheme::Ws3,
        }
    }

    /// Where the video API is.
    pub(super) fn api(&self, act: Act) -> Result<Url> {
        let text = self.text("endpoint.api").unwrap_or_default();
        endpoint("endpoint.api", &text).map_err(|cause| act.error(ErrorKind::Refused, cause))
    }

    /// Where the bytes go: the address that the platform told, unless the account has one of its own. Plain http is made https, and kept only
    /// on this machine or when the account says so.
    pub(super) fn upload(&self, act: Act, told: &str) -> Result<Url> {
        if let Some(own) = self.text("endpoint.upload") {
            return endpoint("endpoint.upload", &own)
                .map_err(|cause| act.error(ErrorKind::Refused, cause));
        }
        let unusable = |cause: Cause| {
            let shown = cause.params.get("url").cloned().unwrap_or_default();
            let cause = Cause::new("wangsu_upload_address").with("url", shown);
            act.error(ErrorKind::Refused, cause)
        };
        match endpoint("uploadUrl", told) {
            // An address on this machine is for those who talk to this machine.
            Ok(url) if url.scheme() == "http" && self.api(act)?.scheme() != "http" => {
                Err(unusable(Cause::default().with("url", url)))
            }
            Ok(url) => Ok(url),
            Err(cause) if cause.code == "endpoint_not_https" => {
                let secure = told.trim().replacen("http:", "https:", 1);
                let mut url = endpoint("uploadUrl", &secure).map_err(unusable)?;
                if self.text("http_upload").as_deref() == Some("keep") {
                    let kept = url.set_scheme("http");
                    debug_assert!(kept.is_ok(), "both are special schemes");
                }
                Ok(url)
            }
            Err(cause) => Err(unusable(cause)),
        }
    }

    /// The block for a file: the account's own, or 4 MiB up to 10 GiB and from there doubling, so that there are no more than 2,560 of them.
    pub(super) fn block_bytes(&self, size_bytes: u64) -> u64 {
        let most = self.spec.limits.part_max_bytes;
        let fitted = match self.number("block_size") {
            0 => {
                let mut block = PIECE_BYTES;
                while size_bytes > 2560 * block && block < most {
                    block *= 2;
                }
                block
            }
            own => own,
        };
        (fitted.min(most) / PIECE_BYTES * PIECE_BYTES).max(PIECE_BYTES)
    }

    /// The chunk for a block, smaller on a line that failed lately.
    pub(super) fn chunk_bytes(&self, rough: bool) -> u64 {
        const SMALL: u64 = 1 << 20;
        let chunk = self.number("chunk_size");
        if rough { chunk.min(SMALL) } else { chunk }
    }

    pub(super) fn resume_age(&self) -> Duration {
        Duration::from_hours(24 * self.number("resume_max_age_days"))
    }

    pub(super) fn listed_within_s(&self) -> i64 {
        60 * i64::try_from(self.number("listed_within_minutes")).unwrap_or(60)
    }

    pub(super) fn limits(&self) -> Limits {
        let mut limits = self.spec.limits.clone();
        limits.parts_at_once = u32::try_from(self.number("max_parallel_blocks")).unwrap_or(1);
        limits.file_max_bytes = self.number("max_video_size");
        limits.part_bytes = self.block_bytes(GIB);
        limits
    }
}
