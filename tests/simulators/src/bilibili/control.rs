//! The same controls as the Rust type has, for a program in another process: JSON below `/__sim/`.
//!
//! No production code knows of it, and no fault strikes it.

use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Consent;
use super::about::about;
use super::fault::{Fault, Rule};
use super::review::Review;
use super::server::pairs;
use super::sign::query;
use super::switches::{Profile, Switches};
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
    switches: Option<serde_json::Map<String, Value>>,
    spacing_ms: Option<u64>,
    review: Option<Review>,
    consent: Option<Consent>,
    consent_user: Option<usize>,
}

/// What a test may change about a user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserChange {
    user: usize,
    formal: Option<bool>,
    level: Option<u32>,
    captcha: Option<bool>,
    listed: Option<bool>,
    granted: Option<Vec<String>>,
    #[serde(default)]
    revoke: bool,
}

type Told = Result<Value, String>;

pub(crate) async fn answer(
    world: &World,
    method: &Method,
    path: &str,
    asked: Option<&str>,
    body: &Bytes,
) -> Reply {
    let told = match (method.as_str(), path) {
        ("GET", "inspect") => inspect(world, asked.unwrap_or("")).await,
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
        ("POST", "user") => parse(body).and_then(|change| user(world, change)),
        ("POST", "reset") => {
            world.reset();
            Ok(json!({}))
        }
        ("GET", "credentials") => Ok(world.credentials()),
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

/// `glance=1` leaves the files unmerged; `answers=0` leaves out the list of answers.
async fn inspect(world: &World, asked: &str) -> Told {
    let pairs = pairs(asked.as_bytes());
    if query(&pairs, "glance").is_none() {
        world.merge().await;
    }
    let mut seen = world.glance();
    if query(&pairs, "answers") == Some("0") {
        seen.answers.clear();
    }
    serde_json::to_value(seen).map_err(|error| error.to_string())
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
    let users = state.users.len();
    drop(state);
    if let Some(ms) = setting.spacing_ms {
        *world.spacing.lock() = Duration::from_millis(ms);
    }
    if let Some(review) = setting.review {
        *world.review.lock() = review;
    }
    let mut consent = world.consent.lock();
    if let Some(manner) = setting.consent {
        consent.0 = manner;
    }
    if let Some(user) = setting.consent_user {
        if user >= users {
            return Err(format!("there are {users} users"));
        }
        consent.1 = user;
    }
    Ok(json!(switches))
}

fn user(world: &World, change: UserChange) -> Told {
    let mut state = world.state.lock();
    let users = state.users.len();
    let Some(user) = state.users.get_mut(change.user) else {
        return Err(format!("there are {users} users"));
    };
    user.formal = change.formal.unwrap_or(user.formal);
    user.level = change.level.unwrap_or(user.level);
    user.captcha = change.captcha.unwrap_or(user.captcha);
    user.listed = change.listed.unwrap_or(user.listed);
    if let Some(granted) = change.granted {
        user.granted = granted.into_iter().collect();
    }
    if change.revoke {
        state.revoke(change.user);
    }
    Ok(json!({}))
}
