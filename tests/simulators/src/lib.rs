//! Platforms as servers on loopback, each with a fault script and a way to look inside.
//!
//! A simulator accepts what its platform accepts, refuses what it refuses, in the same order and with the same codes, and keeps a
//! record that a test can read. It knows nothing of the product that talks to it: it shares no types with any other crate here,
//! so that an agreement between the two is an agreement about bytes.

mod answer;
#[cfg(target_os = "linux")]
mod bus;
mod clock;
mod control;
mod fault;
mod line;
mod listener;
mod meter;
mod origin;
mod proxy;
mod sink;

pub mod aliyun_vod;
pub mod api_video;
pub mod bilibili;
pub mod bluesky;
#[cfg(target_os = "linux")]
pub mod logind;
#[cfg(target_os = "linux")]
pub mod network_manager;
pub mod wangsu;

pub use clock::Clock;
pub use fault::{CallSet, FaultSeen, Rule, Script};
pub use line::{Line, LineBuilder, Traffic};
pub use meter::Moved;
pub use origin::Origin;
pub use proxy::{Manner, Proxy, ProxySeen};
pub use sink::Sink;
