//! Brings the window to the front on a certain screen. The page fetches where to go: it may only just have been made.

use crate::shell::Shell;
use crate::window;
use slipway_model::UploadId;
use tauri::{AppHandle, Emitter, Manager, State};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub(crate) enum Goal {
    Queue,
    Upload {
        id: UploadId,
    },
    Accounts,
    Networks,
    /// A dialog for videos.
    AddFiles,
}

pub(crate) fn to(app: &AppHandle, goal: Goal) {
    *app.state::<Shell>().goal.lock() = Some(goal);
    window::show(app);
    if let Err(error) = app.emit_to(window::LABEL, "go", ()) {
        tracing::warn!(%error, "the window did not hear where to go");
    }
}

/// Where the page is to go, once.
#[tauri::command]
pub(crate) async fn shell_go(shell: State<'_, Shell>) -> Result<Option<Goal>, ()> {
    Ok(shell.goal.lock().take())
}
