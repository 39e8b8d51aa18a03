//! Places in the queue.
//!
//! Invariant: a move writes one row; only where neighbours have come too close are some of them spread again.

use crate::{Result, Store, StoreError};
use rusqlite::{Connection, OptionalExtension, named_params};
use slipway_model::UploadId;

/// Between one upload and the next when they are added.
pub(crate) const STEP: f64 = 1.0;
/// Below this, neighbours are spread: far above what a double can tell apart at a billion.
const GAP_MIN: f64 = 1e-5;
/// Neighbours that are spread at first; four times as many when that is not enough.
const SPREAD: i64 = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    First,
    Last,
    Before(UploadId),
    After(UploadId),
}

impl Store {
    /// # Errors
    /// `NotFound` when either upload was removed.
    pub async fn upload_move(&self, id: UploadId, to: Move) -> Result<()> {
        self.write(move |conn| shift(conn, id, to)).await
    }

    /// Moves several together, in the order given.
    pub async fn uploads_move(&self, ids: Vec<UploadId>, to: Move) -> Result<()> {
        self.write(move |conn| {
            let mut to = to;
            let beside = match to {
                Move::Before(id) | Move::After(id) => Some(id),
                Move::First | Move::Last => None,
            };
            for &id in ids.iter().filter(|id| Some(**id) != beside) {
                shift(conn, id, to)?;
                to = Move::After(id);
            }
            Ok(())
        })
        .await
    }
}

/// The highest position; 0 when the queue is empty.
pub(crate) fn last(conn: &Connection) -> Result<f64> {
    let last: Option<f64> = conn
        .prepare_cached("SELECT max(position) AS position FROM uploads")?
        .query_row([], |row| row.get("position"))?;
    Ok(last.unwrap_or(0.0))
}

fn shift(conn: &Connection, id: UploadId, to: Move) -> Result<()> {
    let target = match to {
        Move::First => first(conn)? - STEP,
        Move::Last => last(conn)? + STEP,
        Move::Before(other) | Move::After(other) if other == id => return Ok(()),
        Move::Before(other) => beside(conn, other, Side::Below)?,
        Move::After(other) => beside(conn, other, Side::Above)?,
    };
    let changed = conn
        .prepare_cached("UPDATE uploads SET position = :position WHERE id = :id")?
        .execute(named_params! { ":position": target, ":id": id.0 })?;
    if changed == 0 {
        return Err(StoreError::NotFound("upload"));
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Side {
    Below,
    Above,
}

/// Half-way between an upload and its neighbour on one side, or a step beyond where there is none.
fn beside(conn: &Connection, id: UploadId, side: Side) -> Result<f64> {
    let here = of(conn, id)?;
    let Some(there) = neighbour(conn, here, side)? else {
        return Ok(match side {
            Side::Below => here - STEP,
            Side::Above => here + STEP,
        });
    };
    if (here - there).abs() >= GAP_MIN {
        return Ok(f64::midpoint(here, there));
    }
    spread(conn, here)?;
    let here = of(conn, id)?;
    let there = neighbour(conn, here, side)?.unwrap_or(here);
    Ok(f64::midpoint(here, there))
}

fn of(conn: &Connection, id: UploadId) -> Result<f64> {
    conn.prepare_cached("SELECT position FROM uploads WHERE id = :id")?
        .query_row(named_params! { ":id": id.0 }, |row| row.get("position"))
        .optional()?
        .ok_or(StoreError::NotFound("upload"))
}

fn first(conn: &Connection) -> Result<f64> {
    let first: Option<f64> = conn
        .prepare_cached("SELECT min(position) AS position FROM uploads")?
        .query_row([], |row| row.get("position"))?;
    Ok(first.unwrap_or(0.0))
}

fn neighbour(conn: &Connection, position: f64, side: Side) -> Result<Option<f64>> {
    let sql = match side {
        Side::Below => "SELECT max(position) AS position FROM uploads WHERE position < :position",
        Side::Above => "SELECT min(position) AS position FROM uploads WHERE position > :position",
    };
    Ok(conn
        .prepare_cached(sql)?
        .query_row(named_params! { ":position": position }, |row| {
            row.get("position")
        })?)
}

/// Sets the uploads around a position apart: evenly between those further out, or beyond the end of the queue where that is near.
fn spread(conn: &Connection, around: f64) -> Result<()> {
    let mut half = SPREAD / 2;
    loop {
        let before = window(conn, around, half, Side::Below)?;
        let after = window(conn, around, half, Side::Above)?;
        let at_start = (before.len() as i64) < half;
        let at_end = (after.len() as i64) < half;
        let rows: Vec<(i64, f64)> = before.into_iter().rev().chain(after).collect();
        let (Some(&(_, low)), Some(&(_, high))) = (rows.first(), rows.last()) else {
            return Ok(());
        };
        let steps = (rows.len() - 1) as f64;
        let (low, step) = match (at_start, at_end) {
            (_, true) => (low, STEP),
            (true, false) => (high - STEP * steps, STEP),
            (false, false) => (low, (high - low) / steps),
        };
        if step < GAP_MIN * 16.0 {
            half *= 4;
            continue;
        }
        let mut statement =
            conn.prepare_cached("UPDATE uploads SET position = :position WHERE id = :id")?;
        for (nth, (id, _)) in rows.iter().enumerate() {
            let position = low + step * nth as f64;
            statement.execute(named_params! { ":position": position, ":id": id })?;
        }
        return Ok(());
    }
}

/// Up to `most` uploads on one side of a position, the nearest first; the one at it counts as above.
fn window(conn: &Connection, around: f64, most: i64, side: Side) -> Result<Vec<(i64, f64)>> {
    let sql = match side {
        Side::Below => {
            "SELECT id, position FROM uploads WHERE position < :around
             ORDER BY position DESC, id DESC LIMIT :most"
        }
        Side::Above => {
            "SELECT id, position FROM uploads WHERE position >= :around
             ORDER BY position, id LIMIT :most"
        }
    };
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(named_params! { ":around": around, ":most": most }, |row| {
        Ok((row.get("id")?, row.get("position")?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
