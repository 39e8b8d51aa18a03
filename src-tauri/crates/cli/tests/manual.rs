//! What a system is told of the command line: pages of the manual, completions.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use std::{collections::BTreeSet, fs};
use terminal::Terminal;

#[test]
fn every_command_in_the_help_has_a_page_and_is_completed() {
    let it = Terminal::new();
    let help = it.run(["--help"]).ok().stdout;
    let listed = help.split("Commands:").nth(1).unwrap();
    let listed = listed.split("Options:").next().unwrap().lines();
    let commands: BTreeSet<_> = listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.contains("upload"), "{commands:?}");

    let pages = it.path("pages");
    fs::create_dir(&pages).unwrap();
    it.run(["manual".as_ref(), pages.as_os_str()]).ok();
    let bash = it.run(["completions", "bash"]).ok().stdout;
    for command in commands {
        let page = fs::read_to_string(pages.join(format!("slipway-{command}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
        assert!(
            bash.contains(&format!("slipway,{command})")),
            "{command} is not completed"
        );
    }
    assert!(
        !it.data().exists(),
        "what needs no queue makes no data folder"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_in_a_sentence() {
    let it = Terminal::new();
    let ran = it.run(["manual", "/no/such/folder"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("/no/such/folder"), "{ran:?}");
}
