//! What an account has made on the platform to choose from: players, watermarks, and the tags of its videos.
//!
//! Source: the platform's own client, @api.video/nodejs-client 2.6.8, read 2026-11-22.

use super::wire::{Api, Call, Page};
use crate::{Named, Result};
use serde_json::Value;

/// Pages that are read at most, of the platform's most items each.
const PAGES_MAX: u32 = 20;
const PAGE: &str = "100";

pub(super) async fn choices(api: &Api<'_>, field: &str) -> Result<Vec<Named>> {
    let (path, value, name) = match field {
        "playerId" => ("players", "playerId", "name"),
        "watermark.id" => ("watermarks", "watermarkId", "createdAt"),
        _ => ("tags", "value", "value"),
    };
    let path = [path];
    let mut all = Vec::new();
    for page in 1..=PAGES_MAX {
        let number = page.to_string();
        let query = [("currentPage", number.as_str()), ("pageSize", PAGE)];
        let call = Call {
            query: &query,
            ..Call::get("reading what there is to choose from", &path)
        };
        let told: Page<Value> = api.call(call).await?;
        let text = |item: &Value, name: &str| {
            let text = item[name].as_str().map(str::trim).unwrap_or_default();
            (!text.is_empty()).then(|| text.to_owned())
        };
        all.extend(told.data.iter().filter_map(|item| {
            let value = text(item, value)?;
            let name = text(item, name).unwrap_or_else(|| value.clone());
            Some(Named { value, name })
        }));
        let pages = told.pagination.map_or(1, |p| p.pages_total);
        if told.data.is_empty() || page >= pages {
            break;
        }
    }
    Ok(all)
}
