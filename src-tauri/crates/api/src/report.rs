//! The report for support: versions, what is set, how the queue stands, what was logged lately.
//!
//! Made to be read before it is given away: what was shown is what is saved. Invariants: no secret and no query of an address is in it, and no name of
//! a file or folder and no title of more than three letters unless that was asked for; it stays small, however long the queue and the logs are.

use crate::{
    Api, Failure,
    log::folder,
    wire::{Empty, QueueWindow, Report, ReportAsked, ReportFile, Step, StepsAsked, UploadRow},
};
use jiff::Timestamp;
use names::Names;
use redact::redact;
use serde_json::{Map, Value, json};
use slipway_model::Wait;
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};
use zip::{ZipWriter, write::SimpleFileOptions};

mod names;
mod redact;

/// Uploads that are told of one by one, the last of the queue.
const ROWS_MAX: usize = 500;
/// Of one log, its end.
const LOG_MAX_BYTES: u64 = 512 << 10;
/// Of all logs, the newest first.
const LOGS_MAX_BYTES: usize = 2 << 20;

/// The number of the next report.
static NEXT: AtomicU32 = AtomicU32::new(1);

impl Api {
    /// What happened to an upload lately, behind a line that is known.
    pub async fn upload_steps(&self, asked: StepsAsked) -> Result<Vec<Step>, Failure> {
        let lines = self.engine.board().steps(asked.id, asked.after);
        let steps = lines.into_iter().map(|line| Step {
            number: line.number,
            at_ms: line.at_ms,
            event: line.event.to_owned(),
            params: line.params,
        });
        Ok(steps.collect())
    }

    /// Makes a report, and keeps it to be saved just so.
    pub async fn report(&self, asked: ReportAsked) -> Result<Report, Failure> {
        let known = self.engine.store().names().await?;
        let cleaner = if asked.names {
            Cleaner(None)
        } else {
            let names = move || Names::of(known.iter().map(String::as_str));
            let names = tokio::task::spawn_blocking(names).await;
            Cleaner(Some(names.map_err(|_| Failure::new("stopping"))?))
        };
        let mut files = vec![
            document("about.json", &about()),
            document("settings.json", &self.settings(&cleaner).await?),
            document("queue.json", &self.standing(&cleaner).await?),
        ];
        let logs = folder(self.data_dir());
        let logs = tokio::task::spawn_blocking(move || logs_of(&logs, &cleaner));
        files.extend(logs.await.unwrap_or_default());
        let number = NEXT.fetch_add(1, Relaxed);
        let report = Report { number, files };
        *self.reported.lock() = Some(report.clone());
        Ok(report)
    }

    /// The report of that number as a ZIP file, as it was shown.
    ///
    /// # Errors
    /// `report_gone` when another was made since.
    pub fn report_file(&self, number: u32) -> Result<Vec<u8>, Failure> {
        let kept = self.reported.lock().clone();
        let report = kept.filter(|report| report.number == number);
        let report = report.ok_or_else(|| Failure::new("report_gone"))?;
        pack(&report)
    }

    async fn settings(&self, cleaner: &Cleaner) -> Result<Value, Failure> {
        let accounts = self.accounts(Empty {}).await?.into_iter().map(|row| {
            let settings = row.account.settings.iter();
            let settings: Map<_, _> = settings
                .map(|(name, value)| (name.clone(), json!(cleaner.setting(name, value))))
                .collect();
            json!({
                "id": row.account.id, "platform": row.account.platform, "settings": settings,
                "health": row.account.health.state, "unfinished": row.unfinished,
            })
        });
        let accounts: Vec<_> = accounts.collect();
        let network = self.network(Empty {}).await?;
        let classes = network.classes.iter().filter(|one| !one.is_default);
        let classes: Vec<_> = classes
            .map(|one| json!({ "class": one.class, "rule": one.rule }))
            .collect();
        let watches = self.watches(Empty {}).await?.len();
        let hours = self.hours(Empty {}).await?;
        Ok(json!({
            "accounts": accounts,
            "speed": self.speed_now(),
            "line": self.line(Empty {}).await?,
            "hours": hours.hours, "painted": hours.painted, "zone": hours.zone, "offset": hours.offset,
            // Names of networks say where somebody is.
            "network": {
                "class": network.class, "kind": network.link.kind, "metered": network.link.metered,
                "told_by": network.link.told_by, "online": network.link.online, "rule": network.verdict.rule,
                "networks": network.networks.len(), "classes": classes,
            },
            "power": self.power(Empty {}).await?,
            "notices": self.notice_choices(Empty {}).await?,
            "watched_folders": watches,
        }))
    }

    async fn standing(&self, cleaner: &Cleaner) -> Result<Value, Failure> {
        let summary = self.queue_summary(Empty {}).await?;
        let start = self.start(Empty {}).await?;
        let window = QueueWindow {
            offset: summary.counts.all.saturating_sub(ROWS_MAX as u32),
            limit: ROWS_MAX as u32,
            ..QueueWindow::default()
        };
        let rows = self.queue_window(window).await?.rows;
        let mut uploads = Vec::with_capacity(rows.len());
        for row in rows {
            uploads.push(self.upload_told(&row, cleaner).await?);
        }
        let idle = summary.idle.map(|idle| {
            json!({ "reason": idle.why, "until_ms": idle.until_ms, "code": idle.cause.map(|cause| cause.code) })
        });
        Ok(json!({
            "counts": summary.counts, "bytes_per_second": summary.bytes_per_second, "left_bytes": summary.left_bytes,
            "paused": summary.paused, "idle": idle, "secrets": start.secrets,
            "recovered": start.recovered.map(|cause| cause.code), "uploads": uploads,
        }))
    }

    async fn upload_told(&self, row: &UploadRow, cleaner: &Cleaner) -> Result<Value, Failure> {
        let live = &row.live;
        let cause = live.cause.as_ref();
        let asked = StepsAsked {
            id: row.id,
            after: 0,
        };
        let steps = self.upload_steps(asked).await?.into_iter().map(|step| {
            let params = step.params.iter();
            let params = params.map(|(name, value)| format!(" {name}={}", cleaner.clean(value)));
            let at = Timestamp::from_millisecond(step.at_ms).unwrap_or_default();
            format!("{at:.3} {}{}", step.event, params.collect::<String>())
        });
        let mut told = json!({
            "id": row.id, "account": row.account, "platform": row.platform, "phase": live.phase, "intent": live.intent,
            "held_bytes": live.held_bytes, "total_bytes": live.total_bytes, "resent_bytes": live.resent_bytes,
            "wait": live.wait.as_ref().map(Wait::reason), "cause": cause.map(|cause| &cause.code),
            "detail": cause.map(|cause| cleaner.clean(&cause.detail)),
        });
        let steps: Vec<_> = steps.collect();
        if !steps.is_empty() {
            told["steps"] = json!(steps);
        }
        Ok(told)
    }
}

/// Takes out what nobody is to read.
struct Cleaner(Option<Names>);

impl Cleaner {
    fn clean(&self, text: &str) -> String {
        let text = redact(text);
        self.0
            .as_ref()
            .map_or(text.clone(), |names| names.remove(&text))
    }

    /// The value of a setting; its name says whether it may be told.
    fn setting(&self, name: &str, value: &str) -> String {
        let line = redact(&format!("{name}={value}"));
        let value = line.split_once('=').map_or("", |(_, value)| value);
        match &self.0 {
            Some(_) if name == "path" => "…".to_owned(),
            _ => self.clean(value),
        }
    }
}

fn document(name: &str, value: &Value) -> ReportFile {
    ReportFile {
        name: name.to_owned(),
        text: serde_json::to_string_pretty(value).expect("what is told is JSON") + "\n",
    }
}

fn about() -> Value {
    json!({
        "slipway": env!("CARGO_PKG_VERSION"), "system": system(), "machine": std::env::consts::ARCH,
        "made_at": Timestamp::now().to_string(),
    })
}

/// As it calls itself, where it does.
fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let os = std::env::consts::OS;
    name.map_or_else(
        || os.to_owned(),
        |name| format!("{os}, {}", name.trim_matches('"')),
    )
}

/// The ends of the logs, the newest first.
fn logs_of(folder: &Path, cleaner: &Cleaner) -> Vec<ReportFile> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut logs: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
        .filter_map(|path| {
            Some((
                fs::metadata(&path)
                    .and_then(|about| about.modified())
                    .ok()?,
                path,
            ))
        })
        .collect();
    logs.sort_by(|a, b| b.cmp(a));
    let mut left = LOGS_MAX_BYTES;
    let mut files = Vec::new();
    for (_, path) in logs {
        let Ok(text) = end_of(&path, LOG_MAX_BYTES.min(left as u64)) else {
            continue;
        };
        left = left.saturating_sub(text.len());
        let text = text
            .lines()
            .map(|line| cleaner.clean(line) + "\n")
            .collect();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push(ReportFile {
            name: format!("logs/{name}"),
            text,
        });
        if left == 0 {
            break;
        }
    }
    files
}

/// The last whole lines of a file.
fn end_of(path: &Path, most: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let skipped = len.saturating_sub(most);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(match text.split_once('\n') {
        Some((_, whole)) if skipped > 0 => whole.to_owned(),
        _ => text.into_owned(),
    })
}

/// As a ZIP file.
///
/// # Errors
/// `output_failed` when it is too large.
pub fn pack(report: &Report) -> Result<Vec<u8>, Failure> {
    zipped(report).map_err(|error| {
        let failure = Failure::new("output_failed").with("file", "ZIP");
        failure.with("detail", error)
    })
}

fn zipped(report: &Report) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    for file in &report.files {
        zip.start_file(&*file.name, SimpleFileOptions::default())?;
        zip.write_all(file.text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}
