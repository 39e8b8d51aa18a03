//! The accounts of the demo: one on each simulated platform, as the simulators tell them, and a folder.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// An account that is yet to be made.
pub(super) struct Account {
    pub(super) label: &'static str,
    pub(super) platform: &'static str,
    settings: Vec<String>,
    /// By name and value.
    secrets: Vec<(&'static str, String)>,
}

pub(super) fn all(told: &Value, archive: &Path) -> Vec<Account> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |platform: &str, name: &str| text(&told[platform][name]);
    let url = |platform: &str| of(platform, "url");
    let account = |label, platform, settings: Vec<(&str, String)>, secrets| Account {
        label,
        platform,
        settings: settings
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect(),
        secrets,
    };
    let user = |name: &str| text(&told["bilibili"]["users"][0][name]);
    let at = url("bilibili");
    vec![
        account(
            "My channel",
            "bilibili",
            vec![
                ("client_id", user("client_id")),
                ("endpoint.api", at.clone()),
                ("endpoint.oauth", at.clone()),
                ("endpoint.consent", at.clone()),
                ("endpoint.upload", at),
                ("rate.submit_spacing_s", "1".to_owned()),
            ],
            ["app_secret", "access_token", "refresh_token"]
                .map(|name| (name, user(name)))
                .into(),
        ),
        account(
            "Studio",
            "wangsu",
            vec![
                ("access_key", of("wangsu", "access_key")),
                ("endpoint.api", url("wangsu")),
            ],
            vec![("secret_key", of("wangsu", "secret_key"))],
        ),
        account(
            "Courses",
            "aliyun-vod",
            vec![
                ("access_key_id", of("aliyun-vod", "access_key_id")),
                ("endpoint.vod", url("aliyun-vod")),
            ],
            vec![("access_key_secret", of("aliyun-vod", "access_key_secret"))],
        ),
        account(
            "Friends",
            "bluesky",
            vec![
                ("identifier", of("bluesky", "handle")),
                ("video_did", of("bluesky", "video_did")),
                ("endpoint.video", url("bluesky")),
                ("endpoint.plc", url("bluesky")),
                ("endpoint.resolver", url("bluesky")),
            ],
            vec![("app_password", of("bluesky", "app_password"))],
        ),
        account(
            "Website",
            "api-video",
            vec![("endpoint", url("api-video"))],
            vec![("api_key", of("api-video", "api_key"))],
        ),
        account(
            "Archive",
            "folder",
            vec![("path", archive.display().to_string())],
            Vec::new(),
        ),
    ]
}

impl Account {
    /// `program`, told to make this account. Secrets go by the environment, which only the person's own programs can read.
    pub(super) fn add(&self, mut program: Command) -> Command {
        program.args(["accounts", "add", self.platform, "--label", self.label]);
        for setting in &self.settings {
            program.args(["--set", setting]);
        }
        for (name, value) in &self.secrets {
            let variable = name.to_uppercase();
            program
                .args(["--secret", &format!("{name}=env:{variable}")])
                .env(variable, value);
        }
        program
    }
}
