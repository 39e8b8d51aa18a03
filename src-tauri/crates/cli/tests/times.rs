//! Times on the command line: what is no time, what has passed, and what is shown of the others.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use jiff::{Timestamp, ToSpan as _};
use terminal::{Ran, Terminal};

fn hours_from_now(hours: i64) -> String {
    let at = Timestamp::now().checked_add(hours.hours()).unwrap();
    at.to_string()
}

fn in_tokyo(it: &Terminal, args: &[&str]) -> Ran {
    it.command(args)
        .env("TZ", "Asia/Tokyo")
        .output()
        .unwrap()
        .into()
}

#[test]
fn a_time_that_has_passed_or_is_none_is_refused_with_what_would_do_and_nothing_is_added() {
    let it = Terminal::with_account();
    it.file("a.mp4", 1000);
    std::fs::write(it.path("l.csv"), "file,accounts\na.mp4,arch\n").unwrap();
    let (soon, later) = (hours_from_now(1), hours_from_now(2));
    let publish = format!("publish_at={soon}");
    let own = "folder.publish_at=2020-01-01T00:00:00Z";
    let add = ["add", "a.mp4", "--account", "arch"];
    let rows: [(&[&str], &str); 8] = [
        (&["--set", "publish_at=2020-01-01T00:00:00Z"], "has passed"),
        (&["--set", own], "at the earliest"),
        (&["--set", "publish_at=tomorrow"], "'tomorrow' is none"),
        (&["--set", "publish_at=2030-02-30T00:00:00Z"], "is none"),
        // Without an offset nobody knows whose clock is meant.
        (&["--set", "publish_at=2030-01-01T00:00"], "is none"),
        (
            &["--start-at", "2020-01-01T00:00:00Z"],
            "Choose a later one",
        ),
        (&["--start-at", "soon"], "with its offset"),
        (
            &["--set", &publish, "--start-at", &later],
            "the earliest time to publish is",
        ),
    ];
    for (args, told) in rows {
        let ran = it.run(add.iter().chain(args));
        assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
    for (args, told) in [
        (["hours", "25:00-26:00"], "are no hours of the day"),
        (["hours", "night"], "off"),
    ] {
        let ran = it.run(args);
        assert_eq!(
            (ran.status, ran.stderr.contains(told)),
            (2, true),
            "{ran:?}"
        );
    }
    let list = ["add", "--from", "l.csv", "--together"];
    assert_eq!(it.run(list).status, 2);
    assert_eq!(
        it.run(["list", "--json"]).ok().json(),
        serde_json::json!([])
    );
}

#[test]
fn a_past_time_to_start_is_refused_for_what_is_in_the_queue_too() {
    let it = Terminal::with_account();
    it.file("a.mp4", 1000);
    it.run(["add", "a.mp4", "--account", "arch"]).ok();
    let ran = it.run(["start", "1", "--at", "2020-01-01T00:00:00Z"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("has passed"), "{ran:?}");
}

#[test]
fn times_are_shown_with_the_zone_of_the_machine() {
    let it = Terminal::with_account();
    it.file("a.mp4", 1000);
    let start = "2036-01-02T18:30:00Z";
    it.run(["add", "a.mp4", "--account", "arch", "--start-at", start])
        .ok();
    let shown = in_tokyo(&it, &["show", "1"]).ok();
    let said = "Starts at 2036-01-03 03:30 UTC+09:00";
    assert!(shown.stdout.contains(said), "{}", shown.stdout);
    let json = it.run(["show", "1", "--json"]).ok().json();
    assert_eq!(json["start_at"], "2036-01-02T18:30:00.000Z");
    let hours = in_tokyo(&it, &["hours", "22:00-06:00"]).ok();
    let said = "Bytes move at 22:00-06:00 (Asia/Tokyo UTC+09:00).";
    assert!(hours.stderr.contains(said), "{hours:?}");
    let off = it.run(["hours", "off", "--json"]).ok().json();
    assert_eq!(off["hours"], serde_json::Value::Null);
}
