//! Other starts of the app on the same data folder: each is handed over to the one that runs.
//!
//! Knows nothing of windows. Always holds: who hands over hears 'taken' only from the app itself, which has the files then.

use crate::{
    Api, Failure,
    wire::{AppOpen, AppOpened},
};
use tokio::sync::{mpsc, oneshot};

/// Starts that the app has not looked at so far.
const STARTS: usize = 16;

/// Another start. Dropping `taken` tells it to look after itself.
#[derive(Debug)]
pub struct OtherStart {
    pub open: AppOpen,
    pub taken: oneshot::Sender<AppOpened>,
}

impl Api {
    /// Other starts from now on; one listener for each engine, which is the app.
    pub fn other_starts(&self) -> mpsc::Receiver<OtherStart> {
        let (tell, hear) = mpsc::channel(STARTS);
        *self.app.lock() = Some(tell);
        hear
    }

    /// # Errors
    /// `app_not_here` where the engine runs without the app; `stopping`.
    pub async fn app_open(&self, open: AppOpen) -> Result<AppOpened, Failure> {
        let app = self.app.lock().clone();
        let app = app
            .ok_or_else(|| Failure::new("app_not_here").with("path", self.data_dir().display()))?;
        let (taken, answer) = oneshot::channel();
        let stopping = || Failure::new("stopping");
        let start = OtherStart { open, taken };
        app.send(start).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())
    }
}
