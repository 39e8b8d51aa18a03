//! Opens the page of a published work. The window names the upload; the address comes from the queue and is judged here.

use slipway_api::{Api, Failure};
use slipway_model::UploadId;
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
    let detail = api.upload_detail(request).await?;
    let address = detail.row.live.remote.and_then(|remote| remote.url);
    let Some(page) = address.as_deref().and_then(page) else {
        return Err(Failure::new("page_unknown").with("title", detail.row.title));
    };
    // The opener waits for the desktop's answer, which may take its time.
    let opened = tokio::task::spawn_blocking(move || match page {
        Page::Web(url) => tauri_plugin_opener::open_url(url, None::<&str>),
        Page::File(path) => tauri_plugin_opener::reveal_item_in_dir(path),
    })
    .await;
    let error = match opened {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::warn!(upload = %request, error, "the page could not be opened");
    let mut failure = Failure::new("page_not_opened").with("title", detail.row.title);
    failure.detail = error;
    Err(failure)
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
