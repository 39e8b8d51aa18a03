//! One app for each data folder: a second start hands its files over on the desktop's bus and ends.
//!
//! Where there is no bus, the lock of the data folder has the last word, in a sentence.

use crate::arguments::Arguments;
use crate::files;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use tauri::Wry;
use tauri::plugin::TauriPlugin;

/// Hears of other starts; ends this one if it is the other. Nothing where the system has one name for all data folders and this one is not the usual.
pub(crate) fn plugin(arguments: &Arguments, data_dir: &Path) -> Option<TauriPlugin<Wry>> {
    if !cfg!(target_os = "linux") && arguments.data_dir.is_some() {
        return None;
    }
    let plugin = tauri_plugin_single_instance::Builder::new().callback(|app, arguments, folder| {
        files::take_over(app, &arguments, &folder);
    });
    Some(plugin.dbus_id(name(data_dir)).build())
}

/// A name on the bus that is the same for every start on this folder.
fn name(data_dir: &Path) -> String {
    let folder = data_dir
        .canonicalize()
        .unwrap_or_else(|_| data_dir.to_owned());
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    format!("app.slipway.desktop.d{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_data_folders_are_two_apps() {
        assert_ne!(name(Path::new("/a")), name(Path::new("/b")));
        assert_eq!(name(Path::new("/a")), name(Path::new("/a")));
    }
}
