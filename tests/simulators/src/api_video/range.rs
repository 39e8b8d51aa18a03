//! The header `Content-Range` as this platform writes it: by part, or by bytes.
//!
//! Source: the platform's guide to progressive uploads and the error codes of its API description, read 2026-06-25.

use super::problem::{Problem, range};

/// What a request says it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// The whole file: no header.
    Whole,
    /// Number from 1; the total is unknown while it is written as `*`.
    Part { number: u64, total: Option<u64> },
    /// First and last byte, both inclusive.
    Bytes {
        from: u64,
        to: u64,
        total: Option<u64>,
    },
}

impl Span {
    /// What a record names it by: 0 is a whole file, and a span of bytes is named by its first.
    pub(crate) fn number(&self) -> u64 {
        match *self {
            Self::Whole => 0,
            Self::Part { number, .. } => number,
            Self::Bytes { from, .. } => from,
        }
    }
}

/// Parts of one video.
pub(crate) const PARTS_MAX: u64 = 10_000;
/// The header's own bound on a file; the limits page says 30 GiB.
pub(crate) const BYTES_MAX: u64 = 52_428_800_000;

pub(crate) const MALFORMED: Problem = range(
    "video-content-range-malformed",
    "The value of the \"Content-Range\" header is malformed.",
);

/// Reads the header and judges what can be judged without the video.
pub(crate) fn parse(header: Option<&str>) -> Result<Span, Problem> {
    let Some(text) = header else {
        return Ok(Span::Whole);
    };
    let malformed = || MALFORMED.named("Content-Range");
    let (unit, rest) = text.trim().split_once(' ').ok_or_else(malformed)?;
    let (place, total) = rest.split_once('/').ok_or_else(malformed)?;
    let total = match total.trim() {
        "*" => None,
        digits => Some(number(digits).ok_or_else(malformed)?),
    };
    match unit {
        "part" => by_part(number(place).ok_or_else(malformed)?, total),
        "bytes" => {
            let (from, to) = place.split_once('-').ok_or_else(malformed)?;
            let from = number(from).ok_or_else(malformed)?;
            let to = number(to).ok_or_else(malformed)?;
            by_bytes(from, to, total)
        }
        _ => Err(malformed()),
    }
    .map_err(|problem| problem.named("Content-Range"))
}

fn number(digits: &str) -> Option<u64> {
    let digits = digits.trim();
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}

fn by_part(number: u64, total: Option<u64>) -> Result<Span, Problem> {
    if total == Some(0) {
        return Err(range(
            "video-content-range-by-part-total-parts-zero",
            "The total number of parts is zero.",
        ));
    }
    if number == 0 {
        return Err(range(
            "video-content-range-by-part-part-zero",
            "The part number is zero.",
        ));
    }
    if total.is_some_and(|total| total > PARTS_MAX) {
        return Err(range(
            "video-content-range-by-part-total-parts-too-high",
            "The total number of parts is too high.",
        ));
    }
    if number > PARTS_MAX {
        return Err(range(
            "video-content-range-by-part-part-too-high-allowed",
            "The part number is higher than allowed.",
        ));
    }
    if total.is_some_and(|total| number > total) {
        return Err(range(
            "video-content-range-by-part-part-too-high-total",
            "The part number is higher than the total number of parts.",
        ));
    }
    Ok(Span::Part { number, total })
}

fn by_bytes(from: u64, to: u64, total: Option<u64>) -> Result<Span, Problem> {
    if total == Some(0) {
        return Err(range(
            "video-content-range-by-bytes-total-bytes-zero",
            "The total number of bytes is zero.",
        ));
    }
    if total.is_some_and(|total| total > BYTES_MAX) {
        return Err(range(
            "video-content-range-by-bytes-total-bytes-too-high",
            "The total number of bytes is too high.",
        ));
    }
    if from > to {
        return Err(range(
            "video-content-range-by-bytes-from-byte-too-high",
            "The first byte is higher than the last byte.",
        ));
    }
    if to >= BYTES_MAX {
        return Err(range(
            "video-content-range-by-bytes-to-byte-too-high-allowed",
            "The last byte is higher than allowed.",
        ));
    }
    if total.is_some_and(|total| to >= total) {
        return Err(range(
            "video-content-range-by-bytes-to-byte-too-high-total",
            "The last byte is higher than the total number of bytes.",
        ));
    }
    Ok(Span::Bytes { from, to, total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        assert_eq!(parse(None), Ok(Span::Whole));
        let part = |number, total| Ok(Span::Part { number, total });
        assert_eq!(parse(Some("part 1/4")), part(1, Some(4)));
        assert_eq!(parse(Some("part 2/*")), part(2, None));
        let bytes = Span::Bytes {
            from: 0,
            to: 104_857_599,
            total: Some(281_905_832),
        };
        assert_eq!(parse(Some("bytes 0-104857599/281905832")), Ok(bytes));
    }

    #[test]
    fn what_is_neither_is_told_by_its_code() {
        for (text, code) in [
            ("parts 1/4", "malformed"),
            ("part 1", "malformed"),
            ("part -1/4", "malformed"),
            ("part 0/4", "by-part-part-zero"),
            ("part 1/0", "by-part-total-parts-zero"),
            ("part 5/4", "by-part-part-too-high-total"),
            ("part 10001/*", "by-part-part-too-high-allowed"),
            ("part 1/10001", "by-part-total-parts-too-high"),
            ("bytes 0-9/0", "by-bytes-total-bytes-zero"),
            ("bytes 9-0/10", "by-bytes-from-byte-too-high"),
            ("bytes 0-10/10", "by-bytes-to-byte-too-high-total"),
            ("bytes 0-9/52428800001", "by-bytes-total-bytes-too-high"),
            ("bytes 0-52428800000/*", "by-bytes-to-byte-too-high-allowed"),
        ] {
            let problem = parse(Some(text)).unwrap_err();
            assert_eq!(
                problem.code,
                format!("video-content-range-{code}"),
                "{text}"
            );
        }
    }
}
