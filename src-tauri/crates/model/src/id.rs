//! Identities. Each is SQLite's row number, never reused, so that a stale click cannot hit another row.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One manuscript on its way to one account.
    UploadId
);
id!(
    /// What the creator wants published.
    ManuscriptId
);
id!(
    /// What is being written and is in no queue yet.
    DraftId
);
id!(
    /// A signed-in identity on one platform.
    AccountId
);
id!(
    /// A folder whose new videos become uploads.
    WatchId
);
