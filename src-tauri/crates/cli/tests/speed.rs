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
