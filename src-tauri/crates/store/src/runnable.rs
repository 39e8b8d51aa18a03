//! What may be given work next.
//!
//! Asks each account for its own first few, so that a blocked account with a long queue costs nothing.

use crate::{Result, Store, value};
use rusqlite::{Connection, named_params};
use slipway_model::{AccountId, PhaseName, UploadId};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, Default)]
pub struct NextQuery {
    /// Left out: they have a worker, or wait for something.
    pub busy: Vec<UploadId>,
    /// Left out with all their uploads.
    pub blocked_accounts: Vec<AccountId>,
    pub limit: u32,
    pub now_ms: i64,
    pub hours: OpenNow,
}

/// Whose bytes may move at this hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenNow {
    pub most: bool,
    /// With hours of their own.
    pub others: HashMap<AccountId, bool>,
}

impl Default for OpenNow {
    fn default() -> Self {
        Self {
            most: true,
            others: HashMap::new(),
        }
    }
}

impl OpenNow {
    pub fn is_open(&self, account: AccountId) -> bool {
        self.others.get(&account).copied().unwrap_or(self.most)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub id: UploadId,
    pub account: AccountId,
    pub phase: PhaseName,
    pub position: f64,
    pub priority: i64,
}

impl Store {
    /// Uploads that have not ended and are to run, by priority and then by place. A held one is here only while it commits or is processed: holding does not stop that.
    pub async fn uploads_next(&self, query: NextQuery) -> Result<Vec<Candidate>> {
        self.read(move |conn| next(conn, &query)).await
    }

    /// Accounts with uploads that are to be sent or submitted by now, those in `waiting` left out.
    pub async fn accounts_due(
        &self,
        waiting: Vec<UploadId>,
        now_ms: i64,
    ) -> Result<Vec<AccountId>> {
        self.read(move |conn| due(conn, &waiting, now_ms)).await
    }
}

fn due(conn: &Connection, waiting: &[UploadId], now_ms: i64) -> Result<Vec<AccountId>> {
    let waiting = value::id_list(waiting.iter().map(|id| id.0));
    let mut statement = conn.prepare_cached(
        "SELECT id FROM uploads
         WHERE runnable = 1 AND account_id = :account
           AND (phase = 'committing' OR (phase <> 'processing' AND coalesce(start_at_ms, 0) <= :now))
           AND id NOT IN (SELECT value FROM json_each(:waiting))
         LIMIT 1",
    )?;
    let mut found = Vec::new();
    for account in accounts(conn)? {
        let params = named_params! { ":account": account.0, ":now": now_ms, ":waiting": &waiting };
        if statement.exists(params)? {
            found.push(account);
        }
    }
    Ok(found)
}

fn next(conn: &Connection, query: &NextQuery) -> Result<Vec<Candidate>> {
    let busy: HashSet<UploadId> = query.busy.iter().copied().collect();
    let limit = query.limit as usize;
    let mut found = Vec::new();
    for account in accounts(conn)? {
        if query.blocked_accounts.contains(&account) {
            continue;
        }
        let mut statement = conn.prepare_cached(OF_ACCOUNT)?;
        let rows = statement.query_and_then(
            named_params! {
                ":account": account.0, ":now": query.now_ms, ":open": query.hours.is_open(account),
            },
            |row| {
                Ok(Candidate {
                    id: UploadId(row.get("id")?),
                    account,
                    phase: value::phase(row)?,
                    position: row.get("position")?,
                    priority: row.get("priority")?,
                })
            },
        )?;
        let free = rows.filter(|row: &Result<Candidate>| match row {
            Ok(candidate) => !busy.contains(&candidate.id),
            Err(_) => true,
        });
        for candidate in free.take(limit) {
            found.push(candidate?);
        }
    }
    found.sort_by(|a, b| {
        let by_place = a.position.total_cmp(&b.position).then(a.id.cmp(&b.id));
        b.priority.cmp(&a.priority).then(by_place)
    });
    found.truncate(limit);
    Ok(found)
}

pub(crate) const OF_ACCOUNT: &str = "SELECT id, phase, position, priority FROM uploads
     WHERE runnable = 1 AND account_id = :account
       AND (phase IN ('committing', 'processing') OR (:open AND coalesce(start_at_ms, 0) <= :now))
     ORDER BY priority DESC, position, id";

/// Accounts with uploads that have not ended.
fn accounts(conn: &Connection) -> Result<Vec<AccountId>> {
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT account_id FROM tally
         WHERE uploads > 0 AND phase NOT IN ('published', 'failed', 'cancelled')",
    )?;
    let ids = statement.query_map([], |row| Ok(AccountId(row.get("account_id")?)))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}
