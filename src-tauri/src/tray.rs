//! The icon in the tray: its silhouette says how the queue stands, its menu says it in two lines and has the few things one does without a window.
//!
//! Invariant: a desktop without a tray, or without the library for one, costs the icon and nothing else.

mod face;
mod finish;

use crate::go::{self, Goal};
use crate::quit::quit;
use crate::shell::Shell;
use crate::words;
use crate::{settings, window};
use face::{Face, Mood, face};
use finish::FinishMenu;
use parking_lot::Mutex;
use slipway_api::sentence;
use slipway_api::wire::{Empty, Rest, Summary, TurtleChange, UploadSet};
use slipway_api::{Api, Failure};
use slipway_engine::clock;
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
    finish: FinishMenu,
    quit: MenuItem<Wry>,
    shown: Mutex<Shown>,
    /// One at a time tells the desktop: what is shown must be the newest. Held off the main thread only, once the tray is made.
    drawing: Mutex<()>,
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
    finish::start(app, api);
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
    let finish = FinishMenu::make(app, words)?;
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
        finish,
        quit,
        shown: Mutex::default(),
        drawing: Mutex::default(),
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
    let (app, api) = (app.clone(), api.inner().clone());
    app.clone().state::<Shell>().spawn(async move {
        let done = match item.as_str() {
            PAUSE => toggle(&api).await,
            REST => rest(&api).await,
            TURTLE => turtle(&api).await,
            PASS => api.network_pass_for_an_hour().await,
            other => finish::order(&app, &api, other).await,
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
    loop {
        let counts_down = tray.shown.lock().summary.countdown.is_some();
        tokio::select! {
            changed = summaries.changed() => if changed.is_err() {
                return;
            },
            () = tokio::time::sleep(PACE), if counts_down => {}
        }
        let newest = summaries.borrow_and_update().clone();
        if let Some(summary) = newest {
            tray.shown.lock().summary = summary;
        }
        tray.refresh(&app);
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
    tray.finish.relabel(words);
    tray.shown.lock().face = None;
    tray.refresh(app);
}

impl Tray {
    fn refresh(&self, app: &AppHandle) {
        let _drawing = self.drawing.lock();
        let lang = settings::lang(app);
        let words = words::of(lang);
        let dark_panel = app.state::<Shell>().panel.borrow().is_dark;
        let then = app.try_state::<Api>().map(|api| api.finish_wanted());
        // Nothing is told to the desktop under the lock: it answers on the main thread, which may want the lock.
        let (before, panel_before, face) = {
            let mut shown = self.shown.lock();
            let now_ms = clock::now_ms();
            let face = face(
                lang,
                words,
                &shown.summary,
                then.unwrap_or_default(),
                now_ms,
            );
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
                self.menu
                    .insert(&self.pass, place_of(&self.menu, TURTLE) + 1)
            } else {
                self.menu.remove(&self.pass)
            };
        }
        self.finish.show(&self.menu, words, &face);
        let _ = self.icon.set_tooltip(Some(format!(
            "Slipway: {}",
            face.lines.join(". ").trim_end_matches(['.', ' '])
        )));
    }
}

/// Where an item stands now.
fn place_of(menu: &Menu<Wry>, id: &str) -> usize {
    let items = menu.items().unwrap_or_default();
    let at = items.iter().position(|item| item.id() == id);
    at.unwrap_or(items.len())
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
