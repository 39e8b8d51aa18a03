//! Round trips by opening a connection and closing it again: one to each of a few peers, once a second.
//!
//! A knock is two packets there and two back. Always holds: no more than [`MOST`] a second, to addresses that uploads go to anyway.

use futures_util::future::join_all;
use slipway_model::headroom::RoundTrip;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

const EVERY: Duration = Duration::from_secs(1);
const MOST: usize = 2;
/// What takes longer is told as this long: a lost packet is asked for again after a second (RFC 6298, section 2).
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Knocks {
    last: Option<Instant>,
}

impl Knocks {
    pub(super) async fn round_trips(&mut self, peers: &[SocketAddr]) -> Vec<RoundTrip> {
        self.round_trips_at(Instant::now(), peers).await
    }

    async fn round_trips_at(&mut self, now: Instant, peers: &[SocketAddr]) -> Vec<RoundTrip> {
        if self.last.is_some_and(|last| now - last < EVERY) {
            return Vec::new();
        }
        self.last = Some(now);
        join_all(peers.iter().take(MOST).map(|peer| knock(*peer))).await
    }
}

/// A refusal is an answer as well.
async fn knock(peer: SocketAddr) -> RoundTrip {
    let begun = Instant::now();
    let _ = timeout(PATIENCE, TcpStream::connect(peer)).await;
    let took = begun.elapsed();
    RoundTrip {
        to: peer.ip(),
        now: took,
        least: took,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_peer_is_knocked_at_once_a_second() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = listener.local_addr().unwrap();
        let mut knocks = Knocks::default();
        let now = Instant::now();
        let trips = knocks.round_trips_at(now, &[peer]).await;
        assert_eq!(trips.len(), 1);
        assert_eq!(trips[0].to, peer.ip());
        listener.accept().await.unwrap();
        assert_eq!(knocks.round_trips_at(now, &[peer]).await, [], "not so soon");
        let later = now + EVERY;
        assert_eq!(knocks.round_trips_at(later, &[peer]).await.len(), 1);
    }

    #[tokio::test]
    async fn a_peer_that_refuses_has_answered() {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = gone.local_addr().unwrap();
        drop(gone);
        let trips = Knocks::default().round_trips(&[peer]).await;
        assert_eq!(trips.len(), 1);
    }
}
