//! Steps from an empty file to the present schema. Only ever added to; a column keeps its meaning for life.

use crate::Result;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

const STEPS: &[M<'static>] = &[
    M::up(include_str!("../migrations/0001_queue.sql")),
    M::up(include_str!("../migrations/0002_account_sent.sql")),
    M::up(include_str!("../migrations/0003_online.sql")),
    M::up(include_str!("../migrations/0004_drafts.sql")),
    M::up(include_str!("../migrations/0005_choices.sql")),
    M::up(include_str!("../migrations/0006_history.sql")),
    M::up(include_str!("../migrations/0007_templates.sql")),
    M::up(include_str!("../migrations/0008_times.sql")),
    M::up(include_str!("../migrations/0009_speed.sql")),
    M::up(include_str!("../migrations/0010_watches.sql")),
];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// The schema that this program writes.
pub(crate) const KNOWN: i64 = STEPS.len() as i64;

/// The schema of the file; 0 when it is new.
pub(crate) fn version(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

pub(crate) fn run(conn: &mut Connection) -> std::result::Result<(), rusqlite_migration::Error> {
    MIGRATIONS.to_latest(conn)
}
