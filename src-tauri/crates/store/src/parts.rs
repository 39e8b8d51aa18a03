//! Parts that the platform acknowledged.
//!
//! Invariant: a part counts once, and only for the attempt and the cuts it was sent under.

use crate::{Result, Store, value};
use rusqlite::{Connection, OptionalExtension, named_params};
use slipway_model::{Receipt, UploadId};

#[derive(Debug, Clone)]
pub struct LandedPart {
    pub upload: UploadId,
    /// Of an attempt that is past, it is ignored.
    pub attempt: u32,
    pub number: u32,
    pub bytes: u64,
    pub receipt: Receipt,
}

impl Store {
    /// Keeps a batch of acknowledgements, all or none.
    pub async fn parts_landed(&self, parts: Vec<LandedPart>) -> Result<()> {
        self.write(move |conn| parts.iter().try_for_each(|part| land(conn, part)))
            .await
    }

    /// The platform does not hold these after all.
    pub async fn parts_forget(&self, upload: UploadId, numbers: Vec<u32>) -> Result<()> {
        self.write(move |conn| {
            numbers
                .iter()
                .try_for_each(|&number| forget(conn, upload, number))
        })
        .await
    }
}

pub(crate) fn landed(conn: &Connection, upload: UploadId) -> Result<Vec<(u32, Receipt)>> {
    let mut statement = conn.prepare_cached(
        "SELECT number, receipt FROM parts WHERE upload_id = :upload ORDER BY number",
    )?;
    let parts = statement.query_and_then(named_params! { ":upload": upload.0 }, |row| {
        Ok((row.get("number")?, value::from_json(row, "receipt")?))
    })?;
    parts.collect()
}

fn land(conn: &Connection, part: &LandedPart) -> Result<()> {
    let new = conn
        .prepare_cached(
            "INSERT INTO parts (upload_id, number, bytes, receipt)
             SELECT id, :number, :bytes, :receipt FROM uploads
             WHERE id = :upload AND attempt = :attempt AND cuts IS NOT NULL
             ON CONFLICT DO NOTHING",
        )?
        .execute(named_params! {
            ":upload": part.upload.0,
            ":attempt": part.attempt,
            ":number": part.number,
            ":bytes": value::size(part.bytes),
            ":receipt": value::json(&part.receipt)?,
        })?;
    if new > 0 {
        conn.prepare_cached(
            "UPDATE uploads SET held_bytes = min(total_bytes, held_bytes + :bytes) WHERE id = :upload",
        )?
        .execute(named_params! { ":bytes": value::size(part.bytes), ":upload": part.upload.0 })?;
    }
    Ok(())
}

fn forget(conn: &Connection, upload: UploadId, number: u32) -> Result<()> {
    let bytes: Option<i64> = conn
        .prepare_cached(
            "DELETE FROM parts WHERE upload_id = :upload AND number = :number RETURNING bytes",
        )?
        .query_row(
            named_params! { ":upload": upload.0, ":number": number },
            |row| row.get("bytes"),
        )
        .optional()?;
    if let Some(bytes) = bytes {
        conn.prepare_cached(
            "UPDATE uploads SET held_bytes = max(0, held_bytes - :bytes) WHERE id = :upload",
        )?
        .execute(named_params! { ":bytes": bytes, ":upload": upload.0 })?;
    }
    Ok(())
}
