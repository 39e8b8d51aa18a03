//! How far everything is, on the taskbar or the dock; in the colour of trouble only while something has failed.

use crate::shell::Shell;
use slipway_api::wire::Summary;
use std::time::Duration;
use tauri::{AppHandle, Manager};

/// A bar is looked at, not read.
const PACE: Duration = Duration::from_secs(1);

/// What the bar shows; none while nothing is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bar {
    percent: u8,
    /// Docks on Linux have no colours for it.
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Moves,
    /// By hand or by a wait.
    Held,
    Failed,
}

fn bar(summary: &Summary) -> Option<Bar> {
    let done = summary.moving_bytes.saturating_sub(summary.left_bytes);
    let percent = (u128::from(done) * 100).checked_div(summary.moving_bytes.into())?;
    let state = if summary.counts.failed > 0 {
        State::Failed
    } else if summary.paused || summary.idle.is_some() {
        State::Held
    } else {
        State::Moves
    };
    Some(Bar {
        // All is sent is not all is done.
        percent: u8::try_from(percent).unwrap_or(99).min(99),
        state,
    })
}

pub(crate) fn start(app: &AppHandle) {
    app.state::<Shell>().spawn(follow(app.clone()));
}

async fn follow(app: AppHandle) {
    let mut summaries = app.state::<Shell>().bridge.summaries();
    let mut taskbar = system::Taskbar::default();
    let mut shown = None;
    loop {
        let now = summaries.borrow_and_update().as_ref().and_then(bar);
        if now != shown {
            taskbar.show(&app, now).await;
            shown = now;
        }
        if summaries.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(PACE).await;
    }
}

#[cfg(target_os = "linux")]
mod system {
    //! Docks and taskbars hear `com.canonical.Unity.LauncherEntry` on the session bus, and forget what they heard when whoever said it has gone.
    //!
    //! Source: <https://wiki.ubuntu.com/Unity/LauncherAPI>, 'Low level DBus API: com.canonical.Unity.LauncherEntry', read 2026-11-22.

    use super::Bar;
    use std::collections::HashMap;
    use tauri::AppHandle;
    use zbus::{Connection, zvariant::Value};

    /// By the name of the entry in menus.
    const ENTRY: &str = "application://slipway-desktop.desktop";
    const PATH: &str = "/app/slipway/desktop";
    const INTERFACE: &str = "com.canonical.Unity.LauncherEntry";

    #[derive(Default)]
    pub(super) struct Taskbar {
        bus: Option<Connection>,
    }

    impl Taskbar {
        pub(super) async fn show(&mut self, _: &AppHandle, bar: Option<Bar>) {
            if let Err(error) = self.tell(bar).await {
                tracing::debug!(%error, "no taskbar hears of progress");
                self.bus = None;
            }
        }

        async fn tell(&mut self, bar: Option<Bar>) -> zbus::Result<()> {
            let bus = match &self.bus {
                Some(bus) => bus,
                None => self.bus.insert(Connection::session().await?),
            };
            let share = bar.map_or(0.0, |bar| f64::from(bar.percent) / 100.0);
            let told = HashMap::from([
                ("progress", Value::from(share)),
                ("progress-visible", Value::from(bar.is_some())),
            ]);
            bus.emit_signal(None::<&str>, PATH, INTERFACE, "Update", &(ENTRY, told))
                .await
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Bar, State};
    use crate::window;
    use tauri::window::{ProgressBarState, ProgressBarStatus};
    use tauri::{AppHandle, Manager};

    #[derive(Default)]
    pub(super) struct Taskbar;

    impl Taskbar {
        /// Without a window there is no button that could show it; one that comes later hears of the next per cent.
        #[expect(clippy::unused_async, reason = "on Linux a bus is waited for")]
        pub(super) async fn show(&mut self, app: &AppHandle, bar: Option<Bar>) {
            let Some(window) = app.get_webview_window(window::LABEL) else {
                return;
            };
            let status = bar.map_or(ProgressBarStatus::None, |bar| match bar.state {
                State::Moves => ProgressBarStatus::Normal,
                State::Held => ProgressBarStatus::Paused,
                State::Failed => ProgressBarStatus::Error,
            });
            let state = ProgressBarState {
                status: Some(status),
                progress: bar.map(|bar| bar.percent.into()),
            };
            if let Err(error) = window.set_progress_bar(state) {
                tracing::debug!(%error, "the taskbar shows no progress");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_api::wire::Counts;

    fn of(moving_bytes: u64, left_bytes: u64) -> Summary {
        Summary {
            moving_bytes,
            left_bytes,
            ..Summary::default()
        }
    }

    #[test]
    fn the_bar_is_there_only_while_something_is_on_its_way_and_is_never_full() {
        assert_eq!(bar(&of(0, 0)), None);
        let shares = [(200, 150), (200, 0), (u64::MAX, 0), (u64::MAX, u64::MAX)];
        let percents = shares.map(|(all, left)| bar(&of(all, left)).unwrap().percent);
        assert_eq!(percents, [25, 99, 99, 0]);
    }

    #[test]
    fn it_says_by_its_colour_that_something_is_held_or_has_failed() {
        let state = |summary: &Summary| bar(summary).unwrap().state;
        let moves = of(200, 100);
        assert_eq!(state(&moves), State::Moves);
        let held = Summary {
            paused: true,
            ..moves.clone()
        };
        assert_eq!(state(&held), State::Held);
        let failed = Summary {
            counts: Counts {
                failed: 1,
                ..Counts::default()
            },
            ..held
        };
        assert_eq!(state(&failed), State::Failed);
    }
}
