//! The controls of this platform alone, beside those that all have.

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::about::about;
use super::call::Call;
use super::fault::Fault;
use super::server::Pairs;
use super::switches::{Profile, Switches};
use super::videos::Encoding;
use super::world::World;
use crate::answer::Reply;
use crate::control::{self, Told, controlled, overlaid, parse};

controlled!(World, Fault, Call);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    profile: Option<Profile>,
    /// Some of the switches, over those of the profile.
    switches: Option<Map<String, Value>>,
    encoding: Option<Encoding>,
}

pub(crate) async fn answer(
    world: &World,
    method: &Method,
    path: &str,
    asked: &Pairs,
    body: &Bytes,
) -> Reply {
    let control = (method.as_str(), path);
    let told = match control {
        ("GET", "inspect") => {
            let mut seen = match asked.get("glance") {
                Some(_) => world.glance(),
                None => world.inspect().await,
            };
            if asked.get("answers") == Some("0") {
                seen.answers.clear();
            }
            Ok(json!(seen))
        }
        ("GET", "profile") => Ok(json!(world.state.lock().switches)),
        ("POST", "profile") => parse(body).and_then(|setting| set(world, setting)),
        ("POST", "reset") => {
            world.reset();
            Ok(json!({}))
        }
        ("GET", "about") => Ok(about()),
        _ => return control::reply(control, control::shared(world, control, body)),
    };
    control::reply(control, Some(told))
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
    drop(state);
    if let Some(encoding) = setting.encoding {
        *world.encoding.lock() = encoding;
    }
    Ok(json!(switches))
}
