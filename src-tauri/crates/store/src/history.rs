//! Everything that was begun and has ended, newest first: also what was removed from the queue.
//!
//! Rows come and go by triggers on uploads, so the list cannot tell anything else than the queue did. What is removed leaves all that was known of it
//! behind, in the form in which it is read while it is still there.
//! Invariants: an upload stands here once; a page, a count and the days of one filter agree.

use crate::{Result, Store, TimelineEntry, path, queue::Clauses, value};
use rusqlite::{Connection, Row, named_params};
use serde::Deserialize;
use slipway_model::{AccountId, Cause, Fields, PhaseName, Proof, Remote, UploadId};
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryFilter {
    /// Each word must be in title, file name, link, remote id, or the account's label.
    pub search: Option<String>,
    pub platform: Option<String>,
    pub account: Option<AccountId>,
    pub phase: Option<PhaseName>,
    /// From here, in ms since 1970 UTC.
    pub since_ms: Option<i64>,
    /// To before here.
    pub until_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    pub id: UploadId,
    /// When it ended; while it is with its platform, when that took it.
    pub at_ms: i64,
    pub title: String,
    pub file_name: String,
    pub account: AccountId,
    pub platform: String,
    pub account_label: String,
    pub phase: PhaseName,
    pub total_bytes: u64,
    pub started_at_ms: i64,
    /// When the last byte was acknowledged.
    pub landed_at_ms: Option<i64>,
    pub remote: Option<Remote>,
    pub cause: Option<Cause>,
    /// The queue knows it no more.
    pub is_removed: bool,
}

/// An account that something was sent to, also when it was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastAccount {
    pub id: AccountId,
    pub platform: String,
    pub label: String,
    pub is_removed: bool,
}

/// All that is known of one upload, whether it is in the queue or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub row: HistoryRow,
    pub known: Known,
    pub timeline: Vec<TimelineEntry>,
    /// When it was last submitted, by the ledger.
    pub submitted_at_ms: Option<i64>,
}

/// What the queue knows of an upload beyond its row.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Known {
    pub fields: Fields,
    /// In hex: a path need not be text.
    file_path: String,
    cover_path: Option<String>,
    /// The whole address of a file that is online, sealed by the engine, in hex.
    online: Option<String>,
    pub sample: String,
    pub size_bytes: u64,
    pub held_bytes: u64,
    pub sent_bytes: u64,
    pub resent_bytes: u64,
    pub created_at_ms: i64,
    pub finished_at_ms: Option<i64>,
    pub proof: Option<Proof>,
    timeline: Vec<TimelineEntry>,
}

impl Known {
    /// The file, or what may be shown of an address.
    pub fn path(&self) -> PathBuf {
        path::from_bytes(&bytes(&self.file_path))
    }
    pub fn cover(&self) -> Option<PathBuf> {
        self.cover_path
            .as_deref()
            .map(|hex| path::from_bytes(&bytes(hex)))
    }
    /// The sealed address of a file that is online.
    pub fn online(&self) -> Option<Vec<u8>> {
        self.online.as_deref().map(bytes)
    }
}

impl Store {
    /// Rows from `offset`, newest first.
    pub async fn history(
        &self,
        filter: HistoryFilter,
        limit: u64,
        offset: u64,
    ) -> Result<Vec<HistoryRow>> {
        self.read(move |conn| page(conn, &filter, limit, offset))
            .await
    }

    /// When each row ended and how large it was, in the order of the list.
    pub async fn history_times(&self, filter: HistoryFilter) -> Result<Vec<(i64, u64)>> {
        self.read(move |conn| times(conn, &filter)).await
    }

    /// Accounts that something was sent to.
    pub async fn history_accounts(&self) -> Result<Vec<PastAccount>> {
        self.read(accounts).await
    }

    /// `None` when it was never begun, or there never was one.
    pub async fn record(&self, id: UploadId) -> Result<Option<Record>> {
        self.read(move |conn| record(conn, id)).await
    }
}

pub(crate) fn clauses(conn: &Connection, filter: &HistoryFilter) -> Result<Clauses> {
    let mut clauses = Clauses::default();
    if let Some(account) = filter.account {
        clauses.add("account_id = :account");
        clauses.bind(":account", account.0);
    }
    if let Some(platform) = &filter.platform {
        clauses.add("account_id IN (SELECT id FROM accounts WHERE platform = :platform)");
        clauses.bind(":platform", platform.clone());
    }
    if let Some(phase) = filter.phase {
        clauses.add("phase = :phase");
        clauses.bind(":phase", phase.as_str().to_owned());
    }
    if let Some(since) = filter.since_ms {
        clauses.add("at_ms >= :since");
        clauses.bind(":since", since);
    }
    if let Some(until) = filter.until_ms {
        clauses.add("at_ms < :until");
        clauses.bind(":until", until);
    }
    if let Some(search) = &filter.search {
        clauses.search(conn, search, "instr(sought, {word}) > 0")?;
    }
    Ok(clauses)
}

fn page(
    conn: &Connection,
    filter: &HistoryFilter,
    limit: u64,
    offset: u64,
) -> Result<Vec<HistoryRow>> {
    let clauses = clauses(conn, filter)?;
    let (limit, offset) = (value::size(limit), value::size(offset));
    let mut ids =
        conn.prepare_cached(&sql("upload_id", &clauses, "LIMIT :limit OFFSET :offset"))?;
    let params = clauses.params(&[(":limit", &limit), (":offset", &offset)]);
    let ids = ids.query_map(&*params, |row| row.get("upload_id"))?;
    let ids = ids.collect::<rusqlite::Result<Vec<i64>>>()?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(row(conn, id)?);
    }
    Ok(rows)
}

fn times(conn: &Connection, filter: &HistoryFilter) -> Result<Vec<(i64, u64)>> {
    let clauses = clauses(conn, filter)?;
    let mut statement = conn.prepare_cached(&sql("at_ms, total_bytes", &clauses, ""))?;
    let times = statement.query_and_then(&*clauses.params(&[]), |row| {
        Ok((row.get("at_ms")?, value::count(row, "total_bytes")?))
    })?;
    times.collect()
}

/// The walk of the list, in its order.
pub(crate) fn sql(columns: &str, clauses: &Clauses, page: &str) -> String {
    format!(
        "SELECT {columns} FROM history INDEXED BY history_time {} ORDER BY at_ms DESC, upload_id DESC {page}",
        clauses.all()
    )
}

fn row(conn: &Connection, id: i64) -> Result<Option<HistoryRow>> {
    let mut statement = conn.prepare_cached(
        "SELECT h.*, a.platform, a.label FROM history AS h JOIN accounts AS a ON a.id = h.account_id
         WHERE h.upload_id = :id",
    )?;
    let mut rows = statement.query_and_then(named_params! { ":id": id }, read)?;
    rows.next().transpose()
}

fn read(row: &Row<'_>) -> Result<HistoryRow> {
    let removed: Option<i64> = row.get("removed_at_ms")?;
    Ok(HistoryRow {
        id: UploadId(row.get("upload_id")?),
        at_ms: row.get("at_ms")?,
        title: row.get("title")?,
        file_name: row.get("file_name")?,
        account: AccountId(row.get("account_id")?),
        platform: row.get("platform")?,
        account_label: row.get("label")?,
        phase: value::phase(row)?,
        total_bytes: value::count(row, "total_bytes")?,
        started_at_ms: row.get("started_at_ms")?,
        landed_at_ms: row.get("landed_at_ms")?,
        remote: value::from_json_option(row, "remote")?,
        cause: value::from_json_option(row, "cause")?,
        is_removed: removed.is_some(),
    })
}

fn accounts(conn: &Connection) -> Result<Vec<PastAccount>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, platform, label, removed_at_ms IS NOT NULL AS is_removed FROM accounts
         WHERE id IN (SELECT account_id FROM history) ORDER BY is_removed, id",
    )?;
    let accounts = statement.query_and_then([], |row| {
        Ok(PastAccount {
            id: AccountId(row.get("id")?),
            platform: row.get("platform")?,
            label: row.get("label")?,
            is_removed: row.get("is_removed")?,
        })
    })?;
    accounts.collect()
}

fn record(conn: &Connection, id: UploadId) -> Result<Option<Record>> {
    let Some(row) = row(conn, id.0)? else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT coalesce(h.kept, (SELECT {KNOWN} FROM uploads AS u JOIN manuscripts AS m ON m.id = u.manuscript_id
           WHERE u.id = h.upload_id)) AS known FROM history AS h WHERE h.upload_id = :id"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut known: Known = statement
        .query_and_then(named_params! { ":id": id.0 }, |row| {
            value::from_json(row, "known")
        })?
        .next()
        .expect("the row was read in the same moment")?;
    let submitted_at_ms = conn
        .prepare_cached(
            "SELECT max(at_ms) AS at_ms FROM ledger WHERE upload_id = :id AND state <> 'withdrawn'",
        )?
        .query_row(named_params! { ":id": id.0 }, |row| row.get("at_ms"))?;
    Ok(Some(Record {
        row,
        timeline: std::mem::take(&mut known.timeline),
        known,
        submitted_at_ms,
    }))
}

/// Before they are removed, uploads leave behind what is known of them.
pub(crate) fn keep(conn: &Connection, ids: &str, now_ms: i64) -> Result<()> {
    let sql = format!(
        "UPDATE history SET removed_at_ms = :now, kept =
           (SELECT {KNOWN} FROM uploads AS u JOIN manuscripts AS m ON m.id = u.manuscript_id
            WHERE u.id = history.upload_id)
         WHERE upload_id IN (SELECT value FROM json_each(:ids)) AND removed_at_ms IS NULL"
    );
    conn.prepare_cached(&sql)?
        .execute(named_params! { ":now": now_ms, ":ids": ids })?;
    Ok(())
}

/// [`Known`], of `uploads AS u` and `manuscripts AS m`.
const KNOWN: &str = "json_object(
  'fields', json(m.fields), 'file_path', hex(m.file_path), 'cover_path', CASE WHEN m.cover_path IS NULL THEN NULL ELSE hex(m.cover_path) END,
  'online', CASE WHEN m.online IS NULL THEN NULL ELSE hex(m.online) END, 'sample', m.sample, 'size_bytes', m.size_bytes,
  'held_bytes', u.held_bytes, 'sent_bytes', u.sent_bytes, 'resent_bytes', u.resent_bytes,
  'created_at_ms', u.created_at_ms, 'finished_at_ms', u.finished_at_ms, 'proof', json(u.proof),
  'timeline', (SELECT json_group_array(json(entry)) FROM
     (SELECT json_object('at_ms', at_ms, 'event', event, 'params', json(params)) AS entry
      FROM timeline WHERE upload_id = u.id ORDER BY id)))";

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| (digit(pair[0]) << 4) | digit(pair[1]))
        .collect()
}
