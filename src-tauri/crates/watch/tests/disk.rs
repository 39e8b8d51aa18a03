//! What is found on a real disk, and what the system tells of it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use slipway_watch::{
    Ask, Hint, Hints, Look, Matcher, Rule, Seen, find, look, mount_of, presence, scan,
};
use std::{
    fs,
    io::Write,
    ops::ControlFlow,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

fn matcher(sub_folders: bool) -> Matcher {
    let rule = Rule {
        sub_folders,
        ..Rule::default()
    };
    Matcher::new(rule).unwrap()
}

fn scanned(root: &Path, matcher: &Matcher, except: Option<&Path>) -> Vec<String> {
    let mut found = Vec::new();
    scan(root, Path::new(""), matcher, except, None, 0, |files| {
        found.extend(files.into_iter().map(|one| one.path.display().to_string()));
        ControlFlow::Continue(())
    });
    found.sort();
    found
}

#[test]
fn links_are_not_followed_and_a_loop_ends() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir_all(at("sub/.git")).unwrap();
    for file in ["a.mp4", "sub/b.mp4", "sub/.git/c.mp4", "notes.txt"] {
        fs::write(at(file), b"x").unwrap();
    }
    symlink(dir.path(), at("sub/loop")).unwrap();
    symlink("self", at("self")).unwrap();
    symlink(at("a.mp4"), at("linked.mp4")).unwrap();
    assert_eq!(
        scanned(dir.path(), &matcher(true), None),
        ["a.mp4", "sub/b.mp4"]
    );
    assert_eq!(scanned(dir.path(), &matcher(false), None), ["a.mp4"]);
    let sub = at("sub");
    assert_eq!(scanned(dir.path(), &matcher(true), Some(&sub)), ["a.mp4"]);
    let hinted = ["a.mp4", "linked.mp4", "sub", "gone.mp4"].map(PathBuf::from);
    let found = find(dir.path(), &matcher(false), hinted.into(), 0);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_walk_tells_in_pieces_and_ends_when_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..2500 {
        fs::write(dir.path().join(format!("{n}.mp4")), b"x").unwrap();
    }
    let mut pieces = Vec::new();
    let tell = |files: Vec<slipway_watch::Found>| {
        pieces.push(files.len());
        ControlFlow::Continue(())
    };
    let done = scan(
        dir.path(),
        Path::new(""),
        &matcher(false),
        None,
        None,
        0,
        tell,
    );
    assert_eq!((pieces, done.entries), (vec![1000, 1000, 500], 2500));
    let stop = |_| ControlFlow::Break(());
    let done = scan(
        dir.path(),
        Path::new(""),
        &matcher(false),
        None,
        None,
        0,
        stop,
    );
    assert!(done.entries < 1100, "{}", done.entries);
}

#[test]
fn an_empty_place_where_a_disk_was_is_not_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let drive = dir.path().join("T7");
    let folder = drive.join("Out");
    fs::create_dir_all(&folder).unwrap();
    assert_eq!(presence(&folder, &mount_of(&folder)), Ok(()));
    // As if a disk had been mounted at T7 when the folder was added.
    let away = presence(&folder, &drive).unwrap_err();
    assert_eq!(away.code, "watch_drive_away");
    assert_eq!(away.params["drive"], "T7");
    fs::remove_dir_all(&drive).unwrap();
    assert_eq!(
        presence(&folder, &drive).unwrap_err().code,
        "watch_drive_away"
    );
    let missing = presence(&folder, &mount_of(dir.path())).unwrap_err();
    assert_eq!(missing.code, "watch_folder_missing");
    fs::write(&drive, b"a file").unwrap();
    let file = presence(&drive, &mount_of(dir.path())).unwrap_err();
    assert_eq!(file.code, "watch_not_folder");
    symlink("loop", dir.path().join("loop")).unwrap();
    let looped = presence(&dir.path().join("loop"), &mount_of(dir.path())).unwrap_err();
    assert_eq!(looped.code, "watch_folder_loop");
}

fn ask(root: &Path, name: &str) -> Ask {
    let path = PathBuf::from(name);
    let seen = Seen::of(&fs::metadata(root.join(&path)).unwrap());
    Ask {
        path,
        seen,
        rested: true,
    }
}

#[cfg(target_os = "linux")]
#[test]
fn who_writes_is_seen_and_who_reads_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let mut writer = Command::new("sh")
        .args(["-c", "exec cat > written.mp4"])
        .current_dir(&root)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    fs::write(root.join("read.mp4"), b"x").unwrap();
    let mut reader = Command::new("sh")
        .args(["-c", "exec cat - 3< read.mp4"])
        .current_dir(&root)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writer.stdin.as_mut().unwrap().write_all(b"video").unwrap();
    while !fs::metadata(root.join("written.mp4")).is_ok_and(|meta| meta.len() == 5) {}
    let asks = [ask(&root, "written.mp4"), ask(&root, "read.mp4")];
    let looks = look(&root, &asks);
    let program = |look: &Look| match look {
        Look::There { writer, .. } => writer.clone().map(|writer| writer.program.unwrap()),
        other => panic!("{other:?}"),
    };
    assert_eq!(program(&looks[0]).as_deref(), Some("cat"));
    assert_eq!(program(&looks[1]), None);
    for child in [&mut writer, &mut reader] {
        drop(child.stdin.take());
        child.wait().unwrap();
    }
    assert_eq!(program(&look(&root, &asks[..1])[0]), None);
    fs::remove_file(root.join("written.mp4")).unwrap();
    assert_eq!(look(&root, &asks[..1]), [Look::Gone]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_finished_renamed_into_place_or_gone_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let mut hints = Hints::new();
    let listener = hints.listener();
    listener.add(7, &root, Path::new("")).unwrap();
    let mut told = async |wanted: Hint| {
        let found = async { while !hints.next().await.contains(&wanted) {} };
        let found = tokio::time::timeout(Duration::from_secs(20), found).await;
        assert!(found.is_ok(), "{wanted:?}");
    };
    let file = |name: &str| Hint::File {
        key: 7,
        path: name.into(),
    };
    fs::write(root.join("a.part"), b"x").unwrap();
    told(file("a.part")).await;
    fs::rename(root.join("a.part"), root.join("a.mp4")).unwrap();
    told(file("a.mp4")).await;
    fs::create_dir(root.join("sub")).unwrap();
    let folder = Hint::Folder {
        key: 7,
        path: "sub".into(),
    };
    told(folder).await;
    listener.add(7, &root, Path::new("sub")).unwrap();
    fs::write(root.join("sub/b.mp4"), b"x").unwrap();
    told(file("sub/b.mp4")).await;
    fs::remove_dir_all(&root).unwrap();
    told(Hint::Root { key: 7 }).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn two_watches_of_one_folder_are_both_told_and_one_can_be_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    fs::create_dir(root.join("sub")).unwrap();
    let mut hints = Hints::new();
    let listener = hints.listener();
    listener.add(1, &root, Path::new("sub")).unwrap();
    listener.add(2, &root.join("sub"), Path::new("")).unwrap();
    fs::write(root.join("sub/a.mp4"), b"x").unwrap();
    let told = hints.next().await;
    let file = |key, path: &str| Hint::File {
        key,
        path: path.into(),
    };
    assert!(told.contains(&file(1, "sub/a.mp4")), "{told:?}");
    assert!(told.contains(&file(2, "a.mp4")), "{told:?}");
    listener.forget(1);
    fs::write(root.join("sub/b.mp4"), b"x").unwrap();
    let mut told = hints.next().await;
    while !told.contains(&file(2, "b.mp4")) {
        told.extend(hints.next().await);
    }
    told.retain(|hint| *hint != file(1, "sub/a.mp4")); // from before
    assert!(
        !told
            .iter()
            .any(|hint| matches!(hint, Hint::File { key: 1, .. }))
    );
}
