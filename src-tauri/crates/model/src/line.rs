//! How uploads share the line: one after the other or side by side, and how many at once.
//!
//! Pure data with its bounds. Which lane goes to whom is the engine's to do.

use crate::Cause;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most uploads under way at once.
pub const UPLOADS_MOST: u32 = 16;
/// Most parts in flight to one host; more lose even on a lossy line, see [`crate::concurrency::CEILING`].
pub const PARTS_MOST: u32 = crate::concurrency::CEILING;

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineOrder {
    /// The first in the queue gets the line until it is done; others fill the gaps.
    #[default]
    FinishFirst,
    /// All that are under way get the same number of parts in flight.
    Share,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    pub order: LineOrder,
    pub uploads_at_once: u32,
    /// To one host; `null` follows the line.
    pub parts_at_once: Option<u32>,
    /// Leaves room for calls and streams on the same line, see [`crate::headroom`].
    pub headroom: bool,
    /// Uploads at once to platforms that have a number of their own, by name; their own bounds hold as well.
    pub platforms: BTreeMap<String, u32>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            order: LineOrder::default(),
            uploads_at_once: 3,
            parts_at_once: None,
            headroom: false,
            platforms: BTreeMap::new(),
        }
    }
}

impl Line {
    /// # Errors
    /// `line_out_of_bounds` with what was asked for and what is possible.
    pub fn check(&self) -> Result<(), Cause> {
        let uploads = self.platforms.values().chain([&self.uploads_at_once]);
        let numbers = uploads.map(|n| (*n, UPLOADS_MOST));
        let parts = self.parts_at_once.map(|n| (n, PARTS_MOST));
        match numbers
            .chain(parts)
            .find(|(n, most)| !(1..=*most).contains(n))
        {
            None => Ok(()),
            Some((n, most)) => Err(Cause::new("line_out_of_bounds")
                .with("value", n)
                .with("max", most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_bounds_are_refused_with_the_bound() {
        let line = |uploads, parts, platform| Line {
            uploads_at_once: uploads,
            parts_at_once: parts,
            platforms: [("p".to_owned(), platform)].into(),
            ..Line::default()
        };
        assert_eq!(Line::default().check(), Ok(()));
        assert_eq!(line(16, Some(32), 1).check(), Ok(()));
        for (wrong, max) in [
            (line(0, None, 1), "16"),
            (line(17, None, 1), "16"),
            (line(1, Some(33), 1), "32"),
            (line(1, Some(0), 1), "32"),
            (line(1, None, 0), "16"),
        ] {
            let cause = wrong.check().unwrap_err();
            assert_eq!(cause.params["max"], max, "{wrong:?}");
        }
    }
}
