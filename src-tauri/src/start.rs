//! Opens the queue, then the ways to it: window, tray and local socket. Or says why not.

use crate::arguments::Arguments;
use crate::quit::{self, DATA_UNUSABLE};
use crate::shell::Shell;
use crate::{bridge, desktop, files, notice, settings, tray, window};
use anyhow::Context;
use slipway_api::socket::Server;
use slipway_api::{Api, Failure, Options, sentence};
use slipway_model::Cause;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

/// How long a start without a window waits for the desktop's tray, which may come up after us.
const TRAY_WAIT: Duration = Duration::from_secs(20);

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

/// Starts everything, or tells the user why that cannot be and ends.
pub(crate) fn start(app: &AppHandle, arguments: &Arguments) {
    let here = std::env::current_dir().unwrap_or_default();
    let files = arguments.files_from(&here);
    let data_dir = app.state::<Shell>().data_dir.clone();
    quit::obey_signals(app);
    match tauri::async_runtime::block_on(open(&data_dir)) {
        Ok(api) => run(app, api, files, arguments.hidden),
        Err(failure) => refuse(app, failure),
    }
}

async fn open(data_dir: &Path) -> Result<Api, Failure> {
    Api::open(Options {
        data_dir: data_dir.to_owned(),
        passphrase: slipway_api::passphrase_from_env(),
        run: true,
        any_network: slipway_api::any_network_from_env(),
        ..Options::default()
    })
    .await
}

fn run(app: &AppHandle, api: Api, files: Vec<PathBuf>, hidden: bool) {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    let shell = app.state::<Shell>();
    app.manage(api.clone());
    shell.spawn(bridge::run(app.clone(), api.clone()));
    serve(app, api.clone());
    tray::start(app, &api);
    notice::start(app, &api);
    files::offer(app, files);
    if hidden {
        let handle = app.clone();
        app.state::<Shell>().spawn(async move {
            if !tray_comes(&handle).await {
                tracing::info!("no tray: the window is shown all the same");
                window::show(&handle);
            }
        });
    } else if let Err(error) = window::open(app) {
        tracing::error!(%error, "the window could not be opened");
        quit::quit(app);
    }
}

/// Whether the tray appears within its time.
async fn tray_comes(app: &AppHandle) -> bool {
    if app.state::<Shell>().tray.get().is_none() {
        return false;
    }
    let asked = async {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        loop {
            tick.tick().await;
            if desktop::has_tray().await {
                return;
            }
        }
    };
    tokio::time::timeout(TRAY_WAIT, asked).await.is_ok()
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
    let handle = app.clone();
    app.dialog()
        .message(sentence::say_cause(lang, &cause))
        .title(settings::words(app).not_started)
        .kind(MessageDialogKind::Error)
        .show(move |_| handle.exit(DATA_UNUSABLE));
}
