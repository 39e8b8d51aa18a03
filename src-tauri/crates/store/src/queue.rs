//! The list: a window into the queue, what it counts, and where an upload stands in it.
//!
//! Without a search, a page is a jump in an index and a count is in the tally. With a search, or with what needs a person,
//! the whole list is walked once in an index that carries all that is asked about.
//! Invariant: page, index and ids of one query agree on one order.

use crate::{Result, Store, uploads, value};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params, types::Value};
use slipway_model::{AccountId, Cause, Intent, ManuscriptId, PhaseName, Remote, UploadId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueueFilter {
    #[default]
    All,
    /// Those named in `NeedsYou`.
    NeedsYou,
    /// Opening, sending or committing.
    Running,
    /// Queued or held.
    Waiting,
    /// The platform works on them.
    WithPlatforms,
    /// Published.
    Done,
    Failed,
    Phase(PhaseName),
}

/// What waits for a person: the engine knows, the store does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NeedsYou {
    pub ids: Vec<UploadId>,
    /// All uploads of these that have not ended.
    pub accounts: Vec<AccountId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueQuery {
    pub filter: QueueFilter,
    /// Each word must be in the title, the file's name or the account's label.
    pub search: Option<String>,
    pub account: Option<AccountId>,
    pub offset: u64,
    pub limit: u64,
    pub needs_you: NeedsYou,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueuePage {
    /// Rows of the whole list.
    pub total: u64,
    pub rows: Vec<QueueRow>,
}

/// All that the list shows of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    pub id: UploadId,
    pub manuscript: ManuscriptId,
    /// The title field, or the file's name.
    pub title: String,
    pub file_name: String,
    pub account: AccountId,
    pub platform: String,
    pub account_label: String,
    pub phase: PhaseName,
    pub intent: Intent,
    pub attempt: u32,
    pub tries: u32,
    pub priority: i64,
    pub total_bytes: u64,
    pub held_bytes: u64,
    pub sent_bytes: u64,
    pub resent_bytes: u64,
    pub remote: Option<Remote>,
    pub cause: Option<Cause>,
    pub created_at_ms: i64,
    pub started_at_ms: Option<i64>,
    /// When the last byte was acknowledged.
    pub landed_at_ms: Option<i64>,
    pub finished_at_ms: Option<i64>,
    /// Not to be begun before.
    pub start_at_ms: Option<i64>,
    /// Its own speed cap.
    pub limit_bytes_per_second: Option<u64>,
    /// Of the same manuscript as the row before it in the list.
    pub sibling_of_previous: bool,
}

/// Uploads per filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub all: u64,
    pub needs_you: u64,
    pub running: u64,
    pub waiting: u64,
    pub with_platforms: u64,
    pub done: u64,
    pub failed: u64,
    pub cancelled: u64,
}

impl Store {
    pub async fn queue_page(&self, query: QueueQuery) -> Result<QueuePage> {
        self.read(move |conn| page(conn, &query)).await
    }

    /// Uploads by id, in the order given; those that are gone are left out, and none is a sibling.
    pub async fn queue_rows(&self, ids: Vec<UploadId>) -> Result<Vec<QueueRow>> {
        self.read(move |conn| rows(conn, ids.iter().map(|id| id.0)))
            .await
    }

    /// All ids of a list in its order; offset and limit do not matter.
    pub async fn uploads_ids(&self, query: QueueQuery) -> Result<Vec<UploadId>> {
        self.read(move |conn| {
            let ids = ids(conn, &Walk::of(conn, &query)?)?;
            Ok(ids.into_iter().map(UploadId).collect())
        })
        .await
    }

    /// The place of an upload in a list, from 0; `None` when it is not in it.
    pub async fn queue_index(&self, id: UploadId, query: QueueQuery) -> Result<Option<u64>> {
        self.read(move |conn| index(conn, id, &query)).await
    }

    pub async fn queue_counts(&self, needs_you: NeedsYou) -> Result<Counts> {
        self.read(move |conn| counts(conn, &needs_you)).await
    }
}

/// Conditions and their values, joined by AND.
#[derive(Default)]
pub(crate) struct Clauses {
    pub(crate) sql: Vec<String>,
    pub(crate) values: Vec<(String, Value)>,
}

impl Clauses {
    pub(crate) fn add(&mut self, sql: impl Into<String>) {
        self.sql.push(sql.into());
    }

    pub(crate) fn bind(&mut self, name: &str, value: impl Into<Value>) {
        self.values.push((name.to_owned(), value.into()));
    }

    pub(crate) fn all(&self) -> String {
        if self.sql.is_empty() {
            return String::new();
        }
        format!("WHERE {}", self.sql.join(" AND "))
    }

    pub(crate) fn params<'a>(
        &'a self,
        more: &[(&'a str, &'a dyn ToSql)],
    ) -> Vec<(&'a str, &'a dyn ToSql)> {
        let own = self
            .values
            .iter()
            .map(|(name, value)| (name.as_str(), value as &dyn ToSql));
        own.chain(more.iter().copied()).collect()
    }

    /// Each word is looked for in accounts, and where `text` says with `{word}` in place of it.
    pub(crate) fn search(&mut self, conn: &Connection, search: &str, text: &str) -> Result<()> {
        for (nth, word) in value::folded(search).split_whitespace().enumerate() {
            let text = text.replace("{word}", &format!(":word{nth}"));
            self.add(format!(
                "({text} OR account_id IN (SELECT value FROM json_each(:labelled{nth})))"
            ));
            self.bind(&format!(":labelled{nth}"), labelled(conn, word)?);
            self.bind(&format!(":word{nth}"), word.to_owned());
        }
        Ok(())
    }
}

/// Accounts whose label holds a word, as a JSON list. There are few, and SQLite's own `lower` knows only ASCII.
fn labelled(conn: &Connection, word: &str) -> Result<String> {
    let mut statement = conn.prepare_cached("SELECT id, label FROM accounts")?;
    let accounts = statement.query_map([], |row| {
        Ok((row.get::<_, i64>("id")?, row.get::<_, String>("label")?))
    })?;
    let accounts = accounts.collect::<rusqlite::Result<Vec<_>>>()?;
    let found = accounts
        .into_iter()
        .filter(|(_, label)| value::folded(label).contains(word));
    Ok(value::id_list(found.map(|(id, _)| id)))
}

/// A list that one index holds in order.
pub(crate) struct Jump(Clauses);

impl Jump {
    /// `None` when the query needs a walk.
    pub(crate) fn of(query: &QueueQuery) -> Option<Self> {
        let mut clauses = Clauses::default();
        let shelf = match query.filter {
            QueueFilter::All | QueueFilter::Phase(_) => None,
            QueueFilter::NeedsYou => return None,
            QueueFilter::Running => Some("running"),
            QueueFilter::Waiting => Some("waiting"),
            QueueFilter::WithPlatforms => Some("platform"),
            QueueFilter::Done => Some("done"),
            QueueFilter::Failed => Some("failed"),
        };
        if is_search(query).is_some() {
            return None;
        }
        if let Some(shelf) = shelf {
            clauses.add("shelf = :shelf");
            clauses.bind(":shelf", shelf.to_owned());
        }
        if let QueueFilter::Phase(phase) = query.filter {
            clauses.add("phase = :phase");
            clauses.bind(":phase", phase.as_str().to_owned());
        }
        if let Some(account) = query.account {
            clauses.add("account_id = :account");
            clauses.bind(":account", account.0);
        }
        Some(Self(clauses))
    }

    /// From the tally, which has these columns, too.
    fn total(&self, conn: &Connection) -> Result<u64> {
        let sql = format!(
            "SELECT coalesce(sum(uploads), 0) AS total FROM tally {}",
            self.0.all()
        );
        let mut statement = conn.prepare_cached(&sql)?;
        let total = statement.query_row(&*self.0.params(&[]), |row| row.get::<_, i64>("total"))?;
        Ok(total as u64)
    }

    pub(crate) fn sql(&self, backwards: bool) -> String {
        let way = if backwards { "DESC" } else { "ASC" };
        format!(
            "SELECT id FROM uploads {} ORDER BY position {way}, id {way} LIMIT :limit OFFSET :offset",
            self.0.all()
        )
    }

    /// From whichever end is nearer, since an offset is counted through.
    fn ids(&self, conn: &Connection, total: u64, offset: u64, limit: u64) -> Result<Vec<i64>> {
        let limit = limit.min(total.saturating_sub(offset));
        let after = total.saturating_sub(offset + limit);
        let backwards = after < offset;
        let skip = value::size(if backwards { after } else { offset });
        let limit = value::size(limit);
        let mut statement = conn.prepare_cached(&self.sql(backwards))?;
        let params = self.0.params(&[(":limit", &limit), (":offset", &skip)]);
        let mut ids = statement
            .query_map(&*params, |row| row.get("id"))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        if backwards {
            ids.reverse();
        }
        Ok(ids)
    }

    fn index(&self, conn: &Connection, id: UploadId) -> Result<Option<u64>> {
        let mut one = Clauses::default();
        one.sql.clone_from(&self.0.sql);
        one.add("id = :id");
        let sql = format!("SELECT position FROM uploads {}", one.all());
        let params = self.0.params(&[(":id", &id.0)]);
        let position: Option<f64> = conn
            .prepare_cached(&sql)?
            .query_row(&*params, |row| row.get("position"))
            .optional()?;
        let Some(position) = position else {
            return Ok(None);
        };
        let sql = self.index_sql();
        let params = self.0.params(&[(":id", &id.0), (":position", &position)]);
        let mut statement = conn.prepare_cached(&sql)?;
        let before = statement.query_row(&*params, |row| row.get::<_, i64>("before"))?;
        Ok(Some(before as u64))
    }

    pub(crate) fn index_sql(&self) -> String {
        let mut before = Clauses::default();
        before.sql.clone_from(&self.0.sql);
        before.add("(position, id) < (:position, :id)");
        format!("SELECT count(*) AS before FROM uploads {}", before.all())
    }
}

/// A list that is gone through from end to end.
pub(crate) struct Walk {
    clauses: Clauses,
    /// Few are named: it is quicker to fetch and sort these.
    few: bool,
}

impl Walk {
    pub(crate) fn of(conn: &Connection, query: &QueueQuery) -> Result<Self> {
        let mut clauses = Clauses::default();
        // In the words of the walked index: a generated column would call for the row.
        match query.filter {
            QueueFilter::All => {}
            QueueFilter::NeedsYou => needs_you(&mut clauses, &query.needs_you),
            QueueFilter::Running => clauses.add(
                "(phase = 'committing' OR (phase IN ('opening', 'sending') AND intent = 'run'))",
            ),
            QueueFilter::Waiting => clauses
                .add("(phase = 'queued' OR (phase IN ('opening', 'sending') AND intent = 'hold'))"),
            QueueFilter::WithPlatforms => clauses.add("phase = 'processing'"),
            QueueFilter::Done => clauses.add("phase = 'published'"),
            QueueFilter::Failed => clauses.add("phase = 'failed'"),
            QueueFilter::Phase(phase) => {
                clauses.add("phase = :phase");
                clauses.bind(":phase", phase.as_str().to_owned());
            }
        }
        if let Some(account) = query.account {
            clauses.add("account_id = :account");
            clauses.bind(":account", account.0);
        }
        if let Some(search) = is_search(query) {
            let text = "manuscript_id IN (SELECT id FROM manuscripts WHERE instr(sought, {word}))";
            clauses.search(conn, search, text)?;
        }
        Ok(Self {
            clauses,
            few: query.filter == QueueFilter::NeedsYou && query.needs_you.accounts.is_empty(),
        })
    }

    pub(crate) fn sql(&self) -> String {
        let by = if self.few {
            ""
        } else {
            "INDEXED BY uploads_position"
        };
        format!(
            "SELECT id FROM uploads {by} {} ORDER BY position, id",
            self.clauses.all()
        )
    }
}

fn needs_you(clauses: &mut Clauses, needs_you: &NeedsYou) {
    let named = "id IN (SELECT value FROM json_each(:needy))";
    clauses.bind(
        ":needy",
        value::id_list(needs_you.ids.iter().map(|id| id.0)),
    );
    if needs_you.accounts.is_empty() {
        clauses.add(named);
        return;
    }
    clauses.add(format!(
        "({named} OR (account_id IN (SELECT value FROM json_each(:needy_accounts))
           AND phase NOT IN ('published', 'failed', 'cancelled')))"
    ));
    clauses.bind(
        ":needy_accounts",
        value::id_list(needs_you.accounts.iter().map(|id| id.0)),
    );
}

fn is_search(query: &QueueQuery) -> Option<&str> {
    query
        .search
        .as_deref()
        .filter(|search| !search.trim().is_empty())
}

fn ids(conn: &Connection, walk: &Walk) -> Result<Vec<i64>> {
    let mut statement = conn.prepare_cached(&walk.sql())?;
    let ids = statement.query_map(&*walk.clauses.params(&[]), |row| row.get("id"))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

fn page(conn: &Connection, query: &QueueQuery) -> Result<QueuePage> {
    // The row before the first tells whether that is a sibling.
    let lead = u64::from(query.offset > 0);
    let (offset, limit) = (query.offset - lead, query.limit.saturating_add(lead));
    let (total, ids) = if let Some(jump) = Jump::of(query) {
        let total = jump.total(conn)?;
        (total, jump.ids(conn, total, offset, limit)?)
    } else {
        let all = ids(conn, &Walk::of(conn, query)?)?;
        let total = all.len() as u64;
        let page = all.into_iter().skip(offset as usize).take(limit as usize);
        (total, page.collect())
    };
    let mut rows = rows(conn, ids)?;
    for at in 1..rows.len() {
        rows[at].sibling_of_previous = rows[at].manuscript == rows[at - 1].manuscript;
    }
    if lead > 0 && !rows.is_empty() {
        rows.remove(0);
    }
    Ok(QueuePage { total, rows })
}

fn index(conn: &Connection, id: UploadId, query: &QueueQuery) -> Result<Option<u64>> {
    if let Some(jump) = Jump::of(query) {
        return jump.index(conn, id);
    }
    let all = ids(conn, &Walk::of(conn, query)?)?;
    let index = all.iter().position(|&other| other == id.0);
    Ok(index.map(|index| index as u64))
}

fn counts(conn: &Connection, needs_you: &NeedsYou) -> Result<Counts> {
    let mut counts = Counts {
        needs_you: count_needs_you(conn, needs_you)?,
        ..Counts::default()
    };
    let mut statement =
        conn.prepare_cached("SELECT shelf, sum(uploads) AS uploads FROM tally GROUP BY shelf")?;
    let shelves = statement.query_and_then([], |row| -> Result<(String, u64)> {
        Ok((row.get("shelf")?, value::count(row, "uploads")?))
    })?;
    for shelf in shelves {
        let (shelf, uploads) = shelf?;
        counts.all += uploads;
        match shelf.as_str() {
            "running" => counts.running = uploads,
            "waiting" => counts.waiting = uploads,
            "platform" => counts.with_platforms = uploads,
            "done" => counts.done = uploads,
            "failed" => counts.failed = uploads,
            _ => counts.cancelled = uploads,
        }
    }
    Ok(counts)
}

/// The accounts' from the tally, and those named that are not among them.
fn count_needs_you(conn: &Connection, needs_you: &NeedsYou) -> Result<u64> {
    if needs_you.ids.is_empty() && needs_you.accounts.is_empty() {
        return Ok(0);
    }
    let total: i64 = conn
        .prepare_cached(
            "SELECT
               (SELECT coalesce(sum(uploads), 0) FROM tally
                WHERE account_id IN (SELECT value FROM json_each(:accounts))
                  AND phase NOT IN ('published', 'failed', 'cancelled'))
             + (SELECT count(*) FROM uploads
                WHERE id IN (SELECT value FROM json_each(:ids))
                  AND NOT (account_id IN (SELECT value FROM json_each(:accounts))
                           AND phase NOT IN ('published', 'failed', 'cancelled'))) AS total",
        )?
        .query_row(
            named_params! {
                ":ids": value::id_list(needs_you.ids.iter().map(|id| id.0)),
                ":accounts": value::id_list(needs_you.accounts.iter().map(|id| id.0)),
            },
            |row| row.get("total"),
        )?;
    Ok(total as u64)
}

/// Rows by id, in the order given; those that are gone are left out.
pub(crate) fn rows(conn: &Connection, ids: impl IntoIterator<Item = i64>) -> Result<Vec<QueueRow>> {
    let mut statement = conn.prepare_cached(ROW)?;
    let mut rows = Vec::new();
    for id in ids {
        let mut found = statement.query_and_then(named_params! { ":id": id }, read)?;
        if let Some(row) = found.next() {
            rows.push(row?);
        }
    }
    Ok(rows)
}

const ROW: &str = "SELECT u.id, u.manuscript_id, m.title, m.file_name, u.account_id, a.platform,
       a.label AS account_label, u.phase, u.intent, u.attempt, u.tries, u.priority, u.total_bytes,
       u.held_bytes, u.sent_bytes, u.resent_bytes, u.remote, u.cause, u.created_at_ms,
       u.started_at_ms, u.landed_at_ms, u.finished_at_ms,
       u.start_at_ms, u.limit_bytes_per_second
     FROM uploads AS u
     JOIN manuscripts AS m ON m.id = u.manuscript_id
     JOIN accounts AS a ON a.id = u.account_id
     WHERE u.id = :id";

fn read(row: &Row<'_>) -> Result<QueueRow> {
    Ok(QueueRow {
        id: UploadId(row.get("id")?),
        manuscript: ManuscriptId(row.get("manuscript_id")?),
        title: row.get("title")?,
        file_name: row.get("file_name")?,
        account: AccountId(row.get("account_id")?),
        platform: row.get("platform")?,
        account_label: row.get("account_label")?,
        phase: value::phase(row)?,
        intent: value::intent(row)?,
        attempt: row.get("attempt")?,
        tries: row.get("tries")?,
        priority: row.get("priority")?,
        total_bytes: value::count(row, "total_bytes")?,
        held_bytes: value::count(row, "held_bytes")?,
        sent_bytes: value::count(row, "sent_bytes")?,
        resent_bytes: value::count(row, "resent_bytes")?,
        remote: value::from_json_option(row, "remote")?,
        cause: value::from_json_option(row, "cause")?,
        created_at_ms: row.get("created_at_ms")?,
        started_at_ms: row.get("started_at_ms")?,
        landed_at_ms: row.get("landed_at_ms")?,
        finished_at_ms: row.get("finished_at_ms")?,
        start_at_ms: row.get("start_at_ms")?,
        limit_bytes_per_second: uploads::limit(row)?,
        sibling_of_previous: false,
    })
}
