//! Variables in a manuscript's fields: `{date:%Y-%m-%d} {index:03} {filename} {folder} {duration}`.
//!
//! Pure: the day, the place in the row of files and what is known of the file come in. A brace that is meant as one is written twice. Always holds: what
//! is not understood is refused with its place, never left standing in a title.

use crate::Cause;
use jiff::{Timestamp, Zoned, fmt::strtime, tz::TimeZone};

/// What variables stand for.
#[derive(Debug, Clone, Copy)]
pub struct Variables<'a> {
    /// The user's own clock when the manuscript is made.
    pub date: &'a Zoned,
    /// The file's place among those added together, from 1.
    pub index: u32,
    /// The file's name without its last extension.
    pub file_name: &'a str,
    /// The name of the folder that it lies in.
    pub folder: &'a str,
    /// `None` where the file does not tell it; written as nothing.
    pub duration_ms: Option<u64>,
}

const NAMES: &str = "date, index, filename, folder, duration";
/// A filled text is not longer, in bytes: no field of any platform is, and a format may ask for any width.
const FILLED_MAX_BYTES: usize = 100_000;

/// The text with its variables filled in.
///
/// # Errors
/// `template_variable_unknown` with `name`, `template_format_invalid` with `name` and `format`, `template_brace` for one without its other, and
/// `template_too_long`; all with `at`, the character's place from 1.
pub fn fill(text: &str, with: &Variables<'_>) -> Result<String, Cause> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out += &rest[..at];
        let brace = &rest[at..=at];
        let behind = &rest[at + 1..];
        let place = text[..text.len() - rest.len() + at].chars().count() + 1;
        if behind.starts_with(brace) {
            out += brace;
            rest = &behind[1..];
            continue;
        }
        let end = behind
            .find(['{', '}'])
            .filter(|end| brace == "{" && behind[*end..].starts_with('}'));
        let end = end.ok_or_else(|| Cause::new("template_brace").with("at", place))?;
        let (name, format) = behind[..end]
            .split_once(':')
            .unwrap_or((&behind[..end], ""));
        out += &value(name.trim(), format, with).map_err(|cause| cause.with("at", place))?;
        if out.len() > FILLED_MAX_BYTES {
            let cause = Cause::new("template_too_long").with("max_bytes", FILLED_MAX_BYTES);
            return Err(cause.with("at", place));
        }
        rest = &behind[end + 1..];
    }
    Ok(out + rest)
}

/// Whether a text can be filled in, before there is a file.
///
/// # Errors
/// Those of [`fill`].
pub fn check(text: &str) -> Result<(), Cause> {
    let date = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    let any = Variables {
        date: &date,
        index: 1,
        file_name: "",
        folder: "",
        duration_ms: None,
    };
    fill(text, &any).map(drop)
}

/// Whether a text asks for the length of the video, which must be read from the file.
pub fn asks_duration(text: &str) -> bool {
    text.contains("duration")
}

fn value(name: &str, format: &str, with: &Variables<'_>) -> Result<String, Cause> {
    let invalid = || {
        let example = match name {
            "date" => "{date:%Y-%m-%d}".to_owned(),
            "index" => "{index:03}".to_owned(),
            name => format!("{{{name}}}"),
        };
        let cause = Cause::new("template_format_invalid").with("name", name);
        cause.with("format", format).with("example", example)
    };
    let plain = |value: &str| {
        if format.is_empty() {
            Ok(value.to_owned())
        } else {
            Err(invalid())
        }
    };
    match name {
        "date" => {
            let format = if format.is_empty() {
                "%Y-%m-%d"
            } else {
                format
            };
            strtime::format(format, with.date).map_err(|_| invalid())
        }
        "index" => {
            let width: usize = if format.is_empty() {
                0
            } else {
                format.parse().map_err(|_| invalid())?
            };
            let width = if width <= 9 {
                width
            } else {
                return Err(invalid());
            };
            Ok(format!("{:0width$}", with.index))
        }
        "filename" => plain(with.file_name),
        "folder" => plain(with.folder),
        "duration" => plain(&with.duration_ms.map(length).unwrap_or_default()),
        _ => Err(Cause::new("template_variable_unknown")
            .with("name", name)
            .with("known", NAMES)),
    }
}

/// `3:07`, `1:02:03`: as players show it.
fn length(ms: u64) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> Zoned {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let day = jiff::civil::date(2026, 3, 9).at(8, 5, 7, 0);
        day.to_zoned(zone).unwrap()
    }

    fn variables(date: &Zoned) -> Variables<'_> {
        Variables {
            date,
            index: 7,
            file_name: "海辺 {raw}",
            folder: "Trip",
            duration_ms: Some(3_723_900),
        }
    }

    #[test]
    fn each_variable_is_filled_in() {
        for (text, filled) in [
            ("", ""),
            ("no variable", "no variable"),
            ("{filename}", "海辺 {raw}"),
            ("{folder} #{index:03} – {date}", "Trip #007 – 2026-03-09"),
            ("{date:%d.%m.%y %H:%M}", "09.03.26 08:05"),
            ("{date:%FT%T%:z}", "2026-03-09T08:05:07+09:00"),
            ("{index}{index:1}{index:2}", "7707"),
            ("{duration}", "1:02:03"),
            ("{{{index}}}", "{7}"),
            ("旅 { index }", "旅 7"),
        ] {
            assert_eq!(
                fill(text, &variables(&day())).as_deref(),
                Ok(filled),
                "{text}"
            );
            assert_eq!(check(text), Ok(()));
        }
        let day = day();
        let short = |duration_ms| Variables {
            duration_ms,
            ..variables(&day)
        };
        assert_eq!(
            fill("{duration}", &short(Some(187_000))).as_deref(),
            Ok("3:07")
        );
        assert_eq!(fill("({duration})", &short(None)).as_deref(), Ok("()"));
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        for (text, code, at) in [
            ("海 {title}", "template_variable_unknown", "3"),
            ("{}", "template_variable_unknown", "1"),
            ("{index:03d}", "template_format_invalid", "1"),
            ("{index:10}", "template_format_invalid", "1"),
            ("{date:%Q%}", "template_format_invalid", "1"),
            ("x{filename:3}", "template_format_invalid", "2"),
            ("{date", "template_brace", "1"),
            ("ab}", "template_brace", "3"),
            ("{a{index}", "template_brace", "1"),
        ] {
            let cause = fill(text, &variables(&day())).unwrap_err();
            assert_eq!(
                check(text).unwrap_err(),
                cause,
                "as it is seen without a file"
            );
            assert_eq!(
                (cause.code.as_str(), cause.params["at"].as_str()),
                (code, at),
                "{text}"
            );
        }
    }

    #[test]
    fn a_format_that_asks_for_endless_room_is_refused() {
        let text = "{date:%20Y}".repeat(6000);
        let filled = fill(&text, &variables(&day())).map(|text| text.len());
        assert_eq!(filled.unwrap_err().code, "template_too_long");
        for text in ["{date:%99999999999Y}", "{index:99999999999999999999}"] {
            assert_eq!(check(text).unwrap_err().code, "template_format_invalid");
        }
    }
}
