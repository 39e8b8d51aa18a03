//! The few questions whose answer depends on the operating system.

/// Loads the page anew when the process that draws it has died: the system may take it when memory is short. On other systems the web view does so itself.
#[cfg(target_os = "linux")]
pub(crate) fn survive_page_death(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    use std::cell::Cell;
    use std::time::{Duration, Instant};
    use webkit2gtk::WebViewExt;
    /// A page that dies sooner than this would only die again.
    const LEAST_LIFE: Duration = Duration::from_secs(5);
    window.with_webview(|view| {
        let born = Cell::new(Instant::now());
        view.inner()
            .connect_web_process_terminated(move |view, reason| {
                let lived = born.replace(Instant::now()).elapsed();
                tracing::error!(?reason, ?lived, "the page's process died");
                if lived > LEAST_LIFE {
                    view.reload();
                }
            });
    })
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux it may fail")]
pub(crate) fn survive_page_death(_: &tauri::WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Waits until the system or a terminal asks the program to end. `false`: it cannot ask.
#[cfg(unix)]
pub(crate) async fn end_wished() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    ) else {
        return false;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    true
}

#[cfg(not(unix))]
pub(crate) async fn end_wished() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}

/// The displays that a window could be drawn on, by which two desktops of one user are told apart. None where a system has one desktop for a user.
pub(crate) fn displays() -> Vec<String> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .filter(|display| !display.is_empty())
        // The first screen of a display needs no name.
        .map(|display| display.trim_end_matches(".0").to_owned())
        .collect()
}

/// Why no window can be opened at all, known before a toolkit gives up without a sentence.
pub(crate) fn no_display() -> bool {
    cfg!(target_os = "linux") && displays().is_empty()
}
