//! Makes the ways to the open queue: window, tray and local socket. Or says why there is none to make.

use crate::arguments::Arguments;
use crate::instance::{self, Opened};
use crate::quit::{self, DATA_UNUSABLE};
use crate::shell::Shell;
use crate::{bridge, files, login, notice, panel, settings, taskbar, tray, window};
use anyhow::Context;
use slipway_api::socket::Server;
use slipway_api::{Api, Failure, sentence};
use slipway_model::Cause;
use std::path::PathBuf;
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

/// Where the queue and the log live.
pub(crate) fn data_dir(arguments: &Arguments) -> anyhow::Result<PathBuf> {
    arguments
        .data_dir
        .clone()
        .filter(|folder| !folder.as_os_str().is_empty())
        .or_else(slipway_api::default_data_dir)
        .and_then(|folder| std::path::absolute(folder).ok())
        .context("This user has no home folder. Name a data folder with --data-dir.")
}

/// Whether nothing is left to do: the app that runs has taken this start over, and its user sees that, or wants to see nothing.
pub(crate) fn is_settled(opened: &Result<Opened, Failure>, hidden: bool) -> bool {
    match opened {
        Ok(Opened::Taken) => true,
        Ok(Opened::Elsewhere(_)) => hidden,
        _ => false,
    }
}

/// Starts everything, or tells the user why that cannot be and ends.
pub(crate) fn start(
    app: &AppHandle,
    files: Vec<PathBuf>,
    hidden: bool,
    opened: Result<Opened, Failure>,
) {
    quit::obey_signals(app);
    match opened {
        Ok(Opened::Here(api)) => run(app, api, files, hidden),
        Ok(Opened::Taken) => app.exit(0),
        Ok(Opened::Elsewhere(displays)) => {
            let words = settings::words(app);
            let told = (words.runs_elsewhere)(&displays.join(", "));
            end_with(app, "Slipway", told, MessageDialogKind::Info, 0);
        }
        Err(failure) => refuse(app, failure),
    }
}

fn run(app: &AppHandle, api: Api, files: Vec<PathBuf>, hidden: bool) {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    let shell = app.state::<Shell>();
    app.manage(api.clone());
    shell.spawn(bridge::run(app.clone(), api.clone()));
    instance::start(app, &api);
    serve(app, api.clone());
    tray::start(app, &api);
    taskbar::start(app);
    panel::start(app, notice::start(app, &api));
    login::renew(app);
    files::offer(app, files);
    if !hidden && let Err(error) = window::open(app) {
        tracing::error!(%error, "the window could not be opened");
        quit::quit(app);
    }
}

/// Answers other programs of this user, until the app ends.
fn serve(app: &AppHandle, api: Api) {
    let shell = app.state::<Shell>();
    let (data_dir, stop) = (shell.data_dir.clone(), shell.stop.clone());
    let task = shell.tasks.track_future(async move {
        match Server::start(api, &data_dir).await {
            Ok(server) => {
                stop.cancelled().await;
                server.close().await;
            }
            Err(error) => tracing::warn!(%error, "the local socket could not be opened"),
        }
    });
    tauri::async_runtime::spawn(task);
}

/// Tells the user why the queue could not be opened, then ends.
fn refuse(app: &AppHandle, failure: Failure) {
    tracing::error!(
        code = failure.code,
        detail = failure.detail,
        "the queue could not be opened"
    );
    let lang = settings::lang(app);
    let cause = Cause {
        code: failure.code,
        params: failure.params,
        detail: failure.detail,
    };
    let told = sentence::say_cause(lang, &cause);
    let title = settings::words(app).not_started;
    end_with(app, title, told, MessageDialogKind::Error, DATA_UNUSABLE);
}

/// Says a last thing.
fn end_with(app: &AppHandle, title: &str, told: String, kind: MessageDialogKind, status: i32) {
    let handle = app.clone();
    app.dialog()
        .message(told)
        .title(title)
        .kind(kind)
        .show(move |_| handle.exit(status));
}
