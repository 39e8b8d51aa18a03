//! Windows and macOS: what `notify` tells. Writes are told there, too; who hears them waits for rest.

use super::Hint;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};
use parking_lot::Mutex;
use slipway_model::Cause;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::mpsc;

/// Hints that wait for who hears them; more are one word that they were lost.
const WAITING: usize = 4096;

type Roots = Arc<Mutex<Vec<(i64, PathBuf)>>>;

/// The events of all folders.
pub struct Hints {
    told: mpsc::Receiver<Hint>,
    listener: Listener,
}

/// Says which folders are to be told of.
#[derive(Clone)]
pub struct Listener {
    watcher: Arc<Mutex<Option<RecommendedWatcher>>>,
    roots: Roots,
}

impl Hints {
    pub fn new() -> Self {
        let (tell, told) = mpsc::channel(WAITING);
        let roots = Roots::default();
        let known = roots.clone();
        let watcher = notify::recommended_watcher(move |event| {
            let lost = read(&known, event)
                .into_iter()
                .any(|hint| tell.try_send(hint).is_err());
            if lost {
                let _ = tell.try_send(Hint::Lost);
            }
        });
        let watcher = watcher
            .inspect_err(|error| tracing::warn!(%error, "nothing tells of files"))
            .ok();
        let watcher = Arc::new(Mutex::new(watcher));
        Self {
            told,
            listener: Listener { watcher, roots },
        }
    }

    pub fn listener(&self) -> Listener {
        self.listener.clone()
    }

    /// What was told since; waits while there is nothing.
    ///
    /// # Cancellation
    /// Dropping it while it waits loses nothing.
    pub async fn next(&mut self) -> Vec<Hint> {
        let mut hints = Vec::new();
        if self.told.recv_many(&mut hints, WAITING).await == 0 {
            return std::future::pending().await;
        }
        hints
    }
}

impl Default for Hints {
    fn default() -> Self {
        Self::new()
    }
}

fn read(roots: &Roots, event: notify::Result<notify::Event>) -> Vec<Hint> {
    let Ok(event) = event else {
        return vec![Hint::Lost];
    };
    if event.need_rescan() {
        return vec![Hint::Lost];
    }
    let of_folder = match event.kind {
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => return Vec::new(),
        EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)) => true,
        _ => false,
    };
    let roots = roots.lock();
    let mut hints = Vec::new();
    for path in &event.paths {
        for (key, root) in roots.iter() {
            let Ok(beneath) = path.strip_prefix(root) else {
                continue;
            };
            let (key, beneath) = (*key, beneath.to_owned());
            hints.push(if beneath.as_os_str().is_empty() {
                Hint::Root { key }
            } else if of_folder && path.is_dir() {
                Hint::Folder { key, path: beneath }
            } else {
                Hint::File { key, path: beneath }
            });
        }
    }
    hints
}

impl Listener {
    /// From now on, what happens beneath `root` is told.
    ///
    /// # Errors
    /// `watch_limit` where the system tells of no more folders; others mean that the folder is not there.
    pub fn add(&self, key: i64, root: &Path, beneath: &Path) -> Result<(), Cause> {
        if !beneath.as_os_str().is_empty() {
            return Ok(()); // told with the whole
        }
        let cause = |code: &str| Cause::new(code).with("folder", root.display());
        let mut watcher = self.watcher.lock();
        let Some(watcher) = watcher.as_mut() else {
            return Err(cause("watch_no_hints"));
        };
        let mut roots = self.roots.lock();
        roots.retain(|(known, _)| *known != key);
        roots.push((key, root.to_owned()));
        drop(roots);
        let watched = watcher.watch(root, RecursiveMode::Recursive);
        watched.map_err(|error| match error.kind {
            notify::ErrorKind::MaxFilesWatch => cause("watch_no_hints"),
            _ => cause("watch_folder_unreadable").detail(error.to_string()),
        })
    }

    /// Nothing of this folder is told any more.
    pub fn forget(&self, key: i64) {
        let mut roots = self.roots.lock();
        let Some(at) = roots.iter().position(|(known, _)| *known == key) else {
            return;
        };
        let (_, root) = roots.remove(at);
        drop(roots);
        if let Some(watcher) = self.watcher.lock().as_mut() {
            // It may have ended by itself.
            let _ = watcher.unwatch(&root);
        }
    }
}
