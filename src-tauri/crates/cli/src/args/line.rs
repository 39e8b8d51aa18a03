//! What may be written behind `slipway limit`, `slipway turtle` and `slipway line`: how fast bytes move, and when.

use super::words::{pair, upload_id};
use clap::{Args, Subcommand};
use slipway_model::{UploadId, line::LineOrder, rate, timetable::Level};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Limit {
    /// For all uploads together, for example 20MB/s, 8Mbit/s, or off
    #[arg(value_parser = speed, value_name = "RATE|off")]
    pub(crate) rate: Option<Speed>,
    /// For all uploads of this account together
    #[arg(long, value_name = "L", requires = "rate")]
    pub(crate) account: Option<String>,
    /// For this upload alone
    #[arg(long, value_name = "ID", value_parser = upload_id, requires = "rate", conflicts_with = "account")]
    pub(crate) upload: Vec<UploadId>,
    #[command(subcommand)]
    pub(crate) grid: Option<LimitGrid>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LimitGrid {
    /// Show how fast bytes may move at which hour of the week, or paint it
    Grid(Grid),
}

#[derive(Debug, Args)]
pub(crate) struct LineWish {
    /// One file gets the line until it is done, or all get their share
    #[arg(long, value_parser = line_order, value_name = "finish-first|share")]
    pub(crate) order: Option<LineOrder>,
    /// Uploads under way at once
    #[arg(long, value_name = "N")]
    pub(crate) uploads: Option<u32>,
    /// Parts in flight to one host
    #[arg(long, value_parser = count, value_name = "N|auto")]
    pub(crate) parts: Option<Count>,
    /// Slow down as soon as packets queue up, so that calls and streams stay smooth
    #[arg(long, value_parser = on_off, value_name = "on|off")]
    pub(crate) headroom: Option<bool>,
    /// Uploads to one platform under way at once
    #[arg(long, value_parser = platform_count, value_name = "NAME=N|NAME=auto")]
    pub(crate) platform: Vec<(String, Count)>,
}

/// `None` is as many as are found to be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) Option<u32>);

fn count(text: &str) -> Result<Count, String> {
    if text == "auto" {
        return Ok(Count(None));
    }
    let number = text.parse().map_err(|_| "write a number, or auto");
    Ok(Count(Some(number?)))
}

fn platform_count(text: &str) -> Result<(String, Count), String> {
    let (name, number) = pair(text)?;
    Ok((name, count(&number)?))
}

fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("write on or off".into()),
    }
}

fn line_order(text: &str) -> Result<LineOrder, String> {
    match text {
        "finish-first" => Ok(LineOrder::FinishFirst),
        "share" => Ok(LineOrder::Share),
        _ => Err("write finish-first or share".into()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Grid {
    /// For example mon-fri, sat,sun, or all
    #[arg(value_parser = days, value_name = "DAYS", requires = "hours")]
    pub(crate) days: Option<Days>,
    /// For example 9-18; 22-6 goes on into the next day
    #[arg(value_parser = hours_of_day, value_name = "HOURS", requires = "level")]
    pub(crate) hours: Option<HoursOfDay>,
    /// What holds then: full speed, cap, turtle, or off (no bytes move)
    #[arg(value_parser = level, value_name = "full|cap|turtle|off")]
    pub(crate) level: Option<Level>,
    /// How fast the level `cap` is
    #[arg(long, value_parser = some_speed, value_name = "RATE")]
    pub(crate) cap: Option<u64>,
}

/// From Monday, 0 to 6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Days(pub(crate) Vec<usize>);

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn days(text: &str) -> Result<Days, String> {
    let day = |name: &str| DAYS.iter().position(|day| *day == name);
    let mut found = Vec::new();
    for span in text.to_lowercase().split(',') {
        let (from, to) = match (span, span.split_once('-')) {
            ("all", _) => (Some(0), Some(6)),
            (_, Some((from, to))) => (day(from), day(to)),
            (one, None) => (day(one), day(one)),
        };
        let (Some(from), Some(to)) = (from, to) else {
            return Err(format!("write all, or days such as {}", DAYS.join(",")));
        };
        // From Friday to Monday is over the week's end.
        found.extend((from..=if from <= to { to } else { to + 7 }).map(|day| day % 7));
    }
    found.sort_unstable();
    found.dedup();
    Ok(Days(found))
}

/// The first, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HoursOfDay(pub(crate) usize, pub(crate) usize);

fn hours_of_day(text: &str) -> Result<HoursOfDay, String> {
    let hour = |text: &str| {
        let whole = text.strip_suffix(":00").unwrap_or(text);
        whole.parse::<usize>().ok().filter(|hour| *hour <= 24)
    };
    let span = text.split_once('-');
    let span = span.and_then(|(from, to)| Some((hour(from)?, hour(to)?)));
    match span {
        Some((from, to)) if from < to => Ok(HoursOfDay(from, to - from)),
        Some((from, to)) if from > to && from < 24 => Ok(HoursOfDay(from, 24 - from + to)),
        _ => Err("write whole hours such as 9-18 or 22-6".into()),
    }
}

fn level(text: &str) -> Result<Level, String> {
    match text {
        "full" => Ok(Level::Full),
        "cap" => Ok(Level::Cap),
        "turtle" => Ok(Level::Turtle),
        "off" => Ok(Level::Off),
        _ => Err("write full, cap, turtle or off".into()),
    }
}

/// Bytes per second; `None` is no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speed(pub(crate) Option<u64>);

pub(super) fn speed(text: &str) -> Result<Speed, String> {
    rate::parse(text).map(Speed)
}

fn some_speed(text: &str) -> Result<u64, String> {
    rate::parse(text)?.ok_or_else(|| "write a speed such as 5MB/s".into())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TurtleWord {
    On,
    Off,
    Rate(u64),
}

pub(super) fn turtle(text: &str) -> Result<TurtleWord, String> {
    match text {
        "on" => Ok(TurtleWord::On),
        "off" => Ok(TurtleWord::Off),
        rate => match rate::parse(rate) {
            Ok(Some(rate)) => Ok(TurtleWord::Rate(rate)),
            _ => Err("write on, off, or a speed such as 500kB/s".into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_hours_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("all", vec![0, 1, 2, 3, 4, 5, 6]),
            ("mon-fri", vec![0, 1, 2, 3, 4]),
            ("Sat,sun", vec![5, 6]),
            ("fri-mon", vec![0, 4, 5, 6]),
        ] {
            assert_eq!(days(text), Ok(Days(wanted)), "{text}");
        }
        for (text, from, count) in [
            ("9-18", 9, 9),
            ("22-6", 22, 8),
            ("0-24", 0, 24),
            ("09:00-10:00", 9, 1),
        ] {
            assert_eq!(hours_of_day(text), Ok(HoursOfDay(from, count)), "{text}");
        }
        for text in ["", "monday", "mon-", "1"] {
            assert!(days(text).is_err(), "{text}");
        }
        for text in ["", "9", "9-9", "9-25", "24-3", "09:30-10:00", "-1-3"] {
            assert!(hours_of_day(text).is_err(), "{text}");
        }
    }
}
