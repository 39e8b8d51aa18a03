//! Installs what a machine lacks to build, run or test.
//!
//! Decides by asking what is there: nothing is installed, and nobody is asked for a password, when nothing is missing. Packages are
//! known for Debian and Ubuntu; elsewhere their names are printed and the rest goes on.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::command::{command, read, run, say};
use crate::place;

/// What is going to be done, and so what has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The crates without the window: nothing but Rust and a C compiler.
    Rust,
    /// The window can be built and opened.
    Window,
    /// The user interface alone can be tested in a browser.
    Browser,
    /// Speed can be compared: peers and emulated lines.
    Bench,
    /// The platforms' own clients can be installed: they are Python and Node packages.
    Proofs,
    /// Packages can be made, and tried in a Debian that has nothing.
    Package,
    /// All tests can run, those of the real window included.
    Tests,
    /// The same, with a real panel.
    Panel,
}

/// A Debian package and why it is wanted.
type Package = (&'static str, &'static str);

const RUST: &[Package] = &[("build-essential", "C compiler and linker")];

const WINDOW: &[Package] = &[
    ("pkg-config", "finds the libraries below"),
    ("libwebkit2gtk-4.1-dev", "the web view"),
    ("libayatana-appindicator3-dev", "the tray"),
    ("librsvg2-dev", "icons"),
    ("libxdo-dev", "keys in menus"),
    ("fonts-noto-cjk", "Chinese and Japanese text"),
];

const BROWSER: &[Package] = &[
    ("chromium", "tests of the user interface"),
    ("fonts-noto-cjk", "Chinese and Japanese text"),
    ("fonts-inter", "the font of the screens"),
];

const TESTS: &[Package] = &[
    ("ffmpeg", "real videos"),
    ("xvfb", "a display without a screen"),
    ("xauth", "the display's key"),
    ("dbus", "a private session bus"),
    ("dbus-x11", "a private session bus"),
    ("webkit2gtk-driver", "drives the window"),
    ("gnome-keyring", "a real keychain"),
    ("libsecret-tools", "looks into the keychain"),
    ("openbox", "a window manager"),
    ("imagemagick", "screenshots"),
    ("xdotool", "drops and keys"),
    ("x11-utils", "how a window stands"),
    ("python3-dbus", "a panel for the tray"),
    ("python3-gi", "a panel for the tray"),
];

const PANEL: &[Package] = &[("xfce4-panel", "a real panel"), ("xfconf", "its settings")];

const BENCH: &[Package] = &[
    ("curl", "the peer that speed is compared with"),
    ("iproute2", "emulated lines"),
    ("python3", "emulated lines"),
];

const PROOFS: &[Package] = &[
    ("python3", "official clients"),
    ("python3-venv", "packages of official clients"),
];

const PACKAGE: &[Package] = &[
    ("dpkg-dev", "finds the libraries that a package depends on"),
    ("mmdebstrap", "a Debian that has nothing, to try it in"),
];

/// Version of the cargo command that makes Debian packages.
/// Source: crates.io, read 2026-11-22.
const CARGO_DEB: &str = "3.8.0";

/// Version of the program between WebDriver clients and WebKitWebDriver.
/// Source: crates.io, read 2026-11-21.
const TAURI_DRIVER: &str = "2.1.0";

/// Oldest Node that the user interface's tools run on.
/// Source: Vite 7, 'engines' in its package.json, read 2026-11-21.
const NODE_MAJOR: u32 = 20;

/// Makes the machine able to do what is needed.
///
/// # Errors
/// One sentence for what is missing and could not be installed.
pub(crate) fn prepare(need: Need) -> Result<()> {
    if !matches!(need, Need::Rust | Need::Bench) {
        node()?;
    }
    if cfg!(target_os = "linux") {
        packages(&wanted(need))?;
    }
    if matches!(need, Need::Tests | Need::Panel) {
        tool("tauri-driver", TAURI_DRIVER, "drives the window in tests")?;
    }
    if need == Need::Package {
        tool("cargo-deb", CARGO_DEB, "makes Debian packages")?;
    }
    Ok(())
}

fn wanted(need: Need) -> Vec<Package> {
    let lists: &[&[Package]] = match need {
        Need::Rust => &[RUST],
        Need::Bench => &[RUST, BENCH],
        Need::Proofs => &[RUST, PROOFS],
        Need::Browser => &[BROWSER],
        Need::Window => &[RUST, WINDOW],
        Need::Package => &[RUST, WINDOW, PACKAGE],
        Need::Tests => &[RUST, WINDOW, BROWSER, TESTS],
        Need::Panel => &[RUST, WINDOW, BROWSER, TESTS, PANEL],
    };
    lists.concat()
}

fn packages(wanted: &[Package]) -> Result<()> {
    if place::find("dpkg-query").is_none() || place::find("apt-get").is_none() {
        let names: Vec<_> = wanted.iter().map(|(name, _)| *name).collect();
        say(
            "This is neither Debian nor Ubuntu, so packages are yours to install. By Debian's names they are:",
        );
        say(&format!("  {}", names.join(" ")));
        return Ok(());
    }
    let there = installed()?;
    let mut missing: Vec<Package> = wanted
        .iter()
        .filter(|(name, _)| !there.iter().any(|has| has == name))
        .copied()
        .collect();
    missing.sort_unstable();
    missing.dedup_by_key(|(name, _)| *name);
    if missing.is_empty() {
        return Ok(());
    }
    say("Missing here, and installed now with apt-get:");
    for (name, why) in &missing {
        say(&format!("  {name:32} {why}"));
    }
    run(apt_get()?.args(["update", "--quiet"]))?;
    run(apt_get()?
        .args([
            "install",
            "--yes",
            "--quiet",
            "--no-install-recommends",
            "-o",
            "Dpkg::Use-Pty=0",
        ])
        .args(missing.iter().map(|(name, _)| *name)))
    .context("the packages above could not be installed; install them by hand and start again")
}

fn installed() -> Result<Vec<String>> {
    let list = read(command("dpkg-query").args([
        "--show",
        "--showformat",
        "${db:Status-Abbrev} ${Package}\n",
    ]))?;
    Ok(list
        .lines()
        .filter_map(|line| line.strip_prefix("ii"))
        .map(|name| name.trim().to_owned())
        .collect())
}

/// apt-get as root: directly, or through sudo when there is one.
fn apt_get() -> Result<Command> {
    let mut apt = if read(command("id").arg("-u"))?.trim() == "0" {
        command("apt-get")
    } else if place::find("sudo").is_some() {
        let mut sudo = command("sudo");
        sudo.arg("apt-get");
        sudo
    } else {
        bail!(
            "installing packages needs root, and there is no sudo: install the packages above as root and start again"
        );
    };
    apt.env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    Ok(apt)
}

fn node() -> Result<()> {
    let version = read(command("node").arg("--version"))
        .with_context(|| format!("Node {NODE_MAJOR} or newer builds the user interface and was not found: install it from your system or nodejs.org"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR) {
        bail!(
            "Node {NODE_MAJOR} or newer builds the user interface; this one is {}",
            version.trim()
        );
    }
    read(command("npm").arg("--version")).context("npm, which comes with Node, was not found")?;
    Ok(())
}

/// A program of cargo's registry, kept with what is built.
fn tool(name: &'static str, version: &str, why: &'static str) -> Result<()> {
    let program = place::tools().join("bin").join(name);
    if program.is_file() {
        return Ok(());
    }
    run(crate::command::cargo()
        .args(["install", "--locked", "--quiet", name, "--version", version])
        .arg("--root")
        .arg(place::tools())
        .env_remove("CARGO_TARGET_DIR"))
    .with_context(|| format!("{name} {why}"))
}
