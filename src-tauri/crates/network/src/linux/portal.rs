//! The desktop's portal: whether there is a network, and whether it costs. It knows neither kind nor name.
//!
//! Source: `org.freedesktop.portal.NetworkMonitor`, version 3,
//! <https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.NetworkMonitor.html>, read 2026-11-22.

use std::collections::HashMap;
use zbus::{Connection, zvariant::OwnedValue};

pub(super) const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const INTERFACE: &str = "org.freedesktop.portal.NetworkMonitor";

pub(super) struct Status {
    pub(super) available: bool,
    pub(super) metered: bool,
}

pub(super) async fn look(bus: &Connection) -> zbus::Result<Status> {
    let answer = bus
        .call_method(Some(NAME), PATH, Some(INTERFACE), "GetStatus", &())
        .await?;
    let told: HashMap<String, OwnedValue> = answer.body().deserialize()?;
    let flag = |name: &str| told.get(name).and_then(|value| bool::try_from(value).ok());
    Ok(Status {
        available: flag("available").unwrap_or(true),
        metered: flag("metered").unwrap_or(false),
    })
}
