//! Builds the user interface into `ui/dist`, from where the window takes it.
//!
//! Knows nothing of what is in it. Always holds: packages are installed only when the lock file changed since the last time.

use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{command, run};
use crate::place;

/// npm in the folder of the user interface.
pub(crate) fn npm() -> Command {
    npm_in(&folder())
}

fn npm_in(folder: &Path) -> Command {
    let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(folder);
    npm
}

/// The folder of the user interface.
pub(crate) fn folder() -> PathBuf {
    place::root().join("ui")
}

/// Installs exactly what the lock file names.
pub(crate) fn install() -> Result<()> {
    install_in(&folder())
}

/// The same for another folder with packages.
pub(crate) fn install_in(folder: &Path) -> Result<()> {
    let lock = place::read(&folder.join("package-lock.json"))?;
    // Lies inside the folder that `npm ci` empties first: a broken install leaves no mark.
    let mark = folder.join("node_modules").join(".slipway-lock");
    if std::fs::read_to_string(&mark).is_ok_and(|seen| seen == lock) {
        return Ok(());
    }
    run(npm_in(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    std::fs::write(&mark, lock).with_context(|| format!("cannot write {}", mark.display()))
}

/// Makes `ui/dist`.
pub(crate) fn build() -> Result<()> {
    install()?;
    run(npm().args(["run", "--silent", "build"]))
}

/// Makes `ui/dist` when there is none: enough for what only has to compile.
pub(crate) fn build_if_missing() -> Result<()> {
    if folder().join("dist").join("index.html").is_file() {
        return Ok(());
    }
    build()
}
