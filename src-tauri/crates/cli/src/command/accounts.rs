//! Accounts: made, looked at, changed, forgotten.

use super::{account, ask};
use crate::{
    args::Accounts,
    event::rfc3339,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    secret,
    table::Table,
};
use serde_json::{Value, json};
use slipway_api::{
    Failure,
    client::Client,
    sentence::printable,
    wire::{AccountChange, AccountRow, Empty, NewAccount},
};
use slipway_model::{Account, FieldKind, Health, HealthState};
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
                let found = Account {
                    health: checked.health.clone(),
                    ..row.account
                };
                out.document(&account_json(&found, out))?;
            } else {
                out.line(&format!(
                    "{}: {}",
                    printable(&row.account.label),
                    health_words(&checked.health, out)
                ))?;
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
            && let Ok(whole) = std::path::absolute(&*path)
        {
            *path = whole.display().to_string();
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
    let mut table = Table::head(["ID", "LABEL", "PLATFORM", "UNFINISHED", "HEALTH"]);
    for row in rows {
        table.row([
            row.account.id.to_string(),
            row.account.label.clone(),
            row.account.platform.clone(),
            row.unfinished.to_string(),
            health_words(&row.account.health, out),
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

fn account_json(account: &Account, out: &Out) -> Value {
    let health = &account.health;
    let cause = health.cause.as_ref();
    json!({
        "id": account.id, "label": account.label, "platform": account.platform, "settings": account.settings,
        "created_at": rfc3339(account.created_at_ms),
        "health": {
            "state": health.state, "identity": health.identity,
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
    shown
}
