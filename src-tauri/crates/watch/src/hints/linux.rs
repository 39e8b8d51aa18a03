//! Linux: inotify, without a word for each write. Growth is noticed by looks; what is told is that a file was closed by its writer, came, or went.
//!
//! A mount that is laid over a folder, or taken off it while files in it are open, says nothing to inotify: the kernel's table of mounts tells of those.
//! Source: proc_pid_mountinfo(5) and proc_pid_mounts(5), a change 'causes it to be marked as having a priority event', read 2026-11-22.

use super::Hint;
use futures_util::{FutureExt as _, StreamExt as _};
use inotify::{EventMask, EventStream, Inotify, WatchDescriptor, WatchMask, Watches};
use parking_lot::Mutex;
use slipway_model::Cause;
use std::{
    collections::HashMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::io::{Interest, unix::AsyncFd};

/// Room for this many bytes of events at a time.
const BUFFER: usize = 16 << 10;
/// `inotify_add_watch(2)`: the user's limit of watches was reached.
const NO_SPACE: i32 = 28;

/// Which folders a watch is for: two that are nested share one.
type Places = Arc<Mutex<HashMap<WatchDescriptor, Vec<(i64, PathBuf)>>>>;

/// The events of all folders.
pub struct Hints {
    stream: Option<EventStream<Vec<u8>>>,
    mounts: Option<AsyncFd<File>>,
    places: Places,
}

/// Says which folders are to be told of.
#[derive(Clone)]
pub struct Listener {
    watches: Option<Watches>,
    places: Places,
}

impl Hints {
    /// Within a Tokio runtime.
    pub fn new() -> Self {
        let stream = Inotify::init().and_then(|it| it.into_event_stream(vec![0; BUFFER]));
        let stream = stream
            .inspect_err(|error| tracing::warn!(%error, "nothing tells of files"))
            .ok();
        #[expect(
            deprecated,
            reason = "a file keeps its descriptor, and the new name is unsafe"
        )]
        let mounts = File::open("/proc/self/mountinfo")
            .and_then(|table| AsyncFd::with_interest(table, Interest::PRIORITY))
            .inspect_err(|error| tracing::warn!(%error, "nothing tells of disks"));
        Self {
            stream,
            mounts: mounts.ok(),
            places: Places::default(),
        }
    }

    pub fn listener(&self) -> Listener {
        Listener {
            watches: self.stream.as_ref().map(EventStream::watches),
            places: self.places.clone(),
        }
    }

    /// What was told since; waits while there is nothing.
    ///
    /// # Cancellation
    /// Dropping it while it waits loses nothing.
    pub async fn next(&mut self) -> Vec<Hint> {
        let mut hints = Vec::new();
        while hints.is_empty() {
            let Some(stream) = &mut self.stream else {
                mounts_change(self.mounts.as_ref()).await;
                return vec![Hint::Mounts];
            };
            let mut event = tokio::select! {
                event = stream.next() => event,
                () = mounts_change(self.mounts.as_ref()) => return vec![Hint::Mounts],
            };
            loop {
                match event {
                    Some(Ok(event)) => self.read(&event, &mut hints),
                    Some(Err(error)) => {
                        tracing::warn!(%error, "events of files were lost");
                        hints.push(Hint::Lost);
                    }
                    None => {
                        self.stream = None;
                        hints.push(Hint::Lost);
                    }
                }
                let Some(stream) = &mut self.stream else {
                    break;
                };
                let Some(more) = stream.next().now_or_never() else {
                    break;
                };
                event = more;
            }
        }
        hints
    }

    fn read(&self, event: &inotify::EventOwned, hints: &mut Vec<Hint>) {
        if event.mask.contains(EventMask::Q_OVERFLOW) {
            hints.push(Hint::Lost);
            return;
        }
        let mut places = self.places.lock();
        let gone = EventMask::IGNORED | EventMask::UNMOUNT;
        let of = if event.mask.intersects(gone) {
            places.remove(&event.wd)
        } else {
            places.get(&event.wd).cloned()
        };
        for (key, folder) in of.into_iter().flatten() {
            hints.push(match &event.name {
                Some(name) => {
                    let path = folder.join(name);
                    if event.mask.contains(EventMask::ISDIR) {
                        Hint::Folder { key, path }
                    } else {
                        Hint::File { key, path }
                    }
                }
                None if folder.as_os_str().is_empty() => Hint::Root { key },
                None => continue,
            });
        }
    }
}

impl Default for Hints {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener {
    /// From now on, what happens in this folder beneath `root` is told.
    ///
    /// # Errors
    /// `watch_limit` where the system tells of no more folders; others mean that the folder is not there.
    pub fn add(&self, key: i64, root: &Path, beneath: &Path) -> Result<(), Cause> {
        let limit = |name: &str| {
            let cause = Cause::new("watch_limit").with("setting", name);
            let kept = std::fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/")));
            cause.with("limit", kept.unwrap_or_default().trim())
        };
        let Some(mut watches) = self.watches.clone() else {
            return Err(limit("fs.inotify.max_user_instances"));
        };
        let mask = WatchMask::CREATE
            | WatchMask::CLOSE_WRITE
            | WatchMask::MOVED_TO
            | WatchMask::MOVED_FROM
            | WatchMask::DELETE
            | WatchMask::DELETE_SELF
            | WatchMask::MOVE_SELF
            | WatchMask::ONLYDIR;
        // Whoever reads an event finds the place of its watch, or waits for it.
        let mut places = self.places.lock();
        match watches.add(root.join(beneath), mask) {
            Ok(watch) => {
                let of = places.entry(watch).or_default();
                of.retain(|(known, _)| *known != key);
                of.push((key, beneath.to_owned()));
                Ok(())
            }
            Err(error) if error.raw_os_error() == Some(NO_SPACE) => {
                Err(limit("fs.inotify.max_user_watches"))
            }
            Err(error) => Err(gone(root, &error)),
        }
    }

    /// Nothing of this folder is told any more.
    pub fn forget(&self, key: i64) {
        let mut places = self.places.lock();
        let mut unused = Vec::new();
        places.retain(|watch, of| {
            of.retain(|(known, _)| *known != key);
            if of.is_empty() {
                unused.push(watch.clone());
            }
            !of.is_empty()
        });
        drop(places);
        if let Some(mut watches) = self.watches.clone() {
            for watch in unused {
                // It may have ended by itself.
                let _ = watches.remove(watch);
            }
        }
    }
}

/// Waits until the table of mounts is another.
async fn mounts_change(mounts: Option<&AsyncFd<File>>) {
    if let Some(mounts) = mounts
        && let Ok(mut changed) = mounts.ready(Interest::PRIORITY).await
    {
        changed.clear_ready();
        return;
    }
    std::future::pending::<()>().await;
}

fn gone(root: &Path, error: &io::Error) -> Cause {
    Cause::new("watch_folder_unreadable")
        .with("folder", root.display())
        .detail(error.to_string())
}
