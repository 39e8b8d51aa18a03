//! A whole upload to a platform that takes secrets, with everything logged: what is told, kept and reported holds none of them.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use slipway_simulators::bilibili::{Review, simulator};
use std::{
    fs,
    io::{Read, Write},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};
use terminal::{PASSPHRASE, Ran, Terminal};

/// Everything below the data folder, and the report's files as they are inside it.
fn kept(it: &Terminal) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut dirs) = (Vec::new(), vec![it.data()]);
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                found.push((path, bytes));
            }
        }
    }
    let mut report = zip::ZipArchive::new(fs::File::open(it.path("report.zip")).unwrap()).unwrap();
    for at in 0..report.len() {
        let mut file = report.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        found.push((PathBuf::from("report.zip").join(name), bytes));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_with_everything_logged_tells_no_secret() {
    let simulator = simulator()
        .review(Review::immediate())
        .spacing(Duration::ZERO)
        .start()
        .await;
    let it = Terminal::new();
    it.file("clip.mp4", 9_000_000);
    let run = |args: &[&str], input: &str| {
        let mut command = it.command(args);
        command
            .env("SLIPWAY_PASSPHRASE", PASSPHRASE)
            .env("SLIPWAY_LOG", "trace")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let words = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap()).ok();
        format!("{ran:?} {}", String::from_utf8_lossy(&words))
    };
    let url = simulator.url();
    let mut add = vec!["accounts", "add", "bilibili", "--label", "b", "--json"];
    let settings = [
        format!("client_id={}", simulator.client_id()),
        format!("endpoint.api={url}"),
        format!("endpoint.oauth={url}"),
        format!("endpoint.upload={url}"),
        "part_size=1048576".into(),
    ];
    add.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    for name in ["app_secret=-", "access_token=-", "refresh_token=-"] {
        add.extend(["--secret", name]);
    }
    let secrets = [
        simulator.app_secret(),
        simulator.access_token(),
        simulator.refresh_token(),
    ];
    let mut told = run(&add, &format!("{}\n", secrets.join("\n")));
    let words = [
        "upload",
        "clip.mp4",
        "--account",
        "b",
        "--json",
        "--set",
        "title=t",
        "--set",
        "tags=a",
        "--set",
        "bilibili.tid=21",
    ];
    told += &run(&words, "");
    told += &run(&["show", "1", "--json"], "");
    told += &run(&["accounts", "list", "--json"], "");
    run(&["diagnostics", "report.zip"], "");

    let token = simulator.inspect().await.uploads[0].token.clone();
    let kept = kept(&it);
    let logged = kept.iter().any(|(path, bytes)| {
        path.starts_with("report.zip") && String::from_utf8_lossy(bytes).contains("add-by-utoken")
    });
    assert!(logged, "the report shows how the platform was called");
    for secret in secrets.into_iter().chain([token.as_str(), PASSPHRASE]) {
        assert!(!told.contains(secret), "{secret} was told: {told}");
        for (path, bytes) in &kept {
            let found = bytes
                .windows(secret.len())
                .any(|some| some == secret.as_bytes());
            assert!(!found, "{secret} is in {}", path.display());
        }
    }
}
