//! Keeps the log in the data folder: a file a day, a week of them. Holds no secret: what may be one does not print.

use slipway_engine::make_private_dir;
use std::path::Path;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Files kept, one a day.
const DAYS: usize = 7;
/// These write headers and addresses when asked for more, and both may hold secrets.
const NEVER_LOUDER: [&str; 6] = [
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
    "rustls=info",
    "zbus=info",
];

/// Starts the log. What is logged is written by the time the answer is dropped. A folder that takes no log is reported by whoever opens the queue.
pub(crate) fn start(data_dir: &Path) -> Option<WorkerGuard> {
    let folder = data_dir.join("logs");
    make_private_dir(data_dir).ok()?;
    make_private_dir(&folder).ok()?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("desktop")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
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
