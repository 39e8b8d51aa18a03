//! One file for each group of commands. Here is what they share: where a command goes, and how an account is found by its label.

mod accounts;
mod add;
mod diagnostics;
mod history;
mod import;
mod network;
mod platforms;
mod power;
mod proxy;
mod queue;
mod run;
mod set;
mod settings;
mod sign_in;
mod speed;
mod templates;
mod times;
mod tokens;
mod watch;
mod works;

use crate::{
    args::Command,
    exit::{Exit, Outcome},
    folder::{Folder, Purpose, Reached},
    out::Out,
};
use slipway_api::{
    Failure,
    client::Client,
    wire::{AccountRow, Empty},
};

pub(crate) async fn obey(command: Command, out: &Out, folder: &mut Folder) -> Outcome {
    match command {
        Command::Platforms { name } => platforms::show(name.as_deref(), out, folder).await,
        Command::Accounts(command) => accounts::obey(command, out, folder).await,
        Command::Add(add) => add::add(&add, out, folder).await,
        Command::Upload(upload) => run::upload(&upload.add, out, folder).await,
        Command::List(list) => queue::list(list, out, folder).await,
        Command::Show { id } => queue::show(id, out, folder).await,
        Command::Pause(pause) => queue::pause(pause, out, folder).await,
        Command::Resume(which) => queue::steer(queue::Wish::Resume, which, out, folder).await,
        Command::Cancel(which) => queue::steer(queue::Wish::Cancel, which, out, folder).await,
        Command::Retry(which) => queue::steer(queue::Wish::Retry, which, out, folder).await,
        Command::Remove(which) => queue::steer(queue::Wish::Remove, which, out, folder).await,
        Command::Move(wish) => queue::place(wish, folder).await,
        Command::Set(wish) => set::set(wish, out, folder).await,
        Command::Templates(command) => templates::obey(command, out, folder).await,
        Command::Start { which, at } => times::start(which, at, out, folder).await,
        Command::Release(which) => queue::steer(queue::Wish::Release, which, out, folder).await,
        Command::Leave(which) => queue::steer(queue::Wish::Leave, which, out, folder).await,
        Command::Hours { hours, account } => {
            times::hours(hours.as_deref(), account.as_deref(), out, folder).await
        }
        Command::Limit(limit) => speed::limit(limit, out, folder).await,
        Command::Turtle { word } => speed::turtle(word, out, folder).await,
        Command::Network { command } => network::obey(command, out, folder).await,
        Command::Settings(command) => settings::obey(command, out, folder).await,
        Command::Proxy(wish) => proxy::obey(wish, out, folder).await,
        Command::Line(wish) => power::line(wish, out, folder).await,
        Command::WhenDone {
            then,
            even_if_failed,
        } => power::when_done(then, even_if_failed, out, folder).await,
        Command::Watch(command) => watch::obey(command, out, folder).await,
        Command::Run(run) => run::run(&run, out, folder).await,
        Command::Resubmit { id, fields } => history::resubmit(id, &fields, out, folder).await,
        Command::History(history) => history::list(&history, out, folder).await,
        Command::Receipt { id, html } => history::receipt(id, html.as_deref(), out, folder).await,
        Command::Resend { id, again, hold } => history::resend(id, again, hold, out, folder).await,
        Command::Log { id, follow } => diagnostics::log(id, follow, out, folder).await,
        Command::Diagnostics { file, names } => {
            diagnostics::report(file.as_deref(), names, out, folder).await
        }
        Command::Completions { .. } | Command::Manual { .. } => Ok(Exit::Done), // written before a data folder is looked for
    }
}

/// Does one thing wherever the queue is, and lets go of it.
async fn ask<T>(
    folder: &Folder,
    work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
) -> Outcome<T> {
    let reached = folder.reach(Purpose::Ask).await?;
    let done = work(&reached.client).await;
    reached.close().await;
    Ok(done?)
}

/// An account by its label, or by its id where no label is that number.
async fn account(client: &Client, named: &str) -> Result<AccountRow, Failure> {
    let accounts = client.accounts(Empty {}).await?;
    let by_id = named.parse().ok();
    accounts
        .iter()
        .find(|row| row.account.label == named)
        .or_else(|| accounts.iter().find(|row| Some(row.account.id.0) == by_id))
        .cloned()
        .ok_or_else(|| Failure::new("account_not_named").with("account", named))
}

/// Tells once what was found when the queue was opened: a damaged file and what came back.
async fn tell_recovery(reached: &Reached, out: &Out) {
    if let Ok(start) = reached.client.start(Empty {}).await
        && let Some(cause) = start.recovered
    {
        out.note(&out.cause(&cause));
    }
}
