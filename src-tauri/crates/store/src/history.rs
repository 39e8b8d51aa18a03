//! Everything published, newest first.

use crate::{QueuePage, Result, Store, queue, queue::Clauses, value};
use rusqlite::Connection;

impl Store {
    /// Published uploads by the time they were, newest first.
    pub async fn history(
        &self,
        search: Option<String>,
        limit: u64,
        offset: u64,
    ) -> Result<QueuePage> {
        self.read(move |conn| page(conn, search.as_deref(), limit, offset))
            .await
    }
}

fn page(conn: &Connection, search: Option<&str>, limit: u64, offset: u64) -> Result<QueuePage> {
    let mut clauses = Clauses::default();
    clauses.sql.push("phase = 'published'".into());
    if let Some(search) = search {
        clauses.search(conn, search)?;
    }
    let count = format!("SELECT count(*) AS total FROM uploads {}", clauses.all());
    let total: i64 = conn
        .prepare_cached(&count)?
        .query_row(&*clauses.params(&[]), |row| row.get("total"))?;
    let sql = sql(&clauses);
    let (limit, offset) = (value::size(limit), value::size(offset));
    let mut statement = conn.prepare_cached(&sql)?;
    let params = clauses.params(&[(":limit", &limit), (":offset", &offset)]);
    let ids = statement
        .query_map(&*params, |row| row.get("id"))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    Ok(QueuePage {
        total: total as u64,
        rows: queue::rows(conn, ids)?,
    })
}

pub(crate) fn sql(clauses: &Clauses) -> String {
    format!(
        "SELECT id FROM uploads INDEXED BY uploads_published {}
         ORDER BY finished_at_ms DESC, id DESC LIMIT :limit OFFSET :offset",
        clauses.all()
    )
}
