//! What comes from another machine, in one transaction: all of it or nothing.

use crate::{Outside, Result, Store, StoreError, Watch, accounts, settings, templates, watches};
use slipway_model::{Account, AccountId};
use std::collections::BTreeMap;

/// What may name accounts by their numbers.
#[derive(Debug, Default)]
pub struct Bundle {
    pub settings: Vec<(String, Option<String>)>,
    /// What is in each, by name; those that are here are replaced.
    pub templates: BTreeMap<String, String>,
    /// With the files in each that are left as they are.
    pub watches: Vec<(Watch, Vec<Outside>)>,
}

impl Store {
    /// Adds `accounts`, and what `rest` makes of the numbers they get. Answers the numbers.
    ///
    /// # Errors
    /// `AccountLabelTaken`, or a folder that is watched already; nothing was changed then.
    pub async fn take_bundle(
        &self,
        accounts: Vec<Account>,
        rest: impl Fn(&[AccountId]) -> Bundle + Send + 'static,
        now_ms: i64,
    ) -> Result<Vec<AccountId>> {
        self.write(move |conn| {
            let added = accounts.iter().map(|new| accounts::insert(conn, new));
            let added = added.collect::<Result<Vec<_>>>()?;
            let ids: Vec<_> = added.into_iter().map(|account| account.id).collect();
            let bundle = rest(&ids);
            for (name, value) in &bundle.settings {
                settings::set(conn, name, value.as_deref())?;
            }
            templates::save(conn, &bundle.templates, true, now_ms)?;
            for (watch, left_out) in &bundle.watches {
                let added = watches::insert(conn, watch, now_ms)?;
                let id = added.ok_or_else(|| StoreError::other("a folder is watched already"))?;
                for file in left_out {
                    watches::leave_out(conn, id, file, now_ms)?;
                }
            }
            Ok(ids)
        })
        .await
    }
}
