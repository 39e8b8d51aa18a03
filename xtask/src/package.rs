//! Packages for Linux: a Debian package, and the same files as an archive for any other system.
//!
//! What is in them stands in `src-tauri/Cargo.toml` (`package.metadata.deb`) and `src-tauri/linux`; manual and completions are made by the
//! program itself. Always holds: the archive is the unpacked Debian package, so there is one list of files.

mod clean_root;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::command::{cargo, command, read, run, say};
use crate::setup::{self, Need};
use crate::{place, ui};

/// Builds the packages; `proven` also installs, uses and removes the Debian package in a system that has nothing.
pub(crate) fn make(proven: bool) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("packages are made on Linux only so far");
    }
    setup::prepare(Need::Package)?;
    ui::build()?;
    run(cargo().args([
        "build",
        "--release",
        "--locked",
        "--package",
        "slipway-cli",
        "--package",
        "slipway-desktop",
    ]))?;
    let out = place::target().join("package");
    empty(&out)?;
    describe()?;
    let deb = debian(&out)?;
    let archive = archive(&out, &deb)?;
    for file in [&deb, &archive] {
        let bytes = fs::metadata(file)?.len() as f64;
        say(&format!("{} ({:.1} MB)", file.display(), bytes / 1e6));
    }
    if proven {
        clean_root::prove(&deb, &out)?;
    }
    Ok(())
}

/// The manual and the completions, by the program that they describe and beside it: that folder alone is found wherever cargo builds.
fn describe() -> Result<()> {
    let slipway = place::program("release", "slipway");
    let manual = slipway.with_file_name("manual");
    let completions = slipway.with_file_name("completions");
    empty(&manual)?;
    empty(&completions)?;
    run(command(&slipway).arg("manual").arg(&manual))?;
    for (shell, file) in [
        ("bash", "slipway"),
        ("zsh", "_slipway"),
        ("fish", "slipway.fish"),
    ] {
        let script = read(command(&slipway).args(["completions", shell]))?;
        fs::write(completions.join(file), script)?;
    }
    Ok(())
}

fn debian(out: &Path) -> Result<PathBuf> {
    let mut deb = cargo();
    deb.env("PATH", tools_first()?)
        .args(["deb", "--no-build", "--locked", "--package"])
        .args(["slipway-desktop", "--output"])
        .arg(out);
    run(&mut deb)?;
    only(out, "deb")
}

/// The package's files below one folder, to be unpacked into `/usr/local` or `~/.local`.
fn archive(out: &Path, deb: &Path) -> Result<PathBuf> {
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("slipway-{version}-linux-{}", std::env::consts::ARCH);
    let tree = out.join("tree");
    run(command("dpkg-deb").arg("--extract").arg(deb).arg(&tree))?;
    fs::rename(tree.join("usr"), out.join(&name))?;
    fs::remove_dir(&tree)?;
    let archive = out.join(format!("{name}.tar.gz"));
    run(command("tar")
        .args(["--owner=0", "--group=0", "--sort=name", "-C"])
        .arg(out)
        .arg("-czf")
        .arg(&archive)
        .arg(&name))?;
    fs::remove_dir_all(out.join(&name))?;
    Ok(archive)
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn tools_first() -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tools = place::tools().join("bin");
    Ok(std::env::join_paths(
        std::iter::once(tools).chain(std::env::split_paths(&path)),
    )?)
}

fn only(folder: &Path, ending: &str) -> Result<PathBuf> {
    fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|has| has == ending))
        .with_context(|| format!("no .{ending} was made"))
}
