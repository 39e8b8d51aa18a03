//! What every front end calls: the window, the command line, and programs over the local socket.
//!
//! Requests are checked here, whoever sends them; errors leave as [`Failure`]s that a front end turns into a sentence. Knows nothing of Tauri or terminals.

mod accounts;
mod adding;
mod api;
mod checking;
mod choices;
pub mod client;
pub mod commands;
mod covers;
mod drafts;
mod editing;
pub mod failure;
mod feed;
mod filling;
pub mod history;
mod import;
mod list;
pub mod log;
mod network;
pub mod notices;
mod offered;
mod power;
pub mod private;
mod proxy;
mod queue;
pub mod receipt;
pub mod report;
pub mod sentence;
mod sign_in;
pub mod socket;
mod speed;
mod starts;
mod templates;
mod times;
mod transfer;
mod upload_tokens;
mod watching;
pub mod wire;
mod works;

pub use api::{Api, Options, any_network_from_env, default_data_dir, passphrase_from_env};
pub use failure::Failure;
pub use feed::PatchStream;
pub use filling::check_names;
pub use proxy::{shown_proxy, written_proxy};
pub use slipway_engine::{Happening, Idle, happening};
pub use starts::OtherStart;
