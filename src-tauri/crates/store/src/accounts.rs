//! Accounts. A removed one is kept as a row without settings, so that history can name it; its label is free again.

use crate::{Result, Store, StoreError, backup, value};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use slipway_model::{Account, AccountId, Health, account::Settings};

impl Store {
    /// # Errors
    /// `AccountLabelTaken`.
    pub async fn account_add(
        &self,
        platform: &str,
        label: &str,
        settings: Settings,
        now_ms: i64,
    ) -> Result<Account> {
        let account = Account {
            id: AccountId(0),
            platform: platform.to_owned(),
            label: label.to_owned(),
            settings,
            health: Health::default(),
            created_at_ms: now_ms,
        };
        self.write(move |conn| insert(conn, &account)).await
    }

    /// In the order they were added.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        self.read(all).await
    }

    pub async fn account(&self, id: AccountId) -> Result<Option<Account>> {
        self.read(move |conn| by_id(conn, id)).await
    }

    pub async fn account_by_label(&self, label: &str) -> Result<Option<Account>> {
        let label = label.to_owned();
        self.read(move |conn| by_label(conn, &label)).await
    }

    pub async fn account_set(&self, id: AccountId, settings: Settings) -> Result<()> {
        self.write(move |conn| set_settings(conn, id, &settings))
            .await
    }

    /// Changes the settings of all accounts in the backups where `change` says that it did; what it cannot open is left.
    pub async fn accounts_amend_backups(
        &self,
        change: impl Fn(&mut Settings) -> bool + Send + 'static,
    ) -> Result<()> {
        let dir = self.dir().to_owned();
        self.write(move |_| {
            for copy in backup::list(&dir) {
                let amended = Connection::open(&copy.path)
                    .map_err(StoreError::from)
                    .and_then(|conn| amend(&conn, &change));
                if let Err(error) = amended {
                    tracing::warn!(backup = %copy.path.display(), %error, "not amended");
                }
            }
            Ok(())
        })
        .await
    }

    /// # Errors
    /// `AccountLabelTaken`.
    pub async fn account_rename(&self, id: AccountId, label: &str) -> Result<()> {
        let label = label.to_owned();
        self.write(move |conn| rename(conn, id, &label)).await
    }

    pub async fn account_set_health(&self, id: AccountId, health: Health) -> Result<()> {
        self.write(move |conn| set_health(conn, id, &health)).await
    }

    /// Its ended uploads stay in the list and in history.
    ///
    /// # Errors
    /// `AccountInUse` while uploads of it have not ended.
    pub async fn account_remove(&self, id: AccountId, now_ms: i64) -> Result<()> {
        self.write(move |conn| remove(conn, id, now_ms)).await
    }
}

pub(crate) fn insert(conn: &Connection, account: &Account) -> Result<Account> {
    conn.prepare_cached(
        "INSERT INTO accounts (platform, label, settings, health, created_at_ms)
         VALUES (:platform, :label, :settings, :health, :created_at_ms)",
    )?
    .execute(named_params! {
        ":platform": account.platform,
        ":label": account.label,
        ":settings": value::json(&account.settings)?,
        ":health": value::json(&account.health)?,
        ":created_at_ms": account.created_at_ms,
    })
    .map_err(|error| or_label_taken(error, &account.label))?;
    Ok(Account {
        id: AccountId(conn.last_insert_rowid()),
        ..account.clone()
    })
}

fn all(conn: &Connection) -> Result<Vec<Account>> {
    let mut statement =
        conn.prepare_cached("SELECT * FROM accounts WHERE removed_at_ms IS NULL ORDER BY id")?;
    let accounts = statement.query_and_then([], read)?;
    accounts.collect()
}

fn by_id(conn: &Connection, id: AccountId) -> Result<Option<Account>> {
    conn.prepare_cached("SELECT * FROM accounts WHERE id = :id AND removed_at_ms IS NULL")?
        .query_and_then(named_params! { ":id": id.0 }, read)?
        .next()
        .transpose()
}

fn by_label(conn: &Connection, label: &str) -> Result<Option<Account>> {
    conn.prepare_cached("SELECT * FROM accounts WHERE label = :label AND removed_at_ms IS NULL")?
        .query_and_then(named_params! { ":label": label }, read)?
        .next()
        .transpose()
}

fn amend(conn: &Connection, change: &dyn Fn(&mut Settings) -> bool) -> Result<()> {
    let before = conn
        .prepare("SELECT id, settings FROM accounts")?
        .query_and_then([], |row| {
            Ok((
                AccountId(row.get("id")?),
                value::from_json(row, "settings")?,
            ))
        })?
        .collect::<Result<Vec<(_, Settings)>>>()?;
    for (id, mut settings) in before {
        if change(&mut settings) {
            set_settings(conn, id, &settings)?;
        }
    }
    Ok(())
}

/// What was there is overwritten on the disk: it may have held what must not lie about.
fn set_settings(conn: &Connection, id: AccountId, settings: &Settings) -> Result<()> {
    conn.pragma_update(None, "secure_delete", true)?;
    let changed = conn
        .prepare_cached(
            "UPDATE accounts SET settings = :settings WHERE id = :id AND removed_at_ms IS NULL",
        )?
        .execute(named_params! { ":settings": value::json(settings)?, ":id": id.0 });
    conn.pragma_update(None, "secure_delete", false)?;
    found(changed?)
}

fn rename(conn: &Connection, id: AccountId, label: &str) -> Result<()> {
    let changed = conn
        .prepare_cached(
            "UPDATE accounts SET label = :label WHERE id = :id AND removed_at_ms IS NULL",
        )?
        .execute(named_params! { ":label": label, ":id": id.0 })
        .map_err(|error| or_label_taken(error, label))?;
    found(changed)
}

fn set_health(conn: &Connection, id: AccountId, health: &Health) -> Result<()> {
    let changed = conn
        .prepare_cached(
            "UPDATE accounts SET health = :health WHERE id = :id AND removed_at_ms IS NULL",
        )?
        .execute(named_params! { ":health": value::json(health)?, ":id": id.0 })?;
    found(changed)
}

fn remove(conn: &Connection, id: AccountId, now_ms: i64) -> Result<()> {
    let unfinished: Option<i64> = conn
        .prepare_cached(
            "SELECT sum(uploads) AS unfinished FROM tally
             WHERE account_id = :id AND phase NOT IN ('published', 'failed', 'cancelled')",
        )?
        .query_row(named_params! { ":id": id.0 }, |row| row.get("unfinished"))
        .optional()?
        .flatten();
    let unfinished = unfinished.unwrap_or(0) as u64;
    if unfinished > 0 {
        return Err(StoreError::AccountInUse { unfinished });
    }
    let changed = conn
        .prepare_cached(
            "UPDATE accounts SET removed_at_ms = :now, settings = '{}', health = :health
             WHERE id = :id AND removed_at_ms IS NULL",
        )?
        .execute(named_params! {
            ":now": now_ms, ":health": value::json(&Health::default())?, ":id": id.0,
        })?;
    found(changed)
}

fn read(row: &Row<'_>) -> Result<Account> {
    Ok(Account {
        id: AccountId(row.get("id")?),
        platform: row.get("platform")?,
        label: row.get("label")?,
        settings: value::from_json(row, "settings")?,
        health: value::from_json(row, "health")?,
        created_at_ms: row.get("created_at_ms")?,
    })
}

fn found(changed: usize) -> Result<()> {
    if changed == 0 {
        return Err(StoreError::NotFound("account"));
    }
    Ok(())
}

/// The label is the only thing about an account that must be unique.
fn or_label_taken(error: rusqlite::Error, label: &str) -> StoreError {
    match error.sqlite_error() {
        Some(cause) if cause.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE => {
            StoreError::AccountLabelTaken {
                label: label.to_owned(),
            }
        }
        _ => error.into(),
    }
}
