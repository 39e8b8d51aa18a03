//! One request from head to answer: what strikes it, who handles it, how it ends.
//!
//! Always holds: a fault that refuses leaves no effect; a request that came whole is recorded, also when it gets no answer.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{DATE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::http::request::Parts as Head;
use hyper::{Request as HttpRequest, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::call::Call;
use super::control;
use super::fault::Fault;
use super::inspect::AnswerSeen;
use super::intake::{Feed, STALL, Spilt};
use super::sign::{self, Seen, Wrong};
use super::state::World;
use super::storage::{Done, No, shaped};
use super::vod::{self, Code, SUCCESS};
use crate::answer::{Answer, Reply, json as json_reply, page, reply};
use crate::listener::{Gate, HangUp, Service};

/// A request as the handlers see it.
pub(crate) struct Request {
    pub(crate) call: Call,
    pub(crate) head: Head,
    pub(crate) faults: Vec<Fault>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.head.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

enum Outcome {
    Api(Result<Value, Code>),
    Storage(Done),
}

impl Service for World {
    fn gate(&self) -> Gate {
        let faults = self.state.lock().script.strike(Call::Connection, None);
        match faults.first() {
            Some(Fault::ConnectionRefused) => Gate::Shut,
            Some(Fault::ConnectionHangs) => Gate::Dead,
            _ => Gate::Open,
        }
    }

    async fn answer(self: Arc<Self>, request: HttpRequest<Incoming>) -> Result<Reply, HangUp> {
        let (head, body) = request.into_parts();
        if let Some(path) = head.uri.path().strip_prefix("/__sim/") {
            let body = Feed::new(body, &[], None)
                .whole()
                .await
                .map_err(|_| HangUp::Close)?;
            return Ok(control::answer(&self, head.method.as_str(), path, &body));
        }
        let call = Call::of_path(head.uri.path());
        let part = self.part(call, head.uri.path());
        let faults = self.state.lock().script.strike(call, part);
        let request = Request { call, head, faults };
        for fault in &request.faults {
            if let Fault::Latency { ms } = fault {
                sleep(Duration::from_millis(*ms)).await;
            }
        }
        self.note(&request);
        let mut bytes = 0;
        let outcome = self.outcome(&request, body, &mut bytes).await;
        let (code, replied) = self.dress(&request, outcome).await;
        let replied = replied.map(|reply| self.head(&request, reply));
        self.record(AnswerSeen {
            since_start_ms: self.meter.age_ms(),
            at_ms: self.clock.now_ms(),
            call,
            part,
            http: replied.as_ref().map_or(0, |reply| reply.status().as_u16()),
            code,
            received_bytes: bytes,
            faults: request.faults.clone(),
        });
        self.tell();
        for fault in &request.faults {
            match fault {
                Fault::Hang { ms, lost } => {
                    sleep(Duration::from_millis(*ms)).await;
                    if *lost {
                        return Err(HangUp::Close);
                    }
                }
                Fault::AnswerLost { reset: true } => return Err(HangUp::Reset),
                Fault::AnswerLost { reset: false } => return Err(HangUp::Close),
                _ => {}
            }
        }
        replied
    }
}

impl World {
    /// A block's index and one.
    fn part(&self, call: Call, path: &str) -> Option<u32> {
        let mut words = path.trim_start_matches('/').split('/').skip(1);
        let index = match call {
            Call::Form => 0,
            Call::Mkblk => words.nth(1)?.parse::<u64>().ok()?,
            Call::Bput => self.state.lock().handles.get(words.next()?)?.1,
            _ => return None,
        };
        u32::try_from(index + 1).ok()
    }

    /// Keys of the video API have no business on the upload host.
    fn note(&self, request: &Request) {
        let mut state = self.state.lock();
        if request.faults.contains(&Fault::TokensRevoked) {
            state.revoke();
        }
        if request.call.is_storage() {
            let names = ["x-ws-accesskey", "x-cnc-accesskey"];
            let told = names.iter().any(|name| !request.header(name).is_empty())
                || state.accounts.iter().any(|account| {
                    request
                        .header("authorization")
                        .contains(&account.access_key)
                });
            state.record.secrets_at_upload_host += u32::from(told);
        }
    }

    async fn outcome(&self, request: &Request, body: Incoming, bytes: &mut u64) -> Outcome {
        if request.faults.iter().any(Fault::refuses) {
            let mut feed = Feed::new(body, &[], request.call.is_bytes().then_some(&self.meter));
            feed.drain().await;
            *bytes = feed.got;
            // Its answer is made of the fault in `dress`.
            return Outcome::Api(Ok(Value::Null));
        }
        let is_api = request.head.uri.path().starts_with("/vod/");
        if !is_api {
            return Outcome::Storage(self.store(request, body, bytes).await);
        }
        match Feed::new(body, &request.faults, None).whole().await {
            Ok(body) => {
                *bytes = body.len() as u64;
                Outcome::Api(self.call(request, &body))
            }
            Err(spilt) => Outcome::Storage(Done::Spilt(spilt)),
        }
    }

    /// A signed call, in the platform's order of checks.
    fn call(&self, request: &Request, body: &Bytes) -> Result<Value, Code> {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let now_ms = self.clock.now_ms();
        let skew_s: i64 = request.faults.iter().map(skew).sum();
        let (method, query) = (
            request.head.method.as_str(),
            request.head.uri.query().unwrap_or(""),
        );
        let seen = Seen {
            method,
            path: request.head.uri.path(),
            query,
            headers: &request.head.headers,
            body,
        };
        let keys: Vec<(String, String)> = state
            .accounts
            .iter()
            .map(|account| (account.access_key.clone(), account.secret_key.clone()))
            .collect();
        let now_s = now_ms.div_euclid(1000) + skew_s;
        let account = match sign::check(&seen, &keys, &mut state.used, now_s) {
            Ok(account) => account,
            Err(Wrong::Code(code)) => return Err(code),
            Err(Wrong::Signature) => return Err(state.switches.sig_mismatch_code),
            Err(Wrong::Replay) => {
                state.record.replays += 1;
                return Err(state.switches.replay_code);
            }
        };
        let calls = state.calls.entry((account, request.call)).or_default();
        while calls.front().is_some_and(|at| now_ms - at >= 300_000) {
            calls.pop_front();
        }
        if calls.len() >= state.switches.rate_calls {
            return Err(state.switches.rate_code);
        }
        calls.push_back(now_ms);
        if !state.accounts[account].permitted {
            return Err(1008);
        }
        let kind = request.header("content-type").to_lowercase();
        let params = vod::params(method, query, &kind, body).ok_or(1013)?;
        if request.call == Call::Unknown || !matches!(method, "POST" | "GET") {
            return Err(1006);
        }
        let asked = vod::Asked {
            account,
            params: &params,
            faults: &request.faults,
            now_ms,
            url: self.url.get().map_or("", String::as_str),
        };
        vod::answer(state, request.call, &asked)
    }

    async fn dress(
        &self,
        request: &Request,
        outcome: Outcome,
    ) -> (Option<i64>, Result<Reply, HangUp>) {
        let (code, mut reply) = match outcome {
            Outcome::Api(Ok(data)) => (SUCCESS, envelope(SUCCESS, Some(data))),
            Outcome::Api(Err(code)) => (code, envelope(code, None)),
            Outcome::Storage(Done::Json(mut value)) => {
                spoil(&mut value, &request.faults);
                (200, json_reply(StatusCode::OK, &value))
            }
            Outcome::Storage(Done::Stored(value)) => {
                let (body, kind) = shaped(&value, self.state.lock().switches.success_shape);
                (200, reply(StatusCode::OK, kind, body))
            }
            Outcome::Storage(Done::No(no)) => (i64::from(no.0), refused(no)),
            Outcome::Storage(Done::Spilt(spilt)) => {
                let how = match spilt {
                    Spilt::HungUp(how) => how,
                    Spilt::TooLong | Spilt::DiskFull => HangUp::Close,
                    Spilt::Stalled => {
                        sleep(STALL).await;
                        HangUp::Close
                    }
                };
                return (None, Err(how));
            }
        };
        let refuses = request.faults.iter().any(Fault::refuses);
        for fault in &request.faults {
            match fault {
                Fault::HttpStatus {
                    status,
                    retry_after_s,
                    ..
                } => {
                    reply = page(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY));
                    if let Some(seconds) = retry_after_s {
                        let headers = reply.headers_mut();
                        headers.insert(RETRY_AFTER, HeaderValue::from(*seconds));
                    }
                }
                Fault::Code { code, .. } => reply = envelope(*code, None),
                Fault::Status { status, .. } => reply = refused(No(*status, "as the script says")),
                Fault::EmptyBody { .. } => *reply.body_mut() = Answer::Whole(None),
                Fault::Truncated { .. } => {
                    if let Answer::Whole(Some(whole)) = reply.body_mut() {
                        whole.truncate(whole.len() / 2);
                    }
                }
                Fault::CutAnswer { .. } => {
                    if let Answer::Whole(Some(whole)) = reply.body() {
                        let cut = Answer::cut(whole);
                        *reply.body_mut() = cut;
                    }
                }
                _ => {}
            }
        }
        ((!refuses).then_some(code), Ok(reply))
    }

    /// Dates an answer by the platform's clock and gives it its number.
    fn head(&self, request: &Request, mut reply: Reply) -> Reply {
        let skew_s: i64 = request.faults.iter().map(skew).sum();
        let now_s = u64::try_from(self.clock.now_s() + skew_s).unwrap_or(0);
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now_s));
        let id = self.state.lock().fresh("request");
        let name = match request.call.is_storage() {
            true => "x-reqid",
            false if request.header("x-cnc-timestamp").is_empty() => "x-ws-requestid",
            false => "x-cnc-request-id",
        };
        for (name, value) in [(DATE, date), (HeaderName::from_static(name), id)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                reply.headers_mut().insert(name, value);
            }
        }
        reply
    }
}

fn skew(fault: &Fault) -> i64 {
    match fault {
        Fault::ClockSkew { seconds } => *seconds,
        _ => 0,
    }
}

fn envelope(code: Code, data: Option<Value>) -> Reply {
    let mut body = json!({ "code": code, "message": vod::words(code) });
    if let Some(data) = data {
        body["data"] = data;
    }
    // A failure of the category calls is the documented exception.
    let status = if code == 24_112_000 {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    json_reply(status, &body)
}

fn refused(no: No) -> Reply {
    let status = StatusCode::from_u16(no.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_reply(
        status,
        &json!({ "code": no.0.to_string(), "message": no.1 }),
    )
}

/// What the script does to an acknowledgement.
fn spoil(value: &mut Value, faults: &[Fault]) {
    for fault in faults {
        match fault {
            Fault::WrongCrc32 => {
                let crc32 = value["crc32"].as_u64().unwrap_or(0);
                value["crc32"] = json!(crc32 ^ 1);
            }
            Fault::WrongChecksum => value["checksum"] = json!("00000000000000000000000000000000"),
            Fault::WrongOffset => {
                let offset = value["offset"].as_u64().unwrap_or(0);
                value["offset"] = json!(offset + 1);
            }
            Fault::MissingCtx => {
                value.as_object_mut().map(|fields| fields.remove("ctx"));
            }
            _ => {}
        }
    }
}
