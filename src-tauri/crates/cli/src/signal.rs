//! Asks to end: Ctrl-C, `kill`, a closed terminal. The first is heard, the second ends the process at once.

use std::io;

/// Numbers are POSIX's; a Ctrl-C on other systems counts as the same.
const INTERRUPT: u8 = 2;
#[cfg(unix)]
const TERMINATE: u8 = 15;
#[cfg(unix)]
const HANG_UP: u8 = 1;

pub(crate) struct Signals {
    #[cfg(unix)]
    heard: [(tokio::signal::unix::Signal, u8); 3],
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            heard: [
                (signal(SignalKind::interrupt())?, INTERRUPT),
                (signal(SignalKind::terminate())?, TERMINATE),
                (signal(SignalKind::hangup())?, HANG_UP),
            ],
        })
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The number of the next one. May be dropped and asked again.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> u8 {
        let [interrupt, terminate, hang_up] = &mut self.heard;
        tokio::select! {
            _ = interrupt.0.recv() => interrupt.1,
            _ = terminate.0.recv() => terminate.1,
            _ = hang_up.0.recv() => hang_up.1,
        }
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> u8 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        INTERRUPT
    }

    /// From now on the next one ends the process.
    pub(crate) fn end_at_next(mut self) {
        tokio::spawn(async move {
            let signal = self.next().await;
            std::process::exit(128 + i32::from(signal));
        });
    }
}
