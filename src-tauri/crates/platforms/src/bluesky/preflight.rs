//! What is wrong or worth a second look in a manuscript beyond the fields' own rules.

use super::{NAME, codes::shown, post};
use slipway_model::{
    Cause, Fields,
    captions::is_language,
    preflight::{Finding, Severity},
};
use unicode_segmentation::UnicodeSegmentation as _;

/// Lexicon app.bsky.feed.post, read 2026-08-20.
const TEXT_BYTES_MAX: usize = 3000;
const LANGS_MAX: usize = 3;
const TAGS_MAX: usize = 8;
const TAG_GRAPHEMES_MAX: usize = 64;
const TAG_BYTES_MAX: usize = 640;
const LABELS_MAX: usize = 10;
/// Labels an author may give their own post that clients know. Source: docs.bsky.app, 'Labels and moderation', read 2026-08-20.
const LABELS: [&str; 5] = [
    "porn",
    "sexual",
    "nudity",
    "graphic-media",
    "!no-unauthenticated",
];

/// The entries of a field that holds several, without empty ones and repetitions.
pub(super) fn list(fields: &Fields, name: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for entry in fields
        .get(name)
        .map_or("", String::as_str)
        .split([',', '，', '、'])
    {
        let entry = entry.trim().trim_start_matches(['#', '＃']);
        if !entry.is_empty() && !list.iter().any(|known| known == entry) {
            list.push(entry.to_owned());
        }
    }
    list
}

pub(super) fn notes(fields: &Fields) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut note = |severity: Severity, field: &str, cause: Cause| {
        found.push(Finding {
            severity,
            field: Some(field.into()),
            cause: cause.with("field", field).with("platform", NAME),
        });
    };
    let bytes = post::text(fields).len();
    if bytes > TEXT_BYTES_MAX {
        let cause = Cause::new("field_too_long")
            .with("length", bytes)
            .with("max", TEXT_BYTES_MAX);
        note(Severity::Red, "text", cause);
    }
    for (name, max) in [
        ("langs", LANGS_MAX),
        ("tags", TAGS_MAX),
        ("labels", LABELS_MAX),
    ] {
        let count = list(fields, name).len();
        if count > max {
            let cause = Cause::new("bluesky_list_too_long")
                .with("count", count)
                .with("max", max);
            note(Severity::Red, name, cause);
        }
    }
    for lang in list(fields, "langs")
        .iter()
        .filter(|lang| !is_language(lang))
    {
        note(
            Severity::Red,
            "langs",
            Cause::new("bluesky_language_invalid").with("lang", shown(lang)),
        );
    }
    for tag in list(fields, "tags") {
        if tag.graphemes(true).count() > TAG_GRAPHEMES_MAX || tag.len() > TAG_BYTES_MAX {
            let cause = Cause::new("bluesky_tag_too_long")
                .with("tag", shown(&tag))
                .with("max", TAG_GRAPHEMES_MAX);
            note(Severity::Red, "tags", cause);
        }
    }
    for label in list(fields, "labels")
        .iter()
        .filter(|label| !LABELS.contains(&label.as_str()))
    {
        let cause = Cause::new("bluesky_label_unknown")
            .with("label", shown(label))
            .with("known", LABELS.join(", "));
        note(Severity::Amber, "labels", cause);
    }
    if let Err(cause) = post::tracks(fields) {
        note(Severity::Red, "captions", cause);
    }
    if let Err(cause) = post::ratio(
        fields
            .get("aspect_ratio")
            .map_or("auto", |text| text.trim()),
        None,
    ) {
        note(Severity::Red, "aspect_ratio", cause);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(pairs: &[(&str, String)]) -> Vec<String> {
        let fields = pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.clone()))
            .collect();
        notes(&fields)
            .into_iter()
            .map(|finding| finding.cause.code)
            .collect()
    }

    #[test]
    fn each_limit_is_met_and_not_passed() {
        let none: [&str; 0] = [];
        let numbers = |count: usize| {
            (0..count)
                .map(|n| format!("t{n}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        assert_eq!(codes(&[("text", "a".repeat(3000))]), none);
        assert_eq!(codes(&[("text", "a".repeat(3001))]), ["field_too_long"]);
        assert_eq!(codes(&[("langs", "en,ja,zh-Hans".into())]), none);
        assert_eq!(
            codes(&[("langs", "en,ja,zh,de".into())]),
            ["bluesky_list_too_long"]
        );
        assert_eq!(
            codes(&[("langs", "English".into())]),
            ["bluesky_language_invalid"]
        );
        assert_eq!(codes(&[("tags", numbers(8))]), none);
        assert_eq!(codes(&[("tags", numbers(9))]), ["bluesky_list_too_long"]);
        assert_eq!(codes(&[("tags", "é".repeat(64))]), none);
        assert_eq!(codes(&[("tags", "é".repeat(65))]), ["bluesky_tag_too_long"]);
        assert_eq!(codes(&[("labels", "nudity, sexual".into())]), none);
        assert_eq!(
            codes(&[("labels", "spicy".into())]),
            ["bluesky_label_unknown"]
        );
        assert_eq!(codes(&[("captions", "no".into())]), ["captions_not_webvtt"]);
        assert_eq!(
            codes(&[("aspect_ratio", "wide".into())]),
            ["bluesky_aspect_ratio_invalid"]
        );
    }

    #[test]
    fn a_list_drops_signs_blanks_and_repetitions() {
        let fields = [("tags".to_owned(), "#a, b，＃c、,a".to_owned())].into();
        assert_eq!(list(&fields, "tags"), ["a", "b", "c"]);
    }
}
