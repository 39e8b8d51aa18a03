//! Times and groups: what may not start yet, whose bytes may not move at this hour, and what is ready and waits to be submitted.
//!
//! Waits are until moments of the wall clock and are looked at again every few seconds, so that neither a sleep nor a clock that is set makes one too
//! long. Invariants: what is kept as ready is submitted only when its time has come by a clock that is believed, or a person lets it go; a group is
//! let go on disk before the first of it is submitted, so that a crash in between holds none of them back.

use super::{Dispatcher, READ_AGAIN_MS};
use crate::{
    accounts::Entry,
    clock::now_ms,
    hours::{Now, UploadHours, zone},
};
use slipway_model::{
    Effect, Event, Intent, Manuscript, Ticket, Upload, UploadId, Wait,
    times::{self, Clocks, SETTLES},
    together,
};
use slipway_store::{NextQuery, OpenNow, StoreError, StoredUpload};
use std::collections::{BTreeSet, HashMap};
use tokio::{sync::oneshot, time::Instant};

/// When an upload may be begun and submitted.
#[derive(Debug, Clone, Default)]
pub(super) struct Timing {
    /// Not to be submitted before.
    publish_at_ms: Option<i64>,
    /// Not to be begun before, since its bytes would not be kept for so long.
    begins_at_ms: Option<i64>,
    /// Its last byte publishes it: it waits before it is sent.
    is_public_at_once: bool,
    together: Option<UploadId>,
    ready: bool,
    pub(super) let_go: bool,
}

impl Timing {
    pub(super) fn of(stored: &StoredUpload, manuscript: &Manuscript, account: &Entry) -> Self {
        let spec = account.platform.spec();
        // What cannot be read was refused when it was written.
        let publish_at_ms = times::publish_at(spec, &manuscript.fields).unwrap_or_default();
        let kept_s = account.limits.unpublished_s;
        Self {
            publish_at_ms,
            begins_at_ms: publish_at_ms.and_then(|at| times::begins_after(at, kept_s)),
            is_public_at_once: kept_s == Some(0),
            together: stored.together,
            ready: stored.ready,
            let_go: stored.let_go,
        }
    }

    pub(super) fn holds_back(&self) -> bool {
        !self.let_go && (self.publish_at_ms.is_some() || self.together.is_some())
    }
}

/// What the dispatcher knows of times.
pub(crate) struct Times {
    began: Instant,
    clocks: Clocks,
    hours: UploadHours,
    /// Uploads that are ready and wait, with their groups.
    ready: HashMap<UploadId, Option<UploadId>>,
    /// Of these, those to be started now.
    due: BTreeSet<UploadId>,
    /// When a start or an hour of the day comes next.
    next_ms: Option<i64>,
    /// Whether anything starts at a time.
    starts: bool,
    /// Whether all may move at this hour.
    is_open: bool,
    /// All rests until then, by hand.
    rests_until_ms: Option<i64>,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            clocks: Clocks::default(),
            hours: UploadHours::default(),
            ready: HashMap::new(),
            due: BTreeSet::new(),
            next_ms: None,
            starts: false,
            is_open: true,
            rests_until_ms: None,
        }
    }
}

impl Times {
    /// Takes the clocks. `true`: the wall clock was set back.
    pub(super) fn look(&mut self, now_ms: i64) -> bool {
        self.clocks.look(self.began.elapsed(), now_ms)
    }

    fn sure_ms(&self, now_ms: i64) -> i64 {
        self.clocks.sure_ms(self.began.elapsed(), now_ms)
    }

    /// When something comes that no single upload waits for.
    pub(super) fn due(&self) -> Option<i64> {
        self.next_ms
    }

    /// It is not ready any more, or is gone.
    pub(super) fn forget(&mut self, id: UploadId) {
        self.ready.remove(&id);
    }

    /// The time that a ready upload waited for has come.
    pub(super) fn is_due(&mut self, id: UploadId) {
        if self.ready.remove(&id).is_some() {
            self.due.insert(id);
        }
    }
}

/// Why an upload may not be submitted now, and when to look again.
type Closed = (Wait, Option<i64>);

impl Dispatcher {
    /// What a new start finds: hours, and uploads that were ready.
    pub(super) async fn recall_times(&mut self) {
        self.state.times.look(now_ms());
        self.recall_hours().await;
        self.rest(crate::rest::recall(&self.store).await);
        match self.store.uploads_ready().await {
            Ok(ids) => self.state.times.due = ids.into_iter().collect(),
            // They are found again among the others.
            Err(error) => tracing::error!(%error, "what is ready cannot be read"),
        }
    }

    pub(super) async fn recall_hours(&mut self) {
        match UploadHours::read(&self.store).await {
            Ok(hours) => self.state.times.hours = hours,
            Err(error) => tracing::error!(%error, "upload hours cannot be read"),
        }
    }

    /// No bytes move until then.
    pub(super) fn rest(&mut self, until_ms: Option<i64>) {
        self.state.times.rests_until_ms = until_ms;
        self.board.set_rest(until_ms);
        self.state.admit = true;
    }

    /// Until when all rests. What is over is forgotten.
    fn rests_until_ms(&mut self, now: i64) -> Option<i64> {
        let until_ms = self.state.times.rests_until_ms?;
        if until_ms <= now {
            self.rest(None);
            return None;
        }
        Some(until_ms)
    }

    /// Whose bytes may move now. Those that may not are stopped.
    pub(super) async fn look_at_times(&mut self) -> OpenNow {
        let now = now_ms();
        let Now {
            present,
            mut open,
            shut,
            changes_ms,
        } = self.state.times.hours.look(now, &zone());
        self.tools.caps.set_present(present);
        let rests_until_ms = self.rests_until_ms(now);
        if rests_until_ms.is_some() {
            open = OpenNow {
                most: false,
                others: HashMap::new(),
            };
        }
        let starts = match self.store.next_start_ms(now).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "the next start cannot be read");
                Some(now + READ_AGAIN_MS)
            }
        };
        self.state.times.next_ms = starts
            .into_iter()
            .chain(changes_ms)
            .chain(rests_until_ms)
            .min();
        self.state.times.starts = starts.is_some();
        self.state.times.is_open = shut.ends_ms().is_none() && rests_until_ms.is_none();
        self.board.set_times(starts, shut);
        let stopped: Vec<_> = self
            .state
            .active
            .iter()
            .filter(|(_, a)| a.upload.stops_when_held() && !open.is_open(a.upload.account))
            .map(|(id, _)| *id)
            .collect();
        for id in stopped {
            self.interrupted(id, None).await; // what has landed stays
        }
        open
    }

    /// Whether something waits for its time or its hour, and moves by itself then.
    pub(super) async fn waits_for_a_time(&self) -> bool {
        if self.state.times.starts || self.state.times.is_open {
            return self.state.times.starts;
        }
        let query = NextQuery {
            busy: self.state.waiting.keys().copied().collect(),
            blocked_accounts: self.state.blocked.keys().copied().collect(),
            limit: 1,
            now_ms: now_ms(),
            hours: OpenNow::default(),
        };
        let found = self.store.uploads_next(query).await;
        found.is_ok_and(|found| !found.is_empty())
    }

    /// Lets whole groups go that have become ready, and starts what may be submitted now.
    pub(super) async fn admit_ready(&mut self) {
        let groups: BTreeSet<_> = self.state.times.ready.values().flatten().copied().collect();
        for group in groups {
            let ready: Vec<_> = self
                .state
                .times
                .ready
                .iter()
                .filter(|(_, of)| **of == Some(group))
                .map(|(id, _)| *id)
                .collect();
            let Some(&first) = ready.first() else {
                continue;
            };
            match self.closed(first).await {
                Ok(None) => self.may_go(&ready),
                Ok(Some((wait, until))) => {
                    for id in ready {
                        self.state.waiting.insert(id, until);
                        self.board.wait(id, Some(wait.clone()));
                    }
                }
                Err(error) => self.store_failed(first, &error),
            }
        }
        if self.at_once == 0 {
            // The queue is only looked at, and says why these wait.
            for id in std::mem::take(&mut self.state.times.due) {
                if let Ok(Some((wait, _))) = self.closed(id).await {
                    self.board.wait(id, Some(wait));
                }
            }
            return;
        }
        while let Some(id) = self.state.times.due.pop_first() {
            if !self.state.active.contains_key(&id) && !self.state.waiting.contains_key(&id) {
                self.start(id, true).await;
            }
        }
    }

    fn may_go(&mut self, ids: &[UploadId]) {
        for &id in ids {
            self.state.waiting.remove(&id);
            self.board.wait(id, None);
            self.state.times.is_due(id);
        }
        self.state.admit = true;
    }

    /// Why an upload that is ready may not be submitted now; `None` when it may, and then all of its group may, from now on.
    async fn closed(&self, id: UploadId) -> Result<Option<Closed>, StoreError> {
        let Some(stored) = self.store.upload(id).await? else {
            return Ok(None);
        };
        if stored.let_go {
            return Ok(None);
        }
        let mut ids = vec![id];
        if let Some(group) = stored.together {
            let members = self.store.together(group).await?;
            if let Some(wait) = together::waits_for(&members) {
                return Ok(Some((wait, None)));
            }
            ids = members.into_iter().map(|member| member.id).collect();
        }
        let mut publish_at_ms = None;
        for &id in &ids {
            publish_at_ms = publish_at_ms.max(self.publish_at(id).await?);
        }
        let now = now_ms();
        if let Some(until_ms) = publish_at_ms
            && self.state.times.sure_ms(now) < until_ms
        {
            // When the clock has only just jumped over it, that is looked at again once the clock has settled.
            let again_ms = until_ms.max(now + SETTLES.as_millis() as i64);
            let look_ms = if until_ms > now { until_ms } else { again_ms };
            return Ok(Some((Wait::PublishAt { until_ms }, Some(look_ms))));
        }
        if stored.together.is_some() {
            self.store.uploads_let_go(ids, now).await?;
        }
        Ok(None)
    }

    async fn publish_at(&self, id: UploadId) -> Result<Option<i64>, StoreError> {
        let Some(stored) = self.store.upload(id).await? else {
            return Ok(None);
        };
        let manuscript = self.store.manuscript(stored.manuscript).await?;
        let fields = manuscript.map(|m| m.fields).unwrap_or_default();
        Ok(match self.accounts.get(stored.account).await {
            Ok(entry) => times::publish_at(entry.platform.spec(), &fields).unwrap_or_default(),
            // It cannot be submitted itself, and its time still holds for its group.
            Err(_) => fields
                .get(times::PUBLISH_AT)
                .and_then(|at| times::moment(at).ok()),
        })
    }

    /// As it is now; `None` when it was removed.
    async fn timing(&self, id: UploadId, account: &Entry) -> Result<Option<Timing>, StoreError> {
        let Some(stored) = self.store.upload(id).await? else {
            return Ok(None);
        };
        let manuscript = self.store.manuscript(stored.manuscript).await?;
        Ok(manuscript.map(|manuscript| Timing::of(&stored, &manuscript, account)))
    }

    /// A worker has done all before the public act: it goes on, or what it did is kept and it waits.
    pub(super) async fn is_ready(
        &mut self,
        id: UploadId,
        ticket: Ticket,
        due: oneshot::Sender<()>,
    ) {
        let Some(active) = self.state.active.get(&id) else {
            return;
        };
        if active.let_go {
            let _ = due.send(());
            return;
        }
        let (intent, account) = (active.upload.intent, active.job.account.clone());
        let timing = match self.timing(id, &account).await {
            Ok(Some(timing)) => timing,
            Ok(None) => return,
            Err(error) => return self.store_failed(id, &error),
        };
        if !timing.holds_back() {
            let _ = due.send(());
            return;
        }
        // Kept before anyone counts on it.
        self.apply(id, Event::Stepped { ticket }, Vec::new()).await;
        if !self.state.active.contains_key(&id) {
            return;
        }
        if let Err(error) = self.store.upload_ready(id, now_ms()).await {
            return self.store_failed(id, &error);
        }
        match self.closed(id).await {
            Ok(None) if intent == Intent::Run => {
                let _ = due.send(());
                self.state.admit = true; // the others of its group go with it
            }
            Ok(closed) => self.waits_ready(id, timing.together, closed).await,
            Err(error) => self.store_failed(id, &error),
        }
    }

    async fn waits_ready(&mut self, id: UploadId, group: Option<UploadId>, closed: Option<Closed>) {
        let is_active = self.state.active.contains_key(&id);
        let (wait, until) = closed.map_or((None, None), |(wait, until)| (Some(wait), until));
        if is_active {
            self.interrupted(id, wait.clone().map(|wait| (wait, until)))
                .await;
        }
        self.state.waiting.insert(id, until);
        self.board.wait(id, wait);
        self.state.times.ready.insert(id, group);
        self.state.admit = true;
    }

    /// Whether an upload that is about to be started must wait for a time or for others; then it does.
    pub(super) async fn must_wait(
        &mut self,
        id: UploadId,
        upload: &Upload,
        timing: &Timing,
    ) -> bool {
        self.state.times.ready.remove(&id);
        let commits = upload.effect() == Effect::Commit;
        if upload.effect() == Effect::Watch || !timing.holds_back() {
            return false;
        }
        let now = now_ms();
        if !commits
            && !timing.is_public_at_once
            && let Some(until_ms) = timing.begins_at_ms
            && now < until_ms
        {
            self.state.waiting.insert(id, Some(until_ms));
            self.board.wait(id, Some(Wait::StartAt { until_ms }));
            return true;
        }
        let at_gate = if commits {
            timing.ready
        } else {
            timing.is_public_at_once
        };
        if !at_gate {
            return false;
        }
        if !timing.ready
            && let Err(error) = self.store.upload_ready(id, now).await
        {
            self.store_failed(id, &error);
            return true;
        }
        match self.closed(id).await {
            // On hold, it is not submitted either.
            Ok(None) if upload.intent == Intent::Run => false,
            Ok(closed) => {
                self.waits_ready(id, timing.together, closed).await;
                true
            }
            Err(error) => {
                self.store_failed(id, &error);
                true
            }
        }
    }

    pub(super) async fn start_at(&mut self, ids: Vec<UploadId>, at_ms: Option<i64>) -> u32 {
        let changed = match self.store.uploads_start_at(ids, at_ms, now_ms()).await {
            Ok(changed) => changed,
            Err(error) => {
                tracing::error!(%error, "a start could not be kept");
                return 0;
            }
        };
        for &id in &changed {
            self.board.touched(id);
            let active = self.state.active.get(&id);
            let moves = active.is_some_and(|active| active.upload.stops_when_held());
            if moves && at_ms.is_some_and(|at| at > now_ms()) {
                self.interrupted(id, None).await; // what has landed stays
            }
        }
        changed.len() as u32
    }

    pub(super) async fn let_go(&mut self, ids: Vec<UploadId>) -> u32 {
        match self.store.uploads_let_go(ids, now_ms()).await {
            Ok(changed) => {
                self.go_on(&changed);
                changed.len() as u32
            }
            Err(error) => {
                tracing::error!(%error, "what may go could not be kept");
                0
            }
        }
    }

    pub(super) async fn leave(&mut self, ids: Vec<UploadId>) -> u32 {
        match self.store.uploads_leave(ids, now_ms()).await {
            Ok(changed) => {
                self.go_on(&changed);
                changed.len() as u32
            }
            Err(error) => {
                tracing::error!(%error, "who left a group could not be kept");
                0
            }
        }
    }

    /// The manuscript's times may be others now.
    pub(super) async fn times_set(&mut self, id: UploadId) -> Result<(), StoreError> {
        if let Some(stored) = self.store.upload(id).await? {
            let ids = self.store.manuscript_uploads(stored.manuscript).await?;
            self.go_on(&ids);
        }
        Ok(())
    }

    /// Those that waited to be submitted, or for the time to be begun, are looked at again.
    pub(super) fn go_on(&mut self, ids: &[UploadId]) {
        for &id in ids {
            self.board.touched(id);
            let timed = matches!(
                self.board.wait_of(id, slipway_model::AccountId(0)),
                Some(Wait::StartAt { .. })
            );
            if timed || self.state.times.ready.contains_key(&id) {
                self.may_go(&[id]);
            }
        }
    }
}
