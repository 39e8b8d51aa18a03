//! Settings as one file, and where everything lies.

use super::{add, ask};
use crate::{
    args::Settings,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
};
use serde_json::json;
use slipway_api::{
    Failure,
    wire::{Empty, SettingsImport},
};
use std::{fs, path::Path};

pub(super) async fn obey(command: Settings, out: &Out, folder: &Folder) -> Outcome {
    match command {
        Settings::Folder => where_it_lies(out, folder).await,
        Settings::Export { file } => export(&file, out, folder).await,
        Settings::Import { file, dry_run } => import(&file, dry_run, out, folder).await,
    }
}

async fn where_it_lies(out: &Out, folder: &Folder) -> Outcome {
    let path = ask(folder, async |client| client.data_folder(Empty {}).await).await?;
    if out.json {
        out.document(&json!({ "folder": path }))?;
    } else {
        out.line(&path)?;
    }
    Ok(Exit::Done)
}

async fn export(file: &Path, out: &Out, folder: &Folder) -> Outcome {
    let text = ask(folder, async |client| {
        client.settings_export(Empty {}).await
    })
    .await?;
    fs::write(file, text).map_err(|error| {
        let failed = Failure::new("output_failed").with("file", file.display());
        failed.with("detail", error)
    })?;
    out.say(
        "cli.settings_written",
        &[("file", file.display().to_string())],
    );
    Ok(Exit::Done)
}

async fn import(file: &Path, dry_run: bool, out: &Out, folder: &Folder) -> Outcome {
    let path = add::whole_path(&file.to_owned());
    let told = ask(folder, async |client| {
        let offered = client.files_offer(vec![path]).await?;
        let Some(file) = offered.into_iter().next() else {
            return Err(Failure::new("no_files"));
        };
        let imported = match file.cause {
            Some(cause) => Err(cause.into()),
            None => {
                let import = SettingsImport {
                    file: file.file,
                    apply: !dry_run,
                };
                client.settings_import(import).await
            }
        };
        let _ = client.files_forget(vec![file.file]).await;
        imported
    })
    .await?;
    if out.json {
        out.document(&told)?;
        return Ok(Exit::Done);
    }
    for cause in told.changes.iter().chain(&told.left_out) {
        out.line(&out.cause(cause))?;
    }
    if told.changes.is_empty() {
        out.say("import_nothing", &[]);
    } else if !told.applied {
        out.say("cli.settings_dry_run", &[]);
    }
    Ok(Exit::Done)
}
