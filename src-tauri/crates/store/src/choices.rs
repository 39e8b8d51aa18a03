//! What platforms last offered accounts for their fields, with its age. The choices themselves are the api's JSON.

use crate::{Result, Store};
use rusqlite::{OptionalExtension, named_params};
use slipway_model::AccountId;

/// What was offered, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptChoices {
    pub at_ms: i64,
    /// JSON.
    pub choices: String,
}

impl Store {
    pub async fn choices_keep(
        &self,
        account: AccountId,
        field: &str,
        kept: KeptChoices,
    ) -> Result<()> {
        let field = field.to_owned();
        self.write(move |conn| {
            conn.prepare_cached(
                "INSERT INTO choices (account_id, field, at_ms, choices)
                 VALUES (:account, :field, :at_ms, :choices)
                 ON CONFLICT DO UPDATE SET at_ms = :at_ms, choices = :choices",
            )?
            .execute(named_params! {
                ":account": account.0, ":field": field, ":at_ms": kept.at_ms, ":choices": kept.choices,
            })?;
            Ok(())
        })
        .await
    }

    pub async fn choices_kept(
        &self,
        account: AccountId,
        field: &str,
    ) -> Result<Option<KeptChoices>> {
        let field = field.to_owned();
        self.read(move |conn| {
            let kept = conn
                .prepare_cached(
                    "SELECT at_ms, choices FROM choices WHERE account_id = :account AND field = :field",
                )?
                .query_row(named_params! { ":account": account.0, ":field": field }, |row| {
                    Ok(KeptChoices {
                        at_ms: row.get("at_ms")?,
                        choices: row.get("choices")?,
                    })
                })
                .optional()?;
            Ok(kept)
        })
        .await
    }
}
