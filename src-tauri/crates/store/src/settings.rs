//! What the engine obeys, by name. The values are its business.

use crate::{Result, Store};
use rusqlite::{Connection, OptionalExtension, named_params};
use std::collections::BTreeMap;

impl Store {
    pub async fn setting(&self, name: &str) -> Result<Option<String>> {
        let name = name.to_owned();
        self.read(move |conn| get(conn, &name)).await
    }

    pub async fn settings(&self) -> Result<BTreeMap<String, String>> {
        self.read(all).await
    }

    /// `None` forgets it.
    pub async fn setting_set(&self, name: &str, value: Option<String>) -> Result<()> {
        let name = name.to_owned();
        self.write(move |conn| set(conn, &name, value.as_deref()))
            .await
    }
}

fn get(conn: &Connection, name: &str) -> Result<Option<String>> {
    Ok(conn
        .prepare_cached("SELECT value FROM settings WHERE name = :name")?
        .query_row(named_params! { ":name": name }, |row| row.get("value"))
        .optional()?)
}

fn all(conn: &Connection) -> Result<BTreeMap<String, String>> {
    let mut statement = conn.prepare_cached("SELECT name, value FROM settings")?;
    let rows = statement.query_map([], |row| Ok((row.get("name")?, row.get("value")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn set(conn: &Connection, name: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => conn
            .prepare_cached(
                "INSERT INTO settings (name, value) VALUES (:name, :value)
                 ON CONFLICT DO UPDATE SET value = :value",
            )?
            .execute(named_params! { ":name": name, ":value": value })?,
        None => conn
            .prepare_cached("DELETE FROM settings WHERE name = :name")?
            .execute(named_params! { ":name": name })?,
    };
    Ok(())
}
