//! The controls of this platform alone, beside those that all have.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Consent;
use super::about::about;
use super::call::Call;
use super::fault::Fault;
use super::review::Review;
use super::server::pairs;
use super::sign::query;
use super::switches::{Profile, Switches};
use super::world::World;
use crate::answer::Reply;
use crate::control::{self, Told, controlled, overlaid, parse};

controlled!(World, Fault, Call);

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

pub(crate) async fn answer(
    world: &World,
    method: &Method,
    path: &str,
    asked: Option<&str>,
    body: &Bytes,
) -> Reply {
    let control = (method.as_str(), path);
    let told = match control {
        ("GET", "inspect") => inspect(world, asked.unwrap_or("")).await,
        ("GET", "profile") => Ok(json!(world.state.lock().switches)),
        ("POST", "profile") => parse(body).and_then(|setting| set(world, setting)),
        ("POST", "user") => parse(body).and_then(|change| user(world, change)),
        ("POST", "reset") => {
            world.reset();
            Ok(json!({}))
        }
        ("GET", "credentials") => Ok(world.credentials()),
        ("GET", "about") => Ok(about()),
        _ => return control::reply(control, control::shared(world, control, body)),
    };
    control::reply(control, Some(told))
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

fn set(world: &World, setting: Setting) -> Told {
    let mut state = world.state.lock();
    let mut switches = match setting.profile {
        Some(profile) => Switches::of(profile),
        None => state.switches.clone(),
    };
    if let Some(some) = setting.switches {
        switches = overlaid(&switches, some)?;
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
