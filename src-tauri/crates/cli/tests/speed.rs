//! How fast uploads may go is shown and set by words.

mod terminal;

use serde_json::json;
use terminal::Terminal;

#[test]
fn the_turtle_is_put_on_and_let_go_by_words() {
    let it = Terminal::new();
    it.run(["limit", "20MB/s"]).ok();
    let said = it.run(["turtle", "300kB/s"]).ok().stdout;
    assert_eq!(
        said,
        "Turtle off; when on, at most 300\u{a0}kB/s\nSpeed limit: 20\u{a0}MB/s\n"
    );
    let on = it.run(["turtle", "on", "--json"]).ok().json();
    assert_eq!(
        on["in_force"],
        json!({"bytes_per_second": 300_000, "by": "turtle"})
    );
    let shown = it.run(["turtle"]).ok().stdout;
    assert_eq!(
        shown,
        "Turtle on: at most 300\u{a0}kB/s\nSpeed limit: 300\u{a0}kB/s\n"
    );
    let off = it.run(["turtle", "off", "--json"]).ok().json();
    assert_eq!(
        off["in_force"],
        json!({"bytes_per_second": 20_000_000, "by": "hand"})
    );
}

#[test]
fn what_is_no_turtle_is_refused() {
    let it = Terminal::new();
    for word in ["slow", "10", "0"] {
        let ran = it.run(["turtle", word]);
        assert_eq!(ran.status, 2, "{word}");
    }
}

#[test]
fn an_account_and_an_upload_have_caps_of_their_own() {
    let it = Terminal::with_account();
    it.file("a.mp4", 1000);
    it.run(["add", "a.mp4", "--account", "arch", "--hold"]).ok();
    it.run(["limit", "5MB/s", "--account", "arch"]).ok();
    it.run(["limit", "1MB/s", "--upload", "1"]).ok();
    let row = &it.run(["list", "--json"]).ok().json()[0];
    assert_eq!(row["limit_bytes_per_second"], 1_000_000);
    let shown = it.run(["limit", "--json"]).ok().json();
    assert_eq!(shown["accounts"], json!({"arch": 5_000_000}));
    assert_eq!(shown["speed"]["in_force"], json!(null), "not of all");
    it.run(["limit", "off", "--account", "arch"]).ok();
    it.run(["limit", "off", "--upload", "1"]).ok();
    let row = &it.run(["list", "--json"]).ok().json()[0];
    assert_eq!(row["limit_bytes_per_second"], json!(null));
    assert_eq!(
        it.run(["limit", "--json"]).ok().json()["accounts"],
        json!({})
    );
    for wrong in [["--upload", "7"], ["--account", "nobody"]] {
        let ran = it.run(["limit", "1MB/s"].into_iter().chain(wrong));
        assert_eq!(ran.status, 2, "{ran:?}");
    }
}

#[test]
fn a_week_is_painted_and_hours_take_its_place() {
    let it = Terminal::new();
    let grid = |words: &[&str]| {
        let begin = ["limit", "grid", "--json"].iter();
        it.run(begin.chain(words)).ok().json()
    };
    assert!(
        grid(&[])["week"]
            .as_array()
            .unwrap()
            .iter()
            .all(|level| level == "full")
    );
    grid(&["mon-fri", "9-18", "cap", "--cap", "2MB/s"]);
    let table = grid(&["sun", "22-6", "off"]);
    let week = table["week"].as_array().unwrap();
    let at = |day: usize, hour: usize| &week[day * 24 + hour];
    assert_eq!(
        [at(0, 8), at(0, 9), at(4, 17), at(4, 18)],
        ["full", "cap", "cap", "full"]
    );
    assert_eq!(
        [at(6, 21), at(6, 22), at(0, 5), at(0, 6)],
        ["full", "off", "off", "full"]
    );
    assert_eq!(table["cap_bytes_per_second"], 2_000_000);
    assert_eq!(it.run(["hours", "--json"]).ok().json()["painted"], true);
    let shown = it.run(["limit", "grid"]).ok().stdout;
    assert!(
        shown.contains("\nTue  #########=========######\n"),
        "{shown}"
    );
    it.run(["hours", "22:30-06:00"]).ok();
    let table = grid(&[]);
    assert_eq!(table["hours"], "22:30-06:00");
    assert_eq!([&table["week"][22], &table["week"][23]], ["off", "full"]);
    it.run(["hours", "off"]).ok();
    assert_eq!(
        grid(&[])["now"],
        json!({"level": "full", "until_ms": null, "next": null})
    );
}
