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
mod peers;
mod redact;
mod tls;

pub(crate) use answer::read_failed;
pub use answer::{ANSWER_MAX_BYTES, Act, Answer, fault, may_have_arrived};
pub use body::{PartBody, ReadFailed};
pub use clock::Clocks;
pub use endpoint::endpoint;
pub use peers::peers;
pub use redact::{bare_url, excerpt, redact};

use crate::{Error, Result};
use reqwest::{ClientBuilder, Proxy, redirect};
use slipway_model::{Cause, ErrorKind};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};
use url::Url;

/// Limit for making a connection, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long sent data may stay unacknowledged before the kernel gives a connection up. reqwest's 30 s are too strict for mobile links.
pub const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_mins(2);
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
const USER_AGENT: &str = concat!("Slipway/", env!("CARGO_PKG_VERSION"));

/// Which way connections take.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// What the environment and the system say.
    #[default]
    System,
    /// Straight, whatever the system says.
    Off,
    /// `http`, `https`, `socks5` or `socks5h`; may hold a user name and a password.
    Url(Url),
}

impl ProxyChoice {
    /// Reads an account's `proxy` setting: nothing or `system`, `off`, or a URL.
    ///
    /// # Errors
    /// `proxy_invalid`, without the value: it may hold a password.
    pub fn parse(setting: Option<&str>) -> std::result::Result<Self, Cause> {
        let text = setting.unwrap_or_default().trim();
        match text.to_ascii_lowercase().as_str() {
            "" | "system" => return Ok(Self::System),
            "off" | "none" => return Ok(Self::Off),
            _ => {}
        }
        Url::parse(text)
            .ok()
            .filter(|url| {
                matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h")
                    && url.host_str().is_some_and(|host| !host.is_empty())
            })
            .map(Self::Url)
            .ok_or_else(|| Cause::new("proxy_invalid"))
    }
}

impl fmt::Debug for ProxyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Off => f.write_str("Off"),
            Self::Url(url) => write!(
                f,
                "Url({}://{})",
                url.scheme(),
                url.host_str().unwrap_or_default()
            ),
        }
    }
}

/// Cheap to clone: connections and clocks are shared.
#[derive(Clone)]
pub struct Http {
    /// For JSON calls.
    pub calls: reqwest::Client,
    /// For part bodies.
    pub parts: reqwest::Client,
    clocks: Arc<Clocks>,
}

impl Http {
    /// # Errors
    /// `Refused` with `http_unusable` when TLS or the proxy cannot be set up.
    pub fn new(proxy: &ProxyChoice) -> Result<Self> {
        let tls = tls::config().map_err(|error| unusable(error))?;
        let builder = |protocols: &[&str]| -> reqwest::Result<ClientBuilder> {
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
            Ok(match proxy {
                ProxyChoice::System => builder,
                ProxyChoice::Off => builder.no_proxy(),
                ProxyChoice::Url(url) => builder.proxy(Proxy::all(url.clone())?),
            })
        };
        let build = || -> reqwest::Result<Self> {
            Ok(Self {
                calls: builder(&["h2", "http/1.1"])?.build()?,
                parts: builder(&["http/1.1"])?.http1_only().build()?,
                clocks: Arc::default(),
            })
        };
        build().map_err(|error| unusable(&error))
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
        let response = self.exchange(act, request.timeout(timeout)).await?;
        Answer::read(act, response).await
    }

    /// Sends a part and reads its answer. No time limit: the engine watches.
    ///
    /// # Errors
    /// As [`Self::call`]; also what the part's own body failed with.
    pub async fn send_part(&self, act: Act, request: reqwest::RequestBuilder) -> Result<Answer> {
        let response = self.exchange(act, request).await?;
        peers::note(response.remote_addr());
        Answer::read(act, response).await
    }

    async fn exchange(
        &self,
        act: Act,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response> {
        let (client, request) = request.build_split();
        let request = request.map_err(|error| fault(act, error))?;
        let (started, method) = (Instant::now(), request.method().clone());
        let url = redact(&bare_url(request.url()));
        let answered = client.execute(request).await;
        let status = answered
            .as_ref()
            .map_or(0, |answer| answer.status().as_u16());
        let ms = started.elapsed().as_millis() as u64;
        tracing::debug!(platform = act.platform, doing = act.doing, %method, url, status, ms, "called");
        let response = answered.map_err(|error| fault(act, error))?;
        self.clocks.note(&response);
        Ok(response)
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
        "setting up connections",
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
