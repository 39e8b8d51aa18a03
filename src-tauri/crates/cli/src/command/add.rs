//! From files on the command line to uploads in the queue: all of them, or none. A list is taken row by row.

use super::{account, import};
use crate::{
    args::Add,
    exit::{Exit, Outcome, Stop},
    folder::{Folder, Purpose},
    out::{Out, error_object},
};
use serde_json::json;
use slipway_api::{
    Failure, check_names,
    client::Client,
    sentence::printable,
    wire::{
        CoverFrame, Empty, ListImported, NewCaptions, NewManuscripts, OfferedFile, OwnManuscript,
        Secret,
    },
};
use slipway_model::{AccountId, Cause, Fields, UploadId, preflight::Severity};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub(super) async fn add(add: &Add, out: &Out, folder: &Folder) -> Outcome {
    let reached = folder.reach(Purpose::Ask).await?;
    super::tell_recovery(&reached, out).await;
    let added = queue(add, &reached.client, out).await;
    reached.close().await;
    let queued = added?;
    if out.json {
        let mut result = json!({ "uploads": queued.uploads });
        if let Some(list) = queued.list {
            result["rows"] = list.rows.into();
            result["manuscripts"] = list.manuscripts.into();
            result["bad"] = list
                .bad
                .iter()
                .map(|fault| import::json(fault, out))
                .collect();
        }
        out.document(&result)?;
    } else {
        for id in queued.uploads {
            out.line(&id.to_string())?;
        }
    }
    Ok(queued.exit)
}

/// What is in the queue now.
pub(super) struct Queued {
    pub(super) uploads: Vec<UploadId>,
    /// What came of a list.
    pub(super) list: Option<ListImported>,
    /// Not all that was asked for may be there.
    pub(super) exit: Exit,
}

/// Checks everything, says all that is wrong, and adds when nothing red is left; from a list what is good.
pub(super) async fn queue(add: &Add, client: &Client, out: &Out) -> Outcome<Queued> {
    let accounts = accounts(&add.accounts, client).await?;
    let fields = fields(&add.fields, client).await?;
    let here = add.files.iter().filter(|file| address(file).is_none());
    let files: Vec<_> = add.from.iter().chain(here).collect();
    let captions: Vec<_> = add
        .captions
        .iter()
        .map(|(_, file)| PathBuf::from(file))
        .collect();
    let paths = files.iter().copied().chain(&add.cover).chain(&captions);
    let mut offered = client
        .files_offer(paths.map(whole_path).collect::<Result<_, _>>()?)
        .await?;
    let beside = offered.split_off(files.len());
    let addresses: Vec<_> = add.files.iter().filter_map(|file| address(file)).collect();
    if !addresses.is_empty() {
        match client.addresses_offer(addresses).await {
            Ok(online) => offered = in_order(&add.files, offered, online),
            Err(failure) => {
                let kept = offered.iter().chain(&beside).map(|o| o.file).collect();
                let _ = client.files_forget(kept).await;
                return Err(failure.into());
            }
        }
    }
    let mut kept: Vec<u32> = offered.iter().chain(&beside).map(|o| o.file).collect();
    let offers = (&*offered, &*beside, &mut kept);
    let added = check_and_add(add, client, out, offers, accounts, fields).await;
    // Files that did not become uploads are not left lying in a running engine.
    let _ = client.files_forget(kept).await;
    added
}

async fn check_and_add(
    add: &Add,
    client: &Client,
    out: &Out,
    (offered, beside, kept): (&[OfferedFile], &[OfferedFile], &mut Vec<u32>),
    accounts: BTreeMap<AccountId, String>,
    fields: Fields,
) -> Outcome<Queued> {
    let unusable: Vec<_> = offered
        .iter()
        .chain(beside)
        .filter_map(|o| o.cause.clone())
        .collect();
    if !unusable.is_empty() {
        return Err(refuse(&unusable, out));
    }
    // The cover comes before the captions, when there is one.
    let (cover, captions) = beside.split_at(usize::from(add.cover.is_some()));
    let mut frames = BTreeMap::new();
    if let Some(at_ms) = add.cover_at {
        for OfferedFile { file, .. } in offered {
            let asked = CoverFrame { file: *file, at_ms };
            let frame = client.cover_frame_keep(asked).await?.file;
            kept.push(frame);
            let own = OwnManuscript {
                cover: Some(frame),
                ..OwnManuscript::default()
            };
            frames.insert(*file, own);
        }
    }
    let languages = add.captions.iter().map(|(language, _)| language.clone());
    let new = NewManuscripts {
        captions: languages
            .zip(captions)
            .map(|(language, captions)| NewCaptions {
                language,
                file: captions.file,
            })
            .collect(),
        files: offered.iter().map(|o| o.file).collect(),
        accounts: accounts.keys().copied().collect(),
        fields,
        cover: cover.first().map(|o| o.file),
        own: frames,
        hold: add.hold,
        priority: add.priority.map(Into::into),
        again: add.again,
        template: add.template.clone(),
        variables: add.variables,
        start_at_ms: add.start_at,
        together: add.together,
        ..NewManuscripts::default()
    };
    if let (Some(list), [file]) = (&add.from, new.files.as_slice()) {
        let file = *file;
        let with = NewManuscripts {
            files: Vec::new(),
            ..new
        };
        return import::import(list, file, with, add.check, client, out).await;
    }
    let labels: BTreeMap<_, _> = client
        .accounts(Empty {})
        .await?
        .into_iter()
        .map(|row| (row.account.id, row.account.label))
        .collect();
    let mut red = Vec::new();
    for checked in client.manuscripts_check(new.clone()).await? {
        let file = offered.iter().find(|o| o.file == checked.file);
        for finding in checked.findings {
            let mut cause = finding.cause;
            let label = labels.get(&checked.account).cloned().unwrap_or_default();
            cause.params.entry("account".into()).or_insert(label);
            if let Some(file) = file {
                cause
                    .params
                    .entry("file".into())
                    .or_insert(file.name.clone());
            }
            // Asked for below, where it is refused unless it is wished.
            let before = matches!(cause.code.as_str(), "already_sent" | "already_sending");
            if finding.severity == Severity::Red || (before && !add.again) {
                red.push(cause);
            } else if !before && finding.severity == Severity::Amber {
                out.note(&format!("{}: {}", about(&cause), out.cause(&cause)));
            }
        }
    }
    if !red.is_empty() {
        return Err(refuse(&red, out));
    }
    Ok(Queued {
        uploads: client.manuscripts_add(new).await?.uploads,
        list: None,
        exit: Exit::Done,
    })
}

/// File and account of a finding.
pub(super) fn about(cause: &Cause) -> String {
    let part = |name: &str| cause.params.get(name).map(|v| printable(v));
    let parts: Vec<_> = [part("file"), part("account")]
        .into_iter()
        .flatten()
        .collect();
    parts.join(" → ")
}

/// Says each finding; with `--json` all of them in one object.
fn refuse(causes: &[Cause], out: &Out) -> Stop {
    if let [cause] = causes {
        return Stop::Failed(cause.clone().into());
    }
    for cause in causes {
        out.note(&format!("{}: {}", about(cause), out.cause(cause)));
    }
    let count = causes.len().to_string();
    let said = out.sentence("preflight_refused", &[("count", count.clone())]);
    out.note(&format!("slipway: {said}"));
    if out.json {
        let findings: Vec<_> = causes
            .iter()
            .map(|cause| json!({ "code": cause.code, "message": out.cause(cause), "params": cause.params }))
            .collect();
        error_object(&json!({
            "code": "preflight_refused", "message": said, "params": { "count": count }, "findings": findings,
        }));
    }
    Stop::Said(Exit::Wrong)
}

/// An argument that is an address; nothing but http and https is one.
fn address(file: &Path) -> Option<Secret> {
    let text = file.to_str()?;
    let (scheme, _) = text.split_once("://")?;
    let known = ["http", "https"]
        .iter()
        .any(|s| s.eq_ignore_ascii_case(scheme));
    known.then(|| Secret(text.to_owned()))
}

/// What was offered of files and of addresses, as it stood on the command line.
fn in_order(
    given: &[PathBuf],
    files: Vec<OfferedFile>,
    online: Vec<OfferedFile>,
) -> Vec<OfferedFile> {
    let (mut files, mut online) = (files.into_iter(), online.into_iter());
    let next = |file: &PathBuf| match address(file) {
        Some(_) => online.next(),
        None => files.next(),
    };
    given.iter().filter_map(next).collect()
}

/// From where the user stands.
///
/// # Errors
/// `here_gone`.
pub(super) fn whole_path(path: impl AsRef<Path>) -> Result<PathBuf, Failure> {
    let path = path.as_ref();
    std::path::absolute(path).map_err(|error| {
        let failure = Failure::new("here_gone").with("path", path.display());
        failure.with("detail", error)
    })
}

/// Labels, one or several in each argument. A label that is there as a whole is not taken apart.
pub(super) async fn accounts(
    named: &[String],
    client: &Client,
) -> Result<BTreeMap<AccountId, String>, Failure> {
    let mut found = BTreeMap::new();
    for text in named {
        if let Ok(row) = account(client, text).await {
            found.insert(row.account.id, row.account.label);
            continue;
        }
        for label in text
            .split(',')
            .map(str::trim)
            .filter(|label| !label.is_empty())
        {
            let row = account(client, label).await?;
            found.insert(row.account.id, row.account.label);
        }
    }
    Ok(found)
}

/// Names are checked here, where a slip of the pen would otherwise be kept and never sent.
pub(super) async fn fields(given: &[(String, String)], client: &Client) -> Result<Fields, Failure> {
    let platforms = client.platforms(Empty {}).await?.platforms;
    let fields: Fields = given.iter().cloned().collect();
    check_names(given.iter().map(|(name, _)| name), &platforms)?;
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_addresses_stay_in_the_order_they_were_written() {
        let given: Vec<PathBuf> = ["a.mp4", "HTTPS://x/b.mp4", "c://d.mp4", "http://y/e.mp4"]
            .map(PathBuf::from)
            .into();
        let offered = |numbers: &[u32]| -> Vec<OfferedFile> {
            let one = |file: &u32| OfferedFile {
                file: *file,
                ..OfferedFile::default()
            };
            numbers.iter().map(one).collect()
        };
        let all = in_order(&given, offered(&[1, 2]), offered(&[3, 4]));
        let files: Vec<u32> = all.iter().map(|one| one.file).collect();
        assert_eq!(files, [1, 3, 2, 4]);
    }
}
