//! What runs.
pub mod happening;
