//! Decides whether a failed step is tried again.
//!
//! A kind says what the engine does next, not what went wrong inside; the [`Cause`] says what to tell the user. Knows nothing of HTTP or SQLite.
//! Invariant: a refusal is never retried, and no kind is retried without a pause.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Values that fill a sentence: names, figures, times. Never secrets.
pub type Params = BTreeMap<String, String>;
/// The platform's own code among the values of a step in a timeline, where `code` is the cause's.
pub const PLATFORM_CODE: &str = "platform_code";

/// What a failure is called, so that a front end can say it in the user's language.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cause {
    /// Picks the sentence, e.g. `title_too_long`. Codes are part of the public contract.
    pub code: String,
    /// Fills the sentence.
    #[serde(default)]
    pub params: Params,
    /// For the log and the folded raw answer; shown as it is, never matched on.
    #[serde(default)]
    pub detail: String,
}

impl Cause {
    pub fn new(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            ..Self::default()
        }
    }
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// What the engine does about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// The platform could not be reached at all. Waits without limit: laptops travel.
    Offline,
    /// The platform (or something between) failed: 5xx, a cut, HTML where JSON was due.
    ServerFault,
    /// No byte was taken for the stall time.
    Stalled,
    /// Too many requests or parts; the platform's own wait when it told one.
    RateLimited { wait: Option<Duration> },
    /// Nothing more today; goes on by itself at this time, in ms since 1970 UTC.
    Quota { until_ms: i64 },
    /// The sign-in is gone: holds this account's uploads until someone signs in.
    SignedOut,
    /// The platform forgot the reserved place: open again and send everything again.
    TicketLost,
    /// The platform's answer to a publishing call is unknown: look before sending again.
    Unclear,
    /// The platform refuses and would refuse again.
    Refused,
    /// The source file is not the one that was begun.
    FileChanged,
    /// The source file is not there, or cannot be read.
    FileMissing,
    /// No room where bytes must be written.
    DiskFull,
    /// The secret store is closed; a person must open it.
    SecretsLocked,
}

/// When to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retry {
    /// After this pause.
    After(Duration),
    /// At this time, in ms since 1970 UTC.
    At(i64),
    /// When the account has been signed in again.
    OnceSignedIn,
    /// When a person has looked after the file, the disk or the keychain.
    OncePersonActs,
    /// At once, from the beginning, with a new ticket.
    Reopen,
    /// Never by itself.
    Never,
}

/// First and longest pause between tries. Source: AWS Builders' Library, 'Timeouts, retries, and backoff with jitter'; the house's figures.
pub const BACKOFF_BASE: Duration = Duration::from_secs(1);
pub const BACKOFF_CAP: Duration = Duration::from_secs(60);
/// Failures in a row, without a byte moved, after which a reachable but failing platform is given up: about a quarter of an hour.
pub const PATIENCE_TRIES: u32 = 30;
/// Reopenings in a row without a published result; then the platform is taken at its word.
pub const REOPEN_TRIES: u32 = 3;

/// Exponential back-off with full jitter. `tries` counts from 1; `jitter` is uniform in 0..1.
pub fn backoff(tries: u32, jitter: f64) -> Duration {
    let ceiling = BACKOFF_BASE
        .saturating_mul(1_u32 << tries.saturating_sub(1).min(16))
        .min(BACKOFF_CAP);
    ceiling.mul_f64(jitter.clamp(0.05, 1.0))
}

impl ErrorKind {
    /// Decides what follows. `tries` counts the failures since bytes last moved, this one included; `jitter` is uniform in 0..1.
    pub fn retry(&self, tries: u32, jitter: f64) -> Retry {
        match self {
            Self::Offline | Self::Unclear => Retry::After(backoff(tries, jitter)),
            Self::ServerFault | Self::Stalled if tries >= PATIENCE_TRIES => Retry::Never,
            Self::ServerFault | Self::Stalled => Retry::After(backoff(tries, jitter)),
            Self::RateLimited { wait } => Retry::After(wait.unwrap_or_else(|| {
                // No figure was given: at least 1 s, doubling, so that the platform is not hammered.
                backoff(tries + 2, jitter).max(BACKOFF_BASE)
            })),
            Self::Quota { until_ms } => Retry::At(*until_ms),
            Self::SignedOut => Retry::OnceSignedIn,
            Self::TicketLost if tries > REOPEN_TRIES => Retry::Never,
            Self::TicketLost => Retry::Reopen,
            Self::FileChanged | Self::FileMissing | Self::DiskFull | Self::SecretsLocked => {
                Retry::OncePersonActs
            }
            Self::Refused => Retry::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_retry() {
        use ErrorKind as K;
        let second = Duration::from_secs(1);
        let rows = [
            (K::Offline, 1, Retry::After(second)),
            (K::Offline, 10_000, Retry::After(BACKOFF_CAP)),
            (K::Unclear, 2, Retry::After(second * 2)),
            (K::ServerFault, 3, Retry::After(second * 4)),
            (K::ServerFault, PATIENCE_TRIES, Retry::Never),
            (K::Stalled, 1, Retry::After(second)),
            (K::Stalled, PATIENCE_TRIES, Retry::Never),
            (
                K::RateLimited {
                    wait: Some(second * 7),
                },
                1,
                Retry::After(second * 7),
            ),
            (K::RateLimited { wait: None }, 1, Retry::After(second * 4)),
            (K::Quota { until_ms: 5 }, 1, Retry::At(5)),
            (K::SignedOut, 1, Retry::OnceSignedIn),
            (K::TicketLost, 1, Retry::Reopen),
            (K::TicketLost, REOPEN_TRIES + 1, Retry::Never),
            (K::FileChanged, 1, Retry::OncePersonActs),
            (K::FileMissing, 1, Retry::OncePersonActs),
            (K::DiskFull, 1, Retry::OncePersonActs),
            (K::SecretsLocked, 1, Retry::OncePersonActs),
            (K::Refused, 1, Retry::Never),
        ];
        for (kind, tries, want) in rows {
            assert_eq!(kind.retry(tries, 1.0), want, "{kind:?} at {tries}");
        }
    }

    #[test]
    fn backoff_never_exceeds_its_cap_and_is_never_zero() {
        for tries in 1..200 {
            for jitter in [0.0, 0.3, 1.0] {
                let pause = backoff(tries, jitter);
                assert!(pause <= BACKOFF_CAP && pause > Duration::ZERO);
            }
        }
    }
}
