//! What an account did of late: bytes that it sent, and works that it submitted.
//!
//! Bytes are summed by quarters of an hour, since every time zone's day begins with one. Invariant: what is older than some days is forgotten with
//! the account's next count, so that the table does not grow.

use crate::{Result, Store, value};
use rusqlite::{Connection, named_params};
use slipway_model::{AccountId, UploadId};
use std::collections::HashMap;

pub(crate) const QUARTER_MS: i64 = 15 * 60 * 1000;
/// A day anywhere, and the day before.
const KEPT_QUARTERS: i64 = 3 * 24 * 4;

/// An account's day so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Today {
    /// Put on the wire, those sent twice twice.
    pub sent_bytes: u64,
    /// Submissions that were made or may have been.
    pub works: u64,
}

impl Store {
    /// What each account did since a moment not more than two days ago; those that did nothing are left out.
    pub async fn accounts_since(&self, since_ms: i64) -> Result<HashMap<AccountId, Today>> {
        self.read(move |conn| since(conn, since_ms)).await
    }
}

/// Adds to what the upload's account sent.
pub(crate) fn add(conn: &Connection, id: UploadId, sent_bytes: u64, now_ms: i64) -> Result<()> {
    let quarter = now_ms.div_euclid(QUARTER_MS);
    conn.prepare_cached(
        "INSERT INTO account_sent (account_id, quarter, bytes)
         SELECT account_id, :quarter, :bytes FROM uploads WHERE id = :id AND :bytes > 0
         ON CONFLICT DO UPDATE SET bytes = bytes + :bytes",
    )?
    .execute(named_params! {
        ":quarter": quarter, ":bytes": value::size(sent_bytes), ":id": id.0,
    })?;
    conn.prepare_cached(
        "DELETE FROM account_sent WHERE quarter < :oldest
           AND account_id = (SELECT account_id FROM uploads WHERE id = :id)",
    )?
    .execute(named_params! { ":oldest": quarter - KEPT_QUARTERS, ":id": id.0 })?;
    Ok(())
}

fn since(conn: &Connection, since_ms: i64) -> Result<HashMap<AccountId, Today>> {
    let mut found: HashMap<AccountId, Today> = HashMap::new();
    let mut sent = conn.prepare_cached(
        "SELECT account_id, sum(bytes) AS bytes FROM account_sent WHERE quarter >= :quarter GROUP BY account_id",
    )?;
    let mut rows = sent.query(named_params! { ":quarter": since_ms.div_euclid(QUARTER_MS) })?;
    while let Some(row) = rows.next()? {
        let of = found.entry(AccountId(row.get("account_id")?)).or_default();
        of.sent_bytes = value::count(row, "bytes")?;
    }
    // A range of the index for each account, however long its history is.
    let mut submitted = conn.prepare_cached(
        "SELECT accounts.id AS account_id,
           (SELECT count(*) FROM ledger WHERE ledger.account_id = accounts.id
              AND at_ms >= :since AND state <> 'withdrawn') AS works
         FROM accounts WHERE removed_at_ms IS NULL",
    )?;
    let mut rows = submitted.query(named_params! { ":since": since_ms })?;
    while let Some(row) = rows.next()? {
        let works = value::count(row, "works")?;
        if works > 0 {
            let of = found.entry(AccountId(row.get("account_id")?)).or_default();
            of.works = works;
        }
    }
    Ok(found)
}
