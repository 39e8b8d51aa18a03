//! The same controls as the Rust type has, for a program in another process: JSON below `/__sim/`. No fault strikes it.

use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::about::about;
use super::fault::{Fault, Rule};
use super::inspect;
use super::state::World;
use super::switches::{Profile, Switches};
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
    switches: Option<serde_json::Map<String, Value>>,
}

pub(crate) fn answer(world: &World, method: &str, path: &str, body: &[u8]) -> Reply {
    let told = match (method, path) {
        ("GET", "inspect") => {
            let seen = inspect::look(
                &world.state.lock(),
                world.clock.now_ms(),
                world.meter.read(),
            );
            serde_json::to_value(seen).map_err(|error| error.to_string())
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
        ("GET", "credentials") => Ok(world.credentials.clone()),
        ("GET", "about") => Ok(about()),
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
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn clock(world: &World) -> Value {
    json!({ "now_ms": world.clock.now_ms(), "ahead_ms": world.clock.ahead_ms() })
}

fn set(world: &World, setting: Setting) -> Result<Value, String> {
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
    Ok(json!(switches))
}
