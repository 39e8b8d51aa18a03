//! Runs other programs and says which one failed. Knows nothing of what they do.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::place;

/// A command that runs in the root of the work tree.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(place::root());
    command
}

/// The cargo that started us.
pub(crate) fn cargo() -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What `cargo run` sets for us would make cargo see a changed environment and build again.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_")
            || name == "CARGO_MANIFEST_DIR"
            || name == "CARGO_MANIFEST_PATH"
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs to the end; an exit status other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", spelled(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", spelled(command));
    }
    Ok(())
}

/// Runs to the end and gives back what it printed.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", spelled(command)))?;
    if !output.status.success() {
        bail!(
            "`{}` ended with {}: {}",
            spelled(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end, passing each line of its output on as it comes; says whether it exited with 0.
pub(crate) fn follow(command: &mut Command, mut line: impl FnMut(&str)) -> Result<bool> {
    announce(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", spelled(command)))?;
    let stdout = child.stdout.take().expect("stdout was piped just above");
    let mut ours = std::io::stdout();
    for bytes in BufReader::new(stdout).split(b'\n') {
        let bytes = bytes.context("cannot read what a command prints")?;
        ours.write_all(&bytes)?;
        ours.write_all(b"\n")?;
        line(String::from_utf8_lossy(&bytes).trim_end());
    }
    Ok(child.wait()?.success())
}

fn announce(command: &Command) {
    say(&format!("$ {}", spelled(command)));
}

fn spelled(command: &Command) -> String {
    let root = place::root();
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains('\n') {
                return "(script)".to_owned();
            }
            word.strip_prefix(&*root.to_string_lossy())
                .map_or_else(|| word.to_string(), |rest| format!(".{rest}"))
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// A line for the person who watches.
#[expect(clippy::print_stdout, reason = "printing is what a build tool does")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
