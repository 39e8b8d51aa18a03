//! A manuscript's fields as the platform's JSON, and what is worth a second look before they are sent.

use super::{
    NAME, captions,
    settings::{Auth, Settings},
};
use crate::Draft;
use serde_json::{Map, Value, json};
use slipway_model::{
    Cause, Field, Fields, Spec,
    preflight::{Finding, Severity},
};

/// Languages of speech. Source: the platform's API description, read 2026-06-25.
const LANGUAGES: [&str; 33] = [
    "ar", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hr", "hu", "it",
    "ja", "ko", "ml", "nl", "nn", "no", "pl", "pt", "ru", "sk", "sl", "te", "tr", "uk", "ur", "vi",
    "zh",
];
const SUMMARY: [&str; 2] = ["abstract", "takeaways"];

/// What a body is for: some attributes can be given at the start only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Creating,
    Changing,
}

fn value<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", |text| text.trim())
}

fn yes(fields: &Fields, name: &str) -> Option<bool> {
    match value(fields, name) {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split([',', '，', '\n'])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect()
}

/// Lines of `key=value`, and those that are none.
fn pairs(text: &str) -> (Vec<(&str, &str)>, Vec<&str>) {
    let (mut pairs, mut broken) = (Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => pairs.push((key.trim(), value.trim())),
            _ => broken.push(line),
        }
    }
    (pairs, broken)
}

/// The body of `POST /videos` or `PATCH /videos/{videoId}`. `mark` is our own entry among the metadata; `private`: whatever the
/// manuscript says.
pub(super) fn body(
    draft: &Draft,
    mark: Option<(&str, &str)>,
    purpose: For,
    private: bool,
) -> Value {
    let fields = &draft.fields;
    let creating = purpose == For::Creating;
    let mut body = Map::new();
    body.insert("title".into(), value(fields, "title").into());
    let description = value(fields, "description");
    if !creating || !description.is_empty() {
        body.insert("description".into(), description.into());
    }
    for name in ["public", "panoramic", "mp4Support"] {
        if let Some(yes) = yes(fields, name) {
            body.insert(name.into(), yes.into());
        }
    }
    if private {
        body.insert("public".into(), false.into());
    }
    body.insert("tags".into(), json!(words(value(fields, "tags"))));
    let (own, _) = pairs(value(fields, "metadata"));
    let all = own
        .into_iter()
        .filter(|(key, _)| mark.is_none_or(|(ours, _)| ours != *key))
        .chain(mark);
    let metadata: Vec<Value> = all
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    body.insert("metadata".into(), metadata.into());
    for name in ["playerId", "language"] {
        match value(fields, name) {
            "" if creating => {}
            // Null takes it away.
            "" => drop(body.insert(name.into(), Value::Null)),
            text => drop(body.insert(name.into(), text.into())),
        }
    }
    if creating {
        for name in ["transcript", "transcriptSummary"] {
            if yes(fields, name) == Some(true) {
                body.insert(name.into(), true.into());
            }
        }
        let summary = words(value(fields, "transcriptSummaryAttributes"));
        if !summary.is_empty() {
            body.insert("transcriptSummaryAttributes".into(), json!(summary));
        }
        for name in ["clip", "watermark"] {
            let prefix = format!("{name}.");
            let inner: Map<String, Value> = fields
                .iter()
                .filter(|(_, text)| !text.trim().is_empty())
                .filter_map(|(field, text)| {
                    let inner = field.strip_prefix(&prefix)?;
                    Some((inner.to_owned(), text.trim().into()))
                })
                .collect();
            if !inner.is_empty() {
                body.insert(name.into(), inner.into());
            }
        }
    }
    body.into()
}

/// The spec's fields for this account. With a token alone the title travels as a file's name, which cannot hold all characters.
pub(super) fn fields(spec: &Spec, settings: &Settings<'_>) -> Vec<Field> {
    let mut fields = spec.fields.clone();
    if settings.auth() == Auth::UploadToken {
        let title = fields.iter_mut().find(|field| field.name == "title");
        let sign = |c: char| (u32::from(c), u32::from(c));
        let controls = [(0, 0x1F), (0x7F, 0x9F)];
        let refused = controls.into_iter().chain(['"', '/', '\\'].map(sign));
        if let Some(title) = title {
            title.refuses.extend(refused);
        }
    }
    fields
}

/// What the file is called in the form: its own name, or, where the name becomes the title, the title with the file's ending.
pub(super) fn file_name(draft: &Draft, auth: Auth) -> String {
    let title = value(&draft.fields, "title");
    let name = match auth {
        Auth::UploadToken if !title.is_empty() => {
            let end = draft.file_name.rsplit_once('.').map(|(_, end)| end);
            match end.filter(|end| end.len() <= 5 && !title.ends_with(&format!(".{end}"))) {
                Some(end) => format!("{title}.{end}"),
                None => title.to_owned(),
            }
        }
        _ => draft.file_name.clone(),
    };
    name.chars()
        .map(|c| {
            if c.is_control() || matches!(c, '/' | '\\' | '"') {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// What the platform would refuse although each field is well formed, and what the user should know.
pub(super) fn notes(settings: &Settings<'_>, fields: &Fields) -> Vec<Finding> {
    let finding = |severity, field: Option<&str>, cause: Cause| {
        let finding = Finding::new(severity, cause.with("platform", NAME));
        match field {
            Some(field) => finding.on(field),
            None => finding,
        }
    };
    let mut found = Vec::new();
    let language = value(fields, "language");
    let first = language.split('-').next().unwrap_or_default();
    if !language.is_empty() && !LANGUAGES.contains(&first) {
        let cause = Cause::new("api_video_language_unknown")
            .with("value", language)
            .with("known", LANGUAGES.join(", "));
        found.push(finding(Severity::Red, Some("language"), cause));
    }
    if let Some(line) = pairs(value(fields, "metadata")).1.first() {
        let cause = Cause::new("api_video_metadata_line").with("value", line);
        found.push(finding(Severity::Red, Some("metadata"), cause));
    }
    let attributes = words(value(fields, "transcriptSummaryAttributes"));
    if let Some(word) = attributes.iter().find(|word| !SUMMARY.contains(word)) {
        let cause = Cause::new("field_not_a_choice")
            .with("value", word)
            .with("choices", SUMMARY.join(", "));
        let field = Some("transcriptSummaryAttributes");
        found.push(finding(Severity::Red, field, cause));
    }
    if let Err(cause) = captions::read(value(fields, "captions"), language) {
        found.push(finding(Severity::Red, Some("captions"), cause));
    }
    if settings.is_sandbox() {
        let cause = Cause::new("api_video_sandbox");
        found.push(finding(Severity::Amber, None, cause));
    }
    if settings.auth() == Auth::UploadToken {
        let public = yes(fields, "public") != Some(false);
        let lost: Vec<&str> = fields
            .iter()
            .filter(|(name, text)| {
                !matches!(name.as_str(), "title" | "public" | "mp4Support")
                    && !matches!(text.trim(), "" | "0" | "false")
            })
            .map(|(name, _)| name.as_str())
            .chain((!public).then_some("public"))
            .collect();
        if !lost.is_empty() {
            // What was meant to be private must not come out public.
            let severity = if public {
                Severity::Amber
            } else {
                Severity::Red
            };
            let cause = Cause::new("api_video_title_alone").with("fields", lost.join(", "));
            found.push(finding(severity, None, cause));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(fields: &[(&str, &str)]) -> Draft {
        crate::testing::draft("海.边.MP4", &bytes::Bytes::new(), fields)
    }

    #[test]
    fn a_new_video_carries_what_is_given_and_nothing_else() {
        let given = draft(&[
            ("title", " Bench "),
            ("tags", "wood， bench,,"),
            ("metadata", "a = 1\n\nb=x=y"),
            ("public", "0"),
            ("transcript", "1"),
            ("transcriptSummary", "0"),
            ("clip.startTimecode", "00:00:05"),
            ("watermark.id", "watermark_1"),
            ("watermark.top", " "),
            ("playerId", ""),
        ]);
        assert_eq!(
            body(&given, Some(("slipway", "k")), For::Creating, false),
            json!({
                "title": "Bench", "tags": ["wood", "bench"], "public": false, "transcript": true,
                "metadata": [{"key": "a", "value": "1"}, {"key": "b", "value": "x=y"}, {"key": "slipway", "value": "k"}],
                "clip": {"startTimecode": "00:00:05"}, "watermark": {"id": "watermark_1"},
            })
        );
    }

    #[test]
    fn a_change_replaces_lists_whole_and_leaves_out_what_cannot_change() {
        let given = draft(&[
            ("title", "t"),
            ("metadata", "slipway=forged"),
            ("clip.startTimecode", "5"),
            ("transcriptSummary", "1"),
        ]);
        assert_eq!(
            body(&given, Some(("slipway", "k")), For::Changing, false),
            json!({
                "title": "t", "description": "", "tags": [], "playerId": null, "language": null,
                "metadata": [{"key": "slipway", "value": "k"}],
            })
        );
    }

    #[test]
    fn with_a_token_alone_the_title_travels_as_the_files_name() {
        let given = draft(&[("title", "a/b \"c\"")]);
        assert_eq!(file_name(&given, Auth::UploadToken), "a b  c .MP4");
        assert_eq!(file_name(&given, Auth::Key), "海.边.MP4");
        let named = draft(&[("title", "clip.MP4")]);
        assert_eq!(file_name(&named, Auth::UploadToken), "clip.MP4");
    }
}
