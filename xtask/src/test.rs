//! Runs the tests: which steps there are, in which order, and what came out.
//!
//! Knows nothing of what a test checks. Always holds: a step that fails lets the others run and fails the whole at the end; a step
//! that should run tests and ran none has failed.

mod steps;
mod tally;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::command::{run as run_command, say};
use crate::setup::{self, Need};
use tally::Tally;

/// What can be tested by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Format, lints and policy.
    Lint,
    /// Everything in Rust but the window.
    Rust,
    /// The user interface, alone and in a browser.
    Ui,
    /// The real window.
    Desktop,
}

impl Part {
    const ALL: [Self; 4] = [Self::Ui, Self::Lint, Self::Rust, Self::Desktop];
}

/// One thing that passes or fails, with its time.
struct Ended {
    name: &'static str,
    tally: Tally,
    took: Duration,
    trouble: Option<String>,
}

/// Runs `wanted`, or everything when it is empty.
///
/// # Errors
/// When anything failed, after everything has run.
pub(crate) fn run(wanted: &[Part]) -> Result<()> {
    let started = Instant::now();
    let whole = wanted.is_empty();
    let parts: Vec<Part> = Part::ALL
        .into_iter()
        .filter(|part| whole || wanted.contains(part))
        .collect();
    setup::prepare(match parts.as_slice() {
        [Part::Rust] => Need::Rust,
        [Part::Ui] => Need::Browser,
        _ if parts.contains(&Part::Desktop) => Need::Tests,
        _ => Need::Window,
    })?;
    let setup = started.elapsed();
    let mut all = Vec::new();
    for step in parts.iter().flat_map(|part| steps::of(*part, whole)) {
        say(&format!("\n== {}", step.name));
        all.push(step.run());
    }
    summary(setup, &all);
    say(&format!("{} in all", seconds(started.elapsed())));
    let total: Tally = all.iter().map(|ended| ended.tally).sum();
    say(&format!("{} passed, {} failed", total.passed, total.failed));
    if total.failed > 0 {
        bail!("tests failed");
    }
    Ok(())
}

/// What the tray looks like in a real panel.
///
/// # Errors
/// When the panel cannot be installed, or shows something else.
pub(crate) fn panel() -> Result<()> {
    setup::prepare(Need::Panel)?;
    run_command(&mut steps::desktop(false, "tests/desktop/real-panel.mjs")?)
}

fn summary(setup: Duration, all: &[Ended]) {
    say(&format!(
        "\n== Summary\n{:28} {:>8}",
        "set-up",
        seconds(setup)
    ));
    for ended in all {
        let Tally { passed, failed } = ended.tally;
        let trouble = ended.trouble.as_deref().unwrap_or_default();
        say(&format!(
            "{:28} {:>8}  {passed:>5} ok  {failed:>3} not  {trouble}",
            ended.name,
            seconds(ended.took)
        ));
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
