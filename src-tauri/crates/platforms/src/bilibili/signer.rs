//! Who holds the app's secret: this account's keychain, or a broker at an address of the studio's own.
//!
//! A broker signs calls and exchanges tokens, and sees no video data: parts carry the upload token alone. What it is asked is ours to say (README, 'Broker').
//! Invariant: with a broker, no app secret is read here.

use super::{
    NAME, sign, tokens,
    wire::{Api, CALL_TIMEOUT, Failure, Outcome},
};
use crate::{Result, http::Act};
use reqwest::header;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use slipway_model::{Cause, ErrorKind};

#[derive(Deserialize)]
struct Signed {
    authorization: String,
}

pub(super) fn by_broker(api: &Api<'_>) -> bool {
    api.settings().text("signer").as_deref() == Some("broker")
}

/// The signing headers of one request, `Authorization` last.
pub(super) async fn headers(
    api: &Api<'_>,
    act: Act,
    content_md5: &str,
    nonce: &str,
    timestamp_s: i64,
) -> Outcome<Vec<(&'static str, String)>> {
    let client_id = api.settings().client_id(act)?;
    if !by_broker(api) {
        let secret = tokens::app_secret(api.session, act).await?;
        let made = sign::headers(&client_id, &secret, content_md5, nonce, timestamp_s);
        return Ok(made);
    }
    // As they would be signed here; what stands last is put in by the broker.
    let nobody = SecretString::from("-");
    let mut made = sign::headers(&client_id, &nobody, content_md5, nonce, timestamp_s);
    made.pop();
    let asked: Map<String, Value> = made
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let answer = ask(api, "sign", &asked.into()).await?;
    let signed: Signed = serde_json::from_value(answer).map_err(|_| not_understood())?;
    let is_hex = signed.authorization.len() == 64
        && signed.authorization.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hex {
        return Err(not_understood().into());
    }
    made.push(("authorization", signed.authorization));
    Ok(made)
}

/// The platform's answer to a token call, made by the broker with the app's secret. `wanted` names the grant.
pub(super) async fn tokens(api: &Api<'_>, act: Act, wanted: &[(&str, &str)]) -> Outcome<Value> {
    let mut asked: Map<String, Value> = wanted
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let client_id = api.settings().client_id(act)?;
    asked.insert("client_id".into(), client_id.into());
    ask(api, "token", &asked.into()).await
}

/// One question. A refusal in the platform's envelope is the platform's; anything else that is not well is the broker's.
async fn ask(api: &Api<'_>, path: &str, asked: &Value) -> Outcome<Value> {
    let act = Act::new(NAME, "asking the broker");
    let settings = api.settings();
    let base = settings.endpoint(act, "broker")?;
    let mut request = api
        .session
        .http()
        .calls
        .post(super::wire::address(&base, path, &[]))
        .header(header::ACCEPT, "application/json")
        .json(asked);
    if let Some(token) = pass(api).await? {
        request = request.bearer_auth(token.expose_secret().trim());
    }
    let answer = api.session.http().call(act, request, CALL_TIMEOUT).await;
    let answer = answer.map_err(Failure::Line)?;
    if matches!(answer.status.as_u16(), 401 | 403) {
        let cause = Cause::new("bilibili_broker_refused").with("status", answer.status.as_u16());
        return Err(act.error(ErrorKind::SignedOut, cause).into());
    }
    api.read(act, &answer)
}

async fn pass(api: &Api<'_>) -> Result<Option<SecretString>> {
    let token = api.session.secret("broker_token").await?;
    Ok(token.filter(|token| !token.expose_secret().trim().is_empty()))
}

fn not_understood() -> crate::Error {
    // Without an excerpt: it might show half a token.
    let cause = Cause::new("bilibili_broker_not_understood");
    Act::new(NAME, "asking the broker").error(ErrorKind::ServerFault, cause)
}
