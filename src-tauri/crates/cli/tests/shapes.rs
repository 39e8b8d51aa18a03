//! What programs read: the forms of results and events, and the help.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};
use terminal::{PASSPHRASE, Ran, Terminal};

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn the_help_names_every_command() {
    let it = Terminal::new();
    let help = it.run(["--help"]).ok();
    assert_eq!(help.stderr, "");
    insta::assert_snapshot!("help", help.stdout);
    for command in [
        "add",
        "upload",
        "run",
        "move",
        "accounts add",
        "accounts set",
    ] {
        let help = it.run(command.split(' ').chain(["--help"])).ok().stdout;
        insta::assert_snapshot!(format!("help_{}", command.replace(' ', "_")), help);
    }
}

#[test]
fn add_prints_ids_and_list_and_show_tell_of_them() {
    let it = Terminal::with_account();
    it.file("a.mp4", 2000);
    let added = it.run([
        "add",
        "a.mp4",
        "--account",
        "arch",
        "--set",
        "title=Holiday",
        "--hold",
        "--json",
    ]);
    assert_eq!(added.ok().json(), json!({ "uploads": [1] }));
    let rows = it.run(["list", "--json"]).ok().json();
    let row = &rows[0];
    for (key, value) in [
        ("id", json!(1)),
        ("title", json!("Holiday")),
        ("file", json!("a.mp4")),
        ("account", json!("arch")),
        ("platform", json!("folder")),
        ("phase", json!("queued")),
        ("intent", json!("hold")),
        ("held_bytes", json!(0)),
        ("total_bytes", json!(2000)),
        ("url", Value::Null),
        ("cause", Value::Null),
    ] {
        assert_eq!(row[key], value, "{key} in {row}");
    }
    let shown = it.run(["show", "1", "--json"]).ok().json();
    assert!(
        keys(&shown).is_superset(&keys(row)),
        "show tells what list tells"
    );
    assert_eq!(shown["fields"]["title"], "Holiday");
    assert!(shown["timeline"].is_array());
    assert_eq!(
        it.run(["pause", "1", "--json"]).ok().json(),
        json!({ "changed": 0 })
    );
    assert_eq!(
        it.run(["resume", "1", "--json"]).ok().json(),
        json!({ "changed": 1 })
    );
    it.run(["remove", "--all"]).ok();
    assert_eq!(it.run(["list", "--json"]).ok().json(), json!([]));
}

#[test]
fn list_can_be_narrowed_and_the_order_changed() {
    let it = Terminal::with_account();
    for name in ["one.mp4", "two.mp4", "three.mp4"] {
        it.file(name, 100 + name.len() * 7 + usize::from(name.as_bytes()[1]));
        it.run(["add", name, "--account", "arch"]).ok();
    }
    let files = |args: &[&str]| -> Vec<String> {
        let rows = it.run(["list", "--json"].iter().chain(args)).ok().json();
        let rows = rows.as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["title"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(files(&[]), ["one", "two", "three"]);
    assert_eq!(files(&["--search", "tw"]), ["two"]);
    assert_eq!(files(&["--phase", "failed"]), [""; 0]);
    assert_eq!(files(&["--account", "arch", "--phase", "queued"]).len(), 3);
    it.run(["move", "3", "--first"]).ok();
    assert_eq!(files(&[]), ["three", "one", "two"]);
    it.run(["move", "1", "--last"]).ok();
    assert_eq!(files(&[]), ["three", "two", "one"]);
    it.run(["move", "1", "--before", "2"]).ok();
    assert_eq!(files(&[]), ["three", "one", "two"]);
}

#[test]
fn accounts_and_platforms_are_documents() {
    let it = Terminal::with_account();
    let accounts = it.run(["accounts", "list", "--json"]).ok().json();
    let wanted = [
        "created_at",
        "health",
        "id",
        "label",
        "platform",
        "settings",
        "today",
        "unfinished",
        "wait",
    ];
    assert_eq!(keys(&accounts[0]), BTreeSet::from(wanted));
    assert_eq!(accounts[0]["health"]["state"], "ready");
    let platforms = it.run(["platforms", "--json"]).ok().json();
    let names: Vec<_> = platforms
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].clone())
        .collect();
    assert!(names.contains(&json!("folder")) && names.contains(&json!("bilibili")));
    let one = it.run(["platforms", "bilibili", "--json"]).ok().json();
    let wanted = ["fields", "label", "limits", "name", "secrets", "settings"];
    assert!(keys(&one).is_superset(&BTreeSet::from(wanted)), "{one}");
    it.run(["accounts", "set", "arch", "--label", "archive"])
        .ok();
    let checked = it
        .run(["accounts", "check", "archive", "--json"])
        .ok()
        .json();
    assert_eq!(checked["label"], "archive");
    it.run(["accounts", "remove", "archive"]).ok();
    assert_eq!(
        it.run(["accounts", "list", "--json"]).ok().json(),
        json!([])
    );
}

#[test]
fn limit_answers_in_bytes_per_second() {
    let it = Terminal::new();
    for (rate, bytes) in [
        ("20MB/s", json!(20_000_000)),
        ("8Mbit/s", json!(1_000_000)),
        ("off", Value::Null),
    ] {
        let limit = it.run(["limit", rate, "--json"]).ok().json();
        assert_eq!(limit, json!({ "bytes_per_second": bytes }));
    }
}

#[test]
fn an_upload_tells_its_whole_life_in_lines() {
    let it = Terminal::with_account();
    let file = it.file("a.mp4", 3_000_000);
    let ran = it
        .run(["upload", "a.mp4", "--account", "arch", "--json"])
        .ok();
    let events = ran.events();
    for event in &events {
        let at = event["at"].as_str().unwrap();
        assert!(at.ends_with('Z') && at.contains('T'), "{at} is RFC 3339");
        if event["event"] != "idle" {
            assert_eq!(event["upload"], 1);
            assert_eq!(event["account"], "arch");
            assert_eq!(event["file"], file.to_str().unwrap());
        }
    }
    let named =
        |name: &str| -> Vec<&Value> { events.iter().filter(|e| e["event"] == name).collect() };
    let phases: Vec<_> = named("phase").iter().map(|e| e["to"].clone()).collect();
    assert_eq!(phases, ["opening", "sending", "committing", "published"]);
    let landed: u64 = named("part")
        .iter()
        .map(|e| e["bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(landed, 3_000_000, "each part is told once");
    let published = named("published")[0];
    assert_eq!(
        keys(published),
        BTreeSet::from([
            "account",
            "at",
            "event",
            "file",
            "remote_id",
            "upload",
            "url"
        ])
    );
    let last = events.last().unwrap();
    assert_eq!(
        (
            &last["event"],
            &last["published"],
            &last["failed"],
            &last["waiting"]
        ),
        (&json!("idle"), &json!(1), &json!(0), &json!(0))
    );
    assert_eq!(
        fs::read(it.path("out/a.mp4")).unwrap(),
        fs::read(file).unwrap()
    );
    assert_eq!(ran.stderr, "", "nothing is drawn where no terminal is");
}

#[test]
fn uploads_that_wait_for_a_person_end_with_three() {
    let it = Terminal::with_account();
    let file = it.file("a.mp4", 1000);
    it.run(["add", "a.mp4", "--account", "arch"]).ok();
    fs::remove_file(&file).unwrap();
    let ran = it.run(["run", "--until-idle", "--json"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    let events = ran.events();
    let waiting = events.iter().find(|e| e["event"] == "waiting").unwrap();
    assert_eq!(
        (&waiting["reason"], &waiting["until"]),
        (&json!("file_missing"), &Value::Null)
    );
    assert_eq!(events.last().unwrap()["waiting"], 1);
    it.file("a.mp4", 1000);
    let ran = it.run(["run", "--until-idle"]).ok();
    assert!(ran.stdout.contains("a.mp4 → arch: file://"), "{ran:?}");
}

/// Answers every request as a platform that wants none of it.
fn refusing_platform() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let body = r#"{"code":123001,"message":"not you"}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn a_refused_upload_ends_with_one_and_says_why() {
    let it = Terminal::new();
    let url = refusing_platform();
    let run = |args: &[&str]| -> Ran {
        let mut command = it.command(args);
        command
            .env("SLIPWAY_PASSPHRASE", PASSPHRASE)
            .env("NO_PROXY", "127.0.0.1");
        command.output().unwrap().into()
    };
    let hosts = ["api", "oauth", "upload", "consent"].map(|role| format!("endpoint.{role}={url}"));
    let mut args = vec![
        "accounts",
        "add",
        "bilibili",
        "--label",
        "b",
        "--no-check",
        "--set",
        "client_id=c",
    ];
    for host in &hosts {
        args.extend(["--set", host]);
    }
    args.extend(["--secret", "app_secret=s", "--secret", "access_token=t"]);
    run(&args).ok();
    it.file("a.mp4", 1000);
    let fields = ["--set", "tags=a", "--set", "bilibili.tid=21"];
    let ran = run(&[
        &["upload", "a.mp4", "--account", "b", "--json"],
        &fields[..],
    ]
    .concat());
    assert_eq!(ran.status, 1, "{ran:?}");
    let events = ran.events();
    let failed = events.iter().find(|e| e["event"] == "failed").unwrap();
    assert_eq!(failed["code"], "bilibili_account_may_not");
    let message = failed["message"].as_str().unwrap();
    assert!(
        message.contains("not you"),
        "the platform's own words are told: {message}"
    );
    assert_eq!(events.last().unwrap()["failed"], 1);
    assert_eq!(it.phases(), ["failed"]);
    let again = run(&["run", "--until-idle"]);
    assert_eq!(
        again.status, 0,
        "what failed before is not tried again unasked: {again:?}"
    );
    run(&["retry", "1"]).ok();
    let ran = run(&["run", "--until-idle"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(
        ran.stderr
            .contains("Bilibili does not let this account upload"),
        "{ran:?}"
    );
}

#[test]
fn what_is_held_is_left_and_ends_with_nought() {
    let it = Terminal::with_account();
    it.file("a.mp4", 1000);
    let ran = it
        .run(["upload", "a.mp4", "--account", "arch", "--hold", "--json"])
        .ok();
    assert_eq!(ran.events().last().unwrap()["waiting"], 1);
    assert_eq!(it.phases(), ["queued"]);
}
