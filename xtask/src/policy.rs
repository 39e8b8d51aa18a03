//! Checks what the compiler does not: licences and sources of dependencies, which crate may know which, lints in force, and that what the
//! platforms are said to do is shown by a test.
//!
//! Reads `cargo metadata`, `deny.toml` and our own manifests; needs no network. What it finds is a list of sentences, empty when
//! all is well.

mod abilities;
mod arrows;
mod licence;
mod members;
mod supply;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::command::{cargo, read, say};
use crate::place;

/// Checks everything and prints each breach.
///
/// # Errors
/// When anything is against the rules.
pub(crate) fn check() -> Result<()> {
    let metadata = metadata()?;
    let rules = toml_file("deny.toml")?;
    let mut breaches = supply::breaches(&metadata, &rules)?;
    breaches.extend(arrows::breaches(&metadata)?);
    breaches.extend(abilities::breaches()?);
    breaches.extend(members::breaches(&metadata, &toml_file("Cargo.toml")?)?);
    if breaches.is_empty() {
        let count = metadata["packages"].as_array().map_or(0, Vec::len);
        say(&format!(
            "policy: {count} packages; licences, sources, arrows, lints and abilities hold"
        ));
        return Ok(());
    }
    for breach in &breaches {
        say(&format!("policy: {breach}"));
    }
    bail!("{} breaches of the policy", breaches.len());
}

fn metadata() -> Result<Value> {
    let text = read(cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    serde_json::from_str(&text).context("cargo metadata is JSON")
}

fn toml_file(name: &str) -> Result<toml::Table> {
    place::read(&place::root().join(name))?
        .parse()
        .with_context(|| format!("{name} is not TOML"))
}

/// The elements of a JSON array, or none.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A JSON string, or nothing.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
