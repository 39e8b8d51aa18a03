//! One request from head to answer: what it is, what strikes it, who handles it, how it ends.
//!
//! One port plays the API, STS, the storage and the user's service; they are told apart by host and shape. Always holds: a fault that refuses leaves no
//! effect; every request is recorded, also when it gets no answer.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{DATE, HeaderValue, RETRY_AFTER};
use hyper::http::request::Parts as Head;
use hyper::{Request, StatusCode};
use tokio::time::sleep;

use super::call::Call;
use super::fault::Fault;
use super::inspect::AnswerSeen;
use super::intake::{self, drain, small};
use super::oss::{self, Nay, nay};
use super::oss_sign::Asked as OssAsked;
use super::rpc::{Asked, header, is_known_method, no};
use super::state::Standing;
use super::vod::{self, Scene};
use super::world::{World, bytes_of};
use super::{control, encode, service};
use crate::answer::{Answer, Reply, page, reply};
use crate::listener::{Gate, HangUp, Service};

/// What the answer's record needs.
#[derive(Default)]
struct Notes {
    call: Option<Call>,
    part: Option<u32>,
    bytes: u64,
    key: Option<String>,
    faults: Vec<Fault>,
}

impl Service for World {
    fn gate(&self) -> Gate {
        let faults = self.state.lock().script.strike(Call::Connection, None);
        if faults.contains(&Fault::ConnectionRefused) {
            Gate::Shut
        } else {
            Gate::Open
        }
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, HangUp> {
        let (head, body) = request.into_parts();
        if let Some(path) = head.uri.path().strip_prefix("/__sim/") {
            let body = small(body).await?;
            return Ok(control::answer(
                &self,
                &head.method,
                path,
                head.uri.query(),
                &body,
            ));
        }
        let mut notes = Notes::default();
        let replied = self.handle(&head, body, &mut notes).await;
        let replied = replied.and_then(|reply| spoil(reply, &notes.faults));
        let replied = replied.map(|reply| self.date(reply, &notes.faults));
        self.state.lock().answers.push(AnswerSeen {
            at_ms: self.clock.now_ms(),
            call: notes.call.unwrap_or(Call::Unknown),
            part: notes.part,
            http: replied.as_ref().map_or(0, |reply| reply.status().as_u16()),
            received_bytes: notes.bytes,
            key: notes.key,
            faults: notes.faults,
        });
        self.tell();
        replied
    }
}

/// What a fault makes of an answer.
fn spoil(mut made: Reply, faults: &[Fault]) -> Result<Reply, HangUp> {
    for fault in faults {
        match fault {
            Fault::Html {
                status,
                retry_after_s,
                ..
            } => {
                made = page(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY));
                wait(&mut made, *retry_after_s);
            }
            Fault::Truncated { .. } => {
                if let Answer::Whole(Some(whole)) = made.body_mut() {
                    whole.truncate(whole.len() / 2);
                }
            }
            Fault::CutAnswer { .. } => {
                let whole = match made.body() {
                    Answer::Whole(Some(whole)) if !whole.is_empty() => whole.clone(),
                    _ => Bytes::from_static(b"cut here"),
                };
                *made.body_mut() = Answer::cut(&whole);
            }
            Fault::AnswerLost { reset } => {
                return Err(if *reset { HangUp::Reset } else { HangUp::Close });
            }
            _ => {}
        }
    }
    Ok(made)
}

/// Counts a call of the API, and whether it is one too many in its second.
fn is_throttled(state: &mut super::state::State, now_ms: i64) -> bool {
    let second = now_ms / 1000;
    if state.calls.0 != second {
        state.calls = (second, 0);
    }
    state.calls.1 += 1;
    state.switches.calls_per_s > 0 && state.calls.1 > state.switches.calls_per_s
}

fn wait(made: &mut Reply, seconds: Option<u64>) {
    if let Some(seconds) = seconds {
        made.headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

impl World {
    async fn handle(
        &self,
        head: &Head,
        body: Incoming,
        notes: &mut Notes,
    ) -> Result<Reply, HangUp> {
        let query = pairs(head.uri.query().unwrap_or("").as_bytes());
        let has_action = query.iter().any(|(name, _)| name == "Action")
            || head.headers.contains_key("x-acs-action");
        let form = header(head, "content-type").starts_with("application/x-www-form-urlencoded");
        let path = head.uri.path();
        if path == "/" && (has_action || form) {
            self.api(head, query, small(body).await?, form, notes).await
        } else if let Some(path) = path.strip_prefix(service::PREFIX) {
            let body = small(body).await?;
            self.service(head, path, query, &body, notes).await
        } else {
            self.oss(head, query, body, notes).await
        }
    }

    /// Finds what strikes the request, and waits as long as that says.
    async fn strike(&self, call: Call, part: Option<u32>, notes: &mut Notes) {
        notes.faults = self.state.lock().script.strike(call, part);
        (notes.call, notes.part) = (Some(call), part);
        for fault in &notes.faults {
            if let Fault::Latency { ms } = fault {
                sleep(Duration::from_millis(*ms)).await;
            }
        }
    }

    fn now_ms(&self, faults: &[Fault]) -> i64 {
        let skew = faults.iter().map(|fault| match fault {
            Fault::ClockSkew { seconds } => *seconds * 1000,
            _ => 0,
        });
        self.clock.now_ms() + skew.sum::<i64>()
    }

    fn date(&self, mut made: Reply, faults: &[Fault]) -> Reply {
        let now_s = u64::try_from(self.now_ms(faults) / 1000).unwrap_or(0);
        let at = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now_s));
        if let Ok(value) = HeaderValue::from_str(&at) {
            made.headers_mut().insert(DATE, value);
        }
        made
    }

    fn scene<'a>(
        &self,
        state: &'a mut super::state::State,
        faults: &'a [Fault],
        caller: String,
    ) -> Scene<'a> {
        Scene {
            state,
            faults,
            caller,
            pace: *self.pace.lock(),
            now_ms: self.now_ms(faults),
            endpoint: self.url(),
            accelerated: self.url().replace("127.0.0.1", "localhost"),
        }
    }

    async fn api(
        &self,
        head: &Head,
        query: Vec<(String, String)>,
        body: Bytes,
        form: bool,
        notes: &mut Notes,
    ) -> Result<Reply, HangUp> {
        let mut params = query.clone();
        if form {
            params.extend(pairs(&body));
        }
        let asked = Asked {
            head,
            params,
            query,
            body: &body,
        };
        let action = asked.action();
        let call = Call::of_action(&action);
        self.strike(call, None, notes).await;
        let mut state = self.state.lock();
        let refused = notes.faults.iter().find_map(|fault| match fault {
            Fault::Error {
                status,
                code,
                retry_after_s,
                applied,
            } => Some((
                no(*status, code, "as the script says"),
                *retry_after_s,
                *applied,
            )),
            _ => None,
        });
        let now_ms = self.now_ms(&notes.faults);
        let outcome = if notes.faults.iter().any(Fault::refuses) {
            Ok(serde_json::json!({}))
        } else if !is_known_method(&head.method) {
            Err(no(
                400,
                "UnsupportedHTTPMethod",
                "This http method is not supported.",
            ))
        } else if call == Call::ReportUploadProgress {
            Ok(serde_json::json!({}))
        } else {
            if notes.faults.contains(&Fault::TokenExpired) {
                for key in state
                    .temporary
                    .values_mut()
                    .filter(|key| key.place.is_none())
                {
                    key.ends_ms = now_ms - 1;
                }
            }
            let throttled = is_throttled(&mut state, now_ms);
            asked.caller(&mut state, now_ms).and_then(|caller| {
                if throttled {
                    let text = "Request was denied due to user flow control.";
                    return Err(no(400, "Throttling.User", text));
                }
                notes.key = Some(caller.clone());
                let version = asked.version();
                let right = if call == Call::AssumeRole {
                    "2015-04-01"
                } else {
                    "2017-03-21"
                };
                if version != right {
                    return Err(no(
                        400,
                        "InvalidVersion",
                        "Specified parameter Version is not valid.",
                    ));
                }
                vod::act(
                    call,
                    &asked,
                    &mut self.scene(&mut state, &notes.faults, caller),
                )
            })
        };
        let (outcome, retry_after_s) = match refused {
            Some((refusal, wait, _)) => (Err(refusal), wait),
            None => (outcome, None),
        };
        let mut made = asked.answer(&mut state, &action, outcome);
        wait(&mut made, retry_after_s);
        Ok(made)
    }

    async fn service(
        &self,
        head: &Head,
        path: &str,
        query: Vec<(String, String)>,
        body: &[u8],
        notes: &mut Notes,
    ) -> Result<Reply, HangUp> {
        self.strike(Call::Service, None, notes).await;
        let mut params = query.clone();
        params.extend(service::from_json(head, body));
        let asked = Asked {
            head,
            params,
            query,
            body,
        };
        let mut state = self.state.lock();
        let secret = self.credentials.service_token.clone();
        for fault in &notes.faults {
            if let Fault::Error {
                status,
                retry_after_s,
                ..
            } = fault
            {
                let mut made =
                    page(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY));
                wait(&mut made, *retry_after_s);
                return Ok(made);
            }
        }
        Ok(service::answer(
            path,
            &asked,
            &secret,
            &mut self.scene(&mut state, &notes.faults, String::new()),
        ))
    }

    async fn oss(
        &self,
        head: &Head,
        query: Vec<(String, String)>,
        body: Incoming,
        notes: &mut Notes,
    ) -> Result<Reply, HangUp> {
        let (bucket, key, accelerated) = address(head);
        let asked = OssAsked {
            head,
            bucket,
            key,
            query,
        };
        let call = oss::call(head.method.as_str(), &asked.key, &asked.query);
        let part = asked.query("partNumber").and_then(|n| n.parse().ok());
        self.strike(call, part, notes).await;
        let is_head = call == Call::HeadObject;
        let part = part.filter(|_| call == Call::UploadPart);
        if let Some(part) = part {
            let mut state = self.state.lock();
            let id = asked.query("uploadId").unwrap_or("");
            if let Some(upload) = state.uploads.iter_mut().find(|u| u.id == id) {
                *upload.sent.entry(part).or_default() += 1;
            }
        }
        let outcome = self
            .oss_outcome(call, &asked, accelerated, body, notes)
            .await;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(hang_up) => {
                self.count_sent(&asked, part, notes.bytes);
                return Err(hang_up);
            }
        };
        self.count_sent(&asked, part, notes.bytes);
        let mut made = outcome.unwrap_or_else(|refusal| refusal.reply(&asked.bucket, is_head));
        for fault in &notes.faults {
            if let Fault::Error {
                status,
                code,
                retry_after_s,
                ..
            } = fault
            {
                made = nay(*status, code, "as the script says").reply(&asked.bucket, is_head);
                wait(&mut made, *retry_after_s);
            }
        }
        let headers = made.headers_mut();
        headers.insert("server", HeaderValue::from_static("AliyunOSS"));
        let id = self.state.lock().fresh("oss request")[..24].to_uppercase();
        headers.insert("x-oss-request-id", HeaderValue::from_str(&id).expect("hex"));
        Ok(made)
    }

    fn count_sent(&self, asked: &OssAsked<'_>, part: Option<u32>, bytes: u64) {
        let Some(part) = part else { return };
        let id = asked.query("uploadId").unwrap_or("");
        let mut state = self.state.lock();
        if let Some(upload) = state.uploads.iter_mut().find(|u| u.id == id) {
            upload.bytes_sent += bytes;
            *upload.received.entry(part).or_default() += bytes;
        }
    }

    async fn oss_outcome(
        &self,
        call: Call,
        asked: &OssAsked<'_>,
        accelerated: bool,
        body: Incoming,
        notes: &mut Notes,
    ) -> Result<Result<Reply, Nay>, HangUp> {
        if notes.faults.iter().any(Fault::refuses) {
            drain(body, &self.meter, &mut notes.bytes).await;
            return Ok(Ok(reply(
                StatusCode::OK,
                "application/xml",
                Bytes::from_static(b"<Never><Seen/></Never>"),
            )));
        }
        let now_ms = self.now_ms(&notes.faults);
        let admitted = self.admit(call, asked, accelerated, now_ms, notes);
        let number = match admitted {
            Ok(number) => number,
            Err(refusal) => {
                drain(body, &self.meter, &mut notes.bytes).await;
                return Ok(Err(refusal));
            }
        };
        if matches!(call, Call::UploadPart | Call::PutObject) {
            return self.take(asked, number, body, notes, now_ms).await;
        }
        let body = small(body).await?;
        if call == Call::GetObject {
            let found = oss::object(&self.state.lock(), asked, now_ms);
            return Ok(found.and_then(|(mut made, object)| {
                let bytes = bytes_of(&object)
                    .map_err(|_| nay(500, "InternalError", "the object cannot be read"))?;
                *made.body_mut() = Answer::Whole(Some(bytes.into()));
                Ok(made)
            }));
        }
        let mut state = self.state.lock();
        Ok(match call {
            Call::Initiate => Ok(oss::initiate(&mut state, asked)),
            Call::ListParts => oss::list(&state, asked, now_ms),
            Call::Complete => oss::complete(&mut state, asked, &body, self.clock.now_ms()),
            Call::Abort => oss::abort(&mut state, asked),
            Call::HeadObject => oss::object(&state, asked, now_ms).map(|(mut made, object)| {
                made.headers_mut()
                    .insert("content-length", HeaderValue::from(object.bytes));
                made
            }),
            Call::DeleteObject => {
                state
                    .objects
                    .remove(&(asked.bucket.clone(), asked.key.clone()));
                Ok(reply(
                    StatusCode::NO_CONTENT,
                    "application/xml",
                    Bytes::new(),
                ))
            }
            _ => Err(nay(
                400,
                "NotImplemented",
                "A header or query you provided implies functionality that is not implemented.",
            )),
        })
    }

    /// Everything that is checked before the body is read. The number of a part, 0 for others.
    fn admit(
        &self,
        call: Call,
        asked: &OssAsked<'_>,
        accelerated: bool,
        now_ms: i64,
        notes: &mut Notes,
    ) -> Result<u32, Nay> {
        let mut state = self.state.lock();
        if accelerated && !state.switches.accelerated {
            return Err(nay(
                403,
                "TransferAccelerationDisabled",
                "Transfer acceleration is disabled on this bucket.",
            ));
        }
        if notes.faults.contains(&Fault::CredentialExpired) {
            let authorization = header(asked.head, "authorization").to_owned();
            for (id, key) in &mut state.temporary {
                if authorization.contains(id.as_str()) {
                    key.ends_ms = now_ms - 1;
                }
            }
        }
        let caller = asked.caller(&state, now_ms)?;
        notes.key = Some(caller.clone());
        oss::allowed(&mut state, call, asked, &caller)?;
        if notes.faults.contains(&Fault::UploadVanishes) {
            let id = asked.query("uploadId").unwrap_or("").to_owned();
            for upload in state.uploads.iter_mut().filter(|u| u.id == id) {
                upload.standing = Standing::Vanished;
            }
        }
        if matches!(call, Call::UploadPart | Call::PutObject) {
            let length = header(asked.head, "content-length");
            if length.is_empty() && header(asked.head, "transfer-encoding").is_empty() {
                return Err(nay(
                    411,
                    "MissingContentLength",
                    "You must provide the Content-Length HTTP header.",
                ));
            }
            if length
                .parse::<u64>()
                .is_ok_and(|n| n > state.switches.put_max_bytes)
            {
                return Err(nay(
                    400,
                    "EntityTooLarge",
                    "Your proposed upload exceeds the maximum allowed object size.",
                ));
            }
        }
        match call {
            Call::UploadPart => oss::part_number(&state, asked),
            _ => Ok(0),
        }
    }

    async fn take(
        &self,
        asked: &OssAsked<'_>,
        number: u32,
        body: Incoming,
        notes: &mut Notes,
        now_ms: i64,
    ) -> Result<Result<Reply, Nay>, HangUp> {
        let name = self.state.lock().fresh("file");
        let path = self.root.join(name);
        let taken = intake::take(
            body,
            self.storage,
            path,
            &notes.faults,
            &self.meter,
            &mut notes.bytes,
        )
        .await?;
        let Some(taken) = taken else {
            return Ok(Err(nay(
                400,
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP header.",
            )));
        };
        let mut state = self.state.lock();
        if let Err(refusal) = oss::digests_fit(asked, &taken.stored, &taken.md5_base64) {
            return Ok(Err(refusal));
        }
        Ok(if number > 0 {
            oss::take_part(&mut state, asked, number, taken.stored, &notes.faults)
        } else {
            Ok(oss::put(
                &mut state,
                asked,
                taken.stored,
                &notes.faults,
                now_ms,
            ))
        })
    }
}

/// Bucket, key, and whether the acceleration host was asked. With an IP address or this machine's name as host the bucket is in the path.
fn address(head: &Head) -> (String, String, bool) {
    let host = head.headers.get("host").and_then(|host| host.to_str().ok());
    let host = host
        .or(head
            .uri
            .authority()
            .map(hyper::http::uri::Authority::as_str))
        .unwrap_or("");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let path = encode::unpercent(head.uri.path().trim_start_matches('/'));
    let in_path = name == "localhost" || name.parse::<std::net::IpAddr>().is_ok();
    let accelerated = name == "localhost" || name.contains("oss-accelerate");
    if in_path {
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        return (bucket.to_owned(), key.to_owned(), accelerated);
    }
    let bucket = name.split('.').next().unwrap_or("");
    (bucket.to_owned(), path, accelerated)
}
