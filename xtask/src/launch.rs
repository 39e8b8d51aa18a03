//! Builds programs of the workspace and becomes them.

use std::ffi::OsString;

use anyhow::Result;

use crate::command::{cargo, command, run};
use crate::setup::{self, Need};
use crate::{place, ui};

/// The app, on the data of the person who starts it.
pub(crate) fn app(words: &[OsString]) -> Result<()> {
    setup::prepare(Need::Window)?;
    ui::build()?;
    run(cargo().args([
        "build",
        "--release",
        "--locked",
        "--package",
        "slipway-desktop",
    ]))?;
    run(command(place::program("release", "slipway-desktop")).args(words))
}

/// The simulated platforms; all of them when none is named.
pub(crate) fn simulators(words: &[OsString]) -> Result<()> {
    setup::prepare(Need::Rust)?;
    run(cargo().args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "slipway-simulators",
    ]))?;
    let all = [OsString::from("all")];
    let words = if words.is_empty() { &all } else { words };
    run(command(place::program("debug", "slipway-simulators")).args(words))
}

/// A campaign against the program as it is shipped.
pub(crate) fn campaign(which: &str, words: &[OsString]) -> Result<()> {
    setup::prepare(if which == "bench" {
        Need::Bench
    } else {
        Need::Rust
    })?;
    run(cargo().args([
        "build",
        "--release",
        "--locked",
        "--package",
        "slipway-cli",
        "--package",
        "slipway-campaign",
    ]))?;
    run(command(place::program("release", "slipway-campaign"))
        .arg("--slipway")
        .arg(place::program("release", "slipway"))
        .arg(which)
        .args(words))
}
