//! Everything that was ever sent: listed, proved, changed after a refusal, sent once more.

use super::ask;
use crate::{
    args::History,
    event::rfc3339,
    exit::{Exit, Outcome, Stop},
    folder::Folder,
    out::Out,
    table::Table,
};
use serde_json::{Value, json};
use slipway_api::{
    Failure,
    client::Client,
    history::csv,
    receipt::document,
    sentence::{self, size},
    wire::{
        Empty, HistoryFilter, HistoryOverview, HistoryRow, HistoryWindow, NewManuscripts,
        ReceiptPage, UploadFields, UploadReceipt,
    },
};
use slipway_model::UploadId;
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// Rows asked for at once; the api gives no more.
const PAGE: u32 = 500;

pub(super) async fn list(wanted: &History, out: &Out, folder: &Folder) -> Outcome {
    let (rows, found) = ask(folder, async |client| {
        let filter = filter(wanted, client).await?;
        let found = client.history_overview(filter.clone()).await?;
        Ok((rows(client, filter).await?, found))
    })
    .await?;
    if wanted.csv {
        print_csv(&rows, wanted.bom)?;
    } else if out.json {
        let rows: Vec<_> = rows.iter().map(|row| shown(row, out)).collect();
        out.document(&rows)?;
    } else if rows.is_empty() {
        out.say("cli.nothing", &[]);
    } else {
        print(&rows, &found, out)?;
    }
    Ok(Exit::Done)
}

/// The filter as the api has it: an account by its label, also one that was removed.
async fn filter(wanted: &History, client: &Client) -> Result<HistoryFilter, Failure> {
    if let Some(name) = &wanted.platform {
        let known = client.platforms(Empty {}).await?.platforms;
        if !known.iter().any(|spec| spec.name == *name) {
            return Err(Failure::new("platform_unknown").with("platform", name));
        }
    }
    let account = match &wanted.account {
        Some(named) => {
            let past = client
                .history_overview(HistoryFilter::default())
                .await?
                .accounts;
            // Those that are in use come first: a label that was freed may name another account now.
            let known = past.iter().find(|account| account.label == *named);
            match known {
                Some(account) => Some(account.id),
                None => Some(super::account(client, named).await?.account.id),
            }
        }
        None => None,
    };
    Ok(HistoryFilter {
        search: wanted.search.clone(),
        platform: wanted.platform.clone(),
        account,
        phase: wanted.state,
        since_ms: wanted.since,
        until_ms: wanted.until,
    })
}

async fn rows(client: &Client, filter: HistoryFilter) -> Result<Vec<HistoryRow>, Failure> {
    let mut rows: Vec<HistoryRow> = Vec::new();
    loop {
        let window = HistoryWindow {
            filter: filter.clone(),
            offset: rows.len() as u32,
            limit: PAGE,
        };
        let page = client.history_window(window).await?;
        let done = page.len() < PAGE as usize;
        rows.extend(page);
        if done {
            return Ok(rows);
        }
    }
}

fn print(rows: &[HistoryRow], found: &HistoryOverview, out: &Out) -> Outcome<()> {
    let mut table = Table::head(["ID", "TIME", "STATE", "SIZE", "ACCOUNT", "TITLE", ""]);
    for row in rows {
        let phase = format!("phase.{}", row.phase.as_str());
        table.row([
            row.id.to_string(),
            rfc3339(row.at_ms),
            out.sentence(&phase, &[]),
            size(row.total_bytes),
            row.account_label.clone(),
            row.title.clone(),
            outcome(row, out),
        ]);
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    out.say(
        "cli.history_of",
        &[
            ("count", found.uploads.to_string()),
            ("bytes", found.bytes.to_string()),
        ],
    );
    Ok(())
}

/// The reason, or where it is.
fn outcome(row: &HistoryRow, out: &Out) -> String {
    if let Some(cause) = &row.cause {
        return out.cause(cause);
    }
    let remote = row.remote.as_ref();
    remote
        .and_then(|remote| remote.url.clone())
        .unwrap_or_default()
}

fn print_csv(rows: &[HistoryRow], bom: bool) -> io::Result<()> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    if bom {
        stdout.write_all(csv::BYTE_ORDER_MARK.as_bytes())?;
    }
    stdout.write_all(csv::head().as_bytes())?;
    for row in rows {
        stdout.write_all(csv::row(row).as_bytes())?;
    }
    stdout.flush()
}

fn shown(row: &HistoryRow, out: &Out) -> Value {
    let remote = row.remote.as_ref();
    json!({
        "id": row.id, "at": rfc3339(row.at_ms), "state": row.phase, "title": row.title, "file": row.file,
        "total_bytes": row.total_bytes, "platform": row.platform, "account": row.account_label, "account_id": row.account,
        "begun_at": rfc3339(row.started_at_ms), "landed_at": row.landed_at_ms.map(rfc3339),
        "bytes_per_second": row.bytes_per_second, "removed": row.removed,
        "remote_id": remote.map(|remote| &remote.id), "url": remote.and_then(|remote| remote.url.as_ref()),
        "remote_words": remote.and_then(|remote| remote.words.as_ref()),
        "cause": row.cause.as_ref().map(|cause| json!({
            "code": cause.code, "message": out.cause(cause), "params": cause.params, "detail": cause.detail,
        })),
    })
}

pub(super) async fn receipt(
    id: UploadId,
    html: Option<&Path>,
    out: &Out,
    folder: &Folder,
) -> Outcome {
    let language = out.lang.tag().to_owned();
    let (receipt, page) = ask(folder, async |client| {
        let page = match html {
            Some(_) => Some(client.receipt_page(ReceiptPage { id, language }).await?),
            None => None,
        };
        Ok((client.receipt(id).await?, page))
    })
    .await?;
    if let (Some(path), Some(page)) = (html, page) {
        fs::write(path, page).map_err(|error| {
            let failed = Failure::new("output_failed").with("file", path.display());
            Stop::from(failed.with("detail", error))
        })?;
    }
    if out.json {
        out.document(&document(&receipt, out.lang))?;
    } else if html.is_none() {
        print_receipt(&receipt, out)?;
    }
    Ok(Exit::Done)
}

fn print_receipt(receipt: &UploadReceipt, out: &Out) -> Outcome<()> {
    let (row, proof) = (&receipt.row, receipt.proof.as_ref());
    let mut table = Table::default();
    let word = |code: &str| out.sentence(code, &[]);
    let mut say = |name: String, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            table.row([name, value]);
        }
    };
    let remote = row.remote.as_ref();
    say(word("receipt.title"), Some(row.id.to_string()));
    say(String::new(), Some(row.title.clone()));
    say(
        String::new(),
        Some(word(&format!("phase.{}", row.phase.as_str()))),
    );
    say(
        String::new(),
        row.cause.as_ref().map(|cause| out.cause(cause)),
    );
    say(
        word("receipt.account"),
        Some(format!("{} ({})", row.account_label, row.platform)),
    );
    say(
        word("receipt.remote_id"),
        remote.map(|remote| remote.id.clone()),
    );
    say(
        word("receipt.link"),
        remote.and_then(|remote| remote.url.clone()),
    );
    say(
        word("receipt.words"),
        remote.and_then(|remote| remote.words.clone()),
    );
    say(word("receipt.file"), Some(row.file.clone()));
    if receipt.online {
        say(word("receipt.address"), Some(receipt.path.clone()));
        say("BLAKE3".into(), Some(word("receipt.fetched")));
    } else {
        say(word("receipt.size"), Some(sentence::bytes(row.total_bytes)));
        let hash = proof.and_then(|proof| proof.blake3.clone());
        say(
            "BLAKE3".into(),
            hash.or_else(|| Some(word("receipt.no_hash"))),
        );
        say(
            "CRC-64/NVME".into(),
            proof.and_then(|proof| proof.crc64.clone()),
        );
        say(
            word("receipt.parts"),
            proof.map(|proof| proof.parts.to_string()),
        );
        say(
            word("receipt.acknowledged"),
            Some(sentence::bytes(receipt.held_bytes)),
        );
        say(
            word("receipt.sent"),
            Some(sentence::bytes(receipt.sent_bytes)),
        );
        say(
            word("receipt.sent_again"),
            Some(sentence::bytes(receipt.resent_bytes)),
        );
    }
    let state = word(&format!("phase.{}", row.phase.as_str()));
    for (name, at) in [
        (word("receipt.added"), Some(receipt.created_at_ms)),
        (word("receipt.begun"), Some(row.started_at_ms)),
        (word("receipt.bytes_done"), row.landed_at_ms),
        (word("receipt.submitted"), receipt.submitted_at_ms),
        (state, receipt.finished_at_ms),
    ] {
        say(name, at.map(rfc3339));
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    Ok(())
}

pub(super) async fn resubmit(
    id: UploadId,
    fields: &[(String, String)],
    out: &Out,
    folder: &mut Folder,
) -> Outcome {
    folder
        .with_secrets(out, async |client| {
            let fields = super::add::fields(fields, client).await?;
            client.upload_resubmit(UploadFields { id, fields }).await
        })
        .await?;
    out.say("cli.changed", &[("count", "1".to_owned())]);
    Ok(Exit::Done)
}

pub(super) async fn resend(
    id: UploadId,
    again: bool,
    hold: bool,
    out: &Out,
    folder: &Folder,
) -> Outcome {
    let added = ask(folder, async |client| {
        let before = client.history_again(id).await?;
        let offered = [
            Some(before.file.file),
            before.cover.as_ref().map(|cover| cover.file),
        ];
        let added = match (before.file.cause, before.account) {
            (Some(cause), _) => Err(cause.into()),
            (None, None) => Err(Failure::new("account_gone").with("id", id)),
            (None, Some(account)) => {
                let new = NewManuscripts {
                    files: vec![before.file.file],
                    accounts: vec![account],
                    fields: before.fields,
                    cover: before.cover.map(|cover| cover.file),
                    again,
                    hold,
                    ..NewManuscripts::default()
                };
                client.manuscripts_add(new).await
            }
        };
        client
            .files_forget(offered.into_iter().flatten().collect())
            .await?;
        added
    })
    .await?;
    if out.json {
        out.document(&json!({ "uploads": added.uploads }))?;
    } else {
        for id in added.uploads {
            out.line(&id.to_string())?;
        }
    }
    Ok(Exit::Done)
}
