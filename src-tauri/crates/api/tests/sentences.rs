//! Every code that the sources can raise has its sentence in every language, and the languages agree on what fills it.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use slipway_api::sentence::{Lang, template};
use slipway_model::PhaseName;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Those that raise codes, the shell around them last: the store's errors get theirs in the api.
const CRATES: [&str; 8] = [
    "model",
    "cover",
    "watch",
    "platforms",
    "engine",
    "api",
    "cli",
    "..",
];
/// What a code stands behind, and what ends the search for it. Only the first is sure to be a code whatever it looks like; behind the others it has an underscore.
const RAISED_BY: [(&str, &[char]); 13] = [
    ("Cause::new(", &[')']),
    ("Failure::new(", &[')']),
    ("SourceFault::new(", &[')']),
    ("Self::new(ErrorKind", &[')']),
    ("finding(", &['&', ')']),
    ("named(", &[')']),
    ("failed(", &[')']),
    ("lost(", &[')']),
    ("unusable(", &[')']),
    ("cause(", &[',', ')']),
    ("row(", &[')']),
    ("unsure(", &[')']),
    ("ErrorKind::", &['(', ')', ';']),
];
/// Statements whose literals are all codes.
const CHOSEN_BY: [&str; 2] = ["let code =", "cause.code ="];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// The product's part of a source file: what stands before its tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
}

fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

fn is_code(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(fits) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Codes in a source file.
fn codes(text: &str) -> BTreeSet<&str> {
    let text = without_tests(text);
    let mut found = BTreeSet::new();
    for (call, ends) in RAISED_BY {
        let sure = call == "Cause::new(" || call == "Failure::new(";
        for after in text.split(call).skip(1) {
            let end = after.find(ends).unwrap_or(after.len());
            let code = literals(&after[..end]).find(|l| is_code(l) && (sure || l.contains('_')));
            found.extend(code);
        }
    }
    for statement in CHOSEN_BY {
        for after in text.split(statement).skip(1) {
            let end = after.find(';').unwrap_or(after.len());
            found.extend(literals(&after[..end]).filter(|l| is_code(l) && l.contains('_')));
        }
    }
    found
}

/// Codes with the file that raises them.
fn raised() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    for krate in CRATES {
        sources(&crates().join(krate).join("src"), &mut files);
    }
    let mut codes = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for code in self::codes(&text) {
            codes.insert(code.to_owned(), file.display().to_string());
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
        raised.contains_key("file_too_large") && raised.contains_key("page_unknown"),
        "the search finds codes, also the shell's"
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
fn no_sentence_is_left_over() {
    let mut files = Vec::new();
    for krate in CRATES.iter().chain(&["store"]) {
        sources(&crates().join(krate).join("src"), &mut files);
    }
    let texts: Vec<_> = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let used = |word: &str| {
        let quoted = format!("\"{word}\"");
        texts
            .iter()
            .any(|text| without_tests(text).contains(&quoted))
    };
    let families = ["idle.", "wait.", "phase.", "health.", "platform.", "event."];
    let left: Vec<_> = sentences(Lang::En)
        .into_keys()
        .filter(
            |key| match families.iter().find_map(|f| key.strip_prefix(f)) {
                Some(word) => !used(word) && !used(key) && !key.starts_with("platform."),
                None => !used(key),
            },
        )
        .collect();
    assert!(left.is_empty(), "nobody says these: {left:?}");
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
            let name = dir.file_name().to_string_lossy().replace('_', "-");
            keys.push(format!("platform.{name}"));
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
fn every_step_of_the_timeline_has_its_words() {
    let mut files = Vec::new();
    for krate in ["store", "engine", "api"] {
        sources(&crates().join(krate).join("src"), &mut files);
    }
    let mut steps = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for after in without_tests(&text).split("Note::new(").skip(1) {
            let end = after.find(')').unwrap_or(after.len());
            steps.extend(literals(&after[..end]).map(ToOwned::to_owned));
        }
    }
    assert!(steps.contains("published"), "the search finds steps");
    for (lang, step) in Lang::ALL
        .iter()
        .flat_map(|lang| steps.iter().map(move |step| (*lang, step)))
    {
        let key = format!("event.{step}");
        assert!(template(lang, &key).is_some(), "{key} in {}", lang.tag());
    }
}

#[test]
fn the_search_finds_a_code_however_it_is_raised() {
    let text = r#"
        Cause::new("stalled").with("seconds", 60)
        Failure::new(
            "file_gone")
        row(4000, Refuse, "bilibili_refused"),
        429 => (ErrorKind::RateLimited { wait }, "http_too_many"),
        let code = match kind { A => "one_code", _ => "another_code" };
        finding("field_long", &[("length", 3)])
    "#
    .to_owned()
        + "#[cfg(test)]\nmod tests;\nCause::new(\"after_a_test_file\")"
        + "#[cfg(test)]\nmod tests { Cause::new(\"only_in_tests\") }";
    let found: Vec<_> = codes(&text).into_iter().collect();
    assert_eq!(
        found,
        [
            "after_a_test_file",
            "another_code",
            "bilibili_refused",
            "field_long",
            "file_gone",
            "http_too_many",
            "one_code",
            "stalled"
        ]
    );
}
