//! Measures what the product promises, and says beside each promise what was found.
//!
//! Knows nothing of how; each figure has a module. Always holds: peers run on the same server, by turns, and are compared by the
//! ratio of their medians.

mod cost;
mod headroom;
mod large;
mod lines;
mod queue;
mod reaction;
mod typing;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What to measure; everything without this.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<What>,
    /// Runs of each peer.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Size of the large file, in MiB.
    #[arg(long, default_value_t = 2048)]
    large_mib: u64,
    /// Size of the file that crosses an emulated line, in MiB.
    #[arg(long, default_value_t = 512)]
    line_mib: u64,
    /// Uploads in the long queue.
    #[arg(long, default_value_t = 100_000)]
    queue: u32,
    /// Where the report goes.
    #[arg(long, default_value = "target/bench.md")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// One large file beside curl, on loopback.
    Large,
    /// Pause, speed cap, kill -9.
    Reaction,
    /// Ten thousand and a hundred thousand uploads.
    Queue,
    /// Preflight while somebody types.
    Typing,
    /// Emulated lines.
    Lines,
    /// A call beside an upload on an emulated home line.
    Headroom,
}

/// One promise and what was found.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    figure: &'static str,
    measured: String,
    holds: Option<bool>,
}

impl Row {
    fn new(
        what: impl Into<String>,
        figure: &'static str,
        measured: impl Into<String>,
        holds: bool,
    ) -> Self {
        Self {
            what: what.into(),
            figure,
            measured: measured.into(),
            holds: Some(holds),
        }
    }

    /// Nothing is promised, but it is good to know.
    fn told(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            figure: "",
            measured: measured.into(),
            holds: None,
        }
    }
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    let wants = |what| options.only.is_empty() || options.only.contains(&what);
    let mut rows = Vec::new();
    if wants(What::Large) {
        rows.extend(large::measure(program, options.large_mib, options.runs).await?);
    }
    if wants(What::Reaction) {
        rows.extend(reaction::measure(program).await?);
    }
    if wants(What::Queue) {
        rows.extend(queue::measure(program, options.queue).await?);
    }
    if wants(What::Typing) {
        rows.extend(typing::measure().await?);
    }
    if wants(What::Lines) {
        rows.extend(lines::measure(program, options.line_mib, options.runs.min(3)).await?);
    }
    if wants(What::Headroom) {
        rows.extend(headroom::measure(program).await?);
    }
    let report = table(&rows);
    std::fs::write(&options.out, &report)
        .with_context(|| format!("cannot write {}", options.out.display()))?;
    Ok(report)
}

fn table(rows: &[Row]) -> String {
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d");
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut table = format!(
        "# Figures\n\nMeasured {day}, {cores} cores, {}.\n\n| what | promised | measured | holds |\n| --- | --- | --- | --- |\n",
        std::env::consts::OS
    );
    for row in rows {
        let holds = match row.holds {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        writeln!(
            table,
            "| {} | {} | {} | {holds} |",
            row.what, row.figure, row.measured
        )
        .expect("a string takes everything");
    }
    table
}

/// The middle one of several figures.
fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Says what is going on; the report comes at the end.
fn tell(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_median_is_the_middle_one_whatever_the_order() {
        assert!((super::median([9.0, 1.0, 5.0]) - 5.0).abs() < f64::EPSILON);
        assert!(super::median([]).is_nan());
    }
}
