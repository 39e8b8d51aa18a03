//! The controls of this platform alone, beside those that all have.

use bytes::Bytes;
use hyper::Method;
use serde_json::json;

use super::Pace;
use super::call::Call;
use super::fault::Fault;
use super::switches::Switches;
use super::world::World;
use crate::answer::Reply;
use crate::control::{self, controlled, parse};

controlled!(World, Fault, Call);

pub(crate) fn answer(
    world: &World,
    method: &Method,
    path: &str,
    asked: Option<&str>,
    body: &Bytes,
) -> Reply {
    let control = (method.as_str(), path);
    let told = match control {
        ("GET", "inspect") => Ok(json!(world.look(asked != Some("glance=1")))),
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
        _ => return control::reply(control, control::shared(world, control, body)),
    };
    control::reply(control, Some(told))
}
