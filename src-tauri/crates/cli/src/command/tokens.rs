//! Upload tokens of an account: made, listed, shown, copied, deleted.
//!
//! A token is named as secrets are, so that it need not stand in a history of commands.

use super::account;
use crate::{
    args::Tokens,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    secret,
    table::Table,
};
use serde_json::{Value, json};
use slipway_api::wire::{NewUploadToken, Secret, UploadTokenNamed, UploadTokenRow};

pub(super) async fn obey(command: Tokens, out: &Out, folder: &mut Folder) -> Outcome {
    match command {
        Tokens::Create {
            account: named,
            ttl,
        } => {
            let made = folder
                .with_secrets(out, async |client| {
                    let account = account(client, &named).await?.account.id;
                    let ttl_s = ttl.map(|life| life.as_secs());
                    client
                        .account_token_add(NewUploadToken { account, ttl_s })
                        .await
                })
                .await?;
            if out.json {
                out.document(&shown(&made))?;
            } else {
                out.line(&made.token)?;
            }
        }
        Tokens::List { account: named } => {
            let rows = folder
                .with_secrets(out, async |client| {
                    let account = account(client, &named).await?.account.id;
                    client.account_tokens(account).await
                })
                .await?;
            if out.json {
                let rows: Vec<_> = rows.iter().map(shown).collect();
                out.document(&rows)?;
            } else if rows.is_empty() {
                out.say("cli.nothing", &[]);
            } else {
                table(&rows, out)?;
            }
        }
        Tokens::Show {
            account: named,
            token,
        } => {
            let row = one(&named, &token, out, folder).await?;
            if out.json {
                out.document(&shown(&row))?;
            } else {
                table(&[row], out)?;
            }
        }
        Tokens::Copy {
            account: named,
            token,
        } => {
            let row = one(&named, &token, out, folder).await?;
            out.copy(&row.token)?;
        }
        Tokens::Delete {
            account: named,
            token,
        } => {
            let token = secret::read_one("token", &token)?;
            folder
                .with_secrets(out, async |client| {
                    let account = account(client, &named).await?.account.id;
                    let token = token.clone();
                    client
                        .account_token_remove(UploadTokenNamed { account, token })
                        .await
                })
                .await?;
        }
    }
    Ok(Exit::Done)
}

async fn one(named: &str, token: &str, out: &Out, folder: &mut Folder) -> Outcome<UploadTokenRow> {
    let token: Secret = secret::read_one("token", token)?;
    folder
        .with_secrets(out, async |client| {
            let account = account(client, named).await?.account.id;
            let token = token.clone();
            client
                .account_token(UploadTokenNamed { account, token })
                .await
        })
        .await
}

fn table(rows: &[UploadTokenRow], out: &Out) -> Outcome<()> {
    let mut table = Table::head(["TOKEN", "CREATED", "EXPIRES"]);
    for row in rows {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        table.row([
            row.token.clone(),
            or_dash(&row.created_at),
            or_dash(&row.expires_at),
        ]);
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    Ok(())
}

fn shown(row: &UploadTokenRow) -> Value {
    json!({
        "token": row.token, "ttl": row.ttl_s, "created_at": row.created_at, "expires_at": row.expires_at,
    })
}
