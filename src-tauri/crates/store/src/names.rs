//! Names of files and folders that are known here, and titles, for who must not tell them: of long lists the newest.

use crate::{Result, Store, path};
use rusqlite::Connection;

/// Paths, and names alone where no path is known any more.
const PATHS: [&str; 6] = [
    "SELECT file_path FROM manuscripts ORDER BY id DESC LIMIT 5000",
    "SELECT cover_path FROM manuscripts WHERE cover_path IS NOT NULL ORDER BY id DESC LIMIT 5000",
    "SELECT file_path FROM draft_files",
    "SELECT path FROM watches",
    "SELECT path FROM watch_files ORDER BY id DESC LIMIT 5000",
    "SELECT target FROM watch_files WHERE target IS NOT NULL ORDER BY id DESC LIMIT 5000",
];
const NAMES: [&str; 4] = [
    // Shorter ones are in half of all words; in bytes, since two signs of Chinese say as much as a word.
    "SELECT title FROM manuscripts WHERE length(CAST(title AS BLOB)) >= 4 ORDER BY id DESC LIMIT 5000",
    "SELECT file_name FROM manuscripts ORDER BY id DESC LIMIT 5000",
    "SELECT file_name FROM history ORDER BY upload_id DESC LIMIT 5000",
    "SELECT settings ->> 'path' FROM accounts WHERE settings ->> 'path' IS NOT NULL",
];

impl Store {
    /// In no order, more than are spoken of in a week; what is not Unicode as it is shown.
    pub async fn names(&self) -> Result<Vec<String>> {
        self.read(all).await
    }
}

fn all(conn: &Connection) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for query in PATHS {
        let mut statement = conn.prepare(query)?;
        let paths = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        for bytes in paths {
            found.push(path::from_bytes(&bytes?).to_string_lossy().into_owned());
        }
    }
    for query in NAMES {
        let mut statement = conn.prepare(query)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        for name in names {
            found.push(name?);
        }
    }
    Ok(found)
}
