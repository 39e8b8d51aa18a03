//! A proxy on loopback: HTTP (tunnels by CONNECT, and requests passed on) or SOCKS5, with a user and a password.
//!
//! Everything it lets through goes to one place, whatever was asked for, so that a host may be named that leads nowhere else. Knows
//! nothing of any platform. Always holds: what it was asked for is written down before anything is let through.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const HEAD_MAX_BYTES: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Http,
    Socks5,
}

/// What becomes of those that come with the right password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    LetThrough,
    /// These bytes, and the end: a page of its own, a status, nonsense.
    Answer(&'static str),
    /// SOCKS5's own refusal, e.g. 2 for 'not allowed'.
    Status(u8),
}

#[derive(Debug)]
struct Shared {
    kind: Kind,
    to: SocketAddr,
    user: Option<(String, String)>,
    manner: Mutex<Manner>,
    seen: Mutex<ProxySeen>,
}

/// What a proxy was asked for.
#[derive(Clone, Debug, Default)]
pub struct ProxySeen {
    /// Host and port of each connection that was let through, as they were asked for.
    pub targets: Vec<String>,
    /// Requests for them that were turned away for their user or password.
    pub unknown_users: usize,
    /// Bytes towards the platform, of connections that have ended.
    pub up_bytes: u64,
}

/// A running proxy. Dropping it ends it and everything that goes through it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

impl Proxy {
    /// # Errors
    /// When no port can be had.
    pub async fn http(to: SocketAddr, user: Option<(&str, &str)>) -> io::Result<Self> {
        Self::start(Kind::Http, to, user).await
    }

    /// # Errors
    /// When no port can be had.
    pub async fn socks5(to: SocketAddr, user: Option<(&str, &str)>) -> io::Result<Self> {
        Self::start(Kind::Socks5, to, user).await
    }

    async fn start(kind: Kind, to: SocketAddr, user: Option<(&str, &str)>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let shared = Arc::new(Shared {
            kind,
            to,
            user: user.map(|(name, password)| (name.to_owned(), password.to_owned())),
            manner: Mutex::new(Manner::LetThrough),
            seen: Mutex::default(),
        });
        let this = Self {
            address: listener.local_addr()?,
            shared: shared.clone(),
            stop: CancellationToken::new(),
        };
        let stop = this.stop.clone();
        let accepting = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, stop) = (shared.clone(), stop.clone());
                tokio::spawn(async move {
                    // A connection that ends in the middle is the client's to notice.
                    stop.run_until_cancelled(shared.serve(stream)).await;
                });
            }
        };
        let stop = this.stop.clone();
        tokio::spawn(async move { stop.run_until_cancelled(accepting).await });
        Ok(this)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn behave(&self, manner: Manner) {
        *self.shared.manner.lock() = manner;
    }

    pub fn seen(&self) -> ProxySeen {
        self.shared.seen.lock().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Shared {
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        match self.kind {
            Kind::Http => self.serve_http(stream).await,
            Kind::Socks5 => self.serve_socks(stream).await,
        }
    }

    async fn serve_http(&self, mut near: TcpStream) -> io::Result<()> {
        let mut read = Vec::new();
        let end = loop {
            if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if read.len() > HEAD_MAX_BYTES || near.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let body = read.split_off(end);
        let Ok(head) = String::from_utf8(read) else {
            return Ok(());
        };
        let mut lines = head.trim_end().split("\r\n");
        let first = lines.next().unwrap_or_default();
        let [method, target, version] = first.split(' ').collect::<Vec<_>>()[..] else {
            return end_with(
                near,
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            )
            .await;
        };
        let is_ours = |line: &&str| !line.to_ascii_lowercase().starts_with("proxy-");
        let given = lines.clone().find(|line| !is_ours(line));
        let wanted = self.user.as_ref().map(|(name, password)| {
            let basic = STANDARD.encode(format!("{name}:{password}"));
            format!("proxy-authorization: basic {}", basic.to_ascii_lowercase())
        });
        if wanted.is_some() && wanted != given.map(str::to_ascii_lowercase) {
            self.seen.lock().unknown_users += 1;
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"p\"\r\ncontent-length: 0\r\n\r\n";
            return end_with(near, answer).await;
        }
        if let Manner::Answer(answer) = self.manner() {
            return end_with(near, answer).await;
        }
        if method == "CONNECT" {
            let far = self.connect(target).await?;
            near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await?;
            return self.join(near, far, &[]).await;
        }
        let Some((host, path)) = target
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
        else {
            return end_with(
                near,
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            )
            .await;
        };
        // One request for each connection: each is looked at.
        let mut passed = format!("{method} /{path} {version}\r\nconnection: close\r\n");
        for line in lines.filter(is_ours) {
            passed.push_str(line);
            passed.push_str("\r\n");
        }
        passed.push_str("\r\n");
        let far = self.connect(host).await?;
        self.join(near, far, &[passed.as_bytes(), &body].concat())
            .await
    }

    async fn serve_socks(&self, mut near: TcpStream) -> io::Result<()> {
        let mut head = [0; 2];
        near.read_exact(&mut head).await?;
        if head[0] != 5 {
            return Ok(()); // no SOCKS5: hangs up
        }
        let mut methods = vec![0; usize::from(head[1])];
        near.read_exact(&mut methods).await?;
        let method = if self.user.is_some() { 2 } else { 0 };
        if !methods.contains(&method) {
            self.seen.lock().unknown_users += 1;
            return near.write_all(&[5, 0xff]).await;
        }
        near.write_all(&[5, method]).await?;
        if let Some((name, password)) = &self.user {
            near.read_u8().await?;
            let given = (text(&mut near).await?, text(&mut near).await?);
            let is_known = given == (name.clone(), password.clone());
            near.write_all(&[1, u8::from(!is_known)]).await?;
            if !is_known {
                self.seen.lock().unknown_users += 1;
                return Ok(());
            }
        }
        let mut request = [0; 4];
        near.read_exact(&mut request).await?;
        let host = match request[3] {
            1 => Ipv4Addr::from_bits(near.read_u32().await?).to_string(),
            3 => text(&mut near).await?,
            _ => return Ok(()),
        };
        let port = near.read_u16().await?;
        let status = match self.manner() {
            Manner::Answer(answer) => return end_with(near, answer).await,
            Manner::Status(status) => status,
            Manner::LetThrough => 0,
        };
        let answer = [5, status, 0, 1, 0, 0, 0, 0, 0, 0];
        if status != 0 {
            return near.write_all(&answer).await;
        }
        let far = self.connect(&format!("{host}:{port}")).await?;
        near.write_all(&answer).await?;
        self.join(near, far, &[]).await
    }

    fn manner(&self) -> Manner {
        self.manner.lock().clone()
    }

    async fn connect(&self, target: &str) -> io::Result<TcpStream> {
        self.seen.lock().targets.push(target.to_owned());
        TcpStream::connect(self.to).await
    }

    async fn join(&self, mut near: TcpStream, mut far: TcpStream, first: &[u8]) -> io::Result<()> {
        far.write_all(first).await?;
        let (up, _) = copy_bidirectional(&mut near, &mut far).await?;
        self.seen.lock().up_bytes += up + first.len() as u64;
        Ok(())
    }
}

/// A length, and as many bytes.
async fn text(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = vec![0; usize::from(stream.read_u8().await?)];
    stream.read_exact(&mut bytes).await?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Reads on until the other side ends: hanging up on what it still says would take the answer from it.
async fn end_with(mut near: TcpStream, answer: &str) -> io::Result<()> {
    near.write_all(answer.as_bytes()).await?;
    near.shutdown().await?;
    tokio::io::copy(&mut near, &mut tokio::io::sink())
        .await
        .map(drop)
}
