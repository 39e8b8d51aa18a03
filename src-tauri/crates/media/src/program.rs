//! Runs a program that knows about video, where it is installed: bounded in time and in what it may say.
//!
//! It is given one file, by a name that no option can be made of, and may read nothing else.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read as _},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

/// Why nothing was said.
#[derive(Debug)]
pub(crate) enum Silence {
    NotInstalled,
    TookTooLong,
    Failed(io::Error),
}

/// `path` as `ffmpeg` and `ffprobe` name a file, whatever it is called.
pub(crate) fn named(path: &Path) -> io::Result<OsString> {
    let mut named = OsString::from("file:");
    named.push(std::path::absolute(path)?);
    Ok(named)
}

/// What `program` says, `said_max_bytes` of it at most. It has ended when this returns.
pub(crate) fn run<S: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = S>,
    said_max_bytes: u64,
    patience: Duration,
) -> Result<Vec<u8>, Silence> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        /// Without a console window of its own.
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NO_WINDOW);
    }
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Silence::NotInstalled,
        _ => Silence::Failed(error),
    })?;
    let said = child.stdout.take().expect("it was asked for");
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = said.take(said_max_bytes).read_to_end(&mut bytes);
        // Nobody listens any more when it took too long.
        let _ = tell.send(read.map(|_| bytes));
    });
    let heard = told.recv_timeout(patience);
    // It has ended, says too much, or takes too long: in each case it is over.
    let _ = child.kill();
    let _ = child.wait();
    match heard {
        Ok(read) => read.map_err(Silence::Failed),
        Err(_) => Err(Silence::TookTooLong),
    }
}
