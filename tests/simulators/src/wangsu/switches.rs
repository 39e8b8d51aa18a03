//! What is not established about the platform, as switches.
//!
//! Pure. `docs` is the likelier reading of each; `strict` sets every one to the harder case. See `about` for what each one is.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    Docs,
    Strict,
}

/// What the same file id brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    Never,
    /// The same place as long as nothing was stored there.
    UntilComplete,
    Always,
}

/// What a repetition of something that succeeded gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    SameAnswer,
    /// As a thing that is there already.
    Exists,
    /// As something unknown.
    Refuse,
}

/// The body of a success on the upload host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// `{"hash", "key", "response"}`.
    Json,
    /// base64url of `hash=…`.
    Text,
    /// What the callback's server answered, and nothing else.
    Callback,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    pub sig_mismatch_code: i64,
    pub replay_code: i64,
    pub rate_code: i64,
    pub rate_calls: usize,
    pub name_limit: usize,
    pub name_limit_counts_bytes: bool,
    pub name_missing_code: i64,
    pub file_id_too_long_code: i64,
    pub max_video_size: u64,
    pub fileid_reuse: Reuse,
    pub upload_token_ttl_s: u64,
    pub deadline_is_number: bool,
    pub fsize_limit: u64,
    pub ctx_error_status: u16,
    pub merge_error_status: u16,
    pub exists_status: u16,
    pub too_large_status: u16,
    pub strict_block_size: bool,
    pub batch_check: bool,
    pub bput_replay: Replay,
    pub mkfile_replay: Replay,
    pub ctx_ttl_s: u64,
    pub max_parallel: Option<u32>,
    pub form_max: u64,
    pub success_shape: Shape,
    pub list_before_upload: bool,
    pub list_delay_ms: u64,
    pub transcode_ms: u64,
}

impl Switches {
    pub const fn of(profile: Profile) -> Self {
        match profile {
            Profile::Docs => Self::docs(),
            Profile::Strict => Self::strict(),
        }
    }

    const fn docs() -> Self {
        Self {
            sig_mismatch_code: 4005,
            replay_code: 4006,
            rate_code: 300,
            rate_calls: 300,
            name_limit: 40,
            name_limit_counts_bytes: false,
            name_missing_code: 1606,
            file_id_too_long_code: 1605,
            max_video_size: 0,
            fileid_reuse: Reuse::UntilComplete,
            upload_token_ttl_s: 24 * 3600,
            deadline_is_number: false,
            fsize_limit: 0,
            ctx_error_status: 401,
            merge_error_status: 412,
            exists_status: 406,
            too_large_status: 401,
            strict_block_size: true,
            batch_check: true,
            bput_replay: Replay::Refuse,
            mkfile_replay: Replay::SameAnswer,
            ctx_ttl_s: 30 * 24 * 3600,
            max_parallel: None,
            form_max: 500_000_000,
            success_shape: Shape::Json,
            list_before_upload: false,
            list_delay_ms: 0,
            transcode_ms: 0,
        }
    }

    const fn strict() -> Self {
        Self {
            name_missing_code: 1004,
            file_id_too_long_code: 1012,
            deadline_is_number: true,
            ctx_error_status: 701,
            too_large_status: 413,
            mkfile_replay: Replay::Refuse,
            max_parallel: Some(5),
            success_shape: Shape::Text,
            list_delay_ms: 60_000,
            transcode_ms: 60_000,
            ..Self::docs()
        }
    }
}
