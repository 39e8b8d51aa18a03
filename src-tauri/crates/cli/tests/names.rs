//! Names that systems allow and terminals fear.

mod terminal;

use std::fs;
use terminal::Terminal;

const NAMES: [&str; 9] = [
    "two\nlines.mp4",
    "tab\tand \u{1b}[31mred.mp4",
    "emoji 🎬👩‍👩‍👧.mp4",
    "\u{202e}4pm.exe.mp4",
    "عطلة.mp4",
    "旅行 2026.mp4",
    "-starts with a dash.mp4",
    " spaces .mp4",
    "quotes\"'`$HOME;.mp4",
];

#[test]
fn odd_names_are_uploaded_whole_and_printed_safely() {
    let it = Terminal::with_account();
    let mut args = vec![
        "add".to_owned(),
        "--account".into(),
        "arch".into(),
        "--".into(),
    ];
    for (n, name) in NAMES.iter().enumerate() {
        it.file(name, 1000 + n);
        args.push((*name).to_owned());
    }
    let added = it.run(&args).ok();
    assert_eq!(added.stdout.lines().count(), NAMES.len());
    let listed = it.run(["list"]).ok();
    assert_eq!(
        listed.stdout.lines().count(),
        NAMES.len() + 1,
        "a line each: {}",
        listed.stdout
    );
    let ran = it.run(["run", "--until-idle"]).ok();
    for text in [
        &listed.stdout,
        &ran.stdout,
        &ran.stderr,
        &it.run(["show", "1"]).ok().stdout,
    ] {
        let unsafe_char =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(unsafe_char), "{text:?}");
    }
    let rows = it.run(["list", "--json"]).ok().json();
    let files: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, NAMES, "programs get names as they are");
    let copies = fs::read_dir(it.path("out")).unwrap().map(Result::unwrap);
    let copies = copies.filter(|e| !e.file_name().to_string_lossy().ends_with(".json"));
    assert_eq!(copies.count(), NAMES.len());
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_can_be_uploaded() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let it = Terminal::with_account();
    let name = OsStr::from_bytes(b"caf\xe9.mp4");
    it.file(name, 4000);
    let ran = it
        .run([
            OsStr::new("upload"),
            name,
            OsStr::new("--account"),
            OsStr::new("arch"),
        ])
        .ok();
    assert!(ran.stdout.contains("caf\u{fffd}.mp4"), "{ran:?}");
}
