//! Manuscripts, and the uploads that are made with them.
//!
//! Invariant: a manuscript goes with its last upload, and one that never had any stays until it is removed.

use crate::{Result, Store, StoreError, Timing, path, position, times, uploads, value};
use rusqlite::{Connection, Row, named_params};
use slipway_model::{
    AccountId, Fields, Fingerprint, Intent, Manuscript, ManuscriptId, OnlineFile, Source,
    SourceFile, UploadId,
};
use std::path::PathBuf;

#[derive(Debug, Clone)]
pub struct NewManuscript {
    pub source: Source,
    pub fields: Fields,
    pub cover: Option<PathBuf>,
    pub uploads: Vec<NewUpload>,
}

#[derive(Debug, Clone)]
pub struct NewUpload {
    pub account: AccountId,
    pub intent: Intent,
    /// Higher runs first.
    pub priority: i64,
    /// Random, unique, fixed for life: names the upload to the platform before anything is sent.
    pub key: String,
}

/// A manuscript that was added, with its uploads in the order they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    pub manuscript: ManuscriptId,
    pub uploads: Vec<UploadId>,
}

impl Store {
    /// Adds all or none, at the end of the queue.
    pub async fn manuscripts_add(
        &self,
        manuscripts: Vec<NewManuscript>,
        timing: Timing,
        now_ms: i64,
    ) -> Result<Vec<Added>> {
        self.write(move |conn| {
            let added = add(conn, &manuscripts, now_ms)?;
            times::set_timing(conn, &added, timing)?;
            Ok(added)
        })
        .await
    }

    /// Sends a manuscript that is known to more accounts, at the end of the queue.
    pub async fn uploads_add(
        &self,
        manuscript: ManuscriptId,
        uploads: Vec<NewUpload>,
        now_ms: i64,
    ) -> Result<Vec<UploadId>> {
        self.write(move |conn| {
            let known = by_id(conn, manuscript)?.ok_or(StoreError::NotFound("manuscript"))?;
            let size_bytes = known.source.size_bytes();
            add_uploads(conn, manuscript, size_bytes, &uploads, now_ms)
        })
        .await
    }

    pub async fn manuscript(&self, id: ManuscriptId) -> Result<Option<Manuscript>> {
        self.read(move |conn| by_id(conn, id)).await
    }

    /// The covers that manuscripts have, and those that are history had; and the files of drafts, which may be covers.
    pub async fn covers(&self) -> Result<Vec<PathBuf>> {
        self.read(covers).await
    }

    /// In the order of the queue.
    pub async fn manuscript_uploads(&self, id: ManuscriptId) -> Result<Vec<UploadId>> {
        self.read(move |conn| uploads_of(conn, id)).await
    }

    pub async fn manuscript_set_fields(&self, id: ManuscriptId, fields: Fields) -> Result<()> {
        self.write(move |conn| set_fields(conn, id, &fields)).await
    }

    pub async fn manuscript_set_cover(
        &self,
        id: ManuscriptId,
        cover: Option<PathBuf>,
    ) -> Result<()> {
        self.write(move |conn| set_cover(conn, id, cover.as_deref()))
            .await
    }

    /// The file was moved, or another one is wanted. Uploads that have sent nothing take its size; others do when they begin again.
    pub async fn manuscript_set_file(&self, id: ManuscriptId, file: SourceFile) -> Result<()> {
        self.write(move |conn| set_file(conn, id, &file)).await
    }

    /// Removes a draft; a manuscript with uploads goes with its last one.
    pub async fn manuscript_remove(&self, id: ManuscriptId) -> Result<()> {
        self.write(move |conn| {
            conn.prepare_cached(
                "DELETE FROM manuscripts WHERE id = :id
                   AND NOT EXISTS (SELECT 1 FROM uploads WHERE manuscript_id = :id)",
            )?
            .execute(named_params! { ":id": id.0 })?;
            Ok(())
        })
        .await
    }
}

pub(crate) fn add(
    conn: &Connection,
    manuscripts: &[NewManuscript],
    now_ms: i64,
) -> Result<Vec<Added>> {
    manuscripts
        .iter()
        .map(|new| {
            let manuscript = insert(conn, new, now_ms)?;
            let size_bytes = new.source.size_bytes();
            let uploads = add_uploads(conn, manuscript, size_bytes, &new.uploads, now_ms)?;
            Ok(Added {
                manuscript,
                uploads,
            })
        })
        .collect()
}

fn add_uploads(
    conn: &Connection,
    manuscript: ManuscriptId,
    size_bytes: u64,
    new: &[NewUpload],
    now_ms: i64,
) -> Result<Vec<UploadId>> {
    let mut last = if new.is_empty() {
        0.0
    } else {
        position::last(conn)?
    };
    new.iter()
        .map(|upload| {
            last += position::STEP;
            uploads::insert(conn, manuscript, upload, size_bytes, last, now_ms)
        })
        .collect()
}

/// A source as columns. One that is online has its shown address in place of a path.
pub(crate) struct Columns<'a> {
    pub(crate) path: Vec<u8>,
    name: String,
    pub(crate) print: Fingerprint,
    pub(crate) online: Option<&'a [u8]>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(source: &'a Source) -> Self {
        match source {
            Source::File(file) => Self {
                path: path::to_bytes(&file.path),
                name: path::file_name(&file.path),
                print: file.fingerprint.clone(),
                online: None,
            },
            Source::Online(online) => Self {
                path: online.shown.clone().into_bytes(),
                name: source.name(),
                print: Fingerprint {
                    size_bytes: 0,
                    mtime_ns: 0,
                    file_id: String::new(),
                    sample: online.sample.clone(),
                },
                online: Some(&online.sealed),
            },
        }
    }
}

fn insert(conn: &Connection, new: &NewManuscript, now_ms: i64) -> Result<ManuscriptId> {
    let Columns {
        path: shown,
        name: file_name,
        print: fingerprint,
        online,
    } = Columns::of(&new.source);
    let title = shown_title(&new.fields, &file_name);
    conn.prepare_cached(
        "INSERT INTO manuscripts (file_path, file_name, title, sought, size_bytes, mtime_ns,
           file_id, sample, cover_path, created_at_ms, fields, online)
         VALUES (:file_path, :file_name, :title, :sought, :size_bytes, :mtime_ns,
           :file_id, :sample, :cover_path, :created_at_ms, :fields, :online)",
    )?
    .execute(named_params! {
        ":file_path": shown,
        ":file_name": file_name,
        ":title": title,
        ":sought": sought(title, &file_name),
        ":size_bytes": value::size(fingerprint.size_bytes),
        ":mtime_ns": fingerprint.mtime_ns,
        ":file_id": fingerprint.file_id,
        ":sample": fingerprint.sample,
        ":cover_path": new.cover.as_deref().map(path::to_bytes),
        ":created_at_ms": now_ms,
        ":fields": value::json(&new.fields)?,
        ":online": online,
    })?;
    Ok(ManuscriptId(conn.last_insert_rowid()))
}

fn by_id(conn: &Connection, id: ManuscriptId) -> Result<Option<Manuscript>> {
    conn.prepare_cached("SELECT * FROM manuscripts WHERE id = :id")?
        .query_and_then(named_params! { ":id": id.0 }, read)?
        .next()
        .transpose()
}

fn covers(conn: &Connection) -> Result<Vec<PathBuf>> {
    let mut statement = conn.prepare_cached(
        "SELECT cover_path AS path FROM manuscripts WHERE cover_path IS NOT NULL
         UNION SELECT file_path FROM draft_files
         UNION SELECT unhex(kept ->> 'cover_path') FROM history WHERE kept ->> 'cover_path' IS NOT NULL",
    )?;
    let covers = statement.query_and_then([], |row| {
        let cover: Vec<u8> = row.get("path")?;
        Ok(path::from_bytes(&cover))
    })?;
    covers.collect()
}

fn uploads_of(conn: &Connection, id: ManuscriptId) -> Result<Vec<UploadId>> {
    let mut statement = conn
        .prepare_cached("SELECT id FROM uploads WHERE manuscript_id = :id ORDER BY position, id")?;
    let ids = statement.query_and_then(named_params! { ":id": id.0 }, |row| {
        Ok(UploadId(row.get("id")?))
    })?;
    ids.collect()
}

fn set_fields(conn: &Connection, id: ManuscriptId, fields: &Fields) -> Result<()> {
    let known = by_id(conn, id)?.ok_or(StoreError::NotFound("manuscript"))?;
    let file_name = Columns::of(&known.source).name;
    let title = shown_title(fields, &file_name);
    conn.prepare_cached(
        "UPDATE manuscripts SET fields = :fields, title = :title, sought = :sought WHERE id = :id",
    )?
    .execute(named_params! {
        ":fields": value::json(fields)?,
        ":title": title,
        ":sought": sought(title, &file_name),
        ":id": id.0,
    })?;
    Ok(())
}

fn set_cover(conn: &Connection, id: ManuscriptId, cover: Option<&std::path::Path>) -> Result<()> {
    let changed = conn
        .prepare_cached("UPDATE manuscripts SET cover_path = :cover WHERE id = :id")?
        .execute(named_params! { ":cover": cover.map(path::to_bytes), ":id": id.0 })?;
    if changed == 0 {
        return Err(StoreError::NotFound("manuscript"));
    }
    Ok(())
}

fn set_file(conn: &Connection, id: ManuscriptId, file: &SourceFile) -> Result<()> {
    let known = by_id(conn, id)?.ok_or(StoreError::NotFound("manuscript"))?;
    let file_name = path::file_name(&file.path);
    let title = shown_title(&known.fields, &file_name);
    conn.prepare_cached(
        "UPDATE manuscripts SET file_path = :file_path, file_name = :file_name, title = :title,
           sought = :sought, size_bytes = :size_bytes, mtime_ns = :mtime_ns, file_id = :file_id,
           sample = :sample, online = NULL
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":file_path": path::to_bytes(&file.path),
        ":file_name": file_name,
        ":title": title,
        ":sought": sought(title, &file_name),
        ":size_bytes": value::size(file.fingerprint.size_bytes),
        ":mtime_ns": file.fingerprint.mtime_ns,
        ":file_id": file.fingerprint.file_id,
        ":sample": file.fingerprint.sample,
        ":id": id.0,
    })?;
    conn.prepare_cached(
        "UPDATE uploads SET total_bytes = :size_bytes
         WHERE manuscript_id = :id AND cuts IS NULL AND remote IS NULL
           AND phase IN ('queued', 'opening', 'failed', 'cancelled')",
    )?
    .execute(named_params! {
        ":size_bytes": value::size(file.fingerprint.size_bytes),
        ":id": id.0,
    })?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Manuscript> {
    let cover: Option<Vec<u8>> = row.get("cover_path")?;
    Ok(Manuscript {
        id: ManuscriptId(row.get("id")?),
        source: source(row)?,
        fields: value::from_json(row, "fields")?,
        cover: cover.as_deref().map(path::from_bytes),
        created_at_ms: row.get("created_at_ms")?,
    })
}

pub(crate) fn source(row: &Row<'_>) -> Result<Source> {
    let shown: Vec<u8> = row.get("file_path")?;
    let sample: String = row.get("sample")?;
    if let Some(sealed) = row.get("online")? {
        return Ok(Source::Online(OnlineFile {
            shown: String::from_utf8_lossy(&shown).into_owned(),
            sealed,
            sample,
        }));
    }
    Ok(Source::File(SourceFile {
        path: path::from_bytes(&shown),
        fingerprint: Fingerprint {
            size_bytes: value::count(row, "size_bytes")?,
            mtime_ns: row.get("mtime_ns")?,
            file_id: row.get("file_id")?,
            sample,
        },
    }))
}

fn shown_title<'a>(fields: &'a Fields, file_name: &'a str) -> &'a str {
    match fields.get("title") {
        Some(title) if !title.trim().is_empty() => title,
        _ => file_name,
    }
}

/// The line break keeps a search from matching across the two.
fn sought(title: &str, file_name: &str) -> String {
    value::folded(&format!("{title}\n{file_name}"))
}
