//! History and receipts as front ends see them.

use super::{OfferedFile, TimelineEntry};
use serde::{Deserialize, Serialize};
use slipway_model::{AccountId, Cause, PhaseName, Proof, Remote, UploadId};
use std::collections::BTreeMap;
use ts_rs::TS;

/// Which of everything that was ever sent. What is not named is not asked about.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct HistoryFilter {
    /// Words found in title, file name, link, remote id or account.
    pub search: Option<String>,
    pub platform: Option<String>,
    pub account: Option<AccountId>,
    /// Published, failed, cancelled, or processing.
    pub phase: Option<PhaseName>,
    pub since_ms: Option<i64>,
    /// The first moment that is not wanted any more.
    pub until_ms: Option<i64>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct HistoryWindow {
    pub filter: HistoryFilter,
    pub offset: u32,
    /// At most 500.
    pub limit: u32,
}

/// One upload that was begun and has ended, or is with its platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct HistoryRow {
    pub id: UploadId,
    /// When it ended; while it is with its platform, when that took it.
    pub at_ms: i64,
    pub title: String,
    pub file: String,
    pub account: AccountId,
    pub account_label: String,
    pub platform: String,
    pub phase: PhaseName,
    pub total_bytes: u64,
    pub started_at_ms: i64,
    /// When the last byte was acknowledged; `null` when it never was, or an earlier version did not keep it.
    pub landed_at_ms: Option<i64>,
    /// Over all the time from the beginning to the last byte, waits included.
    pub bytes_per_second: Option<u64>,
    pub remote: Option<Remote>,
    pub cause: Option<Cause>,
    /// The queue knows it no more.
    pub removed: bool,
}

/// What a filter finds, in all and by the days of this machine's time zone, newest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct HistoryOverview {
    pub uploads: u32,
    pub bytes: u64,
    /// The oldest of them.
    pub since_ms: Option<i64>,
    pub days: Vec<HistoryDay>,
    /// Accounts that anything was ever sent to, whatever the filter.
    pub accounts: Vec<PastAccount>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HistoryDay {
    /// Midnight here.
    pub start_ms: i64,
    pub uploads: u32,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PastAccount {
    pub id: AccountId,
    pub platform: String,
    pub label: String,
    pub removed: bool,
}

/// What was sent before, as a new manuscript may be made of it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SendAgain {
    pub file: OfferedFile,
    pub cover: Option<OfferedFile>,
    /// `null` when the account was removed.
    pub account: Option<AccountId>,
    pub fields: BTreeMap<String, String>,
}

/// What is known of one delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct UploadReceipt {
    pub row: HistoryRow,
    /// The platform fetched the file itself: none of its bytes came by here, so there is no hash.
    pub online: bool,
    /// Path, or what may be shown of an address.
    pub path: String,
    pub fields: BTreeMap<String, String>,
    /// What was sent; `null` when not all parts have landed, or an earlier version did not keep it.
    pub proof: Option<Proof>,
    pub held_bytes: u64,
    /// Put on the wire, those sent twice twice.
    pub sent_bytes: u64,
    pub resent_bytes: u64,
    pub created_at_ms: i64,
    pub submitted_at_ms: Option<i64>,
    pub finished_at_ms: Option<i64>,
    pub timeline: Vec<TimelineEntry>,
    /// Of the program that made this receipt.
    pub version: String,
}

/// A receipt to keep or to print.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReceiptPage {
    pub id: UploadId,
    /// `en`, `zh-CN` or `ja`.
    pub language: String,
}
