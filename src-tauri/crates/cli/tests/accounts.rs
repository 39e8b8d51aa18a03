//! Signing in by the platform's page, and upload tokens that an account hands out.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::Value;
use slipway_simulators::{
    api_video,
    bilibili::{self, Consent},
    bluesky,
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::Duration,
};
use terminal::{PASSPHRASE, Ran, Terminal};

/// The program, with a vault for its secrets.
fn with_vault(it: &Terminal, args: &[&str]) -> Command {
    let mut command = it.command(args);
    command.env("SLIPWAY_PASSPHRASE", PASSPHRASE);
    command
}

fn run(it: &Terminal, args: &[&str]) -> Ran {
    with_vault(it, args).output().unwrap().into()
}

/// What a server answers a browser, head and all.
fn get(address: &str) -> String {
    let (host, path) = address
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What a browser is sent on to by this page.
fn sent_on_by(page: &str) -> String {
    let answer = get(page);
    let location = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    location
        .unwrap_or_else(|| panic!("{answer}"))
        .trim()
        .to_owned()
}

/// Signs in; `person` gets the address that the browser ends on, and what it gives is pasted.
fn sign_in(it: &Terminal, person: impl FnOnce(&str) -> String) -> Ran {
    let args = ["accounts", "sign-in", "main", "--no-browser", "--json"];
    let mut child = with_vault(it, &args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let page = line.split(' ').next_back().unwrap().trim();
    assert!(page.starts_with("http://"), "{line}");
    let pasted = person(&sent_on_by(page));
    // Where the browser comes back by itself, the program may have ended by now.
    let _ = writeln!(child.stdin.take().unwrap(), "{pasted}");
    let mut said = String::new();
    stderr.read_to_string(&mut said).unwrap();
    let mut ran: Ran = child.wait_with_output().unwrap().into();
    ran.stderr = said;
    ran
}

/// Goes where the browser is sent; nothing is pasted.
fn comes_back(address: &str) -> String {
    let answer = get(address);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    String::new()
}

fn bilibili_account(it: &Terminal, platform: &bilibili::Simulator) {
    let url = platform.url();
    let mut args = vec![
        "accounts",
        "add",
        "bilibili",
        "--label",
        "main",
        "--no-check",
    ];
    let settings = [
        format!("client_id={}", platform.client_id()),
        "gourl=https://callback.example/landing".to_owned(),
        format!("endpoint.api={url}"),
        format!("endpoint.oauth={url}"),
        format!("endpoint.upload={url}"),
        format!("endpoint.consent={url}"),
    ];
    for setting in &settings {
        args.extend(["--set", setting]);
    }
    let secret = format!("app_secret={}", platform.app_secret());
    args.extend(["--secret", &secret]);
    run(it, &args).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_with_the_address_or_the_code_that_is_pasted() {
    let platform = bilibili::simulator().start().await;
    let it = Terminal::new();
    bilibili_account(&it, &platform);
    assert_eq!(run(&it, &["accounts", "check", "main"]).status, 3);
    let code = |url: &str| {
        let query = url.split_once('?').unwrap().1.to_owned();
        let code = query.split('&').find_map(|pair| pair.strip_prefix("code="));
        code.unwrap().to_owned()
    };
    let signed_in = sign_in(&it, str::to_owned).ok();
    assert_eq!(signed_in.json()["state"], "ready");
    run(&it, &["accounts", "check", "main"]).ok();
    assert_eq!(sign_in(&it, code).ok().json()["state"], "ready");

    // What belongs to another sign-in is not taken, and a spent code is not either.
    let forged = sign_in(&it, |url| url.replace("state=", "state=x"));
    assert_eq!(forged.status, 2);
    assert_eq!(forged.error()["code"], "sign_in_state_differs");
    let empty = sign_in(&it, |_| String::new());
    assert_ne!(empty.status, 0);
    let spent = sign_in(&it, |_| "0123456789abcdef".to_owned());
    assert_eq!(spent.error()["code"], "bilibili_code_spent");
    run(&it, &["accounts", "check", "main"]).ok();
}

fn bluesky_account(it: &Terminal, platform: &bluesky::Simulator) {
    let url = platform.url();
    let settings = [
        "sign_in=oauth".to_owned(),
        format!("identifier={}", platform.credentials().handle),
        format!("video_did={}", platform.video_did()),
        format!("endpoint.video={url}"),
        format!("endpoint.plc={url}"),
        format!("endpoint.resolver={url}"),
    ];
    let mut args = vec![
        "accounts",
        "add",
        "bluesky",
        "--label",
        "main",
        "--no-check",
    ];
    for setting in &settings {
        args.extend(["--set", setting]);
    }
    run(it, &args).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_by_itself_when_the_browser_comes_back() {
    let platform = bluesky::simulator().start().await;
    let it = Terminal::new();
    bluesky_account(&it, &platform);
    assert_eq!(run(&it, &["accounts", "check", "main"]).status, 3);
    let signed_in = sign_in(&it, |back| {
        assert!(back.starts_with("http://127.0.0.1:"), "{back}");
        // Another sign-in's answer is not heard, and the right one still is.
        let forged = get(&back.replace("state=", "state=x"));
        assert!(forged.starts_with("HTTP/1.1 404"), "{forged}");
        comes_back(back)
    });
    assert_eq!(signed_in.ok().json()["state"], "ready");
    run(&it, &["accounts", "check", "main"]).ok();
    let seen = platform.inspect();
    assert_eq!(seen.accounts[0].sign_ins, 0, "no password was used");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_opens_the_browser_and_needs_nothing_else() {
    use std::os::unix::fs::PermissionsExt as _;
    let platform = bluesky::simulator().start().await;
    let it = Terminal::new();
    bluesky_account(&it, &platform);
    // Goes where it is sent, as a browser does in front of somebody who agrees.
    let browser = it.path("browser");
    let script = "#!/bin/sh\nexec curl --silent --location --output /dev/null \"$1\"\n";
    std::fs::write(&browser, script).unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let signed_in = with_vault(&it, &["accounts", "sign-in", "main"])
        .env("BROWSER", &browser)
        .env("NO_PROXY", "localhost,127.0.0.1")
        .output()
        .unwrap();
    let signed_in = Ran::from(signed_in).ok();
    assert!(signed_in.stdout.contains("Ready"), "{signed_in:?}");
    run(&it, &["accounts", "check", "main"]).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_of_somebody_else_is_not_taken() {
    let platform = bluesky::simulator().start().await;
    let it = Terminal::new();
    bluesky_account(&it, &platform);
    platform.consenting(1);
    let other = sign_in(&it, comes_back);
    assert_eq!(other.status, 2);
    assert_eq!(other.error()["code"], "bluesky_other_account");
    assert_eq!(run(&it, &["accounts", "check", "main"]).status, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_consent_leaves_the_account_as_it_was() {
    let platform = bluesky::simulator().start().await;
    let it = Terminal::new();
    bluesky_account(&it, &platform);
    platform.switches(|switches| switches.consent_refused = true);
    let refused = sign_in(&it, comes_back);
    assert_eq!(refused.status, 2);
    assert_eq!(refused.error()["code"], "sign_in_refused");
    assert_eq!(refused.error()["params"]["reason"], "access_denied");
    assert_eq!(run(&it, &["accounts", "check", "main"]).status, 3);
    platform.switches(|switches| switches.consent_refused = false);
    sign_in(&it, comes_back).ok();

    let platform = bilibili::simulator().start().await;
    let it = Terminal::new();
    bilibili_account(&it, &platform);
    sign_in(&it, str::to_owned).ok();
    platform.consent(Consent::Refuse, 0);
    let refused = sign_in(&it, str::to_owned);
    assert_eq!(refused.status, 2);
    assert_eq!(refused.error()["code"], "bilibili_consent_refused");
    run(&it, &["accounts", "check", "main"]).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn upload_tokens_are_made_listed_shown_and_deleted() {
    let platform = api_video::simulator().start().await;
    let it = Terminal::new();
    let endpoint = format!("endpoint={}", platform.url());
    let key = format!("api_key={}", platform.api_key());
    run(
        &it,
        &[
            "accounts",
            "add",
            "api-video",
            "--label",
            "av",
            "--set",
            &endpoint,
            "--secret",
            &key,
        ],
    )
    .ok();
    let tokens = |args: &[&str]| {
        let all: Vec<&str> = ["accounts", "tokens"].iter().chain(args).copied().collect();
        run(&it, &all)
    };
    let hour = tokens(&["create", "av", "--ttl", "1h", "--json"]).ok();
    let hour = hour.json();
    assert_eq!(hour["ttl"], 3600);
    assert!(hour["expires_at"].is_string());
    let forever = tokens(&["create", "av"]).ok().stdout;
    let forever = forever.trim();
    let listed = tokens(&["list", "av", "--json"]).ok().json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let token = hour["token"].as_str().unwrap();
    let shown = tokens(&["show", "av", token, "--json"]).ok().json();
    assert_eq!(shown["expires_at"], hour["expires_at"]);
    assert!(tokens(&["list", "av"]).ok().stdout.contains(forever));
    tokens(&["delete", "av", token]).ok();
    let gone = tokens(&["show", "av", token, "--json"]);
    assert_eq!(gone.status, 2);
    assert_eq!(gone.error()["code"], "upload_token_unknown");
    let seen = platform.glance().upload_tokens;
    assert_eq!((seen.len(), seen[0].token.as_str()), (1, forever));
    // No terminal, no clipboard: it says so instead of losing the token.
    let copied = tokens(&["copy", "av", forever, "--json"]);
    assert_eq!(copied.error()["code"], "clipboard_no_terminal");
    assert_eq!(tokens(&["create", "av", "--ttl", "0"]).status, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn works_on_the_platform_are_listed_edited_and_deleted() {
    let platform = bilibili::simulator()
        .spacing(Duration::ZERO)
        .review(bilibili::Review::immediate())
        .start()
        .await;
    let it = Terminal::new();
    bilibili_account(&it, &platform);
    sign_in(&it, str::to_owned).ok();
    it.file("a.mp4", 3000);
    let upload = ["upload", "a.mp4", "--account", "main", "--set"];
    let fields = [
        "title=Before",
        "--set",
        "tags=sea",
        "--set",
        "bilibili.tid=21",
    ];
    run(&it, &[&upload[..], &fields[..]].concat()).ok();
    let works = |args: &[&str]| run(&it, &[&["accounts", "works"], args].concat());
    let listed = works(&["main", "--json"]).ok().json();
    assert_eq!((&listed["total"], &listed["page"]), (&1.into(), &1.into()));
    let work = &listed["works"][0];
    assert_eq!(
        (&work["title"], &work["state"]),
        (&"Before".into(), &"published".into())
    );
    assert_eq!(work["words"], "开放浏览", "the platform's own words");
    let id = work["id"].as_str().unwrap();
    assert!(works(&["main"]).ok().stdout.contains(id));
    let beyond = works(&["main", "--page", "2", "--json"]).ok().json();
    assert_eq!(beyond["works"], serde_json::json!([]));

    let picture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../icons/screens/queue-light.png"
    );
    std::fs::copy(picture, it.path("cover.png")).unwrap();
    let before = platform.glance().manuscripts[0]
        .fields
        .get("cover")
        .cloned();
    let changes = ["--set", "title=After", "--set", "bilibili.no_reprint=0"];
    let changes = [&["edit", "main", id, "--cover", "cover.png"], &changes[..]].concat();
    works(&changes).ok();
    let after = platform.glance().manuscripts[0].fields.clone();
    assert_eq!(after["title"], "After");
    assert_ne!(after.get("cover"), before.as_ref());
    for (wrong, code) in [
        (&["--set", "colour=red"][..], "field_unknown"),
        (&["--set", "bilibili.tid=many"], "field_not_a_number"),
        (&["--set", "tags=other"], "bilibili_field_fixed"),
        (&["--cover", "a.mp4"], "cover_not_an_image"),
        (&["--cover", "nowhere.png"], "file_missing"),
        (&[], "work_nothing_changed"),
    ] {
        let refused = works(&[&["edit", "main", id, "--json"], wrong].concat());
        assert_eq!(
            (refused.status, refused.error()["code"].clone()),
            (2, code.into())
        );
    }
    assert_eq!(platform.glance().manuscripts[0].fields, after);

    // Nobody is there to ask.
    let unasked = works(&["delete", "main", id, "--json"]);
    assert_eq!(
        (unasked.status, unasked.error()["code"].clone()),
        (2, "confirm_needed".into())
    );
    assert_eq!(works(&["main", "--json"]).ok().json()["total"], 1);
    works(&["delete", "main", id, "--yes"]).ok();
    assert_eq!(works(&["main", "--json"]).ok().json()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_platform_offers_for_a_field_is_listed() {
    let platform = bilibili::simulator().start().await;
    let it = Terminal::new();
    bilibili_account(&it, &platform);
    sign_in(&it, str::to_owned).ok();
    let choices = |field: &str| run(&it, &["accounts", "choices", "main", field, "--json"]);
    for field in ["tid", "bilibili.tid"] {
        let listed = choices(field).ok().json();
        let daily = serde_json::json!({ "value": "21", "name": "生活 / 日常" });
        assert_eq!(listed[0], daily, "{field}");
    }
    let shown = run(&it, &["accounts", "choices", "main", "tid"]).ok();
    assert!(
        shown
            .stdout
            .starts_with("VALUE  NAME\n21     生活 / 日常\n"),
        "{shown:?}"
    );
    let free = choices("desc");
    assert_eq!(
        (free.status, free.error()["code"].clone()),
        (2, "choices_not_here".into())
    );
}

#[test]
fn accounts_without_a_page_or_tokens_or_works_say_so() {
    let it = Terminal::with_account();
    let signed: Value = it
        .run(["accounts", "tokens", "list", "arch", "--json"])
        .error();
    assert_eq!(signed["code"], "upload_tokens_not_here");
    let works = it.run(["accounts", "works", "arch", "--json"]);
    assert_eq!(works.error()["code"], "works_not_here");
    it.run(["accounts", "sign-in", "arch"]).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_with_what_is_left_and_what_they_did_today() {
    let platform = api_video::simulator()
        .encoding(api_video::Encoding::immediate())
        .start()
        .await;
    let it = Terminal::new();
    let settings = [
        format!("endpoint={}", platform.url()),
        format!("api_key={}", platform.api_key()),
    ];
    let [endpoint, key] = settings.each_ref();
    let named = ["accounts", "add", "api-video", "--label", "av"];
    let made = ["--set", endpoint, "--secret", key];
    run(&it, &[named.as_slice(), made.as_slice()].concat()).ok();
    let video = it.file("sea.mp4", 1_000_000);
    let sent = ["upload", video.to_str().unwrap(), "--account", "av"];
    run(&it, &sent).ok();

    let listed = run(&it, &["accounts", "list", "--json"]).ok().json();
    let account = &listed[0];
    assert_eq!(account["today"]["works"], 1);
    assert!(account["today"]["sent_bytes"].as_u64().unwrap() >= 1_000_000);
    assert_eq!(account["wait"], Value::Null);
    let health = &account["health"];
    assert_eq!(health["credential"], "api_key");
    assert_eq!(health["place"], "production");
    let left = &health["allowances"][0];
    assert_eq!(left["what"], "requests");
    assert!(left["left"].as_u64() < left["of"].as_u64());
    assert!(left["renews_at"].is_string());
    let table = run(&it, &["accounts", "list"]).ok().stdout;
    assert!(table.contains("LEFT") && table.contains("TODAY"), "{table}");
    assert!(table.contains("1 work, 1"), "{table}");
    let checked = run(&it, &["accounts", "check", "av"]).ok().stdout;
    assert!(checked.contains("requests"), "{checked}");
}
