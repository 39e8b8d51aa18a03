//! Checks that every member of the workspace obeys the workspace's lints and publishes nothing.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::{items, text};
use crate::place;

pub(super) fn breaches(metadata: &Value, root: &toml::Table) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    if level(root, "unsafe_code") != Some("forbid") {
        breaches.push("the workspace does not forbid unsafe code".to_owned());
    }
    for package in items(&metadata["packages"]).filter(|package| package["source"].is_null()) {
        let manifest: toml::Table =
            place::read(Path::new(text(&package["manifest_path"])))?.parse()?;
        breaches.extend(strays(text(&package["name"]), &manifest));
    }
    Ok(breaches)
}

fn level<'a>(root: &'a toml::Table, lint: &str) -> Option<&'a str> {
    root.get("workspace")?
        .get("lints")?
        .get("rust")?
        .get(lint)?
        .as_str()
}

/// What a member sets for itself that the workspace sets for all.
fn strays(name: &str, manifest: &toml::Table) -> Vec<String> {
    let inherits = |value: Option<&toml::Value>| {
        value
            .and_then(|value| value.get("workspace"))
            .and_then(toml::Value::as_bool)
            == Some(true)
    };
    let mut strays = Vec::new();
    if !inherits(manifest.get("lints")) {
        strays.push(format!("{name} does not inherit the workspace's lints"));
    }
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        if !inherits(manifest.get("package").and_then(|package| package.get(key))) {
            strays.push(format!(
                "{name} does not inherit '{key}' from the workspace"
            ));
        }
    }
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (dependency, value) in manifest
            .get(kind)
            .and_then(toml::Value::as_table)
            .into_iter()
            .flatten()
        {
            if !inherits(Some(value)) {
                strays.push(format!("{name} sets its own version of {dependency}"));
            }
        }
    }
    strays
}

#[cfg(test)]
mod tests {
    const GOOD: &str = r"
        package = { version.workspace = true, edition.workspace = true, rust-version.workspace = true, license.workspace = true, publish.workspace = true }
        lints.workspace = true
        dependencies.serde = { workspace = true, features = ['rc'] }
    ";

    #[test]
    fn a_member_that_sets_for_itself_what_the_workspace_sets_is_named() {
        let strays = |text: &str| super::strays("a", &text.parse().unwrap());
        assert_eq!(strays(GOOD), Vec::<String>::new());
        for (from, to) in [
            ("lints.workspace = true", "lints.rust.unsafe_code = 'allow'"),
            ("edition.workspace = true", "edition = '2021'"),
            ("{ workspace = true, features = ['rc'] }", "'1'"),
        ] {
            assert_eq!(strays(&GOOD.replace(from, to)).len(), 1, "{to}");
        }
    }
}
