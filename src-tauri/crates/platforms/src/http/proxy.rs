//! Which way connections take: straight, as the system says, or by a proxy; and what went wrong when a proxy was at fault.
//!
//! Addresses that are excepted go straight, as with `NO_PROXY`; one with a SOCKS5 proxy never looks a name up here. Knows nothing of who chose it.
//! Invariant: a password is typed so, and part of nothing that is kept, shown or logged.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{ClientBuilder, NoProxy};
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::{
    Cause,
    proxy::{Proxy, Way},
};
use std::fmt::Write as _;
use url::Url;

const EXCEPT_MAX_CHARS: usize = 2000;

/// A way, with what opens it.
#[derive(Debug, Clone, Default)]
pub struct Route {
    pub proxy: Proxy,
    pub password: Option<SecretString>,
}

fn invalid() -> Cause {
    Cause::new("proxy_invalid")
}

impl Route {
    /// Straight, whatever the system says.
    pub fn off() -> Self {
        let proxy = Proxy {
            way: Way::Off,
            ..Proxy::default()
        };
        Self {
            proxy,
            password: None,
        }
    }

    /// Reads an account's `proxy` setting: `system`, `off`, or an address. A password in it comes apart.
    ///
    /// # Errors
    /// `proxy_invalid`, without the text: it may hold a password.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "system" => return Ok(Self::default()),
            "off" | "none" => return Ok(Self::off()),
            _ => {}
        }
        let url = Url::parse(text).map_err(|_| invalid())?;
        let way = match url.scheme() {
            "http" => Way::Http,
            "https" => Way::Https,
            "socks5" | "socks5h" => Way::Socks5,
            _ => return Err(invalid()),
        };
        let decoded = |text: &str| percent_decoded(text).ok_or_else(invalid);
        let password = url.password().map(decoded).transpose()?;
        let proxy = Proxy {
            way,
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port(),
            user: decoded(url.username())?,
            ..Proxy::default()
        };
        check(&proxy)?;
        Ok(Self {
            proxy,
            password: password.filter(|p| !p.is_empty()).map(SecretString::from),
        })
    }

    /// The address for those that connect; `None` where it is no proxy.
    fn url(&self) -> Result<Option<Url>, Cause> {
        let Some(mut url) = address(&self.proxy)? else {
            return Ok(None);
        };
        if let Some(password) = self
            .password
            .as_ref()
            .filter(|_| !url.username().is_empty())
        {
            url.set_password(Some(&encoded(password.expose_secret())))
                .map_err(|()| invalid())?;
        }
        Ok(Some(url))
    }

    pub(super) fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, Cause> {
        Ok(match self.url()? {
            Some(url) => {
                let except = NoProxy::from_string(&self.proxy.except);
                let proxy = reqwest::Proxy::all(url).map_err(|_| invalid())?;
                builder.proxy(proxy.no_proxy(except))
            }
            None if self.proxy.way == Way::Off => builder.no_proxy(),
            None => builder,
        })
    }

    /// Tells which proxy an address is reached by, by the rules that connections follow.
    pub(super) fn matcher(&self) -> Result<Option<Matcher>, Cause> {
        Ok(match self.url()? {
            Some(url) => {
                let matcher = Matcher::builder().all(String::from(url));
                Some(matcher.no(self.proxy.except.clone()).build())
            }
            None if self.proxy.way == Way::Off => None,
            None => Some(Matcher::from_system()),
        })
    }
}

/// Whether this can be connected by.
///
/// # Errors
/// `proxy_invalid`.
pub fn check(proxy: &Proxy) -> Result<(), Cause> {
    let except = &proxy.except;
    if except.chars().count() > EXCEPT_MAX_CHARS || except.contains(char::is_control) {
        return Err(Cause::new("proxy_except_invalid"));
    }
    address(proxy).map(drop)
}

/// An account's setting that says this.
pub fn written(proxy: &Proxy) -> String {
    match address(proxy) {
        // As it is called everywhere else; names are the proxy's to look up all the same.
        Ok(Some(url)) => url
            .as_str()
            .trim_end_matches('/')
            .replacen("socks5h://", "socks5://", 1),
        _ if proxy.way == Way::Off => "off".to_owned(),
        _ => "system".to_owned(),
    }
}

/// Host and port of the proxy that the system has for platforms, where it has one.
pub fn of_system() -> Option<String> {
    let anywhere = Url::parse("https://platform.invalid/").expect("an address");
    Via::of(&Matcher::from_system(), &anywhere).map(|via| via.shown)
}

fn address(proxy: &Proxy) -> Result<Option<Url>, Cause> {
    // Names are looked up by the proxy: here they may be answered wrongly, and would be told to the network.
    let (scheme, port) = match proxy.way {
        Way::System | Way::Off => return Ok(None),
        Way::Http => ("http", 80),
        Way::Https => ("https", 443),
        Way::Socks5 => ("socks5h", 1080),
    };
    let host = proxy.host.trim();
    let host = match host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host.to_owned(),
    };
    let port = proxy.port.unwrap_or(port);
    // A host of a scheme that is not the web's is not looked at by `Url`.
    let seen = url::Host::parse(&host).map_err(|_| invalid())?.to_string();
    if port == 0 || proxy.user.contains(char::is_control) {
        return Err(invalid());
    }
    let mut url = Url::parse(&format!("{scheme}://{seen}:{port}")).map_err(|_| invalid())?;
    url.set_username(&encoded(&proxy.user))
        .map_err(|()| invalid())?;
    Ok(Some(url))
}

/// `Url` leaves a `%` as it is, as if what follows it were encoded before.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn percent_decoded(text: &str) -> Option<String> {
    let query = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned())
}

/// The proxy that one address is reached by.
#[derive(Debug, Clone)]
pub(super) struct Via {
    /// Host and port.
    shown: String,
    /// The request itself goes to the proxy, and so may come its answer: nothing is tunnelled.
    pub(super) is_forwarded: bool,
}

impl Via {
    pub(super) fn of(matcher: &Matcher, url: &Url) -> Option<Self> {
        let found = matcher.intercept(&url.as_str().parse().ok()?)?;
        let proxy = found.uri();
        let scheme = proxy.scheme_str().unwrap_or_default();
        Some(Self {
            // A password with an `@` in it leaves its end behind.
            shown: proxy.authority()?.as_str().rsplit('@').next()?.to_owned(),
            is_forwarded: url.scheme() == "http" && scheme.starts_with("http"),
        })
    }

    pub(super) fn cause(&self, code: &str, host: &str) -> Cause {
        Cause::new(code)
            .with("proxy", &self.shown)
            .with("host", host)
    }
}

/// Why no connection could be had by a proxy, of a foreign error's words; `None`: it was not the proxy.
pub(super) fn blame(words: &str, name_not_found: bool, is_tls: bool) -> Option<&'static str> {
    let says = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
    if says(&["error resolving for socks proxy"]) {
        None
    } else if says(&[
        "proxy authorization required",
        "does not support user/pass authentication",
        "implements authentication incorrectly",
        "credentials not accepted",
    ]) {
        Some("proxy_sign_in")
    } else if name_not_found {
        Some("proxy_not_found")
    } else if says(&["tunnel error: unsuccessful"]) || is_socks_status(words) {
        Some("proxy_refused")
    } else if says(&[
        "unexpected end of file",
        "headers too long",
        "io error establishing tunnel",
        "io error during SOCKS",
        "failed parsing server response",
    ]) {
        Some("proxy_wrong_kind")
    } else if is_tls {
        Some("proxy_tls_failed")
    } else {
        Some("proxy_unreachable")
    }
}

/// The proxy answered as SOCKS5 does, and said no (RFC 1928, 6).
fn is_socks_status(words: &str) -> bool {
    let Some((_, status)) = words.split_once("SOCKS error: ") else {
        return false;
    };
    [
        "general server failure",
        "connection not allowed",
        "network unreachable",
        "host unreachable",
        "connection refused",
        "ttl expired",
        "command not supported",
        "address type not supported",
    ]
    .iter()
    .any(|known| status.starts_with(known))
}
