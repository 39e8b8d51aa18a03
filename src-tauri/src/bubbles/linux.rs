//! Notices by the desktop's own server, `org.freedesktop.Notifications` on the session bus.
//!
//! The Desktop Notifications Specification 1.2 (https://specifications.freedesktop.org/notification-spec/latest/, read 2026-11-22) leaves buttons and
//! markup to the server: it is asked what it can before each notice, since servers come and go.

use futures_util::StreamExt as _;
use parking_lot::Mutex;
use slipway_api::notices::{Step, Told};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, mpsc};
use zbus::{Connection, Proxy, zvariant::Value};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// A server that does not answer must not hold up those that come after.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a click beside the buttons invokes.
const CLICK: &str = "default";
const BUTTON: &str = "step";

/// What is on the screen: by the server's number, its group and where clicks lead.
type Shown = HashMap<u32, (String, Step, Option<Step>)>;

pub(crate) struct Bubbles {
    clicks: mpsc::Sender<Step>,
    shown: Arc<Mutex<Shown>>,
    server: OnceCell<Proxy<'static>>,
}

impl Bubbles {
    pub(crate) fn new(clicks: mpsc::Sender<Step>) -> Self {
        Self {
            clicks,
            shown: Arc::default(),
            server: OnceCell::new(),
        }
    }

    pub(crate) async fn show(&self, told: Told) -> bool {
        match tokio::time::timeout(PATIENCE, self.tell(told)).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::info!(%error, "nothing shows notices here"),
            Err(_) => tracing::warn!("who shows notices does not answer"),
        }
        false
    }

    async fn tell(&self, told: Told) -> zbus::Result<()> {
        let server = self.server.get_or_try_init(|| self.connect()).await?;
        let abilities: Vec<String> = server.call("GetCapabilities", &()).await?;
        let can = |what: &str| abilities.iter().any(|ability| ability == what);
        let body = if can("body-markup") {
            escaped(&told.body)
        } else {
            told.body
        };
        let mut actions = Vec::new();
        if can("actions") {
            actions.extend([CLICK, &told.title]);
            if let Some((_, label)) = &told.button {
                actions.extend([BUTTON, label]);
            }
        }
        let before = {
            let shown = self.shown.lock();
            let mut same = shown.iter().filter(|(_, (group, ..))| *group == told.group);
            same.next().map_or(0, |(id, _)| *id)
        };
        let hints = HashMap::from([
            ("desktop-entry", Value::from("slipway-desktop")),
            ("category", Value::from("transfer")),
        ]);
        // The server's own time on the screen.
        let lasts_ms = -1_i32;
        let id: u32 = server
            .call(
                "Notify",
                &(
                    "Slipway",
                    before,
                    "slipway",
                    &told.title,
                    &body,
                    actions,
                    hints,
                    lasts_ms,
                ),
            )
            .await?;
        let button = told.button.map(|(step, _)| step);
        let mut shown = self.shown.lock();
        shown.remove(&before);
        shown.insert(id, (told.group, told.click, button));
        Ok(())
    }

    async fn connect(&self) -> zbus::Result<Proxy<'static>> {
        let bus = Connection::session().await?;
        let server = Proxy::new(&bus, NAME, PATH, NAME).await?;
        let mut clicked = server.receive_signal("ActionInvoked").await?;
        let mut closed = server.receive_signal("NotificationClosed").await?;
        let (clicks, shown) = (self.clicks.clone(), self.shown.clone());
        // Ends with the app, when nobody takes clicks any more.
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    biased; // a click comes before the end that it brings
                    Some(signal) = clicked.next() => {
                        let Ok((id, key)) = signal.body().deserialize::<(u32, String)>() else {
                            continue;
                        };
                        let step = shown.lock().get(&id).and_then(|(_, click, button)| match key.as_str() {
                            CLICK => Some(*click),
                            BUTTON => *button,
                            _ => None,
                        });
                        if let Some(step) = step
                            && clicks.send(step).await.is_err()
                        {
                            return;
                        }
                    }
                    Some(signal) = closed.next() => {
                        if let Ok((id, _)) = signal.body().deserialize::<(u32, u32)>() {
                            shown.lock().remove(&id);
                        }
                    }
                    () = clicks.closed() => return,
                    else => return,
                }
            }
        });
        Ok(server)
    }
}

/// Bodies may hold markup; ours are plain text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_bring_markup_into_a_notice() {
        assert_eq!(
            escaped("<a href=\"x\">R&B</a>"),
            "&lt;a href=\"x\"&gt;R&amp;B&lt;/a&gt;"
        );
    }
}
