//! What is told when something is wrong: the log of an upload, and the report for support.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt};
use terminal::Terminal;

#[test]
fn the_log_of_an_upload_is_followed_to_its_end_in_a_running_engine() {
    let it = Terminal::with_account();
    it.file("a.mp4", 3_000_000);
    let engine = it.engine();
    it.run(["add", "a.mp4", "--account", "arch"]).ok();
    let followed = it.run(["log", "1", "--follow"]).ok();
    let lines: Vec<_> = followed.stdout.lines().collect();
    assert!(lines[0].ends_with("Now: Opening"), "{lines:?}");
    assert!(followed.stdout.contains("Part 1 landed, "), "{followed:?}");
    assert!(lines.last().unwrap().contains("Published as "), "{lines:?}");
    let log = it.run(["log", "1", "--json"]).ok().json();
    let steps = log.as_array().unwrap();
    assert_eq!(steps.len(), lines.len(), "the same lines");
    assert_eq!(steps[0]["event"], "phase");
    assert_eq!(steps[0]["params"], json!({ "phase": "opening" }));
    let each = it.run(["log", "1", "--follow", "--json"]).ok().events();
    assert_eq!(&each, steps);
    let unknown = it.run(["log", "7", "--json"]);
    assert_eq!(
        (unknown.status, &unknown.error()["code"]),
        (2, &json!("upload_unknown"))
    );
    engine.stop();
    let without = it.run(["log", "1"]).ok();
    assert_eq!(without.stdout, "");
    assert!(
        without.stderr.starts_with("Nothing is logged of it"),
        "{without:?}"
    );
}

#[test]
fn a_report_is_shown_before_it_is_written_for_its_user_alone_and_over_nothing() {
    let it = Terminal::with_account();
    it.file("a private name.mp4", 1000);
    it.run(["add", "a private name.mp4", "--account", "arch"])
        .ok();
    let shown = it.run(["diagnostics"]).ok().stdout;
    for some in [
        "== about.json ==",
        "== settings.json ==",
        "== queue.json ==",
        "== logs/slipway.",
    ] {
        assert!(shown.contains(some), "{some} in {shown}");
    }
    let place = it.path("out").display().to_string();
    assert!(
        !shown.contains("private name") && !shown.contains(&place),
        "{shown}"
    );
    let named = it.run(["diagnostics", "--names"]).ok().stdout;
    assert!(named.contains(&place), "{named}");
    it.run(["diagnostics", "r.zip"]).ok();
    let mode = fs::metadata(it.path("r.zip")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut zip = zip::ZipArchive::new(fs::File::open(it.path("r.zip")).unwrap()).unwrap();
    assert!(zip.by_name("queue.json").is_ok());
    let again = it.run(["diagnostics", "r.zip", "--json"]);
    assert_eq!(
        (again.status, &again.error()["code"]),
        (2, &json!("output_exists"))
    );
    for log in fs::read_dir(it.data().join("logs")).unwrap() {
        let mode = log.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "only its user may read a log");
    }
}
