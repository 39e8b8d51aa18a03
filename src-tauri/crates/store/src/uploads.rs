//! Uploads: one row each, replaced as a whole when the engine has decided.
//!
//! Invariants: parts stand only beside the cuts they belong to; `held_bytes` is their sum, or the whole once the platform has taken the work.

use crate::{NewUpload, Note, Result, Store, StoreError, history, parts, timeline, today, value};
use rusqlite::{Connection, Row, named_params};
use slipway_model::{
    AccountId, Cause, Cuts, Intent, ManuscriptId, PhaseName, Proof, Receipt, Remote, UploadId,
};

/// A ticket as it is kept. May be a bearer secret, so it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketBytes {
    pub bytes: Vec<u8>,
    /// Sealed by the engine.
    pub sealed: bool,
}

impl std::fmt::Debug for TicketBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "TicketBytes({} bytes, sealed: {})",
            self.bytes.len(),
            self.sealed
        )
    }
}

/// All that is kept of an upload.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredUpload {
    pub id: UploadId,
    pub manuscript: ManuscriptId,
    pub account: AccountId,
    pub position: f64,
    pub phase: PhaseName,
    pub intent: Intent,
    pub attempt: u32,
    pub tries: u32,
    pub priority: i64,
    pub key: String,
    pub total_bytes: u64,
    pub held_bytes: u64,
    pub sent_bytes: u64,
    pub resent_bytes: u64,
    pub ticket: Option<TicketBytes>,
    pub cuts: Option<Cuts>,
    /// Acknowledged parts by number, ascending.
    pub landed: Vec<(u32, Receipt)>,
    pub remote: Option<Remote>,
    pub cause: Option<Cause>,
    pub created_at_ms: i64,
    pub started_at_ms: Option<i64>,
    pub finished_at_ms: Option<i64>,
    /// When the last byte was acknowledged.
    pub landed_at_ms: Option<i64>,
    /// What was sent, once all parts have landed.
    pub proof: Option<Proof>,
    /// Not to be begun before.
    pub start_at_ms: Option<i64>,
    /// The group it is submitted together with.
    pub together: Option<UploadId>,
    /// All before the public act is done.
    pub ready: bool,
    /// It may be submitted whatever its group and its time say.
    pub let_go: bool,
    /// Its own speed cap.
    pub limit_bytes_per_second: Option<u64>,
}

/// The state an upload comes to. What is `None` is forgotten.
#[derive(Debug, Clone)]
pub struct SaveUpload {
    pub id: UploadId,
    pub intent: Intent,
    pub attempt: u32,
    pub tries: u32,
    pub phase: PhaseName,
    pub ticket: Option<TicketBytes>,
    /// Other cuts than before forget the parts that had landed.
    pub cuts: Option<Cuts>,
    pub remote: Option<Remote>,
    pub cause: Option<Cause>,
}

impl Store {
    pub async fn upload(&self, id: UploadId) -> Result<Option<StoredUpload>> {
        self.read(move |conn| by_id(conn, id)).await
    }

    /// Replaces the state and adds to the timeline, both or neither.
    ///
    /// # Errors
    /// `NotFound` when it was removed.
    pub async fn upload_save(
        &self,
        state: SaveUpload,
        notes: Vec<Note>,
        now_ms: i64,
    ) -> Result<()> {
        self.write(move |conn| {
            save(conn, &state, now_ms)?;
            notes
                .iter()
                .try_for_each(|note| timeline::add(conn, state.id, note, now_ms))
        })
        .await
    }

    /// Keeps what was sent. A hash that is known is not forgotten for one that could not be taken again.
    pub async fn upload_proven(&self, id: UploadId, proof: Proof) -> Result<()> {
        self.write(move |conn| {
            conn.prepare_cached(
                "UPDATE uploads SET proof = :proof
                 WHERE id = :id AND (:hashed OR proof ->> 'blake3' IS NULL)",
            )?
            .execute(named_params! {
                ":proof": value::json(&proof)?, ":hashed": proof.blake3.is_some(), ":id": id.0,
            })?;
            Ok(())
        })
        .await
    }

    /// Adds to what was sent in all and by its account today, and to what of it was sent more than once.
    pub async fn upload_counted(
        &self,
        id: UploadId,
        sent_bytes: u64,
        resent_bytes: u64,
        now_ms: i64,
    ) -> Result<()> {
        self.write(move |conn| {
            counted(conn, id, sent_bytes, resent_bytes)?;
            today::add(conn, id, sent_bytes, now_ms)
        })
        .await
    }

    /// Holds or releases. Where holding stops the upload, its attempt grows, as `Upload::intend` has it. Answers which changed, by id.
    pub async fn uploads_set_intent(
        &self,
        ids: Vec<UploadId>,
        intent: Intent,
        now_ms: i64,
    ) -> Result<Vec<UploadId>> {
        let note = Note::new(match intent {
            Intent::Run => "released",
            Intent::Hold => "held",
        });
        self.write(move |conn| set_intent(conn, &ids, intent, &note, now_ms))
            .await
    }

    /// Higher runs first.
    pub async fn uploads_set_priority(&self, ids: Vec<UploadId>, priority: i64) -> Result<()> {
        self.write(move |conn| set_priority(conn, &ids, priority))
            .await
    }

    /// Its own speed cap; `None` takes it away.
    ///
    /// # Errors
    /// `NotFound` when it was removed.
    pub async fn upload_set_limit(&self, id: UploadId, limit: Option<u64>) -> Result<()> {
        self.write(move |conn| set_limit(conn, id, limit)).await
    }

    /// Removes uploads in any phase with their parts and timeline, and manuscripts with their last upload. The ledger stays, and what was begun
    /// stays in history. Answers how many went.
    pub async fn uploads_remove(&self, ids: Vec<UploadId>, now_ms: i64) -> Result<u64> {
        self.write(move |conn| remove(conn, &ids, now_ms)).await
    }

    /// How many have not ended.
    pub async fn uploads_unfinished_count(&self) -> Result<u64> {
        self.read(unfinished_count).await
    }

    /// How many have something left to send or to submit.
    pub async fn uploads_unsent_count(&self) -> Result<u64> {
        self.read(|conn| {
            let count = conn
                .prepare_cached(
                    "SELECT coalesce(sum(uploads), 0) AS unsent FROM tally
                     WHERE phase IN ('queued', 'opening', 'sending', 'committing')",
                )?
                .query_and_then([], |row| value::count(row, "unsent"))?
                .next();
            count.unwrap_or(Ok(0))
        })
        .await
    }

    /// Whether any upload of these accounts has not ended.
    pub async fn any_unfinished_of(&self, accounts: &[AccountId]) -> Result<bool> {
        let accounts = value::id_list(accounts.iter().map(|id| id.0));
        self.read(move |conn| any_unfinished_of(conn, &accounts))
            .await
    }
}

pub(crate) fn insert(
    conn: &Connection,
    manuscript: ManuscriptId,
    new: &NewUpload,
    size_bytes: u64,
    position: f64,
    now_ms: i64,
) -> Result<UploadId> {
    conn.prepare_cached(
        "INSERT INTO uploads (manuscript_id, account_id, position, phase, intent, priority, key,
           total_bytes, created_at_ms)
         VALUES (:manuscript, :account, :position, 'queued', :intent, :priority, :key,
           :total_bytes, :created_at_ms)",
    )?
    .execute(named_params! {
        ":manuscript": manuscript.0,
        ":account": new.account.0,
        ":position": position,
        ":intent": value::intent_word(new.intent),
        ":priority": new.priority,
        ":key": new.key,
        ":total_bytes": value::size(size_bytes),
        ":created_at_ms": now_ms,
    })?;
    Ok(UploadId(conn.last_insert_rowid()))
}

fn by_id(conn: &Connection, id: UploadId) -> Result<Option<StoredUpload>> {
    let found = conn
        .prepare_cached("SELECT * FROM uploads WHERE id = :id")?
        .query_and_then(named_params! { ":id": id.0 }, read)?
        .next()
        .transpose()?;
    let Some(mut upload) = found else {
        return Ok(None);
    };
    upload.landed = parts::landed(conn, id)?;
    Ok(Some(upload))
}

fn read(row: &Row<'_>) -> Result<StoredUpload> {
    let ticket: Option<Vec<u8>> = row.get("ticket")?;
    let sealed = row.get("ticket_sealed")?;
    Ok(StoredUpload {
        id: UploadId(row.get("id")?),
        manuscript: ManuscriptId(row.get("manuscript_id")?),
        account: AccountId(row.get("account_id")?),
        position: row.get("position")?,
        phase: value::phase(row)?,
        intent: value::intent(row)?,
        attempt: row.get("attempt")?,
        tries: row.get("tries")?,
        priority: row.get("priority")?,
        key: row.get("key")?,
        total_bytes: value::count(row, "total_bytes")?,
        held_bytes: value::count(row, "held_bytes")?,
        sent_bytes: value::count(row, "sent_bytes")?,
        resent_bytes: value::count(row, "resent_bytes")?,
        ticket: ticket.map(|bytes| TicketBytes { bytes, sealed }),
        cuts: value::from_json_option(row, "cuts")?,
        landed: Vec::new(),
        remote: value::from_json_option(row, "remote")?,
        cause: value::from_json_option(row, "cause")?,
        created_at_ms: row.get("created_at_ms")?,
        started_at_ms: row.get("started_at_ms")?,
        finished_at_ms: row.get("finished_at_ms")?,
        landed_at_ms: row.get("landed_at_ms")?,
        proof: value::from_json_option(row, "proof")?,
        start_at_ms: row.get("start_at_ms")?,
        together: row.get::<_, Option<i64>>("together_id")?.map(UploadId),
        ready: row.get::<_, Option<i64>>("ready_at_ms")?.is_some(),
        let_go: row.get::<_, Option<i64>>("let_go_at_ms")?.is_some(),
        limit_bytes_per_second: limit(row)?,
    })
}

/// Bytes per second in the column of that name.
pub(crate) fn limit(row: &Row<'_>) -> Result<Option<u64>> {
    let limit: Option<i64> = row.get("limit_bytes_per_second")?;
    Ok(limit.map(i64::unsigned_abs))
}

fn set_limit(conn: &Connection, id: UploadId, limit: Option<u64>) -> Result<()> {
    let limit = limit.map(value::size);
    let changed = conn
        .prepare_cached("UPDATE uploads SET limit_bytes_per_second = :limit WHERE id = :id")?
        .execute(named_params! { ":limit": limit, ":id": id.0 })?;
    if changed == 0 {
        return Err(StoreError::NotFound("upload"));
    }
    Ok(())
}

fn save(conn: &Connection, state: &SaveUpload, now_ms: i64) -> Result<()> {
    let cuts = value::json_option(state.cuts.as_ref())?;
    // Parts of other cuts are other bytes.
    conn.prepare_cached(
        "DELETE FROM parts WHERE upload_id = :id
           AND (SELECT cuts FROM uploads WHERE id = :id) IS NOT :cuts",
    )?
    .execute(named_params! { ":id": state.id.0, ":cuts": cuts })?;
    let ticket = state.ticket.as_ref();
    let changed = conn
        .prepare_cached(
            "UPDATE uploads SET intent = :intent, attempt = :attempt, tries = :tries, phase = :phase,
               cuts = :cuts, remote = :remote, cause = :cause,
               ticket = :ticket, ticket_sealed = :ticket_sealed,
               total_bytes = CASE WHEN :taken THEN total_bytes
                 ELSE coalesce(:cut_bytes, (SELECT size_bytes FROM manuscripts WHERE id = manuscript_id)) END,
               held_bytes = CASE WHEN :taken THEN total_bytes
                 WHEN :cuts IS NULL THEN 0
                 WHEN cuts IS :cuts THEN min(held_bytes, :cut_bytes)
                 ELSE 0 END,
               landed_at_ms = CASE WHEN :phase IN ('queued', 'opening', 'sending') THEN NULL
                 WHEN :phase = 'committing' THEN coalesce(landed_at_ms, :now)
                 ELSE landed_at_ms END,
               proof = CASE WHEN :phase IN ('queued', 'opening', 'sending') THEN NULL ELSE proof END,
               started_at_ms = CASE WHEN :phase IN ('queued', 'cancelled') THEN started_at_ms
                 ELSE coalesce(started_at_ms, :now) END,
               ready_at_ms = CASE WHEN :begins_anew THEN NULL ELSE ready_at_ms END,
               let_go_at_ms = CASE WHEN :phase = 'cancelled' THEN NULL ELSE let_go_at_ms END,
               finished_at_ms = CASE WHEN NOT :final THEN NULL
                 WHEN phase = :phase THEN coalesce(finished_at_ms, :now)
                 ELSE :now END
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":intent": value::intent_word(state.intent),
            ":attempt": state.attempt,
            ":tries": state.tries,
            ":phase": state.phase.as_str(),
            ":cuts": cuts,
            ":cut_bytes": state.cuts.as_ref().map(|cuts| value::size(cuts.total_bytes())),
            ":remote": value::json_option(state.remote.as_ref())?,
            ":cause": value::json_option(state.cause.as_ref())?,
            ":ticket": ticket.map(|t| &t.bytes),
            ":ticket_sealed": ticket.is_some_and(|t| t.sealed),
            ":taken": state.remote.is_some()
                || matches!(state.phase, PhaseName::Processing | PhaseName::Published),
            ":begins_anew": matches!(state.phase, PhaseName::Queued | PhaseName::Failed | PhaseName::Cancelled),
            ":final": state.phase.is_final(),
            ":now": now_ms,
            ":id": state.id.0,
        })?;
    if changed == 0 {
        return Err(StoreError::NotFound("upload"));
    }
    Ok(())
}

fn counted(conn: &Connection, id: UploadId, sent_bytes: u64, resent_bytes: u64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE uploads SET sent_bytes = sent_bytes + :sent, resent_bytes = resent_bytes + :resent
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":sent": value::size(sent_bytes),
        ":resent": value::size(resent_bytes),
        ":id": id.0,
    })?;
    Ok(())
}

// Many at once are one statement: in a savepoint, a statement costs the more, the more was changed before it.

fn set_intent(
    conn: &Connection,
    ids: &[UploadId],
    intent: Intent,
    note: &Note,
    now_ms: i64,
) -> Result<Vec<UploadId>> {
    let mut statement = conn.prepare_cached(
        "UPDATE uploads SET intent = :intent, attempt = attempt +
           (:intent = 'hold' AND phase IN ('queued', 'opening', 'sending'))
         WHERE id IN (SELECT value FROM json_each(:ids)) AND intent <> :intent
         RETURNING id",
    )?;
    let changed = statement.query_map(
        named_params! {
            ":intent": value::intent_word(intent),
            ":ids": value::id_list(ids.iter().map(|id| id.0)),
        },
        |row| Ok(UploadId(row.get("id")?)),
    )?;
    let mut changed = changed.collect::<rusqlite::Result<Vec<_>>>()?;
    changed.sort_unstable();
    timeline::add_to_all(conn, &changed, note, now_ms)?;
    Ok(changed)
}

fn set_priority(conn: &Connection, ids: &[UploadId], priority: i64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE uploads SET priority = :priority
         WHERE id IN (SELECT value FROM json_each(:ids)) AND priority <> :priority",
    )?
    .execute(named_params! {
        ":priority": priority,
        ":ids": value::id_list(ids.iter().map(|id| id.0)),
    })?;
    Ok(())
}

fn remove(conn: &Connection, ids: &[UploadId], now_ms: i64) -> Result<u64> {
    let ids = value::id_list(ids.iter().map(|id| id.0));
    history::keep(conn, &ids, now_ms)?;
    let mut statement = conn.prepare_cached(
        "DELETE FROM uploads WHERE id IN (SELECT value FROM json_each(:ids))
         RETURNING manuscript_id",
    )?;
    let manuscripts = statement.query_map(named_params! { ":ids": ids }, |row| {
        row.get("manuscript_id")
    })?;
    let manuscripts = manuscripts.collect::<rusqlite::Result<Vec<i64>>>()?;
    let removed = manuscripts.len() as u64;
    conn.prepare_cached(
        "DELETE FROM manuscripts WHERE id IN (SELECT value FROM json_each(:ids))
           AND NOT EXISTS (SELECT 1 FROM uploads WHERE manuscript_id = manuscripts.id)",
    )?
    .execute(named_params! { ":ids": value::id_list(manuscripts) })?;
    Ok(removed)
}

fn any_unfinished_of(conn: &Connection, accounts: &str) -> Result<bool> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM tally WHERE uploads > 0 AND phase NOT IN ('published', 'failed', 'cancelled')
               AND account_id IN (SELECT value FROM json_each(:accounts))",
        )?
        .exists(named_params! { ":accounts": accounts })?)
}

fn unfinished_count(conn: &Connection) -> Result<u64> {
    conn.prepare_cached(
        "SELECT coalesce(sum(uploads), 0) AS unfinished FROM tally
         WHERE phase NOT IN ('published', 'failed', 'cancelled')",
    )?
    .query_and_then([], |row| value::count(row, "unfinished"))?
    .next()
    .unwrap_or(Ok(0))
}
