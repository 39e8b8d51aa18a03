//! Decides which addresses an account may name: https, or plain http on this machine.

use slipway_model::Cause;
use url::{Host, Url};

/// Reads a base URL from a setting. The answer ends in `/`, so that paths join below it.
///
/// # Errors
/// `endpoint_invalid` or `endpoint_not_https`, with the setting's name and the address without what may be secret in it.
pub fn endpoint(setting: &str, text: &str) -> Result<Url, Cause> {
    let cause =
        |code: &str, shown: &str| Cause::new(code).with("setting", setting).with("url", shown);
    let Ok(mut url) = Url::parse(text.trim()) else {
        return Err(cause("endpoint_invalid", &super::excerpt(text)));
    };
    let shown = super::bare_url(&url);
    let plain = url.username().is_empty() && url.password().is_none();
    if url.host().is_none() || !plain || url.query().is_some() || url.fragment().is_some() {
        return Err(cause("endpoint_invalid", &shown));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(cause("endpoint_not_https", &shown)),
        _ => return Err(cause("endpoint_invalid", &shown)),
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}
