//! Starts the simulators as programs and talks to them. Always holds: they end when we do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::command::command;
use crate::place;

/// A running simulator. It ends when its standard input closes, so at the latest when we do.
pub(crate) struct Simulator {
    child: Child,
    /// What it told when it was ready.
    pub(crate) told: Value,
}

impl Simulator {
    /// Starts one of `slipway-simulators`' servers.
    pub(crate) fn start(profile: &str, words: &[&str]) -> Result<Self> {
        let mut child = command(place::program(profile, "slipway-simulators"))
            .arg("--until-stdin-closes")
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the simulators")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout was piped just above"))
            .read_line(&mut line)?;
        let told =
            serde_json::from_str(&line).context("a simulator says in JSON that it is ready")?;
        Ok(Self { child, told })
    }
}

/// Everything that the simulator at this address has received, its files merged and their digests known.
pub(crate) fn inspect(url: &str) -> Result<Value> {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).context("cannot reach the simulator")?;
    write!(
        stream,
        "GET /__sim/inspect?answers=0 HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .context("the simulator's answer has a body")?;
    serde_json::from_str(body).context("the simulator answers in JSON")
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Its end is all that matters; how it ended does not.
        let _ = self.child.wait();
    }
}
