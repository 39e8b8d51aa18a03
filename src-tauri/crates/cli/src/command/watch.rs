//! Watched folders: added, listed with what waits in them, steered.

use super::{add, ask};
use crate::{
    args::watch::{After, Pick, Rule, Watch},
    event::rfc3339,
    exit::{Exit, Outcome, Stop},
    folder::Folder,
    out::Out,
};
use serde_json::{Value, json};
use slipway_api::{
    Failure,
    client::Client,
    sentence::printable,
    wire::{
        AccountRow, Afterwards, Empty, FileWait, NewWatch, WaitingFile, WatchChange, WatchFiles,
        WatchFilesPage, WatchPick, WatchRow, WatchRule, WatchState, WatchSwitch,
    },
};
use slipway_model::{AccountId, WatchId};
use std::{
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

/// Files of a folder that are listed.
const FILES_MAX: u32 = 500;
/// And shown on a terminal.
const FILES_SHOWN: usize = 20;

pub(super) async fn obey(command: Watch, out: &Out, folder: &Folder) -> Outcome {
    match command {
        Watch::Add {
            folder: dir,
            accounts,
            rule,
            new_only,
        } => {
            let id = ask(folder, async |client| {
                let mut wanted = WatchRule::default();
                apply(&mut wanted, &accounts, rule, client).await?;
                let folder = offer(client, &dir).await?;
                client
                    .watch_add(NewWatch {
                        folder,
                        rule: wanted,
                        new_only,
                    })
                    .await
            })
            .await?;
            if out.json {
                out.document(&json!({ "watch": id }))?;
            } else {
                out.line(&id.to_string())?;
            }
            Ok(Exit::Done)
        }
        Watch::List => list(out, folder).await,
        Watch::Set {
            watch,
            accounts,
            rule,
        } => {
            ask(folder, async |client| {
                let row = named(client, &watch).await?;
                let mut wanted = row.rule;
                apply(&mut wanted, &accounts, rule, client).await?;
                let change = WatchChange {
                    watch: row.watch,
                    rule: wanted,
                };
                client.watch_set(change).await
            })
            .await?;
            Ok(Exit::Done)
        }
        Watch::Remove { watch } => {
            steer(folder, &watch, async |client, id| {
                client.watch_remove(id).await
            })
            .await
        }
        Watch::Look { watch } => {
            steer(folder, &watch, async |client, id| {
                client.watch_look(id).await
            })
            .await
        }
        Watch::Pause { watch } => switch(folder, &watch, false).await,
        Watch::Resume { watch } => switch(folder, &watch, true).await,
        Watch::Send(pick) => choose(pick, true, out, folder).await,
        Watch::Skip(pick) => choose(pick, false, out, folder).await,
    }
}

/// What is said on the command line wins over what the rule says.
async fn apply(
    wanted: &mut WatchRule,
    accounts: &[String],
    rule: Rule,
    client: &Client,
) -> Result<(), Failure> {
    let accounts = add::accounts(accounts, client).await?;
    if !accounts.is_empty() {
        wanted.accounts = accounts.into_keys().collect();
    }
    if !rule.patterns.is_empty() {
        wanted.patterns = rule.patterns;
    }
    wanted.settle_seconds = rule.settle.unwrap_or(wanted.settle_seconds);
    wanted.template = rule.template.or(wanted.template.take());
    wanted.min_bytes = rule.min_size.or(wanted.min_bytes);
    wanted.max_bytes = rule.max_size.or(wanted.max_bytes);
    wanted.min_age_seconds = rule
        .min_age
        .map(|age| age.as_secs())
        .or(wanted.min_age_seconds);
    wanted.max_age_seconds = rule
        .max_age
        .map(|age| age.as_secs())
        .or(wanted.max_age_seconds);
    wanted.sub_folders = rule.sub_folders.unwrap_or(wanted.sub_folders);
    let fields = add::fields(&rule.fields, client).await?;
    wanted.fields.extend(fields);
    wanted.hold |= rule.hold;
    wanted.priority = rule.priority.map(Into::into).or(wanted.priority);
    match rule.after {
        None => {}
        Some(After::Keep) => wanted.afterwards = Afterwards::Keep,
        Some(After::Trash) => wanted.afterwards = Afterwards::Trash,
        Some(After::Move(dir)) => {
            wanted.afterwards = Afterwards::Move {
                folder: Some(offer(client, &dir).await?),
                path: String::new(),
            };
        }
    }
    Ok(())
}

async fn offer(client: &Client, dir: &PathBuf) -> Result<u32, Failure> {
    let offered = client.folders_offer(vec![add::whole_path(dir)?]).await?;
    let Some(offered) = offered.into_iter().next() else {
        return Err(Failure::new("folder_not_offered"));
    };
    match offered.cause {
        Some(cause) => Err(cause.into()),
        None => Ok(offered.folder),
    }
}

/// A folder by its number or its path.
async fn named(client: &Client, watch: &str) -> Result<WatchRow, Failure> {
    let path = add::whole_path(watch).unwrap_or_else(|_| PathBuf::from(watch));
    let path = path.canonicalize().unwrap_or(path).display().to_string();
    let rows = client.watches(Empty {}).await?;
    let is_it = |row: &WatchRow| row.watch.to_string() == watch || row.folder == path;
    let row = rows.into_iter().find(is_it);
    row.ok_or_else(|| Failure::new("watch_not_named").with("watch", watch))
}

async fn steer(
    folder: &Folder,
    watch: &str,
    work: impl AsyncFn(&Client, WatchId) -> Result<Empty, Failure>,
) -> Outcome {
    ask(folder, async |client| {
        let row = named(client, watch).await?;
        work(client, row.watch).await
    })
    .await?;
    Ok(Exit::Done)
}

async fn switch(folder: &Folder, watch: &str, on: bool) -> Outcome {
    let switch =
        async |client: &Client, watch| client.watch_switch(WatchSwitch { watch, on }).await;
    steer(folder, watch, switch).await
}

async fn choose(pick: Pick, send: bool, out: &Out, folder: &Folder) -> Outcome {
    let changed = ask(folder, async |client| {
        let row = named(client, &pick.watch).await?;
        if row.state == WatchState::Resting || row.next_look_ms.is_none() {
            return Err(Failure::new("watch_not_running"));
        }
        let waits = files(client, row.watch).await?.files;
        let mut files = Vec::new();
        for name in &pick.files {
            let mut found = waits
                .iter()
                .filter(|one| one.name == *name || path(one) == *name);
            let one = found.next();
            let one = one.ok_or_else(|| Failure::new("watch_file_not_named").with("file", name))?;
            files.push(one.file);
        }
        let pick = WatchPick {
            watch: row.watch,
            files,
        };
        if send {
            client.watch_send(pick).await
        } else {
            client.watch_skip(pick).await
        }
    })
    .await?;
    if out.json {
        out.document(&changed)?;
    }
    Ok(Exit::Done)
}

async fn files(client: &Client, watch: WatchId) -> Result<WatchFiles, Failure> {
    let page = WatchFilesPage {
        watch,
        offset: 0,
        limit: FILES_MAX,
    };
    client.watch_files(page).await
}

fn path(file: &WaitingFile) -> String {
    if file.beneath.is_empty() {
        return file.name.clone();
    }
    format!("{}/{}", file.beneath, file.name)
}

async fn list(out: &Out, folder: &Folder) -> Outcome {
    let (rows, accounts) = ask(folder, async |client| {
        let mut rows = Vec::new();
        for row in client.watches(Empty {}).await? {
            let files = files(client, row.watch).await?;
            rows.push((row, files));
        }
        Ok((rows, client.accounts(Empty {}).await?))
    })
    .await?;
    if out.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(row, files)| document(row, files, &accounts, out))
            .collect();
        out.document(&rows)?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        out.say("cli.nothing", &[]);
    }
    for (row, files) in &rows {
        show(row, files, &accounts, out)?;
    }
    Ok(Exit::Done)
}

fn document(row: &WatchRow, files: &WatchFiles, accounts: &[AccountRow], out: &Out) -> Value {
    let (state, cause, since_ms) = match &row.state {
        WatchState::Watching => ("watching", None, None),
        WatchState::Waiting { cause, since_ms } => ("waiting", Some(cause), Some(*since_ms)),
        WatchState::Off => ("off", None, None),
        WatchState::Resting => ("resting", None, None),
    };
    let waits = files.files.iter().map(|file| {
        let mut one = json!(file.wait);
        let said = json!({
            "file": path(file), "bytes": file.size_bytes, "message": why(file, out),
            "needs_you": file.wait.needs_you(),
        });
        if let (Some(one), Value::Object(said)) = (one.as_object_mut(), said) {
            one.extend(said);
            for name in ["until", "since"] {
                let time = one.remove(&format!("{name}_ms")).and_then(|ms| ms.as_i64());
                if let Some(ms) = time {
                    one.insert(name.into(), json!(rfc3339(ms)));
                }
            }
        }
        one
    });
    let mut rule = json!(row.rule);
    if let Some(rule) = rule.as_object_mut() {
        rule.insert("accounts".into(), json!(labels(row, accounts)));
        let afterwards = match &row.rule.afterwards {
            Afterwards::Keep => "keep".to_owned(),
            Afterwards::Trash => "trash".to_owned(),
            Afterwards::Move { path, .. } => format!("move:{path}"),
        };
        rule.insert("afterwards".into(), json!(afterwards));
    }
    json!({
        "id": row.watch, "folder": row.folder, "state": state, "cause": cause,
        "since": since_ms.map(rfc3339), "on": row.state != WatchState::Off,
        "message": state_said(row, out), "rule": rule,
        "last_look": row.last_look_ms.map(rfc3339), "next_look": row.next_look_ms.map(rfc3339),
        "taken": row.taken, "notes": row.notes.iter().map(|note| json!({
            "code": note.code, "params": note.params, "message": out.cause(note),
        })).collect::<Vec<_>>(),
        "waiting": files.total, "files": waits.collect::<Vec<_>>(),
    })
}

fn labels(row: &WatchRow, accounts: &[AccountRow]) -> Vec<String> {
    let label = |id: &AccountId| {
        let known = accounts.iter().find(|known| known.account.id == *id);
        known.map_or_else(|| id.to_string(), |known| known.account.label.clone())
    };
    row.rule.accounts.iter().map(label).collect()
}

fn state_said(row: &WatchRow, out: &Out) -> String {
    match &row.state {
        WatchState::Watching => out.sentence("watch.is_watching", &[]),
        WatchState::Off => out.sentence("watch.is_off", &[]),
        WatchState::Resting => out.sentence("watch.is_resting", &[]),
        WatchState::Waiting { cause, .. } => {
            out.sentence("watch.is_waiting", &[("cause", out.cause(cause))])
        }
    }
}

fn show(
    row: &WatchRow,
    files: &WatchFiles,
    accounts: &[AccountRow],
    out: &Out,
) -> Result<(), Stop> {
    let state = state_said(row, out);
    out.line(&format!(
        "{}  {}  {state}",
        row.watch,
        printable(&row.folder)
    ))?;
    let rule = &row.rule;
    let after = match &rule.afterwards {
        Afterwards::Keep => out.sentence("cli.watch_keep", &[]),
        Afterwards::Trash => out.sentence("cli.watch_trash", &[]),
        Afterwards::Move { path, .. } => {
            out.sentence("cli.watch_move", &[("folder", path.clone())])
        }
    };
    let mut to = labels(row, accounts);
    if let Some(template) = &rule.template {
        let template = [("template", template.clone())];
        to.push(out.sentence("cli.watch_template", &template));
    }
    let what = if rule.patterns.is_empty() {
        out.sentence("cli.watch_videos", &[])
    } else {
        rule.patterns.join(", ")
    };
    let values = [
        ("what", what),
        ("settle", rule.settle_seconds.to_string()),
        ("accounts", to.join(", ")),
        ("after", after),
    ];
    out.line(&format!("   {}", out.sentence("cli.watch_rule", &values)))?;
    let taken = [("count", row.taken.to_string())];
    out.line(&format!("   {}", out.sentence("cli.watch_taken", &taken)))?;
    for note in &row.notes {
        out.line(&format!("   {}", out.cause(note)))?;
    }
    for file in files.files.iter().take(FILES_SHOWN) {
        let why = match row.state {
            WatchState::Off => out.sentence("watch.off", &[]),
            _ => why(file, out),
        };
        out.line(&format!("   {}: {why}", printable(&path(file))))?;
    }
    let more = (files.total as usize).saturating_sub(FILES_SHOWN);
    if more > 0 {
        let more = [("count", more.to_string())];
        out.line(&format!("   {}", out.sentence("cli.watch_more", &more)))?;
    }
    Ok(())
}

/// Names the files that wait for somebody, at the end of a run.
pub(super) async fn tell_waiting(client: &Client, out: &Out) -> Result<(), Failure> {
    for row in client.watches(Empty {}).await? {
        if let WatchState::Waiting { cause, .. } = &row.state {
            out.note(&out.cause(cause));
        }
        for file in row.waits.iter().filter(|file| file.wait.needs_you()) {
            if row.state == WatchState::Watching {
                out.note(&format!("{}: {}", printable(&path(file)), why(file, out)));
            }
        }
        let named = row
            .waits
            .iter()
            .filter(|file| file.wait.needs_you())
            .count();
        let more = (row.needs_you as usize).saturating_sub(named);
        if more > 0 && row.state == WatchState::Watching {
            out.say("cli.watch_more", &[("count", more.to_string())]);
        }
    }
    Ok(())
}

/// Why a file is not taken.
fn why(file: &WaitingFile, out: &Out) -> String {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = now_ms.map_or(0, |since| since.as_millis() as i64);
    let seconds = |ms: i64| (ms.max(0) / 1000).to_string();
    let say = |code, params: &[(&str, String)]| out.sentence(code, params);
    match &file.wait {
        FileWait::Growing { bytes_per_second } => {
            let bytes = ("bytes", file.size_bytes.to_string());
            say(
                "watch.growing",
                &[bytes, ("more", bytes_per_second.to_string())],
            )
        }
        FileWait::Resting { until_ms } => say(
            "watch.resting",
            &[("left", seconds(until_ms - now_ms + 999))],
        ),
        FileWait::Empty => say("watch.empty", &[]),
        FileWait::Young { until_ms } => say("watch.young", &[("until_ms", until_ms.to_string())]),
        FileWait::Open { since_ms, program } => {
            let span = ("span", seconds(now_ms - since_ms));
            match program {
                Some(program) => say("watch.open_in", &[span, ("program", program.clone())]),
                None => say("watch.open", &[span]),
            }
        }
        FileWait::Ready => say("watch.ready", &[]),
        FileWait::Unreadable { cause }
        | FileWait::Refused { cause }
        | FileWait::Twice { cause }
        | FileWait::Stays { cause } => out.cause(cause),
    }
}
