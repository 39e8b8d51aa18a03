//! The network in use is shown, and what may go over it is set, by words.

mod terminal;

use serde_json::{Value, json};
use terminal::Terminal;

fn rule_of(shown: &Value, class: &str) -> Value {
    let classes = shown["classes"].as_array().expect("all kinds are told");
    let found = classes
        .iter()
        .find(|one| one["class"] == class)
        .expect("it is a kind");
    json!([found["rule"], found["is_default"]])
}

#[test]
fn the_network_in_use_is_shown_with_what_may_go_over_it() {
    let it = Terminal::new();
    let ran = it.run(["network"]).ok();
    assert_eq!(ran.stdout, "Cable, does not cost\nUploads may use it\n");
    let shown = it.run(["network", "--json"]).ok().json();
    assert_eq!(
        (&shown["link"]["online"], &shown["rule"]["do"]),
        (&json!(true), &json!("go"))
    );
}

#[test]
fn a_rule_for_a_kind_of_network_is_kept_and_forgotten() {
    let it = Terminal::new();
    let set = |rule: &str| {
        it.run(["network", "rule", "cellular", rule, "--json"])
            .ok()
            .json()
    };
    let by_itself = json!([{"do": "wait"}, true]);
    assert_eq!(
        rule_of(&set("2MB/s"), "cellular"),
        json!([{"do": "cap", "bytes_per_second": 2_000_000}, false])
    );
    let kept = it.run(["network", "--json"]).ok().json();
    assert_eq!(rule_of(&kept, "cellular")[0]["do"], "cap");
    assert_eq!(rule_of(&set("default"), "cellular"), by_itself);
    it.run(["network", "rule", "cable", "wait"]).ok();
    let waits = it.run(["network"]).ok().stdout;
    assert!(waits.contains("Waiting for the network."), "{waits}");
}

#[test]
fn a_pass_for_a_time_or_for_uploads_is_given_and_taken_back() {
    let it = Terminal::new();
    let pass = |words: &[&str]| {
        let begin = ["network", "pass", "--json"].iter();
        it.run(begin.chain(words)).ok().json()["pass"].clone()
    };
    let timed = pass(&["1h"]);
    assert!(timed["until"].is_string(), "{timed}");
    let both = pass(&["--upload", "7"]);
    assert_eq!(
        (&both["until"], &both["uploads"]),
        (&timed["until"], &json!([7]))
    );
    assert_eq!(pass(&["off"]), json!({"until": null, "uploads": []}));
}

#[test]
fn what_cannot_be_a_rule_is_refused_with_a_sentence() {
    let it = Terminal::new();
    for (words, said) in [
        (["rule", "5g", "go"], "write this, or one of metered"),
        (["rule", "wifi", "often"], "write go, wait, ask, default"),
        (["rule", "this", "wait"], "Nothing tells this network"),
    ] {
        let ran = it.run(["network"].into_iter().chain(words));
        assert_eq!(ran.status, 2, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn a_days_budget_of_a_kind_of_network_is_kept_shown_and_forgotten() {
    let it = Terminal::new();
    let budget = |size: &str| {
        let words = ["network", "budget", "cable", size, "--json"];
        it.run(words).ok().json()
    };
    let day = |shown: &Value| {
        let classes = shown["classes"].as_array().unwrap();
        let cable = classes.iter().find(|one| one["class"] == "cable");
        cable.unwrap()["day"].clone()
    };
    let set = budget("2GB");
    assert_eq!(
        day(&set),
        json!({"sent_bytes": 0, "budget_bytes": 2_000_000_000})
    );
    let shown = it.run(["network"]).ok().stdout.replace('\u{a0}', " ");
    assert!(shown.contains("Sent over it today: 0 B of 2 GB"), "{shown}");
    assert_eq!(day(&budget("off"))["budget_bytes"], json!(null));
    for wrong in ["2MB/s", "1kB", "much"] {
        let ran = it.run(["network", "budget", "cable", wrong]);
        assert_eq!(ran.status, 2, "{wrong}");
    }
}
