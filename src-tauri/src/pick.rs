//! Dialogs for files and folders. Paths stay here: the window gets ids of offered files, or the one folder its user chose.

use crate::settings;
use slipway_api::wire::{OfferedFile, OfferedFolder};
use slipway_api::{Api, Failure};
use tauri::{AppHandle, State, WebviewWindow};
use tauri_plugin_dialog::{DialogExt, FilePath};
use tokio::sync::oneshot;

/// File names that are videos for all platforms we know; a user may still choose any other file.
const VIDEOS: [&str; 16] = [
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "flv", "wmv", "mpg", "mpeg", "ts", "m2ts", "mts",
    "3gp", "ogv", "mxf",
];
const IMAGES: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "bmp"];
const CAPTIONS: [&str; 2] = ["srt", "vtt"];
const LISTS: [&str; 2] = ["csv", "json"];
/// A file that the window has written is not larger: it writes lists of names and short texts.
const TEXT_MAX_BYTES: usize = 4 << 20;

#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Video,
    Image,
    Captions,
    List,
    Settings,
}

#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub(crate) struct PickFiles {
    kind: Kind,
}

/// Asks for videos, for one image, for captions, for one list, or for one file of settings. None are given when the dialog is closed.
#[tauri::command]
pub(crate) async fn shell_pick_files(
    app: AppHandle,
    window: WebviewWindow,
    api: State<'_, Api>,
    request: PickFiles,
) -> Result<Vec<OfferedFile>, Failure> {
    let words = settings::words(&app);
    let (answer, chosen) = oneshot::channel();
    let dialog = app.dialog().file().set_parent(&window);
    match request.kind {
        Kind::Video => dialog
            .set_title(words.choose_videos)
            .add_filter(words.videos, &VIDEOS)
            .add_filter(words.all_files, &["*"])
            .pick_files(|files| drop(answer.send(files.unwrap_or_default()))),
        Kind::Image => dialog
            .set_title(words.choose_image)
            .add_filter(words.images, &IMAGES)
            .pick_file(|file| drop(answer.send(file.into_iter().collect()))),
        Kind::Captions => dialog
            .set_title(words.choose_captions)
            .add_filter(words.captions, &CAPTIONS)
            .pick_files(|files| drop(answer.send(files.unwrap_or_default()))),
        Kind::Settings => dialog
            .set_title(words.choose_settings)
            .add_filter("JSON", &["json"])
            .add_filter(words.all_files, &["*"])
            .pick_file(|file| drop(answer.send(file.into_iter().collect()))),
        Kind::List => dialog
            .set_title(words.choose_list)
            .add_filter(words.lists, &LISTS)
            .add_filter(words.all_files, &["*"])
            .pick_file(|file| drop(answer.send(file.into_iter().collect()))),
    }
    let paths = chosen
        .await
        .unwrap_or_default()
        .into_iter()
        .filter_map(|file| file.into_path().ok())
        .collect::<Vec<_>>();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    api.files_offer(paths).await
}

#[derive(Debug, serde::Deserialize)]
pub(crate) struct SaveText {
    /// Suggested; its user chooses the real one.
    name: String,
    text: String,
}

/// Asks where a text is to be kept, and writes it there. Answers whether it was.
#[tauri::command]
pub(crate) async fn shell_save_text(
    app: AppHandle,
    window: WebviewWindow,
    request: SaveText,
) -> Result<bool, Failure> {
    if request.text.len() > TEXT_MAX_BYTES {
        return Err(Failure::new("request_too_large").with("max_bytes", TEXT_MAX_BYTES));
    }
    let (answer, chosen) = oneshot::channel();
    app.dialog()
        .file()
        .set_parent(&window)
        .set_file_name(&request.name)
        .save_file(|file| drop(answer.send(file)));
    let Some(Ok(path)) = chosen.await.ok().flatten().map(FilePath::into_path) else {
        return Ok(false);
    };
    let shown = path.display().to_string();
    tauri::async_runtime::spawn_blocking(move || std::fs::write(path, request.text))
        .await
        .map_err(|_| Failure::new("stopping"))?
        .map_err(|error| {
            let failure = Failure::new("output_failed").with("file", shown);
            failure.with("detail", error)
        })?;
    Ok(true)
}

/// Asks for a folder to watch, or to move files to; the window names it by its number. Nothing is given when the dialog is closed.
#[tauri::command]
pub(crate) async fn shell_pick_watch_folder(
    app: AppHandle,
    window: WebviewWindow,
    api: State<'_, Api>,
) -> Result<Option<OfferedFolder>, Failure> {
    let Some(folder) = ask_folder(&app, &window).await else {
        return Ok(None);
    };
    let offered = api.folders_offer(vec![folder]).await?;
    Ok(offered.into_iter().next())
}

/// Asks for a folder. Nothing is given when the dialog is closed.
#[tauri::command]
pub(crate) async fn shell_pick_folder(
    app: AppHandle,
    window: WebviewWindow,
) -> Result<Option<String>, Failure> {
    let Some(folder) = ask_folder(&app, &window).await else {
        return Ok(None);
    };
    // A setting of an account is text; a folder whose name is none could not be found again.
    match folder.into_os_string().into_string() {
        Ok(folder) => Ok(Some(folder)),
        Err(folder) => {
            Err(Failure::new("folder_name_not_text").with("folder", folder.to_string_lossy()))
        }
    }
}

async fn ask_folder(app: &AppHandle, window: &WebviewWindow) -> Option<std::path::PathBuf> {
    let (answer, chosen) = oneshot::channel();
    app.dialog()
        .file()
        .set_parent(window)
        .set_title(settings::words(app).choose_folder)
        .pick_folder(|folder| drop(answer.send(folder)));
    chosen.await.ok().flatten()?.into_path().ok()
}
