//! An account's settings, with the defaults that the spec names.
//!
//! What the platform leaves open is a setting here and nowhere a constant. Invariant: a block is a multiple of 4 MiB, whatever was typed.

use super::{etag::PIECE_BYTES, sign::Scheme};
use crate::{
    Result, Session,
    http::{Act, endpoint},
    settings,
};
use slipway_model::{Cause, ErrorKind, Limits, Spec};
use std::{ops::Deref, time::Duration};
use url::Url;

const GIB: u64 = 1 << 30;

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

    pub(super) fn access_key(&self, act: Act) -> Result<String> {
        self.needed(act, "access_key")
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
        self.endpoint(act, "endpoint.api")
    }

    /// Where the bytes go: the address that the platform told, unless the account has one of its own. Plain http is made https, and kept only
    /// on this machine or when the account says so.
    pub(super) fn upload(&self, act: Act, told: &str) -> Result<Url> {
        if let Some(own) = self.text("endpoint.upload") {
            return settings::address(act, "endpoint.upload", &own);
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
                if self.is("http_upload", "keep") {
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

    /// Longest name of a file with its ending, in code points.
    pub(super) fn name_max(&self) -> usize {
        usize::try_from(self.number("name_limit")).unwrap_or(40)
    }

    pub(super) fn limits(&self) -> Limits {
        let mut limits = self.spec.limits.clone();
        limits.parts_at_once = u32::try_from(self.number("max_parallel_blocks")).unwrap_or(1);
        limits.file_max_bytes = self.number("max_video_size");
        limits.part_bytes = self.block_bytes(GIB);
        // The last seventh is for what sends slowly.
        let kept_s = self.resume_age().as_secs();
        limits.unpublished_s = u32::try_from(kept_s - kept_s / 7).ok();
        limits
    }
}
