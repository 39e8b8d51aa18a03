//! Files that are not there: looked for now and then, off the dispatcher, until one of them can be opened.
//!
//! A look costs its upload nothing: no write, no note, no worker. Invariant: there is at most one look at a time, so that a mount that
//! hangs holds one thread and nobody else.

use super::Dispatcher;
use slipway_model::UploadId;
use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
};
use tokio::task::JoinSet;

/// How often missing files are looked for.
const EVERY_MS: i64 = 15_000;

#[derive(Default)]
pub(super) struct Missing {
    paths: HashMap<UploadId, PathBuf>,
    due: Option<i64>,
    looking: JoinSet<Vec<UploadId>>,
}

impl Missing {
    pub(super) fn add(&mut self, id: UploadId, path: PathBuf, now: i64) {
        self.paths.insert(id, path);
        self.due.get_or_insert(now + EVERY_MS);
    }

    /// When the next look is due.
    pub(super) fn due(&self) -> Option<i64> {
        self.due.filter(|_| self.looking.is_empty())
    }

    /// Begins a look when one is due, for those that still wait.
    pub(super) fn look(&mut self, now: i64, waits: impl Fn(UploadId) -> bool) {
        if self.due().is_none_or(|due| due > now) {
            return;
        }
        self.paths.retain(|id, _| waits(*id));
        self.due = (!self.paths.is_empty()).then_some(now + EVERY_MS);
        let paths = self.paths.clone();
        self.looking.spawn_blocking(move || {
            let there = paths.into_iter().filter(|(_, path)| can_be_read(path));
            there.map(|(id, _)| id).collect()
        });
    }

    /// The uploads whose files are there again; `None` at once while nobody looks.
    pub(super) async fn found(&mut self) -> Option<Vec<UploadId>> {
        let found = self.looking.join_next().await?.unwrap_or_default();
        for id in &found {
            self.paths.remove(id);
        }
        Some(found)
    }
}

/// A pipe of that name is not opened: that would wait for a writer.
fn can_be_read(path: &Path) -> bool {
    path.is_file() && File::open(path).is_ok()
}

impl Dispatcher {
    pub(super) fn files_are_back(&mut self, found: &[UploadId]) {
        for id in found {
            if self.state.waiting.remove(id).is_some() {
                self.board.wait(*id, None);
                self.state.admit = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_found_at_the_next_look_after_it_came_back_and_only_once() {
        let dir = tempfile::tempdir().unwrap();
        let (here, gone) = (dir.path().join("here.mp4"), dir.path().join("gone.mp4"));
        let mut missing = Missing::default();
        assert_eq!((missing.due(), missing.found().await), (None, None));
        missing.add(UploadId(1), here.clone(), 0);
        missing.add(UploadId(2), gone, 5_000);
        assert_eq!(missing.due(), Some(EVERY_MS));

        missing.look(EVERY_MS - 1, |_| true);
        assert_eq!(missing.found().await, None, "nobody looked yet");
        missing.look(EVERY_MS, |_| true);
        assert_eq!(missing.found().await, Some(vec![]));
        std::fs::write(&here, b"video").unwrap();
        missing.look(2 * EVERY_MS, |_| true);
        assert_eq!(missing.found().await, Some(vec![UploadId(1)]));
        missing.look(3 * EVERY_MS, |_| true);
        assert_eq!(missing.found().await, Some(vec![]));

        missing.look(4 * EVERY_MS, |id| id != UploadId(2));
        missing.found().await;
        assert_eq!(missing.due(), None, "nobody waits for a file any more");
    }

    #[tokio::test]
    async fn a_folder_of_that_name_is_not_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut missing = Missing::default();
        missing.add(UploadId(1), dir.path().to_owned(), 0);
        missing.look(EVERY_MS, |_| true);
        assert_eq!(missing.found().await, Some(vec![]));
    }
}
