//! Who listens to the requests of a piece of work: one line for each, when it has its answer, or has none.
//!
//! Always holds: an address that is told has no user, query or fragment, and no long token; a request that is given up is told as well.

use super::{bare_url, redact};
use reqwest::Request;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A request that has ended, one way or the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub platform: &'static str,
    pub doing: &'static str,
    pub method: String,
    /// Host and path.
    pub address: String,
    /// `None` where no answer came.
    pub status: Option<u16>,
    /// It was dropped before its end: by a pause, or since it took too long.
    pub given_up: bool,
    pub took: Duration,
    /// In the body that was to be sent; `None` where that is not known before.
    pub body_bytes: Option<u64>,
}

pub type Listener = Arc<dyn Fn(Exchange) + Send + Sync>;

tokio::task_local! {
    static LISTENER: Listener;
}

/// Does the work, and tells the listener of all requests that its own task makes.
pub async fn listened<T>(listener: Listener, work: impl Future<Output = T>) -> T {
    LISTENER.scope(listener, work).await
}

/// A request under way.
pub(super) struct Begun {
    listener: Option<Listener>,
    since: Instant,
    told: Exchange,
}

impl Begun {
    pub(super) fn of(platform: &'static str, doing: &'static str, request: &Request) -> Self {
        let url = redact(&bare_url(request.url()));
        let address = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        Self {
            listener: LISTENER.try_with(Arc::clone).ok(),
            since: Instant::now(),
            told: Exchange {
                platform,
                doing,
                method: request.method().to_string(),
                address: address.to_owned(),
                status: None,
                given_up: true,
                took: Duration::ZERO,
                body_bytes: request
                    .body()
                    .and_then(|body| http_body::Body::size_hint(body).exact()),
            },
        }
    }

    pub(super) fn ended(mut self, status: Option<u16>) {
        (self.told.status, self.told.given_up) = (status, false);
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.told.took = self.since.elapsed();
        let Exchange {
            platform,
            doing,
            method,
            address,
            status,
            took,
            ..
        } = &self.told;
        let (status, ms) = (status.unwrap_or(0), took.as_millis() as u64);
        tracing::debug!(platform, doing, method, address, status, ms, "called");
        if let Some(listener) = &self.listener {
            listener(self.told.clone());
        }
    }
}
