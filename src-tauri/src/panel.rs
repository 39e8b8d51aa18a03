//! Whether this desktop has a place for the tray's icon. It may come and go while the app runs.
//!
//! Always holds: a window that was hidden while there was one is on the taskbar when there is none any more, and its user is told why, once.

use crate::bubbles::Bubbles;
use crate::shell::Shell;
use crate::{settings, window};
use slipway_api::notices::{Step, Told};
use std::sync::Arc;
use std::time::Duration;
use tauri::{AppHandle, Manager};

/// How long a start without a window waits for a panel, which may come up after us.
const COMES_UP: Duration = Duration::from_secs(20);
/// A panel that is started anew is away for less.
const COMES_BACK: Duration = Duration::from_secs(5);

/// Follows the panel until the app ends. To be called when the tray is made, or could not be.
pub(crate) fn start(app: &AppHandle, bubbles: Arc<Bubbles>) {
    let shell = app.state::<Shell>();
    let has_icon = shell.tray.get().is_some();
    if has_icon {
        let handle = app.clone();
        shell.spawn(async move { system::follow(|is_there| tell(&handle, is_there)).await });
    }
    let handle = app.clone();
    shell.spawn(async move {
        let patience = if has_icon { COMES_UP } else { Duration::ZERO };
        keep_in_reach(&handle, &bubbles, patience).await;
    });
}

fn tell(app: &AppHandle, is_there: bool) {
    let was_there = app.state::<Shell>().panel.send_replace(is_there);
    if was_there != is_there {
        tracing::info!(is_there, "a place for the tray's icon");
    }
}

/// Whether the tray's icon can be seen now.
pub(crate) fn is_there(app: &AppHandle) -> bool {
    *app.state::<Shell>().panel.borrow()
}

/// Puts a hidden window on the taskbar whenever nothing else leads to it.
async fn keep_in_reach(app: &AppHandle, bubbles: &Bubbles, mut patience: Duration) {
    let mut panel = app.state::<Shell>().panel.subscribe();
    loop {
        let comes = panel.wait_for(|is_there| *is_there);
        if tokio::time::timeout(patience, comes).await.is_err() {
            if window::is_hidden(app) {
                window::minimize(app);
                say(app, bubbles).await;
            }
            let _ = panel.wait_for(|is_there| *is_there).await;
        }
        patience = COMES_BACK;
        if panel.wait_for(|is_there| !is_there).await.is_err() {
            return; // the app has ended
        }
    }
}

/// Says once that there is no tray. Where nothing shows notices, the window says so when it is closed.
async fn say(app: &AppHandle, bubbles: &Bubbles) {
    if !settings::is_new(app, settings::NO_TRAY) {
        return;
    }
    let words = settings::words(app);
    let told = Told {
        group: "tray".to_owned(),
        title: words.no_tray.to_owned(),
        body: words.no_tray_hint.to_owned(),
        click: Step::Queue,
        button: None,
    };
    if bubbles.show(told).await {
        settings::set_told(app, settings::NO_TRAY);
    }
}

#[cfg(target_os = "linux")]
mod system {
    //! The watcher of tray icons on the session bus, and whether anybody draws them.
    //!
    //! Source: StatusNotifierWatcher, <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/StatusNotifierWatcher/>, read 2026-11-22.

    use futures_util::{StreamExt as _, stream};
    use std::time::Duration;
    use tokio::time::{sleep, timeout};
    use zbus::{Connection, MatchRule, MessageStream, message::Type, zvariant::OwnedValue};

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    const PATIENCE: Duration = Duration::from_secs(1);
    /// A bus that is not there is called again after this.
    const CALL_AGAIN: Duration = Duration::from_secs(30);

    pub(super) async fn follow(tell: impl Fn(bool)) {
        loop {
            if let Err(error) = listen(&tell).await {
                tracing::debug!(%error, "no tray: no session bus");
            }
            tell(false);
            sleep(CALL_AGAIN).await;
        }
    }

    /// Until the bus has gone.
    async fn listen(tell: &impl Fn(bool)) -> zbus::Result<()> {
        let bus = Connection::session().await?;
        let signal = || MatchRule::builder().msg_type(Type::Signal);
        let says = signal().interface(WATCHER)?.build();
        let comes_and_goes = signal()
            .sender("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, WATCHER)?
            .build();
        let says = MessageStream::for_match_rule(says, &bus, None).await?;
        let comes = MessageStream::for_match_rule(comes_and_goes, &bus, None).await?;
        let mut words = stream::select(says, comes);
        loop {
            tell(is_drawn(&bus).await);
            if !matches!(words.next().await, Some(Ok(_))) {
                return Ok(());
            }
        }
    }

    async fn is_drawn(bus: &Connection) -> bool {
        let ask = bus.call_method(
            Some(WATCHER),
            "/StatusNotifierWatcher",
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &(WATCHER, "IsStatusNotifierHostRegistered"),
        );
        let Ok(Ok(answer)) = timeout(PATIENCE, ask).await else {
            return false;
        };
        let value = answer.body().deserialize::<OwnedValue>();
        value.is_ok_and(|value| bool::try_from(value).unwrap_or(false))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// There always is one.
    pub(super) async fn follow(tell: impl Fn(bool)) {
        tell(true);
        std::future::pending().await
    }
}
