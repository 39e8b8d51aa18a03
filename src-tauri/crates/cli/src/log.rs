//! Where the data folder is, and how much is logged in it.

use crate::out::Out;
use slipway_api::{
    Failure,
    log::{Daily, NEVER_LOUDER},
};
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

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
    if slipway_engine::make_private_dir(data_dir).is_ok() {
        let file = Daily::of(data_dir, "slipway");
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(std::sync::Mutex::new(file))
            .init();
    }
}
