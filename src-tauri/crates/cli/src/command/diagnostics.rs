//! A report for support, shown or written into a file, and the log of one upload.

use super::ask;
use crate::{
    event::rfc3339,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
};
use serde_json::json;
use slipway_api::{
    Failure,
    client::Client,
    private,
    report::pack,
    sentence::{self, printable},
    wire::{ReportAsked, Step, StepsAsked},
};
use slipway_model::UploadId;
use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    time::Duration,
};

/// How often a log that is followed is asked for what is new.
const LOOK: Duration = Duration::from_millis(300);

pub(super) async fn report(
    file: Option<&Path>,
    names: bool,
    out: &Out,
    folder: &Folder,
) -> Outcome {
    let asked = ReportAsked { names };
    let report = ask(folder, async |client| client.report(asked).await).await?;
    let Some(file) = file else {
        if out.json {
            out.document(&report.files)?;
            return Ok(Exit::Done);
        }
        for part in &report.files {
            out.line(&format!("== {} ==", printable(&part.name)))?;
            for line in part.text.lines() {
                out.line(&printable(line))?;
            }
        }
        return Ok(Exit::Done);
    };
    write(file, &pack(&report)?)?;
    let shown = file.display().to_string();
    if out.json {
        out.document(&json!({ "file": shown }))?;
    } else {
        out.line(&printable(&shown))?;
    }
    Ok(Exit::Done)
}

/// For this user alone, and never over something that is there.
fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let code = match error.kind() {
            io::ErrorKind::AlreadyExists => "output_exists",
            _ => "output_failed",
        };
        Failure::new(code)
            .with("file", file.display())
            .with("detail", error)
    };
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true);
    let mut target = private::open(options, file).map_err(failed)?;
    target.write_all(bytes).map_err(|error| {
        let _ = std::fs::remove_file(file); // ours, made above
        failed(error)
    })
}

/// What happened to an upload lately; with `follow` also what happens from now on, until it has ended.
pub(super) async fn log(id: UploadId, follow: bool, out: &Out, folder: &Folder) -> Outcome {
    ask(folder, async |client| {
        if client.queue_index(id).await?.is_none() {
            return Err(Failure::new("upload_unknown").with("id", id));
        }
        if !follow {
            let steps = client.upload_steps(StepsAsked { id, after: 0 }).await?;
            return Ok(told(&steps, out));
        }
        followed(client, id, out).await
    })
    .await?
}

fn told(steps: &[Step], out: &Out) -> Outcome {
    if out.json {
        let lines: Vec<_> = steps.iter().map(|step| line(step, out)).collect();
        out.document(&lines)?;
        return Ok(Exit::Done);
    }
    if steps.is_empty() {
        out.say("cli.log_empty", &[]);
    }
    for step in steps {
        out.line(&words(step, out))?;
    }
    Ok(Exit::Done)
}

async fn followed(client: &Client, id: UploadId, out: &Out) -> Result<Outcome, Failure> {
    let mut after = 0;
    let mut has_ended = false;
    loop {
        // Its last lines come right after its end: it is looked at once more.
        let row = client.upload_detail(id).await?.row;
        let steps = client.upload_steps(StepsAsked { id, after }).await?;
        for step in &steps {
            let told = if out.json {
                out.line(&line(step, out).to_string())
            } else {
                out.line(&words(step, out))
            };
            if let Err(error) = told {
                return Ok(Err(error.into()));
            }
            after = step.number;
        }
        if has_ended || matches!(client, Client::Here(_)) {
            return Ok(Ok(Exit::Done));
        }
        has_ended = row.live.phase.is_final();
        tokio::time::sleep(LOOK).await;
    }
}

fn line(step: &Step, out: &Out) -> serde_json::Value {
    json!({
        "at": rfc3339(step.at_ms), "event": step.event, "params": step.params,
        "message": sentence::say_event(out.lang, &step.event, &step.params),
    })
}

fn words(step: &Step, out: &Out) -> String {
    let words = sentence::say_event(out.lang, &step.event, &step.params);
    format!("{}  {words}", rfc3339(step.at_ms))
}
