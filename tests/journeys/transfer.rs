//! Settings written to a file and taken from one: without secrets, as a whole or not at all.

use crate::house::{House, MIB, map};
use serde_json::{Value, json};
use slipway_api::{
    Failure,
    wire::{
        AccountLimit, Afterwards, Empty, HoursChange, Limit, NewWatch, NoticeChoices, ProxyChange,
        Secret, SettingsImport, SettingsImported, Template, TemplateSave, WatchRule, WatchState,
        WatchSwitch,
    },
};
use slipway_model::{
    AccountId, HealthState, PhaseName,
    line::LineOrder,
    notice::NoticeKind,
    proxy::{Proxy, Way},
};
use std::{collections::BTreeMap, fs, path::Path};

const SECRETS: [(&str, &str); 3] = [
    ("app_secret", "s3cret-of-the-app"),
    ("access_token", "t0ken-of-access"),
    ("refresh_token", "t0ken-of-refresh"),
];
const OWN_PROXY_WORD: &str = "w0rd-of-its-own-proxy";
const PROXY_WORD: &str = "w0rd-of-all";

/// A house where everything that can go into the file differs from what a new one has.
async fn furnished() -> (House, AccountId) {
    let house = House::new().await;
    let api = &house.api;
    let folder = house.folder_account().await;
    let own = format!("http://me:{OWN_PROXY_WORD}@127.0.0.1:9");
    let settings = map([
        ("client_id", "an-app"),
        ("endpoint.api", "http://127.0.0.1:9"),
        ("proxy", &own),
    ]);
    let secrets = SECRETS.map(|(name, value)| (name.to_owned(), Secret(value.to_owned())));
    let new = slipway_api::wire::NewAccount {
        platform: "bilibili".into(),
        label: "main".into(),
        settings,
        secrets: secrets.into(),
        check: false,
    };
    let main = api.account_add(new).await.unwrap().id;
    let limit = Limit {
        bytes_per_second: Some(3_000_000),
    };
    api.limit_set(limit).await.unwrap();
    let of_main = AccountLimit {
        account: main,
        bytes_per_second: Some(1_000_000),
    };
    api.account_limit_set(of_main).await.unwrap();
    for (account, hours) in [(None, "22:00-06:00"), (Some(main), "08:00-12:00")] {
        let change = HoursChange {
            account,
            hours: Some(hours.to_owned()),
        };
        api.hours_set(change).await.unwrap();
    }
    let mut line = api.line(Empty {}).await.unwrap();
    line.order = LineOrder::Share;
    line.platforms.insert("bilibili".into(), 1);
    api.line_set(line).await.unwrap();
    let proxy = Proxy {
        way: Way::Socks5,
        host: "proxy.example".into(),
        port: Some(1080),
        user: "me".into(),
        ..Proxy::default()
    };
    let password = Some(Secret(PROXY_WORD.into()));
    api.proxy_set(ProxyChange { proxy, password })
        .await
        .unwrap();
    let choices = NoticeChoices {
        off: vec![NoticeKind::Published],
        quiet: Some("23:00-07:00".into()),
    };
    api.notice_choices_set(choices).await.unwrap();
    let template = Template {
        name: "Weekly".into(),
        fields: map([("title", "{filename}"), ("tags", "travel")]),
        accounts: vec!["archive".into(), "main".into()],
        ..Template::default()
    };
    let save = TemplateSave {
        template,
        replace: false,
    };
    api.template_save(save).await.unwrap();
    for name in ["renders", "sent"] {
        fs::create_dir(house.path(name)).unwrap();
    }
    let paths = vec![house.path("renders"), house.path("sent")];
    let offered = api.folders_offer(paths).await.unwrap();
    let rule = WatchRule {
        patterns: vec!["*.mp4".into()],
        accounts: vec![folder],
        template: Some("Weekly".into()),
        afterwards: Afterwards::Move {
            folder: Some(offered[1].folder),
            path: String::new(),
        },
        ..WatchRule::default()
    };
    let watch = NewWatch {
        folder: offered[0].folder,
        rule,
        new_only: false,
    };
    api.watch_add(watch).await.unwrap();
    (house, main)
}

async fn exported(house: &House) -> String {
    house.api.settings_export(Empty {}).await.unwrap()
}

async fn import(house: &House, text: &str, apply: bool) -> Result<SettingsImported, Failure> {
    let path = house.path("settings.json");
    fs::write(&path, text).unwrap();
    let offered = house.api.files_offer(vec![path]).await?;
    let import = SettingsImport {
        file: offered[0].file,
        apply,
    };
    house.api.settings_import(import).await
}

fn codes(told: &[slipway_model::Cause]) -> Vec<&str> {
    told.iter().map(|cause| cause.code.as_str()).collect()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_come_to_another_machine_without_a_secret_and_are_in_force_there() {
    let (first, _) = furnished().await;
    let text = exported(&first).await;
    let secrets = SECRETS.iter().map(|(_, secret)| *secret);
    for secret in secrets.chain([OWN_PROXY_WORD, PROXY_WORD]) {
        assert!(!text.contains(secret), "{secret} is in the file");
    }

    let second = House::new().await;
    let told = import(&second, &text, false).await.unwrap();
    let wanted = [
        "import_speed",
        "import_timetable",
        "import_line",
        "import_proxy_password",
        "import_notices",
        "import_account_ready",
        "import_account",
        "import_template",
        "import_watch_moves",
    ];
    let found = codes(&told.changes);
    assert!(wanted.iter().all(|code| found.contains(code)), "{found:?}");
    assert!(!told.applied && told.left_out.is_empty(), "{told:?}");
    assert!(second.api.accounts(Empty {}).await.unwrap().is_empty());
    assert_eq!(
        second
            .api
            .speed(Empty {})
            .await
            .unwrap()
            .limit_bytes_per_second,
        None
    );

    import(&second, &text, true).await.unwrap();
    let api = &second.api;
    let speed = api.speed(Empty {}).await.unwrap();
    assert_eq!(speed.limit_bytes_per_second, Some(3_000_000));
    assert_eq!(api.line(Empty {}).await.unwrap().order, LineOrder::Share);
    let proxy = api.proxy(Empty {}).await.unwrap();
    assert_eq!(
        (proxy.proxy.host.as_str(), proxy.has_password),
        ("proxy.example", false)
    );
    let rows = api.accounts(Empty {}).await.unwrap();
    let states: Vec<_> = rows
        .iter()
        .map(|row| (row.account.label.as_str(), row.account.health.state))
        .collect();
    let waits = ("main", HealthState::SignedOut);
    assert_eq!(states, [("archive", HealthState::Unknown), waits]);
    let main = &rows[1];
    let cause = main.account.health.cause.clone().unwrap();
    assert_eq!(cause.code, "account_imported");
    assert_eq!(main.limit_bytes_per_second, Some(1_000_000));
    let watches = api.watches(Empty {}).await.unwrap();
    assert_eq!(watches[0].state, WatchState::Off, "nothing is sent unasked");
    assert_eq!(watches[0].rule.accounts, [rows[0].account.id]);
    // All of it is there: the same file comes out.
    assert_eq!(parsed(&exported(&second).await), parsed(&text));
    // And nothing is left to change.
    let again = import(&second, &text, true).await.unwrap();
    assert!(again.changes.is_empty(), "{again:?}");
    let left = [
        "import_account_here",
        "import_account_here",
        "import_watch_here",
    ];
    assert_eq!(codes(&again.left_out), left);

    // It is kept.
    let second = second.restart().await;
    assert_eq!(parsed(&exported(&second).await), parsed(&text));
    // The account that needs no sign-in works at once.
    let none = Limit {
        bytes_per_second: None,
    };
    second.api.limit_set(none).await.unwrap();
    let always = HoursChange {
        account: None,
        hours: None,
    };
    second.api.hours_set(always).await.unwrap();
    let archive = rows[0].account.id;
    let film = second.video("a.mp4", MIB);
    let id = second.add(&film, archive, map([("title", "A")])).await;
    second.until_phase(id, PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_a_folder_that_comes_in_is_not_sent_a_second_time() {
    let (first, _) = furnished().await;
    let text = exported(&first).await;
    let sent_before = first.video("renders/before.mp4", MIB);
    assert!(sent_before.exists());
    let second = House::new().await;
    import(&second, &text, true).await.unwrap();
    let watch = second.api.watches(Empty {}).await.unwrap()[0].watch;
    let on = WatchSwitch { watch, on: true };
    second.api.watch_switch(on).await.unwrap();
    let row = loop {
        let row = second.api.watches(Empty {}).await.unwrap().remove(0);
        if row.last_look_ms.is_some() {
            break row;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((row.taken, row.waits_total), (0, 0), "{row:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cannot_turn_the_secrets_of_an_account_that_is_here_to_another_address() {
    let (house, main) = furnished().await;
    let mut file = parsed(&exported(&house).await);
    for account in file["accounts"].as_array_mut().unwrap() {
        if account["label"] == "main" {
            account["settings"]["endpoint.api"] = json!("https://elsewhere.example");
        }
    }
    file["settings"]["proxy"]["host"] = json!("elsewhere.example");
    let told = import(&house, &file.to_string(), true).await.unwrap();
    assert_eq!(codes(&told.changes), ["import_proxy_password"]);
    let rows = house.api.accounts(Empty {}).await.unwrap();
    let row = rows.iter().find(|row| row.account.id == main).unwrap();
    assert_eq!(row.account.settings["endpoint.api"], "http://127.0.0.1:9");
    let proxy = house.api.proxy(Empty {}).await.unwrap();
    assert!(!proxy.has_password, "the password was another proxy's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_is_refused_in_one_sentence_and_nothing_is_changed() {
    let (house, _) = furnished().await;
    let good = parsed(&exported(&house).await);
    let gone = house.path("gone").display().to_string();
    let with = |path: &str, value: Value| {
        let mut file = good.clone();
        // Something that would change, before what is wrong is found.
        file["settings"]["limit_bytes_per_second"] = json!(7_000_000);
        file["accounts"][0]["label"] = json!("new");
        *file.pointer_mut(path).expect(path) = value;
        file.to_string()
    };
    let later = json!({ "slipway_settings": 2, "unheard": [] });
    let deep = format!(
        "{{\"slipway_settings\":1,\"templates\":{}",
        "[".repeat(100_000)
    );
    let many: Vec<_> = (0..1001)
        .map(|n| json!({ "platform": "folder", "label": format!("a{n}"), "settings": { "path": gone } }))
        .collect();
    let large = " ".repeat(5 << 20);
    let template = |n: u32| json!({ "name": format!("t{n}") });
    let templates: Vec<_> = (0..1001).map(template).collect();
    let fields: Value = (0..1001).map(|n| (format!("f{n}"), json!("x"))).collect();
    let words: Vec<_> = (0..1001).map(|n| format!("*.{n}")).collect();
    let text = "x".repeat((64 << 10) + 1);
    let mut unknown = good.clone();
    unknown["run"] = json!("rm");
    let bad = [
        (String::new(), "settings_not_ours"),
        ("[]".to_owned(), "settings_not_ours"),
        ("{}".to_owned(), "settings_not_ours"),
        (later.to_string(), "settings_newer"),
        (deep, "settings_not_ours"),
        (large, "settings_too_large"),
        (unknown.to_string(), "settings_not_ours"),
        (
            with("/settings/limit_bytes_per_second", json!(-1)),
            "settings_not_ours",
        ),
        (
            with("/settings/limit_bytes_per_second", json!(1)),
            "limit_too_low",
        ),
        (
            with("/settings/limit_bytes_per_second", json!("fast")),
            "settings_not_ours",
        ),
        (
            with("/settings/timetable_bytes_per_second", json!(0)),
            "limit_too_low",
        ),
        (
            with("/settings/network/budgets", json!({ "w:home": 0 })),
            "network_budget_too_low",
        ),
        (
            with("/settings/timetable", json!("at night")),
            "hours_unreadable",
        ),
        (
            with("/settings/line/uploads_at_once", json!(9999)),
            "line_out_of_bounds",
        ),
        (with("/settings/proxy/host", json!("a b")), "proxy_invalid"),
        (
            with("/settings/proxy/way", json!("carrier pigeon")),
            "settings_not_ours",
        ),
        (with("/notices/quiet", json!("always")), "hours_unreadable"),
        (
            with("/templates/0/fields/title", json!("{indx}")),
            "template_variable_unknown",
        ),
        (
            with("/templates/0/name", json!("")),
            "template_name_invalid",
        ),
        (with("/accounts", json!(many)), "settings_too_many"),
        (with("/templates", json!(templates)), "settings_too_many"),
        (with("/templates/0/fields", fields), "settings_too_many"),
        (
            with("/templates/0/accounts", json!(words)),
            "settings_too_many",
        ),
        (
            with("/templates/0/fields", json!({ "x".repeat(201): "" })),
            "settings_too_many",
        ),
        (
            with("/templates/0/fields/title", json!(text)),
            "settings_text_too_long",
        ),
        (
            with("/accounts/1/settings/endpoint.api", json!(text)),
            "settings_text_too_long",
        ),
        (
            with("/watches/0/accounts", json!(words)),
            "settings_too_many",
        ),
        (
            with("/watches/0/rule/patterns", json!(words)),
            "settings_too_many",
        ),
        (
            with("/watches/0/rule/patterns", json!([text])),
            "settings_text_too_long",
        ),
        (
            with("/accounts/0/platform", json!("nowhere")),
            "platform_unknown",
        ),
        (
            with("/accounts/0/label", json!("a,b")),
            "account_label_invalid",
        ),
        (
            with("/accounts/0/label", json!("main")),
            "account_label_taken",
        ),
        (
            with("/accounts/0/settings", json!({ "exec": "rm" })),
            "setting_unknown",
        ),
        (
            with("/accounts/1/hours", json!("25-99")),
            "hours_unreadable",
        ),
        (
            with("/watches/0/folder", json!("../up")),
            "path_not_absolute",
        ),
        (
            with("/watches/0/accounts", json!(["nobody"])),
            "account_not_named",
        ),
        (
            with("/watches/0/rule/template", json!("None")),
            "template_unknown",
        ),
        (
            with("/watches/0/rule/patterns", json!(["["])),
            "watch_pattern_invalid",
        ),
        (
            with("/watches/0/rule/settle_seconds", json!(0)),
            "watch_settle_invalid",
        ),
    ];
    let before = exported(&house).await;
    let mut seen = BTreeMap::new();
    for (text, code) in bad {
        let shown: String = text.chars().take(200).collect();
        let failure = import(&house, &text, true).await.expect_err(&shown);
        assert_eq!(failure.code, code, "{failure:?} of {shown}");
        *seen.entry(code).or_insert(0) += 1;
        assert_eq!(exported(&house).await, before, "nothing changed: {code}");
    }
    assert!(seen.len() > 12, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_watched_folder_does_with_files_that_are_sent_is_told_before() {
    let (first, _) = furnished().await;
    let mut file = parsed(&exported(&first).await);
    let sent = first.path("sent").display().to_string();
    for (rule, code, target) in [
        (json!({ "what": "keep" }), "import_watch", None),
        (
            json!({ "what": "move", "folder": null, "path": sent }),
            "import_watch_moves",
            Some(&sent),
        ),
        (json!({ "what": "trash" }), "import_watch_bins", None),
    ] {
        file["watches"][0]["rule"]["afterwards"] = rule;
        let second = House::new().await;
        let told = import(&second, &file.to_string(), false).await.unwrap();
        let watch = told.changes.last().unwrap();
        assert_eq!(watch.code, code);
        assert_eq!(watch.params.get("target"), target);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_too_much_says_where_and_captions_may_be_long() {
    let (house, _) = furnished().await;
    let mut file = parsed(&exported(&house).await);
    file["templates"][0]["fields"]["captions"] = json!("x".repeat(100 << 10));
    import(&house, &file.to_string(), false).await.unwrap();
    file["templates"][0]["fields"]["title"] = json!("x".repeat(100 << 10));
    let failure = import(&house, &file.to_string(), false).await.unwrap_err();
    assert_eq!(failure.params["at"], "templates/1/fields/title");
    assert_eq!(failure.params["bytes"], (100 << 10).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_there_is_told_and_stays_out_and_the_rest_comes_in() {
    let (first, _) = furnished().await;
    let text = exported(&first).await;
    fs::remove_dir(first.path("sent")).unwrap();
    let second = House::new().await;
    let told = import(&second, &text, true).await.unwrap();
    let [missing] = told.left_out.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(missing.code, "import_watch_missing");
    let sent = first.path("sent");
    assert_eq!(Path::new(&missing.params["missing"]), sent);
    assert!(second.api.watches(Empty {}).await.unwrap().is_empty());
    assert_eq!(second.api.accounts(Empty {}).await.unwrap().len(), 2);
}
