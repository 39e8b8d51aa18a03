//! Notices by Windows' own centre.

use slipway_api::notices::{Step, Told};
use tauri_winrt_notification::Toast;
use tokio::sync::mpsc;

/// The name under which the installer makes the app known.
const APP: &str = "app.slipway.desktop";
const BUTTON: &str = "step";

pub(crate) struct Bubbles {
    clicks: mpsc::Sender<Step>,
}

impl Bubbles {
    pub(crate) fn new(clicks: mpsc::Sender<Step>) -> Self {
        Self { clicks }
    }

    pub(crate) async fn show(&self, told: Told) -> bool {
        let clicks = self.clicks.clone();
        let shown = tokio::task::spawn_blocking(move || {
            let (click, button) = (told.click, told.button);
            let mut toast = Toast::new(APP).title(&told.title).text1(&told.body);
            if let Some((_, label)) = &button {
                toast = toast.add_button(label, BUTTON);
            }
            toast
                .on_activated(move |action| {
                    let pressed = action.as_deref() == Some(BUTTON);
                    let step = button.as_ref().filter(|_| pressed);
                    let _ = clicks.blocking_send(step.map_or(click, |(step, _)| *step));
                    Ok(())
                })
                .show()
        })
        .await;
        match shown {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::info!(%error, "nothing shows notices here"),
            Err(error) => tracing::warn!(%error, "a notice was not shown"),
        }
        false
    }
}
