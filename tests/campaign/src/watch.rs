//! Watched folders on real disks: files that grow, come in crowds, are renamed into place, lie there already, or whose disk is pulled; kills among them; and
//! what watching costs while nothing happens.
//!
//! Mounts need root. Always holds: a file that was not published exactly once with its own bytes, or that was taken while it grew, is an error.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use rand::RngExt as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::proc::{self, Process};
use crate::slipway::Slipway;
use crate::video;

const LOOK: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_mins(10);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only these: grows, burst, renamed, off, pulled, kills, full, many, idle.
    only: Vec<String>,
    /// Files of a burst.
    #[arg(long, default_value_t = 1000)]
    files: u64,
    /// For how long a file grows, in seconds.
    #[arg(long, default_value_t = 60)]
    grows: u64,
    /// Kills during a burst.
    #[arg(long, default_value_t = 20)]
    kills: u64,
    /// Files of the largest folder; twice as many that nobody asked for lie beside them.
    #[arg(long, default_value_t = 100_000)]
    many: u64,
    /// For how long nothing happens, in seconds.
    #[arg(long, default_value_t = 120)]
    idle: u64,
}

/// A program with a watched folder `in` and an account that copies into `out`.
struct Bench {
    scratch: tempfile::TempDir,
    slipway: Slipway,
}

impl Bench {
    async fn new(program: &Path, options: &[&str]) -> Result<Self> {
        let bench = Self::plain(program).await?;
        bench.watch("in", options).await?;
        Ok(bench)
    }

    async fn plain(program: &Path) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let program = program.canonicalize().context("there is no such program")?;
        let slipway = Slipway::new(&program, &scratch.path().join("slipway"))?;
        slipway
            .add_folder("arch", &scratch.path().join("out"))
            .await?;
        for dir in ["in", "sent"] {
            fs::create_dir(scratch.path().join(dir))?;
        }
        Ok(Self { scratch, slipway })
    }

    async fn watch(&self, dir: &str, options: &[&str]) -> Result<()> {
        let dir = self.at(dir).display().to_string();
        let mut words = vec!["watch", "add", &dir, "--account", "arch", "--settle", "2"];
        words.extend(options);
        self.slipway.call(words).await.map(drop)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn engine(&self) -> Result<Child> {
        let mut command = self.slipway.command(["run"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().context("cannot start slipway")
    }

    async fn row(&self) -> Result<Value> {
        let listed = self.slipway.call(["watch", "list", "--json"]).await?;
        let rows: Value = serde_json::from_str(&listed)?;
        Ok(rows[0].clone())
    }

    /// Waits until the folder is as wished, and tells how long that took.
    async fn until(&self, what: &str, wished: impl Fn(&Value) -> bool) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let row = self.row().await?;
            if wished(&row) {
                return Ok(began.elapsed());
            }
            if began.elapsed() > PATIENCE {
                bail!("not {what}: {row:#}");
            }
            sleep(LOOK).await;
        }
    }

    async fn end(&self, mut engine: Child) -> Result<()> {
        let pid = engine.id().context("it has ended by itself")?;
        Command::new("kill").arg(pid.to_string()).status().await?;
        engine.wait().await?;
        Ok(())
    }

    /// Lets everything end, and checks that each of these bytes was published once.
    async fn once(&self, sent: &BTreeMap<String, [u8; 32]>) -> Result<()> {
        self.slipway.call(["run", "--until-idle"]).await?;
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(self.at("out"))? {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if path.extension().is_none_or(|end| end != "json") {
                found.insert(name, digest(&fs::read(&path)?));
            }
        }
        let (wanted, there) = (sent.len(), found.len());
        ensure!(
            found == *sent,
            "{there} files were published of {wanted}, or others"
        );
        let queue: Value = serde_json::from_str(&self.slipway.call(["list", "--json"]).await?)?;
        let uploads = queue.as_array().map_or(0, Vec::len);
        ensure!(uploads == wanted, "{uploads} uploads of {wanted} files");
        Ok(())
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Writes files of different bytes, and tells what is in each.
fn write(
    dir: &Path,
    names: impl IntoIterator<Item = String>,
    bytes: usize,
) -> Result<BTreeMap<String, [u8; 32]>> {
    let mut written = BTreeMap::new();
    for name in names {
        let content = video::small(bytes);
        fs::write(dir.join(&name), &content)?;
        written.insert(name, digest(&content));
    }
    Ok(written)
}

fn names(prefix: &str, count: u64) -> impl Iterator<Item = String> {
    let prefix = prefix.to_owned();
    (0..count).map(move |n| format!("{prefix}-{n:05}.mp4"))
}

async fn mount(words: &[&str]) -> Result<()> {
    let done = Command::new(words[0]).args(&words[1..]).status().await?;
    ensure!(done.success(), "{} failed (it needs root)", words.join(" "));
    Ok(())
}

/// A mount that goes with this.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let place = self.0.as_os_str();
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(place)
            .status();
    }
}

pub(crate) async fn run(options: &Options, program: &Path) -> Result<String> {
    let mut report = String::from(
        "# Watched folders\n\n| what | files | each published once | figure |\n| --- | ---: | --- | --- |\n",
    );
    let all = [
        "grows", "burst", "renamed", "off", "pulled", "kills", "full", "many", "idle",
    ];
    for name in all {
        if !options.only.is_empty() && !options.only.iter().any(|only| only == name) {
            continue;
        }
        let row = match name {
            "grows" => grows(options, program).await,
            "burst" => burst(options, program).await,
            "renamed" => renamed(program).await,
            "off" => off(program).await,
            "pulled" => pulled(program).await,
            "kills" => kills(options, program).await,
            "full" => full(program).await,
            "many" => many(options, program).await,
            _ => idle(options, program).await,
        };
        let row = row.with_context(|| name.to_owned())?;
        report.push_str("| ");
        report.push_str(&row);
        report.push_str(" |\n");
    }
    Ok(report)
}

/// Two files grow side by side: one held open, one opened anew for each piece, as some recorders do.
async fn grows(options: &Options, program: &Path) -> Result<String> {
    let bench = Bench::new(program, &[]).await?;
    let engine = bench.engine()?;
    let mut held = fs::File::create(bench.at("in/held.mp4"))?;
    let began = Instant::now();
    let mut piece = vec![0; 1 << 18];
    let mut content = [Vec::new(), Vec::new()];
    while began.elapsed() < Duration::from_secs(options.grows) {
        rand::rng().fill(&mut piece[..]);
        held.write_all(&piece)?;
        let mut open = fs::OpenOptions::new();
        let mut anew = open
            .append(true)
            .create(true)
            .open(bench.at("in/anew.mp4"))?;
        anew.write_all(&piece[1..])?;
        content[0].extend_from_slice(&piece);
        content[1].extend_from_slice(&piece[1..]);
        let row = bench.row().await?;
        ensure!(row["taken"] == 0, "one was taken while it grew");
        sleep(LOOK).await;
    }
    drop(held);
    let took = bench.until("both taken", |row| row["taken"] == 2).await?;
    bench.end(engine).await?;
    let sent = BTreeMap::from([
        ("held.mp4".to_owned(), digest(&content[0])),
        ("anew.mp4".to_owned(), digest(&content[1])),
    ]);
    bench.once(&sent).await?;
    let (grew, took) = (options.grows, took.as_secs_f64());
    Ok(format!(
        "grow for {grew} s, settle time 2 s | 2 | yes | taken {took:.1} s after the last byte"
    ))
}

async fn burst(options: &Options, program: &Path) -> Result<String> {
    let bench = Bench::new(program, &["--after", "trash"]).await?;
    let engine = bench.engine()?;
    bench
        .until("looked at", |row| !row["last_look"].is_null())
        .await?;
    let began = Instant::now();
    let sent = write(&bench.at("in"), names("burst", options.files), 16 << 10)?;
    let wrote = began.elapsed();
    // A time in the future keeps nothing waiting.
    let future = SystemTime::now() + Duration::from_hours(24 * 365);
    fs::File::options()
        .append(true)
        .open(
            bench
                .at("in")
                .join(format!("burst-{:05}.mp4", options.files - 1)),
        )?
        .set_modified(future)?;
    let count = options.files;
    bench
        .until("all taken", |row| row["taken"] == count)
        .await?;
    let took = began.elapsed().checked_sub(wrote).unwrap_or_default();
    bench.end(engine).await?;
    bench.once(&sent).await?;
    let left = fs::read_dir(bench.at("in"))?.count();
    ensure!(left == 0, "{left} files are not in the bin");
    let took = took.as_secs_f64();
    Ok(format!(
        "a burst, into the bin afterwards | {count} | yes | all in the queue {took:.1} s after the last, of which 2 s rest"
    ))
}

async fn renamed(program: &Path) -> Result<String> {
    let bench = Bench::new(program, &[]).await?;
    let engine = bench.engine()?;
    let parts = names("moved", 200).map(|name| name + ".part");
    let written = write(&bench.at("in"), parts, 32 << 10)?;
    let mut sent = BTreeMap::new();
    for (part, content) in written {
        let name = part.trim_end_matches(".part");
        fs::rename(bench.at("in").join(&part), bench.at("in").join(name))?;
        sent.insert(name.to_owned(), content);
    }
    let took = bench.until("all taken", |row| row["taken"] == 200).await?;
    bench.end(engine).await?;
    bench.once(&sent).await?;
    Ok(format!(
        "renamed from `.part` | 200 | yes | {:.1} s",
        took.as_secs_f64()
    ))
}

async fn off(program: &Path) -> Result<String> {
    let bench = Bench::plain(program).await?;
    let target = format!("move:{}", bench.at("sent").display());
    bench.watch("in", &["--after", &target]).await?;
    let mut sent = write(&bench.at("in"), names("before", 100), 32 << 10)?;
    bench.once(&sent).await?;
    sent.extend(write(&bench.at("in"), names("between", 100), 32 << 10)?);
    bench.once(&sent).await?;
    bench.once(&sent).await?;
    let moved = fs::read_dir(bench.at("sent"))?.count();
    ensure!(moved == 200, "{moved} of 200 were moved");
    Ok("added while nothing ran, moved afterwards; three starts | 200 | yes | all moved".into())
}

async fn pulled(program: &Path) -> Result<String> {
    let bench = Bench::plain(program).await?;
    let (disk, place) = (bench.at("disk"), bench.at("in"));
    fs::create_dir(&disk)?;
    let (disk, place) = (disk.display().to_string(), place.display().to_string());
    mount(&["mount", "-t", "tmpfs", "-o", "size=256m", "none", &disk]).await?;
    let _disk = Mounted(disk.clone().into());
    let plug = async || mount(&["mount", "--bind", &disk, &place]).await;
    plug().await?;
    bench.watch("in", &[]).await?;
    let engine = bench.engine()?;
    let mut sent = BTreeMap::new();
    let (mut noticed, mut back) = (Duration::ZERO, Duration::ZERO);
    for round in 0..3_u64 {
        sent.extend(write(
            &bench.at("in"),
            names(&format!("round{round}"), 100),
            64 << 10,
        )?);
        if round > 0 {
            let some = sent.len() as u64 - 100;
            bench
                .until("some taken", |row| row["taken"].as_u64() > Some(some))
                .await?;
        }
        mount(&["umount", "-l", &place]).await?;
        let away = |row: &Value| row["cause"]["code"] == "watch_drive_away";
        noticed = noticed.max(bench.until("away", away).await?);
        // What lies where the disk was is not taken.
        fs::write(bench.at("in").join("beneath.mp4"), b"of another disk")?;
        sleep(Duration::from_secs(4)).await;
        fs::remove_file(bench.at("in").join("beneath.mp4"))?;
        plug().await?;
        let all = sent.len();
        back = back.max(bench.until("all taken", |row| row["taken"] == all).await?);
    }
    bench.end(engine).await?;
    bench.once(&sent).await?;
    mount(&["umount", "-l", &place]).await?;
    let (noticed, back) = (noticed.as_secs_f64(), back.as_secs_f64());
    Ok(format!(
        "disk pulled and back three times, in the middle of it | 300 | yes | noticed in {noticed:.1} s, all taken {back:.1} s after it was back"
    ))
}

async fn kills(options: &Options, program: &Path) -> Result<String> {
    let bench = Bench::plain(program).await?;
    let target = format!("move:{}", bench.at("sent").display());
    bench.watch("in", &["--after", &target]).await?;
    let mut sent = BTreeMap::new();
    let mut engine = bench.engine()?;
    for round in 0..options.kills {
        sent.extend(write(
            &bench.at("in"),
            names(&format!("kill{round:02}"), 50),
            64 << 10,
        )?);
        let alive = rand::rng().random_range(1500..5500);
        sleep(Duration::from_millis(alive)).await;
        engine.kill().await?;
        engine = bench.engine()?;
    }
    bench.end(engine).await?;
    bench.once(&sent).await?;
    let mut moved = BTreeMap::new();
    for entry in fs::read_dir(bench.at("sent"))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        moved.insert(name, digest(&fs::read(&path)?));
    }
    ensure!(
        moved == sent,
        "{} files lie where they were to be moved",
        moved.len()
    );
    let (kills, files) = (options.kills, sent.len());
    Ok(format!(
        "`kill -9` at random moments while they come | {files} | yes | {kills} kills; each moved once"
    ))
}

async fn full(program: &Path) -> Result<String> {
    let bench = Bench::plain(program).await?;
    let place = bench.at("sent").display().to_string();
    mount(&["mount", "-t", "tmpfs", "-o", "size=128k", "none", &place]).await?;
    let _place = Mounted(place.clone().into());
    bench
        .watch("in", &["--after", &format!("move:{place}")])
        .await?;
    let engine = bench.engine()?;
    let sent = write(&bench.at("in"), ["large.mp4".to_owned()], 1 << 20)?;
    let stays = |code: &'static str| move |row: &Value| row["files"][0]["cause"]["code"] == code;
    bench
        .until("told of a full disk", stays("watch_move_full"))
        .await?;
    ensure!(bench.at("in/large.mp4").exists(), "the file did not stay");
    let parts = fs::read_dir(&place)?.count();
    ensure!(parts == 0, "{parts} files were left on the full disk");
    mount(&["mount", "-o", "remount,size=64m,ro", &place]).await?;
    bench.slipway.call(["watch", "look", "1"]).await?;
    bench
        .until(
            "told of a disk that is read-only",
            stays("watch_move_read_only"),
        )
        .await?;
    mount(&["mount", "-o", "remount,rw", &place]).await?;
    bench.slipway.call(["watch", "look", "1"]).await?;
    let began = Instant::now();
    while bench.at("in/large.mp4").exists() {
        ensure!(began.elapsed() < PATIENCE, "it was not moved");
        sleep(LOOK).await;
    }
    let there = fs::read(bench.at("sent/large.mp4"))?;
    ensure!(sent["large.mp4"] == digest(&there), "it has other bytes");
    bench.end(engine).await?;
    bench.once(&sent).await?;
    Ok("moved to a full, then a read-only disk, then one with room | 1 | yes | told twice, moved the third time".into())
}

/// A crowd that is only taken, beside others that nobody asked for.
async fn many(options: &Options, program: &Path) -> Result<String> {
    let bench = Bench::new(program, &["--hold", "--sub-folders"]).await?;
    let count = options.many;
    for n in 0..count * 3 {
        let folder = bench.at("in").join(format!("{:04}", n / 1000));
        if n % 1000 == 0 {
            fs::create_dir(&folder)?;
        }
        let (end, content) = if n % 3 == 0 {
            ("mp4", video::head(n))
        } else {
            ("txt", n.to_le_bytes().to_vec())
        };
        fs::write(folder.join(format!("{n}.{end}")), content)?;
    }
    let engine = bench.engine()?;
    let pid = engine.id().context("it has ended")?;
    let took = bench
        .until("all taken", |row| {
            row["taken"] == count && row["waiting"] == 0
        })
        .await?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let peak = proc::kib_as_mib(&status, "VmHWM:").context("it has ended by itself")?;
    let before = process(pid)?.cpu_s;
    let began = Instant::now();
    let looked = bench.row().await?["last_look"].clone();
    bench.slipway.call(["watch", "look", "1"]).await?;
    bench
        .until("looked at again", |row| row["last_look"] != looked)
        .await
        .ok();
    let (again, used) = (began.elapsed().as_secs_f64(), process(pid)?.cpu_s - before);
    bench.end(engine).await?;
    let took = took.as_secs_f64();
    let others = count * 2;
    Ok(format!(
        "a tree of them beside {others} others, held | {count} | taken once | {took:.0} s, at most {peak:.0} MiB; a later look at all {again:.1} s, {used:.1} s of processor"
    ))
}

async fn idle(options: &Options, program: &Path) -> Result<String> {
    let bench = Bench::plain(program).await?;
    for n in 0..20 {
        let dir = format!("idle-{n}");
        fs::create_dir(bench.at(&dir))?;
        fs::write(bench.at(&dir).join("notes.txt"), b"not a video")?;
        bench.watch(&dir, &[]).await?;
    }
    let engine = bench.engine()?;
    let pid = engine.id().context("it has ended")?;
    bench
        .until("looked at", |row| !row["last_look"].is_null())
        .await?;
    sleep(Duration::from_secs(5)).await;
    let before = process(pid)?;
    sleep(Duration::from_secs(options.idle)).await;
    let after = process(pid)?;
    let memory = after.pss_mib;
    bench.end(engine).await?;
    let seconds = options.idle as f64;
    let share = (after.cpu_s - before.cpu_s) / seconds * 100.0;
    let wakes = after.switches.saturating_sub(before.switches) as f64 / seconds;
    Ok(format!(
        "nothing happens in 20 folders for {} s | 0 | – | {wakes:.2} wake-ups a second of all threads, {share:.2} % of one core, {memory:.1} MiB (PSS)",
        options.idle
    ))
}

fn process(pid: u32) -> Result<Process> {
    proc::process(pid).context("it has ended by itself")
}
