//! One HTTP stack for all platforms: proxies, TLS roots, reuse of connections, redaction, and what an error of it means.
//!
//! Two clients: calls may use HTTP/2; part bodies use HTTP/1.1, one connection a lane, since a single HTTP/2 connection is bound by the server's
//! flow-control window and shares one congestion window. Redirects are never followed; there is no whole-request time limit here: the engine
//! watches for stalls.

#[derive(Debug, Clone)]
pub struct Http {
    /// For JSON calls.
    pub calls: reqwest::Client,
    /// For part bodies.
    pub parts: reqwest::Client,
}
