//! Linux: NetworkManager knows most, the desktop's portal knows whether a link costs, the routes know by which interface traffic leaves.
//!
//! Each is asked in turn, until one answers. A bus that is away is called again every few seconds; meanwhile routes are looked at each second.

mod network_manager;
mod portal;
mod routes;
pub(crate) mod sockets;

use futures_util::{StreamExt as _, stream};
use slipway_model::{Link, Metered, network::Teller};
use std::{path::Path, time::Duration};
use tokio::time::{Instant, timeout};
use zbus::{Connection, MatchRule, MessageStream, message::Type};

/// What does not answer in this time is taken for absent.
const PATIENCE: Duration = Duration::from_secs(1);
/// Routes tell nothing by themselves.
const ROUTES_EVERY: Duration = Duration::from_secs(1);
/// Where something tells of changes, it is looked at this often all the same.
const ANYWAY_EVERY: Duration = Duration::from_secs(30);
/// A bus that is not there is called again after this.
const CALL_AGAIN: Duration = Duration::from_secs(5);
const PROC_NET: &str = "/proc/net";

#[derive(Default)]
pub(crate) struct Sources {
    system: Bus,
    session: Bus,
    told_by: Option<Teller>,
    no_portal_at: Option<Instant>,
}

/// A bus, and what it tells of whom one listens to.
#[derive(Default)]
struct Bus {
    line: Option<Line>,
    failed_at: Option<Instant>,
}

impl Bus {
    /// Calls it where it is not there, and listens to the service of that name.
    async fn connection(
        &mut self,
        to: fn() -> Calling,
        service: &'static str,
    ) -> Option<Connection> {
        if self.line.is_none() {
            if self.failed_at.is_some_and(|at| at.elapsed() < CALL_AGAIN) {
                return None;
            }
            match timeout(PATIENCE, listen(to(), service)).await {
                Ok(Ok(line)) => self.line = Some(line),
                Ok(Err(error)) => tracing::debug!(%error, service, "no bus"),
                Err(_) => tracing::debug!(service, "the bus does not answer"),
            }
            self.failed_at = self.line.is_none().then(Instant::now);
        }
        self.line.as_ref().map(|(connection, _)| connection.clone())
    }

    /// The next word of the service; for ever where there is no bus.
    async fn word(&mut self) {
        match &mut self.line {
            None => std::future::pending().await,
            Some((_, stream)) => {
                if !matches!(stream.next().await, Some(Ok(_))) {
                    self.line = None; // the bus has gone
                }
            }
        }
    }
}

/// What the service says, and that it comes or goes.
type Line = (Connection, stream::Select<MessageStream, MessageStream>);
type Calling = std::pin::Pin<Box<dyn Future<Output = zbus::Result<Connection>> + Send>>;

async fn listen(calling: Calling, service: &'static str) -> zbus::Result<Line> {
    let connection = calling.await?;
    let signal = || MatchRule::builder().msg_type(Type::Signal);
    let says = signal().sender(service)?.build();
    let comes_and_goes = signal()
        .sender("org.freedesktop.DBus")?
        .member("NameOwnerChanged")?
        .arg(0, service)?
        .build();
    let says = MessageStream::for_match_rule(says, &connection, None).await?;
    let comes = MessageStream::for_match_rule(comes_and_goes, &connection, None).await?;
    Ok((connection, stream::select(says, comes)))
}

impl Sources {
    pub(crate) async fn look(&mut self) -> Link {
        let link = self.ask().await;
        self.told_by = Some(link.told_by);
        link
    }

    async fn ask(&mut self) -> Link {
        let bus = self
            .system
            .connection(|| Box::pin(Connection::system()), network_manager::NAME);
        if let Some(bus) = bus.await
            && let Some(link) = asked(network_manager::look(&bus)).await
            // It says there is none of a network that it does not manage, too.
            && (link.online || !routes::lead_out(Path::new(PROC_NET)))
        {
            return link;
        }
        let routes = routes::look(Path::new(PROC_NET), Path::new("/sys/class/net"));
        if let Some(status) = self.portal().await {
            return Link {
                online: status.available && routes.online,
                metered: if status.metered {
                    Metered::Yes
                } else {
                    Metered::Unknown
                },
                told_by: Teller::Portal,
                ..routes
            };
        }
        routes
    }

    async fn portal(&mut self) -> Option<portal::Status> {
        if self
            .no_portal_at
            .is_some_and(|at| at.elapsed() < ANYWAY_EVERY)
        {
            return None;
        }
        let bus = self
            .session
            .connection(|| Box::pin(Connection::session()), portal::NAME);
        let status = asked(portal::look(&bus.await?)).await;
        self.no_portal_at = status.is_none().then(Instant::now);
        status
    }

    /// Until it may be worth looking again. May be dropped while waiting.
    pub(crate) async fn hint(&mut self) {
        let pause = match self.told_by {
            Some(Teller::NetworkManager) => ANYWAY_EVERY,
            _ => ROUTES_EVERY,
        };
        tokio::select! {
            () = self.system.word() => {}
            () = self.session.word() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The answer, when there is one in time.
async fn asked<T>(question: impl Future<Output = zbus::Result<T>>) -> Option<T> {
    match timeout(PATIENCE, question).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            tracing::debug!(%error, "no answer about the network");
            None
        }
        Err(_) => None,
    }
}
