//! macOS: the path that the system would take, and what it says of its cost.
//!
//! Source: `NWPath` of Apple's Network framework (<https://developer.apple.com/documentation/network/nwpath>), read 2026-11-22: a path is expensive over
//! a phone's line or a personal hotspot, and constrained where its user chose Low Data Mode for it. The name of a Wi-Fi is told to programs that may
//! know the machine's place only, so that networks have no names here.

use networkframework::{
    path::{Path, PathStatus},
    path_monitor::{InterfaceType, PathMonitor, start_path_monitor},
};
use slipway_model::{Link, LinkKind, Metered, network::Teller};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time::timeout};

/// The first path comes right after a monitor has started.
const PATIENCE: Duration = Duration::from_secs(1);
/// However quiet it is.
const ANYWAY_EVERY: Duration = Duration::from_secs(30);
/// Interfaces of tunnels begin with one of these.
const TUNNELS: [&str; 4] = ["utun", "ipsec", "ppp", "tun"];

pub(crate) struct Sources {
    monitor: PathMonitor,
    changed: Arc<Notify>,
}

impl Default for Sources {
    fn default() -> Self {
        let changed = Arc::new(Notify::new());
        let tell = changed.clone();
        let monitor = start_path_monitor(move |_| tell.notify_one());
        Self { monitor, changed }
    }
}

impl Sources {
    pub(crate) async fn look(&mut self) -> Link {
        if self.monitor.current_path().is_none() {
            // Nothing told in this time is nothing known.
            let _ = timeout(PATIENCE, self.changed.notified()).await;
        }
        let path = self.monitor.current_path();
        path.map_or_else(|| Link::unknown(Teller::MacOs), |path| told(&path))
    }

    pub(crate) async fn hint(&mut self) {
        let _ = timeout(ANYWAY_EVERY, self.changed.notified()).await;
    }
}

fn told(path: &Path) -> Link {
    let interfaces = path.interfaces();
    // The first is the one that is preferred.
    let is_tunnel = interfaces.first().is_some_and(|first| {
        let name = first.name.as_str();
        TUNNELS.iter().any(|tunnel| name.starts_with(tunnel))
    });
    let uses = |kind| path.uses_interface_type(kind);
    let kind = if is_tunnel {
        LinkKind::Vpn
    } else if uses(InterfaceType::Cellular) {
        LinkKind::Cellular
    } else if uses(InterfaceType::WiFi) {
        LinkKind::Wifi
    } else if uses(InterfaceType::Wired) {
        LinkKind::Ethernet
    } else {
        LinkKind::Other
    };
    let metered = if path.is_expensive() || path.is_constrained() {
        Metered::Yes
    } else if is_tunnel {
        // It is not said that the cost of what lies under a tunnel is the tunnel's.
        Metered::Unknown
    } else {
        Metered::No
    };
    Link {
        online: path.status() == PathStatus::Satisfied,
        kind,
        metered,
        ..Link::unknown(Teller::MacOs)
    }
}
