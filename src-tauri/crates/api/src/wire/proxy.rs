//! The way that connections take.

use super::Secret;
use serde::{Deserialize, Serialize};
use slipway_model::proxy::Proxy;
use ts_rs::TS;

/// The proxy of all accounts that have none of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProxySetting {
    pub proxy: Proxy,
    /// A password is kept for it; it is never shown.
    pub has_password: bool,
    /// Host and port of the system's own, where it has one.
    pub system: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProxyChange {
    pub proxy: Proxy,
    /// `null`: as it is, where the proxy is the same, else none. Empty: none.
    pub password: Option<Secret>,
}
