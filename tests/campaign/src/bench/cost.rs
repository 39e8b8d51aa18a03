//! What a program costs: wall time, processor time, peak memory. Read from /proc, so Linux only.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::proc::{Stat, kib_as_mib};

/// How often memory is looked at. Peaks that last shorter are the kernel's to remember: it keeps the high-water mark.
const LOOK: Duration = Duration::from_millis(10);
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) wall_s: f64,
    pub(super) cpu_s: f64,
    pub(super) peak_mib: f64,
}

/// Runs a command to its end, which must be a good one.
pub(super) fn of(command: &mut Command) -> Result<Cost> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {command:?}"))?;
    let mut cost = Cost::default();
    // A program that has ended stays in /proc until it is waited for, with all it has used.
    loop {
        let stat = Stat::of(child.id()).context("figures are read from /proc")?;
        cost.cpu_s = stat.cpu_s;
        if stat.state == 'Z' {
            break;
        }
        if let Some(peak) = memory_mib(child.id(), "VmHWM:") {
            cost.peak_mib = cost.peak_mib.max(peak);
        }
        std::thread::sleep(LOOK);
    }
    cost.wall_s = started.elapsed().as_secs_f64();
    let status = child.wait()?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(cost)
}

/// One line of /proc/PID/status, in MiB.
pub(super) fn memory_mib(pid: u32, line: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    kib_as_mib(&status, line)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_program_that_works_costs_processor_time_and_memory() {
        let cost = super::of(
            std::process::Command::new("sh")
                .args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]),
        )
        .unwrap();
        assert!(
            cost.cpu_s > 0.0 && cost.wall_s > 0.0 && cost.peak_mib > 0.0,
            "{cost:?}"
        );
    }

    #[test]
    fn a_program_that_fails_is_no_measurement() {
        assert!(super::of(&mut std::process::Command::new("false")).is_err());
    }
}
