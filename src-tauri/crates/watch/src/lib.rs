//! What lies in a folder, which of it a rule is about, and whether it is at rest; and the way of a file out of it.
//!
//! Decides when a file is ripe: `ripe` does so by itself, from what was seen and from clocks that are told. Knows nothing of manuscripts, accounts or the
//! queue. What is particular to a system is in `hints` and `writers`: Linux tells of files by inotify and of writers by `/proc`; Windows refuses a
//! second reader while somebody writes; on macOS nobody is asked about writers, so that there only rest counts.
//! Always holds: a hint only wakes, what is decided on is read afresh; links are not followed; no list of files is held but of those that wait; a
//! file that was there is never written over, and none is removed before what takes its place is on disk and the same.

mod away;
mod hints;
mod look;
mod ripe;
mod rule;
mod seen;
mod writers;

pub use away::{is_same_content, move_away, put_into_bin};
pub use hints::{Hint, Hints, Listener};
pub use look::{Ask, Found, Scanned, find, look, mount_of, presence, scan};
pub use ripe::{Candidate, Held, Look, Pace, Wait};
pub use rule::{Matcher, Rule, VIDEOS};
pub use seen::{Seen, file_id, mtime_ns};
pub use writers::Writer;
