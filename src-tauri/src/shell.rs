//! What the shell keeps while it runs, in one place that every part can reach.

use crate::bridge::Bridge;
use crate::go::Goal;
use crate::panel::Panel;
use crate::tray::Tray;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) struct Shell {
    pub(crate) data_dir: PathBuf,
    pub(crate) bridge: Bridge,
    /// Set once the tray is made; on some desktops it never is.
    pub(crate) tray: OnceLock<Tray>,
    /// The desktop's place for its icon.
    pub(crate) panel: watch::Sender<Panel>,
    /// The folder that a start names which is to find the same data; `None` for the usual one.
    pub(crate) own_data_dir: Option<PathBuf>,
    /// Every task of the shell, and what ends them.
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) quitting: AtomicBool,
    /// Where the page is to go next.
    pub(crate) goal: Mutex<Option<Goal>>,
}

impl Shell {
    pub(crate) fn new(data_dir: PathBuf) -> Self {
        let is_usual = slipway_api::default_data_dir().is_some_and(|usual| usual == data_dir);
        Self {
            own_data_dir: (!is_usual).then(|| data_dir.clone()),
            data_dir,
            bridge: Bridge::new(),
            tray: OnceLock::new(),
            panel: watch::Sender::new(Panel::default()),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            quitting: AtomicBool::new(false),
            goal: Mutex::default(),
        }
    }

    /// Starts a task that ends with the app.
    pub(crate) fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stop.clone();
        tauri::async_runtime::spawn(self.tasks.track_future(async move {
            stop.run_until_cancelled(task).await;
        }));
    }
}
