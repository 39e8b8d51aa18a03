//! A list of manuscripts, taken row by row: good rows are added, bad ones are told with their line and column.

use super::add::{Queued, about};
use crate::{
    exit::{Exit, Outcome},
    out::{Out, error_line},
};
use serde_json::{Value, json};
use slipway_api::{
    client::Client,
    sentence::printable,
    wire::{ListImport, ListImported, NewManuscripts, RowFault},
};
use std::path::Path;

pub(super) async fn import(
    shown: &Path,
    list: u32,
    with: NewManuscripts,
    check_only: bool,
    client: &Client,
    out: &Out,
) -> Outcome<Queued> {
    let import = ListImport {
        list,
        with,
        check_only,
    };
    let mut imported = client.manuscripts_import(import).await?;
    let shown = printable(&shown.display().to_string());
    for note in &imported.notes {
        let about = about(&note.cause);
        out.note(&format!(
            "{shown}:{}: {about}: {}",
            note.line,
            out.cause(&note.cause)
        ));
    }
    for fault in &imported.bad {
        let column = fault.column.as_deref().map(printable);
        let column = column.map_or_else(String::new, |column| format!(", {column}"));
        out.note(&format!(
            "{shown}:{}{column}: {}",
            fault.line,
            out.cause(&fault.cause)
        ));
    }
    let exit = sum_up(&imported, check_only, out);
    Ok(Queued {
        uploads: std::mem::take(&mut imported.uploads),
        list: Some(imported),
        exit,
    })
}

fn sum_up(imported: &ListImported, check_only: bool, out: &Out) -> Exit {
    let bad = imported.rows - imported.manuscripts;
    let params = [
        ("rows", imported.rows.to_string()),
        ("bad", bad.to_string()),
        ("manuscripts", imported.manuscripts.to_string()),
    ];
    if bad == 0 {
        if check_only {
            out.say("cli.list_good", &params);
        }
        return Exit::Done;
    }
    let code = if check_only {
        "list_rows_bad"
    } else {
        "list_rows_left_out"
    };
    let said = out.sentence(code, &params);
    out.note(&format!("slipway: {said}"));
    if out.json {
        let params = params.map(|(name, value)| (name.to_owned(), value));
        error_line(code, &said, &params.into());
    }
    Exit::Wrong
}

pub(super) fn json(fault: &RowFault, out: &Out) -> Value {
    json!({
        "line": fault.line, "column": fault.column, "code": fault.cause.code,
        "message": out.cause(&fault.cause), "params": fault.cause.params,
    })
}
