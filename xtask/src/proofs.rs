//! Sets the platforms' own clients against the simulators: a simulator is trusted once the official client is content with it.
//!
//! A proof is a folder below `tests/proofs`: a `proof.py` with its `requirements.txt`, or a `proof.mjs` with its `package.json`. It finds what
//! `slipway-simulators` told when it was ready in `SLIPWAY_SIMULATOR`, the program `slipway` in `SLIPWAY`, and says by its exit status
//! whether all held. Always holds: each proof has packages of its own, from its own lock.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::command::{cargo, command, run, say};
use crate::setup::{self, Need};
use crate::simulators::Simulator;
use crate::{place, ui};

/// Proves the named platforms, or all of them.
pub(crate) fn run_all(names: &[String]) -> Result<()> {
    setup::prepare(Need::Proofs)?;
    run(cargo().args(["build", "--quiet", "--locked", "-p", "slipway-simulators"]))?;
    run(cargo().args(["build", "--quiet", "--locked", "-p", "slipway-cli"]))?;
    let all = all()?;
    if let Some(unknown) = names.iter().find(|name| !all.contains(name)) {
        bail!(
            "there is no proof `{unknown}`; there are: {}",
            all.join(", ")
        );
    }
    let wanted = all
        .iter()
        .filter(|name| names.is_empty() || names.contains(name));
    let mut failed = Vec::new();
    for name in wanted {
        if let Err(error) = prove(name) {
            say(&format!("{name}: {error:#}"));
            failed.push(name.as_str());
        }
    }
    if !failed.is_empty() {
        bail!("not proved: {}", failed.join(", "));
    }
    Ok(())
}

/// Folders with a proof, by name.
fn all() -> Result<Vec<String>> {
    let dir = place::root().join("tests/proofs");
    let entries =
        std::fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().join("proof.py").is_file() || entry.path().join("proof.mjs").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn prove(name: &str) -> Result<()> {
    let folder = place::root().join("tests/proofs").join(name);
    let mut proof = if folder.join("proof.py").is_file() {
        python(name, &folder)?
    } else {
        node(&folder)?
    };
    let simulator = Simulator::start("debug", &[&name.replace('_', "-")])?;
    proof
        .env("SLIPWAY_SIMULATOR", simulator.told.to_string())
        .env("SLIPWAY", place::program("debug", "slipway"));
    run(&mut proof)
}

/// Python with the proof's packages.
fn python(name: &str, folder: &Path) -> Result<Command> {
    let home = place::target().join("proofs").join(name);
    let wanted = place::read(&folder.join("requirements.txt"))?;
    let mark = home.join("requirements.txt");
    let python = home.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    if !std::fs::read_to_string(&mark).is_ok_and(|seen| seen == wanted) {
        run(command(if cfg!(windows) { "python" } else { "python3" })
            .args(["-m", "venv", "--clear"])
            .arg(&home))?;
        run(command(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(folder.join("requirements.txt")))?;
        std::fs::write(&mark, wanted)
            .with_context(|| format!("cannot write {}", mark.display()))?;
    }
    let mut proof = command(python);
    proof.arg(folder.join("proof.py"));
    Ok(proof)
}

/// Node with the proof's packages.
fn node(folder: &Path) -> Result<Command> {
    ui::install_in(folder)?;
    let mut proof = command("node");
    proof.arg(folder.join("proof.mjs"));
    Ok(proof)
}
