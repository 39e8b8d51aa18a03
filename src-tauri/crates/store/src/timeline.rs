//! What happened to an upload, in the order it was written. Goes with the upload.

use crate::{Result, Store, value};
use rusqlite::{Connection, named_params};
use serde::Deserialize;
use slipway_model::UploadId;
use std::collections::BTreeMap;

/// Something that happened: a code, and what fills its sentence. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    pub event: String,
    pub params: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TimelineEntry {
    pub at_ms: i64,
    pub event: String,
    pub params: BTreeMap<String, String>,
}

impl Note {
    pub fn new(event: &str) -> Self {
        Self {
            event: event.to_owned(),
            params: BTreeMap::new(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts are written in place"
    )]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

impl Store {
    /// Oldest first.
    pub async fn timeline(&self, upload: UploadId) -> Result<Vec<TimelineEntry>> {
        self.read(move |conn| of_upload(conn, upload)).await
    }

    pub async fn timeline_add(&self, upload: UploadId, note: Note, now_ms: i64) -> Result<()> {
        self.write(move |conn| add(conn, upload, &note, now_ms))
            .await
    }
}

fn of_upload(conn: &Connection, upload: UploadId) -> Result<Vec<TimelineEntry>> {
    let mut statement = conn.prepare_cached(
        "SELECT at_ms, event, params FROM timeline WHERE upload_id = :upload ORDER BY id",
    )?;
    let entries = statement.query_and_then(named_params! { ":upload": upload.0 }, |row| {
        Ok(TimelineEntry {
            at_ms: row.get("at_ms")?,
            event: row.get("event")?,
            params: value::from_json(row, "params")?,
        })
    })?;
    entries.collect()
}

pub(crate) fn add(conn: &Connection, upload: UploadId, note: &Note, now_ms: i64) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO timeline (upload_id, at_ms, event, params)
         VALUES (:upload, :at_ms, :event, :params)",
    )?
    .execute(named_params! {
        ":upload": upload.0,
        ":at_ms": now_ms,
        ":event": note.event,
        ":params": value::json(&note.params)?,
    })?;
    Ok(())
}

pub(crate) fn add_to_all(
    conn: &Connection,
    uploads: &[UploadId],
    note: &Note,
    now_ms: i64,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO timeline (upload_id, at_ms, event, params)
         SELECT value, :at_ms, :event, :params FROM json_each(:uploads)",
    )?
    .execute(named_params! {
        ":uploads": value::id_list(uploads.iter().map(|id| id.0)),
        ":at_ms": now_ms,
        ":event": note.event,
        ":params": value::json(&note.params)?,
    })?;
    Ok(())
}
