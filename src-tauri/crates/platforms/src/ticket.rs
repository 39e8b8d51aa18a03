//! What an adapter keeps of an upload, as the text of a ticket.
//!
//! Always holds: no word of a ticket gets into an error, since it may be a bearer secret.

use crate::{Result, http::Act};
use serde::{Serialize, de::DeserializeOwned};
use slipway_model::{Cause, ErrorKind, Ticket};

/// # Errors
/// `TicketLost` with the place where it cannot be read.
pub(crate) fn read<T: DeserializeOwned>(platform: &'static str, ticket: &Ticket) -> Result<T> {
    serde_json::from_str(&ticket.0).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        let cause = Cause::new("ticket_unreadable").detail(place);
        Act::new(platform, "reading the ticket").error(ErrorKind::TicketLost, cause)
    })
}

pub(crate) fn written(kept: &impl Serialize) -> Ticket {
    Ticket(serde_json::to_string(kept).expect("text and numbers are JSON"))
}
