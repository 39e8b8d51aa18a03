//! Drafts: what is being written, with the files it names.
//!
//! A draft is kept whole at each write, so that what comes back is one state of the form. Its content is the api's own JSON. Invariant: a draft that is
//! written without its number, or with one that is gone, becomes a new one; a write is never lost.

use crate::{Result, Store, manuscripts, value};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use slipway_model::{DraftId, Source};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDraft {
    /// `None` for a new one.
    pub id: Option<DraftId>,
    /// For display.
    pub title: String,
    /// JSON.
    pub content: String,
    pub files: Vec<DraftFile>,
}

/// A video, a cover or captions, by the number that the content has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFile {
    pub number: u32,
    pub source: Source,
}

/// One row of the list of drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftHead {
    pub id: DraftId,
    pub title: String,
    pub changed_at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDraft {
    pub content: String,
    pub changed_at_ms: i64,
    /// By their numbers.
    pub files: Vec<DraftFile>,
}

impl Store {
    /// Keeps a draft in place of what it was; answers its number.
    pub async fn draft_save(&self, draft: NewDraft, now_ms: i64) -> Result<DraftId> {
        self.write(move |conn| save(conn, &draft, now_ms)).await
    }

    /// The last changed first.
    pub async fn drafts(&self) -> Result<Vec<DraftHead>> {
        self.read(all).await
    }

    pub async fn draft(&self, id: DraftId) -> Result<Option<StoredDraft>> {
        self.read(move |conn| by_id(conn, id)).await
    }

    pub async fn draft_remove(&self, id: DraftId) -> Result<()> {
        self.write(move |conn| {
            conn.prepare_cached("DELETE FROM drafts WHERE id = :id")?
                .execute(named_params! { ":id": id.0 })?;
            Ok(())
        })
        .await
    }
}

fn save(conn: &Connection, draft: &NewDraft, now_ms: i64) -> Result<DraftId> {
    let id = written(conn, draft, now_ms)?;
    conn.prepare_cached("DELETE FROM draft_files WHERE draft_id = :id")?
        .execute(named_params! { ":id": id.0 })?;
    for DraftFile { number, source } in &draft.files {
        let columns = manuscripts::Columns::of(source);
        conn.prepare_cached(
            "INSERT INTO draft_files (draft_id, number, file_path, size_bytes, mtime_ns, file_id, sample, online)
             VALUES (:id, :number, :file_path, :size_bytes, :mtime_ns, :file_id, :sample, :online)",
        )?
        .execute(named_params! {
            ":id": id.0,
            ":number": number,
            ":file_path": columns.path,
            ":size_bytes": value::size(columns.print.size_bytes),
            ":mtime_ns": columns.print.mtime_ns,
            ":file_id": columns.print.file_id,
            ":sample": columns.print.sample,
            ":online": columns.online,
        })?;
    }
    Ok(id)
}

fn written(conn: &Connection, draft: &NewDraft, now_ms: i64) -> Result<DraftId> {
    if let Some(id) = draft.id {
        let changed = conn
            .prepare_cached(
                "UPDATE drafts SET title = :title, content = :content, changed_at_ms = :now WHERE id = :id",
            )?
            .execute(named_params! {
                ":title": draft.title, ":content": draft.content, ":now": now_ms, ":id": id.0,
            })?;
        if changed > 0 {
            return Ok(id);
        }
    }
    conn.prepare_cached(
        "INSERT INTO drafts (title, content, changed_at_ms) VALUES (:title, :content, :now)",
    )?
    .execute(named_params! { ":title": draft.title, ":content": draft.content, ":now": now_ms })?;
    Ok(DraftId(conn.last_insert_rowid()))
}

fn all(conn: &Connection) -> Result<Vec<DraftHead>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, title, changed_at_ms FROM drafts ORDER BY changed_at_ms DESC, id DESC",
    )?;
    let heads = statement.query_and_then([], |row| {
        Ok(DraftHead {
            id: DraftId(row.get("id")?),
            title: row.get("title")?,
            changed_at_ms: row.get("changed_at_ms")?,
        })
    })?;
    heads.collect()
}

fn by_id(conn: &Connection, id: DraftId) -> Result<Option<StoredDraft>> {
    let draft = conn
        .prepare_cached("SELECT content, changed_at_ms FROM drafts WHERE id = :id")?
        .query_row(named_params! { ":id": id.0 }, |row| {
            Ok((row.get("content")?, row.get("changed_at_ms")?))
        })
        .optional()?;
    let Some((content, changed_at_ms)) = draft else {
        return Ok(None);
    };
    let mut statement =
        conn.prepare_cached("SELECT * FROM draft_files WHERE draft_id = :id ORDER BY number")?;
    let files = statement.query_and_then(named_params! { ":id": id.0 }, file)?;
    Ok(Some(StoredDraft {
        content,
        changed_at_ms,
        files: files.collect::<Result<_>>()?,
    }))
}

fn file(row: &Row<'_>) -> Result<DraftFile> {
    Ok(DraftFile {
        number: row.get("number")?,
        source: manuscripts::source(row)?,
    })
}
