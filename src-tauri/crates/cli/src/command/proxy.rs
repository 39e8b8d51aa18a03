//! Which way connections take.

use super::ask;
use crate::{
    args::ProxyWish,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    secret,
};
use serde_json::json;
use slipway_api::{
    sentence::printable,
    shown_proxy,
    wire::{Empty, ProxyChange},
    written_proxy,
};
use slipway_model::proxy::Way;

pub(super) async fn obey(wish: ProxyWish, out: &Out, folder: &Folder) -> Outcome {
    let password = wish.password.as_deref();
    let password = password.map(|from| secret::read_one("password", from));
    let password = password.transpose()?;
    let told = ask(folder, async |client| {
        let known = client.proxy(Empty {}).await?;
        let except = wish.except.unwrap_or_else(|| known.proxy.except.clone());
        let mut change = match &wish.way {
            Some(text) => written_proxy(text, except)?,
            None => ProxyChange {
                proxy: slipway_model::proxy::Proxy {
                    except,
                    ..known.proxy.clone()
                },
                password: None,
            },
        };
        change.password = password.or(change.password);
        if change.proxy == known.proxy && change.password.is_none() {
            return Ok(known);
        }
        client.proxy_set(change).await
    })
    .await?;
    let proxy = &told.proxy;
    if out.json {
        out.document(&json!({
            "proxy": shown_proxy(proxy), "has_password": told.has_password, "system": told.system, "except": proxy.except,
        }))?;
        return Ok(Exit::Done);
    }
    let (code, at) = match (proxy.way, told.system) {
        (Way::Off, _) => ("cli.proxy_off", String::new()),
        (Way::System, Some(found)) => ("cli.proxy_system", found),
        (Way::System, None) => ("cli.proxy_system_none", String::new()),
        _ if told.has_password => ("cli.proxy_password", shown_proxy(proxy)),
        _ => ("cli.proxy", shown_proxy(proxy)),
    };
    out.line(&out.sentence(code, &[("proxy", printable(&at))]))?;
    if proxy.way.is_proxy() && !proxy.except.trim().is_empty() {
        let except = printable(&proxy.except);
        out.line(&out.sentence("cli.proxy_except", &[("except", except)]))?;
    }
    Ok(Exit::Done)
}
