//! Which way each account's connections take: its own proxy, or the one for all; and the passwords that belong to them.
//!
//! Knows nothing of sockets. Always holds: a password of a proxy is among the secrets, and in no setting.

use crate::secrets::{ALL_PROXY, Secrets};
use parking_lot::Mutex;
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::{Account, AccountId, Cause, ErrorKind, account::Settings, proxy::Proxy};
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
/// The password of the proxy that an account is about to get, behind the address that it belongs to. Where that is the account's, it wins.
const NEXT_PASSWORD: &str = "proxy_password.next";

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

/// Takes passwords out of the addresses in all backups.
pub async fn part_in_backups(store: &Store) -> Result<(), StoreError> {
    let part = |settings: &mut Settings| matches!(part_password(settings), Ok(Some(_)));
    store.accounts_amend_backups(part).await
}

/// What of an account's own proxy is set beside its settings, so that a door never meets the password of another, nor none where there is one.
#[derive(Debug, Default)]
pub struct Turn {
    /// Before its settings name the proxy.
    pub before: Vec<(String, SecretString)>,
    /// Once they do. Until then the passwords of both are known.
    pub after: Vec<(String, SecretString)>,
}

/// On the way from the proxy in `from` to that in `to`. Without a `password` it stays as it is where the proxy is the same, and is forgotten else.
///
/// # Errors
/// `SecretsLocked`.
pub async fn turn(
    secrets: &Secrets,
    account: AccountId,
    (from, to): (&Settings, &Settings),
    password: Option<SecretString>,
) -> Result<Turn, Error> {
    let is_same = from.get(OWN_PROXY) == to.get(OWN_PROXY);
    if is_same && password.is_none() {
        return Ok(Turn::default());
    }
    let held = secrets.get(account, NEXT_PASSWORD).await?;
    let is_held = held.is_some_and(|held| !held.expose_secret().is_empty());
    let now = own_password(secrets, account, from).await?;
    if password.is_none() && now.is_none() && !is_held {
        return Ok(Turn::default());
    }
    let set =
        |name: &str, value: Option<SecretString>| (name.to_owned(), value.unwrap_or_default());
    let mut after = vec![set(OWN_PASSWORD, password.clone())];
    if is_held || !is_same {
        after.push(set(NEXT_PASSWORD, None));
    }
    if is_same {
        let (before, after) = (after, Vec::new());
        return Ok(Turn { before, after });
    }
    let door = to.get(OWN_PROXY).map_or("", String::as_str);
    let password = password.unwrap_or_default();
    let next = SecretString::from(format!("{door}\n{}", password.expose_secret()));
    let before = vec![set(OWN_PASSWORD, now), set(NEXT_PASSWORD, Some(next))];
    Ok(Turn { before, after })
}

async fn own_password(
    secrets: &Secrets,
    account: AccountId,
    settings: &Settings,
) -> Result<Option<SecretString>, Error> {
    let door = settings.get(OWN_PROXY).map_or("", String::as_str);
    let next = secrets.get(account, NEXT_PASSWORD).await?;
    let next = next.as_ref().and_then(|next| {
        let (of, password) = next.expose_secret().split_once('\n')?;
        (of == door).then(|| SecretString::from(password))
    });
    let kept = match next {
        Some(password) => Some(password),
        None => secrets.get(account, OWN_PASSWORD).await?,
    };
    Ok(kept.filter(|kept| !kept.expose_secret().is_empty()))
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
            route.password = own_password(&self.secrets, account.id, &account.settings).await?;
        }
        Ok(route)
    }

    /// Addresses of earlier versions hold their passwords. While there is nowhere to put them, they are tried again at the next start.
    async fn move_passwords(&self) -> Result<(), StoreError> {
        let mut moved = Vec::new();
        for mut account in self.store.accounts().await? {
            let Ok(Some(password)) = part_password(&mut account.settings) else {
                continue;
            };
            let secret = vec![(OWN_PASSWORD.to_owned(), password)];
            if let Err(error) = self.secrets.set(account.id, secret).await {
                tracing::warn!(account = %account.id, %error, "a proxy's password stays where it is");
                continue;
            }
            moved.push(account);
        }
        if !moved.is_empty() {
            part_in_backups(&self.store).await?;
        }
        // Last: while a setting holds one, all of this is done again at the next start.
        for account in moved {
            self.store.account_set(account.id, account.settings).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn at_each_step_of_a_turn_both_doors_have_their_own_password_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let phrase = SecretString::from("a pass phrase");
        crate::vault::Vault::open(&dir.path().join("secrets.vault"), &phrase).unwrap();
        let secrets = Secrets::open(dir.path(), "f".into(), Some(&phrase)).unwrap();
        let id = AccountId(7);
        let door = |name: &str| Settings::from([(OWN_PROXY.to_owned(), format!("http://{name}"))]);
        let of = async |name: &str| {
            let kept = own_password(&secrets, id, &door(name)).await.unwrap();
            kept.map(|kept| kept.expose_secret().to_owned())
        };
        let to = async |from: &str, to: &str, password: Option<&str>| {
            let way = (&door(from), &door(to));
            let password = password.map(SecretString::from);
            turn(&secrets, id, way, password).await.unwrap()
        };
        let given = |password: &str| Some(password.to_owned());
        secrets
            .set(id, to("a", "a", Some("of a")).await.before)
            .await
            .unwrap();
        assert_eq!(of("a").await, given("of a"));

        // One that was begun and given up, and one that was begun.
        secrets
            .set(id, to("a", "b", Some("of b")).await.before)
            .await
            .unwrap();
        assert_eq!(
            (of("a").await, of("b").await),
            (given("of a"), given("of b"))
        );
        secrets
            .set(id, to("a", "c", Some("of c")).await.before)
            .await
            .unwrap();
        assert_eq!(
            (of("a").await, of("c").await),
            (given("of a"), given("of c"))
        );
        // From where the last one ended too early.
        let last = to("c", "d", None).await;
        secrets.set(id, last.before).await.unwrap();
        assert_eq!((of("c").await, of("d").await), (given("of c"), None));
        secrets.set(id, last.after).await.unwrap();
        assert_eq!((of("c").await, of("d").await), (None, None));
        let same = to("d", "d", Some("of d")).await;
        assert!(same.after.is_empty());
        secrets.set(id, same.before).await.unwrap();
        assert_eq!(of("d").await, given("of d"));
    }
}
