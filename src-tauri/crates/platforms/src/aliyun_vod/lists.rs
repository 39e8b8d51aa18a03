//! What an account has made on the platform to choose from: categories of videos, and groups of transcoding templates.
//!
//! Source of the latter: <https://alibabacloud.com/help/en/vod/api-listtranscodetemplategroup>, read 2026-11-22. No list of workflows is known.

use super::api::{Api, Params, text_of};
use crate::{Named, Result};
use serde_json::Value;

/// Levels of categories, and pages of each, that are read at most.
const LEVELS_MAX: u32 = 3;
const PAGES_MAX: u32 = 10;
/// The platform's most.
const PAGE: usize = 100;

pub(super) async fn choices(api: &Api<'_>, field: &str) -> Result<Vec<Named>> {
    match field {
        "CateId" => below(api, "-1", "", 1).await,
        _ => template_groups(api).await,
    }
}

/// Categories below one, each with the names above it.
async fn below(api: &Api<'_>, parent: &str, above: &str, level: u32) -> Result<Vec<Named>> {
    let mut found = Vec::new();
    for page in 1..=PAGES_MAX {
        let params: Params = vec![
            ("CateId", parent.to_owned()),
            ("PageNo", page.to_string()),
            ("PageSize", PAGE.to_string()),
        ];
        let answer = api.call("reading the categories", "GetCategories", params);
        let answer = answer.await?;
        let all = array(&answer, "/SubCategories/Category");
        for category in all {
            let Some(value) = text_of(category, "CateId") else {
                continue;
            };
            let name = text_of(category, "CateName").unwrap_or_default();
            let name = format!("{above}{name}");
            let has_children = text_of(category, "SubTotal").is_some_and(|n| n != "0");
            let children = if has_children && level < LEVELS_MAX {
                Box::pin(below(api, &value, &format!("{name} / "), level + 1)).await?
            } else {
                Vec::new()
            };
            found.push(Named { value, name });
            found.extend(children);
        }
        if all.len() < PAGE {
            break;
        }
    }
    Ok(found)
}

async fn template_groups(api: &Api<'_>) -> Result<Vec<Named>> {
    const DOING: &str = "reading the transcoding template groups";
    let answer = api.call(DOING, "ListTranscodeTemplateGroup", Params::new());
    let answer = answer.await?;
    let named = |group: &Value| {
        let value = text_of(group, "TranscodeTemplateGroupId")?;
        let name = text_of(group, "Name").unwrap_or_else(|| value.clone());
        Some(Named { value, name })
    };
    let groups = array(&answer, "/TranscodeTemplateGroupList");
    Ok(groups.iter().filter_map(named).collect())
}

fn array<'a>(answer: &'a Value, place: &str) -> &'a [Value] {
    let found = answer.pointer(place).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}
