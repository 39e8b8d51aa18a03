//! The proxy, as front ends ask for it. Its password goes one way only: in.

use crate::{
    Api, Failure,
    wire::{Empty, ProxyChange, ProxySetting, Secret},
};
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::proxy::Proxy;
use slipway_platforms::{Route, http};

impl Api {
    pub async fn proxy(&self, _: Empty) -> Result<ProxySetting, Failure> {
        Ok(ProxySetting {
            proxy: self.engine.proxy(),
            // A vault that is closed says so where the password is needed.
            has_password: self.engine.proxy_has_password().await.unwrap_or(false),
            system: http::system_proxy(),
        })
    }

    /// # Errors
    /// `proxy_invalid`, `proxy_except_invalid`; where there is nowhere to keep the password, what says so. Nothing was changed then.
    pub async fn proxy_set(&self, change: ProxyChange) -> Result<ProxySetting, Failure> {
        let mut proxy = change.proxy;
        if !proxy.way.is_proxy() {
            (proxy.host, proxy.user, proxy.port) = Default::default();
        }
        proxy.host = proxy.host.trim().to_owned();
        let password = change.password.map(|given| SecretString::from(given.0));
        let is_given = password
            .as_ref()
            .is_some_and(|it| !it.expose_secret().is_empty());
        if is_given && proxy.user.is_empty() {
            return Err(Failure::new("proxy_password_without_user"));
        }
        self.engine.set_proxy(proxy, password).await?;
        self.look_again();
        self.proxy(Empty {}).await
    }
}

/// What was written as `system`, `off` or an address. `except` stays as it was.
///
/// # Errors
/// `proxy_invalid`.
pub fn written_proxy(text: &str, except: String) -> Result<ProxyChange, Failure> {
    let Route { proxy, password } = Route::parse(text)?;
    Ok(ProxyChange {
        proxy: Proxy { except, ..proxy },
        password: password.map(|given| Secret(given.expose_secret().to_owned())),
    })
}

/// Its address, without a password.
pub fn shown_proxy(proxy: &Proxy) -> String {
    http::proxy_setting(proxy)
}
