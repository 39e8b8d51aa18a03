//! Two programs on one data folder: a running engine, and commands that reach it.
#![cfg(unix)]

mod terminal;

use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    process::Stdio,
};
use terminal::{Ran, Terminal, signal};

#[test]
fn a_command_reaches_the_running_engine() {
    let it = Terminal::with_account();
    let engine = it.engine();
    let socket = it.data().join("slipway.sock");
    let mode = fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only the same user may open it");
    it.file("a.mp4", 1_000_000);
    let added = it
        .run(["add", "a.mp4", "--account", "arch", "--hold", "--json"])
        .ok();
    assert_eq!(added.json(), json!({ "uploads": [1] }));
    assert_eq!(it.phases(), ["queued"]);
    it.run(["limit", "5MB/s"]).ok();
    let refused = it.run(["add", "missing.mp4", "--account", "arch", "--json"]);
    assert_eq!(
        (refused.status, &refused.error()["code"]),
        (2, &json!("file_missing"))
    );
    let (status, said) = engine.stop();
    assert_eq!(
        status, 0,
        "an engine that was asked to end has done its work"
    );
    assert!(said.contains("go on from where they are"), "{said}");
    assert!(!socket.exists(), "the way in is taken away");
    assert_eq!(
        it.phases(),
        ["queued"],
        "the queue opens without an engine as well"
    );
}

#[test]
fn a_listing_says_why_nothing_moves_and_until_when() {
    let it = Terminal::with_account();
    it.file("a.mp4", 1000);
    it.run(["add", "a.mp4", "--account", "arch"]).ok();
    let listed = it.run(["list"]).ok();
    assert!(listed.stderr.contains("No engine runs"), "{listed:?}");
    it.run(["start", "1", "--at", "2036-01-02T18:30:00Z"]).ok();
    let _engine = it.engine();
    let listed = it.run(["list"]).ok();
    assert!(
        listed
            .stderr
            .starts_with("The next upload starts at 2036-01-"),
        "{listed:?}"
    );
    it.run(["pause", "--all"]).ok();
    let listed = it.run(["list", "--json"]).ok();
    assert_eq!(listed.json().as_array().unwrap().len(), 1, "the rows alone");
    let idle: serde_json::Value = serde_json::from_str(&listed.stderr).unwrap();
    let told = json!({ "idle": { "reason": "paused", "until": null, "message": "Paused by you" } });
    assert_eq!(idle, told);
}

#[test]
fn an_upload_through_a_running_engine_tells_only_of_itself() {
    let it = Terminal::with_account();
    it.file("other.mp4", 2_000_000);
    it.file("mine.mp4", 3_000_000);
    let engine = it.engine();
    it.run(["add", "other.mp4", "--account", "arch"]).ok();
    let ran = it
        .run(["upload", "mine.mp4", "--account", "arch", "--json"])
        .ok();
    for event in ran.events().iter().filter(|event| event["event"] != "idle") {
        assert_eq!(event["upload"], 2, "{event}");
    }
    let last = ran.events().pop().unwrap();
    assert_eq!(
        (&last["event"], &last["published"]),
        (&json!("idle"), &json!(1))
    );
    assert!(it.path("out/mine.mp4").exists());
    engine.stop();
}

#[test]
fn a_second_engine_is_refused_with_four() {
    let it = Terminal::new();
    let engine = it.engine();
    let ran = it.run(["run", "--json"]);
    assert_eq!(
        (ran.status, &ran.error()["code"]),
        (4, &json!("data_folder_locked"))
    );
    engine.stop();
    it.run(["run", "--until-idle"]).ok();
}

#[test]
fn a_socket_left_by_a_killed_engine_stands_in_nobodys_way() {
    let it = Terminal::with_account();
    let mut engine = it.engine();
    engine.child.kill().unwrap();
    engine.child.wait().unwrap();
    assert!(
        it.data().join("slipway.sock").exists(),
        "it had no time to tidy up"
    );
    assert_eq!(it.phases(), [""; 0]);
    let engine = it.engine();
    it.run(["accounts", "list"]).ok();
    engine.stop();
}

#[test]
fn a_data_folder_deep_down_is_reached_all_the_same() {
    let it = Terminal::new();
    let deep = it.path("d".repeat(60)).join("e".repeat(60));
    let mut command = it.command(["run"]);
    command
        .env("SLIPWAY_DATA_DIR", &deep)
        .stderr(Stdio::piped());
    let mut engine = command.spawn().unwrap();
    let mut stderr = BufReader::new(engine.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let second = it
        .command(["run"])
        .env("SLIPWAY_DATA_DIR", &deep)
        .output()
        .unwrap();
    let listed = it
        .command(["list", "--json"])
        .env("SLIPWAY_DATA_DIR", &deep)
        .output()
        .unwrap();
    signal(&engine, "TERM");
    stderr.read_to_string(&mut line).unwrap();
    assert!(engine.wait().unwrap().success());
    assert_eq!(Ran::from(second).status, 4);
    assert_eq!(
        Ran::from(listed).ok().stdout,
        "[]\n",
        "a path too long for a socket"
    );
    assert!(
        !deep.join("socket").exists(),
        "what named the socket is taken away"
    );
}

#[test]
fn an_interrupted_upload_keeps_its_state_and_goes_on() {
    let it = Terminal::with_account();
    it.file("a.mp4", 8_000_000);
    it.run(["limit", "1MB/s"]).ok();
    let mut command = it.command(["upload", "a.mp4", "--account", "arch", "--json"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let sending = lines
        .by_ref()
        .map(Result::unwrap)
        .find(|line| line.contains(r#""to":"sending""#));
    assert!(sending.is_some(), "it came to send");
    signal(&child, "INT");
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("go on from where they are"), "{said}");
    assert_eq!(it.phases(), ["sending"]);
    it.run(["limit", "off"]).ok();
    it.run(["run", "--until-idle"]).ok();
    assert_eq!(
        fs::read(it.path("out/a.mp4")).unwrap(),
        fs::read(it.path("a.mp4")).unwrap()
    );
}

#[test]
fn leaving_an_upload_in_a_running_engine_leaves_it_running() {
    let it = Terminal::with_account();
    it.file("a.mp4", 4_000_000);
    let engine = it.engine();
    it.run(["limit", "1MB/s"]).ok();
    let mut command = it.command(["upload", "a.mp4", "--account", "arch", "--json"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines
            .by_ref()
            .map(Result::unwrap)
            .any(|line| line.contains(r#""to":"sending""#))
    );
    signal(&child, "TERM");
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{said}");
    assert!(said.contains("stay in the running Slipway"), "{said}");
    assert_eq!(it.phases(), ["sending"], "the engine has it");
    engine.stop();
}

#[test]
fn nobody_reading_is_no_panic() {
    let it = Terminal::with_account();
    it.file("a.mp4", 100_000);
    it.run(["add", "a.mp4", "--account", "arch"]).ok();
    for (args, status) in [
        (vec!["list"], 0),
        (vec!["list", "--json"], 0),
        (vec!["--help"], 0),
        (vec!["run", "--until-idle", "--json"], 141),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = it
            .command(&args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}
