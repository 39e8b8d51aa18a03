//! The queue on disk: accounts, manuscripts, uploads, their parts and timeline, the publish-once ledger, settings.
//!
//! Decides how state is kept and found, never what happens next. Knows nothing of platforms, networks or clocks: times come in as ms since 1970 UTC.
//! Invariants: what a method returned is on the disk; a failed write leaves the state as it was; a file that cannot be read is set aside, never overwritten.

mod accounts;
mod backup;
mod bundle;
mod choices;
mod drafts;
mod error;
mod history;
mod ledger;
mod manuscripts;
mod migration;
mod names;
mod network_sent;
mod open;
mod parts;
mod path;
mod position;
mod queue;
mod reader;
mod runnable;
mod sent;
mod settings;
mod store;
mod templates;
mod timeline;
mod times;
mod today;
mod unsent;
mod uploads;
mod value;
mod watches;
mod writer;

#[cfg(test)]
mod tests;

pub use bundle::Bundle;
pub use choices::KeptChoices;
pub use drafts::{DraftFile, DraftHead, NewDraft, StoredDraft};
pub use error::{OpenError, StoreError};
pub use history::{HistoryFilter, HistoryRow, Known, PastAccount, Record};
pub use ledger::{LedgerEntry, LedgerRow, LedgerState};
pub use manuscripts::{Added, NewManuscript, NewUpload};
pub use open::{OpenReport, Restored};
pub use parts::LandedPart;
pub use position::Move;
pub use queue::{Counts, NeedsYou, QueueFilter, QueuePage, QueueQuery, QueueRow};
pub use runnable::{Candidate, NextQuery, OpenNow};
pub use sent::{Content, Sent};
pub use store::{Store, StoreHealth};
pub use timeline::{Note, TimelineEntry};
pub use times::Timing;
pub use today::Today;
pub use unsent::Unsent;
pub use uploads::{SaveUpload, StoredUpload, TicketBytes};
pub use watches::{Afterwards, Outside, Taken, Taking, Watch, WatchCounts};

/// What every method answers.
pub type Result<T> = std::result::Result<T, StoreError>;
