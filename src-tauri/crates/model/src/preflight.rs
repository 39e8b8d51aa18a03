//! What is wrong with a manuscript before the first byte: per account, each finding with its rule and both figures.
//!
//! Pure: what was read from the file comes in as an argument. Red findings block only their own account.

use crate::{Cause, Fields, Spec, manuscript};
use serde::{Deserialize, Serialize};

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look; the upload may go.
    Amber,
    /// Would be refused.
    Red,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: Severity,
    /// The platform's field it belongs to, where it belongs to one.
    pub field: Option<String>,
    pub cause: Cause,
}

/// What is known of the files without opening them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<'a> {
    pub file_name: &'a str,
    /// `None` for a file that is online: nobody has looked at it.
    pub size_bytes: Option<u64>,
    pub cover: Option<SeenCover<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCover<'a> {
    pub file_name: &'a str,
    pub size_bytes: u64,
}

/// Checks `fields` (common and `platform.field`) against a platform. Worst first.
pub fn check(spec: &Spec, fields: &Fields, seen: &Seen<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut red = |field: Option<&str>, cause: Cause| {
        found.push(Finding {
            severity: Severity::Red,
            field: field.map(Into::into),
            cause,
        });
    };
    let limits = &spec.limits;
    let named = |code: &str| {
        Cause::new(code)
            .with("file", seen.file_name)
            .with("platform", &spec.name)
    };

    if seen.size_bytes.is_none() && !spec.takes_online {
        red(None, named("online_not_taken"));
    }
    if seen.size_bytes == Some(0) {
        red(None, named("file_empty"));
    }
    if let Some(bytes) = seen.size_bytes
        && limits.file_max_bytes > 0
        && bytes > limits.file_max_bytes
    {
        red(
            None,
            named("file_too_large")
                .with("bytes", bytes)
                .with("max_bytes", limits.file_max_bytes),
        );
    }
    let values = manuscript::resolve(fields, &spec.name, &spec.fields);
    for field in &spec.fields {
        if let Some(cause) = field.check(values.get(&field.name).map(String::as_str), &values) {
            red(Some(&field.name), cause.with("platform", &spec.name));
        }
    }
    let own = format!("{}.", spec.name);
    for name in fields.keys().filter_map(|name| name.strip_prefix(&own)) {
        if !spec.fields.iter().any(|f| f.name == name) {
            red(
                Some(name),
                Cause::new("field_unknown")
                    .with("field", name)
                    .with("platform", &spec.name),
            );
        }
    }
    if let (Some(cover), Some(rule)) = (&seen.cover, &limits.cover) {
        let extension = extension(cover.file_name);
        if !rule.formats.contains(&extension) {
            red(
                Some("cover"),
                named("cover_format")
                    .with("format", &extension)
                    .with("formats", rule.formats.join(", ")),
            );
        } else if cover.size_bytes > rule.max_bytes {
            red(
                Some("cover"),
                named("cover_too_large")
                    .with("bytes", cover.size_bytes)
                    .with("max_bytes", rule.max_bytes),
            );
        }
    }
    let amber = |cause: Cause| Finding {
        severity: Severity::Amber,
        field: None,
        cause,
    };
    if let Some(bytes) = seen.size_bytes
        && limits.file_warn_bytes > 0
        && bytes > limits.file_warn_bytes
        && bytes <= limits.file_max_bytes
    {
        found.push(amber(
            named("file_near_limit")
                .with("bytes", bytes)
                .with("max_bytes", limits.file_warn_bytes),
        ));
    }
    let is_here = seen.size_bytes.is_some();
    if is_here
        && !limits.extensions.is_empty()
        && !limits.extensions.contains(&extension(seen.file_name))
    {
        found.push(amber(
            named("file_format_unsure").with("formats", limits.extensions.join(", ")),
        ));
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

fn extension(name: &str) -> String {
    name.rsplit_once('.')
        .map(|(_, end)| end.to_lowercase())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_online_file_is_refused_where_the_platform_fetches_none() {
        let spec = |takes_online: bool| -> Spec {
            serde_json::from_value(serde_json::json!({
                "name": "p", "label": {}, "mark": "Pp", "remote": true, "fields": [], "takes_online": takes_online,
                "limits": { "part_min_bytes": 1, "part_max_bytes": 0, "part_bytes": 1, "parts_at_once": 1,
                    "uploads_at_once": 1, "file_max_bytes": 10, "file_warn_bytes": 5, "extensions": ["mp4"] },
            }))
            .unwrap()
        };
        let codes = |takes_online: bool, size_bytes: Option<u64>| -> Vec<String> {
            let seen = Seen {
                file_name: "a.bin",
                size_bytes,
                cover: None,
            };
            let found = check(&spec(takes_online), &Fields::new(), &seen);
            found
                .into_iter()
                .map(|finding| finding.cause.code)
                .collect()
        };
        assert_eq!(codes(false, None), ["online_not_taken"]);
        assert!(codes(true, None).is_empty(), "nothing is known of it");
        assert_eq!(codes(false, Some(1)), ["file_format_unsure"]);
    }
}
