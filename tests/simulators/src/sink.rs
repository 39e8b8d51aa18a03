//! A server that takes any body and throws it away: the yardstick of a speed comparison.
//!
//! Answers 200 to every request once its body has been read, and knows nothing else.

use std::io;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, StatusCode};

use crate::answer::{Reply, reply};
use crate::listener::{HangUp, Listener, Service};
use crate::meter::{Meter, Moved};

/// A running sink. Dropping it ends it.
#[derive(Debug)]
pub struct Sink {
    listener: Listener,
    drain: Arc<Drain>,
}

#[derive(Debug, Default)]
struct Drain {
    meter: Meter,
}

impl Sink {
    /// Listens on `port` of loopback, or on a free one when it is 0.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(port: u16) -> io::Result<Self> {
        let drain = Arc::new(Drain::default());
        Ok(Self {
            listener: Listener::open(port, drain.clone()).await?,
            drain,
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    pub fn received(&self) -> Moved {
        self.drain.meter.read()
    }

    pub async fn stop(self) {
        self.listener.stop().await;
    }
}

impl Service for Drain {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, HangUp> {
        let mut body = request.into_body();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| HangUp::Close)?;
            if let Some(data) = frame.data_ref() {
                self.meter.add(data.len() as u64);
            }
        }
        Ok(reply(StatusCode::OK, "text/plain", "ok\n"))
    }
}
