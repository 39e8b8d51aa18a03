//! Bytes that went over networks of late, by the names that their user's rules know them by.
//!
//! Summed by quarters of an hour, since every time zone's day begins with one. Invariant: what is older than some days is forgotten with the next count.

use crate::{Result, Store, today::QUARTER_MS, value};
use rusqlite::named_params;
use std::collections::BTreeMap;

/// A day anywhere, and the day before.
const KEPT_QUARTERS: i64 = 3 * 24 * 4;

impl Store {
    /// Adds to what went over each of these.
    pub async fn network_sent(&self, names: Vec<String>, bytes: u64, now_ms: i64) -> Result<()> {
        self.write(move |conn| {
            let quarter = now_ms.div_euclid(QUARTER_MS);
            let mut add = conn.prepare_cached(
                "INSERT INTO network_sent (network, quarter, bytes) VALUES (:network, :quarter, :bytes)
                 ON CONFLICT DO UPDATE SET bytes = bytes + :bytes",
            )?;
            for name in &names {
                add.execute(named_params! {
                    ":network": name, ":quarter": quarter, ":bytes": value::size(bytes),
                })?;
            }
            conn.prepare_cached("DELETE FROM network_sent WHERE quarter < :oldest")?
                .execute(named_params! { ":oldest": quarter - KEPT_QUARTERS })?;
            Ok(())
        })
        .await
    }

    /// What went over each since a moment not more than two days ago.
    pub async fn networks_since(&self, since_ms: i64) -> Result<BTreeMap<String, u64>> {
        self.read(move |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT network, sum(bytes) AS bytes FROM network_sent
                 WHERE quarter >= :quarter GROUP BY network",
            )?;
            let quarter = since_ms.div_euclid(QUARTER_MS);
            let rows = statement.query_and_then(named_params! { ":quarter": quarter }, |row| {
                Ok((row.get("network")?, value::count(row, "bytes")?))
            })?;
            rows.collect()
        })
        .await
    }
}
