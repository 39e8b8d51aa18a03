//! One app for each data folder: a start that finds it taken hands its files over on the local socket of whoever holds it, and ends.
//!
//! The lock of the data folder has the last word, whatever desktop, bus or system it is. Always holds: a start is taken by the app that runs, becomes
//! the app itself (also where that one is just ending), or says in a sentence why neither is so.

use crate::arguments::path_of;
use crate::shell::Shell;
use crate::{desktop, files, window};
use slipway_api::socket::Remote;
use slipway_api::wire::{AppOpen, AppOpened};
use slipway_api::{Api, Failure, Options};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tauri::{AppHandle, Manager};
use tokio::time::Instant;
use url::Url;

/// How long a start waits for a data folder that another is about to take or to let go: three times what Quit may take.
const PATIENCE: Duration = Duration::from_secs(9);
/// How often it tries.
const AGAIN: Duration = Duration::from_millis(100);

/// What became of a start.
pub(crate) enum Opened {
    /// It is the app.
    Here(Api),
    /// Another one is, and has taken it over; it is seen on other displays than these.
    Elsewhere(Vec<String>),
    /// Another one is, and is seen here.
    Taken,
}

/// Opens the queue, or hands over to the app that has it open.
pub(crate) async fn open(
    files: &[PathBuf],
    hidden: bool,
    data_dir: &Path,
) -> Result<Opened, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        let locked = match queue(data_dir).await {
            Ok(api) => return Ok(Opened::Here(api)),
            Err(failure) if failure.code == "data_folder_locked" => failure,
            Err(failure) => return Err(failure),
        };
        let handed = tokio::time::timeout_at(until, hand_over(files, hidden, data_dir));
        match handed.await {
            Ok(Ok(there)) => return Ok(seen(&there.displays, &desktop::displays())),
            Ok(Err(failure)) if failure.code == "app_not_here" => return Err(failure),
            Ok(Err(failure)) => tracing::debug!(code = failure.code, "not taken over so far"),
            Err(_) => return Err(locked),
        }
        if Instant::now() >= until {
            return Err(locked);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn queue(data_dir: &Path) -> Result<Api, Failure> {
    Api::open(Options {
        data_dir: data_dir.to_owned(),
        passphrase: slipway_api::passphrase_from_env(),
        run: true,
        any_network: slipway_api::any_network_from_env(),
        ..Options::default()
    })
    .await
}

async fn hand_over(files: &[PathBuf], hidden: bool, data_dir: &Path) -> Result<AppOpened, Failure> {
    let app = Remote::find(data_dir).await?;
    let app = app.ok_or_else(|| Failure::new("engine_stopped"))?;
    let open = AppOpen {
        files: files
            .iter()
            .filter_map(|file| Url::from_file_path(file).ok())
            .map(String::from)
            .collect(),
        hidden,
        displays: desktop::displays(),
    };
    app.call("app_open", &open).await
}

/// A desktop of Wayland names two displays, and a program may know of one only: one in common will do.
fn seen(there: &[String], here: &[String]) -> Opened {
    let common = there.iter().any(|display| here.contains(display));
    if common || there.is_empty() || here.is_empty() {
        Opened::Taken
    } else {
        Opened::Elsewhere(there.to_vec())
    }
}

/// Takes other starts over until the app ends.
pub(crate) fn start(app: &AppHandle, api: &Api) {
    let mut starts = api.other_starts();
    let handle = app.clone();
    app.state::<Shell>().spawn(async move {
        while let Some(other) = starts.recv().await {
            let open = other.open;
            tracing::info!(files = open.files.len(), displays = ?open.displays, "another start");
            let paths = open.files.iter().filter_map(|file| path_of(file));
            files::offer(&handle, paths.collect());
            if !open.hidden {
                window::show(&handle);
            }
            let displays = desktop::displays();
            let _ = other.taken.send(AppOpened { displays });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desktop_is_the_same_when_one_display_is() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let is_taken = |there: &[&str], here: &[&str]| {
            matches!(seen(&names(there), &names(here)), Opened::Taken)
        };
        assert!(is_taken(&[":0"], &[":0"]));
        assert!(is_taken(&["wayland-0", ":0"], &[":0"]));
        assert!(!is_taken(&["wayland-0", ":0"], &["wayland-1", ":1"]));
        assert!(is_taken(&[], &[]), "a system with one desktop names none");
    }
}
