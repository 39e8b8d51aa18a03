//! An account's settings, with the defaults that the spec names.
//!
//! What the platform leaves open is a setting here and nowhere a constant.

use crate::{Result, Session, http::Act, settings};
use slipway_model::{Cuts, Limits, Spec};
use std::ops::Deref;
use url::Url;

/// The platform's hosts. Source: its environments page, read 2026-06-25.
const PRODUCTION: &str = "https://ws.api.video";
const SANDBOX: &str = "https://sandbox.api.video";
/// From here on a file must go in parts. Source: upload guide and limits page, read 2026-06-25; at the limit itself they disagree.
const WHOLE_MAX_BYTES: u64 = 200 << 20;

/// Who an account is to the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Auth {
    Key,
    /// Nothing but `/upload` is open to it.
    UploadToken,
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

    pub(super) fn is_sandbox(&self) -> bool {
        self.is("environment", "sandbox")
    }

    pub(super) fn auth(&self) -> Auth {
        match self.text("auth").as_deref() {
            Some("upload-token") => Auth::UploadToken,
            _ => Auth::Key,
        }
    }

    pub(super) fn by_bearer(&self) -> bool {
        self.is("authorization", "bearer")
    }

    /// Whether a token is made for each upload.
    pub(super) fn delegates(&self) -> bool {
        self.is("way", "token")
    }

    /// The key under which a video carries its upload's number.
    pub(super) fn metadata_key(&self) -> Option<String> {
        self.text("metadata_key")
            .filter(|key| !key.is_empty() && key != "off")
    }

    pub(super) fn endpoint(&self, act: Act) -> Result<Url> {
        let own = self.text("endpoint");
        let text = own.as_deref().unwrap_or(if self.is_sandbox() {
            SANDBOX
        } else {
            PRODUCTION
        });
        settings::address(act, "endpoint", text)
    }

    pub(super) fn limits(&self) -> Limits {
        let mut limits = self.spec.limits.clone();
        limits.part_bytes = self.number("part_size");
        // Nothing can be asked to stay private with a token.
        limits.unpublished_s = (self.auth() == Auth::UploadToken).then_some(0);
        limits.file_max_bytes = self.number("limits.file_max_bytes");
        limits.parts_at_once = match self.auth() {
            // The first part's answer names the video that the others belong to, and a part sent twice cannot be looked for.
            Auth::UploadToken => 1,
            Auth::Key => u32::try_from(self.number("max_parallel_parts")).unwrap_or(1),
        };
        limits
    }

    /// How a file is cut.
    pub(super) fn cuts(&self, size_bytes: u64, lanes: u32) -> Cuts {
        let limits = self.limits();
        match self.auth() {
            Auth::Key if size_bytes <= limits.part_bytes && size_bytes < WHOLE_MAX_BYTES => {
                Cuts::whole(size_bytes)
            }
            // A file in one request is a video at once: were its answer lost, a second one would follow. In two parts the first is none yet.
            Auth::UploadToken if size_bytes <= limits.part_bytes => {
                if size_bytes <= limits.part_min_bytes {
                    return Cuts::whole(size_bytes);
                }
                let half = size_bytes.div_ceil(2).max(limits.part_min_bytes);
                Cuts::equal(size_bytes, half)
            }
            _ => Cuts::plan(size_bytes, &limits, None, lanes),
        }
    }
}
