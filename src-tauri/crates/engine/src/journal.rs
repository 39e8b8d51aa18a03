//! What happened to each upload lately, step by step: more than its timeline tells, for as long as the program runs.
//!
//! Knows nothing of who reads it. Always holds: it takes a bounded place, whatever the uploads do; no line holds a secret or the query of an address.

use crate::{clock::now_ms, happening::What};
use parking_lot::Mutex;
use slipway_model::{Cause, PLATFORM_CODE, Params, UploadId};
use slipway_platforms::http::Exchange;
use std::collections::{HashMap, VecDeque};

/// Lines kept of one upload; a part makes two or three.
const LINES_EACH: usize = 300;
/// Lines kept of all: some 3 MiB.
const LINES_ALL: usize = 6000;

/// A step: a code, and what fills its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Grows from line to line, over all uploads.
    pub number: u64,
    pub at_ms: i64,
    pub event: &'static str,
    pub params: Params,
}

#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    lines: usize,
    uploads: HashMap<UploadId, VecDeque<Line>>,
}

impl Journal {
    pub(crate) fn add(&self, id: UploadId, event: &'static str, params: Params) {
        let mut state = self.0.lock();
        state.last += 1;
        let line = Line {
            number: state.last,
            at_ms: now_ms(),
            event,
            params,
        };
        let lines = state.uploads.entry(id).or_default();
        lines.push_back(line);
        if lines.len() > LINES_EACH {
            lines.pop_front();
        } else {
            state.lines += 1;
        }
        while state.lines > LINES_ALL {
            let quiet = state.uploads.iter();
            let quiet = quiet.min_by_key(|(_, lines)| lines.back().map(|line| line.number));
            let Some(id) = quiet.map(|(id, _)| *id) else {
                break;
            };
            state.lines -= state.uploads.remove(&id).map_or(0, |lines| lines.len());
        }
    }

    /// The lines of an upload behind the one numbered `after`, oldest first.
    pub(crate) fn after(&self, id: UploadId, after: u64) -> Vec<Line> {
        let state = self.0.lock();
        let lines = state.uploads.get(&id).into_iter().flatten();
        lines.filter(|line| line.number > after).cloned().collect()
    }
}

fn params<const N: usize>(pairs: [(&str, String); N]) -> Params {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// What of a happening is worth a line.
pub(crate) fn step(what: &What) -> Option<(&'static str, Params)> {
    Some(match what {
        What::Phase { to, .. } => ("phase", params([("phase", to.as_str().to_owned())])),
        What::Part { number, bytes, .. } => (
            "part",
            params([("number", number.to_string()), ("bytes", bytes.to_string())]),
        ),
        What::Waiting { wait } => ("waiting", params([("reason", wait.reason().to_owned())])),
        What::Retry {
            after_seconds,
            code,
        } => (
            "retry_in",
            params([
                ("code", code.clone()),
                ("after", format!("{after_seconds:.1}")),
            ]),
        ),
        What::Resumed { held_bytes, .. } => {
            ("resumed", params([("held_bytes", held_bytes.to_string())]))
        }
        What::Published { remote_id, .. } => {
            ("published", params([("remote_id", remote_id.clone())]))
        }
        What::Failed { cause } => ("failed", told(cause)),
        What::Queued | What::Progress { .. } | What::Idle { .. } => return None,
    })
}

/// A cause as what fills a step's sentence: its code, and its own params beside it.
pub(crate) fn told(cause: &Cause) -> Params {
    // The platform's own code is not the cause's.
    let own = cause
        .params
        .iter()
        .map(|(name, value)| match name.as_str() {
            "code" => (PLATFORM_CODE.to_owned(), value.clone()),
            _ => (name.clone(), value.clone()),
        });
    own.chain([("code".to_owned(), cause.code.clone())])
        .collect()
}

pub(crate) fn request(exchange: &Exchange) -> (&'static str, Params) {
    let mut filled = params([
        ("method", exchange.method.clone()),
        ("address", exchange.address.clone()),
        ("ms", exchange.took.as_millis().to_string()),
        ("bytes", exchange.body_bytes.unwrap_or(0).to_string()),
    ]);
    match exchange.status {
        Some(status) => {
            filled.insert("status".into(), status.to_string());
            ("request", filled)
        }
        None if exchange.given_up => ("request_dropped", filled),
        None => ("request_lost", filled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(journal: &Journal, id: i64, lines: usize) {
        for _ in 0..lines {
            journal.add(UploadId(id), "part", Params::new());
        }
    }

    #[test]
    fn one_who_follows_gets_each_line_once_and_the_last_of_many() {
        let journal = Journal::default();
        add(&journal, 1, 2);
        add(&journal, 2, 1);
        let first = journal.after(UploadId(1), 0);
        assert_eq!(
            first.iter().map(|line| line.number).collect::<Vec<_>>(),
            [1, 2]
        );
        add(&journal, 1, 1);
        let next = journal.after(UploadId(1), first[1].number);
        assert_eq!(next.iter().map(|line| line.number).collect::<Vec<_>>(), [4]);
        add(&journal, 1, LINES_EACH);
        let all = journal.after(UploadId(1), 0);
        assert_eq!((all.len(), all[0].number), (LINES_EACH, 5), "the oldest go");
    }

    #[test]
    fn however_many_uploads_there_are_the_place_is_bounded_and_the_quietest_go() {
        let journal = Journal::default();
        add(&journal, 0, LINES_EACH);
        for id in 1..100 {
            add(&journal, id, LINES_EACH + 5);
        }
        add(&journal, 7777, 1);
        let kept: usize = (0..100)
            .map(|id| journal.after(UploadId(id), 0).len())
            .sum();
        assert!(kept < LINES_ALL, "{kept}");
        assert_eq!(journal.after(UploadId(0), 0), [], "nothing new for long");
        assert_eq!(journal.after(UploadId(99), 0).len(), LINES_EACH);
        assert_eq!(journal.after(UploadId(7777), 0).len(), 1);
        let state = journal.0.lock();
        let counted: usize = state.uploads.values().map(VecDeque::len).sum();
        assert_eq!(counted, state.lines);
    }
}
