//! What is remembered of an account while the program runs. Losing it costs a call, never a post.

use super::{identity::Identity, oauth::Pending};
use parking_lot::Mutex;
use secrecy::SecretString;
use std::{collections::HashMap, sync::Arc};
use tokio::time::Instant;

#[derive(Default)]
pub(super) struct Memory {
    /// Held while a session is renewed or made: one at a time.
    pub(super) renewing: Arc<tokio::sync::Mutex<()>>,
    /// A new session that could not be saved so far. Its predecessor may be spent.
    pub(super) unsaved: Mutex<Option<Vec<(String, SecretString)>>>,
    /// Refresh tokens and app passwords that were refused for good: they are not shown again.
    pub(super) refused: Mutex<Vec<SecretString>>,
    pub(super) identity: Mutex<Option<(Instant, Arc<Identity>)>>,
    /// Service tokens by method, with their end in seconds. Never kept anywhere else.
    pub(super) service: Mutex<HashMap<&'static str, (SecretString, i64)>>,
    /// Held while a service token is fetched, so that parallel parts fetch one.
    pub(super) fetching: tokio::sync::Mutex<()>,
    /// The nonce that each host wants in the next proof.
    pub(super) nonces: Mutex<HashMap<String, String>>,
    /// Sign-ins that have begun in the browser, by their state.
    pub(super) pending: Mutex<HashMap<String, Pending>>,
}
