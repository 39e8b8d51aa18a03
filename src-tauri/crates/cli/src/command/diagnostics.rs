//! A file for support: what is set, how the queue stands, what was logged. No secret, no query of an address, no title.

use super::{ask, queue};
use crate::{
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    redact::redact,
};
use serde_json::{Value, json};
use slipway_api::{
    Failure,
    wire::{Empty, QueueWindow},
};
use slipway_model::Wait;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Rows of the queue that are told of one by one.
const ROWS_MAX: usize = 2000;

pub(super) async fn write(file: &Path, out: &Out, folder: &Folder) -> Outcome {
    let parts = ask(folder, async |client| {
        let summary = client.queue_summary(Empty {}).await?;
        let start = client.start(Empty {}).await?;
        let accounts = client.accounts(Empty {}).await?;
        let rows = queue::rows(client, QueueWindow::default()).await?;
        let accounts: Vec<Value> = accounts
            .iter()
            .map(|row| {
                let settings = row.account.settings.iter();
                let settings: serde_json::Map<_, _> = settings
                    .map(|(name, value)| (name.clone(), redact(&format!("{name}={value}"))))
                    .map(|(name, line)| {
                        let value = line.split_once('=').map_or(String::new(), |(_, v)| v.into());
                        (name, Value::String(value))
                    })
                    .collect();
                json!({
                    "id": row.account.id, "platform": row.account.platform, "settings": settings,
                    "health": row.account.health.state, "unfinished": row.unfinished,
                })
            })
            .collect();
        let uploads: Vec<Value> = rows
            .iter()
            .rev()
            .take(ROWS_MAX)
            .map(|row| {
                let live = &row.live;
                json!({
                    "id": row.id, "account": row.account, "platform": row.platform, "phase": live.phase, "intent": live.intent,
                    "held_bytes": live.held_bytes, "total_bytes": live.total_bytes, "resent_bytes": live.resent_bytes,
                    "wait": live.wait.as_ref().map(Wait::reason),
                    "cause": live.cause.as_ref().map(|c| json!({ "code": c.code, "detail": redact(&c.detail) })),
                })
            })
            .collect();
        Ok(json!({
            "summary": summary, "secrets": start.secrets, "recovered": start.recovered.map(|c| c.code),
            "accounts": accounts, "uploads": uploads,
        }))
    })
    .await?;
    let failed = |error: io::Error| {
        let code = match error.kind() {
            io::ErrorKind::AlreadyExists => "output_exists",
            _ => "output_failed",
        };
        Failure::new(code)
            .with("file", file.display())
            .with("detail", error)
    };
    let target = OpenOptions::new().write(true).create_new(true).open(file);
    let target = target.map_err(failed)?;
    if let Err(error) = pack(target, &parts, &folder.data_dir.join("logs")) {
        let _ = fs::remove_file(file); // ours, made above
        return Err(failed(error).into());
    }
    if out.json {
        out.document(&json!({ "file": file.display().to_string() }))?;
    } else {
        out.line(&slipway_api::sentence::printable(
            &file.display().to_string(),
        ))?;
    }
    Ok(Exit::Done)
}

fn pack(target: File, parts: &Value, logs: &Path) -> io::Result<()> {
    let mut zip = ZipWriter::new(target);
    let options = SimpleFileOptions::default();
    let about = json!({
        "slipway": env!("CARGO_PKG_VERSION"), "system": std::env::consts::OS, "machine": std::env::consts::ARCH,
        "made_at": jiff::Timestamp::now().to_string(),
    });
    for (name, document) in [("about.json", &about), ("queue.json", parts)] {
        zip.start_file(name, options)?;
        zip.write_all(serde_json::to_string_pretty(document)?.as_bytes())?;
    }
    let Ok(entries) = fs::read_dir(logs) else {
        return zip.finish().map(drop).map_err(Into::into);
    };
    for entry in entries.filter_map(Result::ok) {
        let Ok(log) = File::open(entry.path()) else {
            continue;
        };
        zip.start_file(
            format!("logs/{}", entry.file_name().to_string_lossy()),
            options,
        )?;
        for line in BufReader::new(log).split(b'\n') {
            let line = line?;
            let clean = redact(&String::from_utf8_lossy(&line));
            zip.write_all(clean.as_bytes())?;
            zip.write_all(b"\n")?;
        }
    }
    zip.finish().map(drop).map_err(Into::into)
}
