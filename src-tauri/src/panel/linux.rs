//! The watcher of tray icons on the session bus, whether anybody draws them, and on which ground.
//!
//! Nobody tells the colour of a panel: GNOME's is dark, Xfce's is unless its own setting says otherwise, others follow the desktop's appearance.
//!
//! Sources: StatusNotifierWatcher, <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/StatusNotifierWatcher/>; `/panels/dark-mode` of
//! the channel `xfce4-panel`, <https://docs.xfce.org/xfce/xfce4-panel/preferences>; `color-scheme`,
//! <https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html>, all read 2026-11-22.

use super::Panel;
use futures_util::{StreamExt as _, stream};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use zbus::{
    Connection, MatchRule, MessageStream,
    message::Type,
    zvariant::{OwnedValue, Value},
};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const XFCONF: &str = "org.xfce.Xfconf";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const PATIENCE: Duration = Duration::from_secs(1);
/// A bus that is not there is called again after this.
const CALL_AGAIN: Duration = Duration::from_secs(30);
/// `color-scheme` that prefers dark.
const DARK: u32 = 1;

pub(super) async fn follow(tell: impl Fn(Panel)) {
    loop {
        if let Err(error) = listen(&tell).await {
            tracing::debug!(%error, "no tray: no session bus");
        }
        tell(Panel::default());
        sleep(CALL_AGAIN).await;
    }
}

/// Until the bus has gone.
async fn listen(tell: &impl Fn(Panel)) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let signal = || MatchRule::builder().msg_type(Type::Signal);
    let comes_and_goes = signal()
        .sender("org.freedesktop.DBus")?
        .member("NameOwnerChanged")?
        .arg(0, WATCHER)?;
    let rules = [
        comes_and_goes,
        signal().interface(WATCHER)?,
        signal().interface(XFCONF)?.member("PropertyChanged")?,
        signal().interface(SETTINGS)?.member("SettingChanged")?,
    ];
    let mut words = stream::SelectAll::new();
    for rule in rules {
        words.push(MessageStream::for_match_rule(rule.build(), &bus, None).await?);
    }
    let mut panel = Panel::default();
    loop {
        panel.is_there = is_drawn(&bus).await;
        tell(panel);
        if panel.is_there {
            panel.is_dark = is_dark(&bus).await;
            tell(panel);
        }
        tokio::select! {
            word = words.next() => if !matches!(word, Some(Ok(_))) {
                return Ok(());
            },
            // It may have been too busy to answer.
            () = sleep(CALL_AGAIN), if !panel.is_there => {}
        }
    }
}

async fn is_drawn(bus: &Connection) -> bool {
    const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
    let what = (WATCHER, "IsStatusNotifierHostRegistered");
    let value = ask(
        bus,
        WATCHER,
        "/StatusNotifierWatcher",
        PROPERTIES,
        "Get",
        &what,
    )
    .await;
    value.is_some_and(|value| bool::try_from(value).unwrap_or(false))
}

async fn is_dark(bus: &Connection) -> bool {
    let desktop = std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
    if desktop.contains("GNOME") {
        return true;
    }
    if desktop.contains("XFCE") {
        let what = ("xfce4-panel", "/panels/dark-mode");
        let value = ask(
            bus,
            XFCONF,
            "/org/xfce/Xfconf",
            XFCONF,
            "GetProperty",
            &what,
        )
        .await;
        if value.is_none_or(|value| bool::try_from(value).unwrap_or(true)) {
            return true;
        }
    }
    let (name, path) = (
        "org.freedesktop.portal.Desktop",
        "/org/freedesktop/portal/desktop",
    );
    let what = ("org.freedesktop.appearance", "color-scheme");
    let value = ask(bus, name, path, SETTINGS, "Read", &what).await;
    value.is_some_and(|value| matches!(innermost(&value), Value::U32(DARK)))
}

/// The answer comes in one box or in two.
fn innermost<'a>(value: &'a Value<'a>) -> &'a Value<'a> {
    match value {
        Value::Value(inner) => innermost(inner),
        value => value,
    }
}

async fn ask(
    bus: &Connection,
    name: &str,
    path: &str,
    interface: &str,
    method: &str,
    what: &(&str, &str),
) -> Option<OwnedValue> {
    let call = bus.call_method(Some(name), path, Some(interface), method, what);
    let answer = timeout(PATIENCE, call).await.ok()?.ok()?;
    answer.body().deserialize().ok()
}
