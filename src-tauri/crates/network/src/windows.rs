//! Windows: the profile of the connection to the internet, and what it says of its cost.
//!
//! Source: `Windows.Networking.Connectivity` (<https://learn.microsoft.com/uwp/api/windows.networking.connectivity>), read 2026-11-22.

use slipway_model::{Link, LinkKind, Metered, network::Teller};
use std::time::Duration;
use windows::Networking::Connectivity::{
    ConnectionProfile, NetworkConnectivityLevel, NetworkCostType, NetworkInformation,
};

/// Types of interfaces as the registry of MIB interface types numbers them.
/// Source: IANA ifType-MIB, <https://www.iana.org/assignments/ianaiftype-mib>, read 2026-11-22.
const IF_ETHERNET: u32 = 6;
const IF_PPP: u32 = 23;
const IF_TUNNEL: u32 = 131;
/// The system's call is cheap and answers from memory: looked at this often instead of being called back from foreign threads.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(crate) struct Sources;

impl Sources {
    pub(crate) async fn look(&mut self) -> Link {
        match NetworkInformation::GetInternetConnectionProfile() {
            Ok(profile) => told(&profile).unwrap_or_else(|_| Link::unknown(Teller::Windows)),
            // No profile, which is an error without a fault, means no connection.
            Err(none) if none.code().is_ok() => Link {
                online: false,
                ..Link::unknown(Teller::Windows)
            },
            // This system cannot tell.
            Err(_) => Link::unknown(Teller::Nobody),
        }
    }

    pub(crate) async fn hint(&mut self) {
        tokio::time::sleep(EVERY).await;
    }
}

fn told(profile: &ConnectionProfile) -> windows::core::Result<Link> {
    let level = profile.GetNetworkConnectivityLevel()?;
    let cost = profile.GetConnectionCost()?;
    // 'Unrestricted' is also what a network has that nobody was asked about: on a cable it is believed, on Wi-Fi it is what the user set.
    let metered = match cost.NetworkCostType()? {
        NetworkCostType::Fixed | NetworkCostType::Variable => Metered::Yes,
        NetworkCostType::Unrestricted if !cost.Roaming()? => Metered::No,
        NetworkCostType::Unrestricted => Metered::Yes,
        _ => Metered::Unknown,
    };
    let interface = profile
        .NetworkAdapter()
        .and_then(|adapter| adapter.IanaInterfaceType());
    let kind = match interface {
        _ if profile.IsWwanConnectionProfile()? => LinkKind::Cellular,
        _ if profile.IsWlanConnectionProfile()? => LinkKind::Wifi,
        Ok(IF_ETHERNET) => LinkKind::Ethernet,
        Ok(IF_TUNNEL | IF_PPP) => LinkKind::Vpn,
        _ => LinkKind::Other,
    };
    let name = profile.ProfileName()?.to_string_lossy();
    Ok(Link {
        online: level != NetworkConnectivityLevel::None,
        kind,
        metered,
        told_by: Teller::Windows,
        key: Some(format!("windows:{name}")),
        name: Some(name),
        under: None,
    })
}
