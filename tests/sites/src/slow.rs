//! A platform that takes its time with its own work on a video, for as long as a test wants.

use crate::{MIB, PLATFORMS, RETRY_AFTER_S, Site};
use slipway_simulators::bluesky::{Call, Fault, Simulator, simulator};
use std::sync::Arc;

#[derive(Clone)]
pub struct Slow(Arc<Simulator>);

impl Slow {
    pub async fn start() -> Self {
        let builder = simulator().switches(|switches| {
            switches.part_bytes = MIB;
            switches.slow_jobs = true;
        });
        Self(Arc::new(builder.start().await))
    }

    /// All platforms, this one among them.
    pub async fn among_all() -> (Vec<Arc<dyn Site>>, Self) {
        let slow = Self::start().await;
        let mut sites = Vec::new();
        for platform in PLATFORMS {
            sites.push(match platform {
                "bluesky" => slow.site(),
                quick => Arc::from(crate::start(quick, 1).await),
            });
        }
        (sites, slow)
    }

    pub fn site(&self) -> Arc<dyn Site> {
        self.0.clone()
    }

    /// Until it is told to go on, it is asked too often when one asks how far it is.
    pub fn stall(&self) {
        let busy = Fault::Named {
            status: 429,
            error: "RateLimitExceeded".into(),
            message: "Rate Limit Exceeded".into(),
            retry_after_s: Some(RETRY_AFTER_S),
            applied: false,
        };
        self.0.fault(busy.on(Call::Job).always());
    }

    /// Until it is told to go on, it fails at its work.
    pub fn refuse(&self) {
        Site::refuse(&*self.0);
    }

    pub fn go_on(&self) {
        self.0.clear_faults();
    }

    /// When it told last how far it is, which was that all is done where a work came of it.
    pub fn worked_ms(&self) -> Option<i64> {
        let answers = self.0.inspect().answers.into_iter();
        let told = answers.filter(|answer| answer.call == Call::Job && answer.http == 200);
        told.map(|answer| answer.at_ms).max()
    }
}
