//! Slipway on a terminal: the same engine, queue and accounts as the window, for servers and scripts.

mod args;
mod bars;
mod command;
mod event;
mod exit;
mod folder;
mod log;
mod manual;
mod out;
mod row;
mod secret;
mod signal;
mod table;

use exit::{Exit, Outcome, Stop};
use folder::Folder;
use out::Out;
use std::process::ExitCode;

fn main() -> ExitCode {
    let line = match args::read() {
        Ok(line) => line,
        Err(exit) => return exit.into(),
    };
    let out = Out::new(line.json);
    if let Some(written) = manual::write(&line.command) {
        return end(written, &out, "");
    }
    let data_dir = match log::data_dir(line.data_dir) {
        Ok(dir) => dir,
        Err(failure) => {
            out.failure(&failure);
            return Exit::of(&failure).into();
        }
    };
    log::start(&data_dir, &out);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started on a terminal");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a process can have threads");
    let named = data_dir.display().to_string();
    let mut folder = Folder::new(data_dir);
    let ended = runtime.block_on(command::obey(line.command, &out, &mut folder));
    // Threads that wait for a disk or a keychain must not hold up the end.
    runtime.shutdown_background();
    end(ended, &out, &named)
}

/// Says what is still to be said. `folder` is the data folder, for sentences that name it.
fn end(ended: Outcome, out: &Out, folder: &str) -> ExitCode {
    let exit = match ended {
        Ok(exit) | Err(Stop::Said(exit)) => exit,
        Err(Stop::Unheard) => Exit::Done,
        Err(Stop::Failed(mut failure)) => {
            failure
                .params
                .entry("folder".into())
                .or_insert_with(|| folder.to_owned());
            tracing::info!(code = failure.code, detail = failure.detail, "ended");
            out.failure(&failure);
            Exit::of(&failure)
        }
    };
    exit.into()
}
