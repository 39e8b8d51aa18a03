//! The authorization server in front of the personal data server: pushed requests, PKCE, proofs of possession, nonces.
//!
//! Always holds: a code and a refresh token work once, and showing either again ends the whole session, as the real server does. Source: the
//! protocol's OAuth specification, and @atproto/pds 0.5.35 as run 2026-08-20.

use std::collections::HashMap;

use hyper::{StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::keys::{self, Jwt, b64};
use super::state::State;
use super::wire::{Refusal, Told, pair, refuse};
use crate::answer::{Reply, reply};

/// Lifetimes in seconds.
const ACCESS_S: i64 = 3600;
const REQUEST_S: i64 = 299;
const REFRESH_S: i64 = 14 * 24 * 3600;
const PROOF_S: i64 = 300;

#[derive(Debug, Default)]
pub(crate) struct Oauth {
    requests: HashMap<String, Request>,
    codes: HashMap<String, (Request, usize, bool)>,
    sessions: Vec<Session>,
    /// The nonces of the authorization server and of the resource server.
    nonces: [String; 2],
    /// Proofs that were shown: each works once.
    seen: std::collections::HashSet<String>,
    /// Client, state and account of the last consent.
    pub(crate) consenting: usize,
}

#[derive(Clone, Debug)]
struct Request {
    client: String,
    redirect: String,
    scope: String,
    state: String,
    challenge: String,
    key: String,
    expires_s: i64,
}

#[derive(Debug)]
struct Session {
    account: usize,
    client: String,
    scope: String,
    key: String,
    access: String,
    access_until_s: i64,
    refresh: String,
    refresh_until_s: i64,
    /// What was given out before.
    spent: Vec<String>,
    code: String,
    ended: bool,
}

/// What a session may do.
#[derive(Clone, Debug)]
pub(crate) struct Scope(pub(crate) String);

impl Scope {
    /// `what` is `blob:type`, `repo:collection?action=name` or `rpc:method`.
    pub(crate) fn allows(&self, what: &str) -> Result<(), Refusal> {
        let words: Vec<&str> = self.0.split(' ').collect();
        let granted = words.contains(&"transition:generic")
            || words.iter().any(|word| match what.split_once(':') {
                Some(("repo", rest)) => {
                    let (collection, action) = rest.split_once('?').unwrap_or((rest, ""));
                    word.strip_prefix("repo:").is_some_and(|granted| {
                        let (held, actions) = granted.split_once('?').unwrap_or((granted, ""));
                        (held == collection || held == "*")
                            && (actions.is_empty() || actions.split('&').any(|a| a == action))
                    })
                }
                Some(("rpc", method)) => {
                    word.starts_with("rpc")
                        && word
                            .split(['?', '&', ':'])
                            .any(|p| p == method || p == format!("lxm={method}"))
                }
                _ => *word == what,
            });
        if granted {
            Ok(())
        } else {
            Err(refuse(
                403,
                "ScopeMissingError",
                format!("Missing required scope \"{what}\""),
            ))
        }
    }
}

const AUTHORIZATION: usize = 0;
const RESOURCE: usize = 1;

pub(crate) fn protected_resource(origin: &str) -> Value {
    json!({ "resource": origin, "authorization_servers": [origin], "bearer_methods_supported": ["header"], "scopes_supported": [] })
}

pub(crate) fn authorization_server(origin: &str) -> Value {
    json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/oauth/authorize"),
        "token_endpoint": format!("{origin}/oauth/token"),
        "revocation_endpoint": format!("{origin}/oauth/revoke"),
        "pushed_authorization_request_endpoint": format!("{origin}/oauth/par"),
        "require_pushed_authorization_requests": true,
        "scopes_supported": ["atproto", "transition:generic"],
        "response_types_supported": ["code"], "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"], "dpop_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "authorization_response_iss_parameter_supported": true, "client_id_metadata_document_supported": true,
    })
}

/// A request with a proof.
pub(crate) struct Shown<'a> {
    pub(crate) proof: Option<&'a str>,
    pub(crate) method: &'a str,
    /// Without its query.
    pub(crate) url: &'a str,
    pub(crate) now_s: i64,
}

/// A nonce as it stands now; made when there is none.
fn nonce(state: &mut State, which: usize) -> String {
    if state.oauth.nonces[which].is_empty() {
        renew_nonce(state, which);
    }
    state.oauth.nonces[which].clone()
}

fn renew_nonce(state: &mut State, which: usize) {
    let fresh = state.fresh("nonce");
    fresh[..32].clone_into(&mut state.oauth.nonces[which]);
}

pub(crate) fn renew_nonces(state: &mut State) {
    renew_nonce(state, AUTHORIZATION);
    renew_nonce(state, RESOURCE);
}

/// The thumbprint of the key behind a good proof.
fn proven(
    state: &mut State,
    shown: &Shown<'_>,
    which: usize,
    access: Option<&str>,
) -> Result<String, Refusal> {
    let status = if which == RESOURCE { 401 } else { 400 };
    let nonce = nonce(state, which);
    let bad = |why: &str| {
        let refusal = refuse(401, "invalid_dpop_proof", why);
        oauth_form(refusal, &nonce, which)
    };
    let proof = shown.proof.ok_or_else(|| bad("DPoP proof required"))?;
    let proof = Jwt::parse(proof).ok_or_else(|| bad("malformed proof"))?;
    let key = keys::proof_key(&proof).ok_or_else(|| bad("signature or key of the proof"))?;
    if proof.text("htm") != shown.method || proof.text("htu") != shown.url {
        return Err(bad("htm or htu mismatch"));
    }
    if proof.text("nonce") != nonce {
        let wanted = refuse(
            status,
            "use_dpop_nonce",
            "Authorization server requires nonce in DPoP proof",
        );
        return Err(oauth_form(wanted, &nonce, which));
    }
    let iat = proof.payload["iat"].as_i64().unwrap_or(0);
    if (iat - shown.now_s).abs() > PROOF_S {
        return Err(bad("iat too far from now"));
    }
    if let Some(access) = access
        && proof.text("ath") != b64(&Sha256::digest(access))
    {
        return Err(bad("ath mismatch"));
    }
    if proof.text("jti").is_empty() || !state.oauth.seen.insert(proof.text("jti").to_owned()) {
        return Err(bad("proof replayed"));
    }
    Ok(key)
}

/// An error as OAuth writes it, with the nonce to use next.
fn oauth_form(refusal: Refusal, nonce: &str, which: usize) -> Refusal {
    let body = if which == RESOURCE {
        json!({ "error": refusal.error, "message": refusal.message })
    } else {
        json!({ "error": refusal.error, "error_description": refusal.message })
    };
    let challenge = format!(
        "DPoP error=\"{}\", error_description=\"{}\"",
        refusal.error, refusal.message
    );
    let refusal = refusal.body(body).header("dpop-nonce", nonce);
    if which == RESOURCE {
        refusal.header("www-authenticate", challenge)
    } else {
        refusal
    }
}

fn bad(status: u16, error: &str, why: &str) -> Refusal {
    refuse(status, error, why).body(json!({ "error": error, "error_description": why }))
}

/// A client that names itself on loopback declares its redirects and scope in its own name.
fn check_client(client: &str, redirect: &str, scope: &str) -> Result<(), Refusal> {
    let invalid = |why: &str| bad(400, "invalid_request", why);
    let name = Url::parse(client).map_err(|_| bad(400, "invalid_client", "client_id"))?;
    if name.scheme() != "http" || name.host_str() != Some("localhost") || name.port().is_some() {
        return Err(bad(
            400,
            "invalid_client",
            "only clients on localhost are known here",
        ));
    }
    let back = Url::parse(redirect).map_err(|_| invalid("redirect_uri"))?;
    if back.scheme() != "http" || !matches!(back.host_str(), Some("127.0.0.1" | "[::1]")) {
        return Err(invalid("redirect_uri must use 127.0.0.1 or [::1]"));
    }
    let declared: Vec<Url> = name
        .query_pairs()
        .filter(|(n, _)| n == "redirect_uri")
        .filter_map(|(_, uri)| Url::parse(&uri).ok())
        .collect();
    let fits = if declared.is_empty() {
        back.path() == "/"
    } else {
        // Any port will do at run time.
        declared
            .iter()
            .any(|uri| uri.path() == back.path() && uri.host_str() == back.host_str())
    };
    if !fits {
        return Err(invalid("redirect_uri is not one of the client's"));
    }
    let all = name.query_pairs().find(|(n, _)| n == "scope");
    let all = all.map_or_else(|| "atproto".to_owned(), |(_, scope)| scope.into_owned());
    if !scope.split(' ').any(|s| s == "atproto")
        || !scope.split(' ').all(|s| all.split(' ').any(|a| a == s))
    {
        return Err(bad(
            400,
            "invalid_scope",
            "Missing \"atproto\" scope, or not declared by the client",
        ));
    }
    Ok(())
}

pub(crate) fn par(state: &mut State, form: &[(String, String)], shown: &Shown<'_>) -> Told {
    let key = proven(state, shown, AUTHORIZATION, None)?;
    let get = |name: &str| pair(form, name).unwrap_or_default().to_owned();
    check_client(&get("client_id"), &get("redirect_uri"), &get("scope"))?;
    if get("response_type") != "code"
        || get("code_challenge_method") != "S256"
        || get("code_challenge").len() != 43
    {
        return Err(bad(
            400,
            "invalid_request",
            "response_type or code_challenge",
        ));
    }
    let name = format!(
        "urn:ietf:params:oauth:request_uri:req-{}",
        &state.fresh("request")[..32]
    );
    let request = Request {
        client: get("client_id"),
        redirect: get("redirect_uri"),
        scope: get("scope"),
        state: get("state"),
        challenge: get("code_challenge"),
        key,
        expires_s: shown.now_s + REQUEST_S,
    };
    state.oauth.requests.insert(name.clone(), request);
    Ok(json!({ "request_uri": name, "expires_in": REQUEST_S }))
}

/// The consent page: decides at once, for the account that sits before it.
pub(crate) fn authorize(
    state: &mut State,
    pairs: &[(String, String)],
    origin: &str,
    now_s: i64,
) -> Reply {
    let name = pair(pairs, "request_uri").unwrap_or_default();
    let Some(request) = state.oauth.requests.remove(name) else {
        return bad(400, "invalid_request", "Unknown request_uri").reply();
    };
    if request.expires_s <= now_s || pair(pairs, "client_id") != Some(request.client.as_str()) {
        return bad(400, "invalid_request", "This request has expired").reply();
    }
    let mut back = Url::parse(&request.redirect).expect("checked when it was pushed");
    {
        let mut answer = back.query_pairs_mut();
        answer
            .append_pair("iss", origin)
            .append_pair("state", &request.state);
        if state.switches.consent_refused {
            answer.append_pair("error", "access_denied");
        } else {
            let code = format!("cod-{}", &state.fresh("code")[..32]);
            answer.append_pair("code", &code);
            let account = state.oauth.consenting;
            let mut request = request;
            request.expires_s = now_s + 300;
            state.oauth.codes.insert(code, (request, account, false));
        }
    }
    let mut reply = reply(StatusCode::SEE_OTHER, "text/plain", "");
    if let Ok(value) = header::HeaderValue::from_str(back.as_str()) {
        reply.headers_mut().insert(header::LOCATION, value);
    }
    reply
}

pub(crate) fn token(state: &mut State, form: &[(String, String)], shown: &Shown<'_>) -> Told {
    let key = proven(state, shown, AUTHORIZATION, None)?;
    match pair(form, "grant_type") {
        Some("authorization_code") => by_code(state, form, &key, shown.now_s),
        Some("refresh_token") => by_refresh(state, form, &key, shown.now_s),
        _ => Err(bad(400, "unsupported_grant_type", "grant_type")),
    }
}

fn by_code(state: &mut State, form: &[(String, String)], key: &str, now_s: i64) -> Told {
    let invalid = |why: &str| bad(400, "invalid_grant", why);
    let code = pair(form, "code").unwrap_or_default();
    let (request, account, used) = state
        .oauth
        .codes
        .get(code)
        .cloned()
        .ok_or_else(|| invalid("Invalid code"))?;
    if used {
        for session in state.oauth.sessions.iter_mut().filter(|s| s.code == code) {
            session.ended = true;
        }
        return Err(invalid("Code replayed"));
    }
    if let Some(held) = state.oauth.codes.get_mut(code) {
        held.2 = true;
    }
    let verifier = pair(form, "code_verifier").unwrap_or_default();
    if request.expires_s <= now_s
        || request.key != key
        || pair(form, "client_id") != Some(request.client.as_str())
        || pair(form, "redirect_uri") != Some(request.redirect.as_str())
        || b64(&Sha256::digest(verifier)) != request.challenge
    {
        return Err(invalid(
            "code, verifier, key or redirect do not fit together",
        ));
    }
    let session = Session {
        account,
        client: request.client,
        scope: request.scope,
        key: key.to_owned(),
        access: String::new(),
        access_until_s: 0,
        refresh: String::new(),
        refresh_until_s: 0,
        spent: Vec::new(),
        code: code.to_owned(),
        ended: false,
    };
    state.oauth.sessions.push(session);
    let last = state.oauth.sessions.len() - 1;
    Ok(issue(state, last, now_s))
}

fn by_refresh(state: &mut State, form: &[(String, String)], key: &str, now_s: i64) -> Told {
    let invalid = |why: &str| bad(400, "invalid_grant", why);
    let shown = pair(form, "refresh_token").unwrap_or_default();
    let sessions = &mut state.oauth.sessions;
    if let Some(session) = sessions
        .iter_mut()
        .find(|s| s.spent.iter().any(|t| t == shown))
    {
        session.ended = true;
        return Err(invalid("Refresh token replayed"));
    }
    let at = sessions
        .iter()
        .position(|s| s.refresh == shown)
        .ok_or_else(|| invalid("Invalid refresh token"))?;
    let session = &sessions[at];
    if session.ended || session.refresh_until_s <= now_s {
        return Err(invalid("Session expired"));
    }
    if session.key != key || pair(form, "client_id") != Some(session.client.as_str()) {
        return Err(invalid("key or client do not fit the token"));
    }
    Ok(issue(state, at, now_s))
}

fn issue(state: &mut State, at: usize, now_s: i64) -> Value {
    let (access, refresh) = (
        state.fresh("oauth access"),
        format!("ref-{}", state.fresh("oauth refresh")),
    );
    let account = state.oauth.sessions[at].account;
    let sub = state.accounts[account].did.clone();
    let session = &mut state.oauth.sessions[at];
    let old = std::mem::replace(&mut session.refresh, refresh.clone());
    if !old.is_empty() {
        session.spent.push(old);
    }
    session.access.clone_from(&access);
    session.access_until_s = now_s + ACCESS_S;
    session.refresh_until_s = now_s + REFRESH_S;
    json!({
        "access_token": access, "token_type": "DPoP", "refresh_token": refresh, "scope": session.scope,
        "expires_in": ACCESS_S, "sub": sub,
    })
}

/// Account and scope behind `Authorization: DPoP`.
pub(crate) fn caller(
    state: &mut State,
    access: &str,
    shown: &Shown<'_>,
) -> Result<(usize, Scope), Refusal> {
    let key = proven(state, shown, RESOURCE, Some(access))?;
    let nonce = nonce(state, RESOURCE);
    let gone = |why: &str| oauth_form(refuse(401, "invalid_token", why), &nonce, RESOURCE);
    let session = state
        .oauth
        .sessions
        .iter()
        .find(|s| s.access == access)
        .ok_or_else(|| gone("\"accessToken\" is unknown or was replaced"))?;
    if session.ended || session.access_until_s <= shown.now_s {
        return Err(gone("\"exp\" claim timestamp check failed"));
    }
    if session.key != key {
        return Err(gone("DPoP proof does not match the token"));
    }
    Ok((session.account, Scope(session.scope.clone())))
}

pub(crate) fn revoke(state: &mut State, form: &[(String, String)]) -> Value {
    let token = pair(form, "token").unwrap_or_default();
    for session in &mut state.oauth.sessions {
        if session.access == token || session.refresh == token {
            session.ended = true;
        }
    }
    json!({})
}

/// Ends the access token of a session, as a fault asks.
pub(crate) fn expire_access(state: &mut State, access: &str) {
    for session in &mut state.oauth.sessions {
        if session.access == access {
            session.access_until_s = 0;
        }
    }
}

/// The nonce that goes with a good answer.
pub(crate) fn next_nonce(state: &mut State, resource: bool) -> String {
    nonce(state, if resource { RESOURCE } else { AUTHORIZATION })
}
