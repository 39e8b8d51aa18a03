//! What this account's settings change about a manuscript's fields, and what is worth a second look.

use super::{settings::Settings, submit::tags};
use slipway_model::{
    Cause, Field, Fields, Spec,
    preflight::{Finding, Severity},
};

/// The spec's fields with the account's own bounds.
pub(super) fn fields(spec: &Spec, settings: &Settings<'_>) -> Vec<Field> {
    let mut fields = spec.fields.clone();
    let title = fields.iter_mut().find(|field| field.name == "title");
    if let Some(max) = title.and_then(|title| title.max.as_mut()) {
        max.count = u32::try_from(settings.number("title_max")).unwrap_or(max.count);
    }
    fields
}

/// Findings that do not stop an upload: bounds that the platform enforces on its web form and may enforce here.
pub(super) fn notes(settings: &Settings<'_>, fields: &Fields) -> Vec<Finding> {
    let tags = tags(fields.get("tag").map_or("", String::as_str));
    let (count_max, len_max) = (settings.number("tags_max"), settings.number("tag_len_max"));
    let note = |cause: Cause| Finding {
        severity: Severity::Amber,
        field: Some("tag".into()),
        cause: cause.with("field", "tag").with("platform", super::NAME),
    };
    let mut found = Vec::new();
    if tags.len() as u64 > count_max {
        let cause = Cause::new("tags_too_many");
        found.push(note(cause.with("count", tags.len()).with("max", count_max)));
    }
    let longest = tags.iter().max_by_key(|tag| tag.chars().count());
    if let Some(tag) = longest
        && tag.chars().count() as u64 > len_max
    {
        let cause = Cause::new("tag_too_long").with("tag", tag);
        found.push(note(
            cause
                .with("length", tag.chars().count())
                .with("max", len_max),
        ));
    }
    found
}
