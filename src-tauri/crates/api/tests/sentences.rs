//! Every code that the sources can raise has its sentence in every language, and the languages agree on what fills it.

use slipway_api::sentence::{Lang, template};
use slipway_model::PhaseName;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Calls whose first argument, a literal, is a code.
const RAISED_BY: [&str; 4] = ["Cause::new(", "Failure::new(", "finding(", "named("];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// The product's part of a source file: what stands before its tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

fn literal(text: &str) -> Option<&str> {
    let (code, _) = text.trim_start().strip_prefix('"')?.split_once('"')?;
    let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    (!code.is_empty() && code.chars().all(is_code)).then_some(code)
}

/// Codes with the file that raises them.
fn raised() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    for krate in ["model", "platforms", "store", "engine", "api", "cli"] {
        sources(&crates().join(krate).join("src"), &mut files);
    }
    let mut codes = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for call in RAISED_BY {
            for after in without_tests(&text).split(call).skip(1) {
                if let Some(code) = literal(after) {
                    codes.insert(code.to_owned(), file.display().to_string());
                }
            }
        }
    }
    codes
}

fn sentences(lang: Lang) -> BTreeMap<String, String> {
    let file = format!("sentences/{}.json", lang.tag());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn holes(template: &str) -> BTreeSet<&str> {
    let holes = template.split('{').skip(1);
    holes.filter_map(|h| Some(h.split_once('}')?.0)).collect()
}

#[test]
fn every_code_raised_has_a_sentence_in_every_language() {
    let raised = raised();
    assert!(
        raised.contains_key("file_too_large"),
        "the search finds codes"
    );
    let mut missing = Vec::new();
    for lang in Lang::ALL {
        for (code, file) in &raised {
            if template(lang, code).is_none() {
                missing.push(format!("{}: {code} ({file})", lang.tag()));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "without a sentence:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_phase_wait_health_and_platform_has_its_word() {
    let mut keys: Vec<String> = PhaseName::ALL
        .iter()
        .map(|phase| format!("phase.{}", phase.as_str()))
        .collect();
    for wait in [
        "turn",
        "retry",
        "quota",
        "sign_in",
        "file_missing",
        "file_changed",
        "disk",
        "secrets",
        "platform",
    ] {
        keys.push(format!("wait.{wait}"));
    }
    for health in ["unknown", "ready", "signed_out", "troubled"] {
        keys.push(format!("health.{health}"));
    }
    for entry in fs::read_dir(crates().join("platforms/src")).unwrap() {
        let dir = entry.unwrap();
        if dir.path().join("spec.toml").exists() {
            keys.push(format!("platform.{}", dir.file_name().to_string_lossy()));
        }
    }
    for (lang, key) in Lang::ALL
        .iter()
        .flat_map(|lang| keys.iter().map(move |key| (*lang, key)))
    {
        assert!(template(lang, key).is_some(), "{key} in {}", lang.tag());
    }
}

#[test]
fn the_languages_agree_on_keys_and_on_what_fills_them() {
    let english = sentences(Lang::En);
    for lang in [Lang::ZhCn, Lang::Ja] {
        let other = sentences(lang);
        assert_eq!(
            english.keys().collect::<Vec<_>>(),
            other.keys().collect::<Vec<_>>(),
            "keys of {}",
            lang.tag()
        );
        for (key, template) in &english {
            assert_eq!(
                holes(template),
                holes(&other[key]),
                "{key} in {}",
                lang.tag()
            );
        }
    }
}

#[test]
fn sentences_keep_to_the_house_words() {
    for lang in Lang::ALL {
        for (key, template) in sentences(lang) {
            let lower = template.to_lowercase();
            for word in ["please", "oops", "successfully", "!", "！"] {
                assert!(!lower.contains(word), "'{word}' in {key}, {}", lang.tag());
            }
            assert!(!template.trim().is_empty(), "{key}, {}", lang.tag());
        }
    }
}

#[test]
fn a_code_of_the_search_is_found_over_a_line_break_and_not_in_tests() {
    assert_eq!(literal("\n    \"file_empty\","), Some("file_empty"));
    assert_eq!(literal("code)"), None);
    assert_eq!(without_tests("a #[cfg(test)] b"), "a ");
}
