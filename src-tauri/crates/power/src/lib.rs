//! The machine's own sleep: kept off while asked, ordered when wanted, noticed when it is over.
//!
//! Decides nothing. What is particular to a system is in its own module behind `System`: Linux asks logind, and the desktop's portal where there is
//! none; elsewhere nothing is known how to ask yet, and nothing is offered. Always holds: what keeps the machine awake ends with the value that
//! stands for it, and with the process; nothing is offered that the system would have to ask somebody about.

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "other.rs"]
mod system;

pub use system::{Awake, System};

/// Who keeps the machine awake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    Logind,
    Portal,
}
