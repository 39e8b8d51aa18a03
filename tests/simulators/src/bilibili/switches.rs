//! What is not established about the platform, as switches, and the three settings of them that clients are run against.
//!
//! Pure. `docs` follows the platform's documents where they speak and the likelier reading where they do not; `strict` sets every
//! switch to its harshest; `sloppy` leaves fields out, merges over gaps and forgives.

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    Docs,
    Strict,
    Sloppy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// The bytes sent last count.
    Overwrites,
    /// The bytes sent first count, and the answer is 0 all the same.
    Keeps,
}

/// Every open question with its answer. See `about` for what each one is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    pub generation_1: bool,
    pub gateway_status: u16,
    pub loopback_callback: bool,
    pub expires_in_relative: bool,
    pub refresh_ends_old_access: bool,
    pub upload_token_life_s: u64,
    pub upload_token_extends: bool,
    pub utype_checked: bool,
    pub part_bytes_max: u64,
    pub part_number_max: u32,
    pub parts_at_once_max: Option<u32>,
    pub too_large_is_413: bool,
    pub parts_equal: bool,
    pub repeated_part: Repeat,
    pub gap_refused: bool,
    pub complete_repeatable: bool,
    pub complete_signed: bool,
    pub etag: bool,
    pub title_max: usize,
    pub desc_max: usize,
    pub empty_desc_refused: bool,
    pub tags_counted: bool,
    pub parent_tid_refused: bool,
    pub cover_required: bool,
    pub cover_measured: bool,
    pub token_reusable: bool,
    pub numbers_as_strings: bool,
    pub fields_missing: bool,
}

impl Switches {
    pub const fn of(profile: Profile) -> Self {
        match profile {
            Profile::Docs => Self::docs(),
            Profile::Strict => Self::strict(),
            Profile::Sloppy => Self::sloppy(),
        }
    }

    const fn docs() -> Self {
        Self {
            generation_1: false,
            gateway_status: 200,
            loopback_callback: true,
            expires_in_relative: false,
            refresh_ends_old_access: false,
            upload_token_life_s: 12 * 3600,
            upload_token_extends: false,
            utype_checked: true,
            part_bytes_max: 100 * 1024 * 1024,
            part_number_max: 10_000,
            parts_at_once_max: None,
            too_large_is_413: false,
            parts_equal: false,
            repeated_part: Repeat::Overwrites,
            gap_refused: true,
            complete_repeatable: true,
            complete_signed: true,
            etag: true,
            title_max: 80,
            desc_max: 250,
            empty_desc_refused: false,
            tags_counted: false,
            parent_tid_refused: false,
            cover_required: false,
            cover_measured: true,
            token_reusable: false,
            numbers_as_strings: false,
            fields_missing: false,
        }
    }

    const fn strict() -> Self {
        Self {
            gateway_status: 403,
            loopback_callback: false,
            refresh_ends_old_access: true,
            parts_at_once_max: Some(8),
            too_large_is_413: true,
            parts_equal: true,
            repeated_part: Repeat::Keeps,
            complete_repeatable: false,
            title_max: 79,
            desc_max: 249,
            empty_desc_refused: true,
            tags_counted: true,
            parent_tid_refused: true,
            cover_required: true,
            ..Self::docs()
        }
    }

    const fn sloppy() -> Self {
        Self {
            generation_1: true,
            expires_in_relative: true,
            upload_token_extends: true,
            utype_checked: false,
            gap_refused: false,
            complete_signed: false,
            etag: false,
            cover_measured: false,
            token_reusable: true,
            numbers_as_strings: true,
            fields_missing: true,
            ..Self::docs()
        }
    }

    pub(crate) fn upload_token_life(&self) -> Duration {
        Duration::from_secs(self.upload_token_life_s)
    }
}
