use super::*;
use crate::preflight::{Cure, Severity};

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn ms(text: &str) -> i64 {
    moment(text).unwrap()
}

fn spec(native: bool, unpublished_s: Option<u32>) -> Spec {
    let fields = if native {
        serde_json::json!([{ "name": "when", "kind": "time", "from": "publish_at", "label": {} }])
    } else {
        serde_json::json!([])
    };
    serde_json::from_value(serde_json::json!({
        "name": "p", "label": {}, "mark": "Pp", "remote": true, "fields": fields,
        "limits": { "part_min_bytes": 1, "part_max_bytes": 0, "part_bytes": 1, "parts_at_once": 1,
            "uploads_at_once": 1, "file_max_bytes": 10, "unpublished_s": unpublished_s },
    }))
    .unwrap()
}

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    let pairs = pairs.into_iter();
    pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

#[test]
fn a_time_that_would_be_refused_is_refused_with_the_earliest_that_would_do() {
    let (here, now) = (zone("Europe/Berlin"), ms("2026-11-22T09:00:20Z"));
    let found = |value: &str, start: Option<&str>| {
        let fields = fields([("publish_at", value)]);
        let found = check(&spec(false, None), &fields, start.map(ms), now, &here)?;
        let earliest = found.cause.params.get("earliest").cloned();
        let cure = match &earliest {
            Some(earliest) => Cure::SetTime {
                at_ms: ms(earliest),
            },
            None => Cure::Edit,
        };
        assert_eq!(found.cure, Some(cure));
        Some((
            found.severity,
            found.cause.code,
            earliest.unwrap_or_default(),
        ))
    };
    let red = |code: &str, earliest: &str| Some((Severity::Red, code.into(), earliest.into()));
    for (value, start, wanted) in [
        ("", None, None),
        ("tomorrow", None, red("field_not_a_time", "")),
        ("2026-11-23T10:00", None, red("field_not_a_time", "")),
        (
            "2026-11-22T10:00:20+01:00",
            None,
            red("publish_at_past", "2026-11-22T10:02:00+01:00"),
        ),
        (
            "2026-11-22T11:00:00Z",
            Some("2026-11-22T12:00:00Z"),
            red("publish_at_before_start", "2026-11-22T13:02:00+01:00"),
        ),
        (
            "2026-11-22T11:00:00Z",
            None,
            Some((
                Severity::Amber,
                "publish_at_by_slipway".into(),
                String::new(),
            )),
        ),
    ] {
        assert_eq!(found(value, start), wanted, "{value}");
    }
}

#[test]
fn a_start_that_has_passed_is_refused_before_all_else() {
    let now = ms("2026-11-22T09:00:00Z");
    let found = |start_ms: i64| {
        let fields = fields([("publish_at", "2020-01-01T00:00:00Z")]);
        let found = check(
            &spec(false, None),
            &fields,
            Some(start_ms),
            now,
            &TimeZone::UTC,
        );
        let found = found.unwrap();
        (found.cause.code, found.cure.unwrap())
    };
    assert_eq!(found(now), ("start_at_past".into(), Cure::StartNow));
    assert_eq!(found(now + 1).0, "publish_at_before_start");
}

#[test]
fn a_platforms_own_time_goes_before_the_common_one_and_a_native_one_is_not_kept_here() {
    let both = fields([
        ("publish_at", "2026-11-22T11:00:00Z"),
        ("p.publish_at", "2026-11-22T12:00:00Z"),
    ]);
    let at = ms("2026-11-22T12:00:00Z");
    assert_eq!(publish_at(&spec(false, None), &both), Ok(Some(at)));
    assert_eq!(publish_at(&spec(true, None), &both), Ok(None));
    let native = check(&spec(true, None), &both, None, 0, &TimeZone::UTC);
    assert_eq!(native, None, "the platform keeps the time");
    let at_once = check(&spec(false, Some(0)), &both, None, 0, &TimeZone::UTC).unwrap();
    assert_eq!(at_once.cause.code, "publish_at_sent_then");
    assert_eq!(begins_after(at, Some(3600)), Some(at - 3_600_000));
    assert_eq!(begins_after(at, None), None);
}

#[test]
fn hours_are_read_as_they_are_written_and_nothing_else_is() {
    for text in ["22:00-06:00,12:00-13:30", "00:00-24:00"] {
        assert_eq!(Hours::parse(text).unwrap().to_string(), text);
    }
    for text in [
        "",
        "8-9",
        "08:00",
        "08:60-09:00",
        "24:00-01:00",
        "08:00-08:00",
        "+8:00-09:00",
    ] {
        assert_eq!(
            Hours::parse(text).unwrap_err().code,
            "hours_unreadable",
            "{text}"
        );
    }
}

#[test]
fn hours_are_those_of_the_clock_on_the_wall_also_when_it_is_changed() {
    let rows = [
        // window, now, open, until
        (
            "22:00-06:00",
            "2026-11-22T21:00:00+01:00",
            false,
            "2026-11-22T22:00:00+01:00",
        ),
        (
            "22:00-06:00",
            "2026-11-22T23:00:00+01:00",
            true,
            "2026-11-23T06:00:00+01:00",
        ),
        // Clocks go forward at 02:00: the night is an hour shorter.
        (
            "22:00-06:00",
            "2026-03-28T23:00:00+01:00",
            true,
            "2026-03-29T06:00:00+02:00",
        ),
        // That window does not come on this day: the next is a day later.
        (
            "02:10-02:50",
            "2026-03-29T01:00:00+01:00",
            false,
            "2026-03-30T02:10:00+02:00",
        ),
        // Clocks go back at 03:00: the hour comes twice, and so does the window.
        (
            "02:30-02:50",
            "2026-10-25T02:40:00+02:00",
            true,
            "2026-10-25T02:50:00+02:00",
        ),
        (
            "02:30-03:30",
            "2026-10-25T02:40:00+02:00",
            true,
            "2026-10-25T02:00:00+01:00",
        ),
    ];
    for (hours, now, is_open, until) in rows {
        let open = Hours::parse(hours)
            .unwrap()
            .at(ms(now), &zone("Europe/Berlin"));
        assert_eq!(
            (open.is_open, open.until_ms),
            (is_open, Some(ms(until))),
            "{hours} {now}"
        );
    }
    let always = Hours::parse("00:00-24:00").unwrap().at(0, &TimeZone::UTC);
    assert_eq!((always.is_open, always.until_ms), (true, None));
}

/// A day of the clocks, in seconds: what both show, and what a submission may go by.
fn walk(steps: &[(u64, i64, bool, i64)]) {
    let mut clocks = Clocks::default();
    for &(steady_s, wall_s, set_back, sure_s) in steps {
        let (steady, wall_ms) = (Duration::from_secs(steady_s), wall_s * 1000);
        assert_eq!(clocks.look(steady, wall_ms), set_back, "at {steady_s}");
        assert_eq!(
            clocks.sure_ms(steady, wall_ms),
            sure_s * 1000,
            "at {steady_s}"
        );
    }
}

#[test]
fn a_clock_set_forward_and_back_brings_no_submission_forward() {
    walk(&[
        (0, 1000, false, 1000),
        (15, 1015, false, 1015),
        (30, 9030, false, 1030), // set forward by hours
        (75, 9075, false, 1075), // and not believed
        (80, 1080, true, 1080),  // until it was set right
        (200, 1200, false, 1200),
    ]);
}

#[test]
fn a_clock_that_stands_after_a_jump_or_a_sleep_is_believed_a_minute_later() {
    walk(&[
        (0, 1000, false, 1000),
        (15, 9015, false, 1015),
        (74, 9074, false, 1074),
        (75, 9075, false, 9075),
        (90, 9090, false, 9090),
    ]);
}

#[test]
fn a_clock_set_back_is_believed_at_once_and_a_drifting_one_always() {
    walk(&[
        (0, 9000, false, 9000),
        (15, 1015, true, 1015),
        (30, 1034, false, 1034), // 4 s more than it should be
        (45, 1053, false, 1053),
    ]);
}
