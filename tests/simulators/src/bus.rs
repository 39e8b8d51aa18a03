//! A bus of one's own, for services as their clients see them.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Of a bus in this folder; the same each time it comes.
pub(crate) fn address(folder: &Path) -> String {
    format!("unix:path={}", folder.join("bus").display())
}

/// Starts a bus there. It ends when it is dropped.
pub(crate) async fn start(address: &str) -> Result<Child> {
    let mut bus = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
        .arg(format!("--address={address}"))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start dbus-daemon")?;
    let output = bus.stdout.take().context("its output is read")?;
    let mut lines = BufReader::new(output).lines();
    let told = lines.next_line().await?;
    told.context("dbus-daemon told no address")?;
    Ok(bus)
}
