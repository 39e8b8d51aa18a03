//! Accepts connections on loopback and speaks HTTP/1.1 on them.
//!
//! Knows nothing of any platform. Always holds: it listens on 127.0.0.1 alone, and when it is dropped its connections end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::Reply;

/// The connection ends without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HangUp {
    /// As a server that was closed in order (FIN).
    Close,
    /// As a server that died (RST).
    Reset,
}

impl std::fmt::Display for HangUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hung up")
    }
}

impl std::error::Error for HangUp {}

/// What becomes of a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// Reset before a byte is read.
    Shut,
    /// Held without ever being read.
    Dead,
}

pub(crate) trait Service: Send + Sync + 'static {
    fn gate(&self) -> Gate {
        Gate::Open
    }

    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Reply, HangUp>> + Send;
}

#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Listener {
    /// Listens on `port`, or on a free one when it is 0.
    pub(crate) async fn open<S: Service>(port: u16, service: Arc<S>) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let listener = Self {
            address: socket.local_addr()?,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let (stop, tasks) = (listener.stop.clone(), listener.tasks.clone());
        listener
            .tasks
            .spawn(async move { accept(socket, service, stop, tasks).await });
        listener.tasks.close();
        Ok(listener)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection and returns when the last has ended.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept<S: Service>(
    socket: TcpListener,
    service: Arc<S>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors: the next may fare better, but not at once.
            tokio::task::yield_now().await;
            continue;
        };
        let (service, stop) = (service.clone(), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = serve(stream, service) => {}
            }
        });
    }
}

async fn serve<S: Service>(stream: TcpStream, service: Arc<S>) {
    let _ = stream.set_nodelay(true);
    match service.gate() {
        Gate::Open => {}
        Gate::Shut => {
            let _ = stream.set_zero_linger();
            return;
        }
        Gate::Dead => return std::future::pending().await,
    }
    let reset = Arc::new(AtomicBool::new(false));
    let socket = Socket {
        stream,
        reset: reset.clone(),
    };
    let answer = service_fn(move |request| {
        let (service, reset) = (service.clone(), reset.clone());
        async move {
            service.answer(request).await.inspect_err(|hang_up| {
                reset.store(*hang_up == HangUp::Reset, Ordering::Relaxed);
            })
        }
    });
    // An error here is a connection that ended, and the service has recorded what mattered of it.
    let _ = http1::Builder::new()
        // A request that came whole takes its effect, whether or not its sender is still there.
        .half_close(true)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(socket), answer)
        .await;
}

/// A connection that can be made to end in a reset.
struct Socket {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}
