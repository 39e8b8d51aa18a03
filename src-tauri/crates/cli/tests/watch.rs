//! Watched folders with the real program: what is taken, what waits and why, and that a kill makes nothing twice.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use terminal::Terminal;

/// Nothing that is waited for takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

fn watched(options: &[&str]) -> Terminal {
    let it = Terminal::with_account();
    fs::create_dir(it.path("in")).unwrap();
    let add = ["watch", "add", "in", "--account", "arch", "--settle", "1"];
    it.run(add.iter().chain(options)).ok();
    it
}

/// The one watched folder, once it is as wished.
#[track_caller]
fn until(it: &Terminal, wished: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let row = it.run(["watch", "list", "--json"]).ok().json()[0].clone();
        if wished(&row) {
            return row;
        }
        assert!(began.elapsed() < PATIENCE, "{row:#}");
    }
}

fn reason(row: &Value, file: &str) -> Option<String> {
    let files = row["files"].as_array().unwrap();
    let one = files.iter().find(|one| one["file"] == file)?;
    Some(one["reason"].as_str().unwrap().to_owned())
}

/// How often each file is in the queue.
fn queued(it: &Terminal) -> BTreeMap<String, usize> {
    let rows = it.run(["list", "--json"]).ok().json();
    let mut files = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        *files
            .entry(row["file"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    files
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|end| end != "json"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn what_lies_there_and_what_comes_is_uploaded_once_and_moved_after_proof() {
    let it = Terminal::with_account();
    fs::create_dir(it.path("in")).unwrap();
    fs::create_dir(it.path("sent")).unwrap();
    fs::write(it.path("sent/a.mp4"), b"another").unwrap();
    it.file("in/a.mp4", 3000);
    it.file("in/.hidden.mp4", 3001);
    it.file("in/b.mp4.part", 3002);
    it.file("in/notes.txt", 3003);
    it.run([
        "watch",
        "add",
        "in",
        "--account",
        "arch",
        "--settle",
        "1",
        "--after",
        "move:sent",
    ])
    .ok();
    it.run(["run", "--until-idle"]).ok();
    assert_eq!(names(&it.path("out")), ["a.mp4"]);
    assert_eq!(names(&it.path("sent")), ["a (2).mp4", "a.mp4"]);
    assert_eq!(fs::read(it.path("sent/a.mp4")).unwrap(), b"another");
    // Renamed into place, and found by a start that no event told of.
    fs::rename(it.path("in/b.mp4.part"), it.path("in/b.mp4")).unwrap();
    it.run(["run", "--until-idle"]).ok();
    it.run(["run", "--until-idle"]).ok();
    assert_eq!(names(&it.path("out")), ["a.mp4", "b.mp4"]);
    assert_eq!(names(&it.path("in")), [".hidden.mp4", "notes.txt"]);
    assert_eq!(
        queued(&it),
        BTreeMap::from([("a.mp4".into(), 1), ("b.mp4".into(), 1)])
    );
}

#[test]
fn a_file_is_taken_when_its_writer_is_done_and_says_what_it_waits_for() {
    let it = watched(&[]);
    let engine = it.engine();
    // Its writer holds it open until its standard input ends.
    let mut writer = Command::new("sh")
        .args(["-c", "cat > in/rec.mp4"])
        .current_dir(it.dir.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = writer.stdin.take().unwrap();
    input.write_all(&[7; 5000]).unwrap();
    let row = until(&it, |row| reason(row, "rec.mp4").as_deref() == Some("open"));
    assert_eq!(row["files"][0]["program"], "cat");
    input.write_all(&[8; 5000]).unwrap();
    assert_eq!(
        queued(&it),
        BTreeMap::new(),
        "nobody takes it while it is open"
    );
    drop(input);
    writer.wait().unwrap();
    until(&it, |row| row["taken"] == 1);
    let rows = it.run(["list", "--json"]).ok().json();
    assert_eq!(rows[0]["total_bytes"], 10_000);
    engine.stop();
}

#[test]
fn one_that_is_open_is_sent_when_somebody_says_so() {
    let it = watched(&[]);
    let engine = it.engine();
    let mut writer = Command::new("sh")
        .args(["-c", "exec cat >> in/log.mp4"])
        .current_dir(it.dir.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer
        .stdin
        .as_mut()
        .unwrap()
        .write_all(&[7; 5000])
        .unwrap();
    until(&it, |row| reason(row, "log.mp4").as_deref() == Some("open"));
    it.run(["watch", "send", "in", "log.mp4"]).ok();
    until(&it, |row| row["taken"] == 1);
    drop(writer.stdin.take());
    writer.wait().unwrap();
    let unknown = it.run(["watch", "skip", "in", "log.mp4", "--json"]);
    assert_eq!(
        (unknown.status, &unknown.error()["code"]),
        (2, &json!("watch_file_not_named"))
    );
    engine.stop();
}

#[test]
fn the_same_content_waits_until_somebody_sends_or_skips_it() {
    let it = watched(&[]);
    it.file("in/first.mp4", 4000);
    let engine = it.engine();
    until(&it, |row| row["taken"] == 1);
    fs::copy(it.path("in/first.mp4"), it.path("in/copy.mp4")).unwrap();
    fs::copy(it.path("in/first.mp4"), it.path("in/third.mp4")).unwrap();
    let twice = |row: &Value, file: &str| reason(row, file).as_deref() == Some("twice");
    until(&it, |row| twice(row, "copy.mp4") && twice(row, "third.mp4"));
    it.run(["watch", "skip", "1", "copy.mp4"]).ok();
    it.run(["watch", "send", "1", "third.mp4"]).ok();
    let row = until(&it, |row| row["taken"] == 2 && row["waiting"] == 0);
    assert_eq!(row["state"], "watching");
    // A renamed file is the same one.
    fs::rename(it.path("in/first.mp4"), it.path("in/renamed.mp4")).unwrap();
    engine.stop();
    it.run(["run", "--until-idle"]).ok();
    assert_eq!(
        queued(&it),
        BTreeMap::from([("first.mp4".into(), 1), ("third.mp4".into(), 1)])
    );
}

#[test]
fn what_preflight_refuses_is_listed_and_goes_when_its_cause_is_cured() {
    let it = Terminal::with_account();
    fs::create_dir(it.path("in")).unwrap();
    it.run([
        "templates",
        "save",
        "T",
        "--account",
        "arch",
        "--set",
        "title=t",
    ])
    .ok();
    it.run(["watch", "add", "in", "--template", "T", "--settle", "1"])
        .ok();
    it.run(["templates", "remove", "T"]).ok();
    it.file("in/a.mp4", 3000);
    let engine = it.engine();
    let row = until(&it, |row| {
        reason(row, "a.mp4").as_deref() == Some("refused")
    });
    assert_eq!(row["files"][0]["cause"]["code"], "template_unknown");
    it.run([
        "templates",
        "save",
        "T",
        "--account",
        "arch",
        "--set",
        "title=t",
    ])
    .ok();
    until(&it, |row| row["taken"] == 1);
    engine.stop();
}

#[test]
fn a_folder_that_goes_away_waits_and_says_so_and_nothing_is_lost_or_taken_twice() {
    let it = watched(&[]);
    it.file("in/a.mp4", 3000);
    let engine = it.engine();
    until(&it, |row| row["taken"] == 1);
    fs::rename(it.path("in"), it.path("elsewhere")).unwrap();
    let row = until(&it, |row| row["state"] == "waiting");
    assert_eq!(row["cause"]["code"], "watch_folder_missing");
    it.file("elsewhere/b.mp4", 3001);
    fs::rename(it.path("elsewhere"), it.path("in")).unwrap();
    it.run(["watch", "look", "in"]).ok();
    until(&it, |row| row["taken"] == 2 && row["state"] == "watching");
    it.file("in/c.mp4", 3002);
    until(&it, |row| row["taken"] == 3);
    engine.stop();
    assert!(queued(&it).values().all(|count| *count == 1));
}

#[test]
fn a_folder_that_is_off_is_seen_and_nothing_of_it_is_taken() {
    let it = watched(&["--pattern", "*.MP4", "--sub-folders"]);
    it.run(["watch", "pause", "1"]).ok();
    fs::create_dir_all(it.path("in/deep/er")).unwrap();
    it.file("in/deep/er/a.mp4", 3000);
    it.run(["run", "--until-idle"]).ok();
    let engine = it.engine();
    let row = until(&it, |row| row["waiting"] == 1);
    assert_eq!(
        (&row["state"], &row["files"][0]["file"]),
        (&json!("off"), &json!("deep/er/a.mp4"))
    );
    it.run(["watch", "resume", "1"]).ok();
    until(&it, |row| row["taken"] == 1);
    // Folders that come are watched, too.
    fs::create_dir_all(it.path("new/one")).unwrap();
    it.file("new/one/b.mp4", 3001);
    fs::rename(it.path("new"), it.path("in/new")).unwrap();
    until(&it, |row| row["taken"] == 2);
    it.run(["watch", "remove", "in"]).ok();
    engine.stop();
    assert_eq!(it.run(["watch", "list", "--json"]).ok().json(), json!([]));
}

#[test]
fn a_kill_at_any_moment_of_a_burst_makes_nothing_twice_and_forgets_nothing() {
    let it = watched(&["--after", "trash"]);
    for n in 0..40 {
        it.file(format!("in/{n:02}.mp4"), 2000 + n);
    }
    for files in [1, 15, 30] {
        let mut engine = it.engine();
        let began = Instant::now();
        while queued(&it).len() < files {
            assert!(began.elapsed() < PATIENCE);
        }
        engine.child.kill().unwrap();
        engine.child.wait().unwrap();
    }
    it.run(["run", "--until-idle"]).ok();
    let queued = queued(&it);
    assert_eq!((queued.len(), queued.values().sum::<usize>()), (40, 40));
    assert_eq!(names(&it.path("out")).len(), 40, "published once each");
    assert_eq!(names(&it.path("in")), [""; 0], "all in the bin");
    assert_eq!(names(&it.path("home/.local/share/Trash/files")).len(), 40);
}

#[test]
fn a_move_that_cannot_be_made_is_told_and_the_file_stays() {
    let it = Terminal::with_account();
    for dir in ["in", "sent"] {
        fs::create_dir(it.path(dir)).unwrap();
    }
    it.run([
        "watch",
        "add",
        "in",
        "--account",
        "arch",
        "--settle",
        "1",
        "--after",
        "move:sent",
    ])
    .ok();
    fs::remove_dir(it.path("sent")).unwrap();
    it.file("in/a.mp4", 3000);
    it.run(["run", "--until-idle"]).ok();
    let row = until(&it, |row| reason(row, "a.mp4").as_deref() == Some("stays"));
    assert_eq!(row["files"][0]["cause"]["code"], "watch_folder_missing");
    assert!(it.path("in/a.mp4").exists());
    fs::create_dir(it.path("sent")).unwrap();
    it.run(["run", "--until-idle"]).ok();
    assert!(it.path("sent/a.mp4").exists() && !it.path("in/a.mp4").exists());
}

#[test]
fn what_cannot_be_watched_is_refused_with_its_reason() {
    let it = watched(&[]);
    std::os::unix::fs::symlink("loop", it.path("loop")).unwrap();
    it.file("a.mp4", 10);
    for (args, code) in [
        (vec!["nowhere"], "watch_folder_missing"),
        (vec!["loop"], "watch_folder_loop"),
        (vec!["a.mp4"], "watch_not_folder"),
        (vec!["in"], "watch_twice"),
        (vec!["out", "--pattern", "a["], "watch_pattern_invalid"),
        (vec!["out", "--set", "titel=x"], "field_not_common"),
        (
            vec!["out", "--set", "title={indx}"],
            "template_variable_unknown",
        ),
        (vec!["out", "--template", "T"], "template_unknown"),
        (
            vec!["out", "--after", "move:nowhere"],
            "watch_folder_missing",
        ),
        (vec!["out", "--after", "move:out"], "watch_move_same"),
        (
            vec!["out", "--min-size", "2MB", "--max-size", "1MB"],
            "watch_limits_crossed",
        ),
    ] {
        fs::create_dir_all(it.path("out")).unwrap();
        let line = ["watch", "add", "--account", "arch", "--json"];
        let ran = it.run(line.into_iter().chain(args.iter().copied()));
        assert_eq!(
            (ran.status, &ran.error()["code"]),
            (2, &json!(code)),
            "{args:?}"
        );
    }
    assert_eq!(it.run(["watch", "add", "out"]).status, 2);
    assert_eq!(it.run(["watch", "remove", "9"]).status, 2);
    let rows = it.run(["watch", "list", "--json"]).ok().json();
    assert_eq!(rows.as_array().unwrap().len(), 1);
}

#[test]
fn only_new_files_are_taken_where_that_was_wished() {
    let it = Terminal::with_account();
    fs::create_dir(it.path("in")).unwrap();
    it.file("in/old.mp4", 3000);
    it.run([
        "watch",
        "add",
        "in",
        "--account",
        "arch",
        "--settle",
        "1",
        "--new-only",
    ])
    .ok();
    it.file("in/new.mp4", 3001);
    it.run(["run", "--until-idle"]).ok();
    assert_eq!(names(&it.path("out")), ["new.mp4"]);
    // It is another file now.
    it.file("in/old.mp4", 3002);
    it.run(["run", "--until-idle"]).ok();
    assert_eq!(names(&it.path("out")), ["new.mp4", "old.mp4"]);
}
