//! Consent and tokens.
//!
//! Parameters are taken from the query and from a form body alike: the documents say one, the newest demo the other. Always holds:
//! a code and a refresh token work once.

use hyper::StatusCode;
use hyper::header::{HeaderValue, LOCATION};
use serde_json::{Value, json};
use url::Url;

use super::Consent;
use super::call::Call;
use super::code::{self, Code};
use super::sign::query;
use super::state::{Grant, State};
use crate::answer::{Reply, reply};

/// Answers a token call. `pairs` is query and body together.
pub(crate) fn tokens(
    state: &mut State,
    call: Call,
    pairs: &[(String, String)],
    now_ms: i64,
) -> Result<Value, Code> {
    let (kind, key) = match call {
        Call::Refresh => ("refresh_token", "refresh_token"),
        _ => ("authorization_code", "code"),
    };
    if query(pairs, "grant_type") != Some(kind) {
        return Err(code::BAD_PARAMETER);
    }
    let client_id = query(pairs, "client_id").ok_or(code::CLIENT_ID)?;
    let app = state.app(client_id).ok_or(code::CLIENT_ID)?;
    if query(pairs, "client_secret") != Some(app.secret.as_str()) {
        return Err(code::CLIENT_SECRET);
    }
    let given = query(pairs, key).ok_or(code::BAD_PARAMETER)?;
    let user = if call == Call::Refresh {
        if state.refresh.get(given).is_some_and(|grant| grant.used) {
            state.record.refresh_reuses += 1;
        }
        spend(
            state.refresh.get_mut(given),
            client_id,
            now_ms,
            code::REFRESH_TOKEN,
        )?
    } else {
        spend(
            state.codes.get_mut(given),
            client_id,
            now_ms,
            code::NO_SUCH_CODE,
        )?
    };
    if call != Call::Refresh {
        // Consent covers what the app may do by then.
        let scopes = state.app(client_id).map(|app| app.scopes.clone());
        state.users[user].granted = scopes.unwrap_or_default();
        state
            .grants_changed
            .push(("authorize", client_id.to_owned(), user));
    }
    if call == Call::Refresh && state.switches.refresh_ends_old_access {
        state
            .access
            .retain(|_, grant| !(grant.user == user && grant.client_id == client_id));
    }
    let (access, refresh, expires_ms) = state.issue_pair(client_id, user, now_ms);
    let expires_in = if state.switches.expires_in_relative {
        (expires_ms - now_ms) / 1000
    } else {
        expires_ms / 1000
    };
    let mut data =
        json!({ "access_token": access, "refresh_token": refresh, "expires_in": expires_in });
    if !(call == Call::Refresh && state.switches.fields_missing) {
        data["scopes"] = json!(state.users[user].granted);
    }
    Ok(data)
}

fn spend(
    grant: Option<&mut Grant>,
    client_id: &str,
    now_ms: i64,
    refusal: Code,
) -> Result<usize, Code> {
    let grant = grant
        .filter(|grant| !grant.used && now_ms < grant.expires_ms)
        .ok_or(refusal)?;
    if grant.client_id != client_id {
        return Err(code::OTHER_APP);
    }
    grant.used = true;
    Ok(grant.user)
}

/// The consent page: sends the browser back with a code, without one, or asks.
pub(crate) fn consent(
    state: &mut State,
    manner: Consent,
    user: usize,
    own_path: &str,
    pairs: &[(String, String)],
    now_ms: i64,
) -> Reply {
    let illegal = || {
        html(
            StatusCode::OK,
            "<h1>授权请求不合法</h1><p>client_id 或回调地址有误</p>",
        )
    };
    let (Some(client_id), Some(target)) = (query(pairs, "client_id"), query(pairs, "gourl")) else {
        return illegal();
    };
    let (Some(app), Ok(mut target)) = (state.app(client_id), Url::parse(target)) else {
        return illegal();
    };
    let loopback = matches!(target.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let registered = app
        .callbacks
        .iter()
        .any(|host| target.host_str() == Some(host));
    if !(registered || (loopback && state.switches.loopback_callback)) {
        return illegal();
    }
    let agreed = match (manner, query(pairs, "sim_answer")) {
        (Consent::Approve, _) | (Consent::Ask, Some("yes")) => true,
        (Consent::Refuse, _) | (Consent::Ask, Some(_)) => false,
        (Consent::Ask, None) => {
            let again: String = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish();
            let again = again.replace('&', "&amp;");
            return html(
                StatusCode::OK,
                &format!(
                    "<h1>授权</h1><p><a id=\"yes\" href=\"{own_path}?{again}&amp;sim_answer=yes\">同意</a> <a id=\"no\" href=\"{own_path}?{again}&amp;sim_answer=no\">拒绝</a></p>"
                ),
            );
        }
    };
    if agreed {
        let client_id = client_id.to_owned();
        let code = state.issue_code(&client_id, user, now_ms);
        target.query_pairs_mut().append_pair("code", &code);
    }
    if let Some(value) = query(pairs, "state") {
        target.query_pairs_mut().append_pair("state", value);
    }
    let mut answer = html(StatusCode::FOUND, "");
    if let Ok(value) = HeaderValue::from_str(target.as_str()) {
        answer.headers_mut().insert(LOCATION, value);
    }
    answer
}

fn html(status: StatusCode, inside: &str) -> Reply {
    reply(
        status,
        "text/html; charset=utf-8",
        format!(
            "<!doctype html><meta charset=\"utf-8\"><title>bilibili (simulator)</title>{inside}\n"
        ),
    )
}
