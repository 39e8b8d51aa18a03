//! The rest of the whole queue until a time, as its user set it: kept over a restart.

use crate::clock::now_ms;
use slipway_store::{Store, StoreError};

const RESTS_UNTIL: &str = "rests_until_ms";

/// What is over, or cannot be read, keeps nothing from moving.
pub(crate) async fn recall(store: &Store) -> Option<i64> {
    let kept = store.setting(RESTS_UNTIL).await.ok().flatten();
    kept.and_then(|until| until.parse().ok())
        .filter(|until| *until > now_ms())
}

pub(crate) async fn keep(store: &Store, until_ms: Option<i64>) -> Result<(), StoreError> {
    let value = until_ms.map(|until| until.to_string());
    store.setting_set(RESTS_UNTIL, value).await
}
