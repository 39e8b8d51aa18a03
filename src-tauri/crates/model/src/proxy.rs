//! Which way connections take, as it is kept and shown: never with a password.
//!
//! Knows nothing of addresses' grammar, sockets or accounts.

use serde::{Deserialize, Serialize};

/// What goes straight when nobody says otherwise: a proxy elsewhere cannot reach this machine by these names.
pub const EXCEPT: &str = "localhost, 127.0.0.0/8, ::1";

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// What the environment and the system say.
    #[default]
    System,
    /// Straight, whatever the system says.
    Off,
    Http,
    /// As HTTP, and itself spoken to over TLS.
    Https,
    /// Names are looked up by the proxy.
    Socks5,
}

impl Way {
    pub fn is_proxy(self) -> bool {
        matches!(self, Self::Http | Self::Https | Self::Socks5)
    }
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proxy {
    pub way: Way,
    /// Empty where the way is no proxy, as all that follows.
    pub host: String,
    pub port: Option<u16>,
    pub user: String,
    /// Hosts that are reached straight, separated by commas, as in `NO_PROXY`: names with all below them, addresses,
    /// networks, or `*` for all names.
    pub except: String,
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            way: Way::System,
            host: String::new(),
            port: None,
            user: String::new(),
            except: EXCEPT.to_owned(),
        }
    }
}

impl Proxy {
    /// Whether a password for the one is for the other, too.
    pub fn is_same_door(&self, other: &Self) -> bool {
        (self.way, &self.host, self.port, &self.user)
            == (other.way, &other.host, other.port, &other.user)
    }
}
