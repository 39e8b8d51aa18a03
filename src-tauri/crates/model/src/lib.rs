//! What things are and what happens next.
//!
//! Pure: no I/O, no async, no clock of its own. Time, limits and what others did come in as arguments; decisions go out as values that the engine obeys.
//! Everything above this crate may be replaced without a change here.

pub mod account;
pub mod captions;
pub mod concurrency;
pub mod cover;
pub mod error;
pub mod field;
pub mod finish;
pub mod headroom;
pub mod id;
pub mod line;
pub mod manuscript;
pub mod network;
pub mod notice;
pub mod part;
pub mod preflight;
pub mod proxy;
pub mod rate;
pub mod spec;
pub mod speed;
pub mod standstill;
pub mod template;
pub mod text;
pub mod times;
pub mod timetable;
pub mod together;
pub mod upload;
pub mod wait;

pub use account::{Account, Allowance, Counted, Credential, Health, HealthState};
pub use error::{Cause, ErrorKind, PLATFORM_CODE, Params, Retry};
pub use field::{Choice, Field, FieldKind, Fields, Labels, LengthLimit, LengthUnit, TagLimits};
pub use id::{AccountId, DraftId, ManuscriptId, UploadId, WatchId};
pub use manuscript::{Fingerprint, Manuscript, OnlineFile, Source, SourceFile};
pub use network::{Link, LinkKind, Metered};
pub use part::{Cuts, Parts, Proof, Receipt, Span};
pub use preflight::{Cure, Finding, Severity};
pub use spec::{Limits, MediaLimits, Spec};
pub use standstill::Standstill;
pub use upload::{Effect, Event, Intent, Misstep, Phase, PhaseName, Remote, Ticket, Upload};
pub use wait::Wait;
