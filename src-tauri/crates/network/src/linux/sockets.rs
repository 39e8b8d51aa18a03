//! The kernel's own figures of this process's TCP connections, asked for over netlink without touching a connection.
//!
//! Sources: sock_diag(7), <https://man7.org/linux/man-pages/man7/sock_diag.7.html>, and the kernel's `linux/inet_diag.h`, `linux/netlink.h` and
//! `linux/tcp.h` (`struct tcp_info`; fields are only ever added at its end), read 2026-11-22.

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType,
    netlink::{SOCK_DIAG, SocketAddrNetlink},
};
use slipway_model::headroom::RoundTrip;
use std::{
    collections::{HashMap, HashSet},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::fd::OwnedFd,
    time::Duration,
};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x301;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const HEADER: usize = 16;
/// `struct inet_diag_msg`.
const MESSAGE: usize = 72;
const IPPROTO_TCP: u8 = 6;
const INET_DIAG_INFO: u16 = 2;
const ESTABLISHED: u32 = 1 << 1;
/// More than the kernel puts into one datagram of a dump, 32 KiB.
const BUFFER: usize = 64 << 10;

pub(crate) struct Sockets {
    netlink: OwnedFd,
    /// Bytes that were acknowledged when last looked at, by the connection's inode.
    seen: HashMap<u32, u64>,
}

/// One connection, as the kernel tells.
struct Told {
    inode: u32,
    trip: RoundTrip,
    acknowledged: u64,
}

impl Sockets {
    pub(crate) fn open() -> io::Result<Self> {
        let netlink = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(SOCK_DIAG),
        )?;
        let seen = HashMap::new();
        Ok(Self { netlink, seen })
    }

    /// By the other end, of the connections of this process that bytes were acknowledged on since the last call. A connection counts by those bytes:
    /// the kernel smooths over acknowledgements, so what had few of them still tells of long ago. Never waits: the kernel has its answer at once.
    pub(crate) fn round_trips(&mut self) -> io::Result<Vec<RoundTrip>> {
        let ours = own_inodes()?;
        let mut told = self.dump(AddressFamily::INET)?;
        told.extend(self.dump(AddressFamily::INET6)?);
        told.retain(|one| ours.contains(&one.inode));
        let seen = told.iter().map(|one| (one.inode, one.acknowledged));
        let before = std::mem::replace(&mut self.seen, seen.collect());
        let mut ends: HashMap<IpAddr, Vec<(RoundTrip, f64)>> = HashMap::new();
        for Told {
            inode,
            trip,
            acknowledged,
        } in told
        {
            let bytes = acknowledged - before.get(&inode).copied().unwrap_or(0).min(acknowledged);
            if bytes > 0 {
                ends.entry(trip.to).or_default().push((trip, bytes as f64));
            }
        }
        Ok(ends.into_values().map(|trips| mean(&trips)).collect())
    }

    fn dump(&self, family: AddressFamily) -> io::Result<Vec<Told>> {
        let kernel = SocketAddrNetlink::new(0, 0);
        rustix::net::sendto(&self.netlink, &request(family), SendFlags::empty(), &kernel)?;
        let mut told = Vec::new();
        let mut buffer = vec![0; BUFFER];
        loop {
            let (length, _) =
                rustix::net::recv(&self.netlink, &mut buffer[..], RecvFlags::empty())?;
            let mut rest = &buffer[..length.min(BUFFER)];
            while let Some((kind, body, next)) = message(rest) {
                match kind {
                    NLMSG_DONE => return Ok(told),
                    NLMSG_ERROR => return Err(io::ErrorKind::Unsupported.into()),
                    _ => told.extend(connection(body)),
                }
                rest = next;
            }
        }
    }
}

/// Of connections to one end, by the bytes of each.
fn mean(trips: &[(RoundTrip, f64)]) -> RoundTrip {
    let bytes: f64 = trips.iter().map(|(_, bytes)| bytes).sum();
    let now = trips
        .iter()
        .map(|(trip, own)| trip.now.mul_f64(own / bytes));
    let least = trips.iter().map(|(trip, _)| trip.least).min();
    RoundTrip {
        to: trips[0].0.to,
        now: now.sum(),
        least: least.unwrap_or_default(),
    }
}

fn request(family: AddressFamily) -> Vec<u8> {
    const WHOLE: u32 = 72;
    let mut bytes = Vec::with_capacity(WHOLE as usize);
    bytes.extend(WHOLE.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(DUMP.to_ne_bytes());
    bytes.extend([0; 8]); // sequence, port
    let wanted = 1 << (INET_DIAG_INFO - 1);
    bytes.extend([family.as_raw() as u8, IPPROTO_TCP, wanted, 0]);
    bytes.extend(ESTABLISHED.to_ne_bytes());
    bytes.resize(WHOLE as usize, 0); // no connection in particular
    bytes
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

/// A netlink message: its kind, what it holds, and what follows it.
fn message(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = u32_at(bytes, 0)? as usize;
    let body = bytes.get(HEADER..length)?;
    let next = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((u16_at(bytes, 4)?, body, next))
}

fn connection(message: &[u8]) -> Option<Told> {
    let address = message.get(24..40)?;
    let to = if i32::from(message[0]) == i32::from(AddressFamily::INET.as_raw()) {
        let four: [u8; 4] = address[..4].try_into().ok()?;
        IpAddr::V4(Ipv4Addr::from(four))
    } else {
        let sixteen: [u8; 16] = address.try_into().ok()?;
        IpAddr::V6(Ipv6Addr::from(sixteen))
    };
    let info = info(message.get(MESSAGE..)?)?;
    let micros = |at| Some(Duration::from_micros(u32_at(info, at)?.into()));
    let now = micros(68)?;
    let acknowledged = info.get(120..128)?;
    Some(Told {
        inode: u32_at(message, 68)?,
        trip: RoundTrip {
            to,
            now,
            // Since Linux 4.6.
            least: micros(148).unwrap_or(now),
        },
        acknowledged: u64::from_ne_bytes(acknowledged.try_into().ok()?),
    })
}

/// `struct tcp_info` among the attributes of a message.
fn info(mut attributes: &[u8]) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16_at(attributes, 0)?);
        let value = attributes.get(4..length)?;
        if u16_at(attributes, 2)? == INET_DIAG_INFO {
            return Some(value);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

fn own_inodes() -> io::Result<HashSet<u32>> {
    let files = std::fs::read_dir("/proc/self/fd")?.filter_map(|entry| {
        let target = std::fs::read_link(entry.ok()?.path()).ok()?;
        let name = target.to_str()?.strip_prefix("socket:[")?;
        name.strip_suffix(']')?.parse().ok()
    });
    Ok(files.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
    };

    #[test]
    fn a_connection_that_carried_bytes_is_told_of_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut far, _) = listener.accept().unwrap();
        let mut sockets = Sockets::open().unwrap();
        sockets.round_trips().unwrap();
        near.write_all(&[7; 1000]).unwrap();
        far.read_exact(&mut [0; 1000]).unwrap();
        let trips = sockets.round_trips().unwrap();
        assert!(!trips.is_empty());
        assert!(
            trips
                .iter()
                .all(|trip| trip.to.is_loopback() && trip.least > Duration::ZERO)
        );
        // Other tests of this process have connections, too, and end.
        while !sockets.round_trips().unwrap().is_empty() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_is_cut_short_is_no_connection() {
        let mut bytes = request(AddressFamily::INET);
        bytes.resize(200, 0xff);
        for length in 0..bytes.len() {
            let _ = message(&bytes[..length]).map(|(_, body, _)| connection(body).is_none());
            let _ = connection(&bytes[..length]);
        }
    }
}
