//! What the product's tests share.

#![expect(
    clippy::unwrap_used,
    reason = "what does not hold here is a failed test"
)]

pub mod house;
