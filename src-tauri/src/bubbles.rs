//! How this desktop shows a notice. One form for all: show it, in place of an earlier one of its group, say whether it was,
//! and tell what was clicked.
//!
//! Always holds: a desktop that shows none costs the notice and nothing else.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::Bubbles;
#[cfg(target_os = "macos")]
pub(crate) use macos::Bubbles;
#[cfg(windows)]
pub(crate) use windows::Bubbles;
