//! How fast uploads may go.

use super::{account, ask};
use crate::{
    args::line::{Grid, Limit, LimitGrid, TurtleWord},
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
    table::Table,
};
use serde_json::json;
use slipway_api::{
    Failure,
    sentence::{printable, size},
    wire::{
        self, AccountLimit, Empty, Speed, TimetableChange, TurtleChange, UploadSet, UploadsLimit,
    },
};
use slipway_model::{
    UploadId,
    timetable::{Level, Present, Week},
};
use std::collections::BTreeMap;

pub(super) async fn limit(limit: Limit, out: &Out, folder: &Folder) -> Outcome {
    match limit {
        Limit {
            grid: Some(LimitGrid::Grid(grid)),
            ..
        } => timetable(grid, out, folder).await,
        Limit { rate: None, .. } => show(out, folder).await,
        Limit {
            rate: Some(rate),
            account: Some(named),
            ..
        } => of_account(&named, rate.0, out, folder).await,
        Limit {
            rate: Some(rate),
            upload,
            ..
        } if !upload.is_empty() => of_uploads(upload, rate.0, out, folder).await,
        Limit {
            rate: Some(rate), ..
        } => of_all(rate.0, out, folder).await,
    }
}

async fn of_all(rate: Option<u64>, out: &Out, folder: &Folder) -> Outcome {
    let request = wire::Limit {
        bytes_per_second: rate,
    };
    let limit = ask(folder, async |client| client.limit_set(request).await).await?;
    if out.json {
        out.document(&json!({ "bytes_per_second": limit.bytes_per_second }))?;
    } else {
        out.note(&limit_words(limit.bytes_per_second, out));
    }
    Ok(Exit::Done)
}

async fn of_account(named: &str, rate: Option<u64>, out: &Out, folder: &Folder) -> Outcome {
    let label = ask(folder, async |client| {
        let account = account(client, named).await?.account;
        let limit = AccountLimit {
            account: account.id,
            bytes_per_second: rate,
        };
        client.account_limit_set(limit).await?;
        Ok(account.label)
    })
    .await?;
    if out.json {
        out.document(&json!({ "account": label, "bytes_per_second": rate }))?;
    } else {
        out.note(&format!(
            "{}: {}",
            printable(&label),
            limit_words(rate, out)
        ));
    }
    Ok(Exit::Done)
}

async fn of_uploads(ids: Vec<UploadId>, rate: Option<u64>, out: &Out, folder: &Folder) -> Outcome {
    let changed = ask(folder, async |client| {
        for id in &ids {
            if client.queue_index(*id).await?.is_none() {
                return Err(Failure::new("upload_unknown").with("id", id));
            }
        }
        let uploads = UploadSet { ids, all: false };
        let limit = UploadsLimit {
            uploads,
            bytes_per_second: rate,
        };
        client.uploads_limit_set(limit).await
    })
    .await?;
    if out.json {
        out.document(&json!({ "changed": changed.changed, "bytes_per_second": rate }))?;
    } else {
        out.note(&limit_words(rate, out));
    }
    Ok(Exit::Done)
}

/// Every cap, and which one holds for all.
async fn show(out: &Out, folder: &Folder) -> Outcome {
    let (speed, accounts) = ask(folder, async |client| {
        let accounts = client.accounts(Empty {}).await?;
        Ok((client.speed(Empty {}).await?, accounts))
    })
    .await?;
    let limits = accounts.iter().filter_map(|row| {
        let rate = row.limit_bytes_per_second?;
        Some((row.account.label.clone(), rate))
    });
    let limits: BTreeMap<_, _> = limits.collect();
    if out.json {
        out.document(&json!({ "speed": speed, "accounts": limits }))?;
        return Ok(Exit::Done);
    }
    out.line(&limit_words(
        speed.in_force.map(|it| it.bytes_per_second),
        out,
    ))?;
    let mut table = Table::default();
    let mut say = |name: &str, value: String| table.row([format!("  {name}"), value]);
    let off = || "off".to_owned();
    say(
        "by hand",
        speed.limit_bytes_per_second.map_or_else(off, per_second),
    );
    let turtle = speed.turtle.bytes_per_second;
    say(
        "turtle",
        if speed.turtle.on {
            per_second(turtle)
        } else {
            off()
        },
    );
    say(
        "timetable",
        present(&speed.timetable, speed.level_bytes_per_second, turtle, out),
    );
    for (label, rate) in limits {
        say(&format!("account {label}"), per_second(rate));
    }
    for line in table.lines() {
        out.line(&line)?;
    }
    Ok(Exit::Done)
}

async fn timetable(grid: Grid, out: &Out, folder: &Folder) -> Outcome {
    let (table, speed) = ask(folder, async |client| {
        let mut table = client.timetable(Empty {}).await?;
        let mut change = TimetableChange {
            cap_bytes_per_second: grid.cap,
            week: None,
        };
        if let (Some(days), Some(hours), Some(level)) = (grid.days, grid.hours, grid.level) {
            let mut week = Week::new(&table.week).unwrap_or_default();
            for day in days.0 {
                week.paint(day, hours.0, hours.1, level);
            }
            change.week = Some(week.levels().to_vec());
        }
        if change.week.is_some() || change.cap_bytes_per_second.is_some() {
            table = client.timetable_set(change).await?;
        }
        Ok((table, client.speed(Empty {}).await?))
    })
    .await?;
    if out.json {
        out.document(&table)?;
        return Ok(Exit::Done);
    }
    out.line("     0     6     12    18")?;
    for (day, levels) in DAYS.iter().zip(table.week.chunks(24)) {
        let marks: String = levels.iter().map(|level| mark(*level)).collect();
        out.line(&format!("{day}  {marks}"))?;
    }
    let (cap, turtle) = (table.cap_bytes_per_second, speed.turtle.bytes_per_second);
    for level in Level::ALL {
        out.line(&format!(
            "{} {}",
            mark(level),
            words(level, cap, turtle, out)
        ))?;
    }
    if let Some(hours) = &table.hours {
        out.line(&out.sentence("cli.timetable_hours", &[("hours", hours.clone())]))?;
    }
    out.line(&present(&table.now, cap, turtle, out))?;
    Ok(Exit::Done)
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn mark(level: Level) -> char {
    match level {
        Level::Full => '#',
        Level::Cap => '=',
        Level::Turtle => '-',
        Level::Off => '.',
    }
}

fn words(level: Level, cap: u64, turtle: u64, out: &Out) -> String {
    match level {
        Level::Full => out.sentence("level.full", &[]),
        Level::Cap => out.sentence("level.cap", &[("rate", per_second(cap))]),
        Level::Turtle => out.sentence("level.turtle", &[("rate", per_second(turtle))]),
        Level::Off => out.sentence("level.off", &[]),
    }
}

/// What the timetable says of now.
fn present(now: &Present, cap: u64, turtle: u64, out: &Out) -> String {
    let level = ("level", words(now.level, cap, turtle, out));
    match (now.until_ms, now.next) {
        (Some(until_ms), Some(next)) => {
            let next = ("next", words(next, cap, turtle, out));
            let until = ("until_ms", until_ms.to_string());
            out.sentence("cli.timetable_until", &[level, next, until])
        }
        _ => out.sentence("cli.timetable", &[level]),
    }
}

pub(super) async fn turtle(word: Option<TurtleWord>, out: &Out, folder: &Folder) -> Outcome {
    let change = match word {
        None => None,
        Some(TurtleWord::On) => Some((Some(true), None)),
        Some(TurtleWord::Off) => Some((Some(false), None)),
        Some(TurtleWord::Rate(rate)) => Some((None, Some(rate))),
    };
    let speed = ask(folder, async |client| match change {
        None => client.speed(Empty {}).await,
        Some((on, bytes_per_second)) => {
            let change = TurtleChange {
                on,
                bytes_per_second,
            };
            client.turtle_set(change).await
        }
    })
    .await?;
    if out.json {
        out.document(&speed)?;
        return Ok(Exit::Done);
    }
    let Speed {
        turtle, in_force, ..
    } = speed;
    let code = if turtle.on {
        "cli.turtle_on"
    } else {
        "cli.turtle_off"
    };
    let rate = per_second(turtle.bytes_per_second);
    out.line(&out.sentence(code, &[("rate", rate)]))?;
    out.line(&limit_words(in_force.map(|it| it.bytes_per_second), out))?;
    Ok(Exit::Done)
}

fn limit_words(rate: Option<u64>, out: &Out) -> String {
    match rate {
        Some(rate) => out.sentence("cli.limit", &[("rate", per_second(rate))]),
        None => out.sentence("cli.no_limit", &[]),
    }
}

fn per_second(rate: u64) -> String {
    format!("{}/s", size(rate))
}
