//! The icon in the tray: its silhouette says how the queue stands, its menu says it in two lines and has the few things one does without a window.
//!
//! Invariant: a desktop without a tray, or without the library for one, costs the icon and nothing else.

use crate::go::{self, Goal};
use crate::quit::quit;
use crate::shell::Shell;
use crate::words::{self, Words};
use crate::{desktop, settings, window};
use parking_lot::Mutex;
use slipway_api::sentence::{self, Lang};
use slipway_api::wire::{Empty, Rest, Summary, TurtleChange, UploadSet};
use slipway_api::{Api, Failure};
use slipway_engine::clock;
use slipway_model::{Standstill, speed::Turtle};
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tauri::image::Image;
use tauri::menu::{CheckMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Wry};

const HOUR: Duration = Duration::from_secs(60 * 60);
/// How often the figures may change: a menu is read, not watched.
const PACE: Duration = Duration::from_secs(1);

const OPEN: &str = "open";
const ADD: &str = "add";
const PAUSE: &str = "pause";
const REST: &str = "rest";
const TURTLE: &str = "turtle";
const PASS: &str = "pass";
const QUIT: &str = "quit";
/// Below the turtle.
const PASS_AT: usize = 9;

/// What the silhouette says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Nothing to send.
    Idle,
    Running,
    /// By hand or by a wait.
    Held,
    /// Somebody is needed.
    Attention,
}

/// Everything the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Face {
    mood: Mood,
    lines: [String; 2],
    paused: bool,
    /// Uploads wait, and could be let over the present link.
    kept_off: bool,
    turtle: Turtle,
}

pub(crate) struct Tray {
    icon: TrayIcon<Wry>,
    lines: [MenuItem<Wry>; 2],
    menu: Menu<Wry>,
    open: MenuItem<Wry>,
    add: MenuItem<Wry>,
    pause: MenuItem<Wry>,
    rest: MenuItem<Wry>,
    turtle: CheckMenuItem<Wry>,
    /// In the menu only while it helps.
    pass: MenuItem<Wry>,
    quit: MenuItem<Wry>,
    shown: Mutex<Shown>,
}

/// What is in the tray now, so that only changes are told to the desktop.
#[derive(Default)]
struct Shown {
    summary: Summary,
    face: Option<Face>,
    offers_pass: bool,
    dark_panel: Option<bool>,
}

/// Makes the tray and keeps it up to date. Where there cannot be one, says so in the log.
pub(crate) fn start(app: &AppHandle, api: &Api) {
    // The Linux library is looked for at run time, and its absence is a panic.
    let made = std::panic::catch_unwind(AssertUnwindSafe(|| make(app)));
    let tray = match made {
        Ok(Ok(tray)) => tray,
        Ok(Err(error)) => {
            tracing::warn!(%error, "no tray");
            return;
        }
        Err(_) => {
            tracing::warn!("no tray: its library is not installed");
            return;
        }
    };
    let shell = app.state::<Shell>();
    if shell.tray.set(tray).is_err() {
        return;
    }
    relabel(app);
    shell.spawn(follow(app.clone(), api.clone()));
}

fn make(app: &AppHandle) -> tauri::Result<Tray> {
    let words = settings::words(app);
    let item =
        |id: &str, text: &str, enabled| MenuItem::with_id(app, id, text, enabled, None::<&str>);
    let lines = [item("status", " ", false)?, item("left", " ", false)?];
    let (open, add, quit) = (
        item(OPEN, words.open, true)?,
        item(ADD, words.add_files, true)?,
        item(QUIT, words.quit, true)?,
    );
    let (pause, rest, pass) = (
        item(PAUSE, words.pause_all, true)?,
        item(REST, words.pause_for_an_hour, true)?,
        item(PASS, words.use_for_an_hour, true)?,
    );
    let turtle = CheckMenuItem::with_id(app, TURTLE, " ", true, false, None::<&str>)?;
    let separator = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(
        app,
        &[
            &lines[0],
            &lines[1],
            &separator()?,
            &open,
            &add,
            &separator()?,
            &pause,
            &rest,
            &turtle,
            &separator()?,
            &quit,
        ],
    )?;
    let icon = TrayIconBuilder::with_id("slipway")
        .icon(picture(Mood::Idle, false))
        .icon_as_template(true)
        .tooltip("Slipway")
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(on_menu)
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                window::show(tray.app_handle());
            }
        })
        .build(app)?;
    Ok(Tray {
        icon,
        lines,
        menu,
        open,
        add,
        pause,
        rest,
        turtle,
        pass,
        quit,
        shown: Mutex::default(),
    })
}

fn on_menu(app: &AppHandle, event: MenuEvent) {
    match event.id().as_ref() {
        OPEN => window::show(app),
        QUIT => quit(app),
        ADD => go::to(app, Goal::AddFiles),
        item => order(app, item.to_owned()),
    }
}

/// What the engine is to do.
fn order(app: &AppHandle, item: String) {
    let Some(api) = app.try_state::<Api>() else {
        return;
    };
    let api = api.inner().clone();
    app.state::<Shell>().spawn(async move {
        let done = match item.as_str() {
            PAUSE => toggle(&api).await,
            REST => rest(&api).await,
            TURTLE => turtle(&api).await,
            PASS => api.network_pass_for_an_hour().await,
            _ => Ok(()),
        };
        if let Err(failure) = done {
            let (code, detail) = (failure.code, failure.detail);
            tracing::warn!(item, code, detail, "the tray's menu");
        }
    });
}

async fn turtle(api: &Api) -> Result<(), Failure> {
    let on = Some(!api.speed(Empty {}).await?.turtle.on);
    let change = TurtleChange {
        on,
        ..TurtleChange::default()
    };
    api.turtle_set(change).await?;
    Ok(())
}

async fn rest(api: &Api) -> Result<(), Failure> {
    let until_ms = clock::now_ms() + HOUR.as_millis() as i64;
    let until_ms = Some(until_ms);
    api.queue_rest(Rest { until_ms }).await?;
    Ok(())
}

/// Does what the menu item says: it is labelled by the same rule.
async fn toggle(api: &Api) -> Result<(), Failure> {
    let all = UploadSet {
        all: true,
        ..UploadSet::default()
    };
    if api.queue_summary(Empty {}).await?.paused {
        api.uploads_resume(all).await?;
    } else {
        api.uploads_pause(all).await?;
    }
    Ok(())
}

/// Follows the queue, a second at a time.
async fn follow(app: AppHandle, api: Api) {
    let shell = app.state::<Shell>();
    let Some(tray) = shell.tray.get() else {
        return;
    };
    let mut summaries = shell.bridge.summaries();
    if let Ok(summary) = api.queue_summary(Empty {}).await {
        tray.shown.lock().summary = summary;
        tray.refresh(&app);
    }
    while summaries.changed().await.is_ok() {
        let newest = summaries.borrow_and_update().clone();
        if let Some(summary) = newest {
            tray.shown.lock().summary = summary;
            tray.refresh(&app);
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Says everything anew, in the language of now.
pub(crate) fn relabel(app: &AppHandle) {
    let shell = app.state::<Shell>();
    let Some(tray) = shell.tray.get() else {
        return;
    };
    let words = settings::words(app);
    for (item, text) in [
        (&tray.open, words.open),
        (&tray.add, words.add_files),
        (&tray.rest, words.pause_for_an_hour),
        (&tray.pass, words.use_for_an_hour),
        (&tray.quit, words.quit),
    ] {
        let _ = item.set_text(text);
    }
    tray.shown.lock().face = None;
    tray.refresh(app);
}

impl Tray {
    fn refresh(&self, app: &AppHandle) {
        let lang = settings::lang(app);
        let words = words::of(lang);
        let dark_panel = desktop::panel_is_dark(system_theme(app));
        // Nothing is told to the desktop under the lock: it answers on the main thread, which may want the lock.
        let (before, panel_before, face) = {
            let mut shown = self.shown.lock();
            let face = face(lang, words, &shown.summary);
            let before = shown.face.replace(face.clone());
            let panel_before = shown.dark_panel.replace(dark_panel);
            (before, panel_before, face)
        };
        if before.as_ref() == Some(&face) && panel_before == Some(dark_panel) {
            return;
        }
        if before.as_ref().map(|face| face.mood) != Some(face.mood)
            || panel_before != Some(dark_panel)
        {
            let _ = self
                .icon
                .set_icon_with_as_template(Some(picture(face.mood, dark_panel)), true);
        }
        for (item, line) in self.lines.iter().zip(&face.lines) {
            let _ = item.set_text(line);
        }
        let _ = self.pause.set_text(if face.paused {
            words.resume_all
        } else {
            words.pause_all
        });
        let _ = self.rest.set_enabled(!face.paused);
        let slow = format!("{}/s", sentence::size(face.turtle.bytes_per_second));
        let _ = self.turtle.set_text((words.turtle)(&slow));
        // Also where the desktop has ticked it by itself.
        let _ = self.turtle.set_checked(face.turtle.on);
        let offered = std::mem::replace(&mut self.shown.lock().offers_pass, face.kept_off);
        if face.kept_off != offered {
            let _ = if face.kept_off {
                self.menu.insert(&self.pass, PASS_AT)
            } else {
                self.menu.remove(&self.pass)
            };
        }
        let _ = self.icon.set_tooltip(Some(format!(
            "Slipway: {}",
            face.lines.join(". ").trim_end_matches(['.', ' '])
        )));
    }
}

fn system_theme(app: &AppHandle) -> Option<tauri::Theme> {
    app.get_webview_window(window::LABEL)?.theme().ok()
}

/// Reads the face off the queue.
fn face(lang: Lang, words: &Words, summary: &Summary) -> Face {
    let counts = &summary.counts;
    let mood = if counts.needs_you > 0 {
        Mood::Attention
    } else if summary.paused || (counts.running == 0 && counts.waiting > 0) {
        Mood::Held
    } else if counts.running > 0 {
        Mood::Running
    } else {
        Mood::Idle
    };
    let rate = format!("{}/s", sentence::size(summary.bytes_per_second));
    let first = if summary.bytes_per_second > 0 {
        match summary.eta_seconds {
            Some(seconds) => (words.rate_and_time)(&rate, &sentence::span(lang, seconds)),
            None => (words.rate)(&rate),
        }
    } else {
        sentence::say_standstill(lang, &summary.idle.clone().unwrap_or_default())
    };
    let second = if counts.needs_you > 0 {
        (words.needs_you)(counts.needs_you)
    } else if summary.left_bytes > 0 {
        (words.left)(&sentence::size(summary.left_bytes))
    } else {
        // An empty label is no line in some menus, and rows would jump.
        " ".to_owned()
    };
    Face {
        mood,
        lines: [first, second],
        paused: summary.paused,
        turtle: summary.speed.turtle,
        kept_off: summary.idle.as_ref().is_some_and(Standstill::may_pass),
    }
}

/// The silhouette, in the ink that shows on this panel.
fn picture(mood: Mood, dark_panel: bool) -> Image<'static> {
    match (mood, dark_panel) {
        (Mood::Idle, false) => tauri::include_image!("../icons/tray/idle-dark.png"),
        (Mood::Idle, true) => tauri::include_image!("../icons/tray/idle-light.png"),
        (Mood::Running, false) => tauri::include_image!("../icons/tray/running-dark.png"),
        (Mood::Running, true) => tauri::include_image!("../icons/tray/running-light.png"),
        (Mood::Held, false) => tauri::include_image!("../icons/tray/paused-dark.png"),
        (Mood::Held, true) => tauri::include_image!("../icons/tray/paused-light.png"),
        (Mood::Attention, false) => tauri::include_image!("../icons/tray/attention-dark.png"),
        (Mood::Attention, true) => tauri::include_image!("../icons/tray/attention-light.png"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_api::wire::Counts;
    use slipway_model::{
        Cause, Wait,
        standstill::{self, Facts},
    };

    /// Of three uploads that are kept by these.
    fn still(waits: &[Wait]) -> Standstill {
        standstill::find(&Facts {
            runs: true,
            all: 3,
            unsent: 3,
            waits: waits.to_vec(),
            ..Facts::default()
        })
    }

    fn face_of(summary: &Summary) -> Face {
        face(Lang::En, words::of(Lang::En), summary)
    }

    #[test]
    fn an_empty_queue_has_nothing_to_send() {
        let face = face_of(&Summary::default());
        assert_eq!(face.mood, Mood::Idle);
        assert_eq!(face.lines[0], "Nothing to send: the queue is empty");
    }

    #[test]
    fn a_sending_queue_shows_speed_time_and_what_is_left() {
        let face = face_of(&Summary {
            counts: Counts {
                all: 2,
                running: 1,
                waiting: 1,
                ..Counts::default()
            },
            bytes_per_second: 6_200_000,
            eta_seconds: Some(180),
            left_bytes: 14_600_000_000,
            ..Summary::default()
        });
        assert_eq!(
            face.mood,
            Mood::Running,
            "one that runs outweighs one that waits"
        );
        assert!(face.lines[0].starts_with("6.2\u{a0}MB/s, 3"), "{face:?}");
        assert_eq!(face.lines[1], "14.6\u{a0}GB left");
    }

    #[test]
    fn a_held_queue_is_not_shown_as_running() {
        let counts = Counts {
            waiting: 3,
            ..Counts::default()
        };
        let paused = face_of(&Summary {
            counts,
            paused: true,
            idle: Some(still(&[])),
            ..Summary::default()
        });
        assert_eq!((paused.mood, paused.paused), (Mood::Held, true));
        assert_eq!(paused.lines[0], "Paused by you");
        let waits = Wait::Network {
            cause: Cause::new("network_metered").with("network", "Phone"),
            asks: false,
            until_ms: None,
        };
        let waiting = face_of(&Summary {
            counts,
            idle: Some(still(&[waits])),
            ..Summary::default()
        });
        assert_eq!((waiting.mood, waiting.kept_off), (Mood::Held, true));
        assert!(waiting.lines[0].starts_with("Waiting for the network: "));
    }

    #[test]
    fn one_upload_that_needs_somebody_is_the_first_thing_seen() {
        let face = face_of(&Summary {
            counts: Counts {
                running: 4,
                needs_you: 1,
                ..Counts::default()
            },
            ..Summary::default()
        });
        assert_eq!(face.mood, Mood::Attention);
        assert_eq!(face.lines[1], "1 upload needs you");
    }
}
