//! Engine, store and platform together, on real files and sockets: started, disturbed, stopped and started again.

#![expect(
    clippy::unwrap_used,
    reason = "what does not hold here is a failed test"
)]

mod accounts;
mod bilibili;
mod captions;
mod checked;
mod covers;
mod diagnostics;
mod disturbed;
mod drafts;
mod edited;
mod flowing;
mod folder;
mod online;
mod proxies;
mod records;
mod resting;
mod secrets;
mod standstill;
mod steering;
mod times;
mod together;
mod transfer;
mod watched;

use slipway_tests::house;
