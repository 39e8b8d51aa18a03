//! What a system wants to know of the command line itself: pages of the manual, completions for shells.
//!
//! Made from the definitions in `args`, so they cannot say anything else. Needs no data folder and touches none.

use crate::args::{Command, Line};
use crate::exit::{Exit, Outcome};
use clap::CommandFactory as _;
use clap_complete::Shell;
use slipway_api::Failure;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes what was asked for; nothing when something else was.
pub(crate) fn write(command: &Command) -> Option<Outcome> {
    match command {
        Command::Completions { shell } => Some(completions(*shell)),
        Command::Manual { folder } => Some(pages(folder)),
        _ => None,
    }
}

fn completions(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Line::command(), "slipway", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}

/// A page for `slipway` and one for each of its commands, `slipway-accounts-add.1` for instance.
fn pages(folder: &Path) -> Outcome {
    clap_mangen::generate_to(Line::command(), folder).map_err(|error| {
        Failure::new("output_failed")
            .with("file", folder.display())
            .with("detail", error)
    })?;
    Ok(Exit::Done)
}
