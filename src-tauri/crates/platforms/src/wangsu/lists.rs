//! The categories that an account has made, on two levels, written as a manuscript's field takes them.
//!
//! Workflows, templates and watermarks have lists too, whose forms are not published. Source: the README beside this.

use super::api::{Api, Category, CategoryPage, Why};
use crate::{Named, Result};
use serde_json::json;

/// Items of one page, and pages that are read. The page of the call says up to 100 in English and up to 50 in Chinese.
const PAGES: (u64, u64) = (50, 100);

/// Names that the field would cut apart are left out.
pub(super) async fn categories(api: &Api<'_>) -> Result<Vec<Named>> {
    let is_whole = |name: &str| !name.contains(['/', ',', '，', '、', '\n']);
    let mut all = Vec::new();
    for top in below(api, None).await? {
        if !is_whole(&top.name) {
            continue;
        }
        let children = below(api, Some(&top.id)).await?.into_iter();
        let children = children
            .filter(|child| is_whole(&child.name))
            .map(|child| format!("{}/{}", top.name, child.name));
        let paths: Vec<String> = children.collect();
        all.extend(std::iter::once(top.name).chain(paths).map(|path| Named {
            value: path.clone(),
            name: path,
        }));
    }
    Ok(all)
}

async fn below(api: &Api<'_>, parent_id: Option<&str>) -> Result<Vec<Category>> {
    let (size, pages) = PAGES;
    let mut all = Vec::new();
    for page in 1..=pages {
        let mut body = json!({ "pageSize": size, "pageIndex": page });
        if let Some(id) = parent_id {
            body["parentNodeId"] = id.into();
        }
        let path = "vod/videoCategory/getCategoryList";
        let page: CategoryPage = api
            .call("reading the categories", Why::Work, path, &body)
            .await?;
        let (some, total) = page.read();
        let is_last = some.is_empty();
        all.extend(some);
        if is_last || all.len() as u64 >= total {
            break;
        }
    }
    Ok(all)
}
