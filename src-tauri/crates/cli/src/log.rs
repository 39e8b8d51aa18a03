//! Where the data folder is, and the log in it: a file a day, seven days, no secret.

use crate::out::Out;
use slipway_api::Failure;
use std::path::{Path, PathBuf};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

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

/// The folder asked for, as an absolute path, or the system's place for such things.
pub(crate) fn data_dir(asked: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let dir = asked
        .filter(|dir| !dir.as_os_str().is_empty())
        .or_else(slipway_api::default_data_dir);
    dir.and_then(|dir| std::path::absolute(dir).ok())
        .ok_or_else(|| Failure::new("data_folder_unknown"))
}

/// Logs into the data folder where that is possible; where it is not, the command itself will say what is wrong with the folder.
pub(crate) fn start(data_dir: &Path, out: &Out) {
    let asked = std::env::var("SLIPWAY_LOG").unwrap_or_else(|_| "info".into());
    let mut filter = EnvFilter::try_new(&asked).unwrap_or_else(|_| {
        out.say("log_filter_unclear", &[("filter", asked.clone())]);
        EnvFilter::new("info")
    });
    for directive in NEVER_LOUDER {
        filter = filter.add_directive(directive.parse().expect("a constant directive"));
    }
    let logs = data_dir.join("logs");
    if slipway_engine::make_private_dir(&logs).is_err() {
        return;
    }
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("slipway")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(logs);
    if let Ok(file) = file {
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(std::sync::Mutex::new(file))
            .init();
    }
}
