//! The controls that every platform has, for a program in another process: JSON below `/__sim/`.
//!
//! Decides how faults are scripted and the clock is moved. Knows nothing of any platform, whose own controls stand beside it. No fault
//! strikes a control.

use std::time::Duration;

use hyper::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::answer::{Reply, json as json_reply};
use crate::clock::Clock;
use crate::fault::{CallSet, Catalogue, Script};

/// What a control came to: its answer, or what is wrong with the request.
pub(crate) type Told = Result<Value, String>;

/// A platform at work, as far as the shared controls go.
pub(crate) trait Controlled {
    type Fault: Clone + Serialize + DeserializeOwned;
    type Call: CallSet + Serialize + DeserializeOwned;

    fn clock(&self) -> &Clock;
    fn scripted<T>(&self, with: impl FnOnce(&mut Script<Self::Fault, Self::Call>) -> T) -> T;
    fn catalogue() -> Catalogue<Self::Fault, Self::Call>;
}

/// Makes a platform's `World` answer to the shared controls.
macro_rules! controlled {
    ($world:ty, $fault:ty, $call:ty) => {
        impl crate::control::Controlled for $world {
            type Fault = $fault;
            type Call = $call;

            fn clock(&self) -> &crate::clock::Clock {
                &self.clock
            }
            fn scripted<T>(
                &self,
                with: impl FnOnce(&mut crate::fault::Script<$fault, $call>) -> T,
            ) -> T {
                with(&mut self.state.lock().script)
            }
            fn catalogue() -> crate::fault::Catalogue<$fault, $call> {
                <$fault>::catalogue()
            }
        }
    };
}
pub(crate) use controlled;

#[derive(Deserialize)]
#[serde(untagged)]
enum Rules<R> {
    One(R),
    Many(Vec<R>),
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

/// Answers a control that every platform has; `None` when it is none of them.
pub(crate) fn shared<W: Controlled>(world: &W, control: (&str, &str), body: &[u8]) -> Option<Told> {
    Some(match control {
        ("GET", "fault/catalogue") => Ok(W::catalogue()
            .into_iter()
            .map(|(name, rule)| json!({ "name": name, "rule": rule }))
            .collect()),
        ("GET", "fault") => Ok(json!(world.scripted(|script| script.seen()))),
        ("POST", "fault") => parse(body).map(|rules| {
            let rules = match rules {
                Rules::One(rule) => vec![rule],
                Rules::Many(rules) => rules,
            };
            world.scripted(|script| rules.into_iter().for_each(|rule| script.add(rule)));
            json!({})
        }),
        ("DELETE", "fault") => {
            world.scripted(Script::clear);
            Ok(json!({}))
        }
        ("GET", "clock") => Ok(shown(world.clock())),
        ("POST", "clock") => parse(body).map(|moves: Moves| {
            let clock = world.clock();
            if let Some(unix_s) = moves.set_s {
                clock.set_s(unix_s);
            }
            clock.advance(
                Duration::from_millis(moves.advance_ms) + Duration::from_secs(moves.advance_s),
            );
            shown(clock)
        }),
        _ => return None,
    })
}

/// What is told in the end; 404 for a control that nobody answered.
pub(crate) fn reply(control: (&str, &str), told: Option<Told>) -> Reply {
    let (status, value) = match told {
        Some(Ok(value)) => (StatusCode::OK, value),
        Some(Err(error)) => (StatusCode::BAD_REQUEST, json!({ "error": error })),
        None => {
            let words = format!("no control {} {}", control.0, control.1);
            (StatusCode::NOT_FOUND, json!({ "error": words }))
        }
    };
    json_reply(status, &value)
}

pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// `all` with some of its fields changed.
pub(crate) fn overlaid<T: Serialize + DeserializeOwned>(
    all: &T,
    some: Map<String, Value>,
) -> Result<T, String> {
    let mut value = json!(all);
    if let Value::Object(fields) = &mut value {
        fields.extend(some);
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn shown(clock: &Clock) -> Value {
    json!({ "now_ms": clock.now_ms(), "now_s": clock.now_s(), "ahead_ms": clock.ahead_ms() })
}
