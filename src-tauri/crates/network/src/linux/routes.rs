//! The system's routes: by which interface traffic leaves, and what kind of interface that is. They know neither name nor cost.
//!
//! Sources: proc_net(5), <https://man7.org/linux/man-pages/man5/proc_net.5.html>, and the kernel's `ABI/testing/sysfs-class-net`,
//! <https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-net>, read 2026-11-22.

use slipway_model::{Link, LinkKind, Metered, network::Teller};
use std::{fs, path::Path};

/// `RTF_UP`, `RTF_REJECT`: whether a route may be taken. Source: linux/route.h.
const UP: u32 = 0x0001;
const REJECT: u32 = 0x0200;
/// Drivers of phones on a cable, whose line is a phone's: RNDIS is how Android shares one, `ipheth` how iPhones do.
const PHONES: [&str; 2] = ["rndis_host", "ipheth"];

struct Route {
    interface: String,
    is_default: bool,
    metric: u32,
}

/// `proc_net` and `class_net` are `/proc/net` and `/sys/class/net`.
pub(super) fn look(proc_net: &Path, class_net: &Path) -> Link {
    let routes = routes(proc_net);
    // The default route of the least metric; where there is none, any that leaves the machine.
    let taken = routes
        .iter()
        .min_by_key(|route| (!route.is_default, route.metric));
    let unknown = Link::unknown(Teller::Routes);
    let Some(taken) = taken else {
        return Link {
            online: false,
            ..unknown
        };
    };
    let interface = class_net.join(&taken.interface);
    let driver = fs::read_link(interface.join("device/driver")).unwrap_or_default();
    let driver = driver
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let event = read(&interface.join("uevent"));
    let of_type = |name: &str| {
        event
            .lines()
            .any(|line| line.strip_prefix("DEVTYPE=") == Some(name))
    };
    let is_phone = PHONES.contains(&driver.as_str());
    let kind = if is_phone || of_type("wwan") || taken.interface.starts_with("ppp") {
        LinkKind::Cellular
    } else if of_type("wlan")
        || interface.join("wireless").exists()
        || interface.join("phy80211").exists()
    {
        LinkKind::Wifi
    } else if of_type("wireguard") || interface.join("tun_flags").exists() {
        LinkKind::Vpn
    } else if read(&interface.join("type")).trim() == "1" {
        LinkKind::Ethernet
    } else {
        LinkKind::Other
    };
    Link {
        kind,
        metered: Metered::Unknown,
        name: Some(taken.interface.clone()),
        key: Some(format!("interface:{}", taken.interface)),
        ..unknown
    }
}

/// Whether traffic for anywhere has a way.
pub(super) fn lead_out(proc_net: &Path) -> bool {
    routes(proc_net).iter().any(|route| route.is_default)
}

fn routes(proc_net: &Path) -> Vec<Route> {
    let mut routes = four(&read(&proc_net.join("route")));
    routes.extend(six(&read(&proc_net.join("ipv6_route"))));
    routes
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, numbers in hex but for the metric.
fn four(table: &str) -> Vec<Route> {
    let line = |line: &str| {
        let cells: Vec<_> = line.split_whitespace().collect();
        let [interface, destination, _, flags, _, _, metric, mask, ..] = cells[..] else {
            return None;
        };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        (flags & UP != 0 && flags & REJECT == 0).then(|| Route {
            interface: interface.to_owned(),
            is_default: destination == "00000000" && mask == "00000000",
            metric: metric.parse().unwrap_or(u32::MAX),
        })
    };
    table.lines().skip(1).filter_map(line).collect()
}

/// `destination prefix source prefix hop metric refs use flags interface`, all in hex. Routes within the machine or the link lead nowhere.
fn six(table: &str) -> Vec<Route> {
    let line = |line: &str| {
        let cells: Vec<_> = line.split_whitespace().collect();
        let [destination, prefix, _, _, _, metric, _, _, flags, interface] = cells[..] else {
            return None;
        };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let is_local =
            interface == "lo" || destination.starts_with("fe80") || destination.starts_with("ff");
        (flags & UP != 0 && flags & REJECT == 0 && !is_local).then(|| Route {
            interface: interface.to_owned(),
            is_default: prefix == "00" && destination.bytes().all(|digit| digit == b'0'),
            metric: u32::from_str_radix(metric, 16).unwrap_or(u32::MAX),
        })
    };
    table.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";

    fn machine(route: &str, route6: &str, interfaces: &[(&str, &[(&str, &str)])]) -> Link {
        let dir = tempfile::tempdir().expect("a folder");
        let (proc, class) = (dir.path().join("proc"), dir.path().join("class"));
        fs::create_dir_all(&proc).expect("a folder");
        fs::write(proc.join("route"), format!("{HEAD}{route}")).expect("a file");
        fs::write(proc.join("ipv6_route"), route6).expect("a file");
        for (name, files) in interfaces {
            let at = class.join(name);
            fs::create_dir_all(&at).expect("a folder");
            for (file, text) in *files {
                fs::write(at.join(file), text).expect("a file");
            }
        }
        look(&proc, &class)
    }

    #[test]
    fn the_default_route_of_the_least_metric_is_taken() {
        let route = "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                     wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                     eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
        let link = machine(route, "", &[("eth0", &[("type", "1\n")]), ("wlan0", &[])]);
        assert_eq!(
            (link.kind, link.name.as_deref()),
            (LinkKind::Ethernet, Some("eth0"))
        );
        assert_eq!(
            (link.online, link.metered, link.told_by),
            (true, Metered::Unknown, Teller::Routes)
        );
    }

    #[test]
    fn kinds_are_known_by_what_the_kernel_says_of_an_interface() {
        for (name, files, kind) in [
            (
                "wlp1",
                &[
                    ("uevent", "DEVTYPE=wlan\nINTERFACE=wlp1\n"),
                    ("type", "1\n"),
                ][..],
                LinkKind::Wifi,
            ),
            ("wwan0", &[("uevent", "DEVTYPE=wwan\n")], LinkKind::Cellular),
            (
                "wg0",
                &[("uevent", "DEVTYPE=wireguard\n"), ("type", "65534\n")],
                LinkKind::Vpn,
            ),
            (
                "tun0",
                &[("tun_flags", "0x1001\n"), ("type", "65534\n")],
                LinkKind::Vpn,
            ),
            ("ppp0", &[("type", "512\n")], LinkKind::Cellular),
            ("sit0", &[("type", "776\n")], LinkKind::Other),
        ] {
            let route = format!("{name}\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
            assert_eq!(machine(&route, "", &[(name, files)]).kind, kind, "{name}");
        }
    }

    #[test]
    fn without_a_route_out_it_is_offline() {
        let loopback = "00000000000000000000000000000001 80 00000000000000000000000000000000 00 \
                        00000000000000000000000000000000 00000000 00000003 00000000 80200001 lo\n";
        let nearby = "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 \
                      00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n";
        let refused = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
                       00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n";
        assert!(!machine("", &format!("{loopback}{nearby}{refused}"), &[]).online);
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("ipv6_route"), refused).expect("a file");
        assert!(!lead_out(dir.path()));
        let sixth = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
                     fe800000000000000000000000000001 00000064 00000001 00000000 00000003 eth0\n";
        fs::write(dir.path().join("ipv6_route"), sixth).expect("a file");
        assert!(lead_out(dir.path()));
        let link = machine("", sixth, &[("eth0", &[("type", "1\n")])]);
        assert_eq!((link.online, link.kind), (true, LinkKind::Ethernet));
        assert!(!machine("damaged\n\x00", "also", &[]).online);
    }
}
