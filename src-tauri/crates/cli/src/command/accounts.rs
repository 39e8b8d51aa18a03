//! Accounts: made, looked at, changed, forgotten.

use super::{account, add, ask};
use crate::{
    args::Accounts,
    event::rfc3339,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    row::wait_json,
    secret,
    table::Table,
};
use serde_json::{Value, json};
use slipway_api::{
    Failure,
    client::Client,
    sentence::{printable, size},
    wire::{AccountChange, AccountRow, Empty, NewAccount},
};
use slipway_model::{Account, Counted, FieldKind, Health, HealthState, Wait};
use std::collections::BTreeMap;

pub(super) async fn obey(command: Accounts, out: &Out, folder: &mut Folder) -> Outcome {
    match command {
        Accounts::Add {
            platform,
            label,
            values,
            no_check,
        } => {
            let new = NewAccount {
                platform,
                label,
                settings: values.settings.into_iter().collect(),
                secrets: secret::read_all(&values.secrets)?,
                check: !no_check,
            };
            let made = folder
                .with_secrets(out, async |client| {
                    let settings = full_paths(client, &new.platform, new.settings.clone()).await?;
                    let new = NewAccount {
                        settings,
                        ..new.clone()
                    };
                    client.account_add(new).await
                })
                .await?;
            if out.json {
                out.document(&account_json(&made, out))?;
            } else {
                out.line(&made.id.to_string())?;
            }
            Ok(Exit::Done)
        }
        Accounts::List => list(out, folder).await,
        Accounts::Check { account: named } => {
            let (row, checked) = folder
                .with_secrets(out, async |client| {
                    let row = account(client, &named).await?;
                    let checked = client.account_check(row.account.id).await?;
                    Ok((row, checked))
                })
                .await?;
            if out.json {
                let account = Account {
                    health: checked.health.clone(),
                    ..row.account
                };
                out.document(&row_json(&AccountRow { account, ..row }, out))?;
            } else {
                out.line(&format!(
                    "{}: {}",
                    printable(&row.account.label),
                    health_words(&checked.health, out)
                ))?;
                for fact in facts(&checked.health, out) {
                    out.line(&format!("  {fact}"))?;
                }
            }
            Ok(match checked.health.state {
                HealthState::Ready | HealthState::Unknown => Exit::Done,
                HealthState::SignedOut => Exit::NeedsPerson,
                HealthState::Troubled => Exit::UploadFailed,
            })
        }
        Accounts::Set {
            account: named,
            settings,
            label,
            secrets,
        } => {
            let secrets = secret::read_all(&secrets)?;
            let settings: BTreeMap<_, _> = settings.into_iter().collect();
            let changed = folder
                .with_secrets(out, async |client| {
                    let row = account(client, &named).await?;
                    let change = AccountChange {
                        account: row.account.id,
                        label: label.clone(),
                        settings: full_paths(client, &row.account.platform, settings.clone())
                            .await?,
                        secrets: secrets.clone(),
                    };
                    client.account_set(change).await
                })
                .await?;
            if out.json {
                out.document(&account_json(&changed, out))?;
            }
            Ok(Exit::Done)
        }
        Accounts::Remove { account: named } => {
            ask(folder, async |client| {
                let row = account(client, &named).await?;
                client.account_remove(row.account.id).await
            })
            .await?;
            Ok(Exit::Done)
        }
        Accounts::Tokens(command) => super::tokens::obey(command, out, folder).await,
        Accounts::Works(works) => super::works::obey(works, out, folder).await,
        Accounts::Choices { account, field } => {
            super::works::choices(&account, &field, out, folder).await
        }
        Accounts::SignIn(sign_in) => super::sign_in::obey(&sign_in, out, folder).await,
    }
}

/// Folders are named from where the user stands; the engine wants them whole.
async fn full_paths(
    client: &Client,
    platform: &str,
    mut settings: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let platforms = client.platforms(Empty {}).await?.platforms;
    let fields = platforms.iter().filter(|spec| spec.name == platform);
    for field in fields.flat_map(|spec| &spec.settings) {
        if field.kind == FieldKind::Folder
            && let Some(path) = settings.get_mut(&field.name)
            && !path.is_empty()
        {
            *path = add::whole_path(&*path)?.display().to_string();
        }
    }
    Ok(settings)
}

async fn list(out: &Out, folder: &Folder) -> Outcome {
    let rows = ask(folder, async |client| client.accounts(Empty {}).await).await?;
    if out.json {
        let rows: Vec<_> = rows.iter().map(|row| row_json(row, out)).collect();
        out.document(&rows)?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        out.say("cli.nothing", &[]);
        return Ok(Exit::Done);
    }
    let mut table = Table::head([
        "ID",
        "LABEL",
        "PLATFORM",
        "UNFINISHED",
        "TODAY",
        "LEFT",
        "HEALTH",
    ]);
    for row in rows {
        let health = &row.account.health;
        // What waits now is news; what a check found may be hours old.
        let words = match &row.wait {
            Some(Wait::Quota { cause, until_ms }) => {
                format!("{} ({})", out.cause(cause), rfc3339(*until_ms))
            }
            _ => health_words(health, out),
        };
        table.row([
            row.account.id.to_string(),
            row.account.label.clone(),
            row.account.platform.clone(),
            row.unfinished.to_string(),
            format!(
                "{} {}, {}",
                row.today.works,
                if row.today.works == 1 {
                    "work"
                } else {
                    "works"
                },
                size(row.today.sent_bytes)
            ),
            allowance_words(health),
            words,
        ]);
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    Ok(Exit::Done)
}

fn state_word(state: HealthState) -> &'static str {
    match state {
        HealthState::Unknown => "unknown",
        HealthState::Ready => "ready",
        HealthState::SignedOut => "signed_out",
        HealthState::Troubled => "troubled",
    }
}

pub(super) fn health_words(health: &Health, out: &Out) -> String {
    let mut words = out.sentence(&format!("health.{}", state_word(health.state)), &[]);
    if let Some(identity) = &health.identity {
        words = format!("{words} ({})", printable(identity));
    }
    if let Some(cause) = &health.cause {
        words = format!("{words}. {}", out.cause(cause));
    }
    words
}

/// What is left, shortest first to read: `3/5 works`, `9.65 GB`.
fn allowance_words(health: &Health) -> String {
    let words = health.allowances.iter().map(|allowance| {
        let figure = |n| match allowance.what {
            Counted::Bytes | Counted::Disk => size(n),
            _ => n.to_string(),
        };
        let left = match allowance.of {
            Some(of) => format!("{}/{}", figure(allowance.left), figure(of)),
            None => figure(allowance.left),
        };
        match allowance.what {
            Counted::Bytes | Counted::Disk => left,
            what => format!("{left} {}", counted_word(what)),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

fn counted_word(what: Counted) -> &'static str {
    match what {
        Counted::Uploads => "uploads",
        Counted::Bytes => "bytes",
        Counted::Works => "works",
        Counted::Requests => "requests",
        Counted::Disk => "disk",
    }
}

/// What a check learnt besides the state, a line each.
fn facts(health: &Health, out: &Out) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(until_ms) = health.valid_until_ms {
        let code = if health.renews {
            "health.until_renews"
        } else {
            "health.until"
        };
        facts.push(out.sentence(code, &[("time", rfc3339(until_ms))]));
    }
    if !health.scopes.is_empty() {
        facts.push(out.sentence("health.scopes", &[("scopes", health.scopes.join(" "))]));
    }
    if !health.allowances.is_empty() {
        facts.push(out.sentence("health.left", &[("left", allowance_words(health))]));
    }
    let renews = health.allowances.iter().find_map(|a| a.renews_at_ms);
    if let Some(at_ms) = renews {
        facts.push(out.sentence("health.left_renews", &[("time", rfc3339(at_ms))]));
    }
    facts.iter().map(|fact| printable(fact)).collect()
}

fn account_json(account: &Account, out: &Out) -> Value {
    let health = &account.health;
    let cause = health.cause.as_ref();
    json!({
        "id": account.id, "label": account.label, "platform": account.platform, "settings": account.settings,
        "created_at": rfc3339(account.created_at_ms),
        "health": {
            "state": health.state, "identity": health.identity,
            "place": health.place, "credential": health.credential, "scopes": health.scopes, "renews": health.renews,
            "allowances": health.allowances.iter().map(|a| json!({
                "what": a.what, "left": a.left, "of": a.of, "renews_at": a.renews_at_ms.map(rfc3339),
            })).collect::<Vec<_>>(),
            "valid_until": health.valid_until_ms.map(rfc3339), "checked_at": health.checked_at_ms.map(rfc3339),
            "cause": cause.map(|cause| json!({
                "code": cause.code, "message": out.cause(cause), "params": cause.params, "detail": cause.detail,
            })),
        },
    })
}

fn row_json(row: &AccountRow, out: &Out) -> Value {
    let mut shown = account_json(&row.account, out);
    shown["unfinished"] = row.unfinished.into();
    shown["today"] = json!({ "sent_bytes": row.today.sent_bytes, "works": row.today.works });
    shown["wait"] = json!(row.wait.as_ref().map(|wait| wait_json(wait, out)));
    shown
}
