//! What is wrong or worth a second look in a manuscript beyond the fields' own rules.

use super::{NAME, codes::shown, post};
use slipway_model::{
    Cause, Fields,
    captions::is_language,
    field::entries,
    preflight::{Finding, Severity},
};

/// Labels an author may give their own post that clients know. Source: docs.bsky.app, 'Labels and moderation', read 2026-08-20.
const LABELS: [&str; 5] = [
    "porn",
    "sexual",
    "nudity",
    "graphic-media",
    "!no-unauthenticated",
];

/// The entries of a field that holds several.
pub(super) fn list<'a>(fields: &'a Fields, name: &str) -> Vec<&'a str> {
    entries(fields.get(name).map_or("", String::as_str))
}

pub(super) fn notes(fields: &Fields) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut note = |severity: Severity, field: &str, cause: Cause| {
        found.push(Finding::new(severity, cause.with("platform", NAME)).on(field));
    };
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
    for label in list(fields, "labels")
        .iter()
        .filter(|label| !LABELS.contains(label))
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
    fn what_no_bound_can_tell_is_told_here() {
        let none: [&str; 0] = [];
        assert_eq!(codes(&[("langs", "en,ja,zh-Hans".into())]), none);
        assert_eq!(
            codes(&[("langs", "English".into())]),
            ["bluesky_language_invalid"]
        );
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
}
