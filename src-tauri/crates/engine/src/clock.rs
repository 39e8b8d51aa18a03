//! The wall clock, in one place.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in ms since 1970 UTC.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as i64)
}
