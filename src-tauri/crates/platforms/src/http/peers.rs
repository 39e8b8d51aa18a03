//! Whom parts were sent to lately, proxies included: the other ends of the connections that carry uploads.

use parking_lot::Mutex;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// A part may take minutes, and is noted when it has landed.
const LATELY: Duration = Duration::from_mins(5);

static PEERS: Mutex<Vec<(SocketAddr, Instant)>> = Mutex::new(Vec::new());

/// The last first.
pub fn peers() -> Vec<SocketAddr> {
    let mut peers = PEERS.lock();
    peers.retain(|(_, at)| at.elapsed() < LATELY);
    peers.iter().rev().map(|(peer, _)| *peer).collect()
}

pub(super) fn note(peer: Option<SocketAddr>) {
    let Some(peer) = peer else { return };
    let mut peers = PEERS.lock();
    peers.retain(|(known, at)| *known != peer && at.elapsed() < LATELY);
    peers.push((peer, Instant::now()));
}

pub(super) fn forget() {
    PEERS.lock().clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_peer_comes_first_and_once() {
        let [one, two] = ["192.0.2.1:443", "192.0.2.2:443"].map(|text| text.parse().unwrap());
        for peer in [one, two, one] {
            note(Some(peer));
        }
        note(None);
        let mut ours = peers();
        ours.retain(|peer| [one, two].contains(peer));
        assert_eq!(ours, [one, two]);
    }
}
