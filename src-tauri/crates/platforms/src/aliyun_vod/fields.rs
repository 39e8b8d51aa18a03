//! A manuscript's values as parameters, and what is worth a second look.

use super::{NAME, api::Params, settings::Settings};
use crate::Draft;
use serde_json::{Map, Value, json};
use slipway_model::{Cause, Field, Fields, Finding, Spec, field::entries};

/// Source: the parameters of the call that makes a record, read 2026-11-22.
/// An older text counts bytes.
const TITLE_BYTES_USUAL: usize = 128;
const TITLE_CHARS_MAX: usize = 128;

/// The spec's fields with the account's own defaults.
pub(super) fn fields(spec: &Spec, settings: &Settings<'_>) -> Vec<Field> {
    let mut fields = spec.fields.clone();
    for field in &mut fields {
        let setting = match field.name.as_str() {
            "TemplateGroupId" => "template_group_id",
            "WorkflowId" => "workflow_id",
            "StorageLocation" => "storage_location",
            "CateId" => "cate_id",
            _ => continue,
        };
        field.default = settings.text(setting).or(field.default.take());
    }
    fields
}

/// Findings that the fields' own rules cannot tell.
pub(super) fn notes(fields: &Fields) -> Vec<Finding> {
    let mut found = Vec::new();
    let title = fields.get("Title").map_or("", String::as_str);
    if title.len() > TITLE_BYTES_USUAL && title.chars().count() <= TITLE_CHARS_MAX {
        let cause = Cause::new("aliyun_vod_title_in_bytes").with("bytes", title.len());
        let cause = cause.with("max", TITLE_BYTES_USUAL);
        found.push(Finding::amber(cause.with("platform", NAME)).on("Title"));
    }
    // Read as SRT where it is not WebVTT: either tells when each line is shown.
    let subtitle = fields.get("Subtitle").map_or("", |text| text.trim());
    if !subtitle.is_empty() && !subtitle.contains("-->") {
        let cause = Cause::new("aliyun_vod_subtitle_unreadable").with("platform", NAME);
        found.push(Finding::red(cause).on("Subtitle"));
    }
    found
}

/// The title of an image or a subtitle that belongs to a video.
pub(super) fn title(title: Option<&String>) -> String {
    title.map_or("cover", String::as_str).to_owned()
}

/// The value of a field, or else the account's own default for it.
fn value(settings: &Settings<'_>, draft: &Draft, field: &str, setting: &str) -> Option<String> {
    let own = draft.fields.get(field).map(|value| value.trim().to_owned());
    own.filter(|value| !value.is_empty())
        .or_else(|| settings.text(setting))
}

pub(super) fn add_storage(settings: &Settings<'_>, draft: &Draft, params: &mut Params) {
    if let Some(at) = value(settings, draft, "StorageLocation", "storage_location") {
        params.push(("StorageLocation", at));
    }
    if let Some(app) = settings.text("app_id") {
        params.push(("AppId", app));
    }
}

/// Parameters that may be changed later, too.
pub(super) fn words(settings: &Settings<'_>, draft: &Draft, cover: Option<&str>) -> Params {
    let own = |name: &str| {
        let value = draft.fields.get(name).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    let mut params = Params::new();
    params.extend(own("Title").map(|title| ("Title", title)));
    params.extend(own("Description").map(|text| ("Description", text)));
    let tags = own("Tags").unwrap_or_default();
    let tags = entries(&tags);
    if !tags.is_empty() {
        params.push(("Tags", tags.join(",")));
    }
    params.extend(value(settings, draft, "CateId", "cate_id").map(|id| ("CateId", id)));
    params.extend(cover.map(|url| ("CoverURL", url.to_owned())));
    params
}

/// Parameters of the call that makes the record.
pub(super) fn create(
    settings: &Settings<'_>,
    draft: &Draft,
    cover: Option<&str>,
    subtitle: Option<&str>,
) -> Params {
    let mut params = words(settings, draft, cover);
    params.push(("FileName", draft.file_name.clone()));
    params.push(("FileSize", draft.size_bytes.to_string()));
    let own = |name: &str| {
        let value = draft.fields.get(name).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    for (name, setting) in [
        ("TemplateGroupId", "template_group_id"),
        ("WorkflowId", "workflow_id"),
    ] {
        params.extend(value(settings, draft, name, setting).map(|id| (name, id)));
    }
    params.extend(own("ReferenceId").map(|id| ("ReferenceId", id)));
    for name in ["EnableFirstFrameCover", "GenerateThumbnail"] {
        if matches!(own(name).as_deref(), Some("1" | "true")) {
            params.push((name, "true".into()));
        }
    }
    add_storage(settings, draft, &mut params);
    if let Some(data) = user_data(settings, own("Extend").as_deref(), subtitle) {
        params.push(("UserData", data));
    }
    params
}

/// The JSON of `UserData`: callback, what comes back in events, acceleration.
fn user_data(
    settings: &Settings<'_>,
    extend: Option<&str>,
    subtitle: Option<&str>,
) -> Option<String> {
    let mut data = Map::new();
    if let Some(url) = settings.text("callback_url") {
        let callback = json!({"CallbackURL": url, "CallbackType": "http"});
        data.insert("MessageCallback".into(), callback);
    }
    let value = extend.map(|text| {
        let value = serde_json::from_str(text).ok();
        value
            .filter(Value::is_object)
            .unwrap_or_else(|| text.into())
    });
    // Whoever hears the events learns which subtitle belongs to the video; a text of the user's own is left as it is.
    let value = match (value, subtitle) {
        (None, Some(id)) => Some(json!({"SubtitleMediaId": id})),
        (Some(Value::Object(mut own)), Some(id)) => {
            own.insert("SubtitleMediaId".into(), id.into());
            Some(Value::Object(own))
        }
        (value, _) => value,
    };
    data.extend(value.map(|value| ("Extend".to_owned(), value)));
    if let Some(domain) = settings.accelerate() {
        let config = json!({"Type": "oss", "Domain": domain});
        data.insert("AccelerateConfig".into(), config);
    }
    (!data.is_empty()).then(|| Value::Object(data).to_string())
}
