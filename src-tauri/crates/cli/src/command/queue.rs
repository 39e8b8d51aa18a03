//! The queue, looked at and steered.

use super::{account, ask};
use crate::{
    args::{List, Move, Pause, Which},
    event::rfc3339,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    row,
    table::Table,
};
use serde_json::json;
use slipway_api::{
    Failure,
    client::Client,
    sentence::{self, printable, size},
    wire::{Empty, Place, QueueWindow, Rest, StartAt, UploadMove, UploadRow, UploadSet},
};
use slipway_model::{UploadId, Wait};

/// Rows asked for at once; the api gives no more.
const PAGE: u32 = 500;

/// All rows that match, page by page.
pub(super) async fn rows(client: &Client, window: QueueWindow) -> Result<Vec<UploadRow>, Failure> {
    let mut rows: Vec<UploadRow> = Vec::new();
    loop {
        let page = client
            .queue_window(QueueWindow {
                offset: rows.len() as u32,
                limit: PAGE,
                ..window.clone()
            })
            .await?;
        let done = page.rows.is_empty();
        rows.extend(page.rows);
        if done || rows.len() as u32 >= page.total {
            return Ok(rows);
        }
    }
}

pub(super) async fn list(list: List, out: &Out, folder: &Folder) -> Outcome {
    let (rows, idle) = ask(folder, async |client| {
        let account = match &list.account {
            Some(label) => Some(account(client, label).await?.account.id),
            None => None,
        };
        let window = QueueWindow {
            phase: list.phase,
            search: list.search.clone(),
            account,
            ..QueueWindow::default()
        };
        let idle = client.queue_summary(Empty {}).await?.idle;
        Ok((rows(client, window).await?, idle))
    })
    .await?;
    if out.json {
        let rows: Vec<_> = rows.iter().map(|row| row::json(row, out)).collect();
        out.document(&rows)?;
        if let Some(idle) = idle {
            out.note(&json!({ "idle": row::idle_json(&idle, out) }).to_string());
        }
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        out.say("cli.nothing", &[]);
        return Ok(Exit::Done);
    }
    let mut table = Table::head(["ID", "STATE", "SIZE", "ACCOUNT", "TITLE", ""]);
    for row in rows {
        table.row([
            row.id.to_string(),
            row::state(&row.live, out),
            row::progress(&row.live),
            row.account_label.clone(),
            row.title.clone(),
            row::reason(&row.live, out),
        ]);
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    if let Some(idle) = idle {
        out.note(&sentence::say_standstill(out.lang, &idle));
    }
    Ok(Exit::Done)
}

pub(super) async fn show(id: UploadId, out: &Out, folder: &Folder) -> Outcome {
    let detail = ask(folder, async |client| client.upload_detail(id).await).await?;
    if out.json {
        out.document(&row::detail_json(&detail, out))?;
        return Ok(Exit::Done);
    }
    let row = &detail.row;
    let live = &row.live;
    let mut table = Table::default();
    let mut say = |name: &str, value: String| {
        if !value.is_empty() {
            table.row([name.to_owned(), value]);
        }
    };
    say("Upload", row.id.to_string());
    say("Title", row.title.clone());
    say("File", detail.path.clone());
    say(
        "Account",
        format!("{} ({})", row.account_label, row.platform),
    );
    say("State", row::state(live, out));
    say("", row::reason(live, out));
    let held = format!("{} of {}", size(live.held_bytes), size(live.total_bytes));
    say("Acknowledged", held);
    if detail.parts_total > 0 {
        let landed: u32 = detail.parts_landed.iter().map(|(_, count)| count).sum();
        say("Parts", format!("{landed} of {}", detail.parts_total));
    }
    if detail.together.len() > 1 {
        let ids = detail.together.iter().map(ToString::to_string);
        say("Together with", ids.collect::<Vec<_>>().join(", "));
    }
    if live.resent_bytes > 0 {
        say("Sent again", size(live.resent_bytes));
    }
    if let Some(remote) = &live.remote {
        say("On the platform", remote.id.clone());
        say("Link", remote.url.clone().unwrap_or_default());
        if live.wait.is_some() {
            say("Its words", remote.words.clone().unwrap_or_default());
        }
    }
    if let Some(Wait::Platform { until_ms }) = live.wait {
        say("Next look", rfc3339(until_ms));
    }
    say("Added", rfc3339(detail.created_at_ms));
    say(
        "Last byte acknowledged",
        detail.landed_at_ms.map(rfc3339).unwrap_or_default(),
    );
    if let Some(proof) = &detail.proof {
        say("BLAKE3", proof.blake3.clone().unwrap_or_default());
        say("CRC-64/NVME", proof.crc64.clone().unwrap_or_default());
    }
    for (name, value) in &detail.fields {
        say(&format!("  {name}"), value.clone());
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    let mut timeline = Table::default();
    for entry in &detail.timeline {
        let words = sentence::say_event(out.lang, &entry.event, &entry.params);
        timeline.row([rfc3339(entry.at_ms), words]);
    }
    out.line("")?;
    for line in timeline.lines() {
        out.line(&line)?;
    }
    Ok(Exit::Done)
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Wish {
    Pause,
    Resume,
    Cancel,
    Retry,
    Remove,
    Start { at_ms: Option<i64> },
    Release,
    Leave,
}

/// Holds uploads, or lets the whole queue rest for a while.
pub(super) async fn pause(pause: Pause, out: &Out, folder: &Folder) -> Outcome {
    let Some(span) = pause.span else {
        return steer(Wish::Pause, pause.which, out, folder).await;
    };
    let span_ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    let until_ms = jiff::Timestamp::now()
        .as_millisecond()
        .saturating_add(span_ms);
    let rest = Rest {
        until_ms: Some(until_ms),
    };
    ask(folder, async |client| client.queue_rest(rest).await).await?;
    if out.json {
        out.document(&json!({ "until": rfc3339(until_ms) }))?;
    } else {
        out.say("cli.rests", &[("until_ms", until_ms.to_string())]);
    }
    Ok(Exit::Done)
}

pub(super) async fn steer(wish: Wish, which: Which, out: &Out, folder: &Folder) -> Outcome {
    let changed = ask(folder, async |client| {
        for id in &which.ids {
            if client.queue_index(*id).await?.is_none() {
                return Err(Failure::new("upload_unknown").with("id", id));
            }
        }
        let set = UploadSet {
            ids: which.ids.clone(),
            all: which.all,
        };
        match wish {
            Wish::Pause => client.uploads_pause(set).await,
            Wish::Resume => client.uploads_resume(set).await,
            Wish::Cancel => client.uploads_cancel(set).await,
            Wish::Retry => client.uploads_retry(set).await,
            Wish::Remove => client.uploads_remove(set).await,
            Wish::Start { at_ms } => {
                let uploads = set;
                client.uploads_start_at(StartAt { uploads, at_ms }).await
            }
            Wish::Release => client.uploads_let_go(set).await,
            Wish::Leave => client.uploads_leave(set).await,
        }
    })
    .await?;
    if out.json {
        out.document(&json!({ "changed": changed.changed }))?;
    } else {
        out.say("cli.changed", &[("count", changed.changed.to_string())]);
    }
    Ok(Exit::Done)
}

pub(super) async fn place(wish: Move, folder: &Folder) -> Outcome {
    let place = match wish.place {
        crate::args::Place { first: true, .. } => Place::First,
        crate::args::Place {
            before: Some(other),
            ..
        } => Place::Before { other },
        crate::args::Place {
            after: Some(other), ..
        } => Place::After { other },
        _ => Place::Last,
    };
    let request = UploadMove { id: wish.id, place };
    ask(folder, async |client| {
        let other = match place {
            Place::Before { other } | Place::After { other } => Some(other),
            Place::First | Place::Last => None,
        };
        for id in [Some(wish.id), other].into_iter().flatten() {
            if client.queue_index(id).await?.is_none() {
                return Err(Failure::new("upload_unknown").with("id", id));
            }
        }
        client.upload_move(request).await
    })
    .await?;
    Ok(Exit::Done)
}

/// A file and its account in one word, safe on a terminal.
pub(super) fn name(row: &UploadRow) -> String {
    printable(&format!("{} → {}", row.file, row.account_label))
}
