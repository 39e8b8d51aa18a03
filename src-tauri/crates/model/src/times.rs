//! When an upload may start, when its bytes may move, and when it may be submitted.
//!
//! Pure: clocks and the zone are arguments. Moments are ms since 1970 UTC, so no change of the clocks for summer moves one; only hours of the day are
//! of a zone. Invariant: a moment that comes nearer only because the wall clock was just set forward is not believed at once.

use crate::{
    Cause, Fields, Spec,
    preflight::{Cure, Finding},
};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use std::time::Duration;

/// The common field.
pub const PUBLISH_AT: &str = "publish_at";
/// Where a finding on a start belongs: no field of a manuscript.
const START_AT: &str = "start_at";
/// A proposed moment is this far away at least: enough to press the button.
const AHEAD_MS: i64 = 60_000;
/// The clocks may differ by this before one of them was set.
const SET_MS: i64 = 5_000;
/// For this long a wall clock that jumped forward must stand before a submission trusts it.
pub const SETTLES: Duration = Duration::from_mins(1);
const MINUTES_A_DAY: u16 = 24 * 60;

/// A moment as people and programs write it: RFC 3339, with its offset.
///
/// # Errors
/// `field_not_a_time` with what was written.
pub fn moment(text: &str) -> Result<i64, Cause> {
    let read: Result<Timestamp, _> = text.trim().parse();
    read.map(Timestamp::as_millisecond)
        .map_err(|_| Cause::new("field_not_a_time").with("value", text))
}

/// RFC 3339 with the zone's offset, to the second.
pub fn written(at_ms: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
    let at = at.to_zoned(zone.clone());
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The first whole minute after `after_ms` that leaves time to take it.
pub fn proposed(after_ms: i64) -> i64 {
    ((after_ms + AHEAD_MS).div_euclid(60_000) + 1) * 60_000
}

/// Whether the platform publishes at a time by itself: then it is told the time, and submitted to at once.
pub fn is_native(spec: &Spec) -> bool {
    let mut fields = spec.fields.iter();
    fields.any(|field| field.from.as_deref() == Some(PUBLISH_AT))
}

/// When Slipway is to submit, for platforms that offer no time of their own.
///
/// # Errors
/// As [`moment`].
pub fn publish_at(spec: &Spec, fields: &Fields) -> Result<Option<i64>, Cause> {
    if is_native(spec) {
        return Ok(None);
    }
    wanted(spec, fields).map(moment).transpose()
}

/// The time as it is written: the platform's own before the common one.
pub fn wanted<'a>(spec: &Spec, fields: &'a Fields) -> Option<&'a str> {
    let own = fields.get(&format!("{}.{PUBLISH_AT}", spec.name));
    let text = own.or_else(|| fields.get(PUBLISH_AT))?.trim();
    (!text.is_empty()).then_some(text)
}

/// What is wrong with the times of a manuscript, each refusal with the earliest that would do, and who keeps the time.
pub fn check(
    spec: &Spec,
    fields: &Fields,
    start_at_ms: Option<i64>,
    now_ms: i64,
    zone: &TimeZone,
) -> Option<Finding> {
    if let Some(finding) = start_at_ms.and_then(|at| check_start(at, now_ms, zone)) {
        return Some(finding);
    }
    let of_platform = |cause: Cause| cause.with("platform", &spec.name);
    let at_ms = match moment(wanted(spec, fields)?) {
        Ok(at_ms) => at_ms,
        // Its own field says so.
        Err(_) if is_native(spec) => return None,
        Err(cause) => return Some(Finding::red(of_platform(cause)).on(PUBLISH_AT)),
    };
    let refused = |code: &str, after_ms: i64| {
        let earliest_ms = proposed(after_ms);
        let cause = Cause::new(code)
            .with("value", written(at_ms, zone))
            .with("earliest", written(earliest_ms, zone));
        let cure = Cure::SetTime { at_ms: earliest_ms };
        Some(Finding::red(of_platform(cause)).by(cure).on(PUBLISH_AT))
    };
    match start_at_ms {
        Some(start_ms) if at_ms <= start_ms => refused("publish_at_before_start", start_ms),
        // What else it takes, that too.
        _ if is_native(spec) => None,
        _ if at_ms <= now_ms => refused("publish_at_past", now_ms),
        _ => {
            let code = match spec.limits.unpublished_s {
                Some(0) => "publish_at_sent_then",
                _ => "publish_at_by_slipway",
            };
            let cause = Cause::new(code).with("value", written(at_ms, zone));
            Some(Finding::amber(of_platform(cause)).on(PUBLISH_AT))
        }
    }
}

/// What is wrong with a start.
pub fn check_start(start_at_ms: i64, now_ms: i64, zone: &TimeZone) -> Option<Finding> {
    let passed = Cause::new("start_at_past").with("value", written(start_at_ms, zone));
    let finding = Finding::red(passed).by(Cure::StartNow).on(START_AT);
    (start_at_ms <= now_ms).then_some(finding)
}

/// Before this, an upload that is to be submitted at `publish_at_ms` is not begun: its platform would not keep its bytes for so long.
pub fn begins_after(publish_at_ms: i64, unpublished_s: Option<u32>) -> Option<i64> {
    unpublished_s.map(|kept_s| publish_at_ms.saturating_sub(i64::from(kept_s) * 1000))
}

/// Windows of the day in which bytes may move, in minutes since midnight. One that ends before it begins goes over midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours(Vec<(u16, u16)>);

/// Whether bytes may move, and when that changes; `None`: never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub is_open: bool,
    pub until_ms: Option<i64>,
}

impl Hours {
    /// Reads `22:00-06:00,12:00-13:30`.
    ///
    /// # Errors
    /// `hours_unreadable` with what was written.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let windows = text.split(',').map(|window| {
            let (from, to) = window.split_once('-')?;
            let (from, to) = (minute(from)?, minute(to)?);
            (from != to && from < MINUTES_A_DAY).then_some((from, to))
        });
        let windows: Option<Vec<_>> = windows.collect();
        windows
            .map(Self)
            .ok_or_else(|| Cause::new("hours_unreadable").with("value", text))
    }

    pub(crate) fn has(&self, minute: u16) -> bool {
        self.0.iter().any(|&(from, to)| {
            if from < to {
                (from..to).contains(&minute)
            } else {
                minute >= from || minute < to
            }
        })
    }

    pub(crate) fn has_moment(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let time = at.to_zoned(zone.clone()).time();
        let minute = i16::from(time.hour()) * 60 + i16::from(time.minute());
        self.has(u16::try_from(minute).unwrap_or(0))
    }

    /// Minutes of the day at which one begins or ends.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = u16> + Clone {
        self.0.iter().flat_map(|&(from, to)| [from, to])
    }

    /// As the clock on the wall of `zone` has it, also on the days when it is changed.
    pub fn at(&self, now_ms: i64, zone: &TimeZone) -> Open {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let is_open = self.has_moment(now, zone);
        let differs = |at: &Timestamp| self.has_moment(*at, zone) != is_open;
        let until = next(now, zone, 3, self.bounds(), differs);
        Open {
            is_open,
            until_ms: until.map(Timestamp::as_millisecond),
        }
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (nth, (from, to)) in self.0.iter().enumerate() {
            let comma = if nth > 0 { "," } else { "" };
            let (from_h, from_m, to_h, to_m) = (from / 60, from % 60, to / 60, to % 60);
            write!(f, "{comma}{from_h:02}:{from_m:02}-{to_h:02}:{to_m:02}")?;
        }
        Ok(())
    }
}

/// `07:30` as minutes; `24:00` is the end of the day.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let digits = |text: &str| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= MINUTES_A_DAY).then_some(minute)
}

/// The first moment after `now` that is one of these minutes of a day, or a change of the clock, and of which `differs` is true.
pub(crate) fn next(
    now: Timestamp,
    zone: &TimeZone,
    days: i64,
    minutes: impl Iterator<Item = u16> + Clone,
    differs: impl Fn(&Timestamp) -> bool,
) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone()).date();
    let days = (0..days).filter_map(|days| today.checked_add(days.days()).ok());
    let bounds = days.flat_map(|day| {
        let minutes = minutes.clone();
        minutes.filter_map(move |minute| moment_of(day, minute, zone))
    });
    // The hands also move when the clock is changed.
    let changed = zone.following(now).next().map(|next| next.timestamp());
    let all = bounds.chain(changed);
    all.filter(|at| *at > now).filter(differs).min()
}

/// An hour that the clock skips comes when it has been skipped, one that comes twice comes the first time.
fn moment_of(day: Date, minute: u16, zone: &TimeZone) -> Option<Timestamp> {
    let day = if minute == MINUTES_A_DAY {
        day.tomorrow().ok()?
    } else {
        day
    };
    let (hour, minute) = (minute % MINUTES_A_DAY / 60, minute % 60);
    let at = day.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
    Some(at.to_zoned(zone.clone()).ok()?.timestamp())
}

/// The wall clock beside a steady one that no one can set. The steady one may stand still while the machine sleeps.
#[derive(Debug, Clone, Default)]
pub struct Clocks {
    /// Both when the wall clock was last believed.
    believed: Option<(Duration, i64)>,
    /// Since when it has been further than that.
    jumped: Option<Duration>,
    last: Option<(Duration, i64)>,
}

impl Clocks {
    /// Takes both clocks. `true` when the wall clock was set back since the last look: times kept by it would then lie too far ahead.
    pub fn look(&mut self, steady: Duration, wall_ms: i64) -> bool {
        let off = |(at, then): (Duration, i64)| wall_ms - then - passed_ms(at, steady);
        let set_back = self.last.is_some_and(|last| off(last) < -SET_MS);
        self.last = Some((steady, wall_ms));
        let jump_ms = self.believed.map_or(0, off);
        if jump_ms <= SET_MS {
            (self.believed, self.jumped) = (Some((steady, wall_ms)), None);
        } else {
            let since = *self.jumped.get_or_insert(steady);
            if steady.saturating_sub(since) >= SETTLES {
                (self.believed, self.jumped) = (Some((steady, wall_ms)), None);
            }
        }
        set_back
    }

    /// The time that a submission may go by: the wall clock's, unless it has just jumped forward.
    pub fn sure_ms(&self, steady: Duration, wall_ms: i64) -> i64 {
        match (self.believed, self.jumped) {
            (Some((at, then)), Some(_)) => wall_ms.min(then + passed_ms(at, steady)),
            _ => wall_ms,
        }
    }
}

fn passed_ms(from: Duration, to: Duration) -> i64 {
    i64::try_from(to.saturating_sub(from).as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
