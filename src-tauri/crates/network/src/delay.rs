//! How long the way to the other end takes now, for the connections that carry uploads.
//!
//! Linux tells of each connection without a packet more. Where a system does not, a peer is knocked at once a second.

mod knocks;

use knocks::Knocks;
use slipway_model::headroom::RoundTrip;
use std::net::SocketAddr;

#[derive(Default)]
pub struct Delay {
    #[cfg(target_os = "linux")]
    sockets: Option<crate::system::sockets::Sockets>,
    knocks: Knocks,
}

impl Delay {
    pub fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            sockets: crate::system::sockets::Sockets::open().ok(),
            knocks: Knocks::default(),
        }
    }

    /// Of the connections that carried bytes since the last call. `peers` is whom bytes were sent to lately, for systems that do not tell. Takes a
    /// second at most.
    pub async fn round_trips(&mut self, peers: impl FnOnce() -> Vec<SocketAddr>) -> Vec<RoundTrip> {
        #[cfg(target_os = "linux")]
        if let Some(sockets) = &mut self.sockets {
            match sockets.round_trips() {
                Ok(trips) => return trips,
                Err(error) => {
                    tracing::info!(%error, "the kernel tells nothing of its connections: peers are knocked at");
                    self.sockets = None;
                }
            }
        }
        self.knocks.round_trips(&peers()).await
    }
}
