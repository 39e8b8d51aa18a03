//! Templates: kept, shown, written to a file and taken from one.

use super::{add, ask};
use crate::{
    args::{self, Templates},
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    table::Table,
};
use serde_json::json;
use slipway_api::{
    Failure,
    wire::{Empty, Template, TemplateSave, TemplatesImport},
};
use std::path::PathBuf;

pub(super) async fn obey(command: Templates, out: &Out, folder: &Folder) -> Outcome {
    match command {
        Templates::List => {
            let all = ask(folder, async |client| client.templates(Empty {}).await).await?;
            list(&all, out)
        }
        Templates::Show { name } => {
            let names = vec![name];
            let file = ask(folder, async |client| client.templates_export(names).await).await?;
            file.templates.iter().try_for_each(|one| show(one, out))?;
            Ok(Exit::Done)
        }
        Templates::Save(wish) => save(wish, folder).await,
        Templates::Remove { name } => {
            ask(folder, async |client| client.template_remove(name).await).await?;
            Ok(Exit::Done)
        }
        Templates::Import { file, replace } => import(&file, replace, out, folder).await,
        Templates::Export { names } => {
            let file = ask(folder, async |client| client.templates_export(names).await).await?;
            let text = serde_json::to_string_pretty(&file);
            out.line(&text.expect("templates are JSON"))?;
            Ok(Exit::Done)
        }
        Templates::Csv { platforms } => {
            let header = ask(folder, async |client| client.list_header(platforms).await).await?;
            out.line(header.trim_end())?;
            Ok(Exit::Done)
        }
    }
}

fn list(all: &[Template], out: &Out) -> Outcome {
    if out.json {
        out.document(&all)?;
        return Ok(Exit::Done);
    }
    if all.is_empty() {
        out.say("cli.nothing", &[]);
        return Ok(Exit::Done);
    }
    let mut table = Table::head(["NAME", "ACCOUNTS", "FIELDS"]);
    for one in all {
        let fields: Vec<_> = one.fields.keys().map(String::as_str).collect();
        table.row([one.name.clone(), one.accounts.join(","), fields.join(", ")]);
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    Ok(Exit::Done)
}

fn show(one: &Template, out: &Out) -> Outcome<()> {
    if out.json {
        out.document(one)?;
        return Ok(());
    }
    let mut table = Table::default();
    table.row(["Template".into(), one.name.clone()]);
    table.row(["Accounts".into(), one.accounts.join(",")]);
    if one.hold {
        table.row(["Hold".into(), "yes".into()]);
    }
    if let Some(priority) = one.priority {
        let word = serde_json::to_value(priority).expect("a word");
        let word = word.as_str().unwrap_or_default().to_owned();
        table.row(["Priority".into(), word]);
    }
    for (name, text) in &one.fields {
        table.row([format!("  {name}"), text.clone()]);
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    Ok(())
}

async fn save(wish: args::TemplateSave, folder: &Folder) -> Outcome {
    ask(folder, async |client| {
        let accounts = add::accounts(&wish.accounts, client).await?;
        let template = Template {
            name: wish.name,
            fields: wish.fields.into_iter().collect(),
            accounts: accounts.into_values().collect(),
            hold: wish.hold,
            priority: wish.priority.map(Into::into),
        };
        let replace = wish.replace;
        client
            .template_save(TemplateSave { template, replace })
            .await
    })
    .await?;
    Ok(Exit::Done)
}

async fn import(file: &PathBuf, replace: bool, out: &Out, folder: &Folder) -> Outcome {
    let path = add::whole_path(file)?;
    let imported = ask(folder, async |client| {
        let offered = client.files_offer(vec![path]).await?;
        let Some(file) = offered.into_iter().next() else {
            return Err(Failure::new("no_files"));
        };
        let imported = match file.cause {
            Some(cause) => Err(cause.into()),
            None => {
                let file = file.file;
                let import = TemplatesImport { file, replace };
                client.templates_import(import).await
            }
        };
        let _ = client.files_forget(vec![file.file]).await;
        imported
    })
    .await?;
    for label in &imported.missing_accounts {
        out.say("cli.template_account", &[("account", label.clone())]);
    }
    if out.json {
        let names = &imported.names;
        let missing = &imported.missing_accounts;
        out.document(&json!({ "templates": names, "missing_accounts": missing }))?;
    } else {
        for name in &imported.names {
            out.line(&slipway_api::sentence::printable(name))?;
        }
    }
    Ok(Exit::Done)
}
