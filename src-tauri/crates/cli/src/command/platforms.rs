//! What platforms there are, and what each wants to know.

use super::ask;
use crate::{
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    table::Table,
};
use slipway_api::{
    Failure,
    sentence::{printable, size},
    wire::Empty,
};
use slipway_model::{Field, Labels, Spec};

pub(super) async fn show(name: Option<&str>, out: &Out, folder: &Folder) -> Outcome {
    let found = ask(folder, async |client| client.platforms(Empty {}).await).await?;
    let specs = found.platforms;
    let Some(name) = name else {
        if out.json {
            out.document(&specs)?;
            return Ok(Exit::Done);
        }
        let mut table = Table::default();
        for spec in specs {
            table.row([spec.name.clone(), label(&spec.label, out)]);
        }
        return print(&table, out);
    };
    let spec = specs.into_iter().find(|spec| spec.name == name);
    let spec = spec.ok_or_else(|| Failure::new("platform_unknown").with("platform", name))?;
    if out.json {
        out.document(&spec)?;
        return Ok(Exit::Done);
    }
    out.line(&format!("{}: {}", spec.name, label(&spec.label, out)))?;
    for (head, fields) in [
        ("Settings (--set)", &spec.settings),
        ("Secrets (--secret)", &spec.secrets),
        (
            "Fields of a manuscript (--set PLATFORM.field)",
            &spec.fields,
        ),
    ] {
        if !fields.is_empty() {
            out.line(&format!("\n{head}"))?;
            print(&table(fields, out), out)?;
        }
    }
    out.line("\nLimits")?;
    for line in limits(&spec) {
        out.line(&format!("  {line}"))?;
    }
    Ok(Exit::Done)
}

fn print(table: &Table, out: &Out) -> Outcome {
    for line in table.lines() {
        out.line(&line)?;
    }
    Ok(Exit::Done)
}

fn table(fields: &[Field], out: &Out) -> Table {
    let mut table = Table::default();
    for field in fields {
        let mut notes = vec![label(&field.label, out)];
        if field.required {
            notes.push("required".into());
        }
        if let Some(max) = field.max {
            notes.push(format!("at most {} characters", max.count));
        }
        if let Some((low, high)) = field.range {
            notes.push(format!("{low} to {high}"));
        }
        if !field.choices.is_empty() {
            let choices = field.choices.iter();
            let choices: Vec<_> = choices
                .map(|c| format!("{} = {}", c.value, label(&c.label, out)))
                .collect();
            notes.push(choices.join(", "));
        }
        if field.listed {
            notes.push("see accounts choices".into());
        }
        if let Some(default) = &field.default {
            notes.push(format!("default {default}"));
        }
        if let Some(from) = &field.from
            && *from != field.name
        {
            notes.push(format!("from {from}"));
        }
        table.row([format!("  {}", field.name), notes.join("; ")]);
    }
    table
}

fn limits(spec: &Spec) -> Vec<String> {
    let limits = &spec.limits;
    let mut lines = Vec::new();
    if limits.file_max_bytes > 0 {
        lines.push(format!("file: at most {}", size(limits.file_max_bytes)));
    }
    if limits.submit_spacing_s > 0 {
        lines.push(format!("submissions: one in {} s", limits.submit_spacing_s));
    }
    if !limits.extensions.is_empty() {
        lines.push(format!("recommended: {}", limits.extensions.join(", ")));
    }
    if let Some(cover) = &limits.cover {
        lines.push(format!(
            "cover: {}, at most {}",
            cover.formats.join(", "),
            size(cover.max_bytes)
        ));
    }
    lines.push(format!("parts: {} at once", limits.parts_at_once));
    lines
}

fn label(labels: &Labels, out: &Out) -> String {
    let label = labels.get(out.lang.tag()).or_else(|| labels.get("en"));
    printable(label.map_or("", String::as_str))
}
