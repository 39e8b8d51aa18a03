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
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

pub(super) async fn obey(command: Settings, out: &Out, folder: &Folder) -> Outcome {
    match command {
        Settings::Folder => where_it_lies(out, folder).await,
        Settings::Export { file, force } => export(&file, force, out, folder).await,
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

async fn export(file: &Path, force: bool, out: &Out, folder: &Folder) -> Outcome {
    let text = ask(folder, async |client| {
        client.settings_export(Empty {}).await
    })
    .await?;
    write(file, &text, force)?;
    out.say(
        "cli.settings_written",
        &[("file", file.display().to_string())],
    );
    Ok(Exit::Done)
}

/// Over what is there only where `force` says so.
fn write(file: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let code = match error.kind() {
            io::ErrorKind::AlreadyExists => "output_not_replaced",
            _ => "output_failed",
        };
        Failure::new(code)
            .with("file", file.display())
            .with("detail", error)
    };
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut target = options.open(file).map_err(failed)?;
    target.write_all(text.as_bytes()).map_err(|error| {
        if !force {
            let _ = fs::remove_file(file); // ours, made above
        }
        failed(error)
    })
}

async fn import(file: &Path, dry_run: bool, out: &Out, folder: &Folder) -> Outcome {
    let path = add::whole_path(file)?;
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
