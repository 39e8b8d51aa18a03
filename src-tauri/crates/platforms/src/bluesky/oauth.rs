//! Signing in in the browser: pushed request, PKCE, proofs of possession, a redirect to this machine; and the session that comes of it.
//!
//! Invariants: the answer's `state` and `iss` and the token's `sub` are compared before anything is kept; a refresh token is shown once. Source: the
//! protocol's OAuth specification (atproto.com/specs/oauth), read 2026-08-20, and the reference server as run that day.

use super::{
    NAME,
    codes::{self, Said},
    dpop::{self, Key},
    identity::Identity,
    tokens::{self, Access, Held},
    wire::{self, Api, CALL_TIMEOUT, Fault, Outcome},
};
use crate::{
    Result,
    http::{Act, endpoint},
};
use reqwest::header;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use slipway_model::{Cause, ErrorKind};
use std::sync::Arc;
use url::Url;

/// Path of the redirect. Any port will do at run time; the path must be the declared one.
pub(super) const BACK_PATH: &str = "/callback";
/// The longest life of a public client's session, in seconds. Source: the reference server, read 2026-08-20; the platform may end it sooner.
const SESSION_S: i64 = 14 * 24 * 3600;
const SIGNING_IN: &str = "signing in";
const KEPT: &str = "oauth_session";
/// Sign-ins in the browser that may be open at once; older ones are forgotten.
const PENDING_MAX: usize = 8;

/// A sign-in that has begun.
pub(super) struct Pending {
    verifier: SecretString,
    key: Arc<Key>,
    back: String,
    client: String,
    server: AuthorizationServer,
    did: String,
}

#[derive(Clone, Debug)]
struct AuthorizationServer {
    issuer: String,
    authorize: Url,
    token: Url,
    par: Url,
}

/// A session as it lies among the secrets.
#[derive(Serialize, Deserialize)]
struct Session {
    did: String,
    access: String,
    access_until_s: i64,
    refresh: String,
    token_endpoint: String,
    client: String,
    key: String,
    begun_at_s: i64,
    #[serde(default)]
    scope: String,
}

/// The client's name where it has no page of its own: it declares its redirect and what it asks for. Source: atproto.com/specs/oauth,
/// 'Localhost Client Development', read 2026-08-20.
fn client(api: &Api<'_>, scope: &str) -> (String, String) {
    let back = format!("http://127.0.0.1{BACK_PATH}");
    let set = api.settings().text("oauth.client_id");
    let name = set.unwrap_or_else(|| {
        let mut url = Url::parse("http://localhost").expect("a well-formed address");
        url.query_pairs_mut()
            .append_pair("redirect_uri", &back)
            .append_pair("scope", scope);
        // The name has no path: exactly `http://localhost?…`.
        format!("http://localhost?{}", url.query().unwrap_or_default())
    });
    (name, back)
}

fn scope(api: &Api<'_>) -> String {
    let text = api.settings().text("oauth.scope");
    text.unwrap_or_else(|| "atproto transition:generic".into())
}

async fn discover(api: &Api<'_>, act: Act, identity: &Identity) -> Result<AuthorizationServer> {
    let url = wire::address(
        &identity.server,
        ".well-known/oauth-protected-resource",
        &[],
    );
    let told = api.public(act, url).await?;
    let unusable = || {
        let cause = Cause::new("bluesky_no_oauth")
            .with("host", identity.server.host_str().unwrap_or_default());
        act.error(ErrorKind::Refused, cause)
    };
    let read = |text: &Value| endpoint("endpoint.pds", text.as_str()?).ok();
    let server = read(&told["authorization_servers"][0]).ok_or_else(unusable)?;
    if server.scheme() == "http" && identity.server.scheme() != "http" {
        return Err(unusable());
    }
    let told = api
        .public(
            act,
            wire::address(&server, ".well-known/oauth-authorization-server", &[]),
        )
        .await?;
    let issuer = told["issuer"].as_str().unwrap_or_default().to_owned();
    // The document must be the issuer's own.
    if Url::parse(&issuer).ok().map(|u| u.origin()) != Some(server.origin()) {
        return Err(unusable());
    }
    let place = |name: &str| {
        let url = Url::parse(told[name].as_str()?).ok()?;
        (url.scheme() == server.scheme()).then_some(url)
    };
    let all = || {
        Some(AuthorizationServer {
            issuer,
            authorize: place("authorization_endpoint")?,
            token: place("token_endpoint")?,
            par: place("pushed_authorization_request_endpoint")?,
        })
    };
    all().ok_or_else(unusable)
}

/// A form with a proof, repeated with the nonce that the server asks for.
async fn post(
    api: &Api<'_>,
    act: Act,
    url: &Url,
    key: &Key,
    form: &[(&str, &str)],
) -> Outcome<Value> {
    let http = api.session.http();
    let mut nonces = 2;
    loop {
        let proof = key.proof("POST", url, api.now_s(url), api.nonce(url).as_deref(), None);
        let proof = proof.ok_or_else(|| wire::no_key(act))?;
        let request = http
            .calls
            .post(url.clone())
            .header(header::ACCEPT, "application/json")
            .header("DPoP", wire::secret_header(act, "", &proof)?)
            .form(form);
        let answer = http.call(act, request, CALL_TIMEOUT).await?;
        api.note_nonce(url, &answer);
        if answer.status.is_success() {
            return serde_json::from_slice(&answer.body)
                .map_err(|_| Fault::Line(tokens::unreadable(act)));
        }
        match api.read(act, &answer) {
            Err(Fault::Said(said, _))
                if matches!(said.name.as_str(), "use_dpop_nonce" | "invalid_dpop_proof")
                    && nonces > 0 =>
            {
                nonces -= 1;
            }
            outcome => return outcome,
        }
    }
}

/// Prepares a sign-in and says which page to open. `here` is where this machine listens.
pub(super) async fn begin(api: &Api<'_>, state: &str, here: &Url) -> Result<Url> {
    let act = Act::new(NAME, SIGNING_IN);
    let identity = api.identity().await?;
    let server = discover(api, act, &identity).await?;
    let (scope, key) = (scope(api), Key::fresh().ok_or_else(|| wire::no_key(act))?);
    let (client, _) = client(api, &scope);
    let (verifier, challenge) = dpop::pkce().ok_or_else(|| wire::no_key(act))?;
    let name = identity
        .handle
        .clone()
        .unwrap_or_else(|| identity.did.clone());
    let form = [
        ("client_id", client.as_str()),
        ("response_type", "code"),
        ("redirect_uri", here.as_str()),
        ("scope", scope.as_str()),
        ("state", state),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("login_hint", name.as_str()),
    ];
    let told = post(api, act, &server.par, &key, &form).await?;
    let request = told["request_uri"]
        .as_str()
        .ok_or_else(|| tokens::unreadable(act))?;
    let mut page = server.authorize.clone();
    page.query_pairs_mut()
        .append_pair("client_id", &client)
        .append_pair("request_uri", request);
    let begun = Pending {
        verifier,
        key: Arc::new(key),
        back: here.as_str().to_owned(),
        client,
        server,
        did: identity.did.clone(),
    };
    let mut pending = api.memory.pending.lock();
    if pending.len() >= PENDING_MAX {
        pending.clear();
    }
    pending.insert(state.to_owned(), begun);
    Ok(page)
}

/// Ends a sign-in with the address that the browser came back to.
pub(super) async fn finish(api: &Api<'_>, came_back: &Url) -> Result<()> {
    let act = Act::new(NAME, SIGNING_IN);
    let get = |name: &str| {
        let found = came_back.query_pairs().find(|(n, _)| n == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let stale = || act.error(ErrorKind::SignedOut, Cause::new("bluesky_sign_in_stale"));
    let begun = api
        .memory
        .pending
        .lock()
        .remove(&get("state"))
        .ok_or_else(stale)?;
    if get("iss") != begun.server.issuer {
        return Err(stale());
    }
    let error = get("error");
    if !error.is_empty() {
        let said = Said {
            status: 400,
            name: error,
            message: get("error_description"),
            retry_after: None,
        };
        return Err(codes::error(act, &said, 0));
    }
    let code = SecretString::from(get("code"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.expose_secret()),
        ("redirect_uri", begun.back.as_str()),
        ("code_verifier", begun.verifier.expose_secret()),
        ("client_id", begun.client.as_str()),
    ];
    let _one = api.memory.renewing.clone().lock_owned().await;
    let told = post(api, act, &begun.server.token, &begun.key, &form).await?;
    let now_s = api.now_s(&begun.server.token);
    let session = read(act, &told, &begun.did, now_s)?;
    let session = Session {
        token_endpoint: begun.server.token.to_string(),
        client: begun.client,
        key: begun
            .key
            .sealed()
            .ok_or_else(|| wire::no_key(act))?
            .expose_secret()
            .to_owned(),
        begun_at_s: now_s,
        ..session
    };
    save(api, &session).await;
    Ok(())
}

/// The tokens of an answer, when they are for this account and good for something.
fn read(act: Act, told: &Value, did: &str, now_s: i64) -> Result<Session> {
    let text = |name: &str| {
        told[name]
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let sub = text("sub").unwrap_or_default();
    if sub != did {
        return Err(tokens::other_account(act, &sub));
    }
    if !text("scope")
        .unwrap_or_default()
        .split(' ')
        .any(|word| word == "atproto")
    {
        let cause = Cause::new("bluesky_scope_missing").with("message", "atproto");
        return Err(act.error(ErrorKind::SignedOut, cause));
    }
    let dpop = text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("dpop"));
    let (Some(access), Some(refresh), true) = (text("access_token"), text("refresh_token"), dpop)
    else {
        return Err(tokens::unreadable(act));
    };
    Ok(Session {
        did: sub,
        access,
        access_until_s: now_s + told["expires_in"].as_i64().unwrap_or(60),
        refresh,
        token_endpoint: String::new(),
        client: String::new(),
        key: String::new(),
        begun_at_s: 0,
        scope: text("scope").unwrap_or_default(),
    })
}

async fn save(api: &Api<'_>, session: &Session) {
    let text = serde_json::to_string(session).expect("text and numbers are JSON");
    tokens::save(api, vec![(KEPT.to_owned(), text.into())]).await;
}

async fn kept(api: &Api<'_>, identity: &Identity) -> Result<Option<Session>> {
    let text = tokens::secret(api, KEPT).await?;
    let session = text.and_then(|text| serde_json::from_str::<Session>(text.expose_secret()).ok());
    Ok(session.filter(|session| session.did == identity.did))
}

/// The session that is kept.
pub(super) async fn held(api: &Api<'_>, identity: &Identity) -> Result<Option<Held>> {
    let Some(session) = kept(api, identity).await? else {
        return Ok(None);
    };
    let Some(key) = Key::read(&session.key.as_str().into()) else {
        return Ok(None);
    };
    Ok(Some(Held {
        access: Access::Proven {
            token: session.access.into(),
            key: Arc::new(key),
        },
        scopes: session.scope.split_whitespace().map(codes::shown).collect(),
        access_until_s: Some(session.access_until_s),
        refresh: session.refresh.into(),
        valid_until_s: Some(session.begun_at_s + SESSION_S),
    }))
}

/// New tokens for old. The old refresh token is spent when the server has seen it, also when its answer is lost.
pub(super) async fn renew(
    api: &Api<'_>,
    act: Act,
    identity: &Identity,
    held: Option<Held>,
) -> Result<Access> {
    let ended = || act.error(ErrorKind::SignedOut, Cause::new("bluesky_sign_in_ended"));
    let (Some(held), Some(session)) = (held, kept(api, identity).await?) else {
        return Err(act.error(ErrorKind::SignedOut, Cause::new("bluesky_not_signed_in")));
    };
    let Access::Proven { key, .. } = &held.access else {
        return Err(ended());
    };
    if tokens::is_refused(api, &held.refresh) {
        return Err(ended());
    }
    let url = Url::parse(&session.token_endpoint).map_err(|_| ended())?;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", session.refresh.as_str()),
        ("client_id", session.client.as_str()),
    ];
    let told = match post(api, act, &url, key, &form).await {
        Ok(told) => told,
        Err(fault) => {
            if let Fault::Said(said, _) = &fault
                && said.name == "invalid_grant"
            {
                tokens::refuse(api, &held.refresh);
            }
            return Err(fault.into());
        }
    };
    let next = Session {
        token_endpoint: session.token_endpoint,
        client: session.client,
        key: session.key,
        begun_at_s: session.begun_at_s,
        ..read(act, &told, &identity.did, api.now_s(&url))?
    };
    save(api, &next).await;
    Ok(Access::Proven {
        token: next.access.into(),
        key: key.clone(),
    })
}
