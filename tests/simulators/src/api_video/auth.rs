//! Who may: API key, access token, upload token.
//!
//! Keys are of one environment; access tokens live an hour; an upload token opens `/upload` and nothing else.

use std::fmt::Write as _;

use hyper::header::HeaderMap;
use serde_json::{Value, json};

use super::problem::{
    self, BAD_BEARER, BAD_CREDENTIALS, BAD_HEADER, BAD_KEY, BAD_UPLOAD_TOKEN, NO_HEADER,
    NO_UPLOAD_TOKEN, Problem,
};
use super::state::{State, word};

/// Source: authentication guide, read 2026-06-25.
const BEARER_S: i64 = 3600;

/// Checks the header of a call that needs one.
pub(crate) fn check(state: &State, headers: &HeaderMap, now_ms: i64) -> Result<(), Problem> {
    let header = headers.get("authorization").ok_or(NO_HEADER)?;
    let header = header.to_str().map_err(|_| BAD_HEADER)?;
    let (scheme, value) = header.split_once(' ').ok_or(BAD_HEADER)?;
    let good = match scheme.to_ascii_lowercase().as_str() {
        "basic" => {
            let plain = base64(value.trim()).ok_or(BAD_HEADER)?;
            let (key, password) = plain.split_once(':').ok_or(BAD_HEADER)?;
            if key == state.api_key && password.is_empty() {
                Ok(())
            } else {
                Err(BAD_KEY)
            }
        }
        "bearer" => match state.bearers.get(value.trim()) {
            Some(end) if now_ms < *end => Ok(()),
            _ => Err(BAD_BEARER),
        },
        _ => Err(BAD_HEADER),
    };
    good?;
    if state.suspended {
        return Err(problem::SUSPENDED);
    }
    Ok(())
}

/// Checks the token of `/upload`.
pub(crate) fn check_upload_token(
    state: &State,
    token: Option<&str>,
    now_ms: i64,
) -> Result<(), Problem> {
    let token = token
        .filter(|token| !token.is_empty())
        .ok_or(NO_UPLOAD_TOKEN)?;
    state
        .upload_token(token, now_ms)
        .ok_or(BAD_UPLOAD_TOKEN.named("token"))?;
    if state.suspended {
        return Err(problem::SUSPENDED);
    }
    Ok(())
}

/// `POST /auth/api-key`.
pub(crate) fn sign_in(state: &mut State, body: &Value, now_ms: i64) -> Result<Value, Problem> {
    let key = text(body, "apiKey")?;
    if key == state.api_key {
        return Ok(issue(state, now_ms));
    }
    Err(Problem {
        status: state.switches.bad_credentials_status,
        ..BAD_CREDENTIALS
    })
}

/// `POST /auth/refresh`.
pub(crate) fn refresh(state: &mut State, body: &Value, now_ms: i64) -> Result<Value, Problem> {
    let token = text(body, "refreshToken")?.to_owned();
    let once = state.switches.refresh_once;
    let status = state.switches.bad_credentials_status;
    match state.refreshes.get_mut(&token) {
        Some(used) if !(*used && once) => {
            *used = true;
            Ok(issue(state, now_ms))
        }
        Some(_) => {
            state.record.refresh_reuses += 1;
            Err(problem::BAD_REFRESH)
        }
        None => Err(Problem {
            status,
            ..BAD_CREDENTIALS
        }),
    }
}

fn text<'a>(body: &'a Value, name: &str) -> Result<&'a str, Problem> {
    match body.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(problem::BAD_ATTRIBUTE.named(name)),
        None => Err(problem::REQUIRED.named(name)),
    }
}

fn issue(state: &mut State, now_ms: i64) -> Value {
    let access = format!(
        "eyJ0eXAi.{}.{}",
        state.fresh("claims"),
        state.fresh("access")
    );
    let refresh = format!("def502{}", state.fresh("refresh"));
    state
        .bearers
        .insert(access.clone(), now_ms + BEARER_S * 1000);
    state.refreshes.insert(refresh.clone(), false);
    json!({
        "token_type": "Bearer", "expires_in": BEARER_S, "access_token": access, "refresh_token": refresh,
    })
}

pub(crate) fn api_key(seed: u64, environment: &str) -> String {
    word(seed, environment, 0)[..43].to_owned()
}

/// Plain base64, as a server of its own would read it; `None` when it is none, or no text.
fn base64(text: &str) -> Option<String> {
    let mut bits = 0_u32;
    let mut count = 0;
    let mut out = Vec::new();
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(out).ok()
}

/// A moment as the platform writes it: `2026-08-21T10:00:00+00:00`.
pub(crate) fn atom(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    let mut text = String::new();
    let _ = write!(text, "{}", at.strftime("%Y-%m-%dT%H:%M:%S+00:00"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        assert_eq!(base64("a2V5Og==").as_deref(), Some("key:"));
        assert_eq!(base64("a2V5Og").as_deref(), Some("key:"));
        assert_eq!(base64("a2V5").as_deref(), Some("key"));
        assert_eq!(base64("a2V5*"), None);
    }

    #[test]
    fn moments_are_written_as_the_platform_writes_them() {
        assert_eq!(atom(1_787_306_400_000), "2026-08-21T10:00:00+00:00");
    }
}
