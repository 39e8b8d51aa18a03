//! Linux: `/proc/PID/fd` of every process that we may read: our own user's, and all for root. One walk answers for any number of files.
//!
//! A lease would ask about one file by one call, but breaks with a signal that ends a process which does not expect it. What another user writes is not
//! seen; there only rest counts. Source: proc_pid_fd(5), proc_pid_fdinfo(5), fcntl(2), read 2026-11-22.

use super::Writer;
use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

/// The last octal figure of the flags: 0 is for reading only.
const ACCESS_MODE: u32 = 0o3;

/// Of these whole paths, those that somebody has open for writing. Blocks.
pub(crate) fn writers(paths: &HashSet<PathBuf>) -> HashMap<PathBuf, Writer> {
    let mut found = HashMap::new();
    if paths.is_empty() {
        return found;
    }
    let own = std::process::id().to_string();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = process.file_name();
        let is_process = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        if !is_process || name.as_encoded_bytes() == own.as_bytes() {
            continue;
        }
        let process = process.path();
        // Those of other users cannot be read.
        for open in fs::read_dir(process.join("fd"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let Ok(path) = fs::read_link(open.path()) else {
                continue;
            };
            if paths.contains(&path) && writes(&process, &open.file_name().to_string_lossy()) {
                let program = fs::read_to_string(process.join("comm")).ok();
                let program = program.map(|name| name.trim_end().to_owned());
                found.insert(path, Writer { program });
            }
        }
    }
    found
}

fn writes(process: &Path, number: &str) -> bool {
    let info = fs::read_to_string(process.join("fdinfo").join(number)).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|text| u32::from_str_radix(text.trim(), 8).ok());
    flags.is_some_and(|flags| flags & ACCESS_MODE != 0)
}
