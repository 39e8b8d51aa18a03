//! What was sent: listed, saved as CSV, proved, sent once more. Names and forms that scripts rely on.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::Value;
use std::fs;
use terminal::Terminal;

/// Three uploads: two published, of which the first has left the queue, and one that was never begun.
fn sent() -> Terminal {
    let it = Terminal::with_account();
    for (name, title) in [("one.mp4", "=Ferien, \"Tag 1\""), ("two.mp4", "海边的一天")] {
        it.file(name, 70_000 + title.len());
        let title = format!("title={title}");
        it.run(["upload", name, "--account", "arch", "--set", &title])
            .ok();
    }
    it.file("three.mp4", 900);
    it.run(["add", "three.mp4", "--account", "arch", "--hold"])
        .ok();
    it.run(["remove", "1", "3"]).ok();
    it
}

fn ids(rows: &Value) -> Vec<u64> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["id"].as_u64().unwrap()).collect()
}

#[test]
fn history_keeps_what_left_the_queue_and_is_narrowed() {
    let it = sent();
    assert_eq!(
        it.run(["list", "--json"])
            .ok()
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let history =
        |args: &[&str]| ids(&it.run(["history", "--json"].iter().chain(args)).ok().json());
    assert_eq!(
        history(&[]),
        [2, 1],
        "the newest first; what was never begun is none"
    );
    for (args, found) in [
        (&["--search", "ferien"][..], vec![1]),
        (&["--search", "TWO.MP4"], vec![2]),
        (&["--platform", "folder"], vec![2, 1]),
        (&["--platform", "bilibili"], vec![]),
        (&["--account", "arch"], vec![2, 1]),
        (
            &["--state", "published", "--since", "2026-01-01"],
            vec![2, 1],
        ),
        (&["--state", "failed"], vec![]),
        (&["--until", "2020-01-01"], vec![]),
    ] {
        assert_eq!(history(args), found, "{args:?}");
    }
    let rows = it.run(["history", "--json"]).ok().json();
    for (key, value) in [
        ("state", "published"),
        ("account", "arch"),
        ("platform", "folder"),
        ("file", "one.mp4"),
    ] {
        assert_eq!(rows[1][key], value, "{key}");
    }
    assert_eq!(
        (&rows[0]["removed"], &rows[1]["removed"]),
        (&false.into(), &true.into())
    );
    let table = it.run(["history"]).ok().stdout;
    assert!(
        table.contains("海边的一天") && table.lines().count() == 3,
        "{table}"
    );
}

#[test]
fn csv_is_read_by_spreadsheets_and_runs_nothing_there() {
    let it = sent();
    let csv = it.run(["history", "--csv"]).ok().stdout;
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert!(
        lines[0].starts_with("id,state,ended,title,file,bytes,platform,account,remote_id,link,")
    );
    assert!(lines[1].contains("海边的一天"));
    assert!(
        lines[2].contains(",\"'=Ferien, \"\"Tag 1\"\"\",one.mp4,70016,folder,arch,"),
        "{csv}"
    );
    assert_eq!(lines.len(), 4, "each line is ended");
    assert!(!csv.starts_with('\u{feff}'));
    let marked = it.run(["history", "--csv", "--bom"]).ok().stdout;
    assert_eq!(marked.strip_prefix('\u{feff}'), Some(csv.as_str()));
}

#[test]
fn a_receipt_names_the_file_by_its_hashes() {
    let it = sent();
    let bytes = fs::read(it.path("one.mp4")).unwrap();
    let receipt = it.run(["receipt", "1", "--json"]).ok().json();
    let file = &receipt["file"];
    assert_eq!(receipt["format"], "slipway.receipt/1");
    assert_eq!(file["blake3"], blake3::hash(&bytes).to_hex().to_string());
    assert_eq!(
        (file["bytes"].as_u64(), file["name"].as_str()),
        (Some(70_016), Some("one.mp4"))
    );
    assert_eq!(file["crc64_nvme"].as_str().unwrap().len(), 16);
    assert_eq!(
        (&receipt["state"], &receipt["upload"]),
        (&"published".into(), &1.into())
    );
    assert_eq!(receipt["bytes"]["acknowledged"], 70_016);
    for time in ["added", "begun", "bytes_done", "ended"] {
        assert!(
            receipt["times"][time].as_str().unwrap().ends_with('Z'),
            "{time}"
        );
    }
    let steps = receipt["timeline"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["event"], "published");
    let told = it.run(["receipt", "1"]).ok().stdout;
    assert!(told.contains(file["blake3"].as_str().unwrap()), "{told}");
    it.run(["receipt", "1", "--html", "receipt.html"]).ok();
    let page = fs::read_to_string(it.path("receipt.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains(file["blake3"].as_str().unwrap()));
    assert!(page.contains("=Ferien, &quot;Tag 1&quot;"));
    let shown = it.run(["show", "2"]).ok().stdout;
    assert!(
        shown.contains("BLAKE3") && shown.contains("Last byte acknowledged"),
        "{shown}"
    );
}

#[test]
fn what_was_sent_goes_again_only_when_that_is_said() {
    let it = sent();
    let asked = it.run(["resend", "1", "--json"]);
    assert_eq!(
        (asked.status, asked.error()["code"].as_str()),
        (2, Some("already_sent"))
    );
    let again = it
        .run(["resend", "1", "--again", "--hold", "--json"])
        .ok()
        .json();
    let id = again["uploads"][0].to_string();
    let row = it.run(["show", &id, "--json"]).ok().json();
    assert_eq!(
        (&row["title"], &row["intent"]),
        (&"=Ferien, \"Tag 1\"".into(), &"hold".into())
    );
    it.run(["remove", &id, "2"]).ok();
    it.run(["accounts", "remove", "arch"]).ok();
    let gone = it.run(["resend", "1", "--again", "--json"]);
    assert_eq!(
        (gone.status, gone.error()["code"].as_str()),
        (2, Some("account_gone"))
    );
    assert_eq!(
        ids(&it
            .run(["history", "--account", "arch", "--json"])
            .ok()
            .json()),
        [2, 1],
        "it is named all the same"
    );
    fs::remove_file(it.path("two.mp4")).unwrap();
    let missing = it.run(["resend", "2", "--json"]);
    assert_eq!(
        (missing.status, missing.error()["code"].as_str()),
        (2, Some("file_missing"))
    );
}

#[test]
fn whatever_is_wrong_gets_a_code_and_exit_status_two() {
    let it = sent();
    for (args, code) in [
        (&["receipt", "3"][..], "receipt_unknown"),
        (&["receipt", "99"], "receipt_unknown"),
        (
            &["receipt", "1", "--html", "nowhere/receipt.html"],
            "output_failed",
        ),
        (&["resend", "99"], "receipt_unknown"),
        (
            &["resubmit", "2", "--set", "title=Other"],
            "resubmit_not_here",
        ),
        (
            &["resubmit", "99", "--set", "title=Other"],
            "upload_unknown",
        ),
        (
            &["resubmit", "2", "--set", "subtitle=Other"],
            "field_not_common",
        ),
        (&["history", "--account", "nobody"], "account_not_named"),
        (&["history", "--platform", "tiktok"], "platform_unknown"),
        (&["history", "--since", "yesterday"], "usage"),
        (&["history", "--state", "sending"], "usage"),
        (&["history", "--csv"], "usage"),
    ] {
        let ran = it.run(args.iter().chain(&["--json"]));
        assert_eq!(
            (ran.status, ran.error()["code"].as_str()),
            (2, Some(code)),
            "{args:?}: {ran:?}"
        );
    }
}
