//! Dialogs for files and folders. Paths stay here: the window gets ids of offered files, or the one folder its user chose.

use crate::settings;
use slipway_api::wire::OfferedFile;
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

#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Video,
    Image,
    Captions,
}

#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub(crate) struct PickFiles {
    kind: Kind,
}

/// Asks for videos, for one image, or for captions. None are given when the dialog is closed.
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

/// Asks for a folder. Nothing is given when the dialog is closed.
#[tauri::command]
pub(crate) async fn shell_pick_folder(
    app: AppHandle,
    window: WebviewWindow,
) -> Result<Option<String>, Failure> {
    let (answer, chosen) = oneshot::channel();
    app.dialog()
        .file()
        .set_parent(&window)
        .set_title(settings::words(&app).choose_folder)
        .pick_folder(|folder| drop(answer.send(folder)));
    let folder = chosen.await.ok().flatten().map(FilePath::into_path);
    let Some(Ok(folder)) = folder else {
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
