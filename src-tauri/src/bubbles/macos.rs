//! Notices by macOS. A click opens the app, which is all that the crate can be told of.

use notify_rust::Notification;
use slipway_api::notices::{Step, Told};
use tokio::sync::mpsc;

pub(crate) struct Bubbles;

impl Bubbles {
    pub(crate) fn new(_: mpsc::Sender<Step>) -> Self {
        Self
    }

    pub(crate) async fn show(&self, told: Told) -> bool {
        let shown = tokio::task::spawn_blocking(move || {
            let mut notice = Notification::new();
            notice
                .summary(&told.title)
                .body(&told.body)
                .show()
                .map(drop)
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
