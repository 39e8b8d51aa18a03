//! The life of an upload: what it is in, what the user wants of it, and what happens next.
//!
//! The machine takes itself by value, does no I/O and answers with one effect. The engine commits the new phase, then runs the effect: after a
//! crash we know what may have happened. Knows nothing of time, files or platforms.
//! Invariants: nothing commits before every part has landed; a final phase has no effect; reports of an earlier attempt change nothing.

use crate::{AccountId, Cause, Cuts, ManuscriptId, Parts, Receipt, UploadId};
use serde::{Deserialize, Serialize};

/// What the user wants, beside what is.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    #[default]
    Run,
    Hold,
}

/// The platform's own handle for resuming. Opaque JSON, written and read by the adapter alone; may be a bearer secret, so it does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub String);

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket(…)")
    }
}

/// Where the work stands on the platform.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Remote {
    /// The platform's id of the work.
    pub id: String,
    #[serde(default)]
    pub url: Option<String>,
    /// The platform's words for the state it is in, for display.
    #[serde(default)]
    pub words: Option<String>,
}

/// What was reserved and sent so far: kept through a failure, so that nothing is sent twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub ticket: Ticket,
    pub parts: Parts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    Queued,
    Opening,
    Sending(Kept),
    Committing(Kept),
    Processing {
        remote: Remote,
    },
    Published {
        remote: Remote,
    },
    Failed {
        cause: Cause,
        kept: Option<Kept>,
        remote: Option<Remote>,
    },
    Cancelled,
}

/// A phase without what is in it; its word in SQL, on the wire and in events.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseName {
    Queued,
    Opening,
    Sending,
    Committing,
    Processing,
    Published,
    Failed,
    Cancelled,
}

impl PhaseName {
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Opening,
        Self::Sending,
        Self::Committing,
        Self::Processing,
        Self::Published,
        Self::Failed,
        Self::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Opening => "opening",
            Self::Sending => "sending",
            Self::Committing => "committing",
            Self::Processing => "processing",
            Self::Published => "published",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }
    pub fn is_final(self) -> bool {
        matches!(self, Self::Published | Self::Failed | Self::Cancelled)
    }
}

impl Phase {
    pub fn name(&self) -> PhaseName {
        match self {
            Self::Queued => PhaseName::Queued,
            Self::Opening => PhaseName::Opening,
            Self::Sending(_) => PhaseName::Sending,
            Self::Committing(_) => PhaseName::Committing,
            Self::Processing { .. } => PhaseName::Processing,
            Self::Published { .. } => PhaseName::Published,
            Self::Failed { .. } => PhaseName::Failed,
            Self::Cancelled => PhaseName::Cancelled,
        }
    }
    pub fn kept(&self) -> Option<&Kept> {
        match self {
            Self::Sending(kept) | Self::Committing(kept) => Some(kept),
            Self::Failed { kept, .. } => kept.as_ref(),
            _ => None,
        }
    }
    pub fn remote(&self) -> Option<&Remote> {
        match self {
            Self::Processing { remote } | Self::Published { remote } => Some(remote),
            Self::Failed { remote, .. } => remote.as_ref(),
            _ => None,
        }
    }
}

/// What happened. Reports of workers and wishes of users alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Its turn has come.
    Admitted,
    /// The platform reserved a place.
    Opened {
        ticket: Ticket,
        cuts: Cuts,
    },
    /// What the platform says it holds; `None` when it cannot be asked.
    Held {
        numbers: Option<Vec<u32>>,
    },
    /// A part was acknowledged.
    Landed {
        number: u32,
        receipt: Receipt,
    },
    /// A step of the commit was done and is in the ticket.
    Stepped {
        ticket: Ticket,
    },
    /// The platform took the work and goes on by itself.
    Accepted {
        remote: Remote,
    },
    Published {
        remote: Remote,
    },
    /// The platform forgot the ticket, or the user wants the file as it is now: from the beginning.
    Reopened,
    /// A worker ended without success, and the same step is tried again later.
    Interrupted,
    /// Given up, with a cause.
    Failed {
        cause: Cause,
    },
    /// The user wants it tried again.
    Retried,
    /// What stands refused on the platform was changed there, and is looked at again.
    Resubmitted,
    Cancelled,
}

/// The one thing to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Nothing,
    Open,
    Send,
    Commit,
    /// Ask the platform how its own work goes.
    Watch,
    /// Give the place on the platform back, if it can be.
    Abort,
}

/// An event that cannot happen in this phase: a defect in the caller.
#[derive(Debug, thiserror::Error)]
#[error("{event:?} cannot happen to an upload that is {}", phase.as_str())]
pub struct Misstep {
    pub phase: PhaseName,
    pub event: Box<Event>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub id: UploadId,
    pub manuscript: ManuscriptId,
    pub account: AccountId,
    pub intent: Intent,
    /// Only grows; fences off workers that have not heard yet.
    pub attempt: u32,
    /// Failures since bytes last moved.
    pub tries: u32,
    pub phase: Phase,
}

impl Upload {
    /// What a worker should do in this phase, were it to run now.
    pub fn effect(&self) -> Effect {
        match &self.phase {
            Phase::Opening => Effect::Open,
            Phase::Sending(_) => Effect::Send,
            Phase::Committing(_) => Effect::Commit,
            Phase::Processing { .. } => Effect::Watch,
            Phase::Queued | Phase::Published { .. } | Phase::Failed { .. } | Phase::Cancelled => {
                Effect::Nothing
            }
        }
    }

    /// Whether holding it stops it at once: a submission under way is allowed to end, and the platform's own work goes on without us.
    pub fn stops_when_held(&self) -> bool {
        matches!(
            self.phase,
            Phase::Queued | Phase::Opening | Phase::Sending(_)
        )
    }

    /// Takes what happened during `attempt`.
    ///
    /// # Errors
    /// [`Misstep`] when the event does not fit the phase.
    pub fn apply(mut self, attempt: u32, event: Event) -> Result<(Self, Effect), Misstep> {
        if attempt != self.attempt {
            return Ok((self, Effect::Nothing)); // a cancelled worker that has not heard yet
        }
        let mut next_attempt = false;
        let (phase, effect) = match (self.phase, event) {
            (Phase::Queued, Event::Admitted) => (Phase::Opening, Effect::Open),
            (Phase::Opening, Event::Opened { ticket, cuts }) => {
                self.tries = 0;
                advance(Kept {
                    ticket,
                    parts: Parts::new(cuts),
                })
            }
            (Phase::Sending(mut kept), Event::Held { numbers }) => {
                if let Some(numbers) = numbers {
                    kept.parts.keep_only(|n| numbers.binary_search(&n).is_ok());
                }
                (Phase::Sending(kept), Effect::Nothing)
            }
            (Phase::Sending(mut kept), Event::Landed { number, receipt }) => {
                self.tries = 0; // bytes moved: patience starts afresh
                kept.parts.land(number, receipt);
                match advance(kept) {
                    (phase @ Phase::Sending(_), _) => (phase, Effect::Nothing), // the worker is at it
                    done => done,
                }
            }
            (Phase::Sending(kept), Event::Stepped { ticket }) => {
                (Phase::Sending(Kept { ticket, ..kept }), Effect::Nothing)
            }
            (Phase::Committing(kept), Event::Stepped { ticket }) => {
                self.tries = 0;
                (Phase::Committing(Kept { ticket, ..kept }), Effect::Nothing)
            }
            (Phase::Committing(_), Event::Accepted { remote }) => {
                self.tries = 0;
                (Phase::Processing { remote }, Effect::Watch)
            }
            (Phase::Processing { .. }, Event::Accepted { remote }) => {
                (Phase::Processing { remote }, Effect::Nothing)
            }
            (Phase::Committing(_) | Phase::Processing { .. }, Event::Published { remote }) => {
                (Phase::Published { remote }, Effect::Nothing)
            }
            (Phase::Opening | Phase::Sending(_) | Phase::Committing(_), Event::Reopened) => {
                (next_attempt, self.tries) = (true, self.tries + 1);
                (Phase::Queued, Effect::Nothing)
            }
            // It stays failed until someone wants it tried again, and then begins anew.
            (Phase::Failed { cause, remote, .. }, Event::Reopened) => {
                next_attempt = true;
                let kept = None;
                (
                    Phase::Failed {
                        cause,
                        kept,
                        remote,
                    },
                    Effect::Nothing,
                )
            }
            (
                phase @ (Phase::Opening
                | Phase::Sending(_)
                | Phase::Committing(_)
                | Phase::Processing { .. }),
                Event::Interrupted,
            ) => {
                (next_attempt, self.tries) = (true, self.tries + 1);
                (phase, Effect::Nothing)
            }
            (
                phase @ (Phase::Queued
                | Phase::Opening
                | Phase::Sending(_)
                | Phase::Committing(_)
                | Phase::Processing { .. }),
                Event::Failed { cause },
            ) => {
                next_attempt = true;
                let remote = phase.remote().cloned();
                let kept = match phase {
                    Phase::Sending(kept) | Phase::Committing(kept) => Some(kept),
                    _ => None,
                };
                (
                    Phase::Failed {
                        cause,
                        kept,
                        remote,
                    },
                    Effect::Nothing,
                )
            }
            (
                Phase::Failed {
                    kept, remote: None, ..
                },
                Event::Retried,
            ) => {
                (next_attempt, self.tries, self.intent) = (true, 0, Intent::Run);
                match kept {
                    Some(kept) => advance(kept),
                    None => (Phase::Queued, Effect::Nothing),
                }
            }
            (
                Phase::Failed {
                    remote: Some(remote),
                    ..
                },
                Event::Resubmitted,
            ) => {
                (next_attempt, self.tries, self.intent) = (true, 0, Intent::Run);
                let remote = Remote {
                    words: None,
                    ..remote
                };
                (Phase::Processing { remote }, Effect::Watch)
            }
            // Refused after it was accepted: what stands on the platform is a person's to settle; trying again is a new work.
            (
                Phase::Failed {
                    remote: Some(_), ..
                }
                | Phase::Cancelled,
                Event::Retried,
            ) => {
                (next_attempt, self.tries, self.intent) = (true, 0, Intent::Run);
                (Phase::Queued, Effect::Nothing)
            }
            (Phase::Queued, Event::Cancelled) => {
                next_attempt = true;
                (Phase::Cancelled, Effect::Nothing)
            }
            (
                Phase::Opening
                | Phase::Sending(_)
                | Phase::Committing(_)
                | Phase::Processing { .. }
                | Phase::Failed { .. },
                Event::Cancelled,
            ) => {
                next_attempt = true;
                (Phase::Cancelled, Effect::Abort)
            }
            (phase, event) => {
                return Err(Misstep {
                    phase: phase.name(),
                    event: Box::new(event),
                });
            }
        };
        if next_attempt {
            self.attempt += 1;
        }
        Ok((Self { phase, ..self }, effect))
    }

    /// Holds or releases. A change of mind fences off the worker that is stopped by it.
    pub fn intend(mut self, intent: Intent) -> Self {
        if intent != self.intent {
            self.intent = intent;
            if intent == Intent::Hold && self.stops_when_held() {
                self.attempt += 1;
            }
        }
        self
    }
}

/// To `Committing` when every part has landed.
fn advance(kept: Kept) -> (Phase, Effect) {
    if kept.parts.all_landed() {
        (Phase::Committing(kept), Effect::Commit)
    } else {
        (Phase::Sending(kept), Effect::Send)
    }
}
