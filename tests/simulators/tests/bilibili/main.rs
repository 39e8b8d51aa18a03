//! The platform as a client meets it.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod client;
mod control;
mod faults;
mod signing;
mod signing_in;
mod submitting;
mod uploading;
mod webhooks;
