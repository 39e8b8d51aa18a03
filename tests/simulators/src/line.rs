//! A relay on loopback that stands for the line between a client and a server.
//!
//! It caps, delays, stalls, resets, freezes and cuts; it never changes a byte. Knows nothing of HTTP. Always holds: the cap is
//! shared by all connections in one direction, as a line's is, and bytes in transit are bounded.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::meter::{Meter, Moved};

/// Read at once when nothing is capped; a capped line reads in small pieces, so that its rate is even.
const CHUNK_BYTES: usize = 128 * 1024;
const CAPPED_CHUNK_BYTES: usize = 8 * 1024;
/// Chunks under way on a delayed line. With the large chunk this covers 1 Gbit/s over 250 ms.
const CHUNKS_UNDER_WAY: usize = 256;

/// How a line is built.
#[derive(Clone, Debug)]
pub struct LineBuilder {
    far: SocketAddr,
    port: u16,
    up: Option<u64>,
    down: Option<u64>,
    delay: Duration,
    troubles: VecDeque<(u64, Trouble)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Stall,
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Working,
    Frozen,
    Cut,
}

impl LineBuilder {
    /// The near end's port; a free one without this.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Bytes per second towards the server.
    pub fn up(mut self, bytes_per_second: u64) -> Self {
        self.up = Some(bytes_per_second);
        self
    }

    /// Bytes per second towards the client.
    pub fn down(mut self, bytes_per_second: u64) -> Self {
        self.down = Some(bytes_per_second);
        self
    }

    /// One way; a round trip takes twice this.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The connection that carries the line's `bytes`th byte up falls silent, and stays open.
    pub fn stall_after(mut self, bytes: u64) -> Self {
        self.troubles.push_back((bytes, Trouble::Stall));
        self
    }

    /// The connection that carries the line's `bytes`th byte up is reset.
    pub fn reset_after(mut self, bytes: u64) -> Self {
        self.troubles.push_back((bytes, Trouble::Reset));
        self
    }

    /// # Errors
    /// When the port cannot be had.
    pub async fn start(mut self) -> io::Result<Line> {
        self.troubles
            .make_contiguous()
            .sort_by_key(|(bytes, _)| *bytes);
        let near = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let address = near.local_addr()?;
        let wire = Arc::new(Wire {
            far: self.far,
            delay: self.delay,
            up: Way::capped(self.up),
            down: Way::capped(self.down),
            troubles: Mutex::new(self.troubles),
            mode: watch::channel(Mode::Working).0,
            connections: Mutex::default(),
        });
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(accept(near, wire.clone(), stop.clone(), tasks.clone()));
        tasks.close();
        Ok(Line {
            address,
            wire,
            stop,
            tasks,
        })
    }
}

/// A running line. Dropping it ends it and everything on it.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    wire: Arc<Wire>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What a line has carried.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    pub up: Moved,
    pub down: Moved,
    /// Connections made since the start.
    pub connections: u64,
}

impl Line {
    /// A line whose far end is `far`.
    pub fn to(far: SocketAddr) -> LineBuilder {
        LineBuilder {
            far,
            port: 0,
            up: None,
            down: None,
            delay: Duration::ZERO,
            troubles: VecDeque::new(),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn traffic(&self) -> Traffic {
        Traffic {
            up: self.wire.up.meter.read(),
            down: self.wire.down.meter.read(),
            connections: *self.wire.connections.lock(),
        }
    }

    /// Returns as soon as `bytes` have gone up since the start.
    pub async fn carried_up(&self, bytes: u64) {
        self.wire.up.meter.reach(bytes).await;
    }

    /// Sets the cap towards the server; `None` lifts it.
    pub fn set_up(&self, bytes_per_second: Option<u64>) {
        self.wire.up.pace.lock().bytes_per_second = bytes_per_second;
    }

    /// Nothing moves, and no connection ends: a dead spot.
    pub fn freeze(&self) {
        self.wire.mode.send_replace(Mode::Frozen);
    }

    /// Every connection is reset, and new ones are too: the cable is out.
    pub fn cut(&self) {
        self.wire.mode.send_replace(Mode::Cut);
    }

    /// Ends a freeze or a cut.
    pub fn restore(&self) {
        self.wire.mode.send_replace(Mode::Working);
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Debug)]
struct Wire {
    far: SocketAddr,
    delay: Duration,
    up: Way,
    down: Way,
    troubles: Mutex<VecDeque<(u64, Trouble)>>,
    mode: watch::Sender<Mode>,
    connections: Mutex<u64>,
}

/// One direction.
#[derive(Debug)]
struct Way {
    meter: Meter,
    pace: Mutex<Pace>,
}

#[derive(Debug)]
struct Pace {
    bytes_per_second: Option<u64>,
    /// When the last byte given to the line will have left.
    free_at: Instant,
}

impl Way {
    fn capped(bytes_per_second: Option<u64>) -> Self {
        Self {
            meter: Meter::default(),
            pace: Mutex::new(Pace {
                bytes_per_second,
                free_at: Instant::now(),
            }),
        }
    }

    fn chunk(&self) -> usize {
        match self.pace.lock().bytes_per_second {
            Some(_) => CAPPED_CHUNK_BYTES,
            None => CHUNK_BYTES,
        }
    }

    /// When `bytes` will have left, in turn behind all that was given before.
    fn leave_at(&self, bytes: usize) -> Instant {
        let mut pace = self.pace.lock();
        let now = Instant::now();
        if let Some(rate) = pace.bytes_per_second {
            let takes = Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
            pace.free_at = pace.free_at.max(now) + takes;
            pace.free_at
        } else {
            now
        }
    }
}

async fn accept(near: TcpListener, wire: Arc<Wire>, stop: CancellationToken, tasks: TaskTracker) {
    loop {
        let stream = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = near.accept() => accepted,
        };
        let Ok((stream, _)) = stream else {
            tokio::task::yield_now().await;
            continue;
        };
        *wire.connections.lock() += 1;
        let (wire, stop) = (wire.clone(), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = relay(stream, &wire) => {}
            }
        });
    }
}

async fn relay(mut near: TcpStream, wire: &Wire) {
    if *wire.mode.borrow() == Mode::Cut {
        let _ = near.set_zero_linger();
        return;
    }
    let Ok(mut far) = TcpStream::connect(wire.far).await else {
        let _ = near.set_zero_linger();
        return;
    };
    let _ = near.set_nodelay(true);
    let _ = far.set_nodelay(true);
    let mut mode = wire.mode.subscribe();
    let ended = {
        let (near_in, near_out) = near.split();
        let (far_in, far_out) = far.split();
        tokio::select! {
            biased;
            _ = mode.wait_for(|mode| *mode == Mode::Cut) => Err(io::ErrorKind::ConnectionReset.into()),
            both = async {
                tokio::try_join!(
                    pump(near_in, far_out, wire, &wire.up, true),
                    pump(far_in, near_out, wire, &wire.down, false),
                )
            } => both,
        }
    };
    if ended.is_err() {
        let _ = near.set_zero_linger();
        let _ = far.set_zero_linger();
    }
}

/// Carries one direction until it ends, then closes it for writing on the other side.
async fn pump(
    mut from: tokio::net::tcp::ReadHalf<'_>,
    mut to: tokio::net::tcp::WriteHalf<'_>,
    wire: &Wire,
    way: &Way,
    up: bool,
) -> io::Result<()> {
    let (send, mut arrive) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_UNDER_WAY);
    let near_end = async move {
        loop {
            let mut chunk = vec![0; way.chunk()];
            let got = from.read(&mut chunk).await?;
            if got == 0 {
                return Ok::<(), io::Error>(());
            }
            chunk.truncate(got);
            let leaves = way.leave_at(got);
            tokio::time::sleep_until(leaves).await;
            working(wire).await;
            way.meter.add(got as u64);
            if up {
                match wire.trouble() {
                    Some(Trouble::Stall) => std::future::pending().await,
                    Some(Trouble::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
                    None => {}
                }
            }
            if send.send((leaves + wire.delay, chunk)).await.is_err() {
                return Ok(());
            }
        }
    };
    let far_end = async move {
        while let Some((at, chunk)) = arrive.recv().await {
            tokio::time::sleep_until(at).await;
            working(wire).await;
            to.write_all(&chunk).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(near_end, far_end).map(|_| ())
}

async fn working(wire: &Wire) {
    let mut mode = wire.mode.subscribe();
    // The sender lives in `wire`, so the wait cannot fail.
    let _ = mode.wait_for(|mode| *mode != Mode::Frozen).await;
}

impl Wire {
    /// The trouble whose byte has just gone up, once.
    fn trouble(&self) -> Option<Trouble> {
        let mut troubles = self.troubles.lock();
        let (at, _) = troubles.front()?;
        (self.up.meter.total() >= *at)
            .then(|| troubles.pop_front())
            .flatten()
            .map(|(_, trouble)| trouble)
    }
}
