//! Folders whose new videos become uploads by themselves: what front ends may ask of them.
//!
//! The rules are in `rules`, what lies in folders is the business of `slipway_watch`; `watcher` joins the two. Only the engine that holds the data folder
//! and runs watches. The window names folders by number, as it does files.

mod afterwards;
mod folder;
mod portable;
mod rules;
mod taking;
mod watcher;

use crate::{
    Api, Failure,
    wire::{
        Changed, Empty, FileWait, NewWatch, OfferedFolder, WaitingFile, WatchChange, WatchFiles,
        WatchFilesPage, WatchPick, WatchRow, WatchState, WatchSwitch,
    },
};
use parking_lot::Mutex;
pub(crate) use portable::{Here, Portable};
use rules::Kept;
use slipway_engine::{Idle, clock::now_ms, printable_name};
use slipway_model::{Cause, WatchId};
use slipway_store::{Outside, StoreError, Watch};
use slipway_watch::{mount_of, presence, scan};
use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};
use taking::short_name;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use watcher::{Order, Seen, Watcher};

/// Files that a card shows.
const SHOWN: usize = 8;
/// Most files of one answer.
const FILES_MAX: u32 = 500;
/// Of files that could not be taken away, these are told.
const STAYS_MAX: u32 = 100;
/// Folders that are offered at once: nobody chooses more.
const OFFERED_MAX: usize = 1000;

/// The watcher as the api holds it; nobody watches where nothing runs.
#[derive(Debug)]
pub(crate) struct Watching {
    orders: Option<mpsc::Sender<Order>>,
    idle: watch::Receiver<Option<Idle>>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
    offered: Mutex<Vec<PathBuf>>,
}

impl Watching {
    pub(crate) fn none(idle: watch::Receiver<Option<Idle>>) -> Self {
        Self {
            orders: None,
            idle,
            stop: CancellationToken::new(),
            task: Mutex::default(),
            offered: Mutex::default(),
        }
    }

    /// Begins to watch for this api, which gets a table of offered files that nobody else sees.
    pub(crate) fn start(api: &Api) -> Self {
        let (orders, waiting) = mpsc::channel(64);
        let (tell, idle) = watch::channel(None);
        let stop = CancellationToken::new();
        let own = Api {
            offered: Arc::default(),
            looked: Arc::default(),
            ..api.clone()
        };
        let watcher = Watcher::new(own, waiting, tell, stop.clone());
        Self {
            orders: Some(orders),
            idle,
            stop,
            task: Mutex::new(Some(tokio::spawn(watcher.run()))),
            offered: Mutex::default(),
        }
    }

    pub(crate) fn idle(&self) -> watch::Receiver<Option<Idle>> {
        self.idle.clone()
    }

    pub(crate) async fn end(&self) {
        self.stop.cancel();
        let task = self.task.lock().take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Option<T> {
        let (done, answer) = oneshot::channel();
        self.orders.as_ref()?.send(order(done)).await.ok()?;
        answer.await.ok()
    }
}

impl Api {
    /// Takes folders in: only from this machine's user, never from the window.
    pub async fn folders_offer(&self, paths: Vec<PathBuf>) -> Result<Vec<OfferedFolder>, Failure> {
        let looked = off_thread(move || paths.into_iter().map(whole).collect::<Vec<_>>()).await?;
        let mut offered = self.watching.offered.lock();
        if offered.len() + looked.len() > OFFERED_MAX {
            offered.clear();
        }
        let numbered = looked.into_iter().map(|(path, cause)| {
            offered.push(path.clone());
            OfferedFolder {
                folder: u32::try_from(offered.len()).unwrap_or(u32::MAX),
                name: short_name(&path),
                path: path.display().to_string(),
                cause,
            }
        });
        Ok(numbered.collect())
    }

    fn offered_folder(&self, number: u32) -> Result<PathBuf, Failure> {
        let offered = self.watching.offered.lock();
        let at = (number as usize).checked_sub(1);
        let path = at.and_then(|at| offered.get(at)).cloned();
        path.ok_or_else(|| Failure::new("folder_not_offered"))
    }

    pub async fn watches(&self, _: Empty) -> Result<Vec<WatchRow>, Failure> {
        let mut seen = self.watching.ask(Order::View).await.unwrap_or_default();
        let mut rows = Vec::new();
        for watch in self.engine.store().watches().await? {
            let seen = seen.remove(&watch.id);
            rows.push(self.watch_row(watch, seen).await?);
        }
        Ok(rows)
    }

    async fn watch_row(&self, watch: Watch, seen: Option<Seen>) -> Result<WatchRow, Failure> {
        let counts = self.engine.store().watch_counts(watch.id).await?;
        let stays = self.watch_stays(&watch).await?;
        let kept: Kept = serde_json::from_str(&watch.rule).map_err(StoreError::from)?;
        let resting = if watch.is_on {
            WatchState::Resting
        } else {
            WatchState::Off
        };
        let (state, last, next, notes, mut waits) = match seen {
            Some(seen) => (
                seen.state,
                seen.last_look_ms,
                Some(seen.next_look_ms),
                seen.notes,
                seen.waits,
            ),
            None => (resting, None, None, Vec::new(), Vec::new()),
        };
        let total = waits.len() + stays.len();
        let needy = waits.iter().filter(|one| one.wait.needs_you()).count() + stays.len();
        waits.truncate(SHOWN);
        waits.extend(stays.into_iter().take(SHOWN - waits.len()));
        Ok(WatchRow {
            watch: watch.id,
            name: short_name(&watch.path),
            folder: watch.path.display().to_string(),
            is_drive: watch.mount.parent().is_some(),
            rule: kept.shown(),
            state,
            switched_at_ms: watch.switched_at_ms,
            last_look_ms: last,
            next_look_ms: next,
            taken: count(counts.taken as usize),
            first_taken_ms: counts.first_at_ms,
            notes,
            waits,
            waits_total: count(total),
            needs_you: count(needy),
        })
    }

    /// Files that were published and could not be moved or thrown away, by numbers that no other file has.
    async fn watch_stays(&self, watch: &Watch) -> Result<Vec<WaitingFile>, Failure> {
        let store = self.engine.store();
        let mut left = store.watch_stays(watch.id, STAYS_MAX).await?;
        let due = store.watch_due().await?.into_iter();
        left.extend(due.filter(|taken| taken.watch == watch.id && taken.cause.is_some()));
        let stays = left.into_iter().map(|taken| WaitingFile {
            file: 0,
            name: printable_name(&taken.path),
            beneath: taken
                .path
                .parent()
                .unwrap_or(Path::new(""))
                .display()
                .to_string(),
            size_bytes: taken.fingerprint.size_bytes,
            seen_at_ms: 0,
            wait: FileWait::Stays {
                cause: taken.cause.unwrap_or_default(),
            },
        });
        Ok(stays.collect())
    }

    /// Watches a folder from now on.
    ///
    /// # Errors
    /// `watch_twice` where it is watched already; what is wrong with the folder or the rule.
    pub async fn watch_add(&self, new: NewWatch) -> Result<WatchId, Failure> {
        let path = self.offered_folder(new.folder)?;
        let looked = path.clone();
        let mount = off_thread(move || {
            let mount = mount_of(&looked);
            presence(&looked, &mount).map(|()| mount)
        });
        let mount = mount.await??;
        let kept = self.watch_rule(new.rule, &path, None).await?;
        let left_out = if new.new_only {
            let (root, rule) = (path.clone(), kept.clone());
            off_thread(move || everything(&root, &rule)).await??
        } else {
            Vec::new()
        };
        let shown = path.display().to_string();
        let watch = Watch {
            id: WatchId(0),
            path,
            mount,
            rule: serde_json::to_string(&kept).expect("text and numbers are JSON"),
            is_on: true,
            switched_at_ms: now_ms(),
        };
        let added = self.engine.store().watch_add(watch, left_out, now_ms());
        let id = added.await?;
        let id = id.ok_or_else(|| Failure::new("watch_twice").with("folder", shown))?;
        self.watches_reload().await;
        Ok(id)
    }

    pub async fn watch_set(&self, change: WatchChange) -> Result<Empty, Failure> {
        let watch = self.watch_named(change.watch).await?;
        let before = serde_json::from_str(&watch.rule).map_err(StoreError::from)?;
        let kept = self.watch_rule(change.rule, &watch.path, Some(&before));
        let rule = serde_json::to_string(&kept.await?).expect("text and numbers are JSON");
        let store = self.engine.store();
        store.watch_set_rule(watch.id, rule).await?;
        self.watches_reload().await;
        Ok(Empty {})
    }

    pub async fn watch_switch(&self, switch: WatchSwitch) -> Result<Empty, Failure> {
        let watch = self.watch_named(switch.watch).await?;
        let store = self.engine.store();
        store.watch_switch(watch.id, switch.on, now_ms()).await?;
        self.watches_reload().await;
        Ok(Empty {})
    }

    /// Its files stay where they are, and its uploads in the queue.
    pub async fn watch_remove(&self, id: WatchId) -> Result<Empty, Failure> {
        let watch = self.watch_named(id).await?;
        self.engine.store().watch_remove(watch.id).await?;
        self.watches_reload().await;
        Ok(Empty {})
    }

    /// Looks at all of a folder now, and tries what was refused again.
    pub async fn watch_look(&self, id: WatchId) -> Result<Empty, Failure> {
        let watch = self.watch_named(id).await?;
        self.watching.ask(|done| Order::Look(watch.id, done)).await;
        Ok(Empty {})
    }

    /// What waits in a folder, those files first that need somebody.
    pub async fn watch_files(&self, page: WatchFilesPage) -> Result<WatchFiles, Failure> {
        let watch = self.watch_named(page.watch).await?;
        let mut seen = self.watching.ask(Order::View).await.unwrap_or_default();
        let mut files = seen
            .remove(&watch.id)
            .map_or_else(Vec::new, |seen| seen.waits);
        files.extend(self.watch_stays(&watch).await?);
        let total = count(files.len());
        let limit = page.limit.min(FILES_MAX) as usize;
        let files = files.into_iter().skip(page.offset as usize).take(limit);
        Ok(WatchFiles {
            total,
            files: files.collect(),
        })
    }

    /// Takes files as they are: open in another program, too young, or of content that went there before.
    pub async fn watch_send(&self, pick: WatchPick) -> Result<Changed, Failure> {
        let watch = self.watch_named(pick.watch).await?;
        let sent = self
            .watching
            .ask(|done| Order::Send(watch.id, pick.files, done));
        let changed = sent.await.unwrap_or(0);
        Ok(Changed { changed })
    }

    /// Leaves files out for as long as they are as they are.
    pub async fn watch_skip(&self, pick: WatchPick) -> Result<Changed, Failure> {
        let watch = self.watch_named(pick.watch).await?;
        let skipped = self
            .watching
            .ask(|done| Order::Skip(watch.id, pick.files, done));
        let changed = skipped.await.unwrap_or(Ok(0))?;
        Ok(Changed { changed })
    }

    /// Accounts or templates are others: what was refused may go.
    pub(crate) async fn watches_try_again(&self) {
        if let Some(orders) = &self.watching.orders {
            let _ = orders.send(Order::TryAgain).await;
        }
    }

    pub(crate) async fn watches_reload(&self) {
        self.watching.ask(Order::Reload).await;
        self.engine.board().watches_changed();
    }

    async fn watch_named(&self, id: WatchId) -> Result<Watch, Failure> {
        let watches = self.engine.store().watches().await?;
        let watch = watches.into_iter().find(|watch| watch.id == id);
        watch.ok_or_else(|| Failure::new("watch_unknown").with("id", id))
    }
}

/// All files that a rule is about, as they are now.
fn everything(root: &Path, rule: &Kept) -> Result<Vec<Outside>, Cause> {
    let matcher = rule.matcher()?;
    let mut all = Vec::new();
    let tell = |found: Vec<slipway_watch::Found>| {
        all.extend(found.into_iter().map(|one| Outside {
            path: one.path,
            size_bytes: one.seen.size_bytes,
            mtime_ns: one.seen.mtime_ns,
            file_id: one.seen.file_id,
        }));
        ControlFlow::Continue(())
    };
    scan(
        root,
        Path::new(""),
        &matcher,
        rule.except(),
        None,
        now_ms(),
        tell,
    );
    Ok(all)
}

/// A path without links, and what is wrong with it.
fn whole(path: PathBuf) -> (PathBuf, Option<Cause>) {
    if !path.is_absolute() {
        let cause = Cause::new("path_not_absolute").with("path", path.display());
        return (path, Some(cause));
    }
    // Windows would answer with a form of paths that few programs read.
    let whole = if cfg!(windows) {
        std::path::absolute(&path)
    } else {
        path.canonicalize()
    };
    let whole = whole.unwrap_or(path);
    let cause = presence(&whole, &mount_of(&whole)).err();
    (whole, cause)
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work);
    done.await.map_err(|_| Failure::new("stopping"))
}
