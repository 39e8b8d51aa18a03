//! Signing in on a platform's page: opens the system's browser, then waits for it to come back or for what is pasted.

use super::{account, accounts::health_words};
use crate::{
    args::SignIn,
    exit::{Exit, Outcome},
    folder::{Folder, Purpose, Reached},
    out::Out,
    secret,
};
use serde_json::json;
use slipway_api::{
    Failure,
    sentence::printable,
    wire::{AccountChecked, SignInEnd},
};
use slipway_model::HealthState;
use std::process::{Command, Stdio};

pub(super) async fn obey(wish: &SignIn, out: &Out, folder: &mut Folder) -> Outcome {
    // The vault is opened first: what the page ends in must have a place to go.
    folder
        .with_secrets(out, async |client| {
            account(client, &wish.account).await.map(drop)
        })
        .await?;
    let reached = folder.reach(Purpose::Ask).await?;
    let done = sign_in(wish, out, &reached).await;
    reached.close().await;
    let checked = match done {
        Err(failure) if failure.code == "sign_in_not_needed" => {
            out.note(&out.cause(&crate::out::cause(&failure)));
            return Ok(Exit::Done);
        }
        done => done?,
    };
    if out.json {
        out.document(&json!({ "account": checked.account, "state": checked.health.state }))?;
    } else {
        let label = printable(&wish.account);
        out.line(&format!("{label}: {}", health_words(&checked.health, out)))?;
    }
    Ok(match checked.health.state {
        HealthState::Ready | HealthState::Unknown => Exit::Done,
        HealthState::SignedOut => Exit::NeedsPerson,
        HealthState::Troubled => Exit::UploadFailed,
    })
}

async fn sign_in(wish: &SignIn, out: &Out, reached: &Reached) -> Result<AccountChecked, Failure> {
    let client = &reached.client;
    let account = account(client, &wish.account).await?.account.id;
    let started = client.account_sign_in(account).await?;
    let opened = !wish.no_browser && open(&started.page);
    let code = if opened {
        "cli.sign_in_opened"
    } else {
        "cli.sign_in_open"
    };
    out.say(code, &[("page", started.page.clone())]);
    let pasted = if started.comes_back {
        None
    } else {
        out.say("cli.sign_in_paste", &[]);
        Some(tokio::task::block_in_place(|| {
            secret::read_one("code", "-")
        })?)
    };
    let end = SignInEnd { account, pasted };
    client.account_sign_in_end(end).await
}

/// Asks the system to open a page; whether somebody took it.
fn open(page: &str) -> bool {
    let named = std::env::var("BROWSER").ok().filter(|b| !b.is_empty());
    let (program, arguments): (&str, &[&str]) = match &named {
        Some(browser) => (browser, &[]),
        None if cfg!(windows) => ("rundll32", &["url.dll,FileProtocolHandler"]),
        None if cfg!(target_os = "macos") => ("open", &[]),
        None => ("xdg-open", &[]),
    };
    let started = Command::new(program)
        .args(arguments)
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    started.is_ok()
}
