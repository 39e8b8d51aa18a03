//! The controls of this platform alone, beside those that all have.

use serde::Deserialize;
use serde_json::{Value, json};

use super::about::about;
use super::call::Call;
use super::fault::Fault;
use super::inspect;
use super::state::World;
use super::switches::{Profile, Switches};
use crate::answer::Reply;
use crate::control::{self, Told, controlled, overlaid, parse};

controlled!(World, Fault, Call);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    profile: Option<Profile>,
    /// Some of the switches, over those of the profile.
    switches: Option<serde_json::Map<String, Value>>,
}

pub(crate) fn answer(world: &World, method: &str, path: &str, body: &[u8]) -> Reply {
    let control = (method, path);
    let told = match control {
        ("GET", "inspect") => {
            let (now_ms, received) = (world.clock.now_ms(), world.meter.read());
            Ok(json!(inspect::look(&world.state.lock(), now_ms, received)))
        }
        ("GET", "profile") => Ok(json!(world.state.lock().switches)),
        ("POST", "profile") => parse(body).and_then(|setting| set(world, setting)),
        ("POST", "reset") => {
            world.reset();
            Ok(json!({}))
        }
        ("GET", "credentials") => Ok(world.credentials.clone()),
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
    Ok(json!(switches))
}
