//! Campaigns: long runs of the real program against simulators, to be started by hand, which end with a table.
//!
//! Knows nothing of the product but its command line and what the platforms received.
#![expect(
    clippy::print_stdout,
    reason = "a campaign is a program that prints a report"
)]

mod bench;
mod call;
mod faults;
mod huge;
mod idle;
mod kills;
mod link;
mod lost;
mod network;
mod proc;
mod serve;
mod slipway;
mod soak;
mod video;
mod watch;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    about = "Long runs of the real program against simulators",
    disable_help_subcommand = true
)]
struct Line {
    /// The `slipway` that is put to the test.
    #[arg(long, global = true, default_value = "target/release/slipway")]
    slipway: PathBuf,
    #[command(subcommand)]
    campaign: Campaign,
}

#[derive(Debug, Subcommand)]
enum Campaign {
    /// Kills the program at every moment of an upload.
    Kills(kills::Options),
    /// Uploads once under each fault, platform by platform.
    Faults(faults::Options),
    /// Loses the answer to each submission, and kills the program around it.
    Lost(lost::Options),
    /// Makes the link cost and free again, and watches what the platform receives.
    Network(network::Options),
    /// Takes a real link down and up during an upload.
    Link(link::Options),
    /// Fills, pulls and kills watched folders, and measures what watching costs.
    Watch(watch::Options),
    /// Uploads a sparse file of hundreds of GiB and kills the program on its way.
    Huge(huge::Options),
    /// Hours of everything at once: uploads, faults, flips of the link, kills and restarts.
    Soak(soak::Options),
    /// Measures the app in the tray with nothing to do.
    Idle(idle::Options),
    /// Measures the figures that are promised.
    Bench(bench::Options),
    /// Serves a platform and a sink that throw everything away, until standard input closes.
    Serve,
    /// Talks to a server as a call would, and prints how long its packets take.
    Call { to: SocketAddr, seconds: u64 },
    /// Writes a video of a given size.
    Video {
        file: PathBuf,
        #[arg(long)]
        bytes: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Line::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("campaign: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(line: Line) -> Result<()> {
    match line.campaign {
        Campaign::Kills(options) => println!("{}", kills::run(&options, &line.slipway).await?),
        Campaign::Faults(options) => println!("{}", faults::run(&options, &line.slipway).await?),
        Campaign::Lost(options) => println!("{}", lost::run(&options, &line.slipway).await?),
        Campaign::Network(options) => println!("{}", network::run(&options, &line.slipway).await?),
        Campaign::Link(options) => println!("{}", link::run(&options, &line.slipway).await?),
        Campaign::Watch(options) => println!("{}", watch::run(&options, &line.slipway).await?),
        Campaign::Huge(options) => println!("{}", huge::run(&options, &line.slipway).await?),
        Campaign::Soak(options) => println!("{}", soak::run(&options, &line.slipway).await?),
        Campaign::Idle(options) => println!("{}", idle::run(&options, &line.slipway).await?),
        Campaign::Bench(options) => println!("{}", bench::run(&options, &line.slipway).await?),
        Campaign::Serve => serve::run().await?,
        Campaign::Call { to, seconds } => call::run(to, seconds).await?,
        Campaign::Video { file, bytes, seed } => video::write(&file, bytes, seed)?,
    }
    Ok(())
}
