//! How the window looks and where it stands. Nothing here is obeyed by the engine: that is in its database.

use crate::shell::Shell;
use crate::words::{self, Words};
use crate::{tray, window};
use serde::{Deserialize, Serialize};
use slipway_api::sentence::Lang;
use std::sync::Arc;
use tauri::{AppHandle, Manager, Wry};
use tauri_plugin_store::{Store, StoreExt};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Language {
    #[default]
    #[serde(rename = "system")]
    System,
    #[serde(rename = "en")]
    En,
    #[serde(rename = "zh-CN")]
    ZhCn,
    #[serde(rename = "ja")]
    Ja,
}

/// What closing the window means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Closing {
    #[default]
    KeepsSending,
    Quits,
}

/// What its user is told once: by which key that is kept.
pub(crate) const CLOSED: &str = "close_hint_shown";
pub(crate) const NO_TRAY: &str = "no_tray_hint_shown";

/// What the window's settings screen keeps here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Looks {
    pub(crate) theme: Theme,
    pub(crate) language: Language,
    pub(crate) close: Closing,
}

/// Where the window stood, in the system's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) maximized: bool,
}

impl Theme {
    pub(crate) fn of_window(self) -> Option<tauri::Theme> {
        match self {
            Self::System => None,
            Self::Light => Some(tauri::Theme::Light),
            Self::Dark => Some(tauri::Theme::Dark),
        }
    }
}

impl Language {
    fn lang(self) -> Lang {
        match self {
            Self::System => Lang::from_tag(&sys_locale::get_locale().unwrap_or_default()),
            Self::En => Lang::En,
            Self::ZhCn => Lang::ZhCn,
            Self::Ja => Lang::Ja,
        }
    }
}

/// The file of looks. One that cannot be read is as good as none: looks are not worth a refusal.
fn store(app: &AppHandle) -> Option<Arc<Store<Wry>>> {
    let path = app.state::<Shell>().data_dir.join("looks.json");
    app.store_builder(&path)
        .disable_auto_save()
        .build()
        .or_else(|error| {
            tracing::warn!(%error, "looks could not be read");
            app.store_builder(&path)
                .disable_auto_save()
                .create_new()
                .build()
        })
        .inspect_err(|error| tracing::warn!(%error, "looks cannot be kept"))
        .ok()
}

fn get<T: for<'de> Deserialize<'de>>(app: &AppHandle, key: &str) -> Option<T> {
    serde_json::from_value(store(app)?.get(key)?).ok()
}

fn set<T: Serialize>(app: &AppHandle, key: &str, value: T) {
    let (Some(store), Ok(value)) = (store(app), serde_json::to_value(value)) else {
        return;
    };
    if store.get(key).as_ref() == Some(&value) {
        return;
    }
    store.set(key, value);
    if let Err(error) = store.save() {
        tracing::warn!(%error, "looks could not be written");
    }
}

pub(crate) fn looks(app: &AppHandle) -> Looks {
    get(app, "looks").unwrap_or_default()
}

pub(crate) fn place(app: &AppHandle) -> Option<Place> {
    get(app, "window")
}

pub(crate) fn set_place(app: &AppHandle, place: Place) {
    set(app, "window", place);
}

/// Whether its user has not been told this.
pub(crate) fn is_new(app: &AppHandle, hint: &str) -> bool {
    !get(app, hint).unwrap_or(false)
}

pub(crate) fn set_told(app: &AppHandle, hint: &str) {
    set(app, hint, true);
}

pub(crate) fn lang(app: &AppHandle) -> Lang {
    looks(app).language.lang()
}

/// The shell's own words in the user's language.
pub(crate) fn words(app: &AppHandle) -> &'static Words {
    words::of(lang(app))
}

#[tauri::command]
pub(crate) async fn shell_looks_get(app: AppHandle) -> Result<Looks, ()> {
    Ok(looks(&app))
}

#[tauri::command]
pub(crate) async fn shell_looks_set(app: AppHandle, request: Looks) -> Result<(), ()> {
    let before = looks(&app);
    set(&app, "looks", request);
    if before.theme != request.theme {
        window::dress(&app, request.theme);
    }
    if before.language != request.language {
        tray::relabel(&app);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_of_an_older_file_are_read_with_the_rest_as_usual() {
        let looks: Looks = serde_json::from_str(r#"{"theme":"dark","language":"zh-CN"}"#).unwrap();
        assert_eq!(looks.theme, Theme::Dark);
        assert_eq!(looks.language, Language::ZhCn);
        assert_eq!(looks.close, Closing::KeepsSending);
    }

    #[test]
    fn a_chosen_language_wins_over_the_systems() {
        assert_eq!(Language::Ja.lang(), Lang::Ja);
    }
}
