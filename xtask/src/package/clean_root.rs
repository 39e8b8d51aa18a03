//! Proves the Debian package where nothing of ours has ever been: a new Debian in a folder, in which it is installed, started, used for
//! one upload, and removed.
//!
//! Needs root, for the folder becomes the root of the programs in it. Always holds: what is compared is the whole tree of files before
//! and after, with everything that the package depends on already there before.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::command::{command, read, run, say};

/// The oldest Debian that has the web view we need.
const SUITE: &str = "bookworm";

/// What a desktop has and a bare Debian has not, for the program to be started in.
const DESKTOP: &str =
    "xvfb,xauth,dbus,dbus-x11,desktop-file-utils,gtk-update-icon-cache,man-db,bash-completion";

/// A user's own work in there. Prints `bytes equal` when the upload's copy is the video.
const USE: &str = r#"
set -eu
export HOME=/home/ann LANG=C.UTF-8 XDG_RUNTIME_DIR=/run/user-ann SLIPWAY_ANY_NETWORK=1 WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1
mkdir -p "$HOME/out" && cd "$HOME"
head -c 30000000 /dev/urandom > film.mp4
slipway-desktop --hidden > app.log 2>&1 &
app=$!
for i in $(seq 300); do [ -e .local/share/slipway/queue.db ] && slipway list > /dev/null 2>&1 && break; sleep 0.1; done
slipway accounts add folder --label copy --set path="$HOME/out"
id=$(slipway add film.mp4 --account copy --set title=Film)
for i in $(seq 600); do slipway list --json | grep -q '"phase":"published"' && break; sleep 0.1; done
kill -0 $app && echo "still running"
cmp film.mp4 out/*.mp4 && echo "bytes equal"
kill -TERM $app
wait $app
echo "ended with $?"
"#;

/// # Errors
/// When a step fails, or the tree of files is not what it was after the removal.
pub(crate) fn prove(deb: &Path, out: &Path) -> Result<()> {
    ensure!(
        read(command("id").arg("-u"))?.trim() == "0",
        "the proof makes a root file system: start it as root"
    );
    let root = out.join("root");
    let depends = read(command("dpkg-deb").arg("--field").arg(deb).arg("Depends"))?;
    let depends = depends.trim();
    run(command("mmdebstrap")
        .args(["--quiet", "--variant=minbase"])
        .arg(format!("--include={DESKTOP}"))
        .arg(SUITE)
        .arg(&root))?;
    run(inside(&root).args(["apt-get", "update", "--quiet"]))?;
    run(inside(&root).args([
        "apt-get",
        "satisfy",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        depends,
    ]))?;
    run(inside(&root).args(["useradd", "--create-home", "ann"]))?;
    run(inside(&root).args(["install", "-d", "-o", "ann", "-m", "700", "/run/user-ann"]))?;
    // A machine that has run a while: caches that triggers make are there.
    run(inside(&root).args(["update-desktop-database"]))?;
    let before = files(&root)?;

    fs::copy(deb, root.join("tmp/slipway.deb"))?;
    run(inside(&root).args([
        "apt-get",
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        "/tmp/slipway.deb",
    ]))?;
    let said = read(inside(&root).args([
        "runuser",
        "-u",
        "ann",
        "--",
        "xvfb-run",
        "-a",
        "dbus-run-session",
        "--",
        "bash",
        "-c",
        USE,
    ]))?;
    say(&said);
    for line in ["still running", "bytes equal", "ended with 0"] {
        ensure!(
            said.contains(line),
            "the installed program did not come to '{line}'"
        );
    }
    for man in ["slipway", "slipway-desktop", "slipway-accounts-add"] {
        run(inside(&root).args(["man", "--path", man]))?;
    }
    run(inside(&root).args([
        "desktop-file-validate",
        "/usr/share/applications/slipway-desktop.desktop",
    ]))?;
    let opens = fs::read_to_string(root.join("usr/share/applications/mimeinfo.cache"))?;
    ensure!(
        opens.contains("video/mp4=slipway-desktop.desktop"),
        "no file manager would offer Slipway for a video"
    );

    run(inside(&root).args(["apt-get", "purge", "--yes", "--quiet", "slipway"]))?;
    fs::remove_file(root.join("tmp/slipway.deb"))?;
    let after = files(&root)?;
    let left: Vec<_> = after.difference(&before).collect();
    let gone: Vec<_> = before.difference(&after).collect();
    if !left.is_empty() || !gone.is_empty() {
        bail!("after the removal: left over {left:?}, missing {gone:?}");
    }
    ensure!(
        root.join("home/ann/.local/share/slipway/queue.db")
            .is_file(),
        "the user's queue is gone"
    );
    say(&format!(
        "package: installed, used for one upload, removed; {} files as before, and the user's data",
        after.len()
    ));
    fs::remove_dir_all(&root).with_context(|| format!("cannot remove {}", root.display()))
}

fn inside(root: &Path) -> Command {
    let mut chroot = command("chroot");
    chroot
        .arg(root)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    chroot
}

/// Every file there, but for what belongs to the user and what a package manager writes about itself.
fn files(root: &Path) -> Result<BTreeSet<String>> {
    const NOT_OURS: &[&str] = &[
        "/home/ann/",
        "/run/",
        "/proc/",
        "/sys/",
        "/dev/",
        "/tmp/",
        "/var/lib/dpkg/",
        "/var/lib/apt/",
        "/var/cache/apt/",
        "/var/log/",
    ];
    let list = read(
        command("find")
            .arg(root)
            .args(["-xdev", "-printf", "/%P\n"]),
    )?;
    Ok(list
        .lines()
        .filter(|path| !NOT_OURS.iter().any(|start| path.starts_with(start)))
        .map(str::to_owned)
        .collect())
}
