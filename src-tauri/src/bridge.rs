//! Carries changes from the api to the window, through one channel, and to the tray.
//!
//! The api has merged them to ten a second already, and gives each away once, so one task hears them all. While no window looks, nothing is sent but
//! files that were handed over; a window that looks again hears that everything may be stale. Knows nothing of what a patch means beyond that.

use crate::shell::Shell;
use parking_lot::Mutex;
use slipway_api::Api;
use slipway_api::wire::{Patch, Summary};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};
use tokio::sync::watch;

pub(crate) struct Bridge {
    line: Mutex<Line>,
    /// The newest summary, for whoever reads it at his own pace.
    summary: watch::Sender<Option<Summary>>,
}

/// The way to the window.
#[derive(Default)]
struct Line {
    /// The page's channel; a page that was loaded anew brings a new one.
    channel: Option<Channel<Patch>>,
    hidden: bool,
    missed: Missed,
}

impl Bridge {
    pub(crate) fn new() -> Self {
        Self {
            line: Mutex::default(),
            summary: watch::Sender::new(None),
        }
    }

    pub(crate) fn summaries(&self) -> watch::Receiver<Option<Summary>> {
        self.summary.subscribe()
    }

    /// Takes a patch to the window, or keeps it until one looks.
    pub(crate) fn carry(&self, patch: Patch) {
        if let Some(summary) = &patch.summary {
            self.summary.send_replace(Some(summary.clone()));
        }
        let mut line = self.line.lock();
        let patch = if line.hidden || line.channel.is_none() {
            line.missed.hold(patch)
        } else {
            Some(patch)
        };
        if let Some(patch) = patch {
            line.send(patch);
        }
    }

    /// Whether anybody sees the window.
    pub(crate) fn set_hidden(&self, hidden: bool) {
        let mut line = self.line.lock();
        line.hidden = hidden;
        line.catch_up();
    }

    fn connect(&self, channel: Channel<Patch>) {
        let mut line = self.line.lock();
        line.channel = Some(channel);
        line.catch_up();
    }
}

impl Line {
    fn catch_up(&mut self) {
        if self.hidden || self.channel.is_none() {
            return;
        }
        if let Some(patch) = self.missed.caught_up() {
            self.send(patch);
        }
    }

    fn send(&mut self, patch: Patch) {
        let Some(channel) = &self.channel else {
            return;
        };
        if let Err(error) = channel.send(patch) {
            tracing::debug!(%error, "the page went away");
            self.channel = None;
            self.missed.anything = true;
        }
    }
}

/// Hears the api until it ends.
pub(crate) async fn run(app: AppHandle, api: Api) {
    let shell = app.state::<Shell>();
    let mut patches = api.watch();
    while let Some(patch) = patches.next().await {
        shell.bridge.carry(patch);
    }
}

/// Sends changes to this page from now on.
#[tauri::command]
pub(crate) async fn watch(shell: State<'_, Shell>, channel: Channel<Patch>) -> Result<(), ()> {
    shell.bridge.connect(channel);
    Ok(())
}

/// What the window has not heard.
#[derive(Default)]
struct Missed {
    anything: bool,
    newest: Patch,
}

impl Missed {
    /// Keeps a patch back, except for files that were handed over: a page that is there may want to show itself.
    fn hold(&mut self, mut patch: Patch) -> Option<Patch> {
        let offered = std::mem::take(&mut patch.offered);
        self.anything = true;
        self.newest.accounts_stale |= patch.accounts_stale;
        self.newest.network_stale |= patch.network_stale;
        self.newest.watches_stale |= patch.watches_stale;
        if patch.summary.is_some() {
            self.newest.summary = patch.summary;
        }
        (!offered.is_empty()).then(|| Patch {
            offered,
            ..Patch::default()
        })
    }

    /// One patch for all that was missed: rows are asked for again.
    fn caught_up(&mut self) -> Option<Patch> {
        let Self { anything, newest } = std::mem::take(self);
        anything.then_some(Patch {
            queue_stale: true,
            ..newest
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_api::wire::OfferedFile;
    use std::sync::Arc;
    use tauri::ipc::InvokeResponseBody;

    fn summary(left_bytes: u64) -> Patch {
        Patch {
            summary: Some(Summary {
                left_bytes,
                ..Summary::default()
            }),
            ..Patch::default()
        }
    }

    fn offered() -> Patch {
        Patch {
            offered: vec![OfferedFile {
                file: 1,
                name: "a.mp4".into(),
                folder: "/films".into(),
                size_bytes: 5,
                title: "a".into(),
                ..OfferedFile::default()
            }],
            ..Patch::default()
        }
    }

    /// A page that keeps what it hears.
    fn page() -> (Channel<Patch>, Arc<Mutex<Vec<serde_json::Value>>>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        let channel = Channel::new(move |body| {
            let InvokeResponseBody::Json(json) = body else {
                panic!("a patch is JSON");
            };
            ear.lock().push(serde_json::from_str(&json).unwrap());
            Ok(())
        });
        (channel, heard)
    }

    #[test]
    fn a_window_shown_again_hears_the_newest_summary_once_and_asks_for_its_rows() {
        let bridge = Bridge::new();
        let (channel, heard) = page();
        bridge.connect(channel);
        bridge.set_hidden(true);
        bridge.carry(summary(7));
        bridge.carry(summary(3));
        assert!(heard.lock().is_empty(), "nobody looks");
        bridge.set_hidden(false);
        bridge.set_hidden(false);
        let heard = heard.lock();
        assert_eq!(heard.len(), 1, "nothing is told twice");
        assert_eq!(heard[0]["queue_stale"], true);
        assert_eq!(heard[0]["summary"]["left_bytes"], 3);
    }

    #[test]
    fn a_page_loaded_anew_takes_over_the_line() {
        let bridge = Bridge::new();
        let ((first, first_heard), (second, second_heard)) = (page(), page());
        bridge.connect(first);
        bridge.carry(summary(7));
        bridge.connect(second);
        bridge.carry(summary(3));
        assert_eq!(first_heard.lock().len(), 1);
        assert_eq!(second_heard.lock().len(), 1);
    }

    #[test]
    fn files_reach_a_hidden_window_at_once() {
        let bridge = Bridge::new();
        let (channel, heard) = page();
        bridge.connect(channel);
        bridge.set_hidden(true);
        bridge.carry(offered());
        assert_eq!(heard.lock()[0]["offered"][0]["name"], "a.mp4");
    }

    #[test]
    fn the_tray_hears_what_a_hidden_window_does_not() {
        let bridge = Bridge::new();
        let summaries = bridge.summaries();
        bridge.set_hidden(true);
        bridge.carry(summary(3));
        assert_eq!(summaries.borrow().as_ref().unwrap().left_bytes, 3);
    }
}
