//! The same controls as the Rust type has, for a program in another process: JSON below `/__sim/`.
//!
//! No production code knows of it, and no fault strikes it.

use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::{Fault, Rule};
use super::state::{Person, Switches};
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Directory {
    /// Ours, without one.
    url: Option<url::Url>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonChange {
    did: String,
    person: Person,
}

type Told = Result<Value, String>;

pub(crate) fn answer(world: &World, method: &Method, path: &str, body: &Bytes) -> Reply {
    let told = match (method.as_str(), path) {
        ("GET", "inspect") => Ok(json!(world.state.lock().inspect(world.meter.total()))),
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
        ("POST", "clock") => parse(body).map(|moves: Moves| {
            if let Some(unix_s) = moves.set_s {
                world.clock.set_s(unix_s);
            }
            world.clock.advance(Duration::from_secs(moves.advance_s));
            json!({ "now_s": world.clock.now_s() })
        }),
        ("GET", "switches") => Ok(json!(world.state.lock().switches)),
        ("POST", "switches") => parse(body).and_then(|given: Value| switches(world, given)),
        ("POST", "directory") => parse(body).map(|directory: Directory| {
            let url = directory
                .url
                .map(|url| url.as_str().trim_end_matches('/').to_owned());
            *world.plc.lock() = url;
            json!({})
        }),
        ("POST", "person") => parse(body).map(|change: PersonChange| {
            *world.state.lock().person(&change.did) = change.person;
            json!({})
        }),
        _ => {
            let words = format!("no control {method} {path}");
            return json_reply(StatusCode::NOT_FOUND, &json!({ "error": words }));
        }
    };
    match told {
        Ok(value) => json_reply(StatusCode::OK, &value),
        Err(error) => json_reply(StatusCode::BAD_REQUEST, &json!({ "error": error })),
    }
}

/// Some of the switches, over those that are set.
fn switches(world: &World, given: Value) -> Told {
    let mut state = world.state.lock();
    let mut all = json!(state.switches);
    for (name, value) in given.as_object().ok_or("an object is needed")? {
        all[name] = value.clone();
    }
    let read: Switches = serde_json::from_value(all).map_err(|e| e.to_string())?;
    state.switches = read;
    Ok(json!(state.switches))
}

fn parse<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|e| e.to_string())
}
