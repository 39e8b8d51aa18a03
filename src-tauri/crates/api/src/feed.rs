//! What changed, for the window: merged to ten patches a second, rows in view only.

use crate::{Api, wire::Patch};
use std::time::Duration;
use tokio::time::Instant;

/// Least time between two patches.
const PATCH_EVERY: Duration = Duration::from_millis(100);

/// One listener for each engine: it takes the changes away.
#[derive(Debug)]
pub struct PatchStream {
    api: Api,
    last: Option<Instant>,
}

impl Api {
    pub fn watch(&self) -> PatchStream {
        PatchStream {
            api: self.clone(),
            last: None,
        }
    }
}

impl PatchStream {
    /// The next patch; waits while nothing changes.
    ///
    /// # Cancellation
    /// Dropping it while it waits loses nothing.
    pub async fn next(&mut self) -> Option<Patch> {
        let api = self.api.clone();
        api.engine.board().changed().await;
        if let Some(last) = self.last {
            tokio::time::sleep_until(last + PATCH_EVERY).await;
        }
        self.last = Some(Instant::now());
        let changes = api.engine.board().take_changes();
        let ids: Vec<_> = {
            let in_view = api.in_view.lock();
            changes
                .rows
                .into_iter()
                .filter(|id| in_view.contains(id))
                .collect()
        };
        let rows = if ids.is_empty() {
            Vec::new()
        } else {
            api.engine.store().queue_rows(ids).await.unwrap_or_default()
        };
        let known = *api.counts.lock();
        let summary = match known {
            Some(counts) if !changes.queue_stale => api.summary(counts).await.ok(),
            _ => api.queue_summary(crate::wire::Empty {}).await.ok(),
        };
        Some(Patch {
            rows: rows.iter().map(|row| api.live(row)).collect(),
            summary,
            queue_stale: changes.queue_stale,
            accounts_stale: changes.accounts_stale,
            network_stale: changes.network_stale,
            watches_stale: changes.watches_stale,
            offered: Vec::new(),
        })
    }
}
