//! `cargo xtask`: everything one does with this work tree, each under one short name.

mod command;
mod demo;
mod launch;
mod package;
mod place;
mod policy;
mod proofs;
mod session;
mod setup;
mod simulators;
mod test;
mod ui;

use std::ffi::OsString;
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
    /// Shows the app at work on simulated accounts, with videos it makes itself.
    Demo {
        /// On the terminal, even where a window could be opened.
        #[arg(long)]
        headless: bool,
    },
    /// Builds the app and starts it on your own data.
    Run {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Runs the simulated platforms until Ctrl-C; their addresses and accounts are printed.
    Simulators {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Kills the program at every moment of an upload (`--kills 200 --seed N --platform all`).
    Campaign {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Hours of uploads, faults, flips of the link, kills and restarts, with a graph (`--minutes 120 --uploads 500`).
    Soak {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Uploads once under each fault, platform by platform (`--platform wangsu --only stall`).
    Faults {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Sets the platforms' own clients against the simulators, all or those named.
    Proofs { platforms: Vec<String> },
    /// Measures the figures that are promised.
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Makes a Debian package and an archive of the same files.
    Package {
        /// Also install, use and remove it in a Debian that has nothing (as root).
        #[arg(long)]
        prove: bool,
    },
    /// Installs what this machine lacks to build and test.
    Setup,
    /// Runs all tests, or only the parts named.
    Test { parts: Vec<test::Part> },
    /// Shows the tray in a real panel, and leaves pictures in target/screens.
    Panel,
    /// Runs a command on a desktop of its own, which nobody sees.
    Session {
        #[arg(trailing_var_arg = true, required = true)]
        command: Vec<OsString>,
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
        Task::Demo { headless } => demo::run_demo(headless),
        Task::Run { words } => launch::app(&words),
        Task::Simulators { words } => launch::simulators(&words),
        Task::Campaign { words } => launch::campaign("kills", &words),
        Task::Soak { words } => launch::campaign("soak", &words),
        Task::Faults { words } => launch::campaign("faults", &words),
        Task::Proofs { platforms } => proofs::run_all(&platforms),
        Task::Bench { words } => launch::campaign("bench", &words),
        Task::Package { prove } => package::make(prove),
        Task::Setup => setup::prepare(setup::Need::Tests),
        Task::Test { parts } => test::run(&parts),
        Task::Panel => test::panel(),
        Task::Session { command } => {
            command::run(session::command_in(&place::target().join("session"))?.args(command))
        }
        Task::Policy => policy::check(),
    }
}
