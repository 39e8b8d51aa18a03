//! What an account has before it: uploads that are not submitted, and bytes that have no place on the platform.

use crate::{Result, Store, value};
use rusqlite::{Connection, named_params};
use slipway_model::AccountId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unsent {
    pub uploads: u64,
    /// Of those that are not opened.
    pub bytes: u64,
}

impl Store {
    pub async fn account_unsent(&self, account: AccountId) -> Result<Unsent> {
        self.read(move |conn| unsent(conn, account)).await
    }
}

fn unsent(conn: &Connection, account: AccountId) -> Result<Unsent> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) AS uploads,
           coalesce(sum(CASE WHEN phase IN ('queued', 'opening') THEN total_bytes END), 0) AS bytes
         FROM uploads
         WHERE account_id = :account AND phase IN ('queued', 'opening', 'sending', 'committing')",
    )?;
    let found = statement.query_row(named_params! { ":account": account.0 }, |row| {
        Ok((value::count(row, "uploads"), value::count(row, "bytes")))
    })?;
    Ok(Unsent {
        uploads: found.0?,
        bytes: found.1?,
    })
}
