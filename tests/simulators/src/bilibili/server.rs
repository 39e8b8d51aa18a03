//! One request from head to answer: what strikes it, who handles it, how it ends.
//!
//! Always holds: a fault that refuses leaves no effect; a request that came whole is recorded, also when it gets no answer; unknown paths
//! meet HTML, as in front of the platform.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue};
use hyper::http::request::Parts as Head;
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::body::{drain, read, spill};
use super::call::{Call, Host};
use super::code::{self, Code};
use super::fault::Fault;
use super::inspect::AnswerSeen;
use super::intake::Intake;
use super::sign::{self, Caller, Signed, query};
use super::state::{Cover, SeenPart, State};
use super::uploads::{self, Admitted, Refusal};
use super::world::World;
use super::{categories, control, cover, manuscripts, oauth};
use crate::answer::{Reply, page};
use crate::listener::{Gate, HangUp, Service};

/// What a call came to.
pub(crate) enum Outcome {
    Business {
        code: Code,
        data: Option<Value>,
        gateway: bool,
    },
    Ready(Reply),
    HungUp(HangUp),
}

impl From<Result<Option<Value>, Code>> for Outcome {
    fn from(result: Result<Option<Value>, Code>) -> Self {
        let (code, data) = match result {
            Ok(data) => (0, data),
            Err(code) => (code, None),
        };
        Self::Business {
            code,
            data,
            gateway: false,
        }
    }
}

/// A request as the handlers see it.
pub(crate) struct Asked {
    pub(crate) call: Call,
    pub(crate) head: Head,
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) token: Option<String>,
    pub(crate) faults: Vec<Fault>,
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

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, HangUp> {
        let (head, body) = request.into_parts();
        if let Some(path) = head.uri.path().strip_prefix("/__sim/") {
            let body = read(body, &[], None).await.map_err(|_| HangUp::Close)?;
            return Ok(control::answer(&self, &head.method, path, head.uri.query(), &body).await);
        }
        let Some(call) = Call::of_path(head.uri.path()) else {
            drain(body, None).await;
            return Ok(page(StatusCode::NOT_FOUND));
        };
        let pairs = pairs(head.uri.query().unwrap_or("").as_bytes());
        let part = query(&pairs, "part_number").and_then(|text| text.parse().ok());
        let faults = self.state.lock().script.strike(call, part);
        let asked = Asked {
            call,
            token: query(&pairs, "upload_token").map(str::to_owned),
            pairs,
            head,
            faults,
        };
        let mut bytes = 0;
        let outcome = self.outcome(&asked, body, &mut bytes).await;
        let (code, replied) = self.dress(&asked, outcome);
        let replied = replied.map(|reply| self.date(reply, &asked.faults));
        self.record(AnswerSeen {
            since_start_ms: self.meter.age_ms(),
            at_ms: self.clock.now_ms(),
            call,
            part,
            upload_token: asked.token.clone(),
            http: replied.as_ref().map_or(0, |reply| reply.status().as_u16()),
            code,
            received_bytes: bytes,
            faults: asked.faults.clone(),
        });
        self.tell();
        if let Some(Fault::Hang { ms, lost }) = asked
            .faults
            .iter()
            .find(|f| matches!(f, Fault::Hang { .. }))
        {
            sleep(Duration::from_millis(*ms)).await;
            if *lost {
                return Err(HangUp::Close);
            }
        }
        replied
    }
}

impl World {
    async fn outcome(&self, asked: &Asked, body: Incoming, bytes: &mut u64) -> Outcome {
        for fault in &asked.faults {
            if let Fault::Latency { ms, jitter_ms } = fault {
                sleep(Duration::from_millis(ms + self.jitter(*jitter_ms))).await;
            }
        }
        let upload_host = asked.call.host() == Host::Upload;
        if upload_host {
            self.note_upload_request(asked);
        }
        if asked.faults.iter().any(Fault::refuses) {
            *bytes = drain(body, upload_host.then_some(self)).await;
            // Its answer is made of the fault in `dress`.
            return Ok(None).into();
        }
        if asked.head.method != asked.call.method() {
            *bytes = drain(body, upload_host.then_some(self)).await;
            return match asked.call.host() {
                Host::Member | Host::Api => Err(code::METHOD).into(),
                _ => Outcome::Ready(page(StatusCode::METHOD_NOT_ALLOWED)),
            };
        }
        if upload_host {
            return self.take_part(asked, body, bytes).await;
        }
        let body = match read(body, &asked.faults, Some(bytes)).await {
            Ok(body) => body,
            Err(spilt) => return spill(spilt).await,
        };
        match asked.call.host() {
            Host::Account => self.consent(asked),
            Host::Api => self.tokens(asked, &body),
            _ => self.member(asked, body).await,
        }
    }

    /// Dates an answer by the platform's clock, as a server's own `Date` is.
    fn date(&self, mut reply: Reply, faults: &[Fault]) -> Reply {
        let skew_s = faults.iter().map(|fault| match fault {
            Fault::ClockSkew { seconds } => *seconds,
            _ => 0,
        });
        let now_s = self.clock.now_s() + skew_s.sum::<i64>();
        let at = UNIX_EPOCH + Duration::from_secs(u64::try_from(now_s).unwrap_or(0));
        if let Ok(value) = HeaderValue::from_str(&httpdate::fmt_http_date(at)) {
            reply.headers_mut().insert(DATE, value);
        }
        reply
    }

    fn jitter(&self, most_ms: u64) -> u64 {
        let mut state = self.state.lock();
        let draw = u64::from_str_radix(&state.fresh("jitter")[..8], 16).unwrap_or(0);
        draw % (most_ms + 1)
    }

    fn consent(&self, asked: &Asked) -> Outcome {
        let (manner, user) = *self.consent.lock();
        let mut state = self.state.lock();
        Outcome::Ready(oauth::consent(
            &mut state,
            manner,
            user,
            asked.head.uri.path(),
            &asked.pairs,
            self.clock.now_ms(),
        ))
    }

    fn tokens(&self, asked: &Asked, body: &[u8]) -> Outcome {
        let mut both = asked.pairs.clone();
        if header(&asked.head, CONTENT_TYPE.as_str())
            .starts_with("application/x-www-form-urlencoded")
        {
            both.extend(pairs(body));
        }
        let mut state = self.state.lock();
        oauth::tokens(&mut state, asked.call, &both, self.clock.now_ms())
            .map(Some)
            .into()
    }

    /// A signed call.
    async fn member(&self, asked: &Asked, body: Bytes) -> Outcome {
        let picture = if asked.call == Call::Cover {
            Some(cover::field(header(&asked.head, CONTENT_TYPE.as_str()), body.clone()).await)
        } else {
            None
        };
        let mut state = self.state.lock();
        let now_ms = self.clock.now_ms();
        if asked.call == Call::Add
            && let Some(upload) = asked.token.as_deref().and_then(|token| state.upload(token))
        {
            upload.add_calls += 1;
        }
        let bearer = header(&asked.head, "access-token").to_owned();
        let (mut skew_s, mut lag_ms) = (0, 0);
        for fault in &asked.faults {
            match fault {
                Fault::ClockSkew { seconds } => skew_s = *seconds,
                Fault::Lag { ms } => lag_ms = i64::try_from(*ms).unwrap_or(i64::MAX / 4),
                _ => strike(&mut state, fault, asked, &bearer, &body, now_ms),
            }
        }
        let unsigned = asked.call == Call::Complete
            && !state.switches.complete_signed
            && header(&asked.head, "authorization").is_empty();
        let caller = if unsigned {
            None
        } else {
            let signed = Signed {
                call: asked.call,
                headers: &asked.head.headers,
                query: &asked.pairs,
                body: &body,
                now_ms,
                skew_s,
            };
            match sign::check(&mut state, &signed) {
                Ok(caller) => Some(caller),
                Err(code) => {
                    return Outcome::Business {
                        code,
                        data: None,
                        gateway: true,
                    };
                }
            }
        };
        let token = asked.token.as_deref().unwrap_or("");
        let Some(caller) = caller else {
            return uploads::complete(&mut state, None, token, now_ms)
                .map(|()| None)
                .into();
        };
        let rules = self.rules(lag_ms);
        match asked.call {
            Call::Init => uploads::init(&mut state, &caller, &body, now_ms).map(Some),
            Call::Complete => {
                uploads::complete(&mut state, Some(&caller), token, now_ms).map(|()| None)
            }
            Call::Cover => keep_cover(&mut state, &caller, picture),
            Call::Types => Ok(Some(categories::wire(&state.categories))),
            Call::Add => manuscripts::add(&mut state, &rules, &caller, token, &body).map(Some),
            Call::Edit => manuscripts::edit(&mut state, &rules, &caller, &body).map(Some),
            Call::Delete => manuscripts::delete(&mut state, &rules, &caller, &body).map(|()| None),
            Call::View => manuscripts::view(&state, &rules, &caller, &asked.pairs).map(Some),
            Call::ViewList => {
                manuscripts::view_list(&state, &rules, &caller, &asked.pairs).map(Some)
            }
            call => Ok(Some(constant(&state, call, &caller))),
        }
        .into()
    }

    fn note_upload_request(&self, asked: &Asked) {
        const SECRET: [&str; 3] = ["authorization", "access-token", "x-bili-accesskeyid"];
        const SECRET_PAIRS: [&str; 3] = ["access_token", "client_secret", "client_id"];
        let record = &mut self.state.lock().record;
        let told = SECRET
            .iter()
            .any(|name| asked.head.headers.contains_key(*name))
            || SECRET_PAIRS
                .iter()
                .any(|name| query(&asked.pairs, name).is_some());
        record.secrets_at_upload_host += u32::from(told);
        let wrapped = header(&asked.head, CONTENT_TYPE.as_str()).starts_with("multipart/");
        record.multipart_at_upload_host += u32::from(wrapped);
    }

    async fn take_part(&self, asked: &Asked, body: Incoming, bytes: &mut u64) -> Outcome {
        let length = asked
            .head
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let now_ms = self.clock.now_ms();
        let (admitted, etag, serial) = {
            let mut state = self.state.lock();
            for fault in &asked.faults {
                strike(&mut state, fault, asked, "", &[], now_ms);
            }
            let admitted = uploads::admit(&mut state, asked.call, &asked.pairs, length, now_ms);
            state.serial += 1;
            (admitted, state.switches.etag, state.serial)
        };
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => {
                *bytes = drain(body, Some(self)).await;
                return match refusal {
                    Refusal::Business(code) => Err(code).into(),
                    Refusal::LengthRequired => Outcome::Ready(page(StatusCode::LENGTH_REQUIRED)),
                    Refusal::TooLarge => Outcome::Ready(page(StatusCode::PAYLOAD_TOO_LARGE)),
                };
            }
        };
        let Ok(file) = self.under_way(&admitted.token, admitted.part, serial) else {
            return Outcome::Ready(page(StatusCode::INSUFFICIENT_STORAGE));
        };
        let mut at_work = AtWork::enter(self, &admitted);
        let intake = Intake {
            storage: self.storage,
            etag,
            file: file.clone(),
            faults: &asked.faults,
            meter: &self.meter,
        };
        let taken = intake.take(body, admitted.length, &mut at_work.bytes).await;
        *bytes = at_work.bytes;
        drop(at_work);
        let held = match taken {
            Ok(held) => held,
            Err(spilt) => return spill(spilt).await,
        };
        let landed = if asked.faults.contains(&Fault::NotStored) {
            let md5 = held.md5.filter(|_| etag);
            Ok(md5.map(|md5| json!({ "etag": format!("\"{md5}\"") })))
        } else {
            let mut state = self.state.lock();
            uploads::land(
                &mut state,
                asked.call,
                &admitted,
                held,
                self.clock.now_ms(),
                |held| self.place(&admitted.token, admitted.part, held),
            )
        };
        // Gone already when it was put in place.
        let _ = std::fs::remove_file(file);
        landed.into()
    }
}

/// What a fault does to the platform before the call is looked at.
fn strike(state: &mut State, fault: &Fault, asked: &Asked, bearer: &str, body: &[u8], now_ms: i64) {
    match fault {
        Fault::AccessTokenExpired => {
            if let Some(grant) = state.access.get_mut(bearer) {
                grant.expires_ms = now_ms;
            }
        }
        Fault::UploadTokenExpired => {
            if let Some(upload) = asked.token.as_deref().and_then(|token| state.upload(token)) {
                upload.ended = true;
            }
        }
        Fault::QuotaWindow { for_ms, code } => {
            let until = now_ms.saturating_add(i64::try_from(*for_ms).unwrap_or(i64::MAX));
            state.quota_until = Some((until, *code));
        }
        Fault::CategoryWithdrawn => {
            let tid = manuscripts::object(body)
                .ok()
                .and_then(|fields| fields.get("tid")?.as_i64());
            for top in &mut state.categories {
                top.children.retain(|(id, _)| Some(*id) != tid);
            }
        }
        Fault::GrantRevoked { wholly } => {
            let of_upload = asked
                .token
                .as_deref()
                .and_then(|token| state.upload(token))
                .map(|u| u.user);
            let Some(user) = state
                .access
                .get(bearer)
                .map(|grant| grant.user)
                .or(of_upload)
            else {
                return;
            };
            if *wholly {
                state.revoke(user);
            } else if let Some(scope) = asked.call.scope() {
                state.users[user].granted.remove(scope);
            }
        }
        _ => {}
    }
}

fn keep_cover(
    state: &mut State,
    caller: &Caller,
    picture: Option<Result<Bytes, Code>>,
) -> Result<Option<Value>, Code> {
    let picture = picture.unwrap_or(Err(code::BAD_PARAMETER))?;
    let seen = cover::judge(&picture, state.switches.cover_measured)?;
    // Another cover each time, even of the same picture.
    let name = state.fresh("cover") + "cafe0123";
    let url = format!(
        "https://archive.biliimg.com/bfs/archive/{name}.{}",
        seen.ending
    );
    state.covers.insert(
        url.clone(),
        Cover {
            user: caller.user,
            sha256: seen.sha256,
            bytes: seen.bytes,
        },
    );
    Ok(Some(json!({ "url": url })))
}

/// Calls whose answers do not depend on what was done before.
fn constant(state: &State, call: Call, caller: &Caller) -> Value {
    let user = &state.users[caller.user];
    match call {
        Call::Scopes => json!({ "openid": user.openid, "scopes": user.granted }),
        Call::Info => json!({
            "name": user.name,
            "face": "https://i0.hdslb.com/bfs/face/member/noface.jpg",
            "openid": user.openid,
        }),
        Call::ArcStat => json!({
            "title": "", "ptime": 0, "view": 1024, "danmaku": 12, "reply": 7, "favorite": 5, "coin": 3, "share": 2, "like": 40,
        }),
        Call::ArcInc => json!({
            "inc_click": 100, "inc_dm": 4, "inc_reply": 2, "inc_fav": 1, "inc_coin": 1, "inc_share": 0, "inc_like": 9, "inc_elec": 0,
        }),
        _ => {
            json!({ "following": 11, "follower": 256, "arc_passed_total": state.manuscripts.len() })
        }
    }
}

/// A part that is being received.
struct AtWork<'a> {
    world: &'a World,
    admitted: &'a Admitted,
    bytes: u64,
}

impl<'a> AtWork<'a> {
    fn enter(world: &'a World, admitted: &'a Admitted) -> Self {
        let mut state = world.state.lock();
        let user = state.upload(&admitted.token).map(|upload| {
            upload.at_once.enter();
            upload.seen.entry(admitted.part).or_default().begun += 1;
            upload.user
        });
        if let Some(user) = user {
            state.users[user].at_once.enter();
        }
        Self {
            world,
            admitted,
            bytes: 0,
        }
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut state = self.world.state.lock();
        let user = state.upload(&self.admitted.token).map(|upload| {
            upload.at_once.leave();
            let seen: &mut SeenPart = upload.seen.entry(self.admitted.part).or_default();
            seen.bytes += self.bytes;
            upload.user
        });
        if let Some(user) = user {
            state.users[user].at_once.leave();
        }
        drop(state);
        self.world.tell();
    }
}

fn header<'a>(head: &'a Head, name: &str) -> &'a str {
    head.headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
}

pub(crate) fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}
