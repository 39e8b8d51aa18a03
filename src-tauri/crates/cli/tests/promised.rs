//! Names that programs pass to `slipway accounts add` and `slipway add`: what is promised may be added to, not changed.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::Value;
use terminal::Terminal;

/// Platform, settings, secrets, and fields of a manuscript.
type Promise = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const PROMISED: &[Promise] = &[
    ("folder", &["path"], &[], &[]),
    (
        "bilibili",
        &[
            "client_id",
            "endpoint.api",
            "endpoint.oauth",
            "endpoint.upload",
            "endpoint.consent",
        ],
        &["app_secret", "access_token", "refresh_token"],
        &["tid"],
    ),
    (
        "wangsu",
        &["access_key", "domain", "workflowId", "categoryNames"],
        &["secret_key"],
        &["workflowId"],
    ),
    (
        "aliyun-vod",
        &[
            "auth",
            "region",
            "access_key_id",
            "role_arn",
            "service.url",
            "endpoint.vod",
            "endpoint.sts",
            "endpoint.oss",
        ],
        &["access_key_secret", "security_token", "service.token"],
        &["TemplateGroupId"],
    ),
    (
        "bluesky",
        &[
            "identifier",
            "endpoint.pds",
            "endpoint.video",
            "endpoint.plc",
        ],
        &["app_password"],
        &["langs"],
    ),
    (
        "api-video",
        &["environment", "auth", "endpoint"],
        &["api_key", "upload_token"],
        &["title"],
    ),
];

/// Platform, setting and the values it takes.
const CHOICES: &[(&str, &str, &[&str])] = &[
    ("aliyun-vod", "auth", &["access-key", "sts", "service"]),
    ("api-video", "auth", &["api-key", "upload-token"]),
    ("api-video", "environment", &["production", "sandbox"]),
];

fn names(list: &Value, key: &str) -> Vec<String> {
    let list = list
        .as_array()
        .unwrap_or_else(|| panic!("no list to take each {key} of"));
    list.iter()
        .map(|one| one[key].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_promised_name_is_there() {
    let it = Terminal::new();
    for (platform, settings, secrets, fields) in PROMISED {
        let spec = it.run(["platforms", platform, "--json"]).ok().json();
        for (kind, promised) in [
            ("settings", settings),
            ("secrets", secrets),
            ("fields", fields),
        ] {
            let there = names(&spec[kind], "name");
            for name in *promised {
                assert!(
                    there.iter().any(|n| n == name),
                    "{platform} has no {kind} {name}"
                );
            }
        }
    }
    for (platform, setting, promised) in CHOICES {
        let spec = it.run(["platforms", platform, "--json"]).ok().json();
        let settings = spec["settings"].as_array().unwrap();
        let found = settings.iter().find(|one| one["name"] == *setting).unwrap();
        let there = names(&found["choices"], "value");
        for value in *promised {
            assert!(
                there.iter().any(|v| v == value),
                "{platform} {setting}={value}"
            );
        }
    }
}
