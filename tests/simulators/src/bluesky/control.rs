//! The controls of this platform alone, beside those that all have.

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::fault::Fault;
use super::state::Person;
use super::world::World;
use crate::answer::Reply;
use crate::control::{self, controlled, overlaid, parse};

controlled!(World, Fault, Call);

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

pub(crate) fn answer(world: &World, method: &Method, path: &str, body: &Bytes) -> Reply {
    let control = (method.as_str(), path);
    let told = match control {
        ("GET", "inspect") => Ok(json!(world.state.lock().inspect(world.meter.total()))),
        ("GET", "switches") => Ok(json!(world.state.lock().switches)),
        ("POST", "switches") => parse(body).and_then(|some| {
            let mut state = world.state.lock();
            state.switches = overlaid(&state.switches, some)?;
            Ok(json!(state.switches))
        }),
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
        _ => return control::reply(control, control::shared(world, control, body)),
    };
    control::reply(control, Some(told))
}
