//! What an account has on its platform: listed, edited, deleted; and what the platform offers for a field.
//!
//! Always holds: nothing is deleted without a yes, from the command line or from a person at a terminal.

use super::{account, add};
use crate::{
    args::{WorkAct, Works},
    event::rfc3339,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    table::Table,
};
use serde_json::{Value, json};
use slipway_api::{
    Failure,
    sentence::printable,
    wire::{AccountField, WorkEdit, WorkNamed, WorkRow, WorkState, WorksListing, WorksPage},
};
use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::Path,
};

pub(super) async fn obey(works: Works, out: &Out, folder: &mut Folder) -> Outcome {
    match works.act {
        None => {
            let named = works.account.unwrap_or_default();
            let listing = folder
                .with_secrets(out, async |client| {
                    let account = account(client, &named).await?.account.id;
                    let page = works.page;
                    client.account_works(WorksPage { account, page }).await
                })
                .await?;
            list(&listing, out)?;
        }
        Some(WorkAct::Edit {
            account: named,
            work,
            fields,
            cover,
        }) => {
            let cover = cover.map(add::whole_path).transpose()?;
            edit(&named, &work, &fields, cover.as_deref(), out, folder).await?;
        }
        Some(WorkAct::Delete {
            account: named,
            work,
            yes,
        }) => {
            let row = folder
                .with_secrets(out, async |client| account(client, &named).await)
                .await?;
            if !yes && !agreed(&work, &named, &row.account.platform, out)? {
                out.say("cli.work_kept", &[]);
                return Ok(Exit::Done);
            }
            folder
                .with_secrets(out, async |client| {
                    let account = row.account.id;
                    let id = work.clone();
                    client.account_work_delete(WorkNamed { account, id }).await
                })
                .await?;
        }
    }
    Ok(Exit::Done)
}

async fn edit(
    named: &str,
    work: &str,
    fields: &[(String, String)],
    cover: Option<&Path>,
    out: &Out,
    folder: &mut Folder,
) -> Outcome<()> {
    folder
        .with_secrets(out, async |client| {
            let account = account(client, named).await?.account.id;
            let mut offered = client
                .files_offer(cover.map(Path::to_path_buf).into_iter().collect())
                .await?;
            if let Some(cause) = offered.iter().find_map(|file| file.cause.clone()) {
                return Err(cause.into());
            }
            let edit = WorkEdit {
                account,
                id: work.to_owned(),
                fields: fields.iter().cloned().collect(),
                cover: offered.pop().map(|file| file.file),
            };
            let forget: Vec<u32> = edit.cover.into_iter().collect();
            let edited = client.account_work_edit(edit).await;
            client.files_forget(forget).await?;
            edited
        })
        .await?;
    Ok(())
}

/// Asks the person at the terminal.
fn agreed(work: &str, account: &str, platform: &str, out: &Out) -> Outcome<bool> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::new("confirm_needed").with("work", work).into());
    }
    let question = out.sentence(
        "cli.confirm_delete",
        &[
            ("work", work.to_owned()),
            ("account", account.to_owned()),
            ("platform", platform.to_owned()),
        ],
    );
    let mut terminal = io::stderr().lock();
    let _ = write!(terminal, "{question}");
    let _ = terminal.flush();
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}

fn list(listing: &WorksListing, out: &Out) -> Outcome<()> {
    if out.json {
        let works: Vec<_> = listing.works.iter().map(|work| shown(work, out)).collect();
        let page = json!({ "total": listing.total, "page": listing.page, "works": works });
        out.document(&page)?;
        return Ok(());
    }
    if listing.works.is_empty() {
        out.say("cli.nothing", &[]);
        return Ok(());
    }
    let mut table = Table::head(["ID", "CREATED", "STATE", "TITLE"]);
    for work in &listing.works {
        table.row([
            work.remote.id.clone(),
            rfc3339(work.created_at_ms),
            words(work, out),
            work.title.clone(),
        ]);
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    out.say(
        "cli.works_page",
        &[
            ("page", listing.page.to_string()),
            ("count", listing.total.to_string()),
        ],
    );
    Ok(())
}

/// The platform's words for a work's state, or ours.
fn words(work: &WorkRow, out: &Out) -> String {
    match (&work.cause, &work.remote.words) {
        (Some(cause), _) => out.cause(cause),
        (None, Some(words)) => printable(words),
        (None, None) => {
            let phase = match work.state {
                WorkState::Pending => "processing",
                WorkState::Published => "published",
                WorkState::Refused => "failed",
            };
            out.sentence(&format!("phase.{phase}"), &[])
        }
    }
}

fn shown(work: &WorkRow, out: &Out) -> Value {
    json!({
        "id": work.remote.id, "url": work.remote.url, "title": work.title, "created_at": rfc3339(work.created_at_ms),
        "state": work.state, "words": work.remote.words,
        "cause": work.cause.as_ref().map(|cause| json!({
            "code": cause.code, "message": out.cause(cause), "params": cause.params, "detail": cause.detail,
        })),
    })
}

pub(super) async fn choices(named: &str, field: &str, out: &Out, folder: &mut Folder) -> Outcome {
    let listed = folder
        .with_secrets(out, async |client| {
            let account = account(client, named).await?.account.id;
            let field = field.to_owned();
            client
                .account_choices(AccountField { account, field })
                .await
        })
        .await?;
    if out.json {
        out.document(&listed)?;
    } else if listed.is_empty() {
        out.say("cli.nothing", &[]);
    } else {
        let mut table = Table::head(["VALUE", "NAME"]);
        for choice in listed {
            table.row([choice.value, choice.name]);
        }
        for line in table.lines() {
            out.line(&line)?;
        }
    }
    Ok(Exit::Done)
}
