//! What this account's settings change about a manuscript's fields.

use super::settings::Settings;
use slipway_model::{Field, Spec};

/// The spec's fields with the account's own bounds.
pub(super) fn fields(spec: &Spec, settings: &Settings<'_>) -> Vec<Field> {
    let number = |name: &str, other: u32| u32::try_from(settings.number(name)).unwrap_or(other);
    let mut fields = spec.fields.clone();
    for field in &mut fields {
        if let ("title", Some(max)) = (field.name.as_str(), &mut field.max) {
            max.count = number("title_max", max.count);
        }
        if let ("tag", Some(tags)) = (field.name.as_str(), &mut field.tags) {
            tags.count = number("tags_max", tags.count);
            if let Some(each) = &mut tags.each {
                each.count = number("tag_len_max", each.count);
            }
        }
    }
    fields
}
