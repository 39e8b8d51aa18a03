//! Words that several commands take: times, uploads, phases, pairs.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use slipway_model::{PhaseName, UploadId, times};

/// ms since 1970 UTC.
pub(super) fn time(text: &str) -> Result<i64, String> {
    times::moment(text)
        .map_err(|_| "write it with its offset, such as 2026-12-31T18:00:00+01:00".to_owned())
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".into()),
    }
}

/// Seconds with at most three digits behind the point, in milliseconds.
pub(super) fn milliseconds(text: &str) -> Result<u64, String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    if !digits(whole, 9) || !digits(part, 3) {
        return Err("write it as seconds, e.g. 12.5".into());
    }
    let number = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
    Ok(number(whole)? * 1000 + number(&format!("{part:0<3}"))?)
}

/// A number of seconds, or one with `s`, `m`, `h` or `d` behind it.
pub(super) fn life(text: &str) -> Result<std::time::Duration, String> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => 0,
    };
    let count: Option<u64> = text[..text.len() - unit.len()].parse().ok();
    match count.and_then(|count| count.checked_mul(seconds)) {
        Some(life) if life > 0 => Ok(std::time::Duration::from_secs(life)),
        _ => Err("write it as a number with s, m, h or d behind it".into()),
    }
}

pub(super) fn upload_id(text: &str) -> Result<UploadId, String> {
    match text.parse() {
        Ok(id) if id > 0 => Ok(UploadId(id)),
        _ => Err("an upload is named by its number, see `slipway list`".into()),
    }
}

pub(super) fn phase(text: &str) -> Result<PhaseName, String> {
    PhaseName::parse(text).ok_or_else(|| {
        let known: Vec<_> = PhaseName::ALL.iter().map(|phase| phase.as_str()).collect();
        format!("write one of {}", known.join(", "))
    })
}

/// A phase that history knows.
pub(super) fn ended(text: &str) -> Result<PhaseName, String> {
    match PhaseName::parse(text) {
        Some(phase) if phase.is_final() || phase == PhaseName::Processing => Ok(phase),
        _ => Err("write one of published, failed, cancelled, processing".into()),
    }
}

/// A moment in ms since 1970 UTC; of a day, its beginning here.
pub(super) fn moment(text: &str) -> Result<i64, String> {
    at(text, false)
}

/// The same; of a day, its end.
pub(super) fn last_moment(text: &str) -> Result<i64, String> {
    at(text, true)
}

pub(super) fn at(text: &str, ends: bool) -> Result<i64, String> {
    let wrong = || "write a day as 2026-03-01, or a moment as 2026-03-01T12:00:00Z".to_owned();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.as_millisecond());
    }
    // Without its offset a moment is none.
    let day = Some(text).filter(|text| !text.contains(['T', ' ']));
    let day: Date = day.ok_or_else(wrong)?.parse().map_err(|_| wrong())?;
    let day = if ends { day.tomorrow() } else { Ok(day) };
    let start = day.and_then(|day| day.to_zoned(TimeZone::system()));
    start
        .map(|start| start.timestamp().as_millisecond())
        .map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_to_the_millisecond() {
        for (text, ms) in [
            ("0", 0),
            ("12.5", 12_500),
            ("3.07", 3070),
            ("90.001", 90_001),
        ] {
            assert_eq!(milliseconds(text), Ok(ms));
        }
        for text in [
            "",
            "-1",
            "1.2345",
            "1:30",
            ".5",
            "5.",
            "1e3",
            "12s",
            "9999999999",
        ] {
            assert!(milliseconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_life_is_a_number_with_its_unit() {
        for (text, seconds) in [
            ("90", 90),
            ("90s", 90),
            ("30m", 1800),
            ("12h", 43_200),
            ("7d", 604_800),
        ] {
            assert_eq!(life(text), Ok(std::time::Duration::from_secs(seconds)));
        }
        for text in [
            "",
            "0",
            "s",
            "1w",
            "-1s",
            "1.5h",
            "99999999999999999999d",
            "9999999999999999999d",
        ] {
            assert!(life(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_ends_where_the_next_one_begins() {
        assert_eq!(last_moment("2026-03-01"), moment("2026-03-02"));
        assert_eq!(moment("2026-03-01T00:00:01Z"), Ok(1_772_323_201_000));
        for text in ["", "yesterday", "2026-02-30", "2026-03-01T00:00:00", "1"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
