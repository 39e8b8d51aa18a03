//! Files on their way in: from a drop, the first start, or another one. The window hears of them by a patch.

use crate::arguments::Arguments;
use crate::shell::Shell;
use crate::window;
use slipway_api::Api;
use slipway_api::wire::Patch;
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Manager};

/// Offers files to the window. Each that cannot be taken comes with its reason.
pub(crate) fn offer(app: &AppHandle, paths: Vec<PathBuf>) {
    let (Some(api), false) = (app.try_state::<Api>(), paths.is_empty()) else {
        return;
    };
    let api = api.inner().clone();
    let handle = app.clone();
    app.state::<Shell>().spawn(async move {
        match api.files_offer(paths).await {
            Ok(offered) => handle.state::<Shell>().bridge.carry(Patch {
                offered,
                ..Patch::default()
            }),
            Err(failure) => tracing::warn!(
                code = failure.code,
                detail = failure.detail,
                "files could not be offered"
            ),
        }
    });
}

/// Another start of the app: takes its files and shows the window.
pub(crate) fn take_over(app: &AppHandle, arguments: &[String], folder: &str) {
    let Some(arguments) = Arguments::of_another(arguments) else {
        return;
    };
    offer(app, arguments.files_from(Path::new(folder)));
    if !arguments.hidden {
        window::show(app);
    }
}
