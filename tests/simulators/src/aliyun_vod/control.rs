//! The same controls as the Rust type has, for a program in another process: JSON below `/__sim/`.

use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Pace;
use super::fault::{Fault, Rule};
use super::switches::Switches;
use super::world::World;
use crate::answer::{Reply, json as json_reply};

#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    One(Rule),
    Many(Vec<Rule>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moves {
    #[serde(default)]
    advance_s: u64,
    set_s: Option<i64>,
}

pub(crate) fn answer(
    world: &World,
    method: &Method,
    path: &str,
    asked: Option<&str>,
    body: &Bytes,
) -> Reply {
    let told = match (method.as_str(), path) {
        ("GET", "inspect") => {
            serde_json::to_value(world.look(asked != Some("glance=1"))).map_err(|e| e.to_string())
        }
        ("GET", "fault/catalogue") => Ok(Fault::catalogue()
            .into_iter()
            .map(|(name, rule)| json!({ "name": name, "rule": rule }))
            .collect()),
        ("POST", "fault") => parse(body).map(|rules| {
            let mut state = world.state.lock();
            match rules {
                Rules::One(rule) => state.script.add(rule),
                Rules::Many(rules) => rules.into_iter().for_each(|rule| state.script.add(rule)),
            }
            json!({})
        }),
        ("DELETE", "fault") => {
            world.state.lock().script.clear();
            Ok(json!({}))
        }
        ("GET", "clock") => Ok(json!({ "now_ms": world.clock.now_ms() })),
        ("POST", "clock") => parse(body).map(|moves: Moves| {
            if let Some(unix_s) = moves.set_s {
                world.clock.set_s(unix_s);
            }
            world.clock.advance(Duration::from_secs(moves.advance_s));
            json!({ "now_ms": world.clock.now_ms() })
        }),
        ("GET", "switches") => Ok(json!(world.state.lock().switches)),
        ("POST", "switches") => parse(body).map(|switches: Switches| {
            world.state.lock().switches = switches;
            json!({})
        }),
        ("POST", "pace") => parse(body).map(|pace: Pace| {
            *world.pace.lock() = pace;
            json!({})
        }),
        ("GET", "credentials") => Ok(world.told()),
        _ => {
            return json_reply(
                StatusCode::NOT_FOUND,
                &json!({ "error": format!("no control {method} {path}") }),
            );
        }
    };
    match told {
        Ok(value) => json_reply(StatusCode::OK, &value),
        Err(error) => json_reply(StatusCode::BAD_REQUEST, &json!({ "error": error })),
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    let told: Result<T, Value> =
        serde_json::from_slice(body).map_err(|error| json!(error.to_string()));
    told.map_err(|error| error.to_string())
}
