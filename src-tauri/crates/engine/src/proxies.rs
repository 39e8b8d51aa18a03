//! Which way each account's connections take: its own proxy, or the one for all; and the passwords that belong to them.
//!
//! Knows nothing of sockets. Always holds: a password of a proxy is among the secrets, and in no setting.

use crate::secrets::{ALL_PROXY, Secrets};
use parking_lot::Mutex;
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::{Account, Cause, ErrorKind, account::Settings, proxy::Proxy};
use slipway_platforms::{
    Error, Route, SecretStore as _,
    http::{check_proxy, proxy_setting},
};
use slipway_store::{Store, StoreError};
use std::sync::Arc;
use tokio::sync::{MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Setting of all, as JSON.
pub(crate) const PROXY: &str = "proxy";
/// An account's own, by the names that every platform has.
pub const OWN_PROXY: &str = "proxy";
pub const OWN_PASSWORD: &str = "proxy_password";

pub(crate) struct Proxies {
    store: Store,
    secrets: Arc<Secrets>,
    /// Of all accounts that have none of their own.
    common: Mutex<Proxy>,
    changing: RwLock<()>,
    setting: tokio::sync::Mutex<()>,
}

/// What an account's settings say; `None`: as all others.
pub(crate) fn own(settings: &Settings) -> Result<Option<Route>, Cause> {
    let text = settings.get(OWN_PROXY).map(|text| text.trim());
    let text = text.filter(|text| !text.is_empty());
    text.map(Route::parse).transpose()
}

fn failed(kind: ErrorKind, cause: Cause) -> Error {
    Error::new("slipway", "setting the proxy", kind, cause)
}

/// Takes the password out of an account's settings.
///
/// # Errors
/// `proxy_invalid`.
pub fn part_password(settings: &mut Settings) -> Result<Option<SecretString>, Cause> {
    let Some(route) = own(settings)? else {
        return Ok(None);
    };
    if route.password.is_some() {
        settings.insert(OWN_PROXY.to_owned(), proxy_setting(&route.proxy));
    }
    Ok(route.password)
}

impl Proxies {
    pub(crate) async fn load(store: Store, secrets: Arc<Secrets>) -> Result<Self, StoreError> {
        let kept = store.setting(PROXY).await?;
        let read = kept.and_then(|json| serde_json::from_str::<Proxy>(&json).ok());
        // What cannot be obeyed was not written here.
        let common = read.filter(|proxy| check_proxy(proxy).is_ok());
        let this = Self {
            store,
            secrets,
            common: Mutex::new(common.unwrap_or_default()),
            changing: RwLock::new(()),
            setting: tokio::sync::Mutex::new(()),
        };
        this.move_passwords().await?;
        Ok(this)
    }

    pub(crate) fn common(&self) -> Proxy {
        self.common.lock().clone()
    }

    /// While this is held, the way of all stays as it is.
    pub(crate) async fn settled(&self) -> RwLockReadGuard<'_, ()> {
        self.changing.read().await
    }

    /// One changes it at a time.
    pub(crate) async fn alone(&self) -> MutexGuard<'_, ()> {
        self.setting.lock().await
    }

    pub(crate) async fn unsettled(&self) -> RwLockWriteGuard<'_, ()> {
        self.changing.write().await
    }

    pub(crate) async fn has_password(&self) -> Result<bool, Error> {
        Ok(self.common_password().await?.is_some())
    }

    async fn common_password(&self) -> Result<Option<SecretString>, Error> {
        let common = self.common();
        if common.user.is_empty() {
            return Ok(None);
        }
        // Kept with the door that it opens: another is not told of it, whatever became of the setting meanwhile.
        let kept = self.secrets.get_named(ALL_PROXY).await?;
        let kept = kept.as_ref().and_then(|kept| {
            let (door, password) = kept.expose_secret().split_once('\n')?;
            (door == proxy_setting(&common)).then(|| SecretString::from(password))
        });
        Ok(kept)
    }

    /// Keeps the password of what comes into force next. `None` leaves it as it is where the proxy is the same, and forgets it else.
    ///
    /// # Errors
    /// `proxy_invalid`; `SecretsLocked` when there is nowhere to keep the password: nothing was changed then.
    pub(crate) async fn keep_password(
        &self,
        proxy: &Proxy,
        password: Option<SecretString>,
    ) -> Result<(), Error> {
        check_proxy(proxy).map_err(|cause| failed(ErrorKind::Refused, cause))?;
        let before = self.common();
        let stays = password.is_none() && proxy.is_same_door(&before);
        if !stays {
            let password = password.filter(|given| !given.expose_secret().is_empty());
            let kept = password.map(|given| {
                let door = proxy_setting(proxy);
                SecretString::from(format!("{door}\n{}", given.expose_secret()))
            });
            self.secrets.set_named(ALL_PROXY, kept).await?;
        }
        Ok(())
    }

    /// Takes effect with the next connection that is made.
    pub(crate) async fn set(&self, proxy: Proxy) -> Result<(), Error> {
        let json = serde_json::to_string(&proxy).ok();
        self.store.setting_set(PROXY, json).await.map_err(|error| {
            let cause = Cause::new("store_failed").detail(error.to_string());
            failed(ErrorKind::ServerFault, cause)
        })?;
        *self.common.lock() = proxy;
        Ok(())
    }

    /// The way of an account that is kept, with what opens it.
    pub(crate) async fn route_of(&self, account: &Account) -> Result<Route, Error> {
        let refused =
            |cause| Error::new("slipway", "preparing an account", ErrorKind::Refused, cause);
        let common = self.common();
        let Some(mut route) = own(&account.settings).map_err(refused)? else {
            return Ok(Route {
                password: self.common_password().await?,
                proxy: common,
            });
        };
        route.proxy.except = common.except;
        if route.password.is_none() && !route.proxy.user.is_empty() {
            let kept = self.secrets.get(account.id, OWN_PASSWORD).await?;
            route.password = kept.filter(|kept| !kept.expose_secret().is_empty());
        }
        Ok(route)
    }

    /// Addresses of earlier versions hold their passwords. While there is nowhere to put them, they are tried again at the next start.
    async fn move_passwords(&self) -> Result<(), StoreError> {
        let mut moved = false;
        for mut account in self.store.accounts().await? {
            let Ok(Some(password)) = part_password(&mut account.settings) else {
                continue;
            };
            let secret = vec![(OWN_PASSWORD.to_owned(), password)];
            if let Err(error) = self.secrets.set(account.id, secret).await {
                tracing::warn!(account = %account.id, %error, "a proxy's password stays where it is");
                continue;
            }
            self.store.account_set(account.id, account.settings).await?;
            moved = true;
        }
        if moved {
            let part = |settings: &mut Settings| matches!(part_password(settings), Ok(Some(_)));
            self.store.accounts_amend_backups(part).await?;
        }
        Ok(())
    }
}
