//! Files on their way in: from a drop, the first start, or another one. The window hears of them by a patch.

use crate::shell::Shell;
use slipway_api::Api;
use slipway_api::wire::Patch;
use std::path::PathBuf;
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
