//! A data folder that cannot be used ends a command with 4 and a sentence, and is left as it was.

mod terminal;

use std::fs;
use terminal::Terminal;

#[test]
fn a_file_in_place_of_the_data_folder_is_refused() {
    let it = Terminal::new();
    fs::write(it.data(), "a file").unwrap();
    for args in [vec!["list"], vec!["run"], vec!["accounts", "list"]] {
        let ran = it.run(args.into_iter().chain(["--json"]));
        assert_eq!(
            (ran.status, &ran.error()["code"]),
            (4, &"data_folder_read_only".into())
        );
        let message = ran.error()["message"].to_string();
        assert!(message.contains(it.data().to_str().unwrap()), "{message}");
    }
    assert_eq!(fs::read_to_string(it.data()).unwrap(), "a file");
}

/// Only where permissions bind: the superuser writes anywhere, and the test above stands for it.
#[cfg(unix)]
#[test]
fn a_data_folder_without_leave_to_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let it = Terminal::new();
    fs::create_dir(it.data()).unwrap();
    fs::set_permissions(it.data(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(it.data().join("probe"), "").is_ok() {
        return;
    }
    let ran = it.run(["list", "--json"]);
    assert_eq!(
        (ran.status, &ran.error()["code"]),
        (4, &"data_folder_read_only".into())
    );
    fs::set_permissions(it.data(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_queue_of_a_newer_version_is_refused_and_not_touched() {
    let it = Terminal::with_account();
    let file = it.data().join("queue.db");
    let db = rusqlite::Connection::open(&file).unwrap();
    db.pragma_update(None, "user_version", 9999).unwrap();
    db.close().unwrap();
    let before = fs::read(&file).unwrap();
    let ran = it.run(["list", "--json"]);
    assert_eq!(
        (ran.status, &ran.error()["code"]),
        (4, &"database_newer".into())
    );
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_damaged_queue_is_set_aside_and_the_user_is_told() {
    let it = Terminal::with_account();
    let file = it.data().join("queue.db");
    fs::write(&file, vec![7_u8; 50_000]).unwrap();
    it.file("a.mp4", 100);
    let ran = it.run(["run", "--until-idle"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stderr.contains("damaged"), "{ran:?}");
    let aside = fs::read_dir(it.data()).unwrap().map(Result::unwrap);
    let mut aside = aside.filter(|e| fs::metadata(e.path()).is_ok_and(|m| m.len() == 50_000));
    assert!(aside.next().is_some(), "the damaged file is kept");
}

#[test]
fn many_commands_at_once_take_turns() {
    let it = Terminal::with_account();
    let children: Vec<_> = (0..6)
        .map(|n| {
            it.file(format!("{n}.mp4"), 1000 + n);
            let name = format!("{n}.mp4");
            let mut command = it.command(["add", &name, "--account", "arch"]);
            command
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    assert_eq!(it.phases().len(), 6);
}
