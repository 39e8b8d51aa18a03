//! A real link taken down and up during an upload, at this machine's end and at the other: it goes on by itself, and what was sent again is counted.
//!
//! The program runs in a network namespace that a pair of devices joins to this one, and no bus tells it of networks: it has the routes alone.
//! Always holds: an upload that did not end as one work, or that sent more again than was in flight at the breaks, is an error.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::network::{Watch, ip, own_network};
use crate::slipway::{Account, Slipway};
use crate::video;

const NEAR: &str = "slipway-near";
const MIB: u64 = 1 << 20;
const BREAKS: u64 = 3;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Size of the file.
    #[arg(long, default_value_t = 256)]
    mib: u64,
    /// The cap, in MiB a second.
    #[arg(long, default_value_t = 16)]
    line: u64,
    /// How long the link is down, in seconds.
    #[arg(long, default_value_t = 8)]
    down: u64,
}

/// Which end of the link goes down.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The routes go with it.
    Near,
    /// Nothing says so here but that nothing passes.
    Far,
}

/// The link. The namespace goes with it.
struct Link;

impl Link {
    async fn lay() -> Result<Self> {
        ip(&["netns", "add", NEAR]).await?;
        let link = Self;
        let pair = "link add far0 type veth peer name near0 netns";
        let words: Vec<_> = pair.split(' ').chain([NEAR]).collect();
        ip(&words).await?;
        ip(&[
            "addr",
            "add",
            "10.99.1.2",
            "peer",
            "10.99.1.1",
            "dev",
            "far0",
        ])
        .await?;
        let near = ["-n", NEAR];
        let address = [
            "addr",
            "add",
            "10.99.1.1",
            "peer",
            "10.99.1.2",
            "dev",
            "near0",
        ];
        ip(&[&near[..], &address].concat()).await?;
        // Addresses of the loopback lie at the far end.
        for device in ["all", "far0"] {
            for (key, value) in [("route_localnet", "1"), ("rp_filter", "0")] {
                std::fs::write(format!("/proc/sys/net/ipv4/conf/{device}/{key}"), value)?;
            }
        }
        let same = "for one in all near0; do cd /proc/sys/net/ipv4/conf/$one; echo 1 > route_localnet; echo 0 > rp_filter; done";
        ip(&["netns", "exec", NEAR, "sh", "-c", same]).await?;
        link.set(End::Far, true).await?;
        link.set(End::Near, true).await?;
        Ok(link)
    }

    async fn set(&self, end: End, up: bool) -> Result<()> {
        let word = if up { "up" } else { "down" };
        match end {
            End::Far => ip(&["link", "set", "far0", word]).await,
            End::Near => {
                ip(&["-n", NEAR, "link", "set", "near0", word]).await?;
                if up {
                    let way = ["-n", NEAR, "route", "replace"];
                    let loopback = ["127.0.0.0/8", "dev", "near0", "src", "10.99.1.1"];
                    ip(&[&way[..], &loopback].concat()).await?;
                    ip(&[&way[..], &["default", "dev", "near0"]].concat()).await?;
                }
                Ok(())
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = std::process::Command::new("ip")
            .args(["netns", "del", NEAR])
            .status();
    }
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    own_network().await?;
    let link = Link::lay().await?;
    let mut report = String::from(
        "# A link taken down and up\n\n| which end | down, times and s | first byte again, at worst, s | sent again, MiB | most in flight, MiB |\n| --- | --- | ---: | ---: | ---: |\n",
    );
    for end in [End::Near, End::Far] {
        let row = one(options, program, &link, end).await;
        report.push_str(&row.with_context(|| format!("{end:?}"))?);
    }
    Ok(report)
}

async fn one(options: &Options, program: &Path, link: &Link, end: End) -> Result<String> {
    let site = slipway_sites::start("bilibili", 1).await;
    let scratch = tempfile::tempdir()?;
    let slipway = Slipway::new(program, &scratch.path().join("slipway"))?
        .within(NEAR)
        .on_bus("unix:path=/nonexistent");
    slipway.add_account("video", &Account::on(&*site)).await?;
    let file = scratch.path().join("long.mp4");
    let bytes = options.mib * MIB;
    video::write(&file, bytes, 1)?;
    slipway.add(&file, "video", "long", &*site).await?;
    let running = slipway.run_until_idle(Some(options.line * MIB))?;
    let mut watch = Watch {
        site: &*site,
        running,
    };
    let mut slowest = Duration::ZERO;
    for at in 1..=BREAKS {
        while site.received() < bytes * at / (BREAKS + 1) {
            watch.step().await?;
        }
        link.set(end, false).await?;
        let down = Instant::now();
        while down.elapsed() < Duration::from_secs(options.down) {
            watch.step().await?;
        }
        link.set(end, true).await?;
        slowest = slowest.max(watch.goes(Instant::now()).await?);
    }
    while watch.running.next().await?.is_some() {}
    ensure!(site.works().await.len() == 1, "not one work");
    let (again, most) = (site.received() - bytes, site.in_flight_most());
    ensure!(
        again <= BREAKS * most,
        "{again} bytes were sent again, and at most {most} were in flight"
    );
    let mib = |bytes: u64| bytes as f64 / MIB as f64;
    Ok(format!(
        "| {end:?} | {BREAKS} of {} | {:.1} | {:.1} | {:.1} |\n",
        options.down,
        slowest.as_secs_f64(),
        mib(again),
        mib(most)
    ))
}
