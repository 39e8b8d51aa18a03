//! Accounts in use: each with its platform, its session and its turn to submit. Made on first use, forgotten when the account changes.

use crate::secrets::Secrets;
use parking_lot::Mutex;
use slipway_model::{Account, AccountId, Cause, ErrorKind, Limits, Spec};
use slipway_platforms::{Error, Http, Platform, ProxyChoice, Session};
use slipway_store::{Store, StoreError};
use std::{collections::HashMap, sync::Arc};

pub(crate) struct Entry {
    pub account: Account,
    pub platform: Arc<dyn Platform>,
    pub session: Session,
    pub limits: Limits,
    /// The platform's, with the account's own limits and fields.
    pub spec: Spec,
    /// When the account last submitted, in ms since 1970 UTC; held while one waits for its turn.
    pub submitted_at_ms: tokio::sync::Mutex<Option<i64>>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({})", self.account.id)
    }
}

pub(crate) struct Accounts {
    store: Store,
    secrets: Arc<Secrets>,
    entries: Mutex<HashMap<AccountId, Arc<Entry>>>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accounts")
    }
}

impl Accounts {
    pub(crate) fn new(store: Store, secrets: Arc<Secrets>) -> Self {
        Self {
            store,
            secrets,
            entries: Mutex::default(),
        }
    }

    pub(crate) async fn get(&self, id: AccountId) -> Result<Arc<Entry>, Error> {
        if let Some(found) = self.entries.lock().get(&id) {
            return Ok(found.clone());
        }
        let failed = |code: &str, detail: String| {
            Error::new(
                "slipway",
                "reading an account",
                ErrorKind::Refused,
                Cause::new(code).with("account", id).detail(detail),
            )
        };
        let unread = |error: &StoreError| {
            let cause = Cause::new("store_failed").detail(error.to_string());
            Error::new(
                "slipway",
                "reading an account",
                ErrorKind::ServerFault,
                cause,
            )
        };
        let account = self.store.account(id).await.map_err(|e| unread(&e))?;
        let account = account.ok_or_else(|| failed("account_unknown", String::new()))?;
        let submitted = self
            .store
            .ledger_last_submission_ms(id)
            .await
            .map_err(|e| unread(&e))?;
        let entry = Arc::new(self.build(account, submitted)?);
        // Two may have built it at once: the first stays, so that there is one session.
        Ok(self.entries.lock().entry(id).or_insert(entry).clone())
    }

    /// An entry for an account that may not be kept yet.
    pub(crate) fn build(
        &self,
        account: Account,
        submitted_at_ms: Option<i64>,
    ) -> Result<Entry, Error> {
        let refused =
            |cause: Cause| Error::new("slipway", "preparing an account", ErrorKind::Refused, cause);
        let platform = slipway_platforms::find(&account.platform).ok_or_else(|| {
            refused(Cause::new("platform_unknown").with("platform", &account.platform))
        })?;
        let proxy = ProxyChoice::parse(account.settings.get("proxy").map(String::as_str))
            .map_err(refused)?;
        let http = Http::new(&proxy)?;
        let secrets: Arc<dyn slipway_platforms::SecretStore> = self.secrets.clone();
        let session = Session::new(
            account.id,
            account.label.clone(),
            account.settings.clone(),
            secrets,
            http,
        );
        let limits = platform.limits(&session);
        let spec = Spec {
            limits: limits.clone(),
            fields: platform.fields(&session),
            ..platform.spec().clone()
        };
        Ok(Entry {
            account,
            platform,
            session,
            limits,
            spec,
            submitted_at_ms: tokio::sync::Mutex::new(submitted_at_ms),
        })
    }

    /// Another name for the same session.
    pub(crate) fn rename(&self, id: AccountId, label: &str) {
        if let Some(entry) = self.entries.lock().get(&id) {
            entry.session.rename(label);
        }
    }

    /// The account changed: its next use sees it.
    pub(crate) fn forget(&self, id: AccountId) {
        self.entries.lock().remove(&id);
    }
}
