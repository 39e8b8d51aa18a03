//! Checks which crate of ours knows which: the arrows point one way, and only the shell knows Tauri.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{items, text};

/// What a product crate may depend on, by name. A crate that is not here may not be depended on by one that is.
const ARROWS: &[(&str, &[&str])] = &[
    ("slipway-model", &[]),
    ("slipway-cover", &["slipway-model"]),
    ("slipway-media", &[]),
    ("slipway-network", &["slipway-model"]),
    ("slipway-power", &["slipway-model"]),
    ("slipway-platforms", &["slipway-model"]),
    ("slipway-store", &["slipway-model"]),
    ("slipway-watch", &["slipway-model"]),
    (
        "slipway-engine",
        &[
            "slipway-model",
            "slipway-cover",
            "slipway-media",
            "slipway-network",
            "slipway-power",
            "slipway-platforms",
            "slipway-store",
            "slipway-watch",
        ],
    ),
    (
        "slipway-api",
        &[
            "slipway-model",
            "slipway-cover",
            "slipway-media",
            "slipway-network",
            "slipway-power",
            "slipway-platforms",
            "slipway-store",
            "slipway-watch",
            "slipway-engine",
        ],
    ),
    (
        "slipway-cli",
        &[
            "slipway-model",
            "slipway-cover",
            "slipway-media",
            "slipway-network",
            "slipway-power",
            "slipway-platforms",
            "slipway-store",
            "slipway-watch",
            "slipway-engine",
            "slipway-api",
        ],
    ),
    (
        "slipway-desktop",
        &[
            "slipway-model",
            "slipway-cover",
            "slipway-media",
            "slipway-network",
            "slipway-power",
            "slipway-platforms",
            "slipway-store",
            "slipway-watch",
            "slipway-engine",
            "slipway-api",
        ],
    ),
    // Shares no type with the product, so that an agreement between the two is one about bytes.
    ("slipway-simulators", &[]),
    ("slipway-sites", &["slipway-simulators"]),
];

/// The one crate that may name Tauri.
const SHELL: &str = "slipway-desktop";

pub(super) fn breaches(metadata: &Value) -> Result<Vec<String>> {
    let graph = Graph::read(metadata)?;
    let mut breaches = Vec::new();
    for (id, name) in &graph.ours {
        let Some((_, may)) = ARROWS.iter().find(|(crate_name, _)| crate_name == name) else {
            continue;
        };
        for to in graph.arrows.get(id).into_iter().flatten() {
            if let Some(known) = graph.ours.get(to)
                && !may.contains(known)
            {
                breaches.push(format!(
                    "{name} depends on {known}, which is against the arrows"
                ));
            }
        }
        if *name != SHELL
            && let Some(window) = graph
                .below(id)
                .into_iter()
                .find(|below| below.split('-').next() == Some("tauri"))
        {
            breaches.push(format!("{name} brings in {window}, which only {SHELL} may"));
        }
    }
    for (name, _) in ARROWS {
        if !graph.ours.values().any(|ours| ours == name) {
            breaches.push(format!(
                "{name} is in the list of arrows and not in the workspace"
            ));
        }
    }
    Ok(breaches)
}

/// Packages by id, and what each needs to run or to be built.
struct Graph<'a> {
    names: BTreeMap<&'a str, &'a str>,
    ours: BTreeMap<&'a str, &'a str>,
    arrows: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn read(metadata: &'a Value) -> Result<Self> {
        let names: BTreeMap<_, _> = items(&metadata["packages"])
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let mut ours = BTreeMap::new();
        for member in items(&metadata["workspace_members"]) {
            let name = names.get(text(member)).context("a member is a package")?;
            ours.insert(text(member), *name);
        }
        let arrows = items(&metadata["resolve"]["nodes"])
            .map(|node| {
                let needed = items(&node["deps"])
                    // Tests may know more than the product: kind "dev" is no arrow.
                    .filter(|dep| items(&dep["dep_kinds"]).any(|kind| text(&kind["kind"]) != "dev"))
                    .map(|dep| text(&dep["pkg"]))
                    .collect();
                (text(&node["id"]), needed)
            })
            .collect();
        Ok(Self {
            names,
            ours,
            arrows,
        })
    }

    /// Names of everything that `id` needs, at any depth.
    fn below(&self, id: &'a str) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::new();
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            for to in self.arrows.get(id).into_iter().flatten() {
                if seen.insert(*to) {
                    next.push(to);
                }
            }
        }
        seen.into_iter()
            .filter_map(|id| self.names.get(id).copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    /// Metadata of the whole list of crates, with `from` needing `to` by a dependency of `kind`.
    fn metadata(from: &str, to: &str, kind: Option<&str>) -> Value {
        let ours = super::ARROWS.iter().map(|(name, _)| *name);
        let names: Vec<&str> = ours.clone().chain(["tauri", "between"]).collect();
        let deps = |name: &str| match name {
            name if name == from => json!([{ "pkg": to, "dep_kinds": [{ "kind": kind }] }]),
            "between" => json!([{ "pkg": "tauri", "dep_kinds": [{ "kind": null }] }]),
            _ => json!([]),
        };
        json!({
            "packages": names.iter().map(|name| json!({ "id": name, "name": name })).collect::<Vec<_>>(),
            "workspace_members": ours.collect::<Vec<_>>(),
            "resolve": { "nodes": names.iter().map(|name| json!({ "id": name, "deps": deps(name) })).collect::<Vec<_>>() },
        })
    }

    #[test]
    fn an_arrow_against_the_order_is_found_and_one_for_tests_is_none() {
        for (from, to, kind, expected) in [
            ("slipway-engine", "slipway-store", None, 0),
            ("slipway-store", "slipway-engine", None, 1),
            ("slipway-store", "slipway-engine", Some("build"), 1),
            ("slipway-store", "slipway-engine", Some("dev"), 0),
            ("slipway-cli", "slipway-simulators", None, 1),
            ("slipway-engine", "between", None, 1),
            ("slipway-desktop", "between", None, 0),
        ] {
            let found = super::breaches(&metadata(from, to, kind)).unwrap();
            assert_eq!(
                found.len(),
                expected,
                "{from} -> {to} ({kind:?}): {found:?}"
            );
        }
    }
}
