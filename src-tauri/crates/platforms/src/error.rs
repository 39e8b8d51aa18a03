//! What an adapter answers when it could not: what the engine does next, and what to tell the user.

use slipway_model::{Cause, ErrorKind};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
#[error("{platform}: {} while {doing}{}", cause.code, if cause.detail.is_empty() { String::new() } else { format!(" ({})", cause.detail) })]
pub struct Error {
    pub platform: &'static str,
    /// The step, e.g. `sending a part`.
    pub doing: &'static str,
    /// Decides what follows.
    pub kind: ErrorKind,
    /// Picks the sentence.
    pub cause: Cause,
    #[source]
    pub source: Option<BoxError>,
}

impl Error {
    pub fn new(platform: &'static str, doing: &'static str, kind: ErrorKind, cause: Cause) -> Self {
        Self {
            platform,
            doing,
            kind,
            cause,
            source: None,
        }
    }
    pub fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }
}
