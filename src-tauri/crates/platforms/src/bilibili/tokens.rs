//! Access and refresh tokens of an account.
//!
//! Invariants: one refresh at a time; a refresh that has begun ends and is saved even when whoever wanted it has gone, since its answer is the only
//! copy of the new pair; the pair is saved as one.

use super::{
    NAME, signer,
    wire::{Api, CALL_TIMEOUT, Failure, Outcome, address, number},
};
use crate::{Error, Result, Session, http::Act};
use reqwest::header;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use slipway_model::{Cause, ErrorKind, Spec};
use std::time::Duration;

/// Refreshed when less than this is left.
pub(super) const LEFT_FOR_A_CALL: Duration = Duration::from_mins(10);
/// At a check: one that is made every few hours of a sign-in's last day must renew it, since after its end somebody has to consent again.
pub(super) const LEFT_FOR_A_CHECK: Duration = Duration::from_hours(25);
/// Before a submission: its turn may take a while to come.
pub(super) const LEFT_FOR_A_SUBMISSION: Duration = Duration::from_hours(1);
/// With this much left a token is used even when it cannot be renewed now.
const LEFT_AT_LEAST: Duration = Duration::from_secs(30);
/// Greater numbers are moments, smaller ones durations. The documented sample is a date in 2021, though named `expires_in`.
const LEAST_MOMENT_S: i64 = 1_000_000_000;
const REFRESHING: &str = "renewing the sign-in";

struct Tokens {
    access: Option<SecretString>,
    refresh: Option<SecretString>,
    expires_at_s: Option<i64>,
}

impl Tokens {
    async fn read(api: &Api<'_>) -> Result<Self> {
        let unsaved = api.memory.unsaved.lock().clone();
        if let Some(values) = unsaved {
            if let Err(error) = api.session.set_secrets(values.clone()).await {
                tracing::warn!(account = %api.session.account(), code = error.cause.code, "new tokens are not saved yet");
            } else {
                *api.memory.unsaved.lock() = None;
            }
            let get = |name: &str| {
                let found = values.iter().find(|(n, _)| n == name);
                found.map(|(_, value)| value.clone())
            };
            return Ok(Self::of(
                get("access_token"),
                get("refresh_token"),
                get("expires_at"),
            ));
        }
        Ok(Self::of(
            secret(api.session, "access_token").await?,
            secret(api.session, "refresh_token").await?,
            secret(api.session, "expires_at").await?,
        ))
    }

    fn of(
        access: Option<SecretString>,
        refresh: Option<SecretString>,
        expires_at: Option<SecretString>,
    ) -> Self {
        let moment = expires_at.and_then(|text| text.expose_secret().trim().parse().ok());
        Self {
            access,
            refresh,
            expires_at_s: moment.filter(|at| *at > LEAST_MOMENT_S),
        }
    }

    /// Whether the access token is good for so long; one whose end is unknown is taken to be.
    fn good_for(&self, left: Duration, now_s: i64) -> bool {
        let left_s = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
        self.access.is_some() && self.expires_at_s.is_none_or(|at| at - now_s > left_s)
    }
}

/// The end of the access token, in ms since 1970 UTC, and whether it can be renewed.
pub(super) async fn standing(api: &Api<'_>) -> Result<(Option<i64>, bool)> {
    let tokens = Tokens::read(api).await?;
    let until_ms = tokens.expires_at_s.map(|at| at * 1000);
    Ok((until_ms, tokens.refresh.is_some()))
}

/// The access token that is kept now, whatever it is good for.
pub(super) async fn current(api: &Api<'_>) -> Result<Option<SecretString>> {
    Ok(Tokens::read(api).await?.access)
}

pub(super) async fn app_secret(session: &Session, act: Act) -> Result<SecretString> {
    secret(session, "app_secret").await?.ok_or_else(|| {
        let cause = Cause::new("secret_missing").with("secret", "app_secret");
        act.error(ErrorKind::SignedOut, cause)
    })
}

/// An access token that is good for `left`, renewed when it must be.
pub(super) async fn access(api: &Api<'_>, left: Duration) -> Result<SecretString> {
    let act = Act::new(NAME, REFRESHING);
    let tokens = Tokens::read(api).await?;
    let now_s = api.now_s(act)?;
    if tokens.good_for(left, now_s) {
        return Ok(tokens.access.expect("a good one is there"));
    }
    let is_good_now = tokens.good_for(LEFT_AT_LEAST, now_s);
    match (refresh(api, tokens.access.clone()).await, tokens.access) {
        (Err(error), Some(access)) if is_good_now => {
            tracing::warn!(account = %api.session.account(), code = error.cause.code, "the sign-in is not renewed yet");
            Ok(access)
        }
        (renewed, _) => renewed,
    }
}

/// A newer access token than `seen`.
pub(super) async fn refresh(api: &Api<'_>, seen: Option<SecretString>) -> Result<SecretString> {
    let (session, spec) = (api.session.clone(), api.spec.clone());
    // A task of its own: dropping the caller must not lose the new pair. It ends by the call's own time limit.
    let renewal = tokio::spawn(async move { renew(&session, &spec, seen).await });
    renewal.await.unwrap_or_else(|gone| {
        let cause = Cause::new("connection_lost").detail(gone.to_string());
        Err(Act::new(NAME, REFRESHING).error(ErrorKind::ServerFault, cause))
    })
}

async fn renew(session: &Session, spec: &Spec, seen: Option<SecretString>) -> Result<SecretString> {
    let act = Act::new(NAME, REFRESHING);
    let api = Api::new(session, spec);
    let _one = api.memory.refreshing.clone().lock_owned().await;
    let tokens = Tokens::read(&api).await?;
    if let (Some(now), Some(seen)) = (&tokens.access, &seen)
        && now.expose_secret() != seen.expose_secret()
    {
        return Ok(now.clone()); // renewed by another while we waited
    }
    let ended = || act.error(ErrorKind::SignedOut, Cause::new("bilibili_sign_in_ended"));
    let spent = tokens.refresh.ok_or_else(ended)?;
    let refused = api.memory.refused.lock().clone();
    if refused.is_some_and(|refused| refused.expose_secret() == spent.expose_secret()) {
        return Err(ended());
    }
    let wanted = [
        ("grant_type", "refresh_token"),
        ("refresh_token", spent.expose_secret()),
    ];
    let path = "x/account-oauth2/v1/refresh_token";
    let mut pair = exchange(&api, act, path, &wanted).await;
    if let Err(Failure::Line(error)) = &pair
        && crate::http::may_have_arrived(error)
    {
        // The answer was lost, and with it perhaps the new pair: once more with the same token; a spent one is refused for good.
        pair = exchange(&api, act, path, &wanted).await;
    }
    match pair {
        Ok(pair) => save(&api, pair).await,
        Err(failure) => {
            let error = Error::from(failure);
            if is_signed_out(&error) {
                *api.memory.refused.lock() = Some(spent);
            }
            Err(error)
        }
    }
}

/// The first pair, for a code from the consent page.
pub(super) async fn first(api: &Api<'_>, code: &SecretString) -> Result<SecretString> {
    let act = Act::new(NAME, "signing in");
    let _one = api.memory.refreshing.clone().lock_owned().await;
    let wanted = [
        ("grant_type", "authorization_code"),
        ("code", code.expose_secret()),
    ];
    let pair = exchange(api, act, "x/account-oauth2/v1/token", &wanted).await?;
    save(api, pair).await
}

#[derive(Deserialize)]
struct Pair {
    #[serde(deserialize_with = "sealed")]
    access_token: SecretString,
    #[serde(deserialize_with = "sealed")]
    refresh_token: SecretString,
    #[serde(deserialize_with = "number")]
    expires_in: i64,
}

fn sealed<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}

async fn exchange(api: &Api<'_>, act: Act, path: &str, wanted: &[(&str, &str)]) -> Outcome<Pair> {
    let data = if signer::by_broker(api) {
        signer::tokens(api, act, wanted).await?
    } else {
        ask(api, act, path, wanted).await?
    };
    serde_json::from_value(data).map_err(|_| {
        // Not `not_understood`: its excerpt might show half a token.
        let cause = Cause::new("answer_not_understood");
        Failure::Line(act.error(ErrorKind::ServerFault, cause))
    })
}

async fn ask(
    api: &Api<'_>,
    act: Act,
    path: &str,
    wanted: &[(&str, &str)],
) -> Outcome<serde_json::Value> {
    let settings = api.settings();
    let base = settings.endpoint(act, "oauth")?;
    let client_id = settings.client_id(act)?;
    let app_secret = app_secret(api.session, act).await?;
    let mut parameters = vec![
        ("client_id", client_id.as_str()),
        ("client_secret", app_secret.expose_secret()),
    ];
    parameters.extend_from_slice(wanted);

    let http = api.session.http();
    let request = if settings.text("token_params_in").as_deref() == Some("query") {
        http.calls
            .post(address(&base, path, &parameters))
            .header(header::CONTENT_LENGTH, 0)
    } else {
        http.calls.post(address(&base, path, &[])).form(&parameters)
    };
    let request = request.header(header::ACCEPT, "application/json");
    let answer = http.call(act, request, CALL_TIMEOUT).await;
    let answer = answer.map_err(Failure::Line)?;
    api.read(act, &answer)
}

async fn save(api: &Api<'_>, pair: Pair) -> Result<SecretString> {
    let now_s = api.now_s(Act::new(NAME, REFRESHING))?;
    let values = vec![
        ("access_token".to_owned(), pair.access_token.clone()),
        ("refresh_token".to_owned(), pair.refresh_token),
        (
            "expires_at".to_owned(),
            moment_s(pair.expires_in, now_s).to_string().into(),
        ),
    ];
    if let Err(error) = api.session.set_secrets(values.clone()).await {
        // The old pair is spent: this one is kept in hand until it can be saved.
        tracing::warn!(account = %api.session.account(), code = error.cause.code, "new tokens could not be saved");
        *api.memory.unsaved.lock() = Some(values);
    }
    Ok(pair.access_token)
}

/// `expires_in` is a moment, whatever its name says; a small number is taken for a duration.
fn moment_s(expires_in: i64, now_s: i64) -> i64 {
    if expires_in > LEAST_MOMENT_S {
        expires_in
    } else {
        now_s.saturating_add(expires_in.max(0))
    }
}

async fn secret(session: &Session, name: &str) -> Result<Option<SecretString>> {
    let value = session.secret(name).await?;
    Ok(value.filter(|value| !value.expose_secret().trim().is_empty()))
}

/// Whether an error says that someone must sign in again.
pub(super) fn is_signed_out(error: &Error) -> bool {
    error.kind == ErrorKind::SignedOut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires_in_is_a_moment_unless_it_is_small() {
        let now = 1_790_000_000;
        assert_eq!(moment_s(1_793_232_000, now), 1_793_232_000);
        assert_eq!(moment_s(2_592_000, now), now + 2_592_000);
        assert_eq!(moment_s(-5, now), now);
    }

    #[test]
    fn a_token_is_good_for_what_is_left_of_it() {
        let with = |expires: Option<&str>| {
            Tokens::of(Some("a".into()), None, expires.map(SecretString::from))
        };
        let (now, hour) = (1_790_000_000, Duration::from_hours(1));
        assert!(with(Some("1790003601")).good_for(hour, now));
        assert!(!with(Some("1790003600")).good_for(hour, now));
        assert!(
            with(None).good_for(hour, now),
            "unknown: the platform will tell"
        );
        assert!(with(Some("3600")).good_for(hour, now), "no moment at all");
        assert!(!Tokens::of(None, None, None).good_for(Duration::ZERO, now));
    }
}
