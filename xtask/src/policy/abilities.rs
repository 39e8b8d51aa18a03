//! Checks that the table of what each platform can do names tests that are there, and leaves out neither a platform nor an ability.
//!
//! Knows nothing of whether those tests pass: that is the tests' matter.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::place;

const TABLE: &str = "src-tauri/crates/platforms/README.md";
const REGISTRY: &str = "src-tauri/crates/platforms/src/registry.rs";
/// Where tests are.
const SOURCES: [&str; 3] = ["src-tauri", "tests", "xtask"];
/// The rows of each platform, in order.
const ABILITIES: [&str; 13] = [
    "sign-in",
    "upload",
    "resume",
    "checksum",
    "fields",
    "status",
    "times",
    "cancel",
    "quota",
    "callbacks",
    "works",
    "choices",
    "contract",
];

pub(super) fn breaches() -> Result<Vec<String>> {
    let read = |file: &str| place::read(&place::root().join(file));
    let mut tests = BTreeSet::new();
    for folder in SOURCES {
        collect(&place::root().join(folder), &mut tests)?;
    }
    let is_there = |name: &str| {
        if name.contains('/') {
            place::root().join(name).is_file()
        } else {
            tests.contains(name)
        }
    };
    let platforms = platforms(&read(REGISTRY)?);
    Ok(against(&read(TABLE)?, &platforms, is_there))
}

/// The names of the platforms in the registry.
fn platforms(registry: &str) -> Vec<String> {
    let list = registry
        .split_once("\nplatforms! {")
        .and_then(|(_, rest)| rest.split_once('}'));
    let names = list.map_or("", |(names, _)| names).split(',');
    names
        .map(|name| name.trim().replace('_', "-"))
        .filter(|name| !name.is_empty())
        .collect()
}

/// What is wrong with the table.
fn against(table: &str, platforms: &[String], is_there: impl Fn(&str) -> bool) -> Vec<String> {
    let mut breaches = Vec::new();
    let sections: Vec<(&str, Vec<[&str; 3]>)> = table.split("\n## ").skip(1).map(section).collect();
    let known = |name: &str| platforms.iter().any(|platform| platform == name);
    for (name, rows) in sections.iter().filter(|(_, rows)| !rows.is_empty()) {
        if !known(name) {
            breaches.push(format!("{TABLE}: there is no platform '{name}'"));
        }
        let abilities: Vec<&str> = rows.iter().map(|[ability, ..]| *ability).collect();
        if abilities != ABILITIES {
            breaches.push(format!(
                "{TABLE}: the rows of {name} are not {}",
                ABILITIES.join(", ")
            ));
        }
        for [ability, how, shown] in rows {
            let tests: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
            if how.is_empty() || (tests.is_empty() && !how.starts_with("none: ")) {
                breaches.push(format!(
                    "{TABLE}: nothing shows '{ability}' of {name}, nor is it said why there is none"
                ));
            }
            for test in tests.iter().filter(|test| !is_there(test)) {
                breaches.push(format!(
                    "{TABLE}: no test shows '{ability}' of {name} by the name {test}"
                ));
            }
        }
    }
    for platform in platforms {
        if !sections
            .iter()
            .any(|(name, rows)| name == platform && !rows.is_empty())
        {
            breaches.push(format!("{TABLE}: {platform} has no table"));
        }
    }
    breaches
}

/// The head of a section, and the cells of its table.
fn section(text: &str) -> (&str, Vec<[&str; 3]>) {
    let (name, body) = text.split_once('\n').unwrap_or((text, ""));
    let rows = body.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.strip_suffix('|')?.split(" | ");
        let row = [cells.next()?, cells.next()?, cells.next()?].map(str::trim);
        (cells.next().is_none() && !row[0].starts_with("---") && row[0] != "ability").then_some(row)
    });
    (name.trim(), rows.collect())
}

/// Names of functions in Rust files that are tests or have some.
fn collect(folder: &Path, tests: &mut BTreeSet<String>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path: PathBuf = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !matches!(&*name, "node_modules" | "target" | "dist") {
                collect(&path, tests)?;
            }
        } else if name.ends_with(".rs") {
            let text = place::read(&path)?;
            let is_test =
                path.components().any(|part| part.as_os_str() == "tests") || name == "tests.rs";
            let begins = if is_test {
                Some(0)
            } else {
                text.find("#[cfg(test)]")
            };
            let after = begins.map_or("", |at| &text[at..]).split("fn ").skip(1);
            tests.extend(after.filter_map(|rest| Some(rest.split_once('(')?.0.to_owned())));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(of: &str, change: impl Fn(&str) -> String) -> String {
        let row = |ability: &&str| format!("| {ability} | by hand | `good_test` |\n");
        let rows: String = ABILITIES.iter().map(row).collect();
        change(&format!(
            "# Head\n\n## {of}\n\n| ability | how | shown by |\n| --- | --- | --- |\n{rows}"
        ))
    }

    #[test]
    fn a_table_with_a_hole_a_stranger_or_a_test_that_is_gone_is_named() {
        let found = |table: &str| {
            let platforms = ["alpha".to_owned()];
            against(table, &platforms, |name| name == "good_test").len()
        };
        let same = |text: &str| text.to_owned();
        assert_eq!(found(&table("alpha", same)), 0);
        assert_eq!(found("# Head\n"), 1, "no table for a platform");
        assert_eq!(found(&table("beta", same)), 2, "one too many, one too few");
        for (from, to, count) in [
            ("| quota | by hand | `good_test` |", "", 1),
            ("quota | by hand | `good_test`", "quota | by hand | ", 1),
            (
                "quota | by hand | `good_test`",
                "quota | none: it has none | —",
                0,
            ),
            ("quota | by hand | `good_test`", "quota |  | `good_test`", 1),
            (
                "quota | by hand | `good_test`",
                "quota | by hand | `gone`",
                1,
            ),
        ] {
            let changed = table("alpha", |text| text.replace(from, to));
            assert_eq!(found(&changed), count, "{to}");
        }
    }

    #[test]
    fn the_registry_tells_every_platform() {
        let registry = "x\nplatforms! { folder, api_video }\n";
        assert_eq!(platforms(registry), ["folder", "api-video"]);
    }
}
