//! What link this machine's traffic takes now: whether there is one, of which kind, whether it costs, what it is called, how long its round trips are.
//!
//! Decides nothing about uploads. What is particular to a system is in its own module behind `look` and `Hints`: Linux asks NetworkManager,
//! then the desktop's portal, then its routes; Windows asks for the cost of its connection, macOS for that of its path; elsewhere nothing is
//! known.
//! Always holds: a hint only wakes, what is told is read afresh; what cannot be asked within a second is not waited for; what no source tells
//! is told as unknown, never as free.

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod system;
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
#[path = "other.rs"]
mod system;

mod delay;

pub use delay::Delay;

use slipway_model::Link;
use std::time::Duration;
use tokio::sync::watch;

/// Hints come in crowds: the first wakes, and what is read this much later is told.
const SETTLE: Duration = Duration::from_millis(200);

/// Follows the link for as long as somebody listens. Until it has been looked at for the first time, there is none.
pub fn follow() -> watch::Receiver<Link> {
    let (tell, told) = watch::channel(Link::none());
    tokio::spawn(async move {
        let mut system = system::Sources::default();
        loop {
            let link = system.look().await;
            tell.send_if_modified(|known| {
                let is_new = *known != link;
                *known = link;
                is_new
            });
            tokio::select! {
                () = tell.closed() => return,
                () = system.hint() => tokio::time::sleep(SETTLE).await,
            }
        }
    });
    told
}

/// Looks once.
pub async fn look() -> Link {
    system::Sources::default().look().await
}
