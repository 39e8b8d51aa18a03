//! logind as its clients see it, on a bus of its own: holds against sleep are seen taken and let go, and nothing ever ends.
//!
//! Only what is used of it here. Always holds: a hold counts as let go when its file is closed, however that comes.
//!
//! Source: `org.freedesktop.login1`, <https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html>, read 2026-11-22.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use parking_lot::Mutex;
use tokio::process::Child;
use tokio::sync::watch;
use zbus::{Connection, interface, zvariant};

use crate::bus;

const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// What was seen, in order, with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A hold: what is held, and how.
    Held(String, String),
    LetGo,
    /// A method that ends the day, and whether somebody may be asked.
    Ended(&'static str, bool),
}

type Record = Vec<(Instant, Seen)>;

/// A bus with this service on it. Both end when it is dropped.
pub struct Logind {
    folder: tempfile::TempDir,
    seen: watch::Receiver<Record>,
    service: Connection,
    _bus: Child,
}

impl Logind {
    /// `can` are the methods that may be called without anybody being asked, such as `PowerOff`.
    ///
    /// # Errors
    /// When there is no `dbus-daemon` here.
    pub async fn start(can: &[&'static str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = bus::address(folder.path());
        let bus = bus::start(&address).await?;
        let (tell, seen) = watch::channel(Vec::new());
        let manager = Manager {
            can: can.to_vec(),
            tell: Arc::new(Mutex::new(tell)),
        };
        let service = zbus::connection::Builder::address(address.as_str())?
            .serve_at(PATH, manager)?
            .name(NAME)?
            .build()
            .await?;
        Ok(Self {
            folder,
            seen,
            service,
            _bus: bus,
        })
    }

    /// For `DBUS_SYSTEM_BUS_ADDRESS`.
    pub fn address(&self) -> String {
        bus::address(self.folder.path())
    }

    /// Everything so far, once `wanted` is true of it.
    ///
    /// # Errors
    /// When the service has gone.
    pub async fn seen(&mut self, wanted: impl FnMut(&Record) -> bool) -> Result<Record> {
        Ok(self.seen.wait_for(wanted).await?.clone())
    }

    /// Tells of a sleep that begins or has ended.
    ///
    /// # Errors
    /// When the bus cannot be reached.
    pub async fn sleeps(&self, begins: bool) -> Result<()> {
        self.service
            .emit_signal(None::<&str>, PATH, MANAGER, "PrepareForSleep", &begins)
            .await?;
        Ok(())
    }
}

struct Manager {
    can: Vec<&'static str>,
    tell: Arc<Mutex<watch::Sender<Record>>>,
}

fn note(tell: &Mutex<watch::Sender<Record>>, what: Seen) {
    tell.lock()
        .send_modify(|seen| seen.push((Instant::now(), what)));
}

impl Manager {
    fn can(&self, name: &str) -> String {
        let may = self.can.contains(&name);
        (if may { "yes" } else { "challenge" }).to_owned()
    }
}

#[interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn inhibit(
        &self,
        what: &str,
        who: &str,
        why: &str,
        mode: &str,
    ) -> zbus::fdo::Result<zvariant::OwnedFd> {
        if who.is_empty() || why.is_empty() {
            let said = "nobody would know why the machine stays awake";
            return Err(zbus::fdo::Error::InvalidArgs(said.to_owned()));
        }
        let failed = |error: std::io::Error| zbus::fdo::Error::Failed(error.to_string());
        let (mut ours, theirs) = UnixStream::pair().map_err(failed)?;
        note(&self.tell, Seen::Held(what.to_owned(), mode.to_owned()));
        let tell = self.tell.clone();
        std::thread::spawn(move || {
            let _ = ours.read(&mut [0]);
            note(&tell, Seen::LetGo);
        });
        Ok(OwnedFd::from(theirs).into())
    }

    fn can_power_off(&self) -> String {
        self.can("PowerOff")
    }
    fn can_suspend(&self) -> String {
        self.can("Suspend")
    }
    fn can_hibernate(&self) -> String {
        self.can("Hibernate")
    }
    fn power_off(&self, interactive: bool) {
        note(&self.tell, Seen::Ended("PowerOff", interactive));
    }
    fn suspend(&self, interactive: bool) {
        note(&self.tell, Seen::Ended("Suspend", interactive));
    }
    fn hibernate(&self, interactive: bool) {
        note(&self.tell, Seen::Ended("Hibernate", interactive));
    }
}
