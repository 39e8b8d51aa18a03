//! The video service: who may upload, one request or many parts, and what it takes for the same bytes.
//!
//! Always holds: nothing is believed that the caller's token does not say; its key is read from the directory, never from the token.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::http::request::Parts as Head;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::call::Call;
use super::fault::Fault;
use super::jobs;
use super::keys::{Jwt, PublicKey};
use super::state::{Held, Job, State, Upload, UploadState, Way};
use super::wire::{self, Refusal, Told, pair, refuse};
use super::world::World;

/// Types the service takes. Source: the official client, read 2026-08-26.
const TYPES: [&str; 5] = [
    "video/mp4",
    "video/mpeg",
    "video/webm",
    "video/quicktime",
    "image/gif",
];
pub(crate) const UPLOAD_BLOB: &str = "com.atproto.repo.uploadBlob";

/// Who calls the service, and with which token.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) did: String,
    pub(crate) token: String,
}

/// What a token must be made out to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// To the service itself, for this method.
    Here(&'static str),
    /// To the server of its user, for storing the result there.
    ForServer,
}

impl World {
    /// Looks at the service token. The refusal is in the protocol's form.
    pub(crate) async fn guest(
        &self,
        head: &Head,
        made: Made,
        faults: &[Fault],
    ) -> Result<Guest, Refusal> {
        let wrong = |why: String| refuse(401, "AuthRequired", format!("invalid token: {why}"));
        let token = head
            .headers
            .get(AUTHORIZATION)
            .and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "))
            .ok_or_else(|| refuse(401, "AuthRequired", "missing token"))?;
        let jwt = Jwt::parse(token).ok_or_else(|| wrong("malformed".into()))?;
        if jwt.head["typ"] != "JWT" || !jwt.payload["scope"].is_null() {
            return Err(wrong("not a service token".into()));
        }
        let did = jwt.text("iss").split('#').next().unwrap_or_default();
        if !did.starts_with("did:") {
            return Err(wrong("no issuer".into()));
        }
        let document = self.document(did).await.map_err(&wrong)?;
        let method = document["verificationMethod"]
            .as_array()
            .into_iter()
            .flatten();
        let mut method =
            method.filter(|m| m["id"].as_str().is_some_and(|id| id.ends_with("#atproto")));
        let key = method.next().and_then(PublicKey::of_method);
        let key = key.ok_or_else(|| wrong("the issuer has no key".into()))?;
        let alg = match &key {
            PublicKey::K256(_) => "ES256K",
            PublicKey::P256(_) => "ES256",
        };
        if jwt.head["alg"] != alg || !key.verifies(jwt.signed.as_bytes(), &jwt.signature) {
            return Err(wrong("signature does not match issuer".into()));
        }
        if faults.contains(&Fault::ServiceTokenExpired) {
            self.state.lock().ended_tokens.insert(token.to_owned());
        }
        let ended = self.state.lock().ended_tokens.contains(token);
        if ended
            || jwt.payload["exp"]
                .as_i64()
                .is_none_or(|exp| exp <= self.clock.now_s())
        {
            return Err(wrong("token expired".into()));
        }
        let (aud, lxm) = match made {
            Made::Here(method) => (self.did.clone(), method),
            Made::ForServer => (
                self.server_did(&document).await.map_err(&wrong)?,
                UPLOAD_BLOB,
            ),
        };
        if jwt.text("aud") != aud {
            return Err(wrong(format!(
                "invalid token audience \"{}\", should be the user's PDS DID \"{aud}\"",
                jwt.text("aud")
            )));
        }
        if jwt.text("lxm") != lxm {
            return Err(wrong(format!(
                "invalid token method \"{}\"",
                jwt.text("lxm")
            )));
        }
        Ok(Guest {
            did: did.to_owned(),
            token: token.to_owned(),
        })
    }

    /// A DID document from the directory.
    async fn document(&self, did: &str) -> Result<Value, String> {
        let url = format!("{}/{did}", self.directory());
        let url = Url::parse(&url).map_err(|e| e.to_string())?;
        let heard = wire::call("GET", &url, &[], b"")
            .await
            .map_err(|e| e.to_string())?;
        if heard.status == 200 && heard.body["id"] == did {
            Ok(heard.body)
        } else {
            Err(format!("DID not resolved: {did}"))
        }
    }

    /// The server's own name, as it tells it.
    async fn server_did(&self, document: &Value) -> Result<String, String> {
        let url = endpoint(document, "/xrpc/com.atproto.server.describeServer")?;
        let heard = wire::call("GET", &url, &[], b"")
            .await
            .map_err(|e| e.to_string())?;
        let did = heard.body["did"].as_str();
        did.map(str::to_owned)
            .ok_or_else(|| "the server does not tell its DID".into())
    }

    /// Stores the result on the user's server with the client's token.
    pub(crate) async fn store(
        &self,
        did: &str,
        token: &str,
        bytes: &[u8],
    ) -> Result<Value, (u16, String)> {
        let lost = |why: String| (0, why);
        let document = self.document(did).await.map_err(lost)?;
        let url = endpoint(&document, "/xrpc/com.atproto.repo.uploadBlob").map_err(lost)?;
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "video/mp4"),
        ];
        let heard = wire::call("POST", &url, &headers, bytes)
            .await
            .map_err(|e| lost(e.to_string()))?;
        if heard.status == 200 && heard.body["blob"].is_object() {
            Ok(heard.body["blob"].clone())
        } else {
            let error = heard.body["error"]
                .as_str()
                .unwrap_or("no answer")
                .to_owned();
            Err((heard.status, error))
        }
    }

    pub(crate) async fn limits(&self, head: &Head, faults: &[Fault]) -> Told {
        let guest = self
            .guest(head, Made::Here("app.bsky.video.getUploadLimits"), faults)
            .await?;
        let mut state = self.state.lock();
        let (videos, bytes) = left(&mut state, &guest.did);
        let told = match refusal(&mut state, &guest.did) {
            Some((error, message)) => {
                json!({ "canUpload": false, "error": error, "message": message })
            }
            None => json!({
                "canUpload": true, "message": "User can upload",
                "remainingDailyVideos": videos, "remainingDailyBytes": bytes,
            }),
        };
        if faults.contains(&Fault::QuotaGone) {
            state.person(&guest.did).remaining_videos = 0;
        }
        Ok(told)
    }

    /// One request with the whole file. `body` is what came of it.
    pub(crate) async fn upload_video(
        &self,
        head: &Head,
        pairs: &[(String, String)],
        held: Result<Held, Held>,
        faults: &[Fault],
    ) -> Told {
        let bare = |refusal: Refusal| {
            let error = if refusal.message.is_empty() {
                refusal.error.clone()
            } else {
                refusal.message.clone()
            };
            refusal.body(json!({ "jobId": "", "did": "", "state": "", "error": error }))
        };
        let guest = self
            .guest(head, Made::ForServer, faults)
            .await
            .map_err(bare)?;
        let missing = |name: &str| bare(refuse(400, &format!("missing {name}"), ""));
        let did = pair(pairs, "did").ok_or_else(|| missing("did"))?;
        let name = pair(pairs, "name")
            .filter(|n| !n.is_empty())
            .ok_or_else(|| missing("name"))?;
        if did != guest.did {
            return Err(bare(refuse(
                401,
                "invalid token",
                "token is not of this user",
            )));
        }
        let mime = content_type(head);
        if !TYPES.contains(&mime) {
            return Err(bare(refuse(400, "unsupported content type", "")));
        }
        let mut state = self.state.lock();
        let max = state.switches.file_max_bytes;
        let held = held.map_err(|over| {
            bare(refuse(
                413,
                &format!(
                    "file size ({} bytes) is larger than the maximum allowed size ({max} bytes)",
                    over.size
                ),
                "",
            ))
        })?;
        if held.size == 0 {
            return Err(bare(refuse(400, "empty body", "")));
        }
        if let Some((error, message)) = refusal(&mut state, &guest.did) {
            let status =
                json!({ "jobId": "", "did": "", "state": "", "error": error, "message": message });
            return Err(refuse(403, &error, message).body(json!({ "jobStatus": status })));
        }
        if left(&mut state, &guest.did).1 < i64::try_from(held.size).unwrap_or(i64::MAX) {
            return Err(bare(refuse(
                403,
                "User has exceeded daily upload bytes limit",
                "",
            )));
        }
        let sha256 = digest(&held);
        let wrapped = state.switches.wrapped;
        let form = |status: Value| {
            if wrapped {
                json!({ "jobStatus": status })
            } else {
                status
            }
        };
        if let Some(known) = known(&state, &guest.did, &sha256) {
            let mut status = jobs::status(&state.jobs[known]);
            status["error"] = "already_exists".into();
            status["message"] = "Video already processed".into();
            status
                .as_object_mut()
                .expect("a status is an object")
                .remove("blob");
            return Err(refuse(409, "already_exists", "Video already processed").body(form(status)));
        }
        let at = add(&mut state, &guest, (name, mime, Way::Whole), held, sha256);
        Ok(form(jobs::status(&state.jobs[at])))
    }

    pub(crate) async fn start(&self, head: &Head, body: &Value, faults: &[Fault]) -> Told {
        let guest = self.guest(head, Made::ForServer, faults).await?;
        let size = body["sizeBytes"].as_u64().filter(|n| *n >= 1);
        let size = size.ok_or_else(|| {
            refuse(
                400,
                "InvalidRequest",
                "sizeBytes must be an integer of at least 1",
            )
        })?;
        let mime = body["mimeType"]
            .as_str()
            .filter(|m| (3..=255).contains(&m.len()));
        let mime = mime.ok_or_else(|| refuse(400, "InvalidRequest", "mimeType"))?;
        let name = body["name"].as_str().unwrap_or_default();
        if name.len() > 256 {
            return Err(refuse(400, "InvalidRequest", "name is too long"));
        }
        if !TYPES.contains(&mime) {
            return Err(refuse(400, "UnsupportedContentType", mime));
        }
        let mut state = self.state.lock();
        if let Some((_, message)) = refusal(&mut state, &guest.did) {
            let daily = message.contains("daily");
            let (status, error) = if daily {
                (400, "DailyLimitExceeded")
            } else {
                (403, "UploadForbidden")
            };
            return Err(refuse(status, error, message));
        }
        if size > state.switches.file_max_bytes {
            return Err(refuse(
                400,
                "VideoTooLarge",
                format!(
                    "file size ({size} bytes) is larger than the maximum allowed size ({} bytes)",
                    state.switches.file_max_bytes
                ),
            ));
        }
        let (videos, bytes) = left(&mut state, &guest.did);
        if videos < 1 || bytes < i64::try_from(size).unwrap_or(i64::MAX) {
            return Err(refuse(
                400,
                "DailyLimitExceeded",
                "User has exceeded daily upload limit",
            ));
        }
        if body["durationMs"].as_i64().is_some_and(|ms| ms > 600_000) {
            return Err(refuse(
                400,
                "VideoTooLong",
                "video is longer than 10 minutes",
            ));
        }
        let reserved = state.reserved(&guest.did).0;
        if reserved >= state.switches.open_uploads_max as i64 {
            return Err(refuse(
                400,
                "TooManyOpenUploads",
                "abort or finish an open upload first",
            ));
        }
        let job = state.fresh("upload")[..20].to_owned();
        let (part_bytes, life_s) = (state.switches.part_bytes, state.switches.upload_life_s);
        let expires_s = self.clock.now_s() + life_s;
        let upload = Upload {
            job: job.clone(),
            did: guest.did,
            name: name.into(),
            mime: mime.into(),
            size,
            part_bytes,
            parts: BTreeMap::new(),
            sent: BTreeMap::new(),
            expires_s,
            state: UploadState::Created,
            completed: None,
            finishing: 0,
        };
        let count = upload.count();
        state.uploads.push(upload);
        Ok(
            json!({ "jobId": job, "partSizeBytes": part_bytes, "partCount": count, "expiresAt": moment(expires_s) }),
        )
    }

    /// Whether a part may come, and how long it must be.
    pub(crate) async fn admit_part(
        &self,
        head: &Head,
        pairs: &[(String, String)],
        faults: &[Fault],
    ) -> Result<(usize, u32, u64), Refusal> {
        let guest = self.guest(head, Made::ForServer, faults).await?;
        let mut state = self.state.lock();
        let at = self.find(&mut state, &guest, pair(pairs, "jobId"))?;
        if faults.contains(&Fault::UploadExpired) {
            state.uploads[at].state = UploadState::Expired;
        }
        let upload = &state.uploads[at];
        match upload.state {
            UploadState::Created => {}
            UploadState::Finishing => return Err(refuse(400, "UploadNotReady", "finishing")),
            UploadState::Completed => {
                return Err(refuse(400, "UploadAlreadyCompleted", "completed"));
            }
            UploadState::Failed => return Err(refuse(400, "UploadFailed", "failed")),
            UploadState::Aborted => return Err(refuse(400, "UploadAborted", "aborted")),
            UploadState::Expired => return Err(refuse(400, "UploadExpired", "expired")),
        }
        let number = pair(pairs, "partNumber").and_then(|n| n.parse::<u32>().ok());
        let number = number.filter(|n| (1..=upload.count()).contains(n));
        let number = number.ok_or_else(|| refuse(400, "InvalidPartNumber", "out of range"))?;
        if content_type(head) != "application/octet-stream" {
            return Err(refuse(
                400,
                "InvalidRequest",
                "Wrong request encoding (Content-Type)",
            ));
        }
        let wanted = upload.part_len(number);
        let length = head
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        if length != Some(wanted) {
            return Err(refuse(
                400,
                "PartSizeMismatch",
                format!("expected {wanted} bytes"),
            ));
        }
        Ok((at, number, wanted))
    }

    pub(crate) fn land_part(&self, at: usize, number: u32, held: Held, faults: &[Fault]) -> Value {
        let mut state = self.state.lock();
        let upload = &mut state.uploads[at];
        let size = held.size;
        if upload.state == UploadState::Created && !faults.contains(&Fault::NotStored) {
            upload.parts.insert(number, held);
        }
        json!({ "partNumber": number, "sizeBytes": size })
    }

    pub(crate) async fn status(
        &self,
        head: &Head,
        pairs: &[(String, String)],
        faults: &[Fault],
    ) -> Told {
        let guest = self.guest(head, Made::ForServer, faults).await?;
        let mut state = self.state.lock();
        let at = self.find(&mut state, &guest, pair(pairs, "jobId"))?;
        go_on(&mut state, at);
        let upload = &state.uploads[at];
        let received: Vec<u32> = if faults.contains(&Fault::LyingParts) {
            (1..=upload.count()).collect()
        } else {
            upload.parts.keys().copied().collect()
        };
        let mut told = json!({
            "jobId": upload.job, "partSizeBytes": upload.part_bytes, "partCount": upload.count(),
            "receivedParts": received, "expiresAt": moment(upload.expires_s), "state": upload.state,
        });
        if let Some(completed) = &upload.completed {
            told["completedJobId"] = completed.as_str().into();
            let job = state.jobs.iter().find(|j| j.id == *completed);
            told["jobStatus"] = job.map_or(Value::Null, jobs::status);
        }
        if upload.state == UploadState::Failed {
            told["failureReason"] = "failed".into();
        }
        Ok(told)
    }

    pub(crate) async fn finish(&self, head: &Head, body: &Value, faults: &[Fault]) -> Told {
        let guest = self.guest(head, Made::ForServer, faults).await?;
        let mut state = self.state.lock();
        let at = self.find(&mut state, &guest, body["jobId"].as_str())?;
        let upload = &mut state.uploads[at];
        match upload.state {
            UploadState::Created => {
                let missing: Vec<String> = (1..=upload.count())
                    .filter(|n| !upload.parts.contains_key(n))
                    .map(|n| n.to_string())
                    .collect();
                if !missing.is_empty() {
                    return Err(refuse(
                        400,
                        "MissingParts",
                        format!("missing parts: {}", missing.join(", ")),
                    ));
                }
                let calls = faults.iter().find_map(|f| match f {
                    Fault::FinishingFor { calls } => Some(*calls),
                    _ => None,
                });
                upload.finishing = calls.unwrap_or(0);
                upload.state = UploadState::Finishing;
                // The token of this call is kept for the upload to the server.
                if upload.finishing == 0 {
                    complete(&mut state, at, &guest);
                } else {
                    return Err(refuse(503, "ServiceOverloaded", "still finishing"));
                }
            }
            UploadState::Finishing => {
                upload.finishing = upload.finishing.saturating_sub(1);
                if upload.finishing > 0 {
                    return Err(refuse(400, "UploadNotReady", "finishing"));
                }
                complete(&mut state, at, &guest);
            }
            UploadState::Completed => {}
            UploadState::Failed => return Err(refuse(400, "UploadFailed", "failed")),
            UploadState::Aborted => return Err(refuse(400, "UploadAborted", "aborted")),
            UploadState::Expired => return Err(refuse(400, "UploadExpired", "expired")),
        }
        let completed = state.uploads[at].completed.clone().unwrap_or_default();
        let job = state.jobs.iter().find(|j| j.id == completed);
        Ok(
            json!({ "completedJobId": completed, "jobStatus": job.map_or(Value::Null, jobs::status) }),
        )
    }

    pub(crate) async fn abort(&self, head: &Head, body: &Value, faults: &[Fault]) -> Told {
        let guest = self.guest(head, Made::ForServer, faults).await?;
        let mut state = self.state.lock();
        let at = self.find(&mut state, &guest, body["jobId"].as_str())?;
        let upload = &mut state.uploads[at];
        match upload.state {
            UploadState::Created => upload.state = UploadState::Aborted,
            UploadState::Finishing => return Err(refuse(400, "UploadNotReady", "finishing")),
            _ => {}
        }
        let mut told = json!({ "state": upload.state });
        if let Some(completed) = &upload.completed {
            told["completedJobId"] = completed.as_str().into();
        }
        Ok(told)
    }

    fn find(&self, state: &mut State, guest: &Guest, job: Option<&str>) -> Result<usize, Refusal> {
        let job =
            job.ok_or_else(|| refuse(400, "InvalidRequest", "Missing required key \"jobId\""))?;
        let at = state
            .uploads
            .iter()
            .position(|u| u.job == job && u.did == guest.did);
        let at = at.ok_or_else(|| refuse(404, "UploadNotFound", "Upload not found"))?;
        let upload = &mut state.uploads[at];
        if upload.state == UploadState::Created && upload.expires_s <= self.clock.now_s() {
            upload.state = UploadState::Expired;
        }
        Ok(at)
    }
}

/// A finishing upload comes nearer to its end with each look.
fn go_on(state: &mut State, at: usize) {
    let upload = &mut state.uploads[at];
    if upload.state == UploadState::Finishing {
        upload.finishing = upload.finishing.saturating_sub(1);
    }
}

fn complete(state: &mut State, at: usize, guest: &Guest) {
    let upload = &state.uploads[at];
    let whole = join(upload);
    let sha256 = digest(&whole);
    let (name, mime) = (upload.name.clone(), upload.mime.clone());
    let id = match known(state, &guest.did, &sha256) {
        Some(known) => state.jobs[known].id.clone(),
        None => {
            let job = add(state, guest, (&name, &mime, Way::Parts), whole, sha256);
            state.jobs[job].id.clone()
        }
    };
    let upload = &mut state.uploads[at];
    upload.state = UploadState::Completed;
    upload.completed = Some(id);
    for part in upload.parts.values_mut() {
        part.bytes = None;
    }
}

/// The server's address in a document, with a path.
fn endpoint(document: &Value, path: &str) -> Result<Url, String> {
    let services = document["service"].as_array().into_iter().flatten();
    let mut pds = services.filter(|s| {
        s["id"]
            .as_str()
            .is_some_and(|id| id.ends_with("#atproto_pds"))
            && s["type"] == "AtprotoPersonalDataServer"
    });
    let base = pds.next().and_then(|s| s["serviceEndpoint"].as_str());
    let base = base.ok_or("the document names no server")?;
    Url::parse(&format!("{}{path}", base.trim_end_matches('/'))).map_err(|e| e.to_string())
}

fn content_type(head: &Head) -> &str {
    let value = head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
}

/// Why an account may not upload: the code and the words.
fn refusal(state: &mut State, did: &str) -> Option<(String, String)> {
    let unconfirmed = state
        .by_did(did)
        .is_some_and(|at| !state.accounts[at].email_confirmed);
    if unconfirmed {
        return Some((
            "unconfirmed_email".into(),
            "Confirm your email address to upload videos".into(),
        ));
    }
    if let Some(refusal) = state.person(did).refusal.clone() {
        return Some(refusal);
    }
    let (videos, bytes) = left(state, did);
    if videos < 1 {
        return Some((
            "daily_limit".into(),
            "User has exceeded daily upload videos limit".into(),
        ));
    }
    (bytes < 1).then(|| {
        (
            "daily_limit".into(),
            "User has exceeded daily upload bytes limit".into(),
        )
    })
}

/// Videos and bytes that are left today, open uploads set aside.
fn left(state: &mut State, did: &str) -> (i64, i64) {
    let (videos, bytes) = state.reserved(did);
    let person = state.person(did);
    (
        (person.remaining_videos - videos).max(0),
        (person.remaining_bytes - bytes).max(0),
    )
}

/// A job for the same bytes of the same account that has not failed.
fn known(state: &State, did: &str, sha256: &str) -> Option<usize> {
    let known = state
        .jobs
        .iter()
        .position(|j| j.did == did && j.sha256 == sha256 && j.failed.is_none());
    known.filter(|_| !sha256.is_empty())
}

fn add(
    state: &mut State,
    guest: &Guest,
    (name, mime, way): (&str, &str, Way),
    held: Held,
    sha256: String,
) -> usize {
    let id = state.fresh("job")[..20].to_owned();
    let faults = state.script.strike(Call::Encode, None);
    let person = state.person(&guest.did);
    person.remaining_videos -= 1;
    person.remaining_bytes -= i64::try_from(held.size).unwrap_or(i64::MAX);
    state.jobs.push(Job {
        id,
        did: guest.did.clone(),
        name: name.into(),
        mime: mime.into(),
        way,
        size: held.size,
        sha256,
        bytes: held.bytes,
        token: guest.token.clone(),
        step: 0,
        blob: None,
        failed: None,
        faults,
        busy: false,
    });
    state.jobs.len() - 1
}

fn digest(held: &Held) -> String {
    let digest = held
        .bytes
        .as_ref()
        .map(|bytes| hex::encode(Sha256::digest(bytes)));
    digest.unwrap_or_default()
}

fn join(upload: &Upload) -> Held {
    let mut whole = Vec::new();
    for part in upload.parts.values() {
        match &part.bytes {
            Some(bytes) => whole.extend_from_slice(bytes),
            None => {
                return Held {
                    size: upload.size,
                    bytes: None,
                };
            }
        }
    }
    Held {
        size: whole.len() as u64,
        bytes: Some(Bytes::from(whole)),
    }
}

fn moment(unix_s: i64) -> String {
    jiff::Timestamp::from_second(unix_s).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}
