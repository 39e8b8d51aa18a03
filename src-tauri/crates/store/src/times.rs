//! When uploads may start, which are submitted together, and which are ready to be.
//!
//! Invariant: one that was let go stays so until it is taken back to the beginning.

use crate::{Added, Note, Result, Store, timeline, value};
use rusqlite::{Connection, named_params};
use slipway_model::{UploadId, together::Member};

/// What holds for all uploads that are added at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// Not to be begun before.
    pub start_at_ms: Option<i64>,
    /// They are submitted together.
    pub together: bool,
}

impl Store {
    /// `None`: at once. Only what has bytes to send waits for a time; answers which changed.
    pub async fn uploads_start_at(
        &self,
        ids: Vec<UploadId>,
        start_at_ms: Option<i64>,
        now_ms: i64,
    ) -> Result<Vec<UploadId>> {
        let note = match start_at_ms {
            Some(at_ms) => Note::new("start_at").with("at_ms", at_ms),
            None => Note::new("start_now"),
        };
        let change = "UPDATE uploads SET start_at_ms = :at
             WHERE id IN (SELECT value FROM json_each(:ids)) AND start_at_ms IS NOT :at
               AND phase IN ('queued', 'opening', 'sending') RETURNING id";
        self.write(move |conn| changed(conn, change, &ids, start_at_ms, &note, now_ms))
            .await
    }

    /// The next time at which one may start; `None` when none waits for a time. One on hold does not.
    pub async fn next_start_ms(&self, after_ms: i64) -> Result<Option<i64>> {
        self.read(move |conn| {
            let next = conn
                .prepare_cached(
                    "SELECT min(start_at_ms) AS at_ms FROM uploads
                     WHERE start_at_ms > :after AND phase IN ('queued', 'opening', 'sending')
                       AND intent = 'run'",
                )?
                .query_row(named_params! { ":after": after_ms }, |row| row.get("at_ms"))?;
            Ok(next)
        })
        .await
    }

    /// All before its public act is done.
    pub async fn upload_ready(&self, id: UploadId, now_ms: i64) -> Result<()> {
        let note = Note::new("ready");
        let change = "UPDATE uploads SET ready_at_ms = :at
             WHERE id IN (SELECT value FROM json_each(:ids)) AND ready_at_ms IS NULL RETURNING id";
        self.write(move |conn| changed(conn, change, &[id], Some(now_ms), &note, now_ms))
            .await
            .map(drop)
    }

    /// Those that are ready and not submitted.
    pub async fn uploads_ready(&self) -> Result<Vec<UploadId>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id FROM uploads WHERE ready_at_ms IS NOT NULL
                   AND phase NOT IN ('processing', 'published', 'failed', 'cancelled')
                 ORDER BY ready_at_ms, id",
            )?;
            let ids = statement.query_map([], |row| Ok(UploadId(row.get("id")?)))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// These, and all that are submitted together with them, may be submitted now.
    pub async fn uploads_let_go(&self, ids: Vec<UploadId>, now_ms: i64) -> Result<Vec<UploadId>> {
        let change = "UPDATE uploads SET let_go_at_ms = :at
             WHERE (id IN (SELECT value FROM json_each(:ids))
                 OR together_id IN (SELECT together_id FROM uploads
                                    WHERE id IN (SELECT value FROM json_each(:ids))))
               AND let_go_at_ms IS NULL AND phase NOT IN ('processing', 'published')
             RETURNING id";
        let note = Note::new("let_go");
        self.write(move |conn| changed(conn, change, &ids, Some(now_ms), &note, now_ms))
            .await
    }

    /// Takes these out of their groups: they go by themselves, and nobody waits for them.
    pub async fn uploads_leave(&self, ids: Vec<UploadId>, now_ms: i64) -> Result<Vec<UploadId>> {
        let change = "UPDATE uploads SET together_id = :at
             WHERE id IN (SELECT value FROM json_each(:ids)) AND together_id IS NOT NULL
               AND phase NOT IN ('processing', 'published') RETURNING id";
        let note = Note::new("left_group");
        self.write(move |conn| changed(conn, change, &ids, None, &note, now_ms))
            .await
    }

    /// All of a group.
    pub async fn together(&self, group: UploadId) -> Result<Vec<Member>> {
        self.read(move |conn| members(conn, group)).await
    }
}

pub(crate) fn set_timing(conn: &Connection, added: &[Added], timing: Timing) -> Result<()> {
    let ids = || added.iter().flat_map(|added| added.uploads.iter().copied());
    let (Some(first), true) = (ids().next(), timing != Timing::default()) else {
        return Ok(());
    };
    let group = (timing.together && ids().count() > 1).then_some(first.0);
    conn.prepare_cached(
        "UPDATE uploads SET start_at_ms = :start, together_id = :group
         WHERE id IN (SELECT value FROM json_each(:ids))",
    )?
    .execute(named_params! {
        ":start": timing.start_at_ms,
        ":group": group,
        ":ids": value::id_list(ids().map(|id| id.0)),
    })?;
    Ok(())
}

/// Runs a change that answers which it changed, and tells their timelines.
fn changed(
    conn: &Connection,
    sql: &str,
    ids: &[UploadId],
    at_ms: Option<i64>,
    note: &Note,
    now_ms: i64,
) -> Result<Vec<UploadId>> {
    let mut statement = conn.prepare_cached(sql)?;
    let changed = statement.query_map(
        named_params! { ":at": at_ms, ":ids": value::id_list(ids.iter().map(|id| id.0)) },
        |row| Ok(UploadId(row.get("id")?)),
    )?;
    let mut changed = changed.collect::<rusqlite::Result<Vec<_>>>()?;
    changed.sort_unstable();
    timeline::add_to_all(conn, &changed, note, now_ms)?;
    Ok(changed)
}

fn members(conn: &Connection, group: UploadId) -> Result<Vec<Member>> {
    let mut statement = conn.prepare_cached(
        "SELECT u.id, u.phase, u.intent, u.ready_at_ms IS NOT NULL AS ready, m.title, a.label
         FROM uploads AS u JOIN manuscripts AS m ON m.id = u.manuscript_id
         JOIN accounts AS a ON a.id = u.account_id
         WHERE u.together_id = :group ORDER BY u.position, u.id",
    )?;
    let members = statement.query_and_then(named_params! { ":group": group.0 }, |row| {
        Ok(Member {
            id: UploadId(row.get("id")?),
            phase: value::phase(row)?,
            intent: value::intent(row)?,
            ready: row.get("ready")?,
            title: row.get("title")?,
            account: row.get("label")?,
        })
    })?;
    members.collect()
}
