//! Accounts that wait, with all their uploads.

use super::Dispatcher;
use crate::clock::now_ms;
use slipway_model::{AccountId, Health, HealthState, Wait};

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
