//! Gives notices and does what a click on one wants. What is worth one, and its words, come from the api.

use crate::bubbles::Bubbles;
use crate::go::{self, Goal};
use crate::shell::Shell;
use crate::{page, settings, window};
use slipway_api::notices::Step;
use slipway_api::{Api, Failure};
use std::sync::Arc;
use tauri::{AppHandle, Manager};
use tokio::sync::mpsc;

/// Clicks that nobody has followed so far.
const CLICKS: usize = 16;

/// Answers with the way to show one, for what the shell itself has to say.
pub(crate) fn start(app: &AppHandle, api: &Api) -> Arc<Bubbles> {
    let (clicks, mut clicked) = mpsc::channel(CLICKS);
    let bubbles = Arc::new(Bubbles::new(clicks));
    let shell = app.state::<Shell>();
    let (handle, feed, shown) = (app.clone(), api.clone(), bubbles.clone());
    shell.spawn(async move {
        let mut feed = feed.notices().await;
        let looked_at = || window::is_looked_at(&handle);
        loop {
            let told = feed.next(looked_at, || settings::lang(&handle)).await;
            tracing::info!(group = told.group, "a notice");
            shown.show(told).await;
        }
    });
    let (handle, api) = (app.clone(), api.clone());
    shell.spawn(async move {
        while let Some(step) = clicked.recv().await {
            if let Err(failure) = take(&handle, &api, step).await {
                tracing::warn!(
                    code = failure.code,
                    detail = failure.detail,
                    ?step,
                    "a notice's step"
                );
                window::show(&handle); // where it can be done by hand
            }
        }
    });
    bubbles
}

async fn take(app: &AppHandle, api: &Api, step: Step) -> Result<(), Failure> {
    match step {
        Step::Queue => go::to(app, Goal::Queue),
        Step::Upload(id) => go::to(app, Goal::Upload { id }),
        Step::Accounts => go::to(app, Goal::Accounts),
        Step::Networks => go::to(app, Goal::Networks),
        Step::Page(id) => page::open_page(api, id).await?,
        Step::SignIn(account) => {
            go::to(app, Goal::Accounts);
            page::sign_in(api, account).await?;
        }
        Step::PassForAnHour => api.network_pass_for_an_hour().await?,
    }
    Ok(())
}
