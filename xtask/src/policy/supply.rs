//! Checks licences, bans and sources of every package in the lock file against `deny.toml`.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{items, licence, text};

/// The one registry, as cargo's metadata spells it.
const REGISTRY: &str = "registry+";

pub(super) fn breaches(metadata: &Value, rules: &toml::Table) -> Result<Vec<String>> {
    let licences = strings(rules, "licenses", "allow")?;
    let registries = strings(rules, "sources", "allow-registry")?;
    let banned: Vec<&str> = table(rules, "bans")?
        .get("deny")
        .and_then(toml::Value::as_array)
        .context("deny.toml has bans.deny")?
        .iter()
        .filter_map(|ban| ban.get("name").and_then(toml::Value::as_str))
        .collect();
    let allowed = |name: &str| licences.contains(&name);
    let mut breaches = Vec::new();
    for package in items(&metadata["packages"]) {
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let source = text(&package["source"]);
        if source.is_empty() {
            continue; // a member of the workspace
        }
        if banned.contains(&name) {
            breaches.push(format!("{name} {version} is banned by deny.toml"));
        }
        if !registries
            .iter()
            .any(|url| source.strip_prefix(REGISTRY) == Some(url))
        {
            breaches.push(format!("{name} {version} comes from {source}"));
        }
        match licence::permits(text(&package["license"]), &allowed) {
            Ok(true) => {}
            Ok(false) => breaches.push(format!(
                "{name} {version} has licence '{}', which deny.toml does not allow",
                text(&package["license"])
            )),
            Err(why) => breaches.push(format!("{name} {version}: {why}")),
        }
    }
    Ok(breaches)
}

fn table<'a>(rules: &'a toml::Table, name: &str) -> Result<&'a toml::Table> {
    rules
        .get(name)
        .and_then(toml::Value::as_table)
        .with_context(|| format!("deny.toml has a table '{name}'"))
}

fn strings<'a>(rules: &'a toml::Table, name: &str, key: &str) -> Result<Vec<&'a str>> {
    Ok(table(rules, name)?
        .get(key)
        .and_then(toml::Value::as_array)
        .with_context(|| format!("deny.toml has {name}.{key}"))?
        .iter()
        .filter_map(toml::Value::as_str)
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    fn breaches(package: &serde_json::Value) -> Vec<String> {
        let rules = r#"
            [licenses]
            allow = ["MIT"]
            [sources]
            allow-registry = ["https://good.example/index"]
            [bans]
            deny = [{ name = "openssl-sys" }]
        "#;
        super::breaches(&json!({ "packages": [package] }), &rules.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_package_is_refused_for_its_licence_its_source_or_its_name() {
        let good = json!({ "name": "a", "version": "1.0.0", "license": "MIT", "source": "registry+https://good.example/index" });
        assert_eq!(breaches(&good), Vec::<String>::new());
        for (field, value) in [
            ("license", "GPL-3.0-only"),
            ("license", ""),
            ("source", "git+https://good.example/index"),
            ("source", "registry+https://other.example/index"),
            ("name", "openssl-sys"),
        ] {
            let mut bad = good.clone();
            bad[field] = value.into();
            assert_eq!(breaches(&bad).len(), 1, "{field} = {value}");
        }
    }
}
