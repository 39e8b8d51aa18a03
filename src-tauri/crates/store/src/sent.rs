//! Whether the same content went, or is going, to the same account.
//!
//! Asked for many files at once: a drop of ten thousand is one question.

use crate::{Result, Store, value};
use rusqlite::{Connection, OptionalExtension, named_params};
use slipway_model::{AccountId, Remote, UploadId};
use std::collections::HashMap;

/// The latest trace of some content on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// In the queue and not ended.
    Unfinished {
        upload: UploadId,
    },
    /// A submission whose end is not known.
    Submitting {
        upload: UploadId,
        at_ms: i64,
    },
    Published {
        remote: Remote,
        at_ms: i64,
    },
}

/// Content as it is known: size in bytes and sample hash.
pub type Content = (u64, String);

impl Store {
    /// What is known of each content; the unknown are left out.
    pub async fn sent_before(
        &self,
        account: AccountId,
        contents: Vec<Content>,
    ) -> Result<HashMap<Content, Sent>> {
        self.read(move |conn| {
            let mut found = HashMap::new();
            for content in contents {
                if let Some(sent) =
                    of_ledger(conn, account, &content)?.or(of_queue(conn, account, &content)?)
                {
                    found.insert(content, sent);
                }
            }
            Ok(found)
        })
        .await
    }
}

fn of_ledger(
    conn: &Connection,
    account: AccountId,
    (size, sample): &Content,
) -> Result<Option<Sent>> {
    let mut statement = conn.prepare_cached(
        "SELECT upload_id, state, remote, at_ms FROM ledger
         WHERE account_id = :account AND sample = :sample AND size_bytes = :size AND state <> 'withdrawn'
         ORDER BY id DESC LIMIT 1",
    )?;
    let row = statement
        .query_row(
            named_params! { ":account": account.0, ":sample": sample, ":size": value::size(*size) },
            |row| {
                Ok((
                    row.get("upload_id")?,
                    row.get::<_, String>("state")?,
                    row.get::<_, Option<String>>("remote")?,
                    row.get("at_ms")?,
                ))
            },
        )
        .optional()?;
    let Some((upload, state, remote, at_ms)) = row else {
        return Ok(None);
    };
    Ok(Some(match remote {
        Some(remote) if state == "published" => Sent::Published {
            remote: serde_json::from_str(&remote)?,
            at_ms,
        },
        _ => Sent::Submitting {
            upload: UploadId(upload),
            at_ms,
        },
    }))
}

/// `CROSS` keeps the order of the tables: from the other end every question would walk the account's whole queue.
pub(crate) const OF_QUEUE: &str = "SELECT uploads.id
 FROM manuscripts CROSS JOIN uploads ON uploads.manuscript_id = manuscripts.id
 WHERE manuscripts.sample = :sample AND manuscripts.size_bytes = :size AND uploads.account_id = :account
   AND uploads.phase NOT IN ('published', 'failed', 'cancelled')
 LIMIT 1";

fn of_queue(
    conn: &Connection,
    account: AccountId,
    (size, sample): &Content,
) -> Result<Option<Sent>> {
    let mut statement = conn.prepare_cached(OF_QUEUE)?;
    let id = statement
        .query_row(
            named_params! { ":account": account.0, ":sample": sample, ":size": value::size(*size) },
            |row| row.get("id"),
        )
        .optional()?;
    Ok(id.map(|id| Sent::Unfinished {
        upload: UploadId(id),
    }))
}
