//! What all requests share: the state behind its lock, the clock, the meter, who is who.

use std::sync::OnceLock;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::state::{ANSWERS_KEPT, AnswerSeen, State};
use crate::clock::Clock;
use crate::meter::Meter;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) state: Mutex<State>,
    pub(crate) clock: Clock,
    pub(crate) meter: Meter,
    /// Our own address, known once we listen.
    pub(crate) origin: OnceLock<String>,
    /// Another directory than ours.
    pub(crate) plc: Mutex<Option<String>>,
    /// The video service's DID.
    pub(crate) did: String,
    /// The server's DID.
    pub(crate) server: String,
    /// Videos are counted and thrown away.
    pub(crate) discard: bool,
    /// Counts what happened, for those who wait for something.
    pub(crate) happened: watch::Sender<u64>,
}

impl World {
    pub(crate) fn origin(&self) -> &str {
        self.origin.get().map_or("", String::as_str)
    }

    pub(crate) fn directory(&self) -> String {
        let other = self.plc.lock().clone();
        other.unwrap_or_else(|| self.origin().to_owned())
    }

    pub(crate) fn record(&self, answer: AnswerSeen) {
        let answers = &mut self.state.lock().answers;
        if answers.len() < ANSWERS_KEPT {
            answers.push(answer);
        }
    }

    pub(crate) fn tell(&self) {
        self.happened.send_modify(|n| *n += 1);
    }
}
