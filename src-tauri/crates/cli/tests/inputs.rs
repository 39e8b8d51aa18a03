//! Whatever is wrong on the command line or with an input gets a sentence and exit status 2, and changes nothing.

mod terminal;

use std::fs;
use terminal::Terminal;

#[test]
fn every_bad_input_gets_a_code_and_a_sentence_and_adds_nothing() {
    let it = Terminal::with_account();
    it.file("good.mp4", 1000);
    it.file("empty.mp4", 0);
    it.file("taken.zip", 1);
    it.file("page.txt", 10);
    fs::create_dir(it.path("folder.mp4")).unwrap();
    let rows: &[(&[&str], &str)] = &[
        (&["add", "missing.mp4", "--account", "arch"], "file_missing"),
        (&["add", "empty.mp4", "--account", "arch"], "file_empty"),
        (
            &["add", "folder.mp4", "--account", "arch"],
            "file_is_folder",
        ),
        (
            &["add", "/dev/null", "--account", "arch"],
            "file_not_regular",
        ),
        (
            &["add", "good.mp4", "empty.mp4", "--account", "arch"],
            "file_empty",
        ),
        (
            &["add", "missing.mp4", "empty.mp4", "--account", "arch"],
            "preflight_refused",
        ),
        (
            &["upload", "missing.mp4", "--account", "arch"],
            "file_missing",
        ),
        (
            &[
                "add",
                "https://a.example/x.mp4?sig=SECRET",
                "--account",
                "arch",
            ],
            "online_not_taken",
        ),
        (
            &["add", "good.mp4", "HTTP://", "--account", "arch"],
            "address_invalid",
        ),
        (
            &["add", "good.mp4", "--account", "nobody"],
            "account_not_named",
        ),
        (
            &["add", "good.mp4", "--account", "arch,nobody"],
            "account_not_named",
        ),
        (
            &[
                "add",
                "good.mp4",
                "--account",
                "arch",
                "--caption",
                "en=gone.srt",
            ],
            "file_missing",
        ),
        (
            &[
                "add",
                "good.mp4",
                "--account",
                "arch",
                "--caption",
                "en=page.txt",
            ],
            "text_not_readable",
        ),
        (
            &[
                "add",
                "good.mp4",
                "--account",
                "arch",
                "--caption",
                "page.txt",
            ],
            "usage",
        ),
        (&["add", "good.mp4"], "usage"),
        (&["add", "--account", "arch"], "usage"),
        (
            &["add", "good.mp4", "--account", "arch", "--set", "title"],
            "usage",
        ),
        (
            &["add", "good.mp4", "--account", "arch", "--set", "titel=x"],
            "field_not_common",
        ),
        (
            &[
                "add",
                "good.mp4",
                "--account",
                "arch",
                "--set",
                "folder.titel=x",
            ],
            "field_unknown",
        ),
        (
            &[
                "add",
                "good.mp4",
                "--account",
                "arch",
                "--set",
                "nowhere.title=x",
            ],
            "platform_unknown",
        ),
        (
            &[
                "add",
                "good.mp4",
                "--account",
                "arch",
                "--cover",
                "missing.jpg",
            ],
            "file_missing",
        ),
        (
            &[
                "add",
                "good.mp4",
                "--account",
                "arch",
                "--cover",
                "page.txt",
            ],
            "cover_not_an_image",
        ),
        (
            &[
                "add",
                "good.mp4",
                "--account",
                "arch",
                "--priority",
                "urgent",
            ],
            "usage",
        ),
        (
            &["add", "good.mp4", "--account", "arch", "--nonsense"],
            "usage",
        ),
        (&["limit", "fast"], "usage"),
        (&["limit", "10"], "usage"),
        (&["limit", "-5MB/s"], "usage"),
        (&["run", "--limit", "20 parsecs/s"], "usage"),
        (&["run", "--max-uploads", "0"], "usage"),
        (&["show", "abc"], "usage"),
        (&["show", "-3"], "usage"),
        (&["show", "99"], "upload_unknown"),
        (&["pause"], "usage"),
        (&["pause", "1", "--all"], "usage"),
        (&["pause", "99"], "upload_unknown"),
        (&["retry", "99"], "upload_unknown"),
        (&["move", "99", "--first"], "upload_unknown"),
        (&["move", "1"], "usage"),
        (&["move", "1", "--first", "--last"], "usage"),
        (&["list", "--phase", "flying"], "usage"),
        (&["list", "--account", "nobody"], "account_not_named"),
        (&["platforms", "nowhere"], "platform_unknown"),
        (
            &["accounts", "add", "nowhere", "--label", "x"],
            "platform_unknown",
        ),
        (
            &["accounts", "add", "folder", "--label", "x"],
            "field_required",
        ),
        (
            &[
                "accounts", "add", "folder", "--label", "arch", "--set", "path=out",
            ],
            "account_label_taken",
        ),
        (
            &[
                "accounts", "add", "folder", "--label", "a,b", "--set", "path=out",
            ],
            "account_label_invalid",
        ),
        (
            &[
                "accounts", "add", "folder", "--label", " ", "--set", "path=out",
            ],
            "account_label_invalid",
        ),
        (
            &[
                "accounts", "add", "folder", "--label", "x", "--set", "path=out", "--set", "pth=1",
            ],
            "setting_unknown",
        ),
        (
            &[
                "accounts", "add", "folder", "--label", "x", "--set", "path=out", "--secret", "a=b",
            ],
            "secret_unknown",
        ),
        (
            &[
                "accounts",
                "add",
                "bilibili",
                "--label",
                "x",
                "--set",
                "client_id=a",
            ],
            "secret_required",
        ),
        (
            &[
                "accounts",
                "add",
                "bilibili",
                "--label",
                "x",
                "--secret",
                "app_secret",
            ],
            "secret_not_named",
        ),
        (
            &[
                "accounts",
                "add",
                "bilibili",
                "--label",
                "x",
                "--secret",
                "app_secret=@gone",
            ],
            "secret_unreadable",
        ),
        (
            &[
                "accounts",
                "add",
                "bilibili",
                "--label",
                "x",
                "--secret",
                "app_secret=env:GONE",
            ],
            "secret_unreadable",
        ),
        (
            &[
                "accounts",
                "add",
                "bilibili",
                "--label",
                "x",
                "--secret",
                "app_secret=-",
            ],
            "secret_unreadable",
        ),
        (&["accounts", "check", "nobody"], "account_not_named"),
        (&["accounts", "remove", "nobody"], "account_not_named"),
        (&["accounts", "set", "arch", "pth=1"], "setting_unknown"),
        (&["diagnostics", "taken.zip"], "output_exists"),
        (&["diagnostics", "gone/file.zip"], "output_failed"),
        (&["dance"], "usage"),
    ];
    for (args, code) in rows {
        let ran = it.run(args.iter().copied().chain(["--json"]));
        assert_eq!(ran.status, 2, "{args:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "only results go to stdout: {args:?}");
        let error = ran.error();
        assert_eq!(error["code"], *code, "{args:?}: {ran:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.len() > 15, "{args:?}: {message}");
        assert!(
            !message.contains(['–', '{']),
            "something is not filled in: {message}"
        );
        assert!(error["params"].is_object(), "{args:?}");
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    }
    assert_eq!(it.phases(), [""; 0], "nothing was added");
    let accounts = it.run(["accounts", "list", "--json"]).ok().json();
    assert_eq!(
        accounts.as_array().unwrap().len(),
        1,
        "no account was added"
    );
}

#[test]
fn without_json_an_error_is_one_sentence() {
    let it = Terminal::with_account();
    let ran = it.run(["add", "missing.mp4", "--account", "arch"]);
    assert_eq!(
        ran.stderr,
        "slipway: missing.mp4 is not there. Put it back, or name the place where it is.\n"
    );
    assert_eq!(ran.status, 2);
}

#[test]
fn an_error_is_said_in_the_users_language() {
    let it = Terminal::with_account();
    for (locale, words) in [("ja_JP.UTF-8", "見つかりません"), ("zh_CN.UTF-8", "找不到")]
    {
        let mut command = it.command(["add", "missing.mp4", "--account", "arch"]);
        let ran = terminal::Ran::from(command.env("LC_ALL", locale).output().unwrap());
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
}

#[test]
fn the_same_file_goes_to_the_same_account_again_only_when_that_is_said() {
    let it = Terminal::with_account();
    it.file("a.mp4", 5000);
    it.run(["upload", "a.mp4", "--account", "arch"]).ok();
    let ran = it.run(["add", "a.mp4", "--account", "arch", "--json"]);
    assert_eq!(
        (ran.status, &ran.error()["code"]),
        (2, &"already_sent".into())
    );
    it.run(["upload", "a.mp4", "--account", "arch", "--again"])
        .ok();
    assert_eq!(it.phases(), ["published", "published"]);
}

#[test]
fn a_secret_is_taken_from_where_it_lies_and_shows_up_nowhere() {
    const SECRET: &str = "not-for-anyone-4711";
    let it = Terminal::new();
    fs::write(it.path("secret"), format!("{SECRET}\n")).unwrap();
    let mut command = it.command([
        "accounts",
        "add",
        "bilibili",
        "--label",
        "b",
        "--no-check",
        "--set",
        "client_id=c",
        "--secret",
        "app_secret=@secret",
        "--secret",
        "access_token=env:TOKEN",
        "--json",
    ]);
    command.env("SLIPWAY_PASSPHRASE", terminal::PASSPHRASE);
    command.env("TOKEN", SECRET).env("SLIPWAY_LOG", "trace");
    let added = terminal::Ran::from(command.output().unwrap()).ok();
    let listed = it.run(["accounts", "list", "--json"]).ok();
    it.run(["diagnostics", "report.zip"]).ok();
    assert!(!format!("{added:?}{listed:?}").contains(SECRET));
    let mut looked = 0;
    let mut dirs = vec![it.data()];
    let mut files = vec![it.path("report.zip")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                files.push(path);
            }
        }
    }
    for file in files {
        let Ok(bytes) = fs::read(&file) else { continue };
        let found = bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes());
        assert!(!found, "{}", file.display());
        looked += 1;
    }
    assert!(looked >= 4, "queue, vault, log and report were looked at");
}

#[test]
fn without_keychain_and_pass_phrase_a_secret_is_refused_and_not_kept() {
    let it = Terminal::new();
    let ran = it.run([
        "accounts",
        "add",
        "bilibili",
        "--label",
        "b",
        "--no-check",
        "--set",
        "client_id=c",
        "--secret",
        "app_secret=x",
        "--json",
    ]);
    assert_eq!(
        (ran.status, &ran.error()["code"]),
        (2, &"secrets_nowhere".into())
    );
    let accounts = it.run(["accounts", "list", "--json"]).ok().json();
    assert_eq!(accounts, serde_json::json!([]));
}

#[cfg(unix)]
#[test]
fn a_file_that_is_named_from_a_folder_that_is_gone_is_told_and_not_dropped() {
    let it = Terminal::with_account();
    let film = it.file("a.mp4", 1000);
    let from_nowhere = |args: &[&str]| -> terminal::Ran {
        let slipway = it.command(args);
        let mut shell = std::process::Command::new("sh");
        shell
            .args([
                "-c",
                r#"mkdir gone && cd gone && rmdir ../gone && exec "$@""#,
                "sh",
            ])
            .arg(slipway.get_program())
            .args(slipway.get_args())
            .current_dir(it.dir.path());
        for (name, value) in slipway.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.output().unwrap().into()
    };
    for args in [
        &["add", "a.mp4", "--account", "arch", "--json"][..],
        &["settings", "import", "mine.json", "--json"],
        &["accounts", "set", "arch", "path=out", "--json"],
    ] {
        let refused = from_nowhere(args);
        assert_eq!(
            (refused.status, refused.error()["code"].as_str()),
            (2, Some("here_gone")),
            "{args:?}: {refused:?}"
        );
    }
    let film = film.to_str().unwrap();
    from_nowhere(&["add", film, "--account", "arch"]).ok();
    from_nowhere(&["watch", "list"]).ok();
}
