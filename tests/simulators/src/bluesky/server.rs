//! One request from head to answer: what strikes it, who handles it, how it ends.
//!
//! Always holds: a fault that refuses leaves no effect; a request that came whole is recorded, also when it gets no answer.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use hyper::http::request::Parts as Head;
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::call::Call;
use super::control;
use super::fault::Fault;
use super::oauth::{self, Shown};
use super::pds::{By, Caller, Desk};
use super::state::{AnswerSeen, Held};
use super::wire::{Refusal, Told, pair, pairs, refuse};
use super::world::World;
use crate::answer::{Answer, Reply, json as json_reply, page, reply};
use crate::listener::{HangUp, Service};

/// How long a stall without an end is held before the connection is dropped.
const STALL: Duration = Duration::from_mins(10);
/// Bodies of calls that are not videos.
const BODY_BYTES_MAX: u64 = 320 << 20;
const SECRET: &str = "/__sim/";

struct Asked {
    call: Call,
    head: Head,
    pairs: Vec<(String, String)>,
    faults: Vec<Fault>,
}

/// What an answer is made of.
enum Made {
    Told(Told),
    Reply(Reply),
    HungUp(HangUp),
}

impl Service for World {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, HangUp> {
        let (head, body) = request.into_parts();
        if let Some(path) = head.uri.path().strip_prefix(SECRET) {
            let body = body.collect().await.map_err(|_| HangUp::Close)?.to_bytes();
            return Ok(control::answer(&self, &head.method, path, &body));
        }
        let Some(call) = Call::of(&head.method, head.uri.path()) else {
            drain(body).await;
            let status = refuse(501, "MethodNotImplemented", "Method Not Implemented");
            return Ok(status.reply());
        };
        let pairs = pairs(head.uri.query().unwrap_or("").as_bytes());
        let part = pair(&pairs, "partNumber").and_then(|n| n.parse().ok());
        let faults = self.state.lock().script.strike(call, part);
        let asked = Asked {
            call,
            head,
            pairs,
            faults,
        };
        let mut bytes = 0;
        let made = self.handle(&asked, body, &mut bytes).await;
        let error = match &made {
            Made::Told(Err(refusal)) => Some(refusal.error.clone()),
            _ => None,
        };
        let replied = dress(&asked, made);
        let replied = replied.map(|reply| self.date(reply));
        self.record(AnswerSeen {
            at_ms: self.clock.now_ms(),
            call,
            part,
            http: replied.as_ref().map_or(0, |reply| reply.status().as_u16()),
            error,
            received_bytes: bytes,
            faults: asked.faults.clone(),
        });
        self.tell();
        replied
    }
}

impl World {
    async fn handle(&self, asked: &Asked, body: Incoming, bytes: &mut u64) -> Made {
        for fault in &asked.faults {
            match fault {
                Fault::Latency { ms } => sleep(Duration::from_millis(*ms)).await,
                // The body is left where it is: the connection ends after the answer.
                Fault::EarlyAnswer { status } => {
                    return Made::Told(Err(refuse(*status, "AuthRequired", "invalid token")));
                }
                Fault::NonceRenewed => oauth::renew_nonces(&mut self.state.lock()),
                Fault::AccessTokenExpired => self.expire(&asked.head),
                _ => {}
            }
        }
        if asked.faults.iter().any(Fault::refuses) {
            *bytes = drain(body).await;
            // Its answer is made of the fault in `dress`.
            return Made::Told(Ok(json!({})));
        }
        match asked.call {
            Call::UploadVideo => {
                let max = self.state.lock().switches.file_max_bytes;
                match self.take(body, max + 1, &asked.faults, bytes, None).await {
                    Ok(held) => {
                        let held = if held.size > max { Err(held) } else { Ok(held) };
                        Made::Told(
                            self.upload_video(&asked.head, &asked.pairs, held, &asked.faults)
                                .await,
                        )
                    }
                    Err(hang_up) => Made::HungUp(hang_up),
                }
            }
            Call::Part => match self
                .admit_part(&asked.head, &asked.pairs, &asked.faults)
                .await
            {
                Err(refusal) => {
                    *bytes = drain(body).await;
                    Made::Told(Err(refusal))
                }
                Ok((at, number, wanted)) => match self
                    .take(body, wanted, &asked.faults, bytes, Some((at, number)))
                    .await
                {
                    Ok(held) if held.size == wanted => {
                        Made::Told(Ok(self.land_part(at, number, held, &asked.faults)))
                    }
                    Ok(_) => Made::HungUp(HangUp::Close),
                    Err(hang_up) => Made::HungUp(hang_up),
                },
            },
            _ => match self.read(body, asked, bytes).await {
                Ok(body) => self.plain(asked, body).await,
                Err(hang_up) => Made::HungUp(hang_up),
            },
        }
    }

    /// A call whose body is small.
    async fn plain(&self, asked: &Asked, body: Bytes) -> Made {
        let (head, pairs, faults) = (&asked.head, &asked.pairs, &asked.faults[..]);
        let told = match asked.call {
            Call::Limits => self.limits(head, faults).await,
            Call::Start | Call::Status | Call::Finish | Call::Abort
                if !self.state.lock().switches.multipart =>
            {
                Err(refuse(
                    501,
                    "MethodNotImplemented",
                    "Method Not Implemented",
                ))
            }
            Call::Start => match object(&body) {
                Ok(body) => self.start(head, &body, faults).await,
                Err(refusal) => Err(refusal),
            },
            Call::Status => self.status(head, pairs, faults).await,
            Call::Finish => match object(&body) {
                Ok(body) => self.finish(head, &body, faults).await,
                Err(refusal) => Err(refusal),
            },
            Call::Abort => match object(&body) {
                Ok(body) => self.abort(head, &body, faults).await,
                Err(refusal) => Err(refusal),
            },
            Call::Job => {
                let token = authorization(head)
                    .and_then(|(kind, token)| (kind == "Bearer").then_some(token));
                self.job(pair(pairs, "jobId"), token.as_deref()).await
            }
            call => return self.house(call, asked, body),
        };
        Made::Told(told)
    }

    /// The server, its authorization server and the directory.
    fn house(&self, call: Call, asked: &Asked, body: Bytes) -> Made {
        let (head, pairs) = (&asked.head, &asked.pairs);
        let mut state = self.state.lock();
        let origin = self.origin().to_owned();
        let now_s = self.clock.now_s();
        let url = format!("{origin}{}", head.uri.path());
        let proof = text(head, "dpop");
        let shown = Shown {
            proof: proof.as_deref(),
            method: head.method.as_str(),
            url: &url,
            now_s,
        };
        match call {
            Call::ProtectedResource => return Made::Told(Ok(oauth::protected_resource(&origin))),
            Call::AuthorizationServer => {
                return Made::Told(Ok(oauth::authorization_server(&origin)));
            }
            Call::Authorize => {
                return Made::Reply(oauth::authorize(&mut state, pairs, &origin, now_s));
            }
            Call::Par | Call::Token | Call::Revoke => {
                let form = super::wire::pairs(&body);
                let told = match call {
                    Call::Par => oauth::par(&mut state, &form, &shown),
                    Call::Token => oauth::token(&mut state, &form, &shown),
                    _ => Ok(oauth::revoke(&mut state, &form)),
                };
                let nonce = oauth::next_nonce(&mut state, false);
                let made = told.map(|value| {
                    let status = if call == Call::Par {
                        StatusCode::CREATED
                    } else {
                        StatusCode::OK
                    };
                    json_reply(status, &value)
                });
                return match made {
                    Ok(reply) => Made::Reply(with(reply, "dpop-nonce", &nonce)),
                    Err(refusal) => Made::Told(Err(refusal)),
                };
            }
            _ => {}
        }
        let bearer = authorization(head);
        let mut desk = Desk {
            state: &mut state,
            now_s,
            origin: &origin,
            did: &self.server,
        };
        let token = bearer
            .as_ref()
            .map(|(_, token)| token.as_str())
            .unwrap_or_default();
        let told = match call {
            Call::CreateSession => object(&body).and_then(|body| desk.create_session(&body)),
            Call::RefreshSession => desk.refresh_session(token),
            Call::DeleteSession => desk.delete_session(token),
            Call::DescribeServer => Ok(desk.describe()),
            Call::ResolveHandle => desk.resolve(pairs),
            Call::GetRecord => desk.get_record(pairs),
            Call::GetBlob => match desk.get_blob(pairs) {
                Ok((mime, bytes)) => {
                    let mime = if mime == "video/mp4" {
                        "video/mp4"
                    } else {
                        "application/octet-stream"
                    };
                    return Made::Reply(reply(StatusCode::OK, mime, bytes));
                }
                Err(refusal) => Err(refusal),
            },
            Call::DidDocument => {
                let did = head.uri.path().trim_start_matches('/');
                match desk.state.by_did(did) {
                    Some(at) => Ok(desk.document(at)),
                    None => Err(
                        refuse(404, "NotFound", format!("DID not registered: {did}"))
                            .body(json!({ "message": format!("DID not registered: {did}") })),
                    ),
                }
            }
            _ => match caller(&mut desk, call, bearer.as_ref(), &shown) {
                Err(refusal) => Err(refusal),
                Ok(caller) => match call {
                    Call::GetSession => Ok(desk.get_session(&caller)),
                    Call::ServiceAuth => desk.service_auth(&caller, pairs),
                    Call::UploadBlob => {
                        let mime = text(head, CONTENT_TYPE.as_str());
                        desk.upload_blob(&caller, mime.as_deref(), body)
                    }
                    Call::CreateRecord => {
                        object(&body).and_then(|b| desk.write(&caller, &b, false, &asked.faults))
                    }
                    Call::PutRecord => {
                        object(&body).and_then(|b| desk.write(&caller, &b, true, &asked.faults))
                    }
                    Call::DeleteRecord => object(&body).map(|b| desk.delete_record(&caller, &b)),
                    _ => Err(refuse(
                        501,
                        "MethodNotImplemented",
                        "Method Not Implemented",
                    )),
                },
            },
        };
        if bearer.is_some_and(|(kind, _)| kind == "DPoP")
            && let Ok(value) = &told
        {
            let nonce = oauth::next_nonce(&mut state, true);
            return Made::Reply(with(
                json_reply(StatusCode::OK, value),
                "dpop-nonce",
                &nonce,
            ));
        }
        Made::Told(told)
    }

    fn expire(&self, head: &Head) {
        let mut state = self.state.lock();
        let now_s = self.clock.now_s();
        if let Some((kind, token)) = authorization(head) {
            if kind == "DPoP" {
                oauth::expire_access(&mut state, &token);
            } else if let Some(grant) = state.access.get_mut(&token) {
                grant.expires_s = now_s;
            }
        }
    }

    /// Reads a video or a part, up to `most` bytes.
    async fn take(
        &self,
        mut body: Incoming,
        most: u64,
        faults: &[Fault],
        bytes: &mut u64,
        part: Option<(usize, u32)>,
    ) -> Result<Held, HangUp> {
        let mut trouble = Trouble::of(faults);
        let mut whole = (!self.discard).then(Vec::new);
        let mut got = 0_u64;
        trouble.at(0).await?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| HangUp::Close)?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            let data = &data[..data
                .len()
                .min(usize::try_from(most - got).unwrap_or(usize::MAX))];
            let len = data.len() as u64;
            self.meter.add(len);
            got += len;
            *bytes = got;
            if let Some((at, number)) = part {
                *self.state.lock().uploads[at]
                    .sent
                    .entry(number)
                    .or_default() += len;
            }
            if let Some(whole) = &mut whole {
                whole.extend_from_slice(data);
            }
            trouble.at(got).await?;
            if got == most && part.is_none() {
                break; // one byte past the cap: nothing more is read
            }
        }
        if let Some(whole) = &mut whole
            && faults.contains(&Fault::Corrupted)
            && let Some(first) = whole.first_mut()
        {
            *first ^= 1;
        }
        Ok(Held {
            size: got,
            bytes: whole.map(Bytes::from),
        })
    }

    async fn read(
        &self,
        mut body: Incoming,
        asked: &Asked,
        bytes: &mut u64,
    ) -> Result<Bytes, HangUp> {
        let mut trouble = Trouble::of(&asked.faults);
        let mut whole = Vec::new();
        trouble.at(0).await?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| HangUp::Close)?;
            if let Some(data) = frame.data_ref() {
                whole.extend_from_slice(data);
            }
            *bytes = whole.len() as u64;
            if *bytes > BODY_BYTES_MAX {
                return Err(HangUp::Close);
            }
            trouble.at(*bytes).await?;
        }
        Ok(whole.into())
    }

    fn date(&self, mut reply: Reply) -> Reply {
        let now_s = u64::try_from(self.clock.now_s()).unwrap_or(0);
        let at = UNIX_EPOCH + Duration::from_secs(now_s);
        if let Ok(value) = HeaderValue::from_str(&httpdate::fmt_http_date(at)) {
            reply.headers_mut().insert(DATE, value);
        }
        reply
    }
}

/// Who calls, by the authorization that was shown.
fn caller(
    desk: &mut Desk<'_>,
    call: Call,
    bearer: Option<&(String, String)>,
    shown: &Shown<'_>,
) -> Result<Caller, Refusal> {
    match bearer {
        Some((kind, token)) if kind == "DPoP" => {
            let (account, scope) = oauth::caller(desk.state, token, shown)?;
            Ok(Caller {
                account,
                by: By::Oauth(scope),
            })
        }
        Some((kind, token)) if kind == "Bearer" => {
            // A service token is not of this server's making of sessions.
            match desk.bearer(token) {
                Err(refusal)
                    if refusal.message == "Malformed token" && call == Call::UploadBlob =>
                {
                    desk.service_bearer(token)
                }
                found => found,
            }
        }
        _ => Err(refuse(401, "AuthMissing", "Authentication Required")),
    }
}

/// The answer, spoilt as the faults say.
fn dress(asked: &Asked, made: Made) -> Result<Reply, HangUp> {
    let reply = match made {
        Made::HungUp(hang_up) => return Err(hang_up),
        Made::Reply(reply) => reply,
        Made::Told(Ok(value)) => json_reply(StatusCode::OK, &value),
        Made::Told(Err(refusal)) => refusal.reply(),
    };
    let whole = match reply.body() {
        Answer::Whole(Some(bytes)) => bytes.clone(),
        _ => Bytes::new(),
    };
    for fault in &asked.faults {
        match fault {
            Fault::AnswerLost { reset } => {
                return Err(if *reset { HangUp::Reset } else { HangUp::Close });
            }
            Fault::HttpStatus {
                status,
                retry_after_s,
                ..
            } => {
                let mut page =
                    page(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY));
                if let Some(seconds) = retry_after_s {
                    page = with(page, "retry-after", &seconds.to_string());
                }
                return Ok(page);
            }
            Fault::Named {
                status,
                error,
                message,
                retry_after_s,
                ..
            } => {
                let mut refusal = refuse(*status, error, message.clone());
                if let Some(seconds) = retry_after_s {
                    refusal = refusal.header("retry-after", seconds.to_string());
                }
                return Ok(refusal.reply());
            }
            Fault::EmptyBody { .. } => {
                return Ok(self::reply(StatusCode::OK, "application/json", ""));
            }
            Fault::TruncatedJson { .. } => {
                let half = whole.slice(..whole.len() / 2);
                return Ok(self::reply(StatusCode::OK, "application/json", half));
            }
            Fault::CutAnswer { .. } => {
                let mut cut = self::reply(StatusCode::OK, "application/json", "");
                *cut.body_mut() = Answer::cut(&whole);
                return Ok(cut);
            }
            Fault::Oversized { bytes } => {
                let many = vec![b' '; usize::try_from(*bytes).unwrap_or(0)];
                return Ok(self::reply(StatusCode::OK, "application/json", many));
            }
            _ => {}
        }
    }
    Ok(reply)
}

/// The faults that strike while a body is read.
struct Trouble {
    began: Instant,
    bytes_per_second: Option<u64>,
    stall: Option<(u64, Option<u64>)>,
    reset: Option<u64>,
}

impl Trouble {
    fn of(faults: &[Fault]) -> Self {
        let mut trouble = Self {
            began: Instant::now(),
            bytes_per_second: None,
            stall: None,
            reset: None,
        };
        for fault in faults {
            match *fault {
                Fault::Bandwidth { bytes_per_second } => {
                    trouble.bytes_per_second = Some(bytes_per_second);
                }
                Fault::Stall {
                    after_bytes,
                    for_ms,
                } => trouble.stall = Some((after_bytes, for_ms)),
                Fault::Reset { after_bytes } => trouble.reset = Some(after_bytes),
                _ => {}
            }
        }
        trouble
    }

    /// To be called whenever bytes have come; `got` is all of them.
    async fn at(&mut self, got: u64) -> Result<(), HangUp> {
        if self.reset.is_some_and(|after| got >= after) {
            return Err(HangUp::Reset);
        }
        if let Some((_, pause)) = self.stall.take_if(|(after, _)| got >= *after) {
            let Some(pause) = pause else {
                sleep(STALL).await;
                return Err(HangUp::Close);
            };
            sleep(Duration::from_millis(pause)).await;
        }
        if let Some(rate) = self.bytes_per_second {
            let takes = Duration::from_secs_f64(got as f64 / rate.max(1) as f64);
            sleep_until(self.began + takes).await;
        }
        Ok(())
    }
}

async fn drain(mut body: Incoming) -> u64 {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        if bytes > BODY_BYTES_MAX {
            break;
        }
    }
    bytes
}

fn object(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| refuse(400, "SyntaxError", "Unexpected token in JSON"))
}

fn authorization(head: &Head) -> Option<(String, String)> {
    let value = head.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (kind, token) = value.split_once(' ')?;
    Some((kind.to_owned(), token.to_owned()))
}

fn text(head: &Head, name: &str) -> Option<String> {
    head.headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn with(mut reply: Reply, name: &'static str, value: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    reply
}
