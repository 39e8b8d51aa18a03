//! Accounts in use: each with its platform, its session and its turn to submit. Made on first use, forgotten when the account changes.

use crate::{
    proxies::{self, Proxies},
    secrets::Secrets,
};
use parking_lot::Mutex;
use secrecy::SecretString;
use slipway_model::{Account, AccountId, Cause, ErrorKind, Limits, Spec, proxy::Proxy};
use slipway_platforms::{Error, Http, Platform, Route, Session};
use slipway_store::{Store, StoreError};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::time::timeout;

/// A keychain that is open answers sooner.
const KEY_WAIT: Duration = Duration::from_secs(2);

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
    pub(crate) proxies: Arc<Proxies>,
    /// Those whose proxy's password the keychain has been asked for and not given yet.
    asked: Arc<Mutex<HashSet<AccountId>>>,
    entries: Mutex<HashMap<AccountId, Arc<Entry>>>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accounts")
    }
}

impl Accounts {
    pub(crate) fn new(store: Store, secrets: Arc<Secrets>, proxies: Proxies) -> Self {
        Self {
            store,
            secrets,
            proxies: Arc::new(proxies),
            asked: Arc::default(),
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
        // Not while the way of all is being changed: it would be made of the old one and not be told.
        let _settled = self.proxies.settled().await;
        let route = self.route_of(&account).await?;
        let entry = Arc::new(self.build(account, submitted, &route)?);
        // Two may have built it at once: the first stays, so that there is one session.
        Ok(self.entries.lock().entry(id).or_insert(entry).clone())
    }

    /// The limits of an account that may not be kept yet; nothing of it is connected.
    pub(crate) fn limits(&self, account: &Account) -> Result<Limits, Error> {
        let refused =
            |cause| Error::new("slipway", "preparing an account", ErrorKind::Refused, cause);
        let route = proxies::own(&account.settings).map_err(refused)?;
        let entry = self.build(account.clone(), None, &route.unwrap_or_else(Route::off))?;
        Ok(entry.limits)
    }

    fn build(
        &self,
        account: Account,
        submitted_at_ms: Option<i64>,
        route: &Route,
    ) -> Result<Entry, Error> {
        let refused =
            |cause: Cause| Error::new("slipway", "preparing an account", ErrorKind::Refused, cause);
        let platform = slipway_platforms::find(&account.platform).ok_or_else(|| {
            refused(Cause::new("platform_unknown").with("platform", &account.platform))
        })?;
        let http = Http::new(route)?;
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

    async fn route_of(&self, account: &Account) -> Result<Route, Error> {
        let platform = slipway_platforms::find(&account.platform);
        // What never leaves this machine waits for no password.
        if platform.is_some_and(|platform| !platform.spec().remote) {
            return Ok(Route::off());
        }
        // A keychain may ask its user: everything else goes on meanwhile, and this account is tried again.
        let unreachable = || {
            let cause = Cause::new("secrets_unreachable");
            Error::new(
                "slipway",
                "preparing an account",
                ErrorKind::ServerFault,
                cause,
            )
        };
        if !self.asked.lock().insert(account.id) {
            return Err(unreachable());
        }
        let (proxies, asked, account) = (self.proxies.clone(), self.asked.clone(), account.clone());
        let asking = tokio::spawn(async move {
            let route = proxies.route_of(&account).await;
            asked.lock().remove(&account.id);
            route
        });
        match timeout(KEY_WAIT, asking).await {
            Ok(Ok(route)) => route,
            _ => Err(unreachable()),
        }
    }

    /// Another way for all: sessions that go by it take it with their next connection, and are named.
    ///
    /// # Errors
    /// As [`Proxies::set`]; nothing was changed then.
    pub(crate) async fn set_proxy(
        &self,
        proxy: Proxy,
        password: Option<SecretString>,
    ) -> Result<Vec<AccountId>, Error> {
        let _alone = self.proxies.alone().await;
        let before = self.proxies.common();
        if proxy == before && password.is_none() {
            return Ok(Vec::new());
        }
        let excepts_as_before = proxy.except == before.except;
        // While a keychain asks, accounts go on by the old way.
        self.proxies.keep_password(&proxy, password).await?;
        let _unsettled = self.proxies.unsettled().await;
        self.proxies.set(proxy).await?;
        let entries: Vec<_> = self.entries.lock().values().cloned().collect();
        let mut again = Vec::new();
        for entry in entries.into_iter().filter(|e| e.platform.spec().remote) {
            let has_own = proxies::own(&entry.account.settings).is_ok_and(|own| own.is_some());
            if has_own && excepts_as_before {
                continue;
            }
            let (id, session) = (entry.account.id, &entry.session);
            let route = self.route_of(&entry.account).await;
            match route.and_then(|route| session.http().by(&route)) {
                Ok(http) => session.connect_by(http),
                // Its next use says what is wrong.
                Err(_) => self.forget(id),
            }
            again.push(id);
        }
        Ok(again)
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
