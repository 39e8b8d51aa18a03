//! An account while it is used: its settings, its secrets, its connections.
//!
//! One session lives as long as the engine knows the account, so that tokens are refreshed once for all workers.

use crate::Result;
use async_trait::async_trait;
use parking_lot::RwLock;
use secrecy::SecretString;
use slipway_model::{AccountId, account::Settings};
use std::{fmt, sync::Arc};

/// Where an account's long-lived secrets are kept: the system's keychain or the sealed vault. Given by the engine.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// # Errors
    /// `SecretsLocked` when the store is closed.
    async fn get(&self, account: AccountId, name: &str) -> Result<Option<SecretString>>;
    /// Replaces several at once: all or none.
    async fn set(&self, account: AccountId, values: Vec<(String, SecretString)>) -> Result<()>;
}

/// What an adapter gets for each call. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    account: AccountId,
    label: RwLock<Arc<str>>,
    settings: RwLock<Arc<Settings>>,
    secrets: Arc<dyn SecretStore>,
    http: RwLock<crate::http::Http>,
    /// Adapter's own memory for this account (tokens in hand, what was learnt), by type.
    memory: crate::session::Memory,
    choices: tokio::sync::Mutex<crate::choices::Known>,
}

/// One value of a type of the adapter's own, made on first use.
#[derive(Default)]
pub struct Memory(parking_lot::Mutex<Option<Arc<dyn std::any::Any + Send + Sync>>>);

impl Session {
    pub fn new(
        account: AccountId,
        label: String,
        settings: Settings,
        secrets: Arc<dyn SecretStore>,
        http: crate::http::Http,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                account,
                label: RwLock::new(label.into()),
                settings: RwLock::new(Arc::new(settings)),
                secrets,
                http: RwLock::new(http),
                memory: Memory::default(),
                choices: tokio::sync::Mutex::default(),
            }),
        }
    }
    pub fn account(&self) -> AccountId {
        self.inner.account
    }
    /// The user's name for the account, as it is now.
    pub fn label(&self) -> Arc<str> {
        self.inner.label.read().clone()
    }
    pub fn rename(&self, label: &str) {
        *self.inner.label.write() = label.into();
    }
    /// As connections are made from now on.
    pub fn http(&self) -> crate::http::Http {
        self.inner.http.read().clone()
    }
    /// What is asked next takes another way; what is under way keeps its own.
    pub fn connect_by(&self, http: crate::http::Http) {
        *self.inner.http.write() = http;
    }
    pub fn settings(&self) -> Arc<Settings> {
        self.inner.settings.read().clone()
    }
    /// The value of a setting, or `None` when it is unset or blank.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.settings()
            .get(name)
            .filter(|v| !v.trim().is_empty())
            .cloned()
    }
    pub async fn secret(&self, name: &str) -> Result<Option<SecretString>> {
        self.inner.secrets.get(self.inner.account, name).await
    }
    pub async fn set_secrets(&self, values: Vec<(String, SecretString)>) -> Result<()> {
        self.inner.secrets.set(self.inner.account, values).await
    }
    pub(crate) fn choices(&self) -> &tokio::sync::Mutex<crate::choices::Known> {
        &self.inner.choices
    }
    /// The adapter's own memory for this account.
    pub fn memory<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut slot = self.inner.memory.0.lock();
        if let Some(Ok(found)) = slot.clone().map(Arc::downcast::<T>) {
            return found;
        }
        let made = Arc::new(T::default());
        *slot = Some(made.clone());
        made
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({} {:?})", self.inner.account, self.label())
    }
}
