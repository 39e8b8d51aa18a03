//! NetworkManager: the primary connection, its kind and name, its cost, and what lies under a tunnel.
//!
//! Source: the D-Bus reference of NetworkManager 1.52, <https://networkmanager.dev/docs/api/latest/spec.html>, read 2026-11-22.

use slipway_model::{Link, LinkKind, Metered, network::Teller};
use std::collections::HashMap;
use zbus::{
    Connection,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue},
};

pub(super) const NAME: &str = "org.freedesktop.NetworkManager";
const PATH: &str = "/org/freedesktop/NetworkManager";
const ACTIVE: &str = "org.freedesktop.NetworkManager.Connection.Active";
const DEVICE: &str = "org.freedesktop.NetworkManager.Device";
const ACCESS_POINT: &str = "org.freedesktop.NetworkManager.AccessPoint";
/// `NMState`: connected, if only to this site. Below it nothing passes.
const CONNECTED_SITE: u32 = 60;
/// `NM_STATE_UNKNOWN`: it does not manage the network here.
const STATE_UNKNOWN: u32 = 0;
/// `NMMetered`: its user, or the network itself, said so.
const METERED_YES: u32 = 1;
const METERED_NO: u32 = 2;
/// A guess that it costs comes from the network's own hints: it is believed. A guess that it does not is none.
const METERED_GUESS_YES: u32 = 3;
/// Tunnels in tunnels, at most.
const DEPTH: u8 = 4;

type Properties = HashMap<String, OwnedValue>;

/// # Errors
/// When it does not answer, or does not manage the network of this machine.
pub(super) async fn look(bus: &Connection) -> zbus::Result<Link> {
    let manager = properties(bus, PATH, NAME).await?;
    let state = number(&manager, "State").unwrap_or(STATE_UNKNOWN);
    let primary = path(&manager, "PrimaryConnection");
    if state == STATE_UNKNOWN {
        return Err(zbus::Error::Unsupported);
    }
    let Some(primary) = primary else {
        let all = paths(&manager, "ActiveConnections");
        // Connected, yet by nothing it knows of: something else manages the network.
        if state >= CONNECTED_SITE && all.is_empty() {
            return Err(zbus::Error::Unsupported);
        }
        return Ok(Link {
            online: state >= CONNECTED_SITE,
            ..Link::unknown(Teller::NetworkManager)
        });
    };
    let all = paths(&manager, "ActiveConnections");
    let link = link(bus, &primary, &all, DEPTH).await?;
    // Of the primary connection.
    let metered = worse(link.metered, metered(number(&manager, "Metered")));
    Ok(Link {
        online: state >= CONNECTED_SITE,
        metered,
        ..link
    })
}

async fn link(
    bus: &Connection,
    at: &ObjectPath<'_>,
    all: &[OwnedObjectPath],
    depth: u8,
) -> zbus::Result<Link> {
    let active = properties(bus, at.as_str(), ACTIVE).await?;
    let kind = kind(
        &text(&active, "Type").unwrap_or_default(),
        flag(&active, "Vpn"),
    );
    let mut told = Metered::Unknown;
    for device in paths(&active, "Devices") {
        let device = properties(bus, device.as_str(), DEVICE).await?;
        told = worse(told, metered(number(&device, "Metered")));
    }
    let specific = path(&active, "SpecificObject");
    let mut name = text(&active, "Id");
    let mut under = None;
    match kind {
        LinkKind::Wifi => {
            if let Some(point) = &specific
                && let Ok(point) = properties(bus, point.as_str(), ACCESS_POINT).await
                && let Some(ssid) = point.get("Ssid").and_then(|v| v.try_clone().ok())
                && let Ok(ssid) = Vec::<u8>::try_from(ssid)
            {
                name = Some(String::from_utf8_lossy(&ssid).into_owned());
            }
        }
        LinkKind::Vpn if depth > 0 => {
            // A VPN names what it runs over; other tunnels do not, and then the worst of all that is up is taken.
            let beneath: Vec<_> = match specific {
                Some(parent) if all.contains(&parent) => vec![parent],
                _ => all
                    .iter()
                    .filter(|one| one.as_str() != at.as_str())
                    .cloned()
                    .collect(),
            };
            for one in beneath {
                let other = Box::pin(link(bus, &one, &[], depth - 1)).await?;
                if other.kind != LinkKind::Vpn || other.under.is_some() {
                    under = Some(under.map_or(other.clone(), |known| costlier(known, other)));
                }
            }
        }
        _ => {}
    }
    Ok(Link {
        online: true,
        kind,
        metered: told,
        told_by: Teller::NetworkManager,
        key: text(&active, "Uuid").map(|uuid| format!("nm:{uuid}")),
        name: name.map(|name| printable(&name)),
        under: under.map(Box::new),
    })
}

/// Of two links that a tunnel may run over, the one that may cost more.
fn costlier(one: Link, other: Link) -> Link {
    let rank = |link: &Link| match link.class().rule() {
        slipway_model::network::Rule::Wait => 2,
        slipway_model::network::Rule::Ask => 1,
        _ => 0,
    };
    if rank(&other) > rank(&one) {
        other
    } else {
        one
    }
}

/// The type of a connection, as `NMSetting` names it.
fn kind(name: &str, is_vpn: bool) -> LinkKind {
    match name {
        _ if is_vpn => LinkKind::Vpn,
        "802-3-ethernet" | "pppoe" | "bond" | "team" | "bridge" | "vlan" | "infiniband" => {
            LinkKind::Ethernet
        }
        "802-11-wireless" => LinkKind::Wifi,
        // Bluetooth is a phone's, near enough always.
        "gsm" | "cdma" | "bluetooth" => LinkKind::Cellular,
        "vpn" | "wireguard" | "tun" | "ip-tunnel" | "ppp" => LinkKind::Vpn,
        _ => LinkKind::Other,
    }
}

fn metered(value: Option<u32>) -> Metered {
    match value {
        Some(METERED_YES | METERED_GUESS_YES) => Metered::Yes,
        Some(METERED_NO) => Metered::No,
        _ => Metered::Unknown,
    }
}

fn worse(one: Metered, other: Metered) -> Metered {
    match (one, other) {
        (Metered::Yes, _) | (_, Metered::Yes) => Metered::Yes,
        (Metered::No, _) | (_, Metered::No) => Metered::No,
        _ => Metered::Unknown,
    }
}

/// Names come from the air.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

async fn properties(bus: &Connection, path: &str, interface: &str) -> zbus::Result<Properties> {
    let standard = Some("org.freedesktop.DBus.Properties");
    let answer = bus
        .call_method(Some(NAME), path, standard, "GetAll", &interface)
        .await?;
    answer.body().deserialize()
}

fn number(properties: &Properties, name: &str) -> Option<u32> {
    properties
        .get(name)
        .and_then(|value| u32::try_from(value).ok())
}

fn flag(properties: &Properties, name: &str) -> bool {
    properties
        .get(name)
        .and_then(|value| bool::try_from(value).ok())
        == Some(true)
}

fn text(properties: &Properties, name: &str) -> Option<String> {
    let value = properties.get(name)?;
    <&str>::try_from(value)
        .ok()
        .map(str::to_owned)
        .filter(|text| !text.is_empty())
}

/// A path that names something; `/` stands for nothing.
fn path(properties: &Properties, name: &str) -> Option<OwnedObjectPath> {
    let value = properties.get(name)?.try_clone().ok()?;
    OwnedObjectPath::try_from(value)
        .ok()
        .filter(|path| path.as_str() != "/")
}

fn paths(properties: &Properties, name: &str) -> Vec<OwnedObjectPath> {
    let value = properties
        .get(name)
        .and_then(|value| value.try_clone().ok());
    value
        .and_then(|value| Vec::<OwnedObjectPath>::try_from(value).ok())
        .unwrap_or_default()
}
