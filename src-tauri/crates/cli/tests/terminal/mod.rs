//! A terminal with the real program, a home and a data folder of its own.
#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
};

pub(crate) const PASSPHRASE: &str = "of a folder that is thrown away";

pub(crate) struct Terminal {
    pub(crate) dir: tempfile::TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
    /// The lines of `run` and `upload`.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }
    /// The error object on stderr.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        let object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        object["error"].clone()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("home")).unwrap();
        fs::create_dir_all(dir.path().join("runtime")).unwrap();
        Self { dir }
    }

    /// With a folder account called `arch`, which copies into `out`.
    pub(crate) fn with_account() -> Self {
        let terminal = Self::new();
        terminal
            .run([
                "accounts", "add", "folder", "--label", "arch", "--set", "path=out",
            ])
            .ok();
        terminal
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A file with bytes that do not repeat.
    pub(crate) fn file(&self, name: impl AsRef<Path>, bytes: usize) -> PathBuf {
        let path = self.path(name);
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let content: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .take(bytes)
        .collect();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn command<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .env("SLIPWAY_DATA_DIR", self.data())
            .env("SLIPWAY_ANY_NETWORK", "1")
            .env("LC_ALL", "C")
            .env("COLUMNS", "100")
            .stdin(Stdio::null());
        for name in [
            "DBUS_SESSION_BUS_ADDRESS",
            "SLIPWAY_PASSPHRASE",
            "SLIPWAY_LOG",
            "XDG_DATA_HOME",
            "LANG",
        ] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Ran {
        self.command(args).output().unwrap().into()
    }

    /// An engine in another process, which serves when this returns.
    pub(crate) fn engine(&self) -> Engine {
        let mut child = self
            .command(["run"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.starts_with("Running."), "{line}");
        Engine { child, stderr }
    }

    pub(crate) fn phases(&self) -> Vec<String> {
        let rows = self.run(["list", "--json"]).ok().json();
        let rows = rows.as_array().unwrap();
        rows.iter()
            .map(|row| row["phase"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub(crate) struct Engine {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Engine {
    /// Asks it to end, and gives its exit status and what it said.
    pub(crate) fn stop(mut self) -> (i32, String) {
        signal(&self.child, "TERM");
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code().unwrap(), said)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}
