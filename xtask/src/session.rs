//! A desktop of its own: a display nobody sees, a session bus, a window manager, an unlocked keychain, an empty home.
//!
//! Always holds: what runs in it neither sees nor changes the desktop of the person at this machine.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::command;

/// Starts what a desktop has, then becomes the command it was given. `$0` is the scratch folder.
///
/// Xvfb tells its display's number on the descriptor it is given, when it is ready: nothing is guessed and nothing is waited for.
const SCRIPT: &str = r#"
set -euo pipefail
coproc SCREEN { exec Xvfb -displayfd 1 -screen 0 1280x800x24 -nolisten tcp 2>"$0/xvfb.log"; }
trap 'kill "$SCREEN_PID" 2>/dev/null || true' EXIT
read -r number <&"${SCREEN[0]}"
export DISPLAY=":$number"
printf slipway | gnome-keyring-daemon --unlock --components=secrets >"$0/keyring.log" 2>&1
openbox >"$0/openbox.log" 2>&1 &
"$@"
"#;

/// A command whose further arguments are run in a new desktop that keeps its things in `scratch`.
///
/// # Errors
/// When the scratch folder cannot be made.
pub(crate) fn command_in(scratch: &Path) -> Result<Command> {
    if scratch.exists() {
        std::fs::remove_dir_all(scratch)
            .with_context(|| format!("cannot empty {}", scratch.display()))?;
    }
    let home = scratch.join("home");
    let runtime = scratch.join("runtime");
    for folder in [&home, &runtime] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    private(&runtime)?;
    let mut session = command("dbus-run-session");
    session.args(["--", "bash", "-c", SCRIPT]).arg(scratch);
    session
        .env("HOME", &home)
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("GDK_BACKEND", "x11")
        .env("LANG", "C.UTF-8")
        .env("NO_AT_BRIDGE", "1")
        // What a test shows must not hang on the link of the machine it runs on.
        .env("SLIPWAY_ANY_NETWORK", "1");
    for name in [
        "WAYLAND_DISPLAY",
        "DISPLAY",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
        "DBUS_SESSION_BUS_ADDRESS",
        "SLIPWAY_DATA_DIR",
        "SLIPWAY_PASSPHRASE",
    ] {
        session.env_remove(name);
    }
    Ok(session)
}

#[cfg(unix)]
fn private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(
        folder,
        std::fs::Permissions::from_mode(0o700),
    )?)
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<()> {
    Ok(())
}
