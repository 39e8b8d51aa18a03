//! One request from head to answer: what strikes it, who handles it, how it ends.
//!
//! Always holds: a fault that refuses leaves no effect; a request that came whole is recorded, also when it gets no answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::call::{Call, Lost, Route, route};
use super::container::Piece;
use super::fault::Fault;
use super::inspect::AnswerSeen;
use super::intake::{Reading, Spilt, Storage, Taken, Target};
use super::problem::{self, Problem, json_reply};
use super::range::{self, Span};
use super::state::State;
use super::world::World;
use super::{auth, control, lists, media, rate, tokens, videos};
use crate::answer::{Answer, Reply, page, reply};
use crate::listener::{Gate, HangUp, Service};

/// The query of a request, in order.
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(crate) fn of(query: Option<&str>) -> Self {
        let query = query.unwrap_or_default().as_bytes();
        Self(url::form_urlencoded::parse(query).into_owned().collect())
    }
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all().find(|(n, _)| *n == name).map(|(_, value)| value)
    }
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

/// What a call came to: a body with its status, or a refusal.
type Done = Result<(StatusCode, Option<Value>), Spilt>;

struct Asked {
    route: Route,
    headers: HeaderMap,
    pairs: Pairs,
    faults: Vec<Fault>,
    span: Result<Span, Problem>,
    got: Arc<AtomicU64>,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
    fn part(&self) -> Option<u32> {
        match self.span {
            Ok(Span::Part { number, .. }) => u32::try_from(number).ok(),
            _ => None,
        }
    }
}

impl Service for World {
    fn gate(&self) -> Gate {
        let faults = self.state.lock().script.strike(Call::Connection, None);
        match faults.first() {
            Some(Fault::ConnectionRefused) => Gate::Shut,
            _ => Gate::Open,
        }
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, HangUp> {
        let (head, body) = request.into_parts();
        let got = Arc::new(AtomicU64::new(0));
        let plain = Reading {
            faults: &[],
            meter: None,
            got: got.clone(),
        };
        if let Some(path) = head.uri.path().strip_prefix("/__sim/") {
            let body = plain.small(body).await.map_err(|_| HangUp::Close)?;
            let pairs = Pairs::of(head.uri.query());
            return Ok(control::answer(&self, &head.method, path, &pairs, &body).await);
        }
        let route = match route(&head.method, head.uri.path()) {
            Ok(route) => route,
            Err(lost) => {
                plain.drain(body).await;
                return Ok(match lost {
                    Lost::Path => problem::NO_PATH.reply(),
                    Lost::Verb => problem::NO_VERB.reply(),
                });
            }
        };
        let header = head.headers.get("content-range");
        let mut asked = Asked {
            pairs: Pairs::of(head.uri.query()),
            span: range::parse(header.map(|value| value.to_str().unwrap_or("?"))),
            headers: head.headers,
            faults: Vec::new(),
            route,
            got,
        };
        let (call, part) = (asked.route.call, asked.part());
        let now_ms = self.clock.now_ms();
        let left = {
            let mut state = self.state.lock();
            state.sweep(now_ms);
            asked.faults = state.script.strike(call, part);
            for fault in &asked.faults {
                strike(&mut state, fault, &asked);
            }
            rate::count(&mut state, call, now_ms)
        };
        let done = self.done(&mut asked, body, left.spent).await;
        self.close(&asked, done, left).await
    }
}

impl World {
    async fn done(&self, asked: &mut Asked, body: Incoming, spent: bool) -> Done {
        for fault in &asked.faults {
            if let Fault::Latency { ms } = fault {
                sleep(Duration::from_millis(*ms)).await;
            }
        }
        let bytes_of_video = matches!(asked.route.call, Call::Upload | Call::Source);
        let faults = asked.faults.clone();
        let reading = Reading {
            faults: &faults,
            meter: bytes_of_video.then_some(&self.meter),
            got: asked.got.clone(),
        };
        if asked.faults.iter().any(Fault::refuses) || spent {
            reading.drain(body).await;
            let refusal = if spent {
                problem::TOO_MANY
            } else {
                problem::BROKEN
            };
            return Err(refusal.into());
        }
        if let Err(refusal) = self.admit(asked) {
            reading.drain(body).await;
            return Err(refusal.into());
        }
        match asked.route.call {
            Call::Upload | Call::Source => self.take(asked, body, &reading).await,
            Call::Thumbnail | Call::CaptionAdd => self.media(asked, body, &reading).await,
            _ => {
                let body = reading.small(body).await?;
                self.small(asked, &body)
            }
        }
    }

    /// Who asks, and about what: before the body is looked at.
    fn admit(&self, asked: &Asked) -> Result<(), Problem> {
        let now_ms = self.clock.now_ms();
        let mut state = self.state.lock();
        match asked.route.call {
            Call::SignIn | Call::Refresh => return Ok(()),
            Call::Upload => {
                if asked.headers.contains_key("authorization") {
                    state.record.keys_beside_upload_tokens += 1;
                }
                auth::check_upload_token(&state, asked.pairs.get("token"), now_ms)?;
            }
            _ => auth::check(&state, &asked.headers, now_ms)?,
        }
        asked.span.clone()?;
        let id = &asked.route.id;
        let of_video = !matches!(
            asked.route.call,
            Call::TokenShow | Call::TokenDelete | Call::TokenList | Call::TokenCreate
        );
        if of_video && !id.is_empty() && state.video(id).is_none() {
            return Err(problem::NOT_FOUND.named("videoId"));
        }
        Ok(())
    }

    /// A file, or a part of one.
    async fn take(&self, asked: &mut Asked, body: Incoming, reading: &Reading<'_>) -> Done {
        let span = asked.span.clone()?;
        let path = self.under_way();
        let target = match self.storage {
            Storage::Files => Target::Disk(&path),
            Storage::Discard => Target::Nowhere,
        };
        let known = (!asked.route.id.is_empty()).then(|| asked.route.id.clone());
        let at_once = AtOnce::enter(self, known.clone());
        let form = reading
            .form(body, asked.header("content-type"), target)
            .await;
        drop(at_once);
        if let Some(video) = self.state.lock().video(known.as_deref().unwrap_or("")) {
            let seen = video.seen.entry(span.number()).or_default();
            seen.received_bytes += reading.got.load(Ordering::Relaxed);
        }
        let landed = match form.and_then(|form| Ok(form.one_file()?)) {
            Ok((file, said)) => self.land(asked, span, file, known.or(said)),
            Err(spilt) => Err(spilt),
        };
        if landed.is_err() {
            let _ = tokio::fs::remove_file(&path).await;
        }
        landed
    }

    fn land(&self, asked: &mut Asked, span: Span, file: Taken, id: Option<String>) -> Done {
        let now_ms = self.clock.now_ms();
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let token = asked.pairs.get("token").map(str::to_owned);
        let token = token.filter(|_| asked.route.call == Call::Upload);
        let switches = state.switches.clone();
        let id = match id.filter(|id| !id.is_empty()) {
            Some(id) => id,
            // Nobody said which: each such request makes a video of its own, which is what breaks some clients' uploads.
            None => {
                let fields = json!({ "title": file.name });
                let fields = fields.as_object().cloned().unwrap_or_default();
                state.open(fields, now_ms).id.clone()
            }
        };
        asked.route.id.clone_from(&id);
        let video = state
            .video(&id)
            .ok_or(problem::NOT_FOUND.named("videoId"))?;
        if let Some(token) = &token {
            let private = video.fields.get("public") == Some(&json!(false));
            let others = video.token.as_ref().is_some_and(|first| first != token);
            if (private && !switches.token_fills_private)
                || (others && !switches.token_continues_another)
            {
                return Err(problem::NOT_FOUND.named("videoId").into());
            }
        }
        let number = span.number();
        let bytes = file.bytes;
        let seen = video.seen.entry(number).or_default();
        seen.came += 1;
        seen.bytes += file.bytes;
        let piece = Piece {
            bytes: file.bytes,
            file: file.path,
        };
        if !asked.faults.contains(&Fault::NotStored) {
            video.source.land(span, piece, &switches, now_ms)?;
            let seen = video.seen.entry(number).or_default();
            seen.landed += 1;
            seen.held_bytes = bytes;
        }
        if video.token.is_none() {
            video.token = token;
        }
        let told = if video.source.is_complete() || switches.whole_object_while_incomplete {
            videos::object(video)
        } else {
            json!({ "videoId": video.id })
        };
        Ok((StatusCode::CREATED, Some(told)))
    }

    async fn media(&self, asked: &Asked, body: Incoming, reading: &Reading<'_>) -> Done {
        let kind = asked.header("content-type");
        let form = reading.form(body, kind, Target::Memory).await?;
        let (file, _) = form.one_file()?;
        let mut state = self.state.lock();
        let told = match asked.route.call {
            Call::Thumbnail => media::thumbnail(&mut state, &asked.route.id, &file),
            _ => media::add(&mut state, &asked.route.id, &asked.route.language, &file),
        };
        Ok((StatusCode::OK, Some(told?)))
    }

    /// A call whose body, if any, is JSON.
    fn small(&self, asked: &Asked, body: &Bytes) -> Done {
        let body: Value = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(body).map_err(|_| problem::BAD_PAYLOAD)?
        };
        let now_ms = self.clock.now_ms();
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let (id, language) = (asked.route.id.as_str(), asked.route.language.as_str());
        let (ok, gone) = (StatusCode::OK, (StatusCode::NO_CONTENT, None));
        let told = match asked.route.call {
            Call::SignIn => auth::sign_in(state, &body, now_ms)?,
            Call::Refresh => auth::refresh(state, &body, now_ms)?,
            Call::TokenCreate => tokens::create(state, &body, now_ms)?,
            Call::TokenList => tokens::list(state, &asked.pairs, now_ms)?,
            Call::TokenShow => tokens::show(state, id, now_ms)?,
            Call::TokenDelete => {
                tokens::delete(state, id)?;
                return Ok(gone);
            }
            Call::VideoCreate => {
                let (told, fetched) = videos::create(state, &body, now_ms)?;
                let status = if fetched {
                    StatusCode::ACCEPTED
                } else {
                    StatusCode::CREATED
                };
                return Ok((status, Some(told)));
            }
            Call::VideoList => videos::list(state, &asked.pairs)?,
            Call::PlayerList => lists::players(state, &asked.pairs)?,
            Call::WatermarkList => lists::watermarks(state, &asked.pairs)?,
            Call::TagList => lists::tags(state, &asked.pairs)?,
            Call::VideoPatch => videos::patch(state, id, &body, now_ms)?,
            Call::VideoDelete => {
                state.videos.retain(|video| video.id != id);
                return Ok(gone);
            }
            Call::Status => {
                let pace = *self.encoding.lock();
                videos::status(state, id, pace, &asked.faults, now_ms)?
            }
            Call::ThumbnailPick => media::pick(state, id, &body)?,
            Call::CaptionList => media::list(state, id, &asked.pairs)?,
            Call::CaptionShow => media::show(state, id, language)?,
            Call::CaptionPatch => media::patch(state, id, language, &body)?,
            Call::CaptionDelete => {
                media::delete(state, id, language)?;
                return Ok(gone);
            }
            _ => {
                let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
                videos::object(video)
            }
        };
        Ok((ok, Some(told)))
    }

    /// Makes the answer, spoils it where a fault says so, and keeps the record.
    async fn close(&self, asked: &Asked, done: Done, left: rate::Left) -> Result<Reply, HangUp> {
        let mut code = None;
        let replied = match done {
            Ok((status, Some(told))) => Ok(json_reply(status, &told)),
            Ok((status, None)) => Ok(reply(status, "application/json", Bytes::new())),
            Err(Spilt::Refused(problem)) => {
                code = Some(problem.code.to_owned());
                Ok(problem.reply())
            }
            Err(Spilt::HungUp(how)) => Err(how),
        };
        let mut replied = replied.map(|reply| left.dress(reply));
        for fault in &asked.faults {
            replied = match replied {
                Ok(reply) => spoil(reply, fault),
                hung => hung,
            };
        }
        self.record(AnswerSeen {
            at_ms: self.clock.now_ms(),
            call: asked.route.call,
            part: asked.part(),
            video: Some(asked.route.id.clone()).filter(|id| id.starts_with("vi")),
            http: replied.as_ref().map_or(0, |reply| reply.status().as_u16()),
            code,
            received_bytes: asked.got.load(Ordering::Relaxed),
            faults: asked.faults.clone(),
        });
        self.tell();
        for fault in &asked.faults {
            if let Fault::Hang { ms } = fault {
                sleep(Duration::from_millis(*ms)).await;
            }
        }
        replied
    }

    /// A file for a part under way; nobody else writes to it.
    fn under_way(&self) -> PathBuf {
        let mut state = self.state.lock();
        state.serial += 1;
        self.root.join(format!("part-{:06}", state.serial))
    }
}

/// What a fault does to the platform before the call is looked at.
fn strike(state: &mut State, fault: &Fault, asked: &Asked) {
    match fault {
        Fault::UploadTokenExpired => {
            let token = asked.pairs.get("token").unwrap_or_default();
            for known in &mut state.upload_tokens {
                if known.token == token {
                    known.expires_ms = Some(0);
                }
            }
        }
        Fault::BearerExpired => {
            let bearer = asked.header("authorization");
            let bearer = bearer.strip_prefix("Bearer ").unwrap_or_default();
            state.bearers.remove(bearer);
        }
        Fault::Suspended => state.suspended = true,
        Fault::Vanished => {
            let id = asked.route.id.clone();
            if id.is_empty() {
                // The form would name it: the last one that is unfinished.
                let last = state.videos.iter().rposition(|v| !v.source.is_complete());
                if let Some(last) = last {
                    state.videos.remove(last);
                }
            } else {
                state.videos.retain(|video| video.id != id);
            }
        }
        _ => {}
    }
}

fn spoil(whole: Reply, fault: &Fault) -> Result<Reply, HangUp> {
    let status = whole.status();
    let body = match whole.body() {
        Answer::Whole(bytes) => bytes.clone().unwrap_or_default(),
        Answer::Cut { .. } => Bytes::new(),
    };
    Ok(match fault {
        Fault::AnswerLost { reset } => {
            return Err(if *reset { HangUp::Reset } else { HangUp::Close });
        }
        Fault::HttpStatus { status, .. } => {
            page(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY))
        }
        Fault::ServerError { .. } => problem::BROKEN.reply(),
        Fault::TooMany {
            retry_after_s,
            standard,
        } => {
            let mut refused = problem::TOO_MANY.reply();
            let headers = refused.headers_mut();
            headers.insert("x-ratelimit-remaining", HeaderValue::from(0));
            let wait = HeaderValue::from(*retry_after_s);
            headers.insert("x-ratelimit-retry-after", wait.clone());
            if *standard {
                headers.insert("retry-after", wait);
            }
            refused
        }
        Fault::EmptyBody { applied } => {
            let status = if *applied { status } else { StatusCode::OK };
            reply(status, "application/json", Bytes::new())
        }
        Fault::TruncatedJson { applied } => {
            let status = if *applied { status } else { StatusCode::OK };
            reply(status, "application/json", body.slice(..body.len() / 2))
        }
        Fault::CutAnswer { .. } => {
            let mut cut = Reply::new(Answer::cut(&body));
            *cut.status_mut() = status;
            cut
        }
        _ => return Ok(whole),
    })
}

/// A part that is being received into a known container.
struct AtOnce<'a> {
    world: &'a World,
    id: Option<String>,
}

impl<'a> AtOnce<'a> {
    fn enter(world: &'a World, id: Option<String>) -> Self {
        if let Some(video) = id.as_deref().and_then(|id| {
            // The lock ends with the statement.
            let mut state = world.state.lock();
            state.video(id).map(|video| {
                video.at_once.0 += 1;
                video.at_once.1 = video.at_once.1.max(video.at_once.0);
                video.id.clone()
            })
        }) {
            return Self {
                world,
                id: Some(video),
            };
        }
        Self { world, id: None }
    }
}

impl Drop for AtOnce<'_> {
    fn drop(&mut self) {
        let mut state = self.world.state.lock();
        if let Some(video) = self.id.as_deref().and_then(|id| state.video(id)) {
            video.at_once.0 = video.at_once.0.saturating_sub(1);
        }
        drop(state);
        self.world.tell();
    }
}
