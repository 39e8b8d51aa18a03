//! Uploads that are submitted together, with engines that are killed meanwhile.
#![allow(clippy::unwrap_used, reason = "a test may end here")]
#![allow(
    clippy::print_stdout,
    reason = "the figure, for those who ask to see it"
)]
#![cfg(unix)]

mod terminal;

use serde_json::Value;
use slipway_sites::{Site, Stage, Trouble, slow::Slow};
use std::{
    collections::BTreeSet,
    process::{Child, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use terminal::{PASSPHRASE, Ran, Terminal};

const THREE: [&str; 3] = ["bilibili", "bluesky", "aliyun-vod"];
const PATIENCE: Duration = Duration::from_secs(120);

struct All {
    it: Terminal,
    sites: Vec<Arc<dyn Site>>,
}

impl All {
    fn at(sites: Vec<Arc<dyn Site>>) -> Self {
        let it = Terminal::new();
        let all = Self { it, sites };
        for site in &all.sites {
            let name = site.platform();
            let mut args = vec!["accounts", "add", name, "--label", name];
            let settings = site.settings().into_iter();
            let settings: Vec<_> = settings
                .map(|(name, value)| match name {
                    // It may take its time here.
                    "job_deadline_min" => format!("{name}=60"),
                    _ => format!("{name}={value}"),
                })
                .collect();
            let secrets = site.secrets().into_iter();
            let secrets: Vec<_> = secrets.map(|(k, v)| format!("{k}={v}")).collect();
            for setting in &settings {
                args.extend(["--set", setting]);
            }
            for secret in &secrets {
                args.extend(["--secret", secret]);
            }
            all.run(&args).ok();
        }
        all
    }

    /// One video to all, to be released together.
    fn add(&self) {
        self.it.file("a.mp4", 3_000_000);
        let accounts: Vec<_> = self.sites.iter().map(|site| site.platform()).collect();
        let accounts = accounts.join(",");
        let fields = self.sites.iter().flat_map(|site| site.fields());
        let fields: BTreeSet<_> = fields.map(|(k, v)| format!("{k}={v}")).collect();
        let mut add = vec!["add", "a.mp4", "--account", &accounts, "--together"];
        add.extend(["--set", "title=together"]);
        for field in &fields {
            add.extend(["--set", field]);
        }
        self.run(&add).ok();
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.it.command(args);
        let output = command.env("SLIPWAY_PASSPHRASE", PASSPHRASE).output();
        output.unwrap().into()
    }

    fn engine(&self) -> Child {
        let mut command = self.it.command(["run"]);
        command
            .env("SLIPWAY_PASSPHRASE", PASSPHRASE)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn rows(&self) -> Vec<Value> {
        let listed = self.run(&["list", "--json"]).ok().json();
        listed.as_array().unwrap().clone()
    }

    fn until(&self, what: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rows = self.rows();
            if enough(&rows) {
                return rows;
            }
            assert!(Instant::now() < deadline, "waited for {what}: {rows:#?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Who was submitted to when, by the platforms' books, first first.
    fn submitted(&self) -> Vec<(&'static str, i64)> {
        let times = self
            .sites
            .iter()
            .map(|site| (site.platform(), site.submitted_ms()));
        let each = times.flat_map(|(name, all)| all.into_iter().map(move |at| (name, at)));
        let mut each: Vec<_> = each.collect();
        each.sort_by_key(|(_, at_ms)| *at_ms);
        each
    }

    async fn published(&self) -> Vec<usize> {
        let mut all = Vec::new();
        for site in &self.sites {
            all.push(site.publications().await);
        }
        all
    }
}

fn kill(mut engine: Child) {
    engine.kill().unwrap();
    engine.wait().unwrap();
}

/// How many wait for others.
fn together(rows: &[Value]) -> usize {
    let waits = rows.iter().map(|row| &row["wait"]["reason"]);
    waits.filter(|reason| *reason == "together").count()
}

fn all_published(rows: &[Value]) -> bool {
    rows.iter().all(|row| row["phase"] == "published")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_published_once_through_kills_while_it_waits_and_while_it_is_submitted() {
    let mut sites = Vec::new();
    for platform in THREE {
        sites.push(Arc::from(slipway_sites::start(platform, 1).await));
    }
    let all = All::at(sites);
    all.add();
    all.run(&["pause", "3"]).ok();

    let engine = all.engine();
    let two_wait = |rows: &[Value]| together(rows) == 2;
    let rows = all.until("two that wait for the third", two_wait);
    assert!(rows.iter().all(|row| row["wait"]["until"].is_null()));
    kill(engine);
    assert_eq!(all.published().await, [0, 0, 0]);
    let received: Vec<u64> = all.sites.iter().map(|site| site.received()).collect();

    let engine = all.engine();
    all.until("the same after a kill", two_wait);
    assert_eq!(all.published().await, [0, 0, 0], "a kill lets nobody go");
    for site in &all.sites {
        site.lay(Trouble::Lost, Stage::Commit).unwrap();
    }
    all.run(&["resume", "3"]).ok();
    let deadline = Instant::now() + PATIENCE;
    while all.published().await == [0, 0, 0] {
        assert!(Instant::now() < deadline, "waited for a submission");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    kill(engine);

    let engine = all.engine();
    all.until("all published", all_published);
    kill(engine);
    assert_eq!(all.published().await, [1, 1, 1]);
    assert_eq!(all.sites[0].received(), received[0], "no byte went twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_are_submitted_as_soon_as_the_last_is_ready_and_none_before_also_after_a_kill() {
    let (sites, slow) = Slow::among_all().await;
    slow.stall();
    let all = All::at(sites);
    all.add();
    let four_wait = |rows: &[Value]| together(rows) == 4;
    let engine = all.engine();
    all.until("four that wait for the slow one", four_wait);
    kill(engine);
    assert_eq!(all.submitted(), [], "none before");

    let engine = all.engine();
    all.until("the same after a kill", four_wait);
    assert_eq!(all.submitted(), [], "a kill lets nobody go");
    slow.go_on();
    all.until("all published", all_published);
    kill(engine);
    let (submitted, ready_ms) = (all.submitted(), slow.worked_ms().unwrap());
    for (platform, at_ms) in &submitted {
        let after_ms = at_ms - ready_ms;
        println!("{platform}: submitted {after_ms} ms after the last was ready");
    }
    assert_eq!(all.published().await, [1; 5]);
    assert_eq!(submitted.len(), 5, "each once: {submitted:?}");
    let (first, last) = (submitted[0].1, submitted[4].1);
    println!("{} ms from the first to the last", last - first);
    assert!(first >= ready_ms, "none before");
    // Promised are 5 s, on a machine that has nothing else to do.
    assert!(last <= ready_ms + 30_000, "all at once");
}
