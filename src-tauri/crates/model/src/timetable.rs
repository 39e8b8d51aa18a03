//! How fast bytes may move at which hour of the week.
//!
//! Pure: a moment and a zone come in, the level that holds goes out, with when it changes. There is one timetable: hours of the day, or levels painted
//! on a week. Always holds: what is asked about is the clock on the wall, also on days when that is changed.

use crate::{
    Cause,
    times::{self, Hours},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

pub const HOURS_A_WEEK: usize = 7 * 24;
/// The rate of [`Level::Cap`] until its user says otherwise, in bytes per second.
pub const CAP_BYTES_PER_SECOND: u64 = 5_000_000;
/// A level that lasts longer than this has no end worth telling.
const DAYS_AHEAD: i64 = 8;

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No limit by the timetable.
    #[default]
    Full,
    /// At most at the rate that is chosen for it.
    Cap,
    /// At most at the turtle's rate.
    Turtle,
    /// No bytes move.
    Off,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::Full, Self::Cap, Self::Turtle, Self::Off];

    fn letter(self) -> char {
        match self {
            Self::Full => 'f',
            Self::Cap => 'c',
            Self::Turtle => 't',
            Self::Off => 'o',
        }
    }
}

/// A level for each hour of the week, from Monday at midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week([Level; HOURS_A_WEEK]);

impl Default for Week {
    fn default() -> Self {
        Self([Level::Full; HOURS_A_WEEK])
    }
}

impl Week {
    /// `None` unless there is one level for each hour.
    pub fn new(levels: &[Level]) -> Option<Self> {
        levels.try_into().ok().map(Self)
    }

    /// Those of each hour; an hour that is not open to its end is off.
    pub fn of_hours(hours: &Hours) -> Self {
        let mut week = Self::default();
        for (hour, level) in week.0.iter_mut().enumerate() {
            let begin = (hour % 24 * 60) as u16;
            if !(begin..begin + 60).all(|minute| hours.has(minute)) {
                *level = Level::Off;
            }
        }
        week
    }

    pub fn levels(&self) -> &[Level] {
        &self.0
    }

    pub fn level(&self, day: usize, hour: usize) -> Level {
        self.0[(day * 24 + hour) % HOURS_A_WEEK]
    }

    /// From an hour of a day, as many hours; over midnight into the next day.
    pub fn paint(&mut self, day: usize, hour: usize, hours: usize, level: Level) {
        for n in 0..hours.min(HOURS_A_WEEK) {
            self.0[(day * 24 + hour + n) % HOURS_A_WEEK] = level;
        }
    }

    fn at(&self, at: Timestamp, zone: &TimeZone) -> Level {
        let (day, hour) = place(at, zone);
        self.level(day, hour)
    }
}

/// The day of the week, from Monday, and the hour, as the clock on the wall has them.
pub fn place(at: Timestamp, zone: &TimeZone) -> (usize, usize) {
    let here = at.to_zoned(zone.clone());
    let day = here.weekday().to_monday_zero_offset();
    (
        usize::from(day.unsigned_abs()),
        usize::from(here.hour().unsigned_abs()),
    )
}

/// What holds in which hour, in one of two ways to say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timetable {
    /// The same each day, to the minute.
    Hours(Hours),
    Week(Week),
}

/// The level of now.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Present {
    pub level: Level,
    /// When it changes, in ms since 1970 UTC; `null`: not within a week.
    pub until_ms: Option<i64>,
    /// What it is then.
    pub next: Option<Level>,
}

const WEEK: &str = "week:";

impl Timetable {
    /// Reads what `Display` writes.
    ///
    /// # Errors
    /// `hours_unreadable` with what was written.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let Some(letters) = text.strip_prefix(WEEK) else {
            return Hours::parse(text).map(Self::Hours);
        };
        let level = |letter: char| {
            Level::ALL
                .into_iter()
                .find(|level| level.letter() == letter)
        };
        let levels: Option<Vec<_>> = letters.chars().map(level).collect();
        levels
            .and_then(|levels| Week::new(&levels))
            .map(Self::Week)
            .ok_or_else(|| Cause::new("hours_unreadable").with("value", text))
    }

    pub fn week(&self) -> Week {
        match self {
            Self::Hours(hours) => Week::of_hours(hours),
            Self::Week(week) => week.clone(),
        }
    }

    fn level(&self, at: Timestamp, zone: &TimeZone) -> Level {
        match self {
            Self::Hours(hours) if hours.has_moment(at, zone) => Level::Full,
            Self::Hours(_) => Level::Off,
            Self::Week(week) => week.at(at, zone),
        }
    }

    /// An hour that the clock skips is never; one that comes twice holds twice.
    pub fn at(&self, now_ms: i64, zone: &TimeZone) -> Present {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let level = self.level(now, zone);
        let differs = |at: &Timestamp| self.level(*at, zone) != level;
        let next = match self {
            Self::Hours(hours) => times::next(now, zone, DAYS_AHEAD, hours.bounds(), differs),
            Self::Week(_) => times::next(
                now,
                zone,
                DAYS_AHEAD,
                (0..24).map(|hour| hour * 60),
                differs,
            ),
        };
        Present {
            level,
            until_ms: next.map(Timestamp::as_millisecond),
            next: next.map(|at| self.level(at, zone)),
        }
    }
}

impl std::fmt::Display for Timetable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hours(hours) => hours.fmt(f),
            Self::Week(week) => {
                let letters: String = week.0.iter().map(|level| level.letter()).collect();
                write!(f, "{WEEK}{letters}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::times::moment;
    use Level::{Cap, Full, Off, Turtle};

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    /// Each moment with the level that holds in it, and from when which other one does.
    fn look(table: &Timetable, zone_name: &str, rows: &[(&str, Level, &str, Level)]) {
        for (now, level, until, next) in rows {
            let present = table.at(moment(now).unwrap(), &zone(zone_name));
            let wanted = Present {
                level: *level,
                until_ms: Some(moment(until).unwrap()),
                next: Some(*next),
            };
            assert_eq!(present, wanted, "{now} in {zone_name}");
        }
    }

    fn painted(spans: &[(usize, usize, usize, Level)]) -> Timetable {
        let mut week = Week::default();
        for (day, hour, hours, level) in spans {
            week.paint(*day, *hour, *hours, *level);
        }
        Timetable::Week(week)
    }

    #[test]
    fn a_level_goes_over_midnight_and_over_the_end_of_the_week() {
        // Sunday from 22:00 to Monday at 3:00; 2026-11-22 is a Sunday.
        let table = painted(&[(6, 22, 5, Off), (0, 3, 1, Turtle)]);
        look(
            &table,
            "Europe/Berlin",
            &[
                (
                    "2026-11-22T21:59:59+01:00",
                    Full,
                    "2026-11-22T22:00:00+01:00",
                    Off,
                ),
                (
                    "2026-11-22T22:00:00+01:00",
                    Off,
                    "2026-11-23T03:00:00+01:00",
                    Turtle,
                ),
                (
                    "2026-11-22T23:59:59+01:00",
                    Off,
                    "2026-11-23T03:00:00+01:00",
                    Turtle,
                ),
                (
                    "2026-11-23T00:00:00+01:00",
                    Off,
                    "2026-11-23T03:00:00+01:00",
                    Turtle,
                ),
                (
                    "2026-11-23T03:30:00+01:00",
                    Turtle,
                    "2026-11-23T04:00:00+01:00",
                    Full,
                ),
                (
                    "2026-11-23T04:00:00+01:00",
                    Full,
                    "2026-11-29T22:00:00+01:00",
                    Off,
                ),
            ],
        );
    }

    #[test]
    fn an_hour_that_is_skipped_is_never() {
        // Sunday, 2027-03-28: 2:00 becomes 3:00 in Berlin.
        let table = painted(&[(6, 2, 1, Off), (6, 4, 1, Cap)]);
        look(
            &table,
            "Europe/Berlin",
            &[
                (
                    "2027-03-28T01:30:00+01:00",
                    Full,
                    "2027-03-28T04:00:00+02:00",
                    Cap,
                ),
                (
                    "2027-03-28T03:00:00+02:00",
                    Full,
                    "2027-03-28T04:00:00+02:00",
                    Cap,
                ),
                (
                    "2027-03-28T04:30:00+02:00",
                    Cap,
                    "2027-03-28T05:00:00+02:00",
                    Full,
                ),
                (
                    "2027-03-28T05:00:00+02:00",
                    Full,
                    "2027-04-04T02:00:00+02:00",
                    Off,
                ),
            ],
        );
        let from_two = painted(&[(6, 2, 3, Off)]);
        let begins = (
            "2027-03-28T01:59:00+01:00",
            Full,
            "2027-03-28T03:00:00+02:00",
            Off,
        );
        let ends = (
            "2027-03-28T03:00:00+02:00",
            Off,
            "2027-03-28T05:00:00+02:00",
            Full,
        );
        look(&from_two, "Europe/Berlin", &[begins, ends]);
    }

    #[test]
    fn an_hour_that_comes_twice_holds_twice() {
        // Sunday, 2026-10-25: 3:00 becomes 2:00 in Berlin.
        let table = painted(&[(6, 2, 1, Off)]);
        look(
            &table,
            "Europe/Berlin",
            &[
                (
                    "2026-10-25T01:59:00+02:00",
                    Full,
                    "2026-10-25T02:00:00+02:00",
                    Off,
                ),
                (
                    "2026-10-25T02:30:00+02:00",
                    Off,
                    "2026-10-25T03:00:00+01:00",
                    Full,
                ),
                (
                    "2026-10-25T02:30:00+01:00",
                    Off,
                    "2026-10-25T03:00:00+01:00",
                    Full,
                ),
            ],
        );
        // What is before it comes again as well: from 2:00 for the second time it is off again.
        let before = painted(&[(6, 1, 1, Turtle), (6, 2, 1, Off), (6, 3, 1, Cap)]);
        look(
            &before,
            "Europe/Berlin",
            &[
                (
                    "2026-10-25T01:30:00+02:00",
                    Turtle,
                    "2026-10-25T02:00:00+02:00",
                    Off,
                ),
                (
                    "2026-10-25T02:59:59+02:00",
                    Off,
                    "2026-10-25T03:00:00+01:00",
                    Cap,
                ),
            ],
        );
    }

    #[test]
    fn an_hour_is_that_of_the_wall_in_zones_of_half_hours() {
        let table = painted(&[(0, 9, 9, Cap)]);
        look(
            &table,
            "Asia/Kolkata",
            &[
                ("2026-11-23T03:29:59Z", Full, "2026-11-23T03:30:00Z", Cap),
                ("2026-11-23T03:30:00Z", Cap, "2026-11-23T12:30:00Z", Full),
            ],
        );
        // Lord Howe sets its clock by half an hour: on 2026-10-04, a Sunday, 2:00 becomes 2:30; on 2027-04-04 2:00 becomes 1:30.
        let table = painted(&[(6, 2, 1, Off), (6, 1, 1, Turtle)]);
        look(
            &table,
            "Australia/Lord_Howe",
            &[
                (
                    "2026-10-04T01:59:00+10:30",
                    Turtle,
                    "2026-10-04T02:30:00+11:00",
                    Off,
                ),
                (
                    "2026-10-04T02:45:00+11:00",
                    Off,
                    "2026-10-04T03:00:00+11:00",
                    Full,
                ),
                (
                    "2027-04-04T01:45:00+11:00",
                    Turtle,
                    "2027-04-04T02:00:00+10:30",
                    Off,
                ),
                (
                    "2027-04-04T01:45:00+10:30",
                    Turtle,
                    "2027-04-04T02:00:00+10:30",
                    Off,
                ),
            ],
        );
    }

    #[test]
    fn a_week_of_one_level_never_changes() {
        let table = painted(&[(0, 0, HOURS_A_WEEK, Off)]);
        let present = table.at(0, &zone("Asia/Tokyo"));
        assert_eq!((present.level, present.until_ms), (Off, None));
    }

    #[test]
    fn hours_of_the_day_are_a_timetable_too() {
        let table = Timetable::parse("22:30-06:00").unwrap();
        look(
            &table,
            "Europe/Berlin",
            &[
                (
                    "2026-11-22T22:10:00+01:00",
                    Off,
                    "2026-11-22T22:30:00+01:00",
                    Full,
                ),
                (
                    "2026-11-22T23:10:00+01:00",
                    Full,
                    "2026-11-23T06:00:00+01:00",
                    Off,
                ),
            ],
        );
        let week = table.week();
        assert_eq!(week.level(3, 22), Off, "not open to its end");
        assert_eq!(
            [week.level(3, 23), week.level(3, 5), week.level(3, 6)],
            [Full, Full, Off]
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        for table in [
            painted(&[(2, 5, 30, Turtle), (6, 20, 1, Cap)]),
            Timetable::parse("08:00-12:30").unwrap(),
        ] {
            assert_eq!(Timetable::parse(&table.to_string()), Ok(table));
        }
        for text in [
            "week:",
            "week:ffff",
            &format!("week:{}", "x".repeat(HOURS_A_WEEK)),
            "week",
        ] {
            assert!(Timetable::parse(text).is_err(), "{text}");
        }
    }
}
