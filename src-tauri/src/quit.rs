//! Ends the app cleanly, and in any case soon.
//!
//! Invariant: three seconds after the user quits there is no process, whatever the network does. What the engine has told SQLite is durable, so a
//! stop that is cut short loses nothing but parts in flight.

use crate::shell::Shell;
use crate::window;
use slipway_api::Api;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tauri::{AppHandle, Manager};

/// How long the engine may take to stop.
const PATIENCE: Duration = Duration::from_millis(2300);
/// When the process ends even though the event loop has not.
const AT_THE_LATEST: Duration = Duration::from_millis(2800);

/// Exit status when the data folder cannot be used, as `slipway` has it.
pub(crate) const DATA_UNUSABLE: i32 = 4;

/// Ends the app from the window.
#[tauri::command]
pub(crate) async fn shell_quit(app: AppHandle) -> Result<(), ()> {
    quit(&app);
    Ok(())
}

/// Stops the engine, then the app. The second call changes nothing.
pub(crate) fn quit(app: &AppHandle) {
    let shell = app.state::<Shell>();
    if shell.quitting.swap(true, Ordering::SeqCst) {
        return;
    }
    tracing::info!("quitting");
    std::thread::spawn(|| {
        std::thread::sleep(AT_THE_LATEST);
        tracing::warn!("the event loop did not end in time");
        std::process::exit(0);
    });
    window::remember(app);
    window::vanish(app);
    shell.stop.cancel();
    let tasks = shell.tasks.clone();
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let clean = tokio::time::timeout(PATIENCE, async {
            tasks.close();
            tasks.wait().await;
            if let Some(api) = app.try_state::<Api>() {
                api.close().await;
            }
        })
        .await
        .is_ok();
        tracing::info!(clean, "the engine has stopped");
        app.exit(0);
    });
}

/// Treats the system's wish to end a program as Quit.
pub(crate) fn obey_signals(app: &AppHandle) {
    let handle = app.clone();
    app.state::<Shell>().spawn(async move {
        if crate::desktop::end_wished().await {
            quit(&handle);
        }
    });
}
