//! Requests a minute, by kind of call and environment.
//!
//! Source: limits page, read 2026-06-25. Windows are counted on the virtual clock.

use hyper::header::HeaderValue;

use super::call::{Call, Kind};
use super::state::State;
use crate::answer::Reply;

const WINDOW_MS: i64 = 60_000;

/// What is left of a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    limit: u32,
    remaining: u32,
    next_s: i64,
    /// This call is one too many.
    pub(crate) spent: bool,
}

fn limit(kind: Kind, sandbox: bool) -> u32 {
    match (kind, sandbox) {
        (Kind::Upload, false) => 100,
        (Kind::Write, false) => 200,
        (Kind::Read, false) => 500,
        (Kind::Upload | Kind::Write, true) => 40,
        (Kind::Read, true) => 100,
    }
}

/// Counts a call.
pub(crate) fn count(state: &mut State, call: Call, now_ms: i64) -> Left {
    let limit = limit(call.kind(), state.sandbox);
    let counted = state.switches.rate_limits;
    let (began, used) = state.windows.entry(call.kind()).or_insert((now_ms, 0));
    if now_ms - *began >= WINDOW_MS {
        (*began, *used) = (now_ms, 0);
    }
    let spent = counted && *used >= limit;
    if counted && !spent {
        *used += 1;
    }
    Left {
        limit,
        remaining: limit.saturating_sub(*used),
        next_s: (*began + WINDOW_MS - now_ms).max(0).div_euclid(1000) + 1,
        spent,
    }
}

impl Left {
    /// The headers that every answer carries; there is no `Retry-After`.
    pub(crate) fn dress(self, mut reply: Reply) -> Reply {
        let figures = [
            ("x-ratelimit-limit", i64::from(self.limit)),
            ("x-ratelimit-remaining", i64::from(self.remaining)),
            ("x-ratelimit-retry-after", self.next_s),
        ];
        for (name, figure) in figures {
            reply.headers_mut().insert(name, HeaderValue::from(figure));
        }
        reply
    }
}
