//! A personal data server: sessions, service tokens, blobs, records.
//!
//! Stands in for the real one where tests run without it. Answers, error names and lifetimes are those of @atproto/pds 0.5.35, as run 2026-08-20.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::keys::{self, Jwt};
use super::oauth::Scope;
use super::record;
use super::state::{Blob, Grant, State};
use super::wire::{Refusal, Told, pair, refuse};

/// Lifetimes of session tokens, in seconds.
const ACCESS_S: i64 = 7_200;
const REFRESH_S: i64 = 7_776_000;
/// How long a used refresh token still gives the same successor.
const GRACE_S: i64 = 7_200;
/// Sign-ins of one account within five minutes.
const SIGN_INS: usize = 30;
const SIGN_IN_WINDOW_S: i64 = 300;
const POST: &str = "app.bsky.feed.post";

/// Who calls, and what of.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: usize,
    pub(crate) by: By,
}

#[derive(Clone, Debug)]
pub(crate) enum By {
    Password {
        app: bool,
    },
    Oauth(Scope),
    /// A service token, which is good for `uploadBlob` alone.
    Service,
}

impl Caller {
    fn may(&self, what: &str) -> Result<(), Refusal> {
        match &self.by {
            By::Oauth(scope) => scope.allows(what),
            By::Password { .. } | By::Service => Ok(()),
        }
    }
}

pub(crate) struct Desk<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) now_s: i64,
    pub(crate) origin: &'a str,
    pub(crate) did: &'a str,
}

fn invalid(message: impl Into<String>) -> Refusal {
    refuse(400, "InvalidRequest", message)
}

impl Desk<'_> {
    pub(crate) fn create_session(&mut self, body: &Value) -> Told {
        let field = |name: &str| {
            body[name]
                .as_str()
                .ok_or_else(|| invalid(format!("Missing required key \"{name}\" at $")))
        };
        let (identifier, password) = (field("identifier")?, field("password")?);
        let wrong = || {
            refuse(
                401,
                "AuthenticationRequired",
                "Invalid identifier or password",
            )
        };
        let at = self.state.named(identifier).ok_or_else(wrong)?;
        let now_s = self.now_s;
        let account = &mut self.state.accounts[at];
        account.sign_ins.push(now_s);
        let lately = account.sign_ins.iter();
        let lately = lately.filter(|s| now_s - **s < SIGN_IN_WINDOW_S).count();
        if lately > SIGN_INS {
            let reset = now_s + SIGN_IN_WINDOW_S;
            return Err(refuse(429, "RateLimitExceeded", "Rate Limit Exceeded")
                .header("retry-after", SIGN_IN_WINDOW_S.to_string())
                .header("ratelimit-limit", SIGN_INS.to_string())
                .header("ratelimit-remaining", "0")
                .header("ratelimit-reset", reset.to_string())
                .header("ratelimit-policy", format!("{SIGN_INS};w=300")));
        }
        let app = account.app_passwords.iter().any(|p| p == password);
        if !app && account.password != password {
            return Err(wrong());
        }
        if account.taken_down {
            return Err(refuse(
                401,
                "AccountTakedown",
                "Account has been taken down",
            ));
        }
        if let Some(code) = &self.state.switches.second_factor
            && !app
            && body["authFactorToken"] != json!(code)
        {
            return Err(refuse(
                401,
                "AuthFactorTokenRequired",
                "A sign in code has been sent to your email address",
            ));
        }
        let (access, refresh) = self.pair(at, app, password.to_owned());
        Ok(self.session(at, Some((access, refresh))))
    }

    fn session(&self, at: usize, tokens: Option<(String, String)>) -> Value {
        let account = &self.state.accounts[at];
        let mut told = json!({
            "did": account.did, "handle": account.handle, "email": account.email,
            "emailConfirmed": account.email_confirmed, "emailAuthFactor": false, "active": true,
        });
        if self.state.switches.did_doc_with_session {
            told["didDoc"] = self.document(at);
        }
        if let Some((access, refresh)) = tokens {
            told["accessJwt"] = access.into();
            told["refreshJwt"] = refresh.into();
        }
        told
    }

    pub(crate) fn document(&self, at: usize) -> Value {
        let account = &self.state.accounts[at];
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": account.did,
            "alsoKnownAs": [format!("at://{}", account.handle)],
            "verificationMethod": [{
                "id": format!("{}#atproto", account.did), "type": "Multikey", "controller": account.did,
                "publicKeyMultibase": account.key.multikey(),
            }],
            "service": [
                { "id": "#other", "type": "Other", "serviceEndpoint": "https://other.example" },
                { "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.origin },
            ],
        })
    }

    fn pair(&mut self, at: usize, app: bool, password: String) -> (String, String) {
        let did = self.state.accounts[at].did.clone();
        let scope = if app {
            "com.atproto.appPass"
        } else {
            "com.atproto.access"
        };
        let mut make = |typ: &str, scope: &str, life_s: i64| {
            let jti = self.state.fresh(typ);
            let payload = json!({
                "scope": scope, "sub": did, "aud": self.did, "iat": self.now_s, "exp": self.now_s + life_s, "jti": jti,
            });
            session_jwt(typ, &payload)
        };
        let access = make("at+jwt", scope, ACCESS_S);
        let refresh = make("refresh+jwt", "com.atproto.refresh", REFRESH_S);
        let grant = |life_s: i64| Grant {
            account: at,
            expires_s: self.now_s + life_s,
            app,
            password: password.clone(),
            successor: None,
            revoked: false,
        };
        self.state.access.insert(access.clone(), grant(ACCESS_S));
        self.state.refresh.insert(refresh.clone(), grant(REFRESH_S));
        (access, refresh)
    }

    pub(crate) fn refresh_session(&mut self, bearer: &str) -> Told {
        let grant = self
            .state
            .refresh
            .get(bearer)
            .cloned()
            .ok_or_else(|| refuse(400, "InvalidToken", "Invalid token type"))?;
        let account = &self.state.accounts[grant.account];
        let known =
            account.password == grant.password || account.app_passwords.contains(&grant.password);
        let revoked = || refuse(400, "ExpiredToken", "Token has been revoked");
        if grant.revoked || !known {
            return Err(revoked());
        }
        if grant.expires_s <= self.now_s {
            return Err(refuse(400, "ExpiredToken", "Token has expired"));
        }
        let next = match &grant.successor {
            Some((next, at_s)) if self.now_s - at_s < GRACE_S => next.clone(),
            Some(_) => return Err(revoked()),
            None => {
                let (_, next) = self.pair(grant.account, grant.app, grant.password.clone());
                let now_s = self.now_s;
                if let Some(used) = self.state.refresh.get_mut(bearer) {
                    used.successor = Some((next.clone(), now_s));
                }
                next
            }
        };
        // Another access token each time; the refresh token stays the one successor.
        let (access, extra) = self.pair(grant.account, grant.app, grant.password);
        self.state.refresh.remove(&extra);
        Ok(self.session(grant.account, Some((access, next))))
    }

    pub(crate) fn delete_session(&mut self, bearer: &str) -> Told {
        let grant = self
            .state
            .refresh
            .get_mut(bearer)
            .ok_or_else(|| refuse(400, "InvalidToken", "Invalid token type"))?;
        grant.revoked = true;
        Ok(json!({}))
    }

    /// Who a bearer of a session token is.
    pub(crate) fn bearer(&self, token: &str) -> Result<Caller, Refusal> {
        if let Some(grant) = self.state.access.get(token) {
            if grant.expires_s <= self.now_s {
                return Err(refuse(400, "ExpiredToken", "Token has expired"));
            }
            return Ok(Caller {
                account: grant.account,
                by: By::Password { app: grant.app },
            });
        }
        Err(refuse(400, "InvalidToken", "Malformed token"))
    }

    /// Who a bearer of a service token is: good for `uploadBlob` alone.
    pub(crate) fn service_bearer(&self, token: &str) -> Result<Caller, Refusal> {
        let malformed = || refuse(400, "InvalidToken", "Malformed token");
        let jwt = Jwt::parse(token).ok_or_else(malformed)?;
        let at = self.state.by_did(jwt.text("iss")).ok_or_else(malformed)?;
        let key = self.document(at);
        let key =
            keys::PublicKey::of_method(&key["verificationMethod"][0]).ok_or_else(malformed)?;
        if !key.verifies(jwt.signed.as_bytes(), &jwt.signature) {
            return Err(refuse(
                401,
                "BadJwtSignature",
                "jwt signature does not match jwt issuer",
            ));
        }
        if jwt.text("aud") != self.did {
            return Err(refuse(
                401,
                "BadJwtAudience",
                "jwt audience does not match service did",
            ));
        }
        match jwt.payload["lxm"].as_str() {
            None => {
                return Err(refuse(
                    400,
                    "InvalidToken",
                    "missing jwt lexicon method (\"lxm\")",
                ));
            }
            Some("com.atproto.repo.uploadBlob") => {}
            Some(_) => return Err(refuse(401, "BadJwtLexiconMethod", "bad jwt lexicon method")),
        }
        if jwt.payload["exp"]
            .as_i64()
            .is_none_or(|exp| exp <= self.now_s)
        {
            return Err(refuse(401, "JwtExpired", "jwt expired"));
        }
        Ok(Caller {
            account: at,
            by: By::Service,
        })
    }

    pub(crate) fn get_session(&self, caller: &Caller) -> Value {
        self.session(caller.account, None)
    }

    pub(crate) fn service_auth(&mut self, caller: &Caller, pairs: &[(String, String)]) -> Told {
        let aud = pair(pairs, "aud").ok_or_else(|| invalid("Missing required key \"aud\""))?;
        if !aud.starts_with("did:") || aud.len() > 2048 {
            return Err(invalid("Invalid did at $.aud"));
        }
        let lxm = pair(pairs, "lxm");
        let exp = match pair(pairs, "exp") {
            None => self.now_s + 60,
            Some(text) => text
                .parse::<i64>()
                .map_err(|_| invalid("Expected integer value type at $.exp"))?,
        };
        let bad = |why: &str| refuse(400, "BadExpiration", why);
        if exp <= self.now_s {
            return Err(bad("expiration is in past"));
        }
        if exp - self.now_s > 3600 {
            return Err(bad(
                "cannot request a token with an expiration more than an hour in the future",
            ));
        }
        match lxm {
            None if exp - self.now_s > 60 => {
                return Err(bad(
                    "cannot request a method-less token with an expiration more than a minute in the future",
                ));
            }
            Some(lxm) => {
                caller.may(&format!("rpc:{lxm}"))?;
                let chat = lxm.starts_with("chat.bsky.")
                    && matches!(caller.by, By::Password { app: true });
                if lxm.starts_with("com.atproto.server.") || chat {
                    return Err(invalid(format!(
                        "cannot request a service auth token for the following protected method: {lxm}"
                    )));
                }
            }
            None => {}
        }
        let jti = self.state.fresh("service");
        let account = &self.state.accounts[caller.account];
        let mut payload = json!({
            "iat": self.now_s, "iss": account.did, "aud": aud, "exp": exp, "jti": jti[..16],
        });
        if let Some(lxm) = lxm {
            payload["lxm"] = lxm.into();
        }
        Ok(json!({ "token": account.key.jwt(&payload) }))
    }

    pub(crate) fn describe(&self) -> Value {
        json!({
            "did": self.did, "availableUserDomains": [".test"], "inviteCodeRequired": false,
            "blobUploadLimit": self.state.switches.blob_max_bytes, "links": {}, "contact": {},
        })
    }

    pub(crate) fn resolve(&self, pairs: &[(String, String)]) -> Told {
        let handle = pair(pairs, "handle").unwrap_or_default();
        let found = self.state.accounts.iter();
        let found = found
            .into_iter()
            .find(|a| a.handle.eq_ignore_ascii_case(handle));
        match found {
            Some(account) => Ok(json!({ "did": account.did })),
            None => Err(refuse(400, "HandleNotFound", "Unable to resolve handle")),
        }
    }

    pub(crate) fn upload_blob(&mut self, caller: &Caller, mime: Option<&str>, body: Bytes) -> Told {
        let mime = mime
            .ok_or_else(|| invalid("Request encoding (Content-Type) required but not provided"))?;
        caller.may(&format!("blob:{mime}"))?;
        if body.len() as u64 > self.state.switches.blob_max_bytes {
            return Err(refuse(413, "PayloadTooLarge", "request entity too large"));
        }
        let mime = if body.get(4..8) == Some(b"ftyp") {
            "video/mp4"
        } else if body.starts_with(b"WEBVTT") {
            "text/vtt"
        } else {
            mime
        };
        let cid = keys::blob_cid(&Sha256::digest(&body));
        let size = body.len() as u64;
        let blob = Blob {
            mime: mime.to_owned(),
            size,
            bytes: body,
        };
        self.state.accounts[caller.account]
            .blobs
            .insert(cid.clone(), blob);
        Ok(
            json!({ "blob": { "$type": "blob", "ref": { "$link": cid }, "mimeType": mime, "size": size } }),
        )
    }

    pub(crate) fn get_blob(&self, pairs: &[(String, String)]) -> Result<(String, Bytes), Refusal> {
        let unknown = || refuse(400, "BlobNotFound", "Blob not found");
        let at = pair(pairs, "did")
            .and_then(|did| self.state.by_did(did))
            .ok_or_else(unknown)?;
        let cid = pair(pairs, "cid").ok_or_else(unknown)?;
        let account = &self.state.accounts[at];
        let posted = account
            .records
            .values()
            .any(|(_, record)| links(record).contains(cid));
        let blob = account
            .blobs
            .get(cid)
            .filter(|_| posted)
            .ok_or_else(unknown)?;
        Ok((blob.mime.clone(), blob.bytes.clone()))
    }

    pub(crate) fn write(
        &mut self,
        caller: &Caller,
        body: &Value,
        put: bool,
        faults: &[Fault],
    ) -> Told {
        let account = &self.state.accounts[caller.account];
        let repo = body["repo"]
            .as_str()
            .ok_or_else(|| invalid("Missing required key \"repo\" at $"))?;
        if repo != account.did && !repo.eq_ignore_ascii_case(&account.handle) {
            return Err(refuse(403, "AccountNotFound", "Account not found"));
        }
        let collection = body["collection"]
            .as_str()
            .ok_or_else(|| invalid("Missing required key \"collection\" at $"))?;
        if collection != POST {
            return Err(invalid(format!("Unknown collection {collection}")));
        }
        caller.may(&format!("repo:{collection}?action=create"))?;
        if put {
            caller.may(&format!("repo:{collection}?action=update"))?;
        }
        let mut record = body["record"].clone();
        if !record.is_object() {
            return Err(invalid("Expected object at $.record"));
        }
        if record["$type"].is_null() {
            record["$type"] = collection.into();
        }
        if body.to_string().len() > 150 * 1024 {
            return Err(refuse(413, "PayloadTooLarge", "request entity too large"));
        }
        record::check(&record)
            .map_err(|why| invalid(format!("Invalid {collection} record: {why}")))?;
        if faults.contains(&Fault::BlobCollected) {
            self.state.accounts[caller.account].blobs.clear();
        }
        self.check_blobs(caller.account, &record)?;
        let rkey = match body["rkey"].as_str() {
            Some(rkey) if record::is_tid(rkey) => rkey.to_owned(),
            Some(_) => return Err(invalid("Invalid record key, expected tid")),
            None if put => return Err(invalid("Missing required key \"rkey\" at $")),
            None => format!(
                "3{}",
                &self.state.fresh("rkey").replace(['0', '1', '8', '9'], "z")[..12]
            ),
        };
        let account = &mut self.state.accounts[caller.account];
        let key = (collection.to_owned(), rkey.clone());
        let there = account.records.get(&key);
        if there.is_some() && !put {
            return Err(refuse(500, "InternalServerError", "Internal Server Error"));
        }
        let cid = keys::record_cid(&record);
        if there.is_none_or(|(held, _)| *held != cid) {
            account.commits += 1;
            account.records.insert(key, (cid.clone(), record));
        }
        Ok(json!({
            "uri": format!("at://{}/{collection}/{rkey}", account.did), "cid": cid,
            "commit": { "cid": cid, "rev": rkey }, "validationStatus": "valid",
        }))
    }

    fn check_blobs(&self, at: usize, record: &Value) -> Result<(), Refusal> {
        let blobs = &self.state.accounts[at].blobs;
        for named in blob_refs(record) {
            let cid = named["ref"]["$link"].as_str().unwrap_or_default();
            let held = blobs.get(cid).ok_or_else(|| {
                refuse(400, "BlobNotFound", format!("Could not find blob: {cid}"))
            })?;
            if named["mimeType"] != json!(held.mime) {
                return Err(refuse(
                    400,
                    "InvalidMimeType",
                    "Referenced MimeType does not match stored blob",
                ));
            }
            if named["size"] != json!(held.size) {
                return Err(refuse(
                    400,
                    "InvalidSize",
                    "Referenced size does not match stored blob",
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn get_record(&self, pairs: &[(String, String)]) -> Told {
        let repo = pair(pairs, "repo").unwrap_or_default();
        let unknown = || refuse(400, "RecordNotFound", "Could not locate record");
        let at = self.state.named(repo).ok_or_else(unknown)?;
        let account = &self.state.accounts[at];
        let key = (
            pair(pairs, "collection").unwrap_or_default().to_owned(),
            pair(pairs, "rkey").unwrap_or_default().to_owned(),
        );
        let (cid, record) = account.records.get(&key).ok_or_else(unknown)?;
        Ok(
            json!({ "uri": format!("at://{}/{}/{}", account.did, key.0, key.1), "cid": cid, "value": record }),
        )
    }

    pub(crate) fn delete_record(&mut self, caller: &Caller, body: &Value) -> Value {
        let account = &mut self.state.accounts[caller.account];
        let key = (
            body["collection"].as_str().unwrap_or_default().to_owned(),
            body["rkey"].as_str().unwrap_or_default().to_owned(),
        );
        if let Some((_, record)) = account.records.remove(&key) {
            account.commits += 1;
            for cid in links(&record) {
                if !account
                    .records
                    .values()
                    .any(|(_, other)| links(other).contains(&cid))
                {
                    account.blobs.remove(&cid);
                }
            }
        }
        json!({})
    }
}

fn blob_refs(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(fields) if fields.get("$type") == Some(&json!("blob")) => vec![value],
        Value::Object(fields) => fields.values().flat_map(blob_refs).collect(),
        Value::Array(items) => items.iter().flat_map(blob_refs).collect(),
        _ => Vec::new(),
    }
}

fn links(record: &Value) -> HashSet<String> {
    let named = blob_refs(record).into_iter();
    named
        .filter_map(|b| b["ref"]["$link"].as_str().map(str::to_owned))
        .collect()
}

/// A session token as a self-hosted server makes it: HS256, its type in the header.
fn session_jwt(typ: &str, payload: &Value) -> String {
    let head = json!({ "typ": typ, "alg": "HS256" });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&head), part(payload));
    let mut mac =
        Hmac::<Sha256>::new_from_slice(b"a secret of this server").expect("any length will do");
    mac.update(signed.as_bytes());
    format!(
        "{signed}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}
