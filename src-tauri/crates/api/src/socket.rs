//! The way in for other programs of the same user: the engine's owner answers on a local socket beside its queue.
//!
//! Frames are lines of JSON. The server greets with `{"slipway":"0.1.0","protocol":1}`; then `{"id":1,"command":"accounts","request":{}}` is answered with
//! `{"id":1,"ok":…}` or `{"id":1,"err":{"code":…}}`, in order. After `follow` the line only carries `{"happening":…}` and `{"lost":3}`.
//! Whoever serves holds the lock of the data folder, so a socket that lies there before is stale. Invariants: a peer of another user is not heard, and no
//! frame is read beyond its bound. Secrets may come in by here; none goes out.

#[allow(
    clippy::wildcard_imports,
    reason = "the list of commands names most of what is there"
)]
use crate::wire::*;
use crate::{Api, Failure};
use interprocess::local_socket::{
    ConnectOptions, ListenerOptions, Name,
    tokio::{Listener, Stream, prelude::*},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use slipway_engine::happening::Happening;
use slipway_model::{AccountId, DraftId, UploadId, WatchId, line::Line};
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    sync::broadcast::error::RecvError,
    task::{JoinHandle, JoinSet},
};

/// Grows when an older program could misread a frame.
const PROTOCOL: u32 = 1;
/// No frame is longer, in bytes: ample for a hundred thousand ids or ten thousand paths.
const FRAME_MAX_BYTES: u64 = 16 << 20;
/// Programs served at once.
const CONNECTIONS_MAX: usize = 64;
/// Rest after a failed accept: most often too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(Serialize, Deserialize)]
struct Greeting {
    slipway: String,
    protocol: u32,
}

#[derive(Deserialize)]
struct Question {
    id: u64,
    command: String,
    #[serde(default)]
    request: Option<Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Ok(Value),
    Err(Failure),
}

#[derive(Serialize, Deserialize)]
struct Answer {
    id: u64,
    #[serde(flatten)]
    outcome: Outcome,
}

/// What one hears who follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    Happening(Happening),
    /// So many came too fast to be told.
    Lost(u64),
}

/// Serves until it is closed or dropped.
pub struct Server {
    task: JoinHandle<()>,
    place: Place,
}

impl Server {
    /// Starts to answer for the engine of `data_dir`. The caller holds that folder's lock.
    pub async fn start(api: Api, data_dir: &Path) -> io::Result<Self> {
        let (listener, place) = Place::listen(data_dir)?;
        let task = tokio::spawn(accept(api, listener, place.owner()));
        Ok(Self { task, place })
    }

    /// Ends all connections and takes the socket away.
    pub async fn close(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.place.clear();
    }
}

async fn accept(api: Api, listener: Listener, owner: Option<u32>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            taken = listener.accept(), if connections.len() < CONNECTIONS_MAX => match taken {
                Ok(stream) if is_peer(&stream, owner) => {
                    let api = api.clone();
                    connections.spawn(async move {
                        if let Err(error) = converse(api, &stream).await {
                            tracing::debug!(%error, "a local connection broke off");
                        }
                    });
                }
                Ok(_) => tracing::warn!("a program of another user was turned away"),
                Err(error) => {
                    tracing::warn!(%error, "the local socket took no connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

/// Whether the other end belongs to the user who owns the socket. Where the system does not tell, the socket's permissions decide alone.
fn is_peer(stream: &Stream, owner: Option<u32>) -> bool {
    #[cfg(unix)]
    {
        let peer = stream.peer_creds().ok().and_then(|creds| creds.euid());
        peer.zip(owner).is_none_or(|(peer, owner)| peer == owner)
    }
    #[cfg(not(unix))]
    {
        let _ = (stream, owner);
        true
    }
}

async fn converse(api: Api, stream: &Stream) -> io::Result<()> {
    let mut frames = Frames::new(BufReader::new(stream));
    let mut writer = stream;
    let greeting = Greeting {
        slipway: env!("CARGO_PKG_VERSION").into(),
        protocol: PROTOCOL,
    };
    write_frame(&mut writer, &greeting).await?;
    loop {
        let frame = match frames.next().await {
            Ok(Some(frame)) => frame,
            Ok(None) => return Ok(()),
            Err(error) => {
                if error.kind() == io::ErrorKind::FileTooLarge {
                    let outcome = Outcome::Err(
                        Failure::new("request_too_large").with("max_bytes", FRAME_MAX_BYTES),
                    );
                    write_frame(&mut writer, &Answer { id: 0, outcome }).await?;
                }
                return Err(error);
            }
        };
        let Ok(Question {
            id,
            command,
            request,
        }) = serde_json::from_slice(&frame)
        else {
            let outcome = Outcome::Err(Failure::new("request_malformed").with("command", "–"));
            return write_frame(&mut writer, &Answer { id: 0, outcome }).await;
        };
        if command == "follow" {
            return follow(&api, id, frames, writer).await;
        }
        let request = request.unwrap_or_else(|| json!({}));
        let outcome = match call(&api, &command, request).await {
            Ok(answer) => Outcome::Ok(answer),
            Err(failure) => Outcome::Err(failure),
        };
        write_frame(&mut writer, &Answer { id, outcome }).await?;
    }
}

/// Tells what happens until either side ends.
async fn follow(
    api: &Api,
    id: u64,
    mut frames: Frames<impl AsyncBufRead + Unpin>,
    mut writer: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut happenings = api.happenings();
    let outcome = Outcome::Ok(Value::Null);
    write_frame(&mut writer, &Answer { id, outcome }).await?;
    loop {
        let heard = tokio::select! {
            _ = frames.next() => return Ok(()), // whatever is said now, the talk is over
            heard = happenings.recv() => match heard {
                Ok(happening) => Heard::Happening(happening),
                Err(RecvError::Lagged(count)) => Heard::Lost(count),
                Err(RecvError::Closed) => return Ok(()),
            },
        };
        write_frame(&mut writer, &heard).await?;
    }
}

macro_rules! window_call {
    ($($name:ident($request:ty) -> $answer:ty),* $(,)?) => {
        /// `Err` gives the request back when the command is not in the list.
        async fn window_call(api: &Api, command: &str, request: Value) -> Result<Result<Value, Failure>, Value> {
            match command {
                $(stringify!($name) => Ok(match understand::<$request>(command, request) {
                    Ok(request) => api.$name(request).await.map(answer),
                    Err(failure) => Err(failure),
                }),)*
                _ => Err(request),
            }
        }
    };
}
macro_rules! local_call {
    ($($name:ident($request:ty) -> $answer:ty),* $(,)?) => {
        async fn local_call(api: &Api, command: &str, request: Value) -> Result<Value, Failure> {
            match command {
                $(stringify!($name) => api.$name(understand::<$request>(command, request)?).await.map(answer),)*
                _ => Err(Failure::new("command_unknown").with("command", command)),
            }
        }
    };
}
crate::window_commands!(window_call);
crate::local_commands!(local_call);

async fn call(api: &Api, command: &str, request: Value) -> Result<Value, Failure> {
    match window_call(api, command, request).await {
        Ok(outcome) => outcome,
        Err(request) => local_call(api, command, request).await,
    }
}

fn understand<R: DeserializeOwned>(command: &str, request: Value) -> Result<R, Failure> {
    serde_json::from_value(request).map_err(|_| {
        // What was wrong is left out: it may quote a secret.
        Failure::new("request_malformed").with("command", command)
    })
}

fn answer(answer: impl Serialize) -> Value {
    serde_json::to_value(answer).expect("wire forms have text keys and finite numbers")
}

async fn write_frame(
    writer: &mut (impl AsyncWrite + Unpin),
    frame: &impl Serialize,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(frame)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    writer.flush().await
}

/// Frames as they come. Dropping [`Frames::next`] loses nothing: what was read of a frame is kept for the next call.
struct Frames<R> {
    reader: R,
    partial: Vec<u8>,
}

impl<R: AsyncBufRead + Unpin> Frames<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            partial: Vec::new(),
        }
    }

    /// `None` when the other end has closed between two frames.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let room = FRAME_MAX_BYTES + 1 - self.partial.len() as u64;
        let mut bounded = (&mut self.reader).take(room);
        bounded.read_until(b'\n', &mut self.partial).await?;
        match self.partial.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(std::mem::take(&mut self.partial))),
            Some(_) if self.partial.len() as u64 > FRAME_MAX_BYTES => {
                Err(io::ErrorKind::FileTooLarge.into())
            }
            Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// The engine of a data folder, in another process.
#[derive(Debug, Clone)]
pub struct Remote {
    data_dir: PathBuf,
}

impl Remote {
    /// `None` when no engine answers for this data folder.
    pub async fn find(data_dir: &Path) -> Result<Option<Self>, Failure> {
        Ok(Peer::open(data_dir).await?.map(|_| Self {
            data_dir: data_dir.to_owned(),
        }))
    }

    /// Asks on a line of its own: calls do not wait for each other.
    pub async fn call<A: DeserializeOwned>(
        &self,
        command: &str,
        request: &impl Serialize,
    ) -> Result<A, Failure> {
        let mut line = self.line().await?;
        let answer = line.ask(command, request).await?;
        serde_json::from_value(answer)
            .map_err(|_| Failure::new("request_malformed").with("command", command))
    }

    /// Happenings from the moment this returns.
    pub async fn follow(&self) -> Result<Followed, Failure> {
        let mut line = self.line().await?;
        line.ask("follow", &Empty {}).await?;
        Ok(Followed { line })
    }

    async fn line(&self) -> Result<Peer, Failure> {
        Peer::open(&self.data_dir)
            .await?
            .ok_or_else(|| Failure::new("engine_stopped"))
    }
}

/// A line that only listens.
pub struct Followed {
    line: Peer,
}

impl Followed {
    /// `None` when the engine ended. May be dropped and asked again.
    pub async fn next(&mut self) -> Option<Heard> {
        let frame = self.line.frames.next().await.ok()??;
        serde_json::from_slice(&frame).ok()
    }
}

struct Peer {
    frames: Frames<BufReader<Stream>>,
}

impl Peer {
    async fn open(data_dir: &Path) -> Result<Option<Self>, Failure> {
        let Ok(Some(stream)) = Place::connect(data_dir).await else {
            return Ok(None);
        };
        let mut frames = Frames::new(BufReader::new(stream));
        let Ok(Some(greeting)) = frames.next().await else {
            // It was about to end, or turned us away.
            return Err(Failure::new("socket_refused"));
        };
        match serde_json::from_slice(&greeting) {
            Ok(Greeting { protocol, .. }) if protocol == PROTOCOL => Ok(Some(Self { frames })),
            _ => Err(Failure::new("socket_refused")),
        }
    }

    async fn ask(&mut self, command: &str, request: &impl Serialize) -> Result<Value, Failure> {
        let stopped = |_| Failure::new("engine_stopped");
        let frame = json!({ "id": 1, "command": command, "request": request });
        write_frame(self.frames.reader.get_mut(), &frame)
            .await
            .map_err(stopped)?;
        let line = self
            .frames
            .next()
            .await
            .map_err(stopped)?
            .ok_or_else(|| Failure::new("engine_stopped"))?;
        let answer: Answer = serde_json::from_slice(&line)
            .map_err(|_| Failure::new("request_malformed").with("command", command))?;
        match answer.outcome {
            Outcome::Ok(value) => Ok(value),
            Outcome::Err(failure) => Err(failure),
        }
    }
}

use place::Place;

/// Where the socket lies: `slipway.sock` in the data folder; where that path is too long for a socket or the disk holds none, in a private folder elsewhere,
/// named by the file `socket` in the data folder.
#[cfg(unix)]
mod place {
    use super::*;
    use interprocess::{
        local_socket::{GenericFilePath, ToFsName},
        os::unix::local_socket::ListenerOptionsExt,
    };
    use std::{
        fs,
        os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    };

    /// `sun_path` has 108 bytes on Linux and 104 on macOS, the final zero included. Source: unix(7) and unix(4), read 2026-11-21.
    const PATH_MAX_BYTES: usize = 100;

    pub(super) struct Place {
        socket: PathBuf,
        /// The file that names a socket elsewhere.
        pointer: Option<PathBuf>,
    }

    impl Place {
        pub(super) fn listen(data_dir: &Path) -> io::Result<(Listener, Self)> {
            let pointer = data_dir.join("socket");
            if let Ok(stale) = fs::read_to_string(&pointer) {
                remove_socket(Path::new(&stale));
                let _ = fs::remove_file(&pointer);
            }
            let beside = data_dir.join("slipway.sock");
            remove_socket(&beside);
            if beside.as_os_str().len() <= PATH_MAX_BYTES
                && let Ok(listener) = bind(&beside)
            {
                let place = Self {
                    socket: beside,
                    pointer: None,
                };
                return Ok((listener, place));
            }
            let socket = private_dir()?.join("s");
            let listener = bind(&socket)?;
            let place = Self {
                pointer: Some(pointer.clone()),
                socket,
            };
            let path = place
                .socket
                .to_str()
                .ok_or(io::ErrorKind::InvalidFilename)?;
            fs::write(&pointer, path)?;
            Ok((listener, place))
        }

        pub(super) async fn connect(data_dir: &Path) -> io::Result<Option<Stream>> {
            let socket = match fs::read_to_string(data_dir.join("socket")) {
                Ok(elsewhere) => PathBuf::from(elsewhere),
                Err(_) => data_dir.join("slipway.sock"),
            };
            if socket.as_os_str().len() > PATH_MAX_BYTES {
                return Ok(None);
            }
            let options = ConnectOptions::new().name(name(&socket)?);
            match options.connect_tokio().await {
                Ok(stream) => Ok(Some(stream)),
                // Nobody listens: it is not there, or stale.
                Err(error) => {
                    tracing::debug!(%error, "no engine answers");
                    Ok(None)
                }
            }
        }

        /// The user who made the socket, which is ourselves.
        pub(super) fn owner(&self) -> Option<u32> {
            fs::symlink_metadata(&self.socket).ok().map(|m| m.uid())
        }

        pub(super) fn clear(&self) {
            remove_socket(&self.socket);
            if let Some(pointer) = &self.pointer {
                let _ = fs::remove_file(pointer);
                let _ = self.socket.parent().map(fs::remove_dir);
            }
        }
    }

    fn name(socket: &Path) -> io::Result<Name<'_>> {
        socket.to_fs_name::<GenericFilePath>()
    }

    fn bind(socket: &Path) -> io::Result<Listener> {
        let options = || -> io::Result<_> {
            Ok(ListenerOptions::new()
                .name(name(socket)?)
                .reclaim_name(false))
        };
        let listener = match options()?.mode(0o600).create_tokio() {
            // Only some systems take the mode before the bind; elsewhere the folder is the guard until the next line.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                options()?.create_tokio()?
            }
            made => made?,
        };
        fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    /// A new folder that only this user can enter. Made, never found: what lies in a shared folder may be another's.
    fn private_dir() -> io::Result<PathBuf> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let unique = format!(
            "slipway-{}-{}",
            std::process::id(),
            jiff::Timestamp::now().as_nanosecond()
        );
        let mut refused = io::Error::from(io::ErrorKind::NotFound);
        for base in runtime
            .into_iter()
            .chain([std::env::temp_dir(), "/tmp".into()])
        {
            let dir = base.join(&unique);
            if dir.as_os_str().len() + 2 > PATH_MAX_BYTES {
                continue;
            }
            match fs::DirBuilder::new().mode(0o700).create(&dir) {
                Ok(()) => return Ok(dir),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// Takes a socket away, and nothing else: a file of that name is not ours to remove.
    fn remove_socket(path: &Path) {
        if fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket()) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Where the pipe is: its name is made from the data folder's own path.
#[cfg(windows)]
mod place {
    use super::*;
    use interprocess::{
        local_socket::{GenericNamespaced, ToNsName},
        os::windows::{local_socket::ListenerOptionsExt, security_descriptor::SecurityDescriptor},
    };

    pub(super) struct Place;

    impl Place {
        pub(super) fn listen(data_dir: &Path) -> io::Result<(Listener, Self)> {
            // Full access for whoever made it and for the system; for nobody else, and not over the network.
            let access = widestring::u16cstr!("D:P(D;;GA;;;NU)(A;;GA;;;OW)(A;;GA;;;SY)");
            let listener = ListenerOptions::new()
                .name(name(data_dir)?)
                .security_descriptor(SecurityDescriptor::deserialize(access)?)
                .create_tokio()?;
            Ok((listener, Self))
        }

        pub(super) async fn connect(data_dir: &Path) -> io::Result<Option<Stream>> {
            let options = ConnectOptions::new().name(name(data_dir)?);
            Ok(options.connect_tokio().await.ok())
        }

        pub(super) fn owner(&self) -> Option<u32> {
            None
        }

        pub(super) fn clear(&self) {}
    }

    fn name(data_dir: &Path) -> io::Result<Name<'static>> {
        let path = std::fs::canonicalize(data_dir)?;
        let text = path.to_string_lossy().to_lowercase();
        let hash = blake3::hash(text.as_bytes()).to_hex();
        format!("slipway-{}", &hash[..32]).to_ns_name::<GenericNamespaced>()
    }
}
