//! The guard of the link, measured at the platform: how long bytes come in after the link has begun to cost, and how soon they come again.
//!
//! The real program listens to a NetworkManager on a bus of its own, in a network of its own whose routes are changed as well.
//! Always holds: a byte later than two seconds after a flip is an error.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use slipway_simulators::network_manager::{Metered, NetworkManager, Up};
use slipway_sites::Site;

use crate::slipway::{Account, Running, Slipway};
use crate::video;

/// What is promised, from the flip to the last byte.
const LAST_BYTE: Duration = Duration::from_secs(2);
/// How long it is watched for later bytes after that.
const WATCHED: Duration = Duration::from_secs(2);
/// After this a change of the free link has been noticed, and rested from.
const SETTLED: Duration = Duration::from_secs(5);
/// What is sent before a flip.
const FLOWS: u64 = 2 << 20;
/// Nothing takes longer to go on again.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);
const MIB: u64 = 1 << 20;

const CABLE: Up = Up::new("802-3-ethernet", "Desk", Metered::GuessNo);
pub(crate) const HOME: Up = Up::new("802-11-wireless", "Home", Metered::No);
pub(crate) const HOME_COSTS: Up = Up::new("802-11-wireless", "Home", Metered::Yes);
const CAFE: Up = Up::new("802-11-wireless", "Café", Metered::GuessNo);
pub(crate) const PHONE: Up = Up::new("gsm", "Phone", Metered::GuessYes);
const FLAT_RATE_PHONE: Up = Up::new("gsm", "Flat", Metered::No);
const WORK: Up = Up::new("vpn", "Work", Metered::Unknown);
const GUARD: Up = Up::new("wireguard", "Guard", Metered::No);

/// From a link that is free to one that is not, and back.
const FLIPS: &[(&str, &[Up], &[Up])] = &[
    ("metered on and off", &[HOME], &[HOME_COSTS]),
    ("Wi-Fi to mobile", &[HOME], &[PHONE]),
    (
        "cable to a mobile network that is said to be free",
        &[CABLE],
        &[FLAT_RATE_PHONE],
    ),
    ("Wi-Fi to one that nobody has decided on", &[HOME], &[CAFE]),
    (
        "under a VPN, Wi-Fi to mobile",
        &[WORK, HOME],
        &[WORK, PHONE],
    ),
    (
        "under a tunnel that names nothing, cable to metered Wi-Fi",
        &[GUARD, CABLE],
        &[GUARD, HOME_COSTS],
    ),
    ("network gone", &[HOME], &[]),
];

/// What there is without NetworkManager: ways out, by interfaces that lead nowhere; bytes for the simulator go over the loopback.
const CABLED: &str = "wire0";
/// By its name it is a modem's.
const DIALLED: &str = "ppp0";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Flips of the metered flag at the end.
    #[arg(long, default_value_t = 100)]
    flips: u32,
    /// The cap, in MiB a second.
    #[arg(long, default_value_t = 4)]
    line: u64,
}

/// A run that is watched at the platform.
pub(crate) struct Watch<'a> {
    pub(crate) site: &'a dyn Site,
    pub(crate) running: Running,
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    own_network().await?;
    let site = slipway_sites::start("bilibili", 1).await;
    let scratch = tempfile::tempdir()?;
    let mut network = NetworkManager::start().await?;
    network.show(&[CABLE]).await?;
    let slipway =
        Slipway::new(program, &scratch.path().join("slipway"))?.on_bus(&network.address());
    slipway.add_account("video", &Account::on(&*site)).await?;
    let file = scratch.path().join("long.mp4");
    video::write(&file, 1 << 30, 1)?;
    slipway.add(&file, "video", "long", &*site).await?;
    // It would be done where a person is asked.
    let cap = (options.line * MIB).to_string();
    let running = slipway.start(["run", "--json", "--limit", &cap])?;
    let mut watch = Watch {
        site: &*site,
        running,
    };
    watch.goes(Instant::now()).await.context("at the start")?;

    let mut report = String::from(
        "# The guard of the link\n\n| what | last byte, s | first byte again, s |\n| --- | ---: | ---: |\n",
    );
    let line = |what: &str, (stopped, went): (Duration, Duration)| {
        format!(
            "| {what} | {:.2} | {:.2} |\n",
            stopped.as_secs_f64(),
            went.as_secs_f64()
        )
    };
    for (what, free, costly) in FLIPS {
        network.show(free).await?;
        watch.settles().await?;
        let flip = watch
            .flip(&network, free, costly)
            .await
            .with_context(|| (*what).to_owned())?;
        report.push_str(&line(what, flip));
    }
    network.show(&[HOME]).await?;
    watch.settles().await?;
    watch.flows().await?;
    network.bus_goes().await?;
    network.show(&[PHONE]).await?;
    network.bus_comes().await?;
    let at = Instant::now();
    let stopped = watch
        .stops(at)
        .await
        .context("the bus came back with a mobile network")?;
    network.show(&[HOME]).await?;
    let went = watch.goes(Instant::now()).await?;
    report.push_str(&line(
        "bus restarted, back with a mobile network",
        (stopped, went),
    ));

    watch
        .without_a_bus(&mut network, |what, times| {
            report.push_str(&line(what, times));
        })
        .await
        .context("without a bus")?;
    network.show(&[HOME]).await?;
    watch.settles().await.context("with a bus again")?;

    let (mut worst, mut slowest) = (Duration::ZERO, Duration::ZERO);
    for flip in 1..=options.flips {
        let (stopped, went) = watch
            .flip(&network, &[HOME], &[HOME_COSTS])
            .await
            .with_context(|| format!("flip {flip}"))?;
        (worst, slowest) = (worst.max(stopped), slowest.max(went));
    }
    let what = format!("the worst of {} flips", options.flips);
    report.push_str(&line(&what, (worst, slowest)));
    watch.running.kill().await?;
    Ok(report)
}

impl Watch<'_> {
    /// The link costs, then it does not. How long each took to be obeyed.
    async fn flip(
        &mut self,
        network: &NetworkManager,
        free: &[Up],
        costly: &[Up],
    ) -> Result<(Duration, Duration)> {
        self.flows().await?;
        let at = Instant::now();
        network.show(costly).await?;
        let stopped = self.stops(at).await?;
        let at = Instant::now();
        network.show(free).await?;
        Ok((stopped, self.goes(at).await?))
    }

    /// The bus goes for good, the routes remain. They are looked at once a second.
    async fn without_a_bus(
        &mut self,
        network: &mut NetworkManager,
        mut tell: impl FnMut(&str, (Duration, Duration)),
    ) -> Result<()> {
        way_by(Some(CABLED)).await?;
        network.bus_goes().await?;
        self.settles().await.context("by the cable")?;
        for (what, costly) in [
            ("no bus, cable to mobile", Some(DIALLED)),
            ("no bus, no way out", None),
        ] {
            self.flows().await?;
            let at = Instant::now();
            way_by(costly).await?;
            let stopped = self.stops(at).await.context(what)?;
            let at = Instant::now();
            way_by(Some(CABLED)).await?;
            tell(what, (stopped, self.goes(at).await.context(what)?));
        }
        // It does not manage the network here: what it says of none is not believed.
        network.show(&[]).await?;
        network.bus_comes().await?;
        self.settles().await?;
        let what = "the bus came back, and knows of no network";
        self.flows().await.context(what)?;
        way_by(None).await
    }

    async fn settles(&mut self) -> Result<()> {
        let at = Instant::now();
        while at.elapsed() < SETTLED {
            self.step().await?;
        }
        Ok(())
    }

    /// Sends for a while.
    async fn flows(&mut self) -> Result<()> {
        let (at, enough) = (Instant::now(), self.site.received() + FLOWS);
        while self.site.received() < enough {
            ensure!(at.elapsed() < PATIENCE, "too little came in");
            self.step().await?;
        }
        Ok(())
    }

    /// When the last byte came in, after `at`.
    async fn stops(&mut self, at: Instant) -> Result<Duration> {
        let (mut last, mut known) = (at, self.site.received());
        while at.elapsed() < LAST_BYTE + WATCHED {
            self.step().await?;
            let now = self.site.received();
            if now != known {
                (last, known) = (Instant::now(), now);
                ensure!(
                    at.elapsed() <= LAST_BYTE,
                    "bytes came in {:.2} s after the flip",
                    at.elapsed().as_secs_f64()
                );
            }
        }
        Ok(last - at)
    }

    /// When the first byte came in, after `at`.
    pub(crate) async fn goes(&mut self, at: Instant) -> Result<Duration> {
        let known = self.site.received();
        while self.site.received() == known {
            ensure!(
                at.elapsed() < PATIENCE,
                "nothing came in for {} s",
                PATIENCE.as_secs()
            );
            self.step().await?;
        }
        Ok(at.elapsed())
    }

    /// Lets the program tell what it does for a moment.
    pub(crate) async fn step(&mut self) -> Result<()> {
        let until = tokio::time::sleep(LOOK);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => return Ok(()),
                event = self.running.next() => match event? {
                    Some(event) if event.name() == "failed" => bail!("it failed: {}", event.text("message")),
                    Some(_) => {}
                    None => {
                        let (status, said) = self.running.end().await?;
                        bail!("it ended with {status}: {said}")
                    }
                },
            }
        }
    }
}

/// Sets up interfaces that lead nowhere.
pub(crate) async fn own_network() -> Result<()> {
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let leads_out = routes.lines().skip(1).count() > 0;
    ensure!(
        !leads_out,
        "routes are changed here: run it in a network of its own, `ip netns add own && ip netns exec own …`"
    );
    ip(&["link", "set", "lo", "up"]).await?;
    for (name, end) in [(CABLED, "wire1"), (DIALLED, "ppp1")] {
        ip(&["link", "add", name, "type", "veth", "peer", "name", end]).await?;
        ip(&["link", "set", name, "up"]).await?;
        ip(&["link", "set", end, "up"]).await?;
    }
    Ok(())
}

/// The way that traffic for anywhere takes from now on.
async fn way_by(interface: Option<&str>) -> Result<()> {
    match interface {
        Some(name) => ip(&["route", "replace", "default", "dev", name]).await,
        None => ip(&["route", "del", "default"]).await,
    }
}

pub(crate) async fn ip(words: &[&str]) -> Result<()> {
    let done = tokio::process::Command::new("ip")
        .args(words)
        .status()
        .await?;
    ensure!(done.success(), "ip {} failed", words.join(" "));
    Ok(())
}
