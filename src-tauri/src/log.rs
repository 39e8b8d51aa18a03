//! Keeps the log in the data folder, off the threads that draw and send. Holds no secret: what may be one does not print.

use slipway_api::log::{Daily, NEVER_LOUDER};
use slipway_engine::make_private_dir;
use std::path::Path;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// Starts the log. What is logged is written by the time the answer is dropped. A folder that takes no log is reported by whoever opens the queue.
pub(crate) fn start(data_dir: &Path) -> Option<WorkerGuard> {
    make_private_dir(data_dir).ok()?;
    let (writer, guard) = tracing_appender::non_blocking(Daily::of(data_dir, "desktop"));
    let mut filter =
        EnvFilter::try_from_env("SLIPWAY_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    for directive in NEVER_LOUDER {
        filter = filter.add_directive(directive.parse().expect("a constant directive"));
    }
    tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(false)
        .with_env_filter(filter)
        .try_init()
        .ok()?;
    Some(guard)
}
