//! What the machine does when all is sent, as the tray offers it: a list with a mark, and a way out while the last minute runs.
//!
//! Always holds: nothing is listed that this machine cannot do, and the mark follows the setting, whoever changes it.

use super::{Face, QUIT, place_of, relabel};
use crate::shell::Shell;
use crate::words::Words;
use parking_lot::Mutex;
use slipway_api::wire::{Empty, PowerChange};
use slipway_api::{Api, Failure};
use slipway_model::finish::Finish;
use std::sync::OnceLock;
use tauri::menu::{CheckMenuItem, Menu, MenuItem, Submenu};
use tauri::{AppHandle, Manager, Wry};

const LIST: &str = "finished";
const STAY_ON: &str = "stay_on";
const ALL: [(Finish, &str); 4] = [
    (Finish::Nothing, "then_nothing"),
    (Finish::Sleep, "then_sleep"),
    (Finish::Hibernate, "then_hibernate"),
    (Finish::ShutDown, "then_shut_down"),
];

/// Below the two lines.
const STAY_ON_AT: usize = 2;

pub(super) struct FinishMenu {
    list: Submenu<Wry>,
    items: [CheckMenuItem<Wry>; 4],
    stay_on: MenuItem<Wry>,
    offered: OnceLock<Vec<Finish>>,
    shown: Mutex<Shown>,
}

/// What is in the menu now.
#[derive(Clone, Default)]
struct Shown {
    /// By their place in `ALL`; one alone is no list.
    listed: Vec<usize>,
    name: String,
    stay_on: bool,
}

impl FinishMenu {
    pub(super) fn make(app: &AppHandle, words: &Words) -> tauri::Result<Self> {
        let [nothing, sleep, hibernate, shut_down] = ALL.map(|(then, id)| {
            let text = (words.finish)(then);
            CheckMenuItem::with_id(app, id, text, true, false, None::<&str>)
        });
        Ok(Self {
            list: Submenu::with_id(app, LIST, " ", true)?,
            items: [nothing?, sleep?, hibernate?, shut_down?],
            stay_on: MenuItem::with_id(app, STAY_ON, words.stay_on, true, None::<&str>)?,
            offered: OnceLock::new(),
            shown: Mutex::default(),
        })
    }

    pub(super) fn relabel(&self, words: &Words) {
        for (item, (then, _)) in self.items.iter().zip(ALL) {
            let _ = item.set_text((words.finish)(then));
        }
        let _ = self.stay_on.set_text(words.stay_on);
    }

    /// Lists what is offered, with a mark at what is wanted.
    pub(super) fn show(&self, menu: &Menu<Wry>, words: &Words, face: &Face) {
        let offered = self.offered.get().map_or(&[][..], Vec::as_slice);
        let is_listed =
            |then| then == Finish::Nothing || then == face.then || offered.contains(&then);
        let now = Shown {
            listed: (0..ALL.len()).filter(|at| is_listed(ALL[*at].0)).collect(),
            name: (words.finished)((words.finish)(face.then)),
            stay_on: face.ends,
        };
        // As in the tray: the desktop answers on the main thread, which may want the lock.
        let before = std::mem::replace(&mut *self.shown.lock(), now.clone());
        for (at, item) in self.items.iter().enumerate() {
            match (before.listed.contains(&at), now.listed.binary_search(&at)) {
                (false, Ok(place)) => drop(self.list.insert(item, place)),
                (true, Err(_)) => drop(self.list.remove(item)),
                _ => {}
            }
            let _ = item.set_checked(ALL[at].0 == face.then);
        }
        // On Linux a list in a menu does not change its name: it is put in anew.
        let (was_in, is_in) = (before.listed.len() > 1, now.listed.len() > 1);
        if (was_in, &before.name) != (is_in, &now.name) {
            if was_in {
                let _ = menu.remove(&self.list);
            }
            let _ = self.list.set_text(&now.name);
            if is_in {
                let _ = menu.insert(&self.list, place_of(menu, QUIT));
            }
        }
        match (before.stay_on, now.stay_on) {
            (false, true) => drop(menu.insert(&self.stay_on, STAY_ON_AT)),
            (true, false) => drop(menu.remove(&self.stay_on)),
            _ => {}
        }
    }
}

/// Asks what this machine offers; the list is in the menu when that is known.
pub(super) fn start(app: &AppHandle, api: &Api) {
    let (app, api) = (app.clone(), api.clone());
    app.clone().state::<Shell>().spawn(async move {
        let Ok(power) = api.power(Empty {}).await else {
            return;
        };
        if let Some(tray) = app.state::<Shell>().tray.get() {
            let _ = tray.finish.offered.set(power.offered);
            relabel(&app);
        }
    });
}

/// Does what an item of the list says.
pub(super) async fn order(app: &AppHandle, api: &Api, item: &str) -> Result<(), Failure> {
    let then = ALL.iter().find(|(_, id)| *id == item);
    let done = match then {
        _ if item == STAY_ON => api.power_cancel(Empty {}).await,
        Some((then, _)) => {
            let change = PowerChange {
                then: Some(*then),
                ..PowerChange::default()
            };
            api.power_set(change).await
        }
        None => return Ok(()),
    };
    // The desktop has moved the mark by itself, whatever became of the order.
    relabel(app);
    done.map(drop)
}
