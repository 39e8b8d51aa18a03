//! Whether this desktop has a place for the tray's icon, and in which ink that shows there. Both may change while the app runs.
//!
//! Always holds: a window that was hidden while there was one is on the taskbar when there is none any more, and its user is told why, once.

#[cfg(target_os = "linux")]
#[path = "panel/linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "panel/other.rs"]
mod system;

use crate::bubbles::Bubbles;
use crate::shell::Shell;
use crate::{settings, tray, window};
use slipway_api::notices::{Step, Told};
use std::sync::Arc;
use std::time::Duration;
use tauri::{AppHandle, Manager};

/// How long a start without a window waits for a panel, which may come up after us.
const COMES_UP: Duration = Duration::from_secs(20);
/// A panel that is started anew is away for less.
const COMES_BACK: Duration = Duration::from_secs(5);

/// Follows the panel until the app ends. To be called when the tray is made, or could not be.
pub(crate) fn start(app: &AppHandle, bubbles: Arc<Bubbles>) {
    let shell = app.state::<Shell>();
    let has_icon = shell.tray.get().is_some();
    if has_icon {
        let handle = app.clone();
        shell.spawn(async move { system::follow(|panel| tell(&handle, panel)).await });
    }
    let handle = app.clone();
    shell.spawn(async move {
        let patience = if has_icon { COMES_UP } else { Duration::ZERO };
        keep_in_reach(&handle, &bubbles, patience).await;
    });
}

/// What is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Panel {
    pub(crate) is_there: bool,
    pub(crate) is_dark: bool,
}

fn tell(app: &AppHandle, panel: Panel) {
    let before = app.state::<Shell>().panel.send_replace(panel);
    if before != panel {
        tracing::info!(?panel, "the place for the tray's icon");
    }
    if before.is_dark != panel.is_dark {
        tray::relabel(app);
    }
}

/// Whether the tray's icon can be seen now.
pub(crate) fn is_there(app: &AppHandle) -> bool {
    app.state::<Shell>().panel.borrow().is_there
}

/// Puts a hidden window on the taskbar whenever nothing else leads to it.
async fn keep_in_reach(app: &AppHandle, bubbles: &Bubbles, mut patience: Duration) {
    let mut panel = app.state::<Shell>().panel.subscribe();
    loop {
        let comes = panel.wait_for(|panel| panel.is_there);
        if tokio::time::timeout(patience, comes).await.is_err() {
            if window::is_hidden(app) {
                window::minimize(app);
                say(app, bubbles).await;
            }
            let _ = panel.wait_for(|panel| panel.is_there).await;
        }
        patience = COMES_BACK;
        if panel.wait_for(|panel| !panel.is_there).await.is_err() {
            return; // the app has ended
        }
    }
}

/// Says once that there is no tray. Where nothing shows notices, the window says so when it is closed.
async fn say(app: &AppHandle, bubbles: &Bubbles) {
    if !settings::is_new(app, settings::NO_TRAY) {
        return;
    }
    let words = settings::words(app);
    let told = Told {
        group: "tray".to_owned(),
        title: words.no_tray.to_owned(),
        body: words.no_tray_hint.to_owned(),
        click: Step::Queue,
        button: None,
    };
    if bubbles.show(told).await {
        settings::set_told(app, settings::NO_TRAY);
    }
}
