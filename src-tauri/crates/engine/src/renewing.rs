//! Keeps sign-ins that renew by themselves from ending while nothing is uploaded.
//!
//! Decides when an account is looked at for that; the adapter renews what it finds ending. Always holds: an account that ends for good, or has
//! ended, is left alone: only a person can help it.

use crate::{accounts::Accounts, board::Board, clock::now_ms};
use slipway_model::{AccountId, Health, HealthState};
use slipway_store::Store;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_mins(10);
/// An account is looked at when less than this is left of its sign-in.
const LEFT_MS: i64 = 24 * 3_600_000;
/// A sign-in that lives no longer than that is not asked about at each look.
const AGAIN_MS: i64 = 6 * 3_600_000;

pub(crate) async fn renew_in_time(
    store: Store,
    accounts: Arc<Accounts>,
    board: Arc<Board>,
    stop: CancellationToken,
) {
    let mut asked = HashMap::new();
    let looks = async {
        loop {
            look(&store, &accounts, &board, &mut asked).await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    stop.run_until_cancelled(looks).await;
}

async fn look(
    store: &Store,
    accounts: &Accounts,
    board: &Board,
    asked: &mut HashMap<AccountId, i64>,
) {
    let now = now_ms();
    let known = store.accounts().await.unwrap_or_default();
    for account in known {
        if !is_due(&account.health, asked.get(&account.id).copied(), now) {
            continue;
        }
        asked.insert(account.id, now);
        let Ok(entry) = accounts.get(account.id).await else {
            continue; // its settings cannot be used: said when it is
        };
        match entry.platform.check(&entry.session).await {
            Ok(health) => {
                let health = health.after(&account.health);
                if let Err(error) = store.account_set_health(account.id, health).await {
                    tracing::warn!(%error, "the account's health cannot be kept");
                }
                board.accounts_changed();
            }
            // Not reached, or locked: looked at again in some hours, and by the next upload.
            Err(error) => {
                tracing::info!(account = %account.id, %error, "a sign-in was not renewed");
            }
        }
    }
}

fn is_due(health: &Health, asked_at_ms: Option<i64>, now_ms: i64) -> bool {
    health.state == HealthState::Ready
        && health.renews
        && health
            .valid_until_ms
            .is_some_and(|end| end - now_ms < LEFT_MS)
        && asked_at_ms.is_none_or(|at| now_ms - at >= AGAIN_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_looked_at_on_its_last_day_and_then_every_few_hours() {
        let now = 1_795_000_000_000;
        let ending = |left_ms: i64| Health {
            state: HealthState::Ready,
            renews: true,
            valid_until_ms: Some(now + left_ms),
            ..Health::default()
        };
        assert!(is_due(&ending(LEFT_MS - 1), None, now));
        assert!(is_due(&ending(-1), None, now), "over, and still renewable");
        assert!(!is_due(&ending(LEFT_MS), None, now));
        assert!(!is_due(&ending(1), Some(now - AGAIN_MS + 1), now));
        assert!(is_due(&ending(1), Some(now - AGAIN_MS), now));
        let for_good = Health {
            renews: false,
            ..ending(1)
        };
        assert!(!is_due(&for_good, None, now));
        let over = Health {
            state: HealthState::SignedOut,
            ..ending(1)
        };
        assert!(!is_due(&over, None, now));
        let endless = Health {
            valid_until_ms: None,
            ..ending(1)
        };
        assert!(!is_due(&endless, None, now));
    }
}
