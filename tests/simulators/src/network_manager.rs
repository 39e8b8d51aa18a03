//! NetworkManager as its clients see it, on a bus of its own: what it tells is what a test says, and the bus itself can go and come back.
//!
//! Only what is read of it here: the manager, its active connections, their devices and access points. Always holds: a change is told by a signal
//! as the real one does, after the new state can be read.
//!
//! Source: the D-Bus reference of NetworkManager 1.52, <https://networkmanager.dev/docs/api/latest/spec.html>, read 2026-11-22.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use parking_lot::Mutex;
use tokio::process::Child;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Value};
use zbus::{Connection, interface};

use crate::bus;

const NAME: &str = "org.freedesktop.NetworkManager";
const PATH: &str = "/org/freedesktop/NetworkManager";
/// `NM_STATE_CONNECTED_GLOBAL`, `NM_STATE_DISCONNECTED`.
const CONNECTED: u32 = 70;
const DISCONNECTED: u32 = 20;

/// `NMMetered`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Metered {
    Unknown = 0,
    Yes = 1,
    No = 2,
    GuessYes = 3,
    GuessNo = 4,
}

/// A connection that is up.
#[derive(Clone, Debug)]
pub struct Up {
    /// The name of a connection's type, e.g. `802-11-wireless`, `gsm`, `vpn`.
    pub kind: &'static str,
    pub name: &'static str,
    pub metered: Metered,
}

impl Up {
    pub const fn new(kind: &'static str, name: &'static str, metered: Metered) -> Self {
        Self {
            kind,
            name,
            metered,
        }
    }
}

/// The connections that are up, the primary one first. A `vpn` names the second as what it runs over.
type Scene = Arc<Mutex<Vec<Up>>>;

/// A bus with this service on it. Both end when it is dropped.
pub struct NetworkManager {
    folder: tempfile::TempDir,
    scene: Scene,
    bus: Option<Child>,
    service: Option<Connection>,
}

impl NetworkManager {
    /// Starts a bus, and the service on it, with nothing up.
    ///
    /// # Errors
    /// When there is no `dbus-daemon` here.
    pub async fn start() -> Result<Self> {
        let mut it = Self {
            folder: tempfile::tempdir()?,
            scene: Scene::default(),
            bus: None,
            service: None,
        };
        it.bus_comes().await?;
        Ok(it)
    }

    /// For `DBUS_SYSTEM_BUS_ADDRESS`. The same after the bus has come back.
    pub fn address(&self) -> String {
        bus::address(self.folder.path())
    }

    /// Other connections are up from now on; none is no network.
    ///
    /// # Errors
    /// When the bus cannot be reached.
    pub async fn show(&self, scene: &[Up]) -> Result<()> {
        *self.scene.lock() = scene.to_vec();
        let Some(service) = &self.service else {
            return Ok(());
        };
        let changed = HashMap::from([("Metered", Value::U32(metered(&self.scene)))]);
        let invalidated: Vec<&str> = Vec::new();
        let properties = "org.freedesktop.DBus.Properties";
        let told = (NAME, changed, invalidated);
        service
            .emit_signal(None::<&str>, PATH, properties, "PropertiesChanged", &told)
            .await?;
        Ok(())
    }

    /// The bus goes, with everybody on it.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn bus_goes(&mut self) -> Result<()> {
        self.service = None;
        if let Some(mut bus) = self.bus.take() {
            bus.kill().await?;
        }
        let _ = std::fs::remove_file(self.folder.path().join("bus"));
        Ok(())
    }

    /// The bus comes, and the service on it.
    ///
    /// # Errors
    /// When there is no `dbus-daemon` here, or it does not start.
    pub async fn bus_comes(&mut self) -> Result<()> {
        self.bus = Some(bus::start(&self.address()).await?);
        self.service_comes().await
    }

    /// The service leaves the bus.
    pub fn service_goes(&mut self) {
        self.service = None;
    }

    /// The service comes back to the bus.
    ///
    /// # Errors
    /// When the bus cannot be reached.
    pub async fn service_comes(&mut self) -> Result<()> {
        let scene = &self.scene;
        let mut builder = zbus::connection::Builder::address(self.address().as_str())?
            .serve_at(PATH, Manager(scene.clone()))?;
        for at in 0..2 {
            builder = builder
                .serve_at(active(at), Active(scene.clone(), at))?
                .serve_at(device(at), Device(scene.clone(), at))?
                .serve_at(access_point(at), AccessPoint(scene.clone(), at))?;
        }
        self.service = Some(builder.name(NAME)?.build().await?);
        Ok(())
    }
}

fn metered(scene: &Scene) -> u32 {
    scene
        .lock()
        .first()
        .map_or(Metered::Unknown as u32, |up| up.metered as u32)
}

fn at(kind: &str, number: usize) -> OwnedObjectPath {
    let path = format!("{PATH}/{kind}/{number}");
    ObjectPath::try_from(path).expect("a path of ours").into()
}
fn active(number: usize) -> OwnedObjectPath {
    at("ActiveConnection", number)
}
fn device(number: usize) -> OwnedObjectPath {
    at("Devices", number)
}
fn access_point(number: usize) -> OwnedObjectPath {
    at("AccessPoint", number)
}
fn nothing() -> OwnedObjectPath {
    ObjectPath::from_static_str_unchecked("/").into()
}

struct Manager(Scene);

#[interface(name = "org.freedesktop.NetworkManager")]
impl Manager {
    #[zbus(property)]
    fn state(&self) -> u32 {
        if self.0.lock().is_empty() {
            DISCONNECTED
        } else {
            CONNECTED
        }
    }
    #[zbus(property)]
    fn metered(&self) -> u32 {
        metered(&self.0)
    }
    #[zbus(property)]
    fn primary_connection(&self) -> OwnedObjectPath {
        if self.0.lock().is_empty() {
            nothing()
        } else {
            active(0)
        }
    }
    #[zbus(property)]
    fn active_connections(&self) -> Vec<OwnedObjectPath> {
        (0..self.0.lock().len().min(2)).map(active).collect()
    }
}

struct Active(Scene, usize);

impl Active {
    fn up(&self) -> Option<Up> {
        self.0.lock().get(self.1).cloned()
    }
}

#[interface(name = "org.freedesktop.NetworkManager.Connection.Active")]
impl Active {
    #[zbus(property)]
    fn id(&self) -> String {
        self.up().map_or_else(String::new, |up| up.name.to_owned())
    }
    #[zbus(property)]
    fn uuid(&self) -> String {
        self.up()
            .map_or_else(String::new, |up| format!("uuid-of-{}", up.name))
    }
    #[zbus(property, name = "Type")]
    fn kind(&self) -> String {
        self.up().map_or_else(String::new, |up| up.kind.to_owned())
    }
    #[zbus(property)]
    fn vpn(&self) -> bool {
        self.up().is_some_and(|up| up.kind == "vpn")
    }
    #[zbus(property)]
    fn devices(&self) -> Vec<OwnedObjectPath> {
        vec![device(self.1)]
    }
    /// The access point of a Wi-Fi, and what a VPN runs over.
    #[zbus(property)]
    fn specific_object(&self) -> OwnedObjectPath {
        match self.up().map(|up| up.kind) {
            Some("802-11-wireless") => access_point(self.1),
            Some("vpn") => active(1),
            _ => nothing(),
        }
    }
}

struct Device(Scene, usize);

#[interface(name = "org.freedesktop.NetworkManager.Device")]
impl Device {
    #[zbus(property)]
    fn metered(&self) -> u32 {
        let scene = self.0.lock();
        scene
            .get(self.1)
            .map_or(Metered::Unknown as u32, |up| up.metered as u32)
    }
}

struct AccessPoint(Scene, usize);

#[interface(name = "org.freedesktop.NetworkManager.AccessPoint")]
impl AccessPoint {
    #[zbus(property)]
    fn ssid(&self) -> Vec<u8> {
        let scene = self.0.lock();
        scene
            .get(self.1)
            .map(|up| up.name.as_bytes().to_vec())
            .unwrap_or_default()
    }
}
