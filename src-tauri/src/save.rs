//! Saves receipts, history and reports where a dialog says. The window names an upload or a filter and gets no path; the contents come from the api.

use crate::settings;
use slipway_api::{
    Api, Failure,
    history::csv,
    receipt::document,
    sentence::{Lang, printable},
    wire::{HistoryFilter, HistoryWindow, ReceiptPage},
};
use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};
use tauri::{AppHandle, State, WebviewWindow};
use tauri_plugin_dialog::{DialogExt, FilePath};
use tokio::sync::oneshot;

/// Rows of history asked for at once.
const PAGE: u32 = 500;

/// Saves what a filter finds as CSV, for spreadsheets of all systems. `false` when the dialog was closed.
#[tauri::command]
pub(crate) async fn shell_save_history(
    app: AppHandle,
    window: WebviewWindow,
    api: State<'_, Api>,
    request: HistoryFilter,
) -> Result<bool, Failure> {
    let kinds: [(&str, &[&str]); 1] = [("CSV", &["csv"])];
    let Some(path) = ask(&app, &window, "slipway-history.csv", &kinds).await else {
        return Ok(false);
    };
    let mut text = csv::BYTE_ORDER_MARK.to_owned() + &csv::head();
    for offset in (0..).step_by(PAGE as usize) {
        let window = HistoryWindow {
            filter: request.clone(),
            offset,
            limit: PAGE,
        };
        let rows = api.history_window(window).await?;
        text.extend(rows.iter().map(csv::row));
        if rows.len() < PAGE as usize {
            break;
        }
    }
    write(path, text).await
}

/// Saves a receipt: as JSON when its name ends so, otherwise as a page to print. `false` when the dialog was closed.
#[tauri::command]
pub(crate) async fn shell_save_receipt(
    app: AppHandle,
    window: WebviewWindow,
    api: State<'_, Api>,
    request: ReceiptPage,
) -> Result<bool, Failure> {
    let kinds: [(&str, &[&str]); 2] = [("HTML", &["html"]), ("JSON", &["json"])];
    let name = format!("slipway-receipt-{}.html", request.id);
    let Some(path) = ask(&app, &window, &name, &kinds).await else {
        return Ok(false);
    };
    let is_json = path
        .extension()
        .and_then(OsStr::to_str)
        .is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let text = if is_json {
        let receipt = api.receipt(request.id).await?;
        let told = document(&receipt, Lang::from_tag(&request.language));
        serde_json::to_string_pretty(&told).expect("a receipt is JSON") + "\n"
    } else {
        api.receipt_page(request).await?
    };
    write(path, text).await
}

/// Saves the report that was shown, as a ZIP file. `false` when the dialog was closed.
#[tauri::command]
pub(crate) async fn shell_save_report(
    app: AppHandle,
    window: WebviewWindow,
    api: State<'_, Api>,
    request: u32,
) -> Result<bool, Failure> {
    let kinds: [(&str, &[&str]); 1] = [("ZIP", &["zip"])];
    let bytes = api.report_file(request)?;
    match ask(&app, &window, "slipway-report.zip", &kinds).await {
        Some(path) => told(&path, private(path.clone(), bytes).await),
        None => Ok(false),
    }
}

/// What is told of this machine is for its user alone, until they give it away.
async fn private(path: PathBuf, content: Vec<u8>) -> io::Result<()> {
    let write = move || slipway_api::private::write(&path, &content);
    tauri::async_runtime::spawn_blocking(write)
        .await
        .map_err(io::Error::other)?
}

async fn ask(
    app: &AppHandle,
    window: &WebviewWindow,
    name: &str,
    kinds: &[(&str, &[&str])],
) -> Option<PathBuf> {
    let (answer, chosen) = oneshot::channel();
    let mut dialog = app
        .dialog()
        .file()
        .set_parent(window)
        .set_title(settings::words(app).save)
        .set_file_name(name);
    for (kind, ends) in kinds {
        dialog = dialog.add_filter(*kind, ends);
    }
    dialog.save_file(|file| drop(answer.send(file)));
    let file = chosen.await.ok().flatten().map(FilePath::into_path)?;
    file.ok()
}

async fn write(path: PathBuf, content: impl AsRef<[u8]>) -> Result<bool, Failure> {
    told(&path, tokio::fs::write(&path, content).await)
}

fn told(path: &Path, written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) => {
            let name = printable(&path.display().to_string());
            Err(Failure::new("output_failed")
                .with("file", name)
                .with("detail", error))
        }
    }
}
