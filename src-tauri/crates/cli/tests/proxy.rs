//! The proxy on the command line, and that its password is printed nowhere.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::json;
use terminal::{PASSPHRASE, Ran, Terminal};

const PASSWORD: &str = "w0rd-0f-the-pr0xy";

fn run(it: &Terminal, args: &[&str]) -> Ran {
    let mut command = it.command(args);
    command
        .env("SLIPWAY_PASSPHRASE", PASSPHRASE)
        .env("PROXY_WORD", PASSWORD);
    for name in ["ALL_PROXY", "HTTPS_PROXY", "all_proxy", "https_proxy"] {
        command.env_remove(name);
    }
    let ran = Ran::from(command.output().unwrap());
    assert!(!format!("{ran:?}").contains(PASSWORD), "{ran:?}");
    ran
}

#[test]
fn a_proxy_is_shown_set_and_let_go_and_its_password_is_never_printed() {
    let it = Terminal::new();
    let shown = |args: &[&str]| run(&it, args).ok().stdout;
    assert_eq!(
        shown(&["proxy"]),
        "Connections follow the system, which has no proxy.\n"
    );
    let address = "socks5://me@proxy.example:1080";
    let set = shown(&["proxy", address, "--password", "env:PROXY_WORD"]);
    assert!(
        set.starts_with(
            "Connections take the proxy socks5://me@proxy.example:1080, with its password.\n"
        ),
        "{set}"
    );
    let state = json!({
        "proxy": address, "has_password": true, "system": null,
        "except": "localhost, 127.0.0.0/8, ::1",
    });
    assert_eq!(run(&it, &["proxy", "--json"]).ok().json(), state);
    let except = run(&it, &["proxy", "--except", "nas.local", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&except["except"], &except["has_password"]),
        (&json!("nas.local"), &json!(true))
    );
    // In the address, as people paste it; another server has the password of none.
    let pasted = format!("http://me:{PASSWORD}@proxy.example:3128");
    let set = run(&it, &["proxy", &pasted, "--json"]).ok().json();
    assert_eq!(set["proxy"], "http://me@proxy.example:3128");
    let other = run(&it, &["proxy", "http://me@other.example:3128", "--json"])
        .ok()
        .json();
    assert_eq!(other["has_password"], false);
    assert_eq!(shown(&["proxy", "off"]), "Connections take no proxy.\n");
    for wrong in [
        "proxy.example:3128",
        "ftp://p",
        "http://me:w@",
        "http://a b:1",
    ] {
        let refused = run(&it, &["proxy", wrong, "--json"]);
        assert_eq!(refused.status, 2);
        assert_eq!(refused.error()["code"], "proxy_invalid", "{wrong}");
    }
    assert_eq!(shown(&["proxy"]), "Connections take no proxy.\n");
}

#[test]
fn the_systems_proxy_is_the_one_of_the_environment() {
    let it = Terminal::new();
    for password in [PASSWORD, "half@other"] {
        let mut command = it.command(["proxy"]);
        command.env("HTTPS_PROXY", format!("http://me:{password}@10.0.0.1:3128"));
        let ran = Ran::from(command.output().unwrap()).ok();
        assert_eq!(
            ran.stdout,
            "Connections take the system's proxy 10.0.0.1:3128.\n"
        );
    }
}

#[test]
fn a_password_without_a_user_is_refused() {
    let it = Terminal::new();
    let words = [
        "proxy",
        "http://p.example:1",
        "--json",
        "--password",
        "env:PROXY_WORD",
    ];
    let mut command = it.command(words);
    let refused = Ran::from(command.env("PROXY_WORD", PASSWORD).output().unwrap());
    assert_eq!(refused.status, 2, "{refused:?}");
    assert_eq!(refused.error()["code"], "proxy_password_without_user");
}

#[test]
fn a_password_that_can_be_kept_nowhere_is_refused_and_nothing_is_changed() {
    let it = Terminal::new();
    let mut command = it.command([
        "proxy",
        "http://me@p.example:1",
        "--password",
        "env:PROXY_WORD",
    ]);
    let refused = Ran::from(command.env("PROXY_WORD", PASSWORD).output().unwrap());
    assert_eq!(refused.status, 2, "{refused:?}");
    assert_eq!(
        run(&it, &["proxy"]).ok().stdout,
        "Connections follow the system, which has no proxy.\n"
    );
}
