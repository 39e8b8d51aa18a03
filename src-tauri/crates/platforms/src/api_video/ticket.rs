//! The ticket: the container, the token that fills it, and how far the commit has come. Kept by the engine before each step's effect.
//!
//! Pure. Invariant: a container is filled once, so a ticket can become one video and no second one.

use super::{NAME, upload_tokens::Delegated};
use crate::{Result, ticket};
use serde::{Deserialize, Serialize};
use slipway_model::Ticket;

/// When to look again at a container that is not complete after its last part, in seconds; then it is taken at its word.
pub(super) const LOOKS_AFTER_S: [u64; 4] = [2, 5, 15, 30];

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// `None` where an upload token is all there is: the first part's answer tells it then.
    #[serde(default)]
    pub(super) video_id: Option<String>,
    /// Random: names this ticket in the account's memory.
    #[serde(default)]
    pub(super) name: String,
    /// 1: the whole file in one request.
    pub(super) parts: u32,
    /// Made for this upload; a later one is in the account's memory.
    #[serde(default)]
    pub(super) token: Option<Delegated>,
    /// What the file is called in the form: the title, where nothing else can be sent.
    pub(super) file_name: String,
    /// The manuscript as it was when the container was made; empty when the container is an earlier one.
    #[serde(default)]
    pub(super) hash: String,
    /// The container was made private, and is opened to all when the manuscript is due.
    #[serde(default)]
    pub(super) private: bool,
    #[serde(default)]
    pub(super) looks: u32,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    Sending,
    /// The file is known to be whole there.
    Whole,
    /// Its words are those of the manuscript.
    Worded,
    /// The thumbnail is there, or none is wanted.
    Pictured,
    /// So are the captions.
    Captioned,
    /// Due: it is being opened to those that the manuscript names.
    Opening,
}

impl Kept {
    pub(super) fn read(ticket: &Ticket) -> Result<Self> {
        ticket::read(NAME, ticket)
    }

    pub(super) fn ticket(&self) -> Ticket {
        ticket::written(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_survives_the_disk_and_does_not_print_its_token() {
        let kept = Kept {
            video_id: Some("vi1".into()),
            name: "n".into(),
            parts: 7,
            token: Some(Delegated {
                token: "to4QwErTyUiOpAsDfGhJkLzX".into(),
                expires_at_ms: Some(5),
            }),
            file_name: "clip.mp4".into(),
            hash: "h".into(),
            private: false,
            looks: 2,
            stage: Stage::Worded,
        };
        let read = Kept::read(&kept.ticket()).unwrap();
        assert_eq!((read.parts, read.looks, read.stage), (7, 2, Stage::Worded));
        assert_eq!(read.token.unwrap().expires_at_ms, Some(5));
        let broken = Kept::read(&Ticket("{\"token\":\"to4QwErTyUiOpAsDfGhJkLzX\"".into()));
        let error = broken.err().expect("half a ticket is none");
        assert_eq!(error.kind, slipway_model::ErrorKind::TicketLost);
        assert!(!format!("{error:?}").contains("to4QwErTyUiOpAsDfGhJkLzX"));
    }
}
