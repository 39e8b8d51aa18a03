//! The key for API calls, by the account's way: its own, a role's, one that was pasted, or one of the user's service.
//!
//! Invariants: a temporary key is asked for once for all who want it; one that is over is not used again.

use super::{
    NAME,
    api::{Api, Product, text_of},
    place::moment_s,
    service,
    settings::{Way, secret_missing},
    sign::Key,
};
use crate::{Result, http::Act};
use secrecy::SecretString;
use serde_json::Value;
use slipway_model::{Cause, ErrorKind};

/// A temporary key with less than this left is asked for anew.
const LEFT_S: i64 = 300;

/// The key for a call; `None` when the account has no access to the API at all.
pub(super) async fn key(api: &Api<'_>, act: Act) -> Result<Option<Key>> {
    match api.settings().way() {
        Way::AccessKey => own(api, act).await.map(Some),
        Way::Sts => pasted(api, act).await.map(Some),
        Way::Role => temporary(api, act).await.map(Some),
        Way::Service if api.settings().text("service.sts_token.url").is_some() => {
            temporary(api, act).await.map(Some)
        }
        Way::Service => Ok(None),
    }
}

/// Whether API calls can be made, so that state can be asked for.
pub(super) fn has_api(api: &Api<'_>) -> bool {
    api.settings().way() != Way::Service || api.settings().text("service.sts_token.url").is_some()
}

async fn own(api: &Api<'_>, act: Act) -> Result<Key> {
    let id = api.settings().needed(act, "access_key_id")?;
    Ok(Key {
        id,
        secret: secret(api, act, "access_key_secret").await?,
        token: None,
    })
}

async fn secret(api: &Api<'_>, act: Act, name: &'static str) -> Result<SecretString> {
    let value = api.session.secret(name).await?;
    value.ok_or_else(|| secret_missing(act, name))
}

async fn pasted(api: &Api<'_>, act: Act) -> Result<Key> {
    let key = Key {
        token: Some(secret(api, act, "security_token").await?),
        ..own(api, act).await?
    };
    let over = pasted_end_s(api).is_some_and(|end| end <= now_s(api, act).unwrap_or(0));
    if over {
        return Err(act.error(ErrorKind::SignedOut, token_over()));
    }
    Ok(key)
}

/// When a pasted key ends, where that was told too.
pub(super) fn pasted_end_s(api: &Api<'_>) -> Option<i64> {
    let end = api.settings().text("expiration")?;
    moment_s(&Value::from(end))
}

fn token_over() -> Cause {
    Cause::new("aliyun_vod_token_over").with("message", "")
}

fn now_s(api: &Api<'_>, act: Act) -> Result<i64> {
    Ok(api.now_s(&api.settings().api(act)?))
}

async fn temporary(api: &Api<'_>, act: Act) -> Result<Key> {
    let mut slot = api.memory.temporary.lock().await;
    let now_s = now_s(api, act)?;
    if let Some((key, end_s)) = &*slot
        && *end_s - now_s > LEFT_S
    {
        return Ok(key.clone());
    }
    let (key, end_s) = match api.settings().way() {
        Way::Service => service::sts_token(api, act, now_s).await?,
        _ => assume_role(api, now_s).await?,
    };
    *slot = Some((key.clone(), end_s));
    Ok(key)
}

/// Until when the temporary key in hand is good, in ms.
pub(super) async fn valid_until_ms(api: &Api<'_>) -> Result<Option<i64>> {
    let end_s = match api.settings().way() {
        Way::Sts => pasted_end_s(api),
        _ => api
            .memory
            .temporary
            .lock()
            .await
            .as_ref()
            .map(|(_, end_s)| *end_s),
    };
    Ok(end_s.map(|end_s| end_s * 1000))
}

/// Forgets a temporary key that was refused. Whether another one may be had.
pub(super) async fn drop_temporary(api: &Api<'_>, refused: &Key) -> bool {
    if matches!(api.settings().way(), Way::AccessKey | Way::Sts) {
        return false;
    }
    let mut slot = api.memory.temporary.lock().await;
    if slot.as_ref().is_some_and(|(key, _)| key.id == refused.id) {
        *slot = None;
    }
    true
}

async fn assume_role(api: &Api<'_>, now_s: i64) -> Result<(Key, i64)> {
    let act = Act::new(NAME, "taking the role");
    let settings = api.settings();
    let life_s = settings.number("role_duration_s");
    let params = vec![
        ("RoleArn", settings.needed(act, "role_arn")?),
        (
            "RoleSessionName",
            settings.needed(act, "role_session_name")?,
        ),
        ("DurationSeconds", life_s.to_string()),
    ];
    let own = own(api, act).await?;
    let mut clock = 2;
    let answer = loop {
        match api
            .once(act, Product::Sts, "AssumeRole", &params, &own)
            .await
        {
            Ok(answer) => break answer,
            Err(failure)
                if clock > 0 && failure.is(&[super::codes::CLOCK, super::codes::NONCE]) =>
            {
                clock -= 1;
            }
            Err(failure) => return Err(failure.into()),
        }
    };
    let credentials = answer.get("Credentials").unwrap_or(&Value::Null);
    read(credentials, now_s, i64::try_from(life_s).unwrap_or(3600)).ok_or_else(|| {
        let cause = Cause::new("aliyun_vod_answer_incomplete").with("field", "Credentials");
        act.error(ErrorKind::ServerFault, cause)
    })
}

/// A temporary key as STS writes it.
pub(super) fn read(value: &Value, now_s: i64, life_s: i64) -> Option<(Key, i64)> {
    let key = Key {
        id: text_of(value, "AccessKeyId")?,
        secret: text_of(value, "AccessKeySecret")?.into(),
        token: Some(text_of(value, "SecurityToken")?.into()),
    };
    let end = value.get("Expiration").and_then(moment_s);
    let end = end.filter(|end| *end > now_s);
    Some((key, end.unwrap_or(now_s + life_s)))
}
