//! What every front end calls: the window, the command line, and programs over the local socket.
//!
//! Requests are checked here, whoever sends them; errors leave as [`Failure`]s that a front end turns into a sentence. Knows nothing of Tauri or terminals.

pub mod commands;
pub mod failure;
pub mod wire;

pub use failure::Failure;
