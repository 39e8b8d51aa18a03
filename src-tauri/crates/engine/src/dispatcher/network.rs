//! What the link allows: uploads that may not use it stop at once, and go on by themselves when it opens.
//!
//! Invariant: nothing that leaves this machine is started over a closed link; only a submission under way is allowed to end.

use super::Dispatcher;
use crate::{clock::now_ms, happening::What};
use slipway_model::{AccountId, Effect, Link, UploadId, Wait, network::Rule};
use slipway_platforms::http::of_the_way;
use slipway_store::Note;
use std::{collections::HashSet, sync::atomic::Ordering::Relaxed};

impl Dispatcher {
    /// The link is another, or costs otherwise.
    pub(super) async fn link_is(&mut self, link: Link) {
        tracing::info!(
            online = link.online, kind = ?link.kind, metered = ?link.metered, by = ?link.told_by,
            "the link"
        );
        self.count_link().await;
        self.guard.keep_count(true).await; // for the networks that it went over
        if self.guard.saw(link) {
            // What is in flight is on the old way: it is cut and sent again over the new one.
            self.stop_remote(|_| true).await;
            self.tools.caps.line_changed();
        }
        self.weigh().await;
    }

    /// These accounts connect otherwise: what they send is cut and sent again by the new way, and nothing waits for the old one to mend.
    pub(super) async fn way_is_another(&mut self, accounts: &[AccountId]) {
        let active = self.state.active.iter();
        let of_them = active.filter(|(_, active)| accounts.contains(&active.upload.account));
        let of_them: HashSet<_> = of_them.map(|(id, _)| *id).collect();
        self.stop_remote(|id| of_them.contains(&id)).await;
        // What the platforms asked for is waited for all the same.
        let is_of_the_way = |wait: Option<Wait>| match wait {
            Some(Wait::Retry { cause, .. }) => of_the_way(&cause.code),
            _ => false,
        };
        let (board, now) = (&self.board, now_ms());
        for (account, until) in &mut self.state.blocked {
            if is_of_the_way(board.account_wait_of(*account)) {
                *until = until.map(|_| now);
            }
        }
        for (id, until) in &mut self.state.waiting {
            if is_of_the_way(board.own_wait_of(*id)) {
                *until = until.map(|_| now);
            }
        }
    }

    /// Takes note of what has gone over the link; when that is all for today, it stops at once.
    pub(super) async fn count_link(&mut self) {
        let bytes = self.tools.link_wire.swap(0, Relaxed);
        if bytes > 0 && self.guard.spent(bytes) {
            self.weigh().await;
        }
        self.guard.keep_count(false).await;
    }

    /// Decides again: after a change of link, of rules or of exceptions.
    pub(super) async fn weigh(&mut self) {
        let cap = match self.guard.verdict(None).rule {
            Rule::Cap { bytes_per_second } => Some(bytes_per_second),
            _ => None,
        };
        self.tools.caps.set_network(cap);
        let guard = self.guard.clone();
        self.stop_remote(|id| !guard.verdict(Some(id)).rule.lets_pass())
            .await;
        self.tell_of_the_link().await;
        self.state.admit = true;
    }

    /// Stops uploads over the net that are `meant`; the others of their accounts wait with them.
    async fn stop_remote(&mut self, meant: impl Fn(UploadId) -> bool) {
        let stopped: Vec<_> = self
            .state
            .active
            .iter()
            .filter(|(id, active)| {
                active.job.account.platform.spec().remote
                    && active.upload.effect() != Effect::Commit
                    && meant(**id)
            })
            .map(|(id, active)| (*id, active.upload.effect()))
            .collect();
        let wait = self.guard.wait();
        for (id, effect) in stopped {
            if let Some(wait) = &wait
                && effect != Effect::Watch
            {
                let note = Note::new("waiting").with("reason", wait.reason());
                if let Err(error) = self.store.timeline_add(id, note, now_ms()).await {
                    tracing::warn!(%error, "the timeline cannot be written");
                }
                self.happened(
                    &self.state.active[&id],
                    What::Waiting { wait: wait.clone() },
                );
            }
            self.interrupted(id, None).await;
            if effect == Effect::Watch {
                self.state.watching.insert((now_ms(), id));
            }
        }
    }

    /// Accounts whose bytes would leave this machine, while none may.
    pub(super) async fn kept_off(&self) -> Vec<AccountId> {
        if self.is_open() {
            return Vec::new();
        }
        let accounts = self.store.accounts().await.unwrap_or_default();
        let is_remote = |platform: &str| {
            slipway_platforms::registry::find(platform).is_some_and(|known| known.spec().remote)
        };
        let remote = accounts.into_iter().filter(|one| is_remote(&one.platform));
        remote.map(|one| one.id).collect()
    }

    /// Whether an upload waits for the link.
    pub(super) async fn any_kept_off(&self) -> bool {
        let off = self.kept_off().await;
        self.store.any_unfinished_of(&off).await.unwrap_or(false)
    }

    pub(super) fn is_open(&self) -> bool {
        self.guard.is_open(None)
    }

    pub(super) fn is_open_to(&self, id: UploadId) -> bool {
        self.guard.is_open(Some(id))
    }

    /// Whether a work is to be looked at now, and may be over this link.
    pub(super) fn may_watch(&self, now: i64) -> bool {
        let mut due = self.state.watching.iter().take_while(|(at, _)| *at <= now);
        due.any(|(_, id)| self.is_open_to(*id))
    }

    /// When a work is to be looked at next. Over a closed link, what is overdue waits until it opens.
    pub(super) fn next_watch_ms(&self, now: i64) -> Option<i64> {
        let mut watching = self.state.watching.iter();
        let next = if self.is_open() {
            watching.next()
        } else {
            watching.find(|(at, id)| *at > now && self.is_open_to(*id))
        };
        next.map(|(at, _)| *at)
    }

    /// Uploads that may go although the link is closed to others.
    pub(super) fn passed(&self) -> Vec<UploadId> {
        if self.is_open() || self.guard.rests_until().is_some() {
            return Vec::new();
        }
        let may = |id: &UploadId| self.guard.verdict(Some(*id)).rule.lets_pass();
        self.guard.passed().into_iter().filter(may).collect()
    }

    async fn tell_of_the_link(&self) {
        let wait: Option<Wait> = self.guard.wait();
        let off = match &wait {
            Some(_) => self.kept_off().await,
            None => Vec::new(),
        };
        self.board.kept_off(off, wait);
    }
}
