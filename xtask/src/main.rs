//! `cargo xtask`: everything one does with this work tree, each under one short name.

mod command;
mod place;
mod policy;
mod session;
mod setup;
mod test;
mod ui;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Builds, tests and runs Slipway",
    disable_help_subcommand = true
)]
struct Line {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what this machine lacks to build and test.
    Setup,
    /// Runs all tests, or only the parts named.
    Test { parts: Vec<test::Part> },
    /// Runs a command on a desktop of its own, which nobody sees.
    Session {
        #[arg(trailing_var_arg = true, required = true)]
        command: Vec<std::ffi::OsString>,
    },
    /// Checks licences, sources, arrows between crates and lints.
    Policy,
}

fn main() -> ExitCode {
    match run(Line::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Setup => setup::prepare(setup::Need::Tests),
        Task::Test { parts } => test::run(&parts),
        Task::Session { command } => {
            command::run(session::command_in(&place::target().join("session"))?.args(command))
        }
        Task::Policy => policy::check(),
    }
}
