//! How fast uploads may go.

use super::ask;
use crate::{
    args::TurtleWord,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
};
use serde_json::json;
use slipway_api::{
    sentence::size,
    wire::{Empty, Limit, Speed, TurtleChange},
};

pub(super) async fn limit(rate: Option<u64>, out: &Out, folder: &Folder) -> Outcome {
    let request = Limit {
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
