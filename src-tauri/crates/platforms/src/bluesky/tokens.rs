//! The session of an account: made by app password or in the browser, renewed early, one renewal at a time.
//!
//! Invariants: a renewal that has begun ends and is saved even when whoever wanted it has gone, since its answer may be the only copy of the new
//! tokens; what was refused for good is not shown again; a session of another account is not used. Never a sign-in for each upload: they are counted.

use super::{
    NAME, codes,
    dpop::Key,
    identity::Identity,
    oauth,
    settings::SignInWay,
    wire::{self, Api, CALL_TIMEOUT, Fault, Outcome},
};
use crate::{Error, Result, Session, http::Act};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::header;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use slipway_model::{Cause, ErrorKind, Spec};
use std::sync::Arc;

/// Renewed when less than this is left, in seconds.
pub(super) const LEFT_S: i64 = 120;
const RENEWING: &str = "renewing the sign-in";

/// What goes with a call to the server.
#[derive(Clone)]
pub(super) enum Access {
    Bearer(SecretString),
    /// Bound to a key that each request proves.
    Proven {
        token: SecretString,
        key: Arc<Key>,
    },
}

impl Access {
    fn token(&self) -> &SecretString {
        match self {
            Self::Bearer(token) | Self::Proven { token, .. } => token,
        }
    }
    fn is(&self, other: &Self) -> bool {
        self.token().expose_secret() == other.token().expose_secret()
    }
}

/// A session as it is kept.
pub(super) struct Held {
    pub(super) access: Access,
    /// In seconds since 1970; unknown ones are taken to be good.
    pub(super) access_until_s: Option<i64>,
    pub(super) refresh: SecretString,
    pub(super) valid_until_s: Option<i64>,
    /// As the server wrote them into the token.
    pub(super) scopes: Vec<String>,
}

/// The session that is kept for this account, whatever it is good for.
pub(super) async fn held(api: &Api<'_>, identity: &Identity) -> Result<Option<Held>> {
    if api.settings().sign_in() == SignInWay::Oauth {
        return oauth::held(api, identity).await;
    }
    let read = (
        secret(api, "access_jwt").await?,
        secret(api, "refresh_jwt").await?,
        secret(api, "session_did").await?,
    );
    let (Some(access), Some(refresh), Some(did)) = read else {
        return Ok(None);
    };
    if did.expose_secret() != identity.did {
        return Ok(None);
    }
    Ok(Some(Held {
        access_until_s: end_of(&access),
        valid_until_s: end_of(&refresh),
        scopes: scopes_of(&access),
        access: Access::Bearer(access),
        refresh,
    }))
}

/// A session that is good for a call, renewed or made when it must be.
pub(super) async fn access(api: &Api<'_>) -> Result<Access> {
    let identity = api.identity().await?;
    if let Some(held) = held(api, &identity).await? {
        let now_s = api.now_s(&identity.server);
        if held
            .access_until_s
            .is_none_or(|until| until - now_s > LEFT_S)
        {
            return Ok(held.access);
        }
    }
    renew(api, None).await
}

/// A newer session than `seen`.
pub(super) async fn renew(api: &Api<'_>, seen: Option<&Access>) -> Result<Access> {
    let (session, spec, seen) = (api.session.clone(), api.spec.clone(), seen.cloned());
    // A task of its own: dropping the caller must not lose the new tokens. It ends by the call's own time limit.
    let renewal = tokio::spawn(async move { renew_now(&session, &spec, seen).await });
    renewal.await.unwrap_or_else(|gone| {
        let cause = Cause::new("connection_lost").detail(gone.to_string());
        Err(Act::new(NAME, RENEWING).error(ErrorKind::ServerFault, cause))
    })
}

async fn renew_now(session: &Session, spec: &Spec, seen: Option<Access>) -> Result<Access> {
    let api = Api::new(session, spec);
    let act = Act::new(NAME, RENEWING);
    let identity = api.identity().await?;
    let _one = api.memory.renewing.clone().lock_owned().await;
    let held = held(&api, &identity).await?;
    if let Some(held) = &held {
        let now_s = api.now_s(&identity.server);
        let newer = match &seen {
            Some(seen) => !held.access.is(seen),
            None => held
                .access_until_s
                .is_none_or(|until| until - now_s > LEFT_S),
        };
        if newer {
            return Ok(held.access.clone()); // renewed by another while we waited
        }
    }
    if api.settings().sign_in() == SignInWay::Oauth {
        return oauth::renew(&api, act, &identity, held).await;
    }
    if let Some(held) = held
        && !is_refused(&api, &held.refresh)
    {
        match refresh_session(&api, act, &identity, &held.refresh).await {
            Ok(told) => return keep(&api, act, &identity, &told).await,
            Err(Fault::Said(_, error)) if error.kind == ErrorKind::SignedOut => {
                refuse(&api, &held.refresh);
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    sign_in(&api, act, &identity).await
}

async fn refresh_session(
    api: &Api<'_>,
    act: Act,
    identity: &Identity,
    refresh: &SecretString,
) -> Outcome<Value> {
    let url = wire::address(
        &identity.server,
        "xrpc/com.atproto.server.refreshSession",
        &[],
    );
    let http = api.session.http();
    let request = http
        .calls
        .post(url)
        .header(header::CONTENT_LENGTH, 0)
        .header(
            header::AUTHORIZATION,
            wire::secret_header(act, "Bearer ", refresh)?,
        );
    let answer = http.call(act, request, CALL_TIMEOUT).await?;
    tokens_of(api, act, &answer)
}

/// A new session by the app password.
async fn sign_in(api: &Api<'_>, act: Act, identity: &Identity) -> Result<Access> {
    let password = secret(api, "app_password").await?.ok_or_else(|| {
        let cause = Cause::new("secret_missing").with("secret", "app_password");
        act.error(ErrorKind::SignedOut, cause)
    })?;
    if is_refused(api, &password) {
        let cause = Cause::new("bluesky_sign_in_refused").with("platform", NAME);
        return Err(act.error(ErrorKind::SignedOut, cause));
    }
    let url = wire::address(
        &identity.server,
        "xrpc/com.atproto.server.createSession",
        &[],
    );
    let http = api.session.http();
    let body = json!({ "identifier": identity.did, "password": password.expose_secret() });
    let answer = http
        .call(act, http.calls.post(url).json(&body), CALL_TIMEOUT)
        .await?;
    match tokens_of(api, act, &answer) {
        Ok(told) => keep(api, act, identity, &told).await,
        Err(Fault::Said(said, error)) => {
            if said.name == "AuthenticationRequired" {
                refuse(api, &password);
            }
            Err(error)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Reads an answer that holds tokens: what is not understood of it is not shown, since its excerpt might hold half of one.
fn tokens_of(api: &Api<'_>, act: Act, answer: &crate::http::Answer) -> Outcome<Value> {
    if answer.status.is_success() {
        return serde_json::from_slice(&answer.body).map_err(|_| Fault::Line(unreadable(act)));
    }
    api.read(act, answer)
}

pub(super) fn unreadable(act: Act) -> Error {
    act.error(
        ErrorKind::ServerFault,
        Cause::new("answer_not_understood").with("host", NAME),
    )
}

async fn keep(api: &Api<'_>, act: Act, identity: &Identity, told: &Value) -> Result<Access> {
    let text = |name: &str| told[name].as_str().filter(|text| !text.is_empty());
    let (Some(access), Some(refresh), Some(did)) =
        (text("accessJwt"), text("refreshJwt"), text("did"))
    else {
        return Err(unreadable(act));
    };
    if did != identity.did {
        return Err(other_account(act, did));
    }
    let access = SecretString::from(access);
    let values = vec![
        ("access_jwt".to_owned(), access.clone()),
        ("refresh_jwt".to_owned(), refresh.into()),
        ("session_did".to_owned(), did.into()),
    ];
    save(api, values).await;
    Ok(Access::Bearer(access))
}

/// Someone else signed in than the account is for.
pub(super) fn other_account(act: Act, did: &str) -> Error {
    let cause = Cause::new("bluesky_other_account").with("did", codes::shown(did));
    act.error(ErrorKind::SignedOut, cause)
}

/// Saves a new session; one that cannot be saved is kept in hand until it can.
pub(super) async fn save(api: &Api<'_>, values: Vec<(String, SecretString)>) {
    if let Err(error) = api.session.set_secrets(values.clone()).await {
        tracing::warn!(account = %api.session.account(), code = error.cause.code, "a new session could not be saved");
        *api.memory.unsaved.lock() = Some(values);
    } else {
        *api.memory.unsaved.lock() = None;
    }
}

pub(super) fn is_refused(api: &Api<'_>, secret: &SecretString) -> bool {
    let refused = api.memory.refused.lock();
    let mut refused = refused.iter();
    refused.any(|refused| refused.expose_secret() == secret.expose_secret())
}

pub(super) fn refuse(api: &Api<'_>, secret: &SecretString) {
    if !is_refused(api, secret) {
        api.memory.refused.lock().push(secret.clone());
    }
}

/// A secret of the account; what could not be saved so far comes first.
pub(super) async fn secret(api: &Api<'_>, name: &str) -> Result<Option<SecretString>> {
    let unsaved = api.memory.unsaved.lock().clone();
    if let Some(values) = unsaved {
        if api.session.set_secrets(values.clone()).await.is_ok() {
            *api.memory.unsaved.lock() = None;
        }
        if let Some((_, value)) = values.iter().find(|(n, _)| n == name) {
            return Ok(Some(value.clone()));
        }
    }
    let value = api.session.secret(name).await?;
    Ok(value.filter(|value| !value.expose_secret().trim().is_empty()))
}

/// What a token tells of itself, where it is one that can be read.
fn claims(token: &SecretString) -> Option<Value> {
    let payload = token.expose_secret().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The end of a token, in seconds since 1970.
pub(super) fn end_of(token: &SecretString) -> Option<i64> {
    claims(token)?["exp"].as_i64()
}

/// What a token is good for.
pub(super) fn scopes_of(token: &SecretString) -> Vec<String> {
    let told = claims(token).and_then(|claims| Some(claims["scope"].as_str()?.to_owned()));
    let told = told.unwrap_or_default();
    told.split_whitespace().take(20).map(codes::shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_its_end_where_it_is_one_that_can_be_read() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"exp":1790000000}"#);
        assert_eq!(
            end_of(&format!("h.{payload}.s").into()),
            Some(1_790_000_000)
        );
        for text in ["opaque", "a.!.c", "a.e30.c"] {
            assert_eq!(end_of(&text.into()), None, "{text}");
        }
    }
}
