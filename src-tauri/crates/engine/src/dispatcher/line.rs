//! How many uploads run at once: in all, and for each platform.
//!
//! Always holds: a lower number stops those at the end of the queue at once, and what they have sent stays.

use super::{Active, Dispatcher};
use slipway_model::{AccountId, Effect, UploadId, line::Line};
use std::{collections::HashMap, sync::atomic::Ordering::Relaxed};

impl Dispatcher {
    pub(crate) fn take_line(&mut self, line: Line) {
        let at_once = self.most_at_once.unwrap_or(line.uploads_at_once as usize);
        self.at_once = if self.runs { at_once.clamp(1, 64) } else { 0 };
        self.tools.lanes.set(&line);
        self.tools.caps.set_headroom(line.headroom);
        self.line = line;
        self.state.admit = true;
    }

    /// Uploads that use the line, or are about to.
    pub(super) fn transfers(&self) -> impl Iterator<Item = (UploadId, &Active)> {
        let active = self.state.active.iter().map(|(id, active)| (*id, active));
        active.filter(|(_, a)| {
            a.upload.effect() != Effect::Watch
                && !a.was_ready
                && !a.job.counters.resting.load(Relaxed)
        })
    }

    /// Those beyond what may run now, the last of the queue first.
    pub(super) async fn stop_surplus(&mut self) {
        let mut transfers: Vec<_> = self.transfers().collect();
        transfers.sort_by_key(|(_, active)| *active.job.counters.rank.borrow());
        let (mut all, mut of) = (0, HashMap::<&str, u32>::new());
        let mut surplus = Vec::new();
        for (id, active) in transfers {
            let name = active.job.account.account.platform.as_str();
            let most = self.line.platforms.get(name);
            let here = of.entry(name).or_default();
            let is_over = all >= self.at_once || most.is_some_and(|most| *here >= *most);
            if is_over && active.upload.stops_when_held() {
                surplus.push(id);
            } else {
                all += 1;
                *here += 1;
            }
        }
        for id in surplus {
            self.interrupted(id, None).await; // what has landed stays
        }
    }

    /// Accounts of platforms that have as many uploads under way as they may.
    pub(super) async fn crowded(&self) -> Vec<AccountId> {
        let full = |name: &str| {
            let most = self.line.platforms.get(name);
            let of = |active: &Active| active.job.account.account.platform == name;
            most.is_some_and(|most| {
                self.transfers().filter(|(_, a)| of(a)).count() >= *most as usize
            })
        };
        if !self.line.platforms.keys().any(|name| full(name)) {
            return Vec::new();
        }
        let accounts = self.store.accounts().await.unwrap_or_default();
        let crowded = accounts.into_iter().filter(|one| full(&one.platform));
        crowded.map(|one| one.id).collect()
    }
}
