//! The same controls as the Rust type has, for a program in another process: JSON below `/__sim/`.
//!
//! No production code knows of it, and no fault strikes it.

use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::about::about;
use super::fault::{Fault, Rule};
use super::server::Pairs;
use super::switches::{Profile, Switches};
use super::videos::Encoding;
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
    advance_ms: u64,
    #[serde(default)]
    advance_s: u64,
    set_s: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    profile: Option<Profile>,
    /// Some of the switches, over those of the profile.
    switches: Option<Map<String, Value>>,
    encoding: Option<Encoding>,
}

type Told = Result<Value, String>;

pub(crate) async fn answer(
    world: &World,
    method: &Method,
    path: &str,
    asked: &Pairs,
    body: &Bytes,
) -> Reply {
    let told = match (method.as_str(), path) {
        ("GET", "inspect") => {
            let mut seen = match asked.get("glance") {
                Some(_) => world.glance(),
                None => world.inspect().await,
            };
            if asked.get("answers") == Some("0") {
                seen.answers.clear();
            }
            serde_json::to_value(seen).map_err(|error| error.to_string())
        }
        ("GET", "fault/catalogue") => Ok(Fault::catalogue()
            .into_iter()
            .map(|(name, rule)| json!({ "name": name, "rule": rule }))
            .collect()),
        ("GET", "fault") => Ok(json!(world.glance().faults)),
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
        ("GET", "clock") => Ok(clock(world)),
        ("POST", "clock") => parse(body).map(|moves: Moves| {
            if let Some(unix_s) = moves.set_s {
                world.clock.set_s(unix_s);
            }
            world.clock.advance(
                Duration::from_millis(moves.advance_ms) + Duration::from_secs(moves.advance_s),
            );
            clock(world)
        }),
        ("GET", "profile") => Ok(json!(world.state.lock().switches)),
        ("POST", "profile") => parse(body).and_then(|setting| set(world, setting)),
        ("POST", "reset") => {
            world.reset();
            Ok(json!({}))
        }
        ("GET", "about") => Ok(about()),
        _ => {
            let error = format!("no control {method} {path}");
            return json_reply(StatusCode::NOT_FOUND, &json!({ "error": error }));
        }
    };
    match told {
        Ok(value) => json_reply(StatusCode::OK, &value),
        Err(error) => json_reply(StatusCode::BAD_REQUEST, &json!({ "error": error })),
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn clock(world: &World) -> Value {
    json!({ "now_ms": world.clock.now_ms(), "ahead_ms": world.clock.ahead_ms() })
}

fn set(world: &World, setting: Setting) -> Told {
    let mut state = world.state.lock();
    let mut switches = match setting.profile {
        Some(profile) => Switches::of(profile),
        None => state.switches.clone(),
    };
    if let Some(some) = setting.switches {
        let mut all = serde_json::to_value(&switches).map_err(|error| error.to_string())?;
        if let Value::Object(fields) = &mut all {
            fields.extend(some);
        }
        switches = serde_json::from_value(all).map_err(|error| error.to_string())?;
    }
    state.switches = switches.clone();
    drop(state);
    if let Some(encoding) = setting.encoding {
        *world.encoding.lock() = encoding;
    }
    Ok(json!(switches))
}
