//! The steps of a test run: each is a command, or a check of ours.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use super::tally::{self, Tally};
use super::{Ended, Part};
use crate::command::{cargo, follow, run, say};
use crate::{place, policy, session, ui};

pub(super) struct Step {
    pub(super) name: &'static str,
    does: Does,
}

enum Does {
    /// Passes or fails as a whole.
    Check(Box<dyn FnOnce() -> Result<()>>),
    /// Runs tests and prints how many.
    Tests(Box<dyn FnOnce() -> Result<Command>>),
}

impl Step {
    fn check(name: &'static str, does: impl FnOnce() -> Result<()> + 'static) -> Self {
        Self {
            name,
            does: Does::Check(Box::new(does)),
        }
    }

    fn tests(name: &'static str, does: impl FnOnce() -> Result<Command> + 'static) -> Self {
        Self {
            name,
            does: Does::Tests(Box::new(does)),
        }
    }

    pub(super) fn run(self) -> Ended {
        let started = Instant::now();
        let outcome = match self.does {
            Does::Check(check) => check().map(|()| Tally::one(true)),
            Does::Tests(command) => command().and_then(|mut command| count(&mut command)),
        };
        let took = started.elapsed();
        let (tally, trouble) = match outcome {
            Ok(tally) => (tally, None),
            Err(error) => {
                let trouble = format!("{error:#}");
                say(&format!("{}: {trouble}", self.name));
                (Tally::one(false), Some(trouble))
            }
        };
        Ended {
            name: self.name,
            tally,
            took,
            trouble,
        }
    }
}

/// Runs tests and counts them. A run that fails without a failed test counts as one.
fn count(command: &mut Command) -> Result<Tally> {
    let mut tally = Tally::default();
    // Plain output everywhere: counts are read from it.
    let good = follow(
        command
            .env("NO_COLOR", "1")
            .env("CARGO_TERM_COLOR", "never"),
        |line| {
            tally = tally + tally::read(line);
        },
    )?;
    anyhow::ensure!(tally.count() > 0, "ran no test");
    if !good && tally.failed == 0 {
        tally.failed = 1;
    }
    Ok(tally)
}

/// The steps of a part. With `whole`, Rust is built once for all, shell included.
pub(super) fn of(part: Part, whole: bool) -> Vec<Step> {
    match part {
        Part::Ui => vec![
            Step::check("ui: build", ui::build),
            Step::check("ui: types and templates", || {
                ui::install()?;
                run(ui::npm().args(["run", "--silent", "check"]))
            }),
            Step::tests("ui: modules", || npm("test")),
            Step::tests("ui: in a browser", || npm("test:ui")),
        ],
        Part::Lint => vec![
            Step::check("lint: format", || {
                run(cargo().args(["fmt", "--all", "--check"]))
            }),
            Step::check("lint: policy", policy::check),
            Step::check("lint: clippy", || {
                ui::build_if_missing()?;
                run(cargo().args([
                    "clippy",
                    "--quiet",
                    "--locked",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "-D",
                    "warnings",
                ]))
            }),
        ],
        Part::Rust if whole => vec![
            Step::check("rust: build", || {
                run(cargo().args([
                    "build",
                    "--quiet",
                    "--locked",
                    "--workspace",
                    "--all-targets",
                ]))
            }),
            Step::tests("rust: tests", || {
                let mut test = cargo();
                test.args([
                    "test",
                    "--quiet",
                    "--locked",
                    "--workspace",
                    "--no-fail-fast",
                ]);
                Ok(test)
            }),
        ],
        Part::Rust => vec![Step::tests("rust: tests", || {
            let mut test = cargo();
            test.args(["test", "--quiet", "--locked", "--no-fail-fast"]);
            Ok(test)
        })],
        Part::Desktop => vec![Step::tests("desktop: real window", move || {
            desktop(whole, "tests/desktop/")
        })],
    }
}

fn npm(script: &str) -> Result<Command> {
    ui::install()?;
    let mut npm = ui::npm();
    npm.args(["run", "--silent", script]).env("CI", "true");
    Ok(npm)
}

/// Tests of the real window, in a desktop of their own.
pub(super) fn desktop(built: bool, tests_in: &str) -> Result<Command> {
    ui::install()?;
    if !built {
        ui::build()?;
        run(cargo().args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--all-targets",
        ]))?;
    }
    let mut tests = session::command_in(&place::target().join("desktop-tests"))?;
    tests.args(["node", "--test", "--test-concurrency=1", tests_in]);
    for (name, program) in [
        ("SLIPWAY_DESKTOP", "slipway-desktop"),
        ("SLIPWAY", "slipway"),
        ("SLIPWAY_SIMULATORS", "slipway-simulators"),
    ] {
        tests.env(name, place::program("debug", program));
    }
    tests.env(
        "TAURI_DRIVER",
        place::tools().join("bin").join("tauri-driver"),
    );
    Ok(tests)
}
