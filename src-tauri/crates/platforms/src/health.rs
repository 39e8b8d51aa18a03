//! The end of a check, the same for all platforms.
//!
//! Decides what an error says of the account, as against of the line or the hour. Always holds: a check that could not be made is an error, never a
//! finding.

use crate::Result;
use slipway_model::{ErrorKind, Health, HealthState};

/// What was found, when `asked` is how asking ended. `health` holds the facts that were learnt.
pub(crate) fn checked(health: Health, asked: Result<()>) -> Result<Health> {
    let (state, cause) = match asked {
        Ok(()) => (HealthState::Ready, None),
        Err(error) => match error.kind {
            ErrorKind::SignedOut => (HealthState::SignedOut, Some(error.cause)),
            ErrorKind::Refused => (HealthState::Troubled, Some(error.cause)),
            // A spent quota is no trouble of the account's.
            ErrorKind::Quota { .. } => (HealthState::Ready, Some(error.cause)),
            _ => return Err(error),
        },
    };
    Ok(Health {
        state,
        cause,
        checked_at_ms: Some(jiff::Timestamp::now().as_millisecond()),
        ..health
    })
}
