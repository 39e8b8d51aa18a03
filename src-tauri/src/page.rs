//! Opens pages and folders for the window. The window names an upload or an account; the address comes from the api and is judged here.

use crate::shell::Shell;
use slipway_api::{
    Api, Failure,
    wire::{Empty, SignInStarted},
};
use slipway_model::{AccountId, UploadId};
use std::path::PathBuf;
use tauri::State;
use url::{Host, Url};

/// What may be opened.
#[derive(Debug, PartialEq, Eq)]
enum Page {
    /// In the user's browser.
    Web(Url),
    /// Shown in its folder.
    File(PathBuf),
    Folder(PathBuf),
}

/// Judges an address: a platform's answer may hold anything, and an opener would start programs for some of it.
fn page(address: &str) -> Option<Page> {
    let url = Url::parse(address).ok()?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Some(Page::Web(url)),
        "http" if loopback => Some(Page::Web(url)),
        "file" if url.host().is_none() => url.to_file_path().ok().map(Page::File),
        _ => None,
    }
}

/// Opens where an upload was published.
#[tauri::command]
pub(crate) async fn shell_open_page(api: State<'_, Api>, request: UploadId) -> Result<(), Failure> {
    open_page(&api, request).await
}

pub(crate) async fn open_page(api: &Api, request: UploadId) -> Result<(), Failure> {
    let (title, remote) = match api.upload_detail(request).await {
        Ok(detail) => (detail.row.title, detail.row.live.remote),
        // It has left the queue.
        Err(_) => {
            let row = api.receipt(request).await?.row;
            (row.title, row.remote)
        }
    };
    let address = remote.and_then(|remote| remote.url);
    let Some(page) = address.as_deref().and_then(page) else {
        return Err(Failure::new("page_unknown").with("title", title));
    };
    open(page).await.map_err(|error| {
        tracing::warn!(upload = %request, error, "the page could not be opened");
        let mut failure = Failure::new("page_not_opened").with("title", title);
        failure.detail = error;
        failure
    })
}

/// A sign-in that has begun, and whether its page is before the user.
#[derive(Debug, serde::Serialize)]
pub(crate) struct SignInShown {
    #[serde(flatten)]
    started: SignInStarted,
    opened: bool,
}

/// Begins a sign-in and opens its page in the browser.
#[tauri::command]
pub(crate) async fn shell_sign_in(
    api: State<'_, Api>,
    request: AccountId,
) -> Result<SignInShown, Failure> {
    sign_in(&api, request).await
}

pub(crate) async fn sign_in(api: &Api, request: AccountId) -> Result<SignInShown, Failure> {
    let started = api.account_sign_in(request).await?;
    let opened = match page(&started.page) {
        Some(web @ Page::Web(_)) => open(web).await,
        _ => Err("not a page for a browser".to_owned()),
    };
    if let Err(error) = &opened {
        tracing::warn!(account = %request, error, "the sign-in page could not be opened");
    }
    Ok(SignInShown {
        started,
        opened: opened.is_ok(),
    })
}

/// Shows the folder that an account copies into.
#[tauri::command]
pub(crate) async fn shell_open_folder(
    api: State<'_, Api>,
    request: AccountId,
) -> Result<(), Failure> {
    let rows = api.accounts(Empty {}).await?;
    let found = rows.into_iter().map(|row| row.account);
    let account = found
        .filter(|account| account.platform == "folder")
        .find(|account| account.id == request)
        .ok_or_else(|| Failure::new("account_unknown").with("account", request))?;
    let path = PathBuf::from(account.settings.get("path").cloned().unwrap_or_default());
    let failed = |detail: String| {
        let mut failure = Failure::new("folder_missing").with("folder", path.display());
        failure.detail = detail;
        failure
    };
    // Only ever a folder: an opener would start a file's program.
    if !path.is_absolute() || !path.is_dir() {
        return Err(failed(String::new()));
    }
    open(Page::Folder(path.clone())).await.map_err(failed)
}

/// Shows the folder of queue, settings and logs.
#[tauri::command]
pub(crate) async fn shell_open_data_folder(shell: State<'_, Shell>) -> Result<(), Failure> {
    let path = shell.data_dir.clone();
    open(Page::Folder(path.clone())).await.map_err(|detail| {
        let mut failure = Failure::new("folder_missing").with("folder", path.display());
        failure.detail = detail;
        failure
    })
}

/// The opener waits for the desktop's answer, which may take its time.
async fn open(page: Page) -> Result<(), String> {
    let opened = tokio::task::spawn_blocking(move || match page {
        Page::Web(url) => tauri_plugin_opener::open_url(url, None::<&str>),
        Page::File(path) => tauri_plugin_opener::reveal_item_in_dir(path),
        Page::Folder(path) => tauri_plugin_opener::open_path(path, None::<&str>),
    })
    .await;
    match opened {
        Ok(opened) => opened.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_page_opens_in_the_browser() {
        let url = "https://www.bilibili.com/video/BV1xx?p=1";
        assert_eq!(page(url), Some(Page::Web(url.parse().unwrap())));
    }

    #[test]
    fn a_published_file_is_shown_in_its_folder() {
        assert_eq!(
            page("file:///films/a%20b.mp4"),
            Some(Page::File("/films/a b.mp4".into()))
        );
    }

    #[test]
    fn an_address_that_would_start_something_else_is_refused() {
        for address in [
            "http://example.com/",
            "javascript:alert(1)",
            "smb://server/share/run.exe",
            "file://server/share/run.exe",
            "mailto:a@example.com",
            "not an address",
        ] {
            assert_eq!(page(address), None, "{address}");
        }
    }
}
