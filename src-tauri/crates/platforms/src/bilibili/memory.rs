//! What is remembered of an account while the program runs. Losing it costs a call or a comparison, never a manuscript.

use crate::calls::Calls;
use parking_lot::Mutex;
use secrecy::SecretString;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32},
    },
};
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct Memory {
    /// Held while tokens are refreshed: one at a time, since each refresh token works once.
    pub(super) refreshing: Arc<tokio::sync::Mutex<()>>,
    /// A new pair that could not be saved so far. Its predecessors are spent.
    pub(super) unsaved: Mutex<Option<Vec<(String, SecretString)>>>,
    /// The refresh token that was refused for good: it is not shown to the platform again.
    pub(super) refused: Mutex<Option<SecretString>>,
    /// The platform has answered a part with an ETag: there is something to compare.
    pub(super) etags_seen: AtomicBool,
    /// Pushbacks in a row.
    pub(super) pushed_back: AtomicU32,
    /// Works that were accepted, by id, with the draft's key: a look for one draft must not find another's.
    pub(super) accepted: Mutex<HashMap<String, String>>,
    /// When a work was first looked for, and whether it was ever seen.
    pub(super) looked_for: Mutex<HashMap<String, (Instant, bool)>>,
    pub(super) calls: Calls,
}
