//! How uploads share the line, and what the machine does when they are sent.

use super::ask;
use crate::{
    args::line::LineWish,
    event::rfc3339,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
};
use serde_json::json;
use slipway_api::wire::{Empty, PowerChange};
use slipway_model::{finish::Finish, line::LineOrder};

pub(super) async fn line(wish: LineWish, out: &Out, folder: &Folder) -> Outcome {
    let line = ask(folder, async |client| {
        let before = client.line(Empty {}).await?;
        let mut line = before.clone();
        line.order = wish.order.unwrap_or(line.order);
        line.uploads_at_once = wish.uploads.unwrap_or(line.uploads_at_once);
        if let Some(parts) = wish.parts {
            line.parts_at_once = parts.0;
        }
        line.headroom = wish.headroom.unwrap_or(line.headroom);
        for (name, count) in wish.platform {
            match count.0 {
                Some(count) => drop(line.platforms.insert(name, count)),
                None => drop(line.platforms.remove(&name)),
            }
        }
        if line == before {
            return Ok(line);
        }
        client.line_set(line).await
    })
    .await?;
    if out.json {
        out.document(&line)?;
        return Ok(Exit::Done);
    }
    let order = match line.order {
        LineOrder::FinishFirst => "line.finish_first",
        LineOrder::Share => "line.share",
    };
    let automatic = || out.sentence("line.automatic", &[]);
    let parts = line.parts_at_once;
    let values = [
        ("order", out.sentence(order, &[])),
        ("uploads", line.uploads_at_once.to_string()),
        ("parts", parts.map_or_else(automatic, |n| n.to_string())),
    ];
    out.line(&out.sentence("cli.line", &values))?;
    if line.headroom {
        out.line(&out.sentence("cli.line_headroom", &[]))?;
    }
    for (name, count) in line.platforms {
        let name = slipway_api::sentence::platform(out.lang, &name);
        out.line(&format!("{name}: {count}"))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn when_done(
    then: Option<Finish>,
    even_if_failed: bool,
    out: &Out,
    folder: &Folder,
) -> Outcome {
    let power = ask(folder, async |client| match then {
        None => client.power(Empty {}).await,
        Some(Finish::Nothing) => client.power_cancel(Empty {}).await,
        Some(then) => {
            let change = PowerChange {
                then: Some(then),
                even_if_failed: Some(even_if_failed),
                keep_awake: None,
            };
            client.power_set(change).await
        }
    })
    .await?;
    if out.json {
        out.document(&json!({
            "then": power.then, "even_if_failed": power.even_if_failed, "offered": power.offered,
            "at": power.countdown.map(|countdown| rfc3339(countdown.at_ms)),
            "keep_awake": power.keep_awake, "is_awake": power.is_awake,
        }))?;
        return Ok(Exit::Done);
    }
    let code = match power.then {
        Finish::Nothing => "cli.when_done.nothing",
        Finish::Sleep => "cli.when_done.sleep",
        Finish::Hibernate => "cli.when_done.hibernate",
        Finish::ShutDown => "cli.when_done.shut_down",
    };
    out.line(&out.sentence(code, &[]))?;
    if power.then != Finish::Nothing && power.even_if_failed {
        out.line(&out.sentence("cli.when_done_even", &[]))?;
    }
    if let Some(countdown) = power.countdown {
        let at = [("until_ms", countdown.at_ms.to_string())];
        out.line(&out.sentence("cli.when_done_at", &at))?;
    }
    Ok(Exit::Done)
}
