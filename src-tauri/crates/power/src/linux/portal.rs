//! The desktop's portal: a hold against sleep for programs that reach no logind.
//!
//! Source: `org.freedesktop.portal.Inhibit`, version 3,
//! <https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Inhibit.html>, read 2026-11-22.

use std::collections::HashMap;
use zbus::{Connection, zvariant::Value};

const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const INTERFACE: &str = "org.freedesktop.portal.Inhibit";
/// Suspend and idle.
const FLAGS: u32 = 4 | 8;

/// The hold ends with the connection, which is of its own for that.
pub(super) async fn inhibit(why: &str) -> zbus::Result<Connection> {
    let bus = zbus::connection::Builder::session()?.build().await?;
    let options = HashMap::from([("reason", Value::from(why))]);
    bus.call_method(
        Some(NAME),
        PATH,
        Some(INTERFACE),
        "Inhibit",
        &("", FLAGS, options),
    )
    .await?;
    Ok(bus)
}
