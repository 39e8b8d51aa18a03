//! What the kernel tells of processes: processor time, wake-ups, memory. Linux only.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

/// Clock ticks in a second as /proc has them.
/// Source: proc(5), `sysconf(_SC_CLK_TCK)`; 100 on every Linux platform Rust runs on, read 2026-11-21.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Clone, Debug, Default)]
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) cpu_s: f64,
    /// Times its threads went to sleep by themselves, so the times they were woken.
    pub(crate) switches: u64,
    /// Shared pages in proportion.
    pub(crate) pss_mib: f64,
}

/// A process and all below it, by their numbers. One that ends meanwhile is left out.
pub(crate) fn tree(root: u32) -> Result<BTreeMap<u32, Process>> {
    let mut parents = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").context("figures are read from /proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some(stat) = Stat::of(pid) {
            parents.insert(pid, stat.parent);
        }
    }
    let is_below = |pid: u32| {
        std::iter::successors(Some(pid), |pid| {
            parents.get(pid).copied().filter(|p| *p > 0)
        })
        .any(|above| above == root)
    };
    let below = parents.keys().copied().filter(|pid| is_below(*pid));
    Ok(below.filter_map(|pid| Some((pid, process(pid)?))).collect())
}

pub(crate) fn process(pid: u32) -> Option<Process> {
    let stat = Stat::of(pid)?;
    let mut switches = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let status = std::fs::read_to_string(thread.ok()?.path().join("status")).ok()?;
        switches += field(&status, "voluntary_ctxt_switches:")?
            .parse::<u64>()
            .ok()?;
    }
    Some(Process {
        name: stat.name,
        cpu_s: stat.cpu_s,
        switches,
        pss_mib: pss_mib(pid)?,
    })
}

pub(crate) fn pss_mib(pid: u32) -> Option<f64> {
    kib_as_mib(
        &std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?,
        "Pss:",
    )
}

/// A line of a file of /proc that is in kB, in MiB.
pub(crate) fn kib_as_mib(text: &str, name: &str) -> Option<f64> {
    let kib = field(text, name)?.trim_end_matches(" kB");
    kib.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

/// /proc/PID/stat.
#[derive(Debug)]
pub(crate) struct Stat {
    pub(crate) name: String,
    pub(crate) state: char,
    pub(crate) parent: u32,
    /// Of the process alone, without the children it has waited for.
    pub(crate) cpu_s: f64,
}

impl Stat {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may hold anything.
        let (before, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        Some(Self {
            name: before.split_once('(')?.1.to_owned(),
            state: rest.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            cpu_s: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_and_what_it_has_started_are_found() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let tree = tree(std::process::id()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(tree[&child.id()].name, "sleep");
        assert!(tree[&std::process::id()].pss_mib > 0.0);
    }
}
