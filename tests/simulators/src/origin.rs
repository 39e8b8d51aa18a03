//! A web server with one file on it, for platforms that fetch files by themselves.
//!
//! Gives the file to whoever knows its query, and a page with 403 to others. Knows nothing of any platform.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Request, StatusCode};

use crate::answer::{Reply, page, reply};
use crate::listener::{HangUp, Listener, Service};

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub struct Origin {
    listener: Listener,
    shelf: Arc<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    bytes: Bytes,
    query: String,
    given: AtomicU32,
}

impl Origin {
    /// Gives `bytes` at any path with exactly this query.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(bytes: impl Into<Bytes>, query: &str) -> io::Result<Self> {
        let shelf = Arc::new(Shelf {
            bytes: bytes.into(),
            query: query.into(),
            given: AtomicU32::new(0),
        });
        Ok(Self {
            listener: Listener::open(0, shelf.clone()).await?,
            shelf,
        })
    }

    /// The file's whole address, under a name of the caller's choice.
    pub fn url(&self, name: &str) -> String {
        format!(
            "http://{}/{name}?{}",
            self.listener.address(),
            self.shelf.query
        )
    }

    /// How often the file was given.
    pub fn given(&self) -> u32 {
        self.shelf.given.load(Ordering::SeqCst)
    }
}

impl Service for Shelf {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, HangUp> {
        if request.uri().query().unwrap_or("") != self.query {
            return Ok(page(StatusCode::FORBIDDEN));
        }
        self.given.fetch_add(1, Ordering::SeqCst);
        Ok(reply(StatusCode::OK, "video/mp4", self.bytes.clone()))
    }
}
