//! Decides whether a call on the member host may pass: signature, clock, nonce, tokens, permissions, in the platform's order.
//!
//! Knows nothing of what the call does. The codes are the documents'; that they are checked in this order is inferred. Always
//! holds: a nonce is remembered only when its signature was right.

use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use md5::Md5;
use sha2::{Digest, Sha256};

use super::call::Call;
use super::code::{self, Code};
use super::state::State;

/// How far a request's clock may be off, in seconds. Source: the signature document, as relayed, read 2026-07-23.
const SKEW_S: i64 = 600;
/// How long a nonce is remembered: as long as its timestamp can be valid, on both sides.
const NONCE_MS: i64 = 2 * SKEW_S * 1000;

/// In the order in which they are signed.
const SIGNED: [&str; 6] = [
    "x-bili-accesskeyid",
    "x-bili-content-md5",
    "x-bili-signature-method",
    "x-bili-signature-nonce",
    "x-bili-signature-version",
    "x-bili-timestamp",
];

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) client_id: String,
    pub(crate) user: usize,
}

pub(crate) struct Signed<'a> {
    pub(crate) call: Call,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a [u8],
    pub(crate) now_ms: i64,
    /// What a fault adds to the server's clock for this check.
    pub(crate) skew_s: i64,
}

/// The signature of six header values given in `SIGNED`'s order.
pub(crate) fn signature(secret: &str, values: [&str; 6]) -> String {
    let message = SIGNED
        .iter()
        .zip(values)
        .map(|(name, value)| format!("{name}:{value}"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .expect("an HMAC takes a key of any length");
    mac.update(message.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// # Errors
/// The code of the first check that fails.
pub(crate) fn check(state: &mut State, signed: &Signed<'_>) -> Result<Caller, Code> {
    let header = |name: &str| {
        signed
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .filter(|value| !value.is_empty())
    };
    let older = query(signed.query, "access_token").is_some()
        && query(signed.query, "client_id").is_some()
        && header("authorization").is_none();
    if older {
        state.record.generation_1_calls += 1;
        if state.switches.generation_1 {
            return older_generation(state, signed);
        }
    }

    let json = |value: &str| value.to_ascii_lowercase().contains("application/json");
    if !header("accept").is_some_and(json) {
        return Err(code::ACCEPT);
    }
    let multipart = header("content-type")
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"));
    if !(header("content-type").is_some_and(json) || (multipart && signed.call == Call::Cover)) {
        return Err(code::CONTENT_TYPE);
    }
    let mut values = [""; 6];
    for (value, name) in values.iter_mut().zip(SIGNED) {
        *value = header(name).ok_or(code::BAD_PARAMETER)?;
    }
    let given = header("authorization").ok_or(code::BAD_PARAMETER)?;
    let [client_id, content_md5, method, nonce, version, timestamp] = values;
    if method != "HMAC-SHA256" {
        return Err(code::SIGNATURE_METHOD);
    }
    if version != "2.0" {
        return Err(code::SIGNATURE_VERSION);
    }
    let at: i64 = timestamp.parse().map_err(|_| code::CLOCK_OFF)?;
    let server_s = signed.now_ms.div_euclid(1000) + signed.skew_s;
    if server_s.saturating_sub(at).saturating_abs() > SKEW_S {
        return Err(code::CLOCK_OFF);
    }
    let app = state.app(client_id).ok_or(code::CLIENT_CHECK)?;
    let hashed: &[u8] = if multipart { b"" } else { signed.body };
    if content_md5 != hex::encode(Md5::digest(hashed)) {
        return Err(code::CONTENT_MD5);
    }
    if given != signature(&app.secret, values) {
        return Err(code::BAD_SIGNATURE);
    }
    remember(state, &format!("{client_id} {nonce}"), signed.now_ms)?;
    let token = header("access-token").ok_or(code::AUTH_MISSING)?;
    admit(state, client_id, token, signed)
}

/// Keeps a nonce. Whether it was seen is told by the record even when it is refused.
fn remember(state: &mut State, nonce: &str, now_ms: i64) -> Result<(), Code> {
    if state.nonces.len() > 100_000 {
        state.nonces.retain(|_, seen| now_ms - *seen < NONCE_MS);
    }
    let before = state.nonces.insert(nonce.to_owned(), now_ms);
    if before.is_some_and(|seen| now_ms - seen < NONCE_MS) {
        state.record.nonce_reuses += 1;
        return Err(code::REPEATED);
    }
    Ok(())
}

fn admit(
    state: &mut State,
    client_id: &str,
    token: &str,
    signed: &Signed<'_>,
) -> Result<Caller, Code> {
    let grant = state
        .access
        .get(token)
        .filter(|grant| grant.client_id == client_id && signed.now_ms < grant.expires_ms)
        .ok_or(code::ACCESS_TOKEN)?;
    let user = grant.user;
    if let Some(scope) = signed.call.scope() {
        let app = state.app(client_id).ok_or(code::CLIENT_CHECK)?;
        if !app.scopes.contains(scope) {
            return Err(code::APP_PERMISSION);
        }
        if !state.users[user].granted.contains(scope) {
            return Err(code::USER_GRANT);
        }
    }
    if !state.users[user].listed {
        return Err(code::NOT_LISTED);
    }
    if let Some((until_ms, quota)) = state.quota_until
        && signed.now_ms < until_ms
    {
        return Err(quota);
    }
    Ok(Caller {
        client_id: client_id.into(),
        user,
    })
}

/// Credentials in the query, unsigned, as the API took them in 2021.
fn older_generation(state: &mut State, signed: &Signed<'_>) -> Result<Caller, Code> {
    let of = |name| query(signed.query, name).ok_or(code::BAD_PARAMETER);
    let (client_id, token) = (of("client_id")?, of("access_token")?);
    state.app(client_id).ok_or(code::CLIENT_CHECK)?;
    admit(state, client_id, token, signed)
}

pub(crate) fn query<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, value)| key == name && !value.is_empty())
        .map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "demo-secret-not-real-0123456789ab";

    fn sign(body: &str, last: u32) -> (String, String) {
        let md5 = hex::encode(Md5::digest(body.as_bytes()));
        let nonce = format!("6f1d2c3b-0000-4000-8000-00000000000{last}");
        let values = [
            "demo0000client01",
            &md5,
            "HMAC-SHA256",
            &nonce,
            "2.0",
            "1760000000",
        ];
        let signature = signature(SECRET, values);
        (md5, signature)
    }

    #[test]
    fn the_published_vectors_come_out() {
        let vectors = [
            (
                r#"{"name":"clip.mp4","utype":"0"}"#,
                "bd8c66fa91a319f189a6b6e7c59e5077",
                "b53da485bfad48cf31da8e076d1165f2c8e84402ac4a01f647b2a335bb4a0742",
            ),
            (
                "",
                "d41d8cd98f00b204e9800998ecf8427e",
                "869ff906b914253522e7a3370d38e37e7762fa9275ac7fbb18b58d3f440c9eec",
            ),
            (
                r#"{"title":"第一条测试","tid":21,"tag":"生活,测试","copyright":1}"#,
                "8f5c6fa300ae6858f6ddffc9f25267d1",
                "26997ae07285df59b399800d17aa440c3e70f3824dc21fa60354c94892b70c65",
            ),
        ];
        for (last, (body, md5, signature)) in (1..).zip(vectors) {
            assert_eq!(
                sign(body, last),
                (md5.into(), signature.into()),
                "vector {last}"
            );
        }
    }
}
