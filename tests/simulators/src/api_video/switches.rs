//! What is not established about the platform, as switches in three profiles.

use serde::{Deserialize, Serialize};

/// A set of switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// What the documents say, and the likelier reading where they say nothing.
    Docs,
    /// Every switch at its harshest.
    Strict,
    /// Lenient, and telling more than it has to.
    Sloppy,
}

/// Which of two plausible platforms this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// The answer to a part of an unfinished upload holds the whole object instead of `videoId` alone.
    pub whole_object_while_incomplete: bool,
    /// A last part of no bytes is taken.
    pub empty_last_part: bool,
    /// Parts in part mode may differ in size.
    pub unequal_parts: bool,
    /// A token may continue what another token began, or fill a container made with the key.
    pub token_continues_another: bool,
    /// A token may fill a container of a private video.
    pub token_fills_private: bool,
    /// A refresh token works once.
    pub refresh_once: bool,
    /// Status of a bad key or refresh token on the two auth endpoints.
    pub bad_credentials_status: u16,
    /// Largest file: 30 GiB by the limits page, 52,428,800,000 by the header's checks.
    pub file_max_bytes: u64,
    /// Requests are counted against the limits of the environment.
    pub rate_limits: bool,
    /// An upload that came whole is told as `uploading` until it is looked at again.
    pub status_lags: bool,
    /// Attributes nobody knows are refused instead of ignored.
    pub unknown_attributes_refused: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self::of(Profile::Docs)
    }
}

impl Switches {
    pub fn of(profile: Profile) -> Self {
        let docs = Self {
            whole_object_while_incomplete: false,
            empty_last_part: true,
            unequal_parts: true,
            token_continues_another: true,
            token_fills_private: true,
            refresh_once: true,
            bad_credentials_status: 400,
            file_max_bytes: 30 << 30,
            rate_limits: true,
            status_lags: false,
            unknown_attributes_refused: false,
        };
        match profile {
            Profile::Docs => docs,
            Profile::Strict => Self {
                empty_last_part: false,
                unequal_parts: false,
                token_fills_private: false,
                bad_credentials_status: 401,
                status_lags: true,
                unknown_attributes_refused: true,
                ..docs
            },
            Profile::Sloppy => Self {
                whole_object_while_incomplete: true,
                refresh_once: false,
                file_max_bytes: super::range::BYTES_MAX,
                rate_limits: false,
                ..docs
            },
        }
    }
}
