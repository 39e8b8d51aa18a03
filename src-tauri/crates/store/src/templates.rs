//! Templates for manuscripts, by name. What is in one is the business of whoever keeps it.

use crate::{Result, Store};
use rusqlite::{Connection, OptionalExtension, named_params};
use std::collections::BTreeMap;

impl Store {
    /// What is in each, by name.
    pub async fn templates(&self) -> Result<BTreeMap<String, String>> {
        self.read(all).await
    }

    /// Keeps all or none. Answers a name that is taken when none may be replaced.
    pub async fn templates_save(
        &self,
        templates: BTreeMap<String, String>,
        replace: bool,
        now_ms: i64,
    ) -> Result<Option<String>> {
        self.write(move |conn| save(conn, &templates, replace, now_ms))
            .await
    }

    /// Answers whether there was one.
    pub async fn template_remove(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.write(move |conn| {
            let removed = conn
                .prepare_cached("DELETE FROM templates WHERE name = :name")?
                .execute(named_params! { ":name": name })?;
            Ok(removed > 0)
        })
        .await
    }
}

fn all(conn: &Connection) -> Result<BTreeMap<String, String>> {
    let mut statement = conn.prepare_cached("SELECT name, body FROM templates")?;
    let rows = statement.query_map([], |row| Ok((row.get("name")?, row.get("body")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn save(
    conn: &Connection,
    templates: &BTreeMap<String, String>,
    replace: bool,
    now_ms: i64,
) -> Result<Option<String>> {
    let mut taken = conn.prepare_cached("SELECT 1 FROM templates WHERE name = :name")?;
    for name in templates.keys().filter(|_| !replace) {
        let found = taken.query_row(named_params! { ":name": name }, |_| Ok(()));
        if found.optional()?.is_some() {
            return Ok(Some(name.clone()));
        }
    }
    let mut insert = conn.prepare_cached(
        "INSERT INTO templates (name, body, changed_at_ms) VALUES (:name, :body, :now_ms)
         ON CONFLICT DO UPDATE SET body = :body, changed_at_ms = :now_ms",
    )?;
    for (name, body) in templates {
        insert.execute(named_params! { ":name": name, ":body": body, ":now_ms": now_ms })?;
    }
    Ok(None)
}
