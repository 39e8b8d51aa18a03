//! Publish once: what was, or was about to be, submitted.
//!
//! Invariants: an upload has one open submission at most; rows outlive their uploads and are never deleted.

use crate::{Result, Store, StoreError, value};
use rusqlite::{Connection, Row, named_params};
use slipway_model::{AccountId, Remote, UploadId};

/// A submission that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    pub upload: UploadId,
    pub account: AccountId,
    pub size_bytes: u64,
    /// Of the file's fingerprint.
    pub sample: String,
    pub manuscript_hash: String,
    pub at_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerState {
    /// It may or may not have reached the platform.
    Submitting,
    Published,
    /// It surely was not made.
    Withdrawn,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    pub upload: UploadId,
    pub account: AccountId,
    pub size_bytes: u64,
    pub sample: String,
    pub manuscript_hash: String,
    pub state: LedgerState,
    pub remote: Option<Remote>,
    pub at_ms: i64,
    pub published_at_ms: Option<i64>,
}

impl Store {
    /// Before a submission. Called again while it is open, it moves its time and keeps one row.
    pub async fn ledger_about_to_submit(&self, entry: LedgerEntry) -> Result<()> {
        self.write(move |conn| about_to_submit(conn, &entry)).await
    }

    /// The platform has it. A second word about the same work only renews what is known of it.
    pub async fn ledger_published(
        &self,
        upload: UploadId,
        remote: Remote,
        now_ms: i64,
    ) -> Result<()> {
        self.write(move |conn| published(conn, upload, &remote, now_ms))
            .await
    }

    /// The open submission surely was not made.
    pub async fn ledger_withdraw(&self, upload: UploadId) -> Result<()> {
        self.write(move |conn| {
            conn.prepare_cached(
                "UPDATE ledger SET state = 'withdrawn' WHERE upload_id = :upload AND state = 'submitting'",
            )?
            .execute(named_params! { ":upload": upload.0 })?;
            Ok(())
        })
        .await
    }

    /// What was submitted last was taken back before the platform did anything with it: the same content may come again.
    pub async fn ledger_taken_back(&self, upload: UploadId) -> Result<()> {
        self.write(move |conn| {
            conn.prepare_cached(
                "UPDATE ledger SET state = 'withdrawn'
                 WHERE id = (SELECT max(id) FROM ledger WHERE upload_id = :upload)",
            )?
            .execute(named_params! { ":upload": upload.0 })?;
            Ok(())
        })
        .await
    }

    /// The same content on the same account, withdrawn submissions left out; newest first.
    pub async fn ledger_find(
        &self,
        account: AccountId,
        size_bytes: u64,
        sample: &str,
    ) -> Result<Vec<LedgerRow>> {
        let sample = sample.to_owned();
        self.read(move |conn| find(conn, account, size_bytes, &sample))
            .await
    }

    /// All submissions of an upload, newest first.
    pub async fn ledger_of_upload(&self, upload: UploadId) -> Result<Vec<LedgerRow>> {
        self.read(move |conn| of_upload(conn, upload)).await
    }

    /// When the account last submitted, withdrawn submissions left out.
    pub async fn ledger_last_submission_ms(&self, account: AccountId) -> Result<Option<i64>> {
        self.read(move |conn| last_submission_ms(conn, account))
            .await
    }
}

fn about_to_submit(conn: &Connection, entry: &LedgerEntry) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO ledger (upload_id, account_id, size_bytes, sample, manuscript_hash, state, at_ms)
         VALUES (:upload, :account, :size_bytes, :sample, :manuscript_hash, 'submitting', :at_ms)
         ON CONFLICT (upload_id) WHERE state = 'submitting' DO UPDATE SET account_id = :account,
           size_bytes = :size_bytes, sample = :sample, manuscript_hash = :manuscript_hash,
           at_ms = max(at_ms, :at_ms)",
    )?
    .execute(named_params! {
        ":upload": entry.upload.0,
        ":account": entry.account.0,
        ":size_bytes": value::size(entry.size_bytes),
        ":sample": entry.sample,
        ":manuscript_hash": entry.manuscript_hash,
        ":at_ms": entry.at_ms,
    })?;
    Ok(())
}

fn published(conn: &Connection, upload: UploadId, remote: &Remote, now_ms: i64) -> Result<()> {
    let changed = conn
        .prepare_cached(
            "UPDATE ledger SET state = 'published', remote = :remote,
               published_at_ms = coalesce(published_at_ms, :now)
             WHERE id = (SELECT id FROM ledger WHERE upload_id = :upload AND state <> 'withdrawn'
                         ORDER BY id DESC LIMIT 1)",
        )?
        .execute(named_params! {
            ":remote": value::json(remote)?, ":now": now_ms, ":upload": upload.0,
        })?;
    if changed == 0 {
        return Err(StoreError::NotFound("submission"));
    }
    Ok(())
}

fn find(
    conn: &Connection,
    account: AccountId,
    size_bytes: u64,
    sample: &str,
) -> Result<Vec<LedgerRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT * FROM ledger WHERE account_id = :account AND sample = :sample
           AND size_bytes = :size_bytes AND state <> 'withdrawn' ORDER BY id DESC",
    )?;
    let rows = statement.query_and_then(
        named_params! {
            ":account": account.0, ":sample": sample, ":size_bytes": value::size(size_bytes),
        },
        read,
    )?;
    rows.collect()
}

fn of_upload(conn: &Connection, upload: UploadId) -> Result<Vec<LedgerRow>> {
    let mut statement =
        conn.prepare_cached("SELECT * FROM ledger WHERE upload_id = :upload ORDER BY id DESC")?;
    let rows = statement.query_and_then(named_params! { ":upload": upload.0 }, read)?;
    rows.collect()
}

fn last_submission_ms(conn: &Connection, account: AccountId) -> Result<Option<i64>> {
    Ok(conn
        .prepare_cached(
            "SELECT max(at_ms) AS at_ms FROM ledger
             WHERE account_id = :account AND state <> 'withdrawn'",
        )?
        .query_row(named_params! { ":account": account.0 }, |row| {
            row.get("at_ms")
        })?)
}

fn read(row: &Row<'_>) -> Result<LedgerRow> {
    let state: String = row.get("state")?;
    Ok(LedgerRow {
        upload: UploadId(row.get("upload_id")?),
        account: AccountId(row.get("account_id")?),
        size_bytes: value::count(row, "size_bytes")?,
        sample: row.get("sample")?,
        manuscript_hash: row.get("manuscript_hash")?,
        state: match state.as_str() {
            "submitting" => LedgerState::Submitting,
            "published" => LedgerState::Published,
            "withdrawn" => LedgerState::Withdrawn,
            word => return Err(StoreError::other(format!("unknown ledger state '{word}'"))),
        },
        remote: value::from_json_option(row, "remote")?,
        at_ms: row.get("at_ms")?,
        published_at_ms: row.get("published_at_ms")?,
    })
}
