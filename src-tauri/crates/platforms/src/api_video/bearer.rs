//! Access tokens, for accounts that send their key once an hour instead of with each call.
//!
//! Invariants: one is fetched at a time; one is renewed before it ends; nothing of it is ever written down, since the key can always fetch another.

use super::{
    NAME, codes,
    memory::Kind,
    wire::{Api, Failure, Outcome},
};
use crate::{Error, Result, http::Act};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const SIGNING_IN: &str = "signing in";
/// Renewed when less than this is left: a large part takes its time.
const LEFT: Duration = Duration::from_mins(10);
/// Used when the answer names no life. Source: authentication guide, read 2026-06-25.
const LIFE_S: u64 = 3600;

#[derive(Clone)]
pub(super) struct Bearer {
    access: SecretString,
    refresh: Option<SecretString>,
    until: Instant,
}

#[derive(Deserialize)]
struct Pair {
    #[serde(deserialize_with = "sealed")]
    access_token: SecretString,
    #[serde(default)]
    refresh_token: Option<Sealed>,
    #[serde(default)]
    expires_in: Value,
}

#[derive(Deserialize)]
struct Sealed(#[serde(deserialize_with = "sealed")] SecretString);

fn sealed<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}

/// An access token that is good for a while.
pub(super) async fn access(api: &Api<'_>) -> Result<SecretString> {
    let mut slot = api.memory.bearer.lock().await;
    if let Some(bearer) = slot.as_ref()
        && bearer.until > Instant::now() + LEFT
    {
        return Ok(bearer.access.clone());
    }
    let spent = slot.as_ref().and_then(|bearer| bearer.refresh.clone());
    let made = renewed(api, spent).await?;
    let access = made.access.clone();
    *slot = Some(made);
    Ok(access)
}

/// The token was refused: it is not shown again.
pub(super) async fn forget(api: &Api<'_>, refused: &SecretString) {
    let mut slot = api.memory.bearer.lock().await;
    let same = |bearer: &Bearer| bearer.access.expose_secret() == refused.expose_secret();
    if let Some(bearer) = slot.as_mut()
        && same(bearer)
    {
        bearer.until = Instant::now(); // its refresh token may still be good
    }
}

async fn renewed(api: &Api<'_>, spent: Option<SecretString>) -> Result<Bearer> {
    let act = Act::new(NAME, SIGNING_IN);
    if let Some(refresh) = spent {
        let body = json!({ "refreshToken": refresh.expose_secret() });
        match fetch(api, act, "auth/refresh", &body).await {
            Ok(bearer) => return Ok(bearer),
            // A refresh token works once, and its answer may have been lost: the key fetches another pair.
            Err(Failure::Said(..)) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    let key = api.key(act).await?;
    let body = json!({ "apiKey": key.expose_secret().trim() });
    fetch(api, act, "auth/api-key", &body)
        .await
        .map_err(Error::from)
}

async fn fetch(api: &Api<'_>, act: Act, path: &str, body: &Value) -> Outcome<Bearer> {
    api.may_call(act, Kind::Write)?;
    let url = api.address(act, &path.split('/').collect::<Vec<_>>(), &[])?;
    let http = api.session.http();
    let request = http.calls.request(Method::POST, url).json(body);
    let answer = http.call(act, request, super::wire::CALL_TIMEOUT).await;
    let answer = answer.map_err(Failure::Line)?;
    let told = api.read(act, Kind::Write, &answer)?;
    let pair: Pair = serde_json::from_value(told).map_err(|_| {
        // Not `not_understood`: its excerpt might show half a token.
        let cause = slipway_model::Cause::new("answer_not_understood");
        Failure::Line(act.error(slipway_model::ErrorKind::ServerFault, cause))
    })?;
    let life_s = pair.expires_in.as_f64().filter(|life| *life >= 1.0);
    let life_s = life_s.map_or(LIFE_S, |life| life as u64).min(30 * 86_400);
    Ok(Bearer {
        access: pair.access_token,
        refresh: pair.refresh_token.map(|sealed| sealed.0),
        until: Instant::now() + codes::wait(life_s.min(3600)),
    })
}
