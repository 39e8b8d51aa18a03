//! The machine is kept awake while bytes go and only then, and ends its day when it was told to: with a logind on a bus of its own.
#![cfg(target_os = "linux")]

mod terminal;

use serde_json::json;
use slipway_simulators::logind::{Logind, Seen};
use std::process::{Command, Stdio};
use terminal::Terminal;

fn on(bus: &Logind, mut command: Command) -> Command {
    command.env("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machine_is_held_awake_from_the_first_byte_to_the_last_and_no_longer() {
    let mut logind = Logind::start(&[]).await.unwrap();
    let it = Terminal::with_account();
    it.file("a.mp4", 1_000_000);
    it.run(["add", "a.mp4", "--account", "arch"]).ok();
    it.run(["limit", "1MB/s"]).ok();
    let mut engine = on(&logind, it.command(["run"]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let seen = logind.seen(|seen| seen.len() == 2).await.unwrap();
    assert_eq!(seen[0].1, Seen::Held("sleep:idle".into(), "block".into()));
    assert_eq!(seen[1].1, Seen::LetGo);
    println!(
        "held for {:?} of an upload of one second",
        seen[1].0 - seen[0].0
    );
    assert_eq!(it.phases(), ["published"], "let go when all was done");
    let state = it.run(["when-done", "--json"]).ok().json();
    assert_eq!(state["is_awake"], false);
    terminal::signal(&engine, "TERM");
    engine.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_day_is_announced_and_taken_back() {
    let logind = Logind::start(&["PowerOff"]).await.unwrap();
    let it = Terminal::with_account();
    it.file("a.mp4", 1000);
    let run = |words: &[&str]| {
        let output = on(&logind, it.command(words)).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let mut engine = on(&logind, it.command(["run"]))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(engine.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut said, &mut String::new()).unwrap();
    let refused = on(&logind, it.command(["when-done", "sleep"]))
        .output()
        .unwrap();
    assert_eq!(
        refused.status.code(),
        Some(2),
        "it would have to ask somebody"
    );
    run(&["when-done", "shut-down"]);
    let state =
        || -> serde_json::Value { serde_json::from_str(&run(&["when-done", "--json"])).unwrap() };
    assert_eq!(state()["at"], json!(null), "nothing was sent");
    run(&["add", "a.mp4", "--account", "arch"]);
    while state()["at"].is_null() {
        tokio::task::yield_now().await;
    }
    assert_eq!(it.phases(), ["published"]);
    run(&["when-done", "nothing"]);
    let state = state();
    assert_eq!(
        [&state["at"], &state["then"]],
        [&json!(null), &json!("nothing")]
    );
    terminal::signal(&engine, "TERM");
    engine.wait().unwrap();
}

#[test]
fn how_uploads_share_the_line_is_set_by_words() {
    let it = Terminal::new();
    let line = |words: &[&str]| {
        let begin = ["line", "--json"].iter();
        it.run(begin.chain(words)).ok().json()
    };
    let wanted = json!({"order": "share", "uploads_at_once": 2, "parts_at_once": 8, "headroom": true, "platforms": {"bilibili": 1}});
    let words = [
        "--order",
        "share",
        "--uploads",
        "2",
        "--parts",
        "8",
        "--headroom",
        "on",
        "--platform",
        "bilibili=1",
    ];
    assert_eq!(line(&words), wanted);
    assert_eq!(line(&[]), wanted);
    let shown = it.run(["line"]).ok().stdout;
    assert_eq!(
        shown,
        "Share the line; 2 uploads at once; parts at once: 8\nRoom is left for calls and streams on the same line.\nBilibili: 1\n"
    );
    assert_eq!(
        line(&["--parts", "auto", "--platform", "bilibili=auto"])["parts_at_once"],
        json!(null)
    );
    for wrong in [
        ["--uploads", "0"],
        ["--parts", "99"],
        ["--headroom", "maybe"],
        ["--platform", "nowhere=1"],
    ] {
        let ran = it.run(["line"].into_iter().chain(wrong));
        assert_eq!(ran.status, 2, "{ran:?}");
    }
}
