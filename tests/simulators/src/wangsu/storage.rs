//! The upload host: tokens, forms, blocks and their joining, refused in the platform's order.
//!
//! Always holds: nothing counts before its body came whole; a chunk counts only behind the latest handle of its block.

use std::io;
use std::path::PathBuf;

use base64::Engine as _;
use bytes::Bytes;
use futures_util::stream;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::call::Call;
use super::fault::Fault;
use super::intake::{Feed, Held, Keeper, Spilt, Storage};
use super::server::Request;
use super::state::{Block, Object, State, World, join};
use super::switches::{Replay, Shape};
use super::token::{self, Policy, URL_SAFE};

const PIECE: u64 = 4 << 20;

/// Why a request is refused: a status of the platform's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct No(pub(crate) u16, pub(crate) &'static str);

/// How a request on the upload host ended.
pub(crate) enum Done {
    Json(Value),
    /// A stored file; its shape is a switch.
    Stored(Value),
    No(No),
    Spilt(Spilt),
}

impl From<No> for Done {
    fn from(no: No) -> Self {
        Self::No(no)
    }
}

impl From<Spilt> for Done {
    fn from(spilt: Spilt) -> Self {
        Self::Spilt(spilt)
    }
}

/// Numbers and words of a path, behind its first word.
fn segments(path: &str) -> Vec<&str> {
    path.trim_start_matches('/').split('/').skip(1).collect()
}

fn number(text: Option<&&str>) -> Result<u64, No> {
    text.and_then(|text| text.parse().ok())
        .ok_or(No(400, "a number is expected in the path"))
}

/// Who sends, and where to.
struct Sender {
    policy: Policy,
    key: Option<String>,
    batch: String,
}

impl World {
    /// The token's policy, if it is good.
    fn policy(&self, state: &State, token: &str) -> Result<Policy, No> {
        let (key, secret) = &state.storage_keys;
        let bare = token.strip_prefix("UpToken ").unwrap_or(token);
        token::verify(token, key, secret, self.clock.now_ms())
            .filter(|_| !state.revoked.contains(bare))
            .ok_or(No(401, "the token is invalid or has expired"))
            .and_then(|policy| {
                let known = policy.bucket == state.bucket;
                known
                    .then_some(policy)
                    .ok_or(No(631, "the bucket does not exist"))
            })
    }

    fn sender(&self, request: &Request) -> Result<Sender, No> {
        let state = self.state.lock();
        let policy = self.policy(&state, request.header("authorization"))?;
        let batch = request.header("uploadbatch").to_owned();
        if batch.is_empty() {
            return Err(No(400, "UploadBatch is missing"));
        }
        let given = URL_SAFE
            .decode(request.header("key"))
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .filter(|key| !key.is_empty());
        Ok(Sender {
            key: policy.key.clone().or(given),
            policy,
            batch,
        })
    }

    fn file(&self, what: &str) -> PathBuf {
        let serial = self.state.lock().fresh(what);
        self.root.join(format!("{what}-{serial}"))
    }

    pub(crate) async fn store(&self, request: &Request, body: Incoming, got: &mut u64) -> Done {
        let mut feed = Feed::new(
            body,
            &request.faults,
            request.call.is_bytes().then_some(&self.meter),
        );
        let done = if request.head.method == "POST" {
            match request.call {
                Call::Form => self.form(request, &mut feed).await,
                Call::Mkblk | Call::Bput => self.chunk(request, &mut feed).await,
                Call::Mkfile => {
                    let whole = Feed::whole(feed).await;
                    return match whole {
                        Ok(body) => {
                            *got = body.len() as u64;
                            self.mkfile(request, &body)
                                .await
                                .unwrap_or_else(|done| done)
                        }
                        Err(spilt) => spilt.into(),
                    };
                }
                _ => Err(No(400, "no such request").into()),
            }
        } else {
            Err(No(405, "the method is not allowed").into())
        };
        if let Err(Done::No(_)) = &done {
            feed.drain().await;
        }
        *got = feed.got;
        done.unwrap_or_else(|done| done)
    }

    async fn chunk(&self, request: &Request, feed: &mut Feed<'_>) -> Result<Done, Done> {
        let path = segments(request.head.uri.path());
        let is_first = request.call == Call::Mkblk;
        let (size, index, ctx, offset) = if is_first {
            let (size, index) = (number(path.first())?, number(path.get(1))?);
            (size, index, None, 0)
        } else {
            let ctx = path.first().filter(|ctx| !ctx.is_empty());
            let ctx = ctx.ok_or(No(400, "a handle is expected in the path"))?;
            (0, 0, Some((*ctx).to_owned()), number(path.get(1))?)
        };
        let sender = self.sender(request)?;
        let (batch, index, size) = match &ctx {
            None => (sender.batch.clone(), index, size),
            Some(ctx) => {
                let state = self.state.lock();
                let (batch, index) = standing(&state, &sender, ctx, offset)?;
                let size = state.blocks[&(batch.clone(), index)].size;
                (batch, index, size)
            }
        };
        {
            let mut state = self.state.lock();
            let sent = state.sent.entry((batch.clone(), index)).or_default();
            sent.begun += u32::from(is_first);
            sent.chunks += 1;
        }
        let room = size - offset.min(size);
        let _at_once = AtOnce::enter(self)?;
        let before = feed.got;
        let held = self.keep(request, feed, room).await;
        self.state
            .lock()
            .sent
            .entry((batch.clone(), index))
            .or_default()
            .bytes += feed.got - before;
        let held = match held {
            Err(Spilt::TooLong) => {
                return Err(No(400, "more bytes than the block has room for").into());
            }
            held => held?,
        };
        if held.bytes == 0 {
            return Err(No(400, "the body is empty").into());
        }
        let mut state = self.state.lock();
        self.land(
            &mut state,
            &sender,
            (batch, index),
            size,
            ctx.map(|ctx| (ctx, offset)),
            held,
        )
    }

    /// Puts a chunk into place.
    fn land(
        &self,
        state: &mut State,
        sender: &Sender,
        place: (String, u64),
        size: u64,
        behind: Option<(String, u64)>,
        held: Held,
    ) -> Result<Done, Done> {
        if let Some((ctx, offset)) = &behind {
            let block = state.blocks.get(&place);
            // The same chunk once more: its handle is no longer the latest.
            if let Some((last_ctx, last_offset, md5, answer)) =
                block.and_then(|block| block.last.clone())
                && (&last_ctx, &last_offset) == (ctx, offset)
                && state.switches.bput_replay == Replay::SameAnswer
                && md5 == held.md5
            {
                return Ok(Done::Json(answer));
            }
            if !block.is_some_and(|block| block.ctx == *ctx && block.offset == *offset) {
                return Err(wrong_handle(state).into());
            }
        }
        let ctx = state.fresh("ctx");
        let offset = behind.as_ref().map_or(0, |(_, offset)| *offset) + held.bytes;
        let mut answer = json!({ "ctx": ctx, "crc32": held.crc32, "offset": offset });
        if let Some(md5) = &held.md5 {
            answer["checksum"] = json!(md5);
        }
        let generation = match &behind {
            Some(_) => state.blocks[&place].generation,
            None => state.serial,
        };
        state
            .handles
            .insert(ctx.clone(), (place.0.clone(), place.1, generation));
        let now_ms = self.clock.now_ms();
        state.sent.entry(place.clone()).or_default().held = offset;
        let block = match behind {
            None => state
                .blocks
                .entry(place)
                .insert_entry(Block {
                    size,
                    scope: sender.policy.scope(),
                    generation,
                    ctx: String::new(),
                    offset: 0,
                    chunks: Vec::new(),
                    since_ms: now_ms,
                    last: None,
                })
                .into_mut(),
            Some(ref behind) => {
                let block = state.blocks.get_mut(&place).expect("looked at above");
                block.last = Some((behind.0.clone(), behind.1, held.md5.clone(), answer.clone()));
                block
            }
        };
        block.ctx = ctx;
        block.offset = offset;
        block.chunks.extend(held.file);
        Ok(Done::Json(answer))
    }

    async fn keep(&self, request: &Request, feed: &mut Feed<'_>, room: u64) -> Result<Held, Spilt> {
        let mut keeper = Keeper::open(self.storage, self.file("chunk"), &request.faults)?;
        let mut bytes = 0;
        while let Some(data) = feed.next().await {
            let data = data?;
            bytes += data.len() as u64;
            if bytes > room {
                return Err(Spilt::TooLong);
            }
            keeper.put(data).await?;
        }
        keeper.close().await
    }

    async fn mkfile(&self, request: &Request, body: &[u8]) -> Result<Done, Done> {
        let path = segments(request.head.uri.path());
        let size = number(path.first())?;
        let sender = self.sender(request)?;
        let key = path
            .iter()
            .position(|word| *word == "key")
            .and_then(|at| path.get(at + 1))
            .and_then(|key| String::from_utf8(URL_SAFE.decode(key).ok()?).ok());
        let key = sender
            .key
            .clone()
            .or(key)
            .ok_or(No(400, "there is no key"))?;
        let list = String::from_utf8_lossy(body).into_owned();
        let (chunks, bytes, name) = {
            let mut state = self.state.lock();
            state.purge(self.clock.now_ms());
            let once = (sender.batch.clone(), list.clone());
            if let Some(answer) = state.joined.get(&once).cloned() {
                return match state.switches.mkfile_replay {
                    Replay::SameAnswer => Ok(Done::Stored(answer)),
                    Replay::Exists => {
                        Err(No(state.switches.exists_status, "the file exists").into())
                    }
                    Replay::Refuse => {
                        Err(No(state.switches.merge_error_status, "a block is missing").into())
                    }
                };
            }
            for fault in &request.faults {
                if let Fault::Purge { all } = fault {
                    let gone = if *all { usize::MAX } else { 1 };
                    let ctxs: Vec<String> = list.split(',').take(gone).map(str::to_owned).collect();
                    for ctx in &ctxs {
                        state.forget_handle(ctx);
                    }
                }
            }
            let (chunks, bytes) = whole(&state, &sender, &list)?;
            if bytes != size {
                return Err(No(400, "the blocks do not add up to the file").into());
            }
            let name = format!("{}:{key}", sender.policy.bucket);
            may_store(&state, &sender.policy, &name, bytes)?;
            (chunks, bytes, name)
        };
        let object = self.joined(chunks, bytes).await?;
        let mut state = self.state.lock();
        for ctx in list.split(',') {
            state.forget_handle(ctx);
        }
        let done = self.stored(&mut state, request, &name, &key, object);
        if let Done::Stored(answer) = &done {
            state.joined.insert((sender.batch, list), answer.clone());
        }
        Ok(done)
    }

    async fn joined(&self, chunks: Vec<PathBuf>, bytes: u64) -> Result<Object, Spilt> {
        let mut object = Object {
            bytes,
            etag: None,
            sha256: None,
            file: None,
            times: 1,
        };
        if self.storage == Storage::Files {
            let target = self.file("stored");
            let path = target.clone();
            let done = tokio::task::spawn_blocking(move || join(&chunks, &path)).await;
            let Ok(Ok((_, etag, sha256))) = done else {
                return Err(Spilt::DiskFull);
            };
            (object.etag, object.sha256, object.file) = (Some(etag), Some(sha256), Some(target));
        }
        Ok(object)
    }

    /// The file is stored; the video service is told, or not.
    fn stored(
        &self,
        state: &mut State,
        request: &Request,
        name: &str,
        key: &str,
        mut object: Object,
    ) -> Done {
        let now_ms = self.clock.now_ms();
        let mut hash = object.etag.clone();
        if let Some(earlier) = state.objects.remove(name) {
            object.times += earlier.times;
            if let Some(file) = earlier.file {
                let _ = std::fs::remove_file(file);
            }
        }
        state.objects.insert(name.to_owned(), object);
        let mut told = Some(now_ms);
        for fault in &request.faults {
            match fault {
                Fault::CallbackFails { late_ms } => {
                    told = late_ms.map(|ms| now_ms + i64::try_from(ms).unwrap_or(i64::MAX / 4));
                }
                Fault::WrongHash => hash = Some("FiqubDXJT8-0FdvpX0CLnOke6Ebt".into()),
                Fault::NoHash => hash = None,
                _ => {}
            }
        }
        if let Some(video) = state.videos.iter_mut().find(|video| video.key == key) {
            video.stored_ms = Some(now_ms);
            video.told_ms = told;
        }
        if told != Some(now_ms) {
            return Done::No(No(579, "the file is stored and its callback failed"));
        }
        let mut answer = json!({ "key": key, "response": "{\"code\":200}" });
        if let Some(hash) = hash {
            answer["hash"] = json!(hash);
        }
        Done::Stored(answer)
    }

    /// The parts of a form, in whatever order they come; those nobody knows are ignored.
    async fn parts(
        &self,
        request: &Request,
        mut parts: multer::Multipart<'_>,
    ) -> Result<Form, Done> {
        let broken = |_| Done::No(No(400, "the form is broken"));
        let mut form = Form::default();
        while let Some(mut field) = parts.next_field().await.map_err(broken)? {
            match field.name().unwrap_or("") {
                "token" => form.token = Some(field.text().await.map_err(broken)?),
                "key" => form.key = Some(field.text().await.map_err(broken)?),
                "file" => {
                    let mut keeper =
                        Keeper::open(self.storage, self.file("chunk"), &request.faults)?;
                    while let Some(data) = field.chunk().await.map_err(broken)? {
                        keeper.put(data).await?;
                    }
                    form.held = Some(keeper.close().await?);
                }
                _ => {}
            }
        }
        Ok(form)
    }

    async fn form(&self, request: &Request, feed: &mut Feed<'_>) -> Result<Done, Done> {
        let boundary = multer::parse_boundary(request.header("content-type"))
            .map_err(|_| No(400, "a multipart form is expected"))?;
        let _at_once = AtOnce::enter(self)?;
        let (pieces, inbox) = mpsc::channel::<io::Result<Bytes>>(4);
        let pump = async move {
            while let Some(data) = feed.next().await {
                let (data, spilt) = match data {
                    Ok(data) => (Ok(data), None),
                    Err(spilt) => (Err(io::Error::other("the body ended early")), Some(spilt)),
                };
                if pieces.send(data).await.is_err() || spilt.is_some() {
                    return spilt;
                }
            }
            None
        };
        let body = stream::unfold(inbox, |mut inbox| async move {
            let data = inbox.recv().await?;
            Some((data, inbox))
        });
        let parse = self.parts(request, multer::Multipart::new(body, boundary));
        let (spilt, parts) = tokio::join!(pump, parse);
        if let Some(spilt) = spilt {
            return Err(spilt.into());
        }
        let Form { token, key, held } = parts?;
        let (Some(token), Some(held)) = (token, held) else {
            return Err(No(400, "a part is missing").into());
        };
        let (key, name) = {
            let state = self.state.lock();
            let policy = self.policy(&state, &token)?;
            let key = policy
                .key
                .clone()
                .or(key)
                .ok_or(No(400, "there is no key"))?;
            let name = format!("{}:{key}", policy.bucket);
            if held.bytes > state.switches.form_max {
                return Err(No(413, "larger than a form may be").into());
            }
            may_store(&state, &policy, &name, held.bytes)?;
            (key, name)
        };
        let object = self
            .joined(held.file.into_iter().collect(), held.bytes)
            .await?;
        let mut state = self.state.lock();
        Ok(self.stored(&mut state, request, &name, &key, object))
    }
}

#[derive(Default)]
struct Form {
    token: Option<String>,
    key: Option<String>,
    held: Option<Held>,
}

fn wrong_handle(state: &State) -> No {
    No(
        state.switches.ctx_error_status,
        "the handle or the offset is wrong",
    )
}

/// The block behind a handle that may be used: batch and index.
fn standing(state: &State, sender: &Sender, ctx: &str, offset: u64) -> Result<(String, u64), No> {
    let (batch, index, generation) = state.handles.get(ctx).ok_or(wrong_handle(state))?;
    let block = state
        .blocks
        .get(&(batch.clone(), *index))
        .ok_or(wrong_handle(state))?;
    let is_ours = !state.switches.batch_check
        || (*batch == sender.batch && block.scope == sender.policy.scope());
    let is_latest = block.generation == *generation && block.ctx == ctx && block.offset == offset;
    let repeated = state.switches.bput_replay == Replay::SameAnswer
        && block
            .last
            .as_ref()
            .is_some_and(|(last, at, ..)| last == ctx && *at == offset);
    if is_ours && (is_latest || repeated) {
        Ok((batch.clone(), *index))
    } else {
        Err(wrong_handle(state))
    }
}

/// The chunks of all blocks in order, and their bytes.
fn whole(state: &State, sender: &Sender, list: &str) -> Result<(Vec<PathBuf>, u64), No> {
    let missing = No(
        state.switches.merge_error_status,
        "a block is missing or incomplete",
    );
    let (mut chunks, mut bytes) = (Vec::new(), 0);
    let ctxs: Vec<&str> = list.split(',').collect();
    for (number, ctx) in ctxs.iter().enumerate() {
        let (batch, index, generation) = state.handles.get(*ctx).ok_or(missing)?;
        let block = state.blocks.get(&(batch.clone(), *index)).ok_or(missing)?;
        let is_last = number + 1 == ctxs.len();
        let right = *index == number as u64
            && block.generation == *generation
            && block.ctx == *ctx
            && block.offset == block.size
            && (!state.switches.batch_check
                || (*batch == sender.batch && block.scope == sender.policy.scope()))
            && (is_last || !state.switches.strict_block_size || block.size.is_multiple_of(PIECE));
        if !right {
            return Err(missing);
        }
        chunks.extend(block.chunks.iter().cloned());
        bytes += block.size;
    }
    Ok((chunks, bytes))
}

fn may_store(state: &State, policy: &Policy, name: &str, bytes: u64) -> Result<(), No> {
    if policy.size_max > 0 && bytes > policy.size_max {
        return Err(No(
            state.switches.too_large_status,
            "larger than fsizeLimit",
        ));
    }
    if state.objects.contains_key(name) && !policy.overwrite {
        return Err(No(state.switches.exists_status, "the file exists"));
    }
    Ok(())
}

/// The success body of a stored file, as the switch has it.
pub(crate) fn shaped(answer: &Value, shape: Shape) -> (Bytes, &'static str) {
    match shape {
        Shape::Json => (answer.to_string().into(), "application/json"),
        Shape::Text => {
            let hash = answer.get("hash").and_then(Value::as_str).unwrap_or("");
            (URL_SAFE.encode(format!("hash={hash}")).into(), "text/plain")
        }
        Shape::Callback => (
            "{\"code\":200,\"message\":\"success\"}".into(),
            "application/json",
        ),
    }
}

/// A body that is being received.
struct AtOnce<'a>(&'a World);

impl<'a> AtOnce<'a> {
    fn enter(world: &'a World) -> Result<Self, No> {
        let mut state = world.state.lock();
        if state
            .switches
            .max_parallel
            .is_some_and(|most| state.at_once >= most)
        {
            return Err(No(503, "too many requests at once"));
        }
        state.at_once += 1;
        state.record.at_once_most = state.record.at_once_most.max(state.at_once);
        Ok(Self(world))
    }
}

impl Drop for AtOnce<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.at_once = state.at_once.saturating_sub(1);
    }
}
