//! The source of one video: empty, on its way in parts or byte ranges, or complete.
//!
//! Decides whether what came may be stored. Pure but for the files it is handed. Always holds: what is complete covers the file once,
//! and nothing is ever stored twice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::problem::{DOWNLOADED, EMPTY_FILE, FILLED, LARGE_FILE, Problem, range};
use super::range::Span;
use super::switches::Switches;

/// Source: limits page and upload guide, read 2026-06-25.
pub(crate) const PART_MIN_BYTES: u64 = 5 << 20;
pub(crate) const PART_MAX_BYTES: u64 = 200 << 20;

/// Bytes that were received; `file` is `None` where nothing is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) bytes: u64,
    pub(crate) file: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    #[default]
    Empty,
    Parts {
        total: Option<u64>,
        held: BTreeMap<u64, Piece>,
    },
    Ranges {
        total: Option<u64>,
        /// By first byte.
        held: BTreeMap<u64, Piece>,
    },
    Complete {
        at_ms: i64,
        /// In the order of the file.
        pieces: Vec<Piece>,
        /// Fetched by the platform from an address.
        downloaded: bool,
    },
}

impl Source {
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self, Self::Complete { .. })
    }

    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Parts { held, .. } | Self::Ranges { held, .. } => {
                held.values().map(|piece| piece.bytes).sum()
            }
            Self::Complete { pieces, .. } => pieces.iter().map(|piece| piece.bytes).sum(),
        }
    }

    /// Stores what came, or says why not.
    pub(crate) fn land(
        &mut self,
        span: Span,
        piece: Piece,
        switches: &Switches,
        now_ms: i64,
    ) -> Result<(), Problem> {
        self.judge(span, piece.bytes, switches)?;
        if let Self::Empty = self {
            match span {
                Span::Whole => {}
                Span::Part { .. } => {
                    *self = Self::Parts {
                        total: None,
                        held: BTreeMap::new(),
                    }
                }
                Span::Bytes { .. } => {
                    *self = Self::Ranges {
                        total: None,
                        held: BTreeMap::new(),
                    }
                }
            }
        }
        let all = match (&mut *self, span) {
            (
                Self::Parts { total, held },
                Span::Part {
                    number,
                    total: said,
                },
            ) => {
                *total = total.or(said);
                held.insert(number, piece);
                total
                    .is_some_and(|total| held.len() as u64 == total)
                    .then(|| std::mem::take(held))
            }
            (
                Self::Ranges { total, held },
                Span::Bytes {
                    from, total: said, ..
                },
            ) => {
                *total = total.or(said);
                held.insert(from, piece);
                let sum: u64 = held.values().map(|piece| piece.bytes).sum();
                (*total == Some(sum)).then(|| std::mem::take(held))
            }
            (_, _) => Some(BTreeMap::from([(0, piece)])),
        };
        if let Some(all) = all {
            *self = Self::Complete {
                at_ms: now_ms,
                pieces: all.into_values().collect(),
                downloaded: false,
            };
        }
        Ok(())
    }

    fn judge(&self, span: Span, bytes: u64, switches: &Switches) -> Result<(), Problem> {
        if let Self::Complete { downloaded, .. } = self {
            return Err(if *downloaded { DOWNLOADED } else { FILLED });
        }
        let header = |problem: Problem| Err(problem.named("Content-Range"));
        match span {
            Span::Whole => match self {
                Self::Parts { .. } | Self::Ranges { .. } => header(range(
                    "video-content-range-already-initiated",
                    "A progressive upload is already initiated.",
                )),
                _ if bytes == 0 => Err(EMPTY_FILE.named("file")),
                _ if bytes > PART_MAX_BYTES => Err(LARGE_FILE.named("file")),
                _ => Ok(()),
            },
            Span::Part { number, total } => match self {
                Self::Ranges { .. } => header(range(
                    "video-content-range-started-with-bytes",
                    "The upload was started by bytes.",
                )),
                _ => self.part(number, total, bytes, switches),
            },
            Span::Bytes { from, to, total } => match self {
                Self::Parts { .. } => header(range(
                    "video-content-range-started-with-part",
                    "The upload was started by part.",
                )),
                _ => self.range(from, to, total, bytes),
            },
        }
    }

    fn part(
        &self,
        number: u64,
        said: Option<u64>,
        bytes: u64,
        switches: &Switches,
    ) -> Result<(), Problem> {
        let header = |problem: Problem| Err(problem.named("Content-Range"));
        let empty = BTreeMap::new();
        let (known, held) = match self {
            Self::Parts { total, held } => (*total, held),
            _ => (None, &empty),
        };
        if let (Some(known), Some(said)) = (known, said)
            && known != said
        {
            let problem = range(
                "video-content-range-by-part-different-total-parts",
                "The total number of parts differs from the one given before.",
            );
            return header(problem.detail(format!("It was {known}.")));
        }
        let highest = held.last_key_value().map_or(0, |(number, _)| *number);
        if known.is_none() && said.is_some_and(|said| said <= highest) {
            return header(range(
                "video-content-range-by-part-total-parts-too-low",
                "The total number of parts is lower than a part already sent.",
            ));
        }
        if known.is_some_and(|known| number > known) {
            return header(range(
                "video-content-range-by-part-part-too-high-total",
                "The part number is higher than the total number of parts.",
            ));
        }
        if held.contains_key(&number) {
            return header(range(
                "video-content-range-by-part-part-already-sent",
                "The part is already sent.",
            ));
        }
        let last = said.or(known) == Some(number);
        if bytes > PART_MAX_BYTES {
            return Err(LARGE_FILE.named("file"));
        }
        if bytes == 0 && !(last && switches.empty_last_part) {
            return Err(EMPTY_FILE.named("file"));
        }
        if !last && bytes < PART_MIN_BYTES {
            return header(range(
                "video-content-range-by-part-uploaded-file-too-small",
                "The size of the part is too small.",
            ));
        }
        if !last
            && !switches.unequal_parts
            && held
                .iter()
                .any(|(n, piece)| Some(*n) != said.or(known) && piece.bytes != bytes)
        {
            return Err(super::problem::BAD_FILE.named("file"));
        }
        let sum: u64 = held.values().map(|piece| piece.bytes).sum();
        if sum + bytes > switches.file_max_bytes {
            return Err(LARGE_FILE.named("file"));
        }
        Ok(())
    }

    fn range(&self, from: u64, to: u64, said: Option<u64>, bytes: u64) -> Result<(), Problem> {
        let header = |code, title| Err(range(code, title).named("Content-Range"));
        let empty = BTreeMap::new();
        let (known, held) = match self {
            Self::Ranges { total, held } => (*total, held),
            _ => (None, &empty),
        };
        if let (Some(known), Some(said)) = (known, said)
            && known != said
        {
            return header(
                "video-content-range-by-bytes-different-total-bytes",
                "The total number of bytes differs from the one given before.",
            );
        }
        let end = held
            .last_key_value()
            .map_or(0, |(first, piece)| first + piece.bytes);
        if known.is_none() && said.is_some_and(|said| said < end) {
            return header(
                "video-content-range-by-bytes-total-bytes-too-low",
                "The total number of bytes is lower than a byte already sent.",
            );
        }
        if held
            .iter()
            .any(|(first, piece)| from < first + piece.bytes && to >= *first)
        {
            return header(
                "video-content-range-by-bytes-range-overlap",
                "The bytes are already sent.",
            );
        }
        let wide = to - from + 1;
        if wide > PART_MAX_BYTES {
            return header(
                "video-content-range-by-bytes-range-too-large",
                "The range is too large.",
            );
        }
        let last = said.or(known) == Some(to + 1);
        if !last && wide < PART_MIN_BYTES {
            return header(
                "video-content-range-by-bytes-range-too-small",
                "The range is too small.",
            );
        }
        if wide != bytes {
            return header(
                "video-content-range-by-bytes-range-mismatch",
                "The size of the body differs from the range.",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_video::Profile;

    const MIB: u64 = 1 << 20;

    fn piece(bytes: u64) -> Piece {
        Piece { bytes, file: None }
    }

    fn part(number: u64, total: impl Into<Option<u64>>) -> Span {
        Span::Part {
            number,
            total: total.into(),
        }
    }

    fn bytes(from: u64, to: u64, total: u64) -> Span {
        Span::Bytes {
            from,
            to,
            total: Some(total),
        }
    }

    fn land(source: &mut Source, span: Span, len: u64) -> Result<(), &'static str> {
        let switches = Switches::of(Profile::Docs);
        source
            .land(span, piece(len), &switches, 0)
            .map_err(|problem| {
                problem
                    .code
                    .trim_start_matches("video-content-range-")
                    .trim_start_matches("by-part-")
                    .trim_start_matches("by-bytes-")
            })
    }

    #[test]
    fn parts_come_in_any_order_and_each_once() {
        let mut source = Source::default();
        assert_eq!(land(&mut source, part(3, 3), 1), Ok(()));
        assert_eq!(land(&mut source, part(1, 3), 5 * MIB), Ok(()));
        assert_eq!(
            land(&mut source, part(1, 3), 5 * MIB),
            Err("part-already-sent")
        );
        assert_eq!(
            land(&mut source, part(2, 4), 5 * MIB),
            Err("different-total-parts")
        );
        assert_eq!(
            land(&mut source, bytes(0, 5 * MIB - 1, 6 * MIB), 5 * MIB),
            Err("started-with-part")
        );
        assert_eq!(land(&mut source, Span::Whole, 5), Err("already-initiated"));
        assert!(!source.is_complete());
        assert_eq!(land(&mut source, part(2, 3), 5 * MIB), Ok(()));
        assert!(source.is_complete());
        assert_eq!(source.bytes(), 10 * MIB + 1);
        assert_eq!(
            land(&mut source, part(2, 3), 5 * MIB),
            Err("video-source-already-uploaded")
        );
    }

    #[test]
    fn a_total_may_be_told_with_the_last_part() {
        let mut source = Source::default();
        assert_eq!(land(&mut source, part(1, None), 5 * MIB), Ok(()));
        assert_eq!(land(&mut source, part(2, None), 5 * MIB), Ok(()));
        assert_eq!(land(&mut source, part(2, 2), 1), Err("total-parts-too-low"));
        assert_eq!(land(&mut source, part(3, 3), 1), Ok(()));
        assert!(source.is_complete());
    }

    #[test]
    fn sizes_are_held_to_one_below_at_and_one_above() {
        let cases = [
            (
                part(1, 2),
                PART_MIN_BYTES - 1,
                Err("uploaded-file-too-small"),
            ),
            (part(1, 2), PART_MIN_BYTES, Ok(())),
            (part(1, 2), PART_MAX_BYTES, Ok(())),
            (
                part(1, 2),
                PART_MAX_BYTES + 1,
                Err("uploaded-file-too-large"),
            ),
            (part(1, 1), 1, Ok(())),
            (Span::Whole, PART_MAX_BYTES, Ok(())),
            (
                Span::Whole,
                PART_MAX_BYTES + 1,
                Err("uploaded-file-too-large"),
            ),
            (Span::Whole, 0, Err("uploaded-file-empty")),
        ];
        for (span, len, answer) in cases {
            let mut source = Source::default();
            assert_eq!(land(&mut source, span, len), answer, "{span:?} of {len}");
        }
    }

    #[test]
    fn ranges_must_fit_their_bodies_and_each_other() {
        let mut source = Source::default();
        let total = 10 * MIB + 1;
        assert_eq!(
            land(&mut source, bytes(0, 5 * MIB - 1, total), 5 * MIB - 1),
            Err("range-mismatch")
        );
        assert_eq!(
            land(&mut source, bytes(0, 5 * MIB - 2, total), 5 * MIB - 1),
            Err("range-too-small")
        );
        assert_eq!(
            land(&mut source, bytes(0, 5 * MIB - 1, total), 5 * MIB),
            Ok(())
        );
        assert_eq!(
            land(
                &mut source,
                bytes(5 * MIB - 1, 10 * MIB, total),
                5 * MIB + 2
            ),
            Err("range-overlap")
        );
        assert_eq!(
            land(
                &mut source,
                bytes(5 * MIB, 10 * MIB, total + 1),
                5 * MIB + 1
            ),
            Err("different-total-bytes")
        );
        assert_eq!(
            land(&mut source, bytes(5 * MIB, 10 * MIB, total), 5 * MIB + 1),
            Ok(())
        );
        assert!(source.is_complete());
    }
}
