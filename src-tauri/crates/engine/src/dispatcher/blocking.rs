//! Accounts that wait, with all their uploads, and the key they may wait for.

use super::{Dispatcher, KEY_WAIT, Order};
use crate::{clock::now_ms, happening::What, seal::Sealer};
use slipway_model::{AccountId, Cause, ErrorKind, Health, HealthState, UploadId, Wait};
use slipway_platforms::{Error, Result};
use slipway_store::Note;

impl Dispatcher {
    pub(super) fn block(&mut self, account: AccountId, until: Option<i64>, wait: Wait) {
        self.state.blocked.insert(account, until);
        self.board.account_wait(account, Some(wait));
    }

    /// One upload met what keeps all of its account, and steps back. It is told once, whichever of them meets it again.
    pub(super) async fn account_waits(
        &mut self,
        id: UploadId,
        account: AccountId,
        until: Option<i64>,
        wait: Wait,
    ) {
        let known = self.board.account_wait_of(account);
        let is_new = known.is_none_or(|known| known.reason() != wait.reason());
        self.block(account, until, wait.clone());
        if is_new {
            let note = Note::new("waiting").with("reason", wait.reason());
            if let Err(error) = self.store.timeline_add(id, note, now_ms()).await {
                tracing::warn!(%error, "the timeline cannot be written");
            }
            self.happened(&self.state.active[&id], What::Waiting { wait });
        }
        // The account's wait stands for it; the upload itself waits for nothing else.
        self.interrupted(id, None).await;
        self.state.waiting.remove(&id);
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
        if health.state != HealthState::Ready || health.cause.is_some() {
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
