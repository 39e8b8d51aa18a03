//! The platform as a client meets it.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod api;
mod client;
mod storage;
