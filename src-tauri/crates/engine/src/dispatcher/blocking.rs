//! Accounts that wait, with all their uploads, and the key they may wait for.

use super::{Dispatcher, KEY_WAIT, Order};
use crate::{clock::now_ms, seal::Sealer};
use slipway_model::{AccountId, Cause, ErrorKind, Health, HealthState, Wait};
use slipway_platforms::{Error, Result};

impl Dispatcher {
    pub(super) fn block(&mut self, account: AccountId, until: Option<i64>, wait: Wait) {
        self.state.blocked.insert(account, until);
        self.board.account_wait(account, Some(wait));
    }

    pub(super) fn unblock(&mut self, account: AccountId) {
        if self.state.blocked.remove(&account).is_some() {
            self.board.account_wait(account, None);
        }
        self.state.admit = true;
    }

    /// The key that seals tickets. When the keychain takes its time, the account waits and everything else goes on.
    pub(super) async fn sealer(&self, account: AccountId) -> Result<Sealer> {
        if let Ok(sealer) = tokio::time::timeout(KEY_WAIT, self.secrets.sealer()).await {
            return sealer.cloned();
        }
        let (secrets, orders) = (self.secrets.clone(), self.own_orders.clone());
        tokio::spawn(async move {
            if secrets.sealer().await.is_ok()
                && let Some(orders) = orders.upgrade()
            {
                let _ = orders.send(Order::AccountReady(account)).await;
            }
        });
        let cause = Cause::new("secrets_unreachable");
        Err(Error::new(
            "slipway",
            "waiting for the keychain",
            ErrorKind::SecretsLocked,
            cause,
        ))
    }

    pub(super) async fn health_of(&self, account: AccountId) -> Health {
        self.store
            .account(account)
            .await
            .ok()
            .flatten()
            .map(|a| a.health)
            .unwrap_or_default()
    }

    pub(super) async fn account_is_well(&mut self, account: AccountId) {
        let health = self.health_of(account).await;
        if health.state != HealthState::Ready {
            let health = Health {
                state: HealthState::Ready,
                checked_at_ms: Some(now_ms()),
                cause: None,
                ..health
            };
            let _ = self.store.account_set_health(account, health).await;
            self.board.accounts_changed();
        }
    }
}
