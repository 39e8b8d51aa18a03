//! Every platform there is, once.
//!
//! A platform is a folder with an `Adapter` and its name here. Knows nothing of what they do.

use crate::Platform;
use slipway_model::{Field, Spec};
use std::sync::{Arc, LazyLock};

macro_rules! platforms {
    ($($folder:ident),* $(,)?) => {
        static ALL: LazyLock<Vec<Arc<dyn Platform>>> = LazyLock::new(|| {
            vec![$(Arc::new(crate::$folder::Adapter::default())),*]
        });
    };
}

platforms! { folder, bilibili, wangsu, api_video, aliyun_vod, bluesky }

/// All platforms, in the order they are offered.
pub fn all() -> &'static [Arc<dyn Platform>] {
    &ALL
}

/// The platform with this stable name.
pub fn find(name: &str) -> Option<Arc<dyn Platform>> {
    all().iter().find(|p| p.spec().name == name).cloned()
}

/// Their descriptions, in the same order.
pub fn specs() -> impl Iterator<Item = &'static Spec> {
    all().iter().map(|platform| platform.spec())
}

/// Reads the `spec.toml` that is compiled in beside an adapter.
pub(crate) fn spec(text: &str) -> Spec {
    let expect = "a test reads every spec that is compiled in";
    let mut spec: Spec = toml::from_str(text).expect(expect);
    if spec.remote {
        let shared: Connection = toml::from_str(include_str!("connection.toml")).expect(expect);
        spec.settings.extend(shared.settings);
        spec.secrets.extend(shared.secrets);
    }
    spec
}

/// What every account has whose bytes leave this machine.
#[derive(serde::Deserialize)]
struct Connection {
    settings: Vec<Field>,
    secrets: Vec<Field>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_model::{FieldKind, Labels, manuscript::COMMON_FIELDS};
    use std::collections::BTreeSet;

    fn in_three_languages(labels: &Labels, what: &str) {
        for tongue in ["en", "zh-CN", "ja"] {
            let text = labels.get(tongue).map(String::as_str).unwrap_or_default();
            assert!(!text.trim().is_empty(), "{what} has no {tongue}");
        }
        assert_eq!(labels.len(), 3, "{what}: {labels:?}");
    }

    fn sound(field: &Field, what: &str) {
        in_three_languages(&field.label, what);
        if !field.help.is_empty() {
            in_three_languages(&field.help, what);
        }
        for choice in &field.choices {
            in_three_languages(&choice.label, &format!("{what} = {}", choice.value));
        }
        assert_eq!(
            field.kind == FieldKind::Choice,
            !field.choices.is_empty(),
            "{what}: choices belong to a choice"
        );
        if let Some(default) = &field.default {
            let all = [(field.name.clone(), default.clone())].into();
            assert_eq!(field.check(Some(default), &all), None, "{what}'s default");
        }
    }

    #[test]
    fn every_spec_can_be_read_and_speaks_three_languages() {
        assert!(specs().count() >= 2);
        for spec in specs() {
            in_three_languages(&spec.label, &spec.name);
            assert_eq!(spec.mark.chars().count(), 2, "{}", spec.name);
            for (group, fields) in [
                ("settings", &spec.settings),
                ("secrets", &spec.secrets),
                ("fields", &spec.fields),
            ] {
                let mut names = BTreeSet::new();
                for field in fields {
                    let what = format!("{} {group} {}", spec.name, field.name);
                    sound(field, &what);
                    assert!(names.insert(&field.name), "{what} is there twice");
                    assert_eq!(
                        group == "secrets",
                        field.kind == FieldKind::Secret,
                        "{what}: secrets are kept with secrets"
                    );
                }
            }
            for field in &spec.fields {
                if let Some(from) = &field.from {
                    assert!(COMMON_FIELDS.contains(&from.as_str()), "{from}");
                }
                if let Some(when) = &field.required_when {
                    assert!(spec.fields.iter().any(|f| f.name == when.field));
                }
            }
            let limits = &spec.limits;
            assert!(limits.part_min_bytes <= limits.part_bytes);
            assert!(limits.part_max_bytes == 0 || limits.part_bytes <= limits.part_max_bytes);
            assert!(limits.parts_at_once > 0 && limits.uploads_at_once > 0);
        }
    }

    #[test]
    fn a_platform_is_found_by_its_name_alone() {
        for spec in specs() {
            assert_eq!(
                &find(&spec.name).expect("it is listed").spec().name,
                &spec.name
            );
        }
        assert!(find("nowhere").is_none());
    }
}
