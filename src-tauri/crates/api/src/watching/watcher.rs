//! The one who watches: hears hints and clocks, sends others to look, and takes what is ripe. With the window closed, too.
//!
//! One task owns all folders and hears everything in one order; whatever blocks is done by others, at most one walk, one look and one search at a time
//! for each folder, so that a disk that hangs holds nobody else. While nothing happens it sleeps: one timer for all folders, no poll where the system
//! tells of files. Always holds: one file is taken at a time by one hand.

use super::{
    afterwards,
    folder::{Folder, Ready, Took},
    rules::Kept,
};
use crate::{
    Api,
    wire::{WaitingFile, WatchState},
};
use slipway_engine::{Happening, Idle, clock::now_ms, happening::What};
use slipway_model::{Cause, WatchId};
use slipway_store::{Store, StoreError, Watch};
use slipway_watch::{Found, Hint, Hints, Listener, Look, Scanned, find, look, presence, scan};
use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// A machine that slept is noticed within this time.
const WAKE_LOOK: Duration = Duration::from_secs(60);
/// What the clocks may differ by otherwise.
const WAKE_LEAP_MS: i64 = 15_000;
/// What could not be moved or thrown away is tried again.
const AFTERWARDS_AGAIN: Duration = Duration::from_secs(60);
/// Ends of uploads are gathered for so long.
const PROOF_GATHER: Duration = Duration::from_millis(500);
/// Who looks at the list is told so often at most.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What front ends want.
pub(super) enum Order {
    /// Folders or rules are others.
    Reload(oneshot::Sender<()>),
    /// Look at all of a folder now.
    Look(WatchId, oneshot::Sender<()>),
    /// Accounts or templates are others: what was refused may go.
    TryAgain,
    View(oneshot::Sender<HashMap<WatchId, Seen>>),
    Send(WatchId, Vec<u32>, oneshot::Sender<u32>),
    Skip(WatchId, Vec<u32>, oneshot::Sender<Result<u32, StoreError>>),
}

/// A folder as it is now.
pub(super) struct Seen {
    pub(super) state: WatchState,
    pub(super) last_look_ms: Option<i64>,
    pub(super) next_look_ms: i64,
    pub(super) notes: Vec<Cause>,
    pub(super) waits: Vec<WaitingFile>,
}

/// What somebody who was sent brings back.
enum Done {
    Scanned(WatchId, u64, Result<Scanned, Cause>),
    Found(WatchId, Vec<Found>),
    Looked(WatchId, Instant, Result<Vec<(PathBuf, Look)>, Cause>),
    Took(WatchId, Vec<(PathBuf, Took)>),
    /// Which folders are there.
    Present(Vec<(WatchId, Result<(), Cause>)>),
    /// Whether something is still to be tried again.
    Finished(bool),
}

pub(super) struct Watcher {
    pub(super) api: Api,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) idle: watch::Sender<Option<Idle>>,
    pub(super) stop: CancellationToken,
    store: Store,
    hints: Hints,
    listener: Listener,
    folders: BTreeMap<WatchId, Folder>,
    others: JoinSet<Done>,
    chunks: (mpsc::Sender<Chunk>, mpsc::Receiver<Chunk>),
    happenings: broadcast::Receiver<Happening>,
    engine_idle: watch::Receiver<Option<Idle>>,
    last_number: u32,
    is_taking: bool,
    /// When files are moved and thrown away, if any are.
    finish_at: Option<Instant>,
    is_finishing: bool,
    /// Disks were plugged in or pulled since folders were last looked for.
    is_moved: bool,
    is_seeking: bool,
    /// Both clocks, as they were last compared.
    clocks: (Instant, i64),
    was_quiet: bool,
    tell_at: Option<Instant>,
}

/// Files that a walk came by.
type Chunk = (WatchId, u64, Vec<Found>);

impl Watcher {
    /// Within a Tokio runtime.
    pub(super) fn new(
        api: Api,
        orders: mpsc::Receiver<Order>,
        idle: watch::Sender<Option<Idle>>,
        stop: CancellationToken,
    ) -> Self {
        let hints = Hints::new();
        Self {
            store: api.engine.store().clone(),
            happenings: api.engine.happenings(),
            engine_idle: api.engine.idle(),
            listener: hints.listener(),
            hints,
            api,
            orders,
            idle,
            stop,
            folders: BTreeMap::new(),
            others: JoinSet::new(),
            chunks: mpsc::channel(4),
            last_number: 0,
            is_taking: false,
            finish_at: Some(Instant::now()),
            is_finishing: false,
            is_moved: false,
            is_seeking: false,
            clocks: (Instant::now(), now_ms()),
            was_quiet: false,
            tell_at: None,
        }
    }

    pub(super) async fn run(mut self) {
        self.reload().await;
        let stop = self.stop.clone();
        loop {
            self.begin();
            self.tell_if_idle().await;
            let next = self.next().map(tokio::time::Instant::from_std);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                happening = self.happenings.recv() => self.hear(happening),
                Some((id, number, found)) = self.chunks.1.recv() => self.news(id, Some(number), found).await,
                Some(done) = self.others.join_next() => {
                    if let Ok(done) = done {
                        self.is_done(done).await;
                    }
                }
                Some(order) = self.orders.recv() => self.obey(order).await,
                hints = self.hints.next() => self.hint(hints),
                Ok(()) = self.engine_idle.changed() => {}
                () = sleep_until(next) => {}
            }
            self.compare_clocks();
            self.tell();
        }
        for folder in self.folders.values_mut() {
            folder.end_walks();
        }
        drop(self.chunks);
        self.others.shutdown().await;
    }

    /// When there is something to do although nothing happens.
    fn next(&self) -> Option<Instant> {
        if self.folders.is_empty() && self.finish_at.is_none() {
            return self.tell_at;
        }
        let folders = self.folders.values().filter_map(Folder::next);
        let finish = self.finish_at.filter(|_| !self.is_finishing);
        let wake = self.clocks.0 + WAKE_LOOK;
        folders
            .chain(finish)
            .chain(self.tell_at)
            .chain([wake])
            .min()
    }

    /// A machine that slept looks at everything afresh.
    fn compare_clocks(&mut self) {
        let (now, wall) = (Instant::now(), now_ms());
        if now < self.clocks.0 + WAKE_LOOK && wall >= self.clocks.1 {
            return;
        }
        let went = now.duration_since(self.clocks.0).as_millis() as i64;
        let leapt = wall - self.clocks.1 - went;
        self.clocks = (now, wall);
        if leapt > WAKE_LEAP_MS {
            tracing::info!(
                leapt_ms = leapt,
                "the clock leapt: all folders are looked at"
            );
            let folders = self.folders.values_mut();
            folders.for_each(|folder| folder.scan_soon(now));
        }
    }

    // What is set going

    fn begin(&mut self) {
        let now = Instant::now();
        for (id, folder) in &mut self.folders {
            if let Some((number, stop)) = folder.begin_scan(now) {
                let (root, mount) = (folder.watch.path.clone(), folder.watch.mount.clone());
                let (matcher, except) = (
                    folder.matcher.clone(),
                    folder.kept.except().map(Path::to_owned),
                );
                let (id, chunks, listener) = (*id, self.chunks.0.clone(), self.listener.clone());
                self.others.spawn_blocking(move || {
                    let ended = presence(&root, &mount).and_then(|()| {
                        let heard = Some((&listener, id.0));
                        let tell = |found| {
                            if stop.load(Relaxed)
                                || chunks.blocking_send((id, number, found)).is_err()
                            {
                                return ControlFlow::Break(());
                            }
                            ControlFlow::Continue(())
                        };
                        let (root, except) = (root.as_path(), except.as_deref());
                        let scanned =
                            scan(root, Path::new(""), &matcher, except, heard, now_ms(), tell);
                        // What went away under the walk was not looked at.
                        presence(root, &mount).map(|()| scanned)
                    });
                    Done::Scanned(id, number, ended)
                });
            }
            if let Some((files, folders)) = folder.begin_finding(now) {
                let (root, matcher) = (folder.watch.path.clone(), folder.matcher.clone());
                let except = folder.kept.except().map(Path::to_owned);
                let (id, listener) = (*id, self.listener.clone());
                self.others.spawn_blocking(move || {
                    let mut found = find(&root, &matcher, files, now_ms());
                    for folder in folders {
                        let heard = Some((&listener, id.0));
                        scan(
                            &root,
                            &folder,
                            &matcher,
                            except.as_deref(),
                            heard,
                            now_ms(),
                            |more| {
                                found.extend(more);
                                ControlFlow::Continue(())
                            },
                        );
                    }
                    Done::Found(id, found)
                });
            }
            let asks = folder.begin_looking(now);
            if !asks.is_empty() {
                let (root, mount) = (folder.watch.path.clone(), folder.watch.mount.clone());
                let id = *id;
                self.others.spawn_blocking(move || {
                    let at = Instant::now();
                    let looks = look(&root, &asks);
                    // Files of a disk that was pulled are not gone.
                    let is_there = if looks.contains(&Look::Gone) {
                        presence(&root, &mount)
                    } else {
                        Ok(())
                    };
                    let paths = asks.into_iter().map(|ask| ask.path);
                    Done::Looked(id, at, is_there.map(|()| paths.zip(looks).collect()))
                });
            }
        }
        self.begin_taking();
        self.begin_finishing(now);
        self.begin_seeking();
    }

    /// Asks of each folder only whether it is there: mounts change often where containers run, and most are nobody's here.
    fn begin_seeking(&mut self) {
        if self.is_seeking || !std::mem::take(&mut self.is_moved) {
            return;
        }
        let folders = self.folders.iter();
        let places: Vec<_> = folders
            .map(|(id, folder)| (*id, folder.watch.path.clone(), folder.watch.mount.clone()))
            .collect();
        self.is_seeking = true;
        self.others.spawn_blocking(move || {
            let seek = |(id, root, mount): (_, PathBuf, PathBuf)| (id, presence(&root, &mount));
            Done::Present(places.into_iter().map(seek).collect())
        });
    }

    fn begin_taking(&mut self) {
        if self.is_taking {
            return;
        }
        for (id, folder) in &mut self.folders {
            let ready: Vec<Ready> = folder.begin_taking();
            if ready.is_empty() {
                continue;
            }
            let (api, id) = (self.api.clone(), *id);
            let (watch, kept) = (folder.watch.clone(), folder.kept.clone());
            self.is_taking = true;
            self.others
                .spawn(async move { Done::Took(id, api.take_ripe(&watch, &kept, ready).await) });
            return;
        }
    }

    fn begin_finishing(&mut self, now: Instant) {
        if self.is_finishing || self.finish_at.is_none_or(|at| now < at) {
            return;
        }
        (self.is_finishing, self.finish_at) = (true, None);
        let store = self.store.clone();
        let of = |folder: &Folder| {
            let place = (folder.watch.path.clone(), folder.watch.mount.clone());
            (place, folder.kept.afterwards.clone())
        };
        let wishes: HashMap<_, _> = self
            .folders
            .iter()
            .map(|(id, folder)| (*id, of(folder)))
            .collect();
        self.others.spawn(async move {
            let finished = async {
                store.watch_proven().await?;
                let due = store.watch_due().await?;
                for taken in due {
                    if let Some((place, wish)) = wishes.get(&taken.watch).cloned() {
                        afterwards::finish(&store, taken, place, wish).await?;
                    }
                }
                store.watch_due().await.map(|left| !left.is_empty())
            };
            let left: Result<bool, StoreError> = finished.await;
            Done::Finished(left.unwrap_or_else(|error| {
                tracing::warn!(%error, "what becomes of files could not be kept");
                true
            }))
        });
    }

    // What is heard

    async fn is_done(&mut self, done: Done) {
        let now = Instant::now();
        match done {
            Done::Scanned(id, number, ended) => {
                // What it told before it ended is heard first.
                while let Ok((id, number, found)) = self.chunks.1.try_recv() {
                    self.news(id, Some(number), found).await;
                }
                if let Some(folder) = self.folders.get_mut(&id) {
                    if ended.is_err() {
                        self.listener.forget(id.0);
                    }
                    folder.end_scan(number, ended, now);
                }
            }
            Done::Found(id, found) => {
                self.news(id, None, found).await;
                if let Some(folder) = self.folders.get_mut(&id) {
                    folder.end_finding();
                }
            }
            Done::Looked(id, at, looks) => match (self.folders.get_mut(&id), looks) {
                (Some(folder), Ok(looks)) => folder.end_looking(looks, at),
                (Some(folder), Err(cause)) => {
                    folder.end_looking(Vec::new(), at);
                    folder.is_gone(cause, now);
                }
                (None, _) => {}
            },
            Done::Took(id, ends) => {
                self.is_taking = false;
                if let Some(folder) = self.folders.get_mut(&id) {
                    folder.end_taking(ends, now);
                }
            }
            Done::Present(folders) => {
                self.is_seeking = false;
                for (id, there) in folders {
                    let Some(folder) = self.folders.get_mut(&id) else {
                        continue;
                    };
                    match there {
                        Ok(()) if folder.is_away().is_some() => folder.scan_soon(now),
                        Ok(()) => {}
                        Err(cause) => {
                            self.listener.forget(id.0);
                            folder.is_gone(cause, now);
                        }
                    }
                }
            }
            Done::Finished(again) => {
                self.is_finishing = false;
                if again {
                    let at = now + AFTERWARDS_AGAIN;
                    self.finish_at = Some(self.finish_at.map_or(at, |known| known.min(at)));
                }
            }
        }
        self.changed();
    }

    /// Of what was found, what nobody knows waits from now on.
    async fn news(&mut self, id: WatchId, scan: Option<u64>, found: Vec<Found>) {
        let now = Instant::now();
        let Some(folder) = self.folders.get_mut(&id) else {
            return;
        };
        if scan.is_some_and(|number| !folder.is_scan(number)) {
            return;
        }
        let news = folder.news(found, scan, now);
        if news.is_empty() {
            return;
        }
        match self.store.watch_unknown(id, news).await {
            Ok(new) => {
                folder.add(new, &mut self.last_number, now);
                self.changed();
            }
            Err(error) => {
                tracing::warn!(%error, "what is known of files cannot be read");
                folder.scan_soon(now + AFTERWARDS_AGAIN);
            }
        }
    }

    fn hint(&mut self, hints: Vec<Hint>) {
        let now = Instant::now();
        for hint in hints {
            let (key, path, is_folder) = match hint {
                Hint::Lost => {
                    let folders = self.folders.values_mut();
                    folders.for_each(|folder| folder.scan_soon(now));
                    continue;
                }
                Hint::Root { key } => {
                    if let Some(folder) = self.folders.get_mut(&WatchId(key)) {
                        folder.end_walks();
                        folder.scan_soon(now);
                    }
                    continue;
                }
                Hint::Mounts => {
                    self.is_moved = true;
                    continue;
                }
                Hint::File { key, path } => (key, path, false),
                Hint::Folder { key, path } => (key, path, true),
            };
            let Some(folder) = self.folders.get_mut(&WatchId(key)) else {
                continue;
            };
            if is_folder {
                folder.hint_folder(path, now);
            } else {
                folder.hint_file(path, now);
            }
        }
    }

    fn hear(&mut self, happening: Result<Happening, broadcast::error::RecvError>) {
        let may_prove = match happening {
            Ok(happening) => matches!(happening.what, What::Published { .. }),
            Err(broadcast::error::RecvError::Lagged(_)) => true,
            Err(broadcast::error::RecvError::Closed) => false,
        };
        if may_prove {
            let at = Instant::now() + PROOF_GATHER;
            self.finish_at = Some(self.finish_at.map_or(at, |known| known.min(at)));
        }
    }

    async fn obey(&mut self, order: Order) {
        let now = Instant::now();
        match order {
            Order::Reload(done) => {
                self.reload().await;
                let _ = done.send(());
            }
            Order::Look(id, done) => {
                if let Some(folder) = self.folders.get_mut(&id) {
                    folder.scan_soon(now);
                    self.finish_at = Some(now);
                }
                let _ = done.send(());
            }
            Order::TryAgain => {
                let folders = self.folders.values_mut();
                folders.for_each(|folder| folder.try_again(now));
            }
            Order::View(answer) => {
                // To look changes nothing: a window that looks after each change would look for ever.
                drop(answer.send(self.view()));
                return;
            }
            Order::Send(id, files, answer) => {
                let folder = self.folders.get_mut(&id);
                let sent = folder.map_or(0, |folder| folder.send_anyway(&files, now));
                let _ = answer.send(sent);
            }
            Order::Skip(id, files, answer) => {
                let _ = answer.send(self.skip(id, &files).await);
            }
        }
        self.changed();
    }

    async fn skip(&mut self, id: WatchId, files: &[u32]) -> Result<u32, StoreError> {
        let Some(folder) = self.folders.get_mut(&id) else {
            return Ok(0);
        };
        let left = folder.leave_out(files);
        let count = u32::try_from(left.len()).unwrap_or(u32::MAX);
        let done = self.store.watch_leave_out(id, left, now_ms()).await;
        if done.is_err() {
            folder.scan_soon(Instant::now());
        }
        done.map(|()| count)
    }

    /// Takes up new folders and rules; folders that are as they were go on undisturbed.
    async fn reload(&mut self) {
        let kept = match self.store.watches().await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(%error, "watched folders cannot be read");
                return;
            }
        };
        let is_kept = |id: &WatchId| kept.iter().any(|watch| watch.id == *id);
        let gone: Vec<_> = self
            .folders
            .keys()
            .copied()
            .filter(|id| !is_kept(id))
            .collect();
        for id in gone {
            self.folders.remove(&id);
            self.listener.forget(id.0);
        }
        for watch in kept {
            let known = self.folders.get_mut(&watch.id);
            if let Some(folder) = known.filter(|folder| folder.watch.rule == watch.rule) {
                folder.watch = watch;
                continue;
            }
            let id = watch.id;
            if self.folders.remove(&id).is_some() {
                self.listener.forget(id.0);
            }
            match open(watch) {
                Ok(folder) => drop(self.folders.insert(id, folder)),
                Err(cause) => {
                    tracing::error!(watch = %id, code = %cause.code, detail = %cause.detail, "a rule cannot be used");
                }
            }
        }
        // What a changed rule says of files that are due.
        self.finish_at = Some(Instant::now());
    }

    // What is told

    fn view(&self) -> HashMap<WatchId, Seen> {
        let seen = |folder: &Folder| {
            let state = match folder.is_away() {
                _ if !folder.watch.is_on => WatchState::Off,
                Some((cause, since_ms)) => WatchState::Waiting {
                    cause: cause.clone(),
                    since_ms: *since_ms,
                },
                None => WatchState::Watching,
            };
            Seen {
                state,
                last_look_ms: folder.last_look_ms,
                next_look_ms: folder.next_look_ms(),
                notes: folder.notes(),
                waits: folder.waits(),
            }
        };
        self.folders
            .iter()
            .map(|(id, folder)| (*id, seen(folder)))
            .collect()
    }

    fn changed(&mut self) {
        self.tell_at.get_or_insert(Instant::now() + TELL_EVERY);
    }

    fn tell(&mut self) {
        if self.tell_at.is_some_and(|at| at <= Instant::now()) {
            self.tell_at = None;
            self.api.engine.board().watches_changed();
        }
    }

    /// The engine is idle only when nothing here is about to give it work.
    async fn tell_if_idle(&mut self) {
        let is_quiet = !self.is_taking
            && !self.is_finishing
            && self
                .finish_at
                .is_none_or(|at| at > Instant::now() + PROOF_GATHER)
            && self.folders.values().all(Folder::is_quiet);
        if is_quiet && !self.was_quiet {
            // What was given to it last is weighed before it is asked.
            self.api.engine.weighed().await;
        }
        self.was_quiet = is_quiet;
        let idle = if is_quiet {
            *self.engine_idle.borrow_and_update()
        } else {
            None
        };
        self.idle.send_if_modified(|known| {
            let is_new = *known != idle;
            *known = idle;
            is_new
        });
    }
}

fn open(watch: Watch) -> Result<Folder, Cause> {
    let kept: Kept = serde_json::from_str(&watch.rule)
        .map_err(|error| Cause::new("watch_rule_unreadable").detail(error.to_string()))?;
    let matcher = kept.matcher()?;
    Ok(Folder::new(watch, kept, matcher))
}

async fn sleep_until(next: Option<tokio::time::Instant>) {
    match next {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
