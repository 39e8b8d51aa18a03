//! When uploads start, and the hours of the day in which bytes move.

use super::{account, ask, queue};
use crate::{
    args::Which,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
};
use slipway_api::wire::{Empty, Hours, HoursChange};
use std::collections::BTreeMap;

pub(super) async fn start(which: Which, at: Option<i64>, out: &Out, folder: &Folder) -> Outcome {
    queue::steer(queue::Wish::Start { at_ms: at }, which, out, folder).await
}

pub(super) async fn hours(
    wanted: Option<&str>,
    of: Option<&str>,
    out: &Out,
    folder: &Folder,
) -> Outcome {
    let (hours, labels) = ask(folder, async |client| {
        let account = match of {
            Some(named) => Some(account(client, named).await?.account.id),
            None => None,
        };
        let hours = match wanted {
            Some(text) => {
                let hours = Some(text.to_owned());
                client.hours_set(HoursChange { account, hours }).await?
            }
            None => client.hours(Empty {}).await?,
        };
        let rows = client.accounts(Empty {}).await?.into_iter();
        let labels: BTreeMap<_, _> = rows
            .map(|row| (row.account.id, row.account.label))
            .collect();
        Ok((hours, labels))
    })
    .await?;
    if out.json {
        out.document(&hours)?;
        return Ok(Exit::Done);
    }
    let Hours {
        hours: most,
        painted,
        accounts,
        zone,
        offset,
    } = hours;
    let zone = format!("{zone} UTC{offset}").trim_start().to_owned();
    match most {
        Some(hours) => out.say("cli.hours", &[("hours", hours), ("zone", zone.clone())]),
        None if painted => out.say("cli.hours_painted", &[]),
        None => out.say("cli.no_hours", &[]),
    }
    for (id, hours) in accounts {
        let account = labels.get(&id).cloned().unwrap_or_else(|| id.to_string());
        let params = [
            ("account", account),
            ("hours", hours),
            ("zone", zone.clone()),
        ];
        out.say("cli.hours_of", &params);
    }
    Ok(Exit::Done)
}
