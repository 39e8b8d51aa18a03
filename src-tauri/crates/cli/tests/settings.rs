//! Settings as a file, on the command line.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::json;
use std::fs;
use terminal::Terminal;

#[test]
fn settings_are_exported_looked_at_and_imported() {
    let first = Terminal::with_account();
    first.run(["limit", "2MB/s"]).ok();
    let folder = first.run(["settings", "folder"]).ok().stdout;
    assert_eq!(folder.trim_end(), first.data().to_str().unwrap());
    first.run(["settings", "export", "mine.json"]).ok();
    let text = fs::read_to_string(first.path("mine.json")).unwrap();

    let second = Terminal::new();
    fs::write(second.path("mine.json"), text).unwrap();
    let limit =
        || second.run(["limit", "--json"]).ok().json()["speed"]["limit_bytes_per_second"].clone();
    let told = second
        .run(["settings", "import", "mine.json", "--dry-run"])
        .ok();
    assert!(
        told.stdout
            .contains("The speed limits and the turtle change.\n"),
        "{told:?}"
    );
    assert!(told.stderr.contains("Nothing was changed"), "{told:?}");
    assert_eq!(limit(), json!(null));
    let taken = second
        .run(["settings", "import", "mine.json", "--json"])
        .ok()
        .json();
    assert_eq!(taken["applied"], true);
    assert_eq!(limit(), 2_000_000);
    let accounts = second.run(["accounts", "list", "--json"]).ok().json();
    assert_eq!(accounts[0]["label"], "arch");
    let again = second.run(["settings", "import", "mine.json"]).ok();
    assert!(again.stderr.contains("nothing changes"), "{again:?}");
}

#[test]
fn an_export_replaces_a_file_only_when_it_is_told_to() {
    let it = Terminal::with_account();
    fs::write(it.path("mine.json"), "somebody's").unwrap();
    let refused = it.run(["settings", "export", "mine.json", "--json"]);
    assert_eq!(
        (refused.status, &refused.error()["code"]),
        (2, &json!("output_not_replaced")),
        "{refused:?}"
    );
    let kept = || fs::read_to_string(it.path("mine.json")).unwrap();
    assert_eq!(kept(), "somebody's");
    it.run(["settings", "export", "mine.json", "--force"]).ok();
    assert!(kept().starts_with("{\n  \"slipway_settings\": 1"));
}

#[test]
fn a_file_that_is_none_or_cannot_be_written_says_so_and_ends_with_two() {
    let it = Terminal::new();
    fs::write(it.path("list.json"), "[1, 2]").unwrap();
    fs::write(it.path("later.json"), r#"{"slipway_settings": 9}"#).unwrap();
    for (words, code) in [
        (["settings", "import", "list.json"], "settings_not_ours"),
        (["settings", "import", "later.json"], "settings_newer"),
        (["settings", "import", "none.json"], "file_missing"),
        (["settings", "export", "nowhere/mine.json"], "output_failed"),
    ] {
        let refused = it.run(words.into_iter().chain(["--json"]));
        assert_eq!(
            (refused.status, &refused.error()["code"]),
            (2, &json!(code)),
            "{refused:?}"
        );
    }
}
