//! Where secrets are kept: the system's keychain, else a vault file when a pass phrase is given, else nowhere. Never in clear text.
//!
//! One entry for each account holds all its secrets as JSON, so that a pair of tokens is replaced at once or not at all. Keychain and vault are
//! reached on the blocking threads.

use crate::{
    seal::{Sealer, random},
    vault::{Vault, VaultError},
};
use async_trait::async_trait;
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use slipway_model::{AccountId, Cause, ErrorKind, OnlineFile};
use slipway_platforms::{Error, Result, SecretStore};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

const SERVICE: &str = "Slipway";
const VAULT_FILE: &str = "secrets.vault";
const SEAL_KEY: &str = "seal-key";
/// The password of the proxy for all accounts.
pub(crate) const ALL_PROXY: &str = "proxy";

/// Which place holds the secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Keychain,
    Vault,
    /// No keychain answers and no pass phrase was given.
    Nowhere,
}

enum Backend {
    Keychain,
    Vault(Vault),
    Nowhere(Cause),
}

type AccountSecrets = BTreeMap<String, SecretString>;

/// The engine's secrets. One for each data folder.
pub struct Secrets {
    backend: Arc<Mutex<Backend>>,
    /// Sets this data folder's entries apart from another's in the same keychain.
    folder_id: String,
    known: tokio::sync::Mutex<HashMap<AccountId, Arc<AccountSecrets>>>,
    sealer: tokio::sync::OnceCell<Sealer>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({:?})", self.place())
    }
}

impl Secrets {
    /// Looks for the place: an existing vault, else the keychain, else a new vault when there is a pass phrase. Blocking.
    ///
    /// # Errors
    /// Only when a vault and a pass phrase are there and do not fit.
    pub fn open(
        dir: &Path,
        folder_id: String,
        passphrase: Option<&SecretString>,
    ) -> std::result::Result<Self, Cause> {
        let path = dir.join(VAULT_FILE);
        let backend = match passphrase {
            Some(phrase) if Vault::exists(&path) || !keychain_answers() => {
                Backend::Vault(Vault::open(&path, phrase).map_err(|error| {
                    match error {
                        VaultError::WrongPassphrase => Cause::new("vault_wrong_passphrase"),
                        other => Cause::new("vault_unusable")
                            .with("path", path.display())
                            .detail(other.to_string()),
                    }
                })?)
            }
            None if Vault::exists(&path) => Backend::Nowhere(Cause::new("vault_locked")),
            _ if keychain_answers() => Backend::Keychain,
            _ => Backend::Nowhere(Cause::new("secrets_nowhere")),
        };
        Ok(Self {
            backend: Arc::new(Mutex::new(backend)),
            folder_id,
            known: tokio::sync::Mutex::default(),
            sealer: tokio::sync::OnceCell::new(),
        })
    }

    pub fn place(&self) -> Place {
        match &*self.backend.lock() {
            Backend::Keychain => Place::Keychain,
            Backend::Vault(_) => Place::Vault,
            Backend::Nowhere(_) => Place::Nowhere,
        }
    }

    /// The whole address of a file that is online.
    ///
    /// # Errors
    /// `address_unsealable` when the key it was sealed with is gone.
    pub(crate) async fn open_address(&self, online: &OnlineFile) -> Result<SecretString> {
        let sealer = self.sealer().await?;
        let clear = sealer.open(&online.shown, &online.sealed).ok();
        let clear = clear.and_then(|bytes| String::from_utf8(bytes).ok());
        clear.map(SecretString::from).ok_or_else(|| {
            let cause = Cause::new("address_unsealable").with("address", &online.shown);
            Error::new("slipway", "opening an address", ErrorKind::Refused, cause)
        })
    }

    /// The key that seals tickets in the database; made on first use.
    pub async fn sealer(&self) -> Result<&Sealer> {
        self.sealer
            .get_or_try_init(|| async {
                let key = match self.read(SEAL_KEY).await? {
                    Some(key) => key,
                    None => {
                        let key = SecretString::from(hex::encode(random::<32>()));
                        self.write(SEAL_KEY, Some(key.clone())).await?;
                        key
                    }
                };
                let bytes = hex::decode(key.expose_secret())
                    .ok()
                    .and_then(|b| <[u8; 32]>::try_from(b).ok());
                bytes
                    .map(|b| Sealer::new(&b))
                    .ok_or_else(|| locked(Cause::new("secrets_damaged")))
            })
            .await
    }

    /// A secret that is no account's.
    pub(crate) async fn get_named(&self, name: &str) -> Result<Option<SecretString>> {
        self.read(name).await
    }

    pub(crate) async fn set_named(&self, name: &str, value: Option<SecretString>) -> Result<()> {
        self.write(name, value).await
    }

    /// Forgets all of an account's secrets.
    pub async fn forget(&self, account: AccountId) -> Result<()> {
        self.known.lock().await.remove(&account);
        self.write(&account.to_string(), None).await
    }

    async fn account(&self, account: AccountId) -> Result<Arc<AccountSecrets>> {
        let mut known = self.known.lock().await;
        if let Some(found) = known.get(&account) {
            return Ok(found.clone());
        }
        let secrets = match self.read(&account.to_string()).await? {
            Some(text) => serde_json::from_str::<BTreeMap<String, String>>(text.expose_secret())
                .map_err(|_| locked(Cause::new("secrets_damaged")))?
                .into_iter()
                .map(|(name, value)| (name, SecretString::from(value)))
                .collect(),
            None => AccountSecrets::new(),
        };
        let secrets = Arc::new(secrets);
        known.insert(account, secrets.clone());
        Ok(secrets)
    }

    async fn read(&self, name: &str) -> Result<Option<SecretString>> {
        let (backend, user, name) = (self.backend.clone(), self.user(name), name.to_owned());
        blocking(move || match &*backend.lock() {
            Backend::Vault(vault) => Ok(vault.get(&name)),
            Backend::Nowhere(cause) => Err(locked(cause.clone())),
            Backend::Keychain => {
                match keyring::Entry::new(SERVICE, &user).and_then(|entry| entry.get_password()) {
                    Ok(text) => Ok(Some(SecretString::from(text))),
                    Err(keyring::Error::NoEntry) => Ok(None),
                    Err(error) => Err(keychain_error(&error)),
                }
            }
        })
        .await
    }

    async fn write(&self, name: &str, value: Option<SecretString>) -> Result<()> {
        let (backend, user, name) = (self.backend.clone(), self.user(name), name.to_owned());
        blocking(move || match &mut *backend.lock() {
            Backend::Vault(vault) => vault
                .set(&name, value.as_ref())
                .map_err(|e| locked(Cause::new("vault_unusable").detail(e.to_string()))),
            Backend::Nowhere(_) if value.is_none() => Ok(()),
            Backend::Nowhere(cause) => Err(locked(cause.clone())),
            Backend::Keychain => {
                let entry = keyring::Entry::new(SERVICE, &user).map_err(|e| keychain_error(&e))?;
                match value {
                    Some(value) => entry.set_password(value.expose_secret()),
                    None => match entry.delete_credential() {
                        Err(keyring::Error::NoEntry) => Ok(()),
                        other => other,
                    },
                }
                .map_err(|e| keychain_error(&e))
            }
        })
        .await
    }

    fn user(&self, name: &str) -> String {
        format!("{}/{name}", self.folder_id)
    }
}

#[async_trait]
impl SecretStore for Secrets {
    async fn get(&self, account: AccountId, name: &str) -> Result<Option<SecretString>> {
        Ok(self.account(account).await?.get(name).cloned())
    }

    async fn set(&self, account: AccountId, values: Vec<(String, SecretString)>) -> Result<()> {
        let mut secrets = (*self.account(account).await?).clone();
        secrets.extend(values);
        let clear: BTreeMap<&String, &str> = secrets
            .iter()
            .map(|(name, value)| (name, value.expose_secret()))
            .collect();
        let text =
            SecretString::from(serde_json::to_string(&clear).expect("a map of text is JSON"));
        self.write(&account.to_string(), Some(text)).await?;
        self.known.lock().await.insert(account, Arc::new(secrets));
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(locked(Cause::new("secrets_unreachable"))))
}

/// Whether a keychain is there and open: asks for an entry that does not exist.
fn keychain_answers() -> bool {
    if keyring::Entry::store_status().is_err() {
        return false;
    }
    let asked = keyring::Entry::new(SERVICE, "probe").and_then(|entry| entry.get_password());
    matches!(asked, Ok(_) | Err(keyring::Error::NoEntry))
}

fn keychain_error(error: &keyring::Error) -> Error {
    locked(Cause::new("secrets_unreachable").detail(error.to_string()))
}

fn locked(cause: Cause) -> Error {
    Error::new(
        "slipway",
        "opening the secret store",
        ErrorKind::SecretsLocked,
        cause,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_accounts_secrets_survive_a_restart_in_the_vault() {
        let dir = tempfile::tempdir().unwrap();
        let phrase = SecretString::from("a pass phrase");
        Vault::open(&dir.path().join(VAULT_FILE), &phrase).unwrap();
        let open = || Secrets::open(dir.path(), "f".into(), Some(&phrase)).unwrap();
        let account = AccountId(7);
        let first = open();
        first
            .set(
                account,
                vec![
                    ("access_token".into(), "a1".into()),
                    ("refresh_token".into(), "r1".into()),
                ],
            )
            .await
            .unwrap();
        let sealed = first.sealer().await.unwrap().seal("x", b"ticket");
        let again = open();
        assert_eq!(
            again
                .get(account, "refresh_token")
                .await
                .unwrap()
                .unwrap()
                .expose_secret(),
            "r1"
        );
        assert_eq!(
            again.sealer().await.unwrap().open("x", &sealed).unwrap(),
            b"ticket"
        );
        again.forget(account).await.unwrap();
        assert!(open().get(account, "access_token").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_vault_without_its_pass_phrase_says_so_and_gives_nothing() {
        let dir = tempfile::tempdir().unwrap();
        Vault::open(&dir.path().join(VAULT_FILE), &SecretString::from("p")).unwrap();
        let closed = Secrets::open(dir.path(), "f".into(), None).unwrap();
        let error = closed.get(AccountId(1), "x").await.unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::SecretsLocked, "vault_locked")
        );
    }
}
