//! The one window: made when it is first wanted, hidden to the tray when closed, and the place where files are dropped.
//!
//! Invariant: the window is never hidden unless a tray shows the way back; where there is none, closing puts it on the taskbar.

use crate::quit::quit;
use crate::settings::{self, Closing, Place, Theme};
use crate::shell::Shell;
use crate::{desktop, files, panel};
use slipway_api::Failure;
use std::path::PathBuf;
use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, WebviewWindowBuilder};
use tauri::{
    AppHandle, DragDropEvent, Emitter, Manager, PhysicalPosition, PhysicalSize, Url, WebviewUrl,
    WebviewWindow, Window, WindowEvent,
};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons};

pub(crate) const LABEL: &str = "main";
/// Design, 'Layout': the window and the least it may be, in logical pixels.
const SIZE: (f64, f64) = (1200.0, 780.0);
const LEAST: (f64, f64) = (760.0, 520.0);
/// The canvas of `tokens.css`, so that nothing flashes before the first paint.
const CANVAS_LIGHT: Color = Color(0xf3, 0xf6, 0xf7, 0xff);
const CANVAS_DARK: Color = Color(0x0f, 0x15, 0x16, 0xff);
/// Names told of a drag; the overlay shows a few and counts the rest.
const NAMES_TOLD: usize = 200;

/// What is held over the window. Paths stay here.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Drag {
    Over { names: Vec<String> },
    Left,
}

/// Brings the window to the front, and makes it if there is none.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else {
        let app = app.clone();
        // On Windows a window cannot be made from within an event's handler.
        std::thread::spawn(move || {
            if app.get_webview_window(LABEL).is_none()
                && let Err(error) = open(&app)
            {
                tracing::error!(%error, "the window could not be opened");
                quit(&app);
            }
        });
        return;
    };
    let shown = window
        .unminimize()
        .and_then(|()| window.show())
        .and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window could not be shown");
    }
    app.state::<Shell>().bridge.set_hidden(false);
}

/// Whether its user has the window before him.
pub(crate) fn is_looked_at(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some_and(|window| {
        let is = |answer: tauri::Result<bool>| answer.unwrap_or(false);
        is(window.is_visible()) && is(window.is_focused()) && !is(window.is_minimized())
    })
}

/// Whether no window is on the screen or the taskbar.
pub(crate) fn is_hidden(app: &AppHandle) -> bool {
    let window = app.get_webview_window(LABEL);
    window.is_none_or(|window| !window.is_visible().unwrap_or(true))
}

/// Puts the window on the taskbar, and makes it if there is none.
pub(crate) fn minimize(app: &AppHandle) {
    let is_hidden = is_hidden(app);
    let window = app.get_webview_window(LABEL).map_or_else(|| build(app), Ok);
    let minimized = window.and_then(|window| {
        window.minimize()?;
        if is_hidden { window.show() } else { Ok(()) }
    });
    if let Err(error) = minimized {
        tracing::warn!(%error, "the window could not be put on the taskbar");
    }
    // The desktop gets it back without a word to us.
    app.state::<Shell>().bridge.set_hidden(false);
}

/// Makes the window and shows it.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let window = build(app)?;
    window.show()?;
    window.set_focus()
}

fn build(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let theme = settings::looks(app).theme;
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Slipway")
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(LEAST.0, LEAST.1)
        .theme(theme.of_window())
        .data_directory(app.state::<Shell>().data_dir.join("webview"))
        .initialization_script(include_str!("freeze.js"))
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .background_color(canvas(theme.of_window().unwrap_or(tauri::Theme::Light)))
        .visible(false);
    let window = builder.build()?;
    desktop::survive_page_death(&window)?;
    if theme == Theme::System {
        // Only a window knows what the system's theme is.
        window.set_background_color(Some(canvas(window.theme()?)))?;
    }
    if let Some(place) = settings::place(app) {
        restore(&window, place)?;
    }
    Ok(window)
}

/// The window shows the screens that were built in, and nothing else.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

fn canvas(theme: tauri::Theme) -> Color {
    if theme == tauri::Theme::Dark {
        CANVAS_DARK
    } else {
        CANVAS_LIGHT
    }
}

/// Puts the window back where it stood, if a screen is still there.
fn restore(window: &WebviewWindow, place: Place) -> tauri::Result<()> {
    window.set_size(PhysicalSize::new(place.width, place.height))?;
    let screens = window.available_monitors()?;
    let there = screens.iter().any(|screen| {
        let (at, size) = (screen.position(), screen.size());
        on_screen(place, (at.x, at.y), (size.width, size.height))
    });
    if there {
        window.set_position(PhysicalPosition::new(place.x, place.y))?;
    }
    if place.maximized {
        window.maximize()?;
    }
    Ok(())
}

/// Whether enough of the title bar lies on this screen to take hold of it.
fn on_screen(place: Place, at: (i32, i32), size: (u32, u32)) -> bool {
    const GRIP: i64 = 80;
    let (left, top) = (i64::from(place.x), i64::from(place.y));
    let (from_x, from_y) = (i64::from(at.0), i64::from(at.1));
    let (to_x, to_y) = (from_x + i64::from(size.0), from_y + i64::from(size.1));
    let right = left + i64::from(place.width);
    right.min(to_x) - left.max(from_x) >= GRIP && top >= from_y - 8 && top <= to_y - GRIP
}

/// Keeps where the window stands.
pub(crate) fn remember(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    let (Ok(maximized), Ok(true), Ok(false)) = (
        window.is_maximized(),
        window.is_visible(),
        window.is_minimized(),
    ) else {
        return;
    };
    let before = settings::place(app);
    let place = match (before, window.outer_position(), window.inner_size()) {
        // The size to come back to from 'maximized' is the one before it.
        (Some(before), ..) if maximized => Place {
            maximized,
            ..before
        },
        (_, Ok(at), Ok(size)) => Place {
            x: at.x,
            y: at.y,
            width: size.width,
            height: size.height,
            maximized,
        },
        _ => return,
    };
    settings::set_place(app, place);
}

/// Takes the window from the screen, because the app ends.
pub(crate) fn vanish(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.hide();
    }
}

/// Gives the window, its title bar and its dialogs another theme.
pub(crate) fn dress(app: &AppHandle, theme: Theme) {
    app.set_theme(theme.of_window());
    if let Some(window) = app.get_webview_window(LABEL) {
        let now = theme.of_window().or_else(|| window.theme().ok());
        let _ = window.set_background_color(now.map(canvas));
    }
}

/// Closes the window from within.
#[tauri::command]
pub(crate) async fn shell_hide(app: AppHandle) -> Result<(), Failure> {
    close(&app);
    Ok(())
}

/// To the tray, to the taskbar where there is none, or for good where its user wants that. What it means is said the first time.
fn close(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    if settings::looks(app).close == Closing::Quits {
        quit(app);
        return;
    }
    remember(app);
    let words = settings::words(app);
    let (hint, told) = if panel::is_there(app) {
        (settings::CLOSED, words.close_hint)
    } else {
        (settings::NO_TRAY, words.no_tray_hint)
    };
    if !settings::is_new(app, hint) {
        put_away(app);
        return;
    }
    settings::set_told(app, hint);
    let app = app.clone();
    app.clone()
        .dialog()
        .message(told)
        .title("Slipway")
        .buttons(MessageDialogButtons::OkCancelCustom(
            words.keep_sending.to_owned(),
            words.quit.to_owned(),
        ))
        .parent(&window)
        .show(move |keep| if keep { put_away(&app) } else { quit(&app) });
}

fn put_away(app: &AppHandle) {
    if panel::is_there(app) {
        hide(app);
    } else {
        minimize(app);
    }
}

fn hide(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL)
        && window.hide().is_ok()
    {
        app.state::<Shell>().bridge.set_hidden(true);
    }
}

/// Hears what happens to the window.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    let app = window.app_handle();
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            close(app);
        }
        WindowEvent::DragDrop(event) => on_drag(app, event),
        _ => {}
    }
}

fn on_drag(app: &AppHandle, event: &DragDropEvent) {
    let drag = match event {
        DragDropEvent::Enter { paths, .. } => Drag::Over {
            names: names(paths),
        },
        DragDropEvent::Drop { paths, .. } => {
            files::offer(app, paths.clone());
            Drag::Left
        }
        DragDropEvent::Leave => Drag::Left,
        _ => return,
    };
    if let Err(error) = app.emit_to(LABEL, "drag", drag) {
        tracing::warn!(%error, "the window did not hear of a drag");
    }
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .take(NAMES_TOLD)
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: ((i32, i32), (u32, u32)) = ((0, 0), (1920, 1080));

    fn at(x: i32, y: i32) -> Place {
        Place {
            x,
            y,
            width: 1200,
            height: 780,
            maximized: false,
        }
    }

    #[test]
    fn a_window_returns_only_to_a_screen_that_is_there() {
        assert!(on_screen(at(100, 50), SCREEN.0, SCREEN.1));
        assert!(on_screen(at(-1100, 50), SCREEN.0, SCREEN.1));
        assert!(
            !on_screen(at(2400, 50), SCREEN.0, SCREEN.1),
            "the second screen was unplugged"
        );
        assert!(
            !on_screen(at(100, 1060), SCREEN.0, SCREEN.1),
            "its title bar could not be taken hold of"
        );
    }

    #[test]
    fn the_window_hears_names_of_dragged_files_and_no_folders() {
        let drag = Drag::Over {
            names: names(&["/home/ann/films/a.mp4".into()]),
        };
        assert_eq!(
            serde_json::to_string(&drag).unwrap(),
            r#"{"state":"over","names":["a.mp4"]}"#
        );
        assert_eq!(
            serde_json::to_string(&Drag::Left).unwrap(),
            r#"{"state":"left"}"#
        );
    }

    #[test]
    fn the_window_goes_nowhere_but_to_its_own_screens() {
        for (address, ours) in [
            ("tauri://localhost/index.html", true),
            ("http://tauri.localhost/", true),
            ("https://example.com/", false),
            ("http://localhost:5173/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
        ] {
            assert_eq!(is_ours(&address.parse().unwrap()), ours, "{address}");
        }
    }
}
