//! One HTTP stack for all platforms: proxies, TLS roots, reuse of connections, redaction, and what an error of it means.
//!
//! Two clients: calls may use HTTP/2; part bodies use HTTP/1.1, one connection a lane, since a single HTTP/2 connection is bound by the server's
//! flow-control window and shares one congestion window. Redirects are never followed; parts have no whole-request time limit here: the engine
//! watches for stalls. TLS is rustls with the system's roots.
//!
//! Send buffers: Linux and macOS grow them by themselves. Windows does not, and a small one caps a lane at buffer / round trip; reqwest 0.13.5
//! has no setter, and its `connector_layer` sees a sealed connection without its socket, so the buffer stays the system's there and more lanes
//! are what helps. (reqwest's source, `connect.rs`, read 2026-11-21.)

mod answer;
mod body;
mod clock;
mod endpoint;
mod heard;
mod peers;
mod proxy;
mod redact;
mod tls;

use answer::fault;
pub(crate) use answer::read_failed;
pub use answer::{ANSWER_MAX_BYTES, Act, Answer, may_have_arrived, of_the_way};
pub use body::{PartBody, ReadFailed};
pub use clock::Clocks;
pub use endpoint::endpoint;
pub use heard::{Exchange, Listener, listened};
pub use peers::peers;
pub use proxy::{Route, check as check_proxy, of_system as system_proxy, written as proxy_setting};
pub use redact::{bare_url, excerpt, redact};

use crate::{Error, Result};
use hyper_util::client::proxy::matcher::Matcher;
use proxy::Via;
use reqwest::{ClientBuilder, redirect};
use slipway_model::{Cause, ErrorKind};
use std::{fmt, sync::Arc, time::Duration};

/// Limit for making a connection, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long sent data may stay unacknowledged before the kernel gives a connection up. reqwest's 30 s are too strict for mobile links.
pub const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_mins(2);
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
const SETTING_UP: &str = "setting up connections";
const USER_AGENT: &str = concat!("Slipway/", env!("CARGO_PKG_VERSION"));

/// Cheap to clone: connections and clocks are shared.
#[derive(Clone)]
pub struct Http {
    /// For JSON calls.
    pub calls: reqwest::Client,
    /// For part bodies.
    pub parts: reqwest::Client,
    clocks: Arc<Clocks>,
    /// Tells which proxy an address is reached by.
    ways: Arc<Option<Matcher>>,
}

impl Http {
    /// # Errors
    /// `Refused` with `http_unusable` when TLS cannot be set up, with `proxy_invalid` when the route is none.
    pub fn new(route: &Route) -> Result<Self> {
        let tls = tls::config().map_err(|error| unusable(error))?;
        let refused = |cause| Error::new("http", SETTING_UP, ErrorKind::Refused, cause);
        let builder = |protocols: &[&str]| {
            let mut tls = tls.clone();
            tls.alpn_protocols = protocols.iter().map(|&name| name.into()).collect();
            let builder = ClientBuilder::new()
                .tls_backend_preconfigured(tls)
                .user_agent(USER_AGENT)
                .redirect(redirect::Policy::none())
                .referer(false)
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(IDLE_TIMEOUT)
                .tcp_nodelay(true);
            #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
            let builder = builder.tcp_user_timeout(UNACKNOWLEDGED_TIMEOUT);
            route.apply(builder).map_err(refused)
        };
        let built = |builder: ClientBuilder| builder.build().map_err(|error| unusable(&error));
        Ok(Self {
            calls: built(builder(&["h2", "http/1.1"])?)?,
            parts: built(builder(&["http/1.1"])?.http1_only())?,
            clocks: Arc::default(),
            ways: Arc::new(route.matcher().map_err(refused)?),
        })
    }

    /// The same platforms by another route: what is known of their clocks stays.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn by(&self, route: &Route) -> Result<Self> {
        let by = Self::new(route)?;
        // Whom this machine knew on the old way is not knocked at past the new one.
        peers::forget();
        Ok(Self {
            clocks: self.clocks.clone(),
            ..by
        })
    }

    /// How far each platform's clock is from ours.
    pub fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// Sends a call and reads its answer, both within `timeout`.
    ///
    /// # Errors
    /// `Offline` when no connection could be made, `Stalled` when time ran out, `ServerFault` when the line was cut. Any status is an answer.
    pub async fn call(
        &self,
        act: Act,
        request: reqwest::RequestBuilder,
        timeout: Duration,
    ) -> Result<Answer> {
        let (response, via) = self.exchange(act, request.timeout(timeout)).await?;
        Answer::read(act, response, via).await
    }

    /// Sends a part and reads its answer. No time limit: the engine watches.
    ///
    /// # Errors
    /// As [`Self::call`]; also what the part's own body failed with.
    pub async fn send_part(&self, act: Act, request: reqwest::RequestBuilder) -> Result<Answer> {
        let (response, via) = self.exchange(act, request).await?;
        peers::note(response.remote_addr());
        Answer::read(act, response, via).await
    }

    async fn exchange(
        &self,
        act: Act,
        request: reqwest::RequestBuilder,
    ) -> Result<(reqwest::Response, Option<Via>)> {
        let (client, request) = request.build_split();
        let request = request.map_err(|error| fault(act, error, None))?;
        let via = self.ways.as_ref().as_ref();
        let via = via.and_then(|ways| Via::of(ways, request.url()));
        let begun = heard::Begun::of(act.platform, act.doing, &request);
        let answered = client.execute(request).await;
        let status = answered.as_ref().map(|answer| answer.status().as_u16());
        begun.ended(status.ok());
        let response = answered.map_err(|error| fault(act, error, via.as_ref()))?;
        self.clocks.note(&response);
        Ok((response, via))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http") // a client prints its proxies
    }
}

fn unusable(error: &dyn std::error::Error) -> Error {
    Error::new(
        "http",
        SETTING_UP,
        ErrorKind::Refused,
        Cause::new("http_unusable").detail(redact(&chain(error))),
    )
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
