//! What runs: obeys the model's decisions with real files, sockets and SQLite.
//!
//! One [`Engine`] for each data folder. Front ends order and ask; the dispatcher alone decides who runs.

mod accounts;
mod board;
mod caps;
pub mod clock;
mod content;
mod covers;
mod dispatcher;
mod engine;
pub mod fingerprint;
pub mod happening;
mod headroom;
pub mod hours;
mod journal;
mod lanes;
mod limiter;
mod lock;
mod network;
pub mod portable;
mod power;
pub mod proxies;
mod reader;
mod renewing;
mod rest;
mod rules;
mod seal;
pub mod secrets;
mod sending;
mod vault;
mod worker;

pub use board::{Board, Motion, Obstacles};
pub use caps::Speed;
pub use covers::{Covers, SeenImage};
pub use dispatcher::Idle;
pub use engine::{Engine, Options, StartError};
pub use happening::Happening;
pub use journal::Line;
pub use lock::make_private_dir;
pub use network::NetworkView;
pub use power::{Countdown, PowerView};
pub use rules::{Rules, seen_media};
pub use slipway_model::manuscript::printable_name;
pub use slipway_power::Keeper;
