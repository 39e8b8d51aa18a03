//! Works that are on the platform already: listed with the platform's words about them, edited, deleted.
//!
//! An edit sends every field, those that stay as the platform has them now, and is reviewed again; sent twice it does the same. A deletion cannot be
//! taken back. Source: the platform's documents as relayed 2026-07-23 and 2026-10-10.

use super::{
    NAME, codes, review,
    submit::{self, page_of},
    wire::{CALL_TIMEOUT, Call, Content, Work, Works as Found},
};
use crate::{
    Cover, Error, Result, Session,
    http::Act,
    platform::{Listed, Listing, Works},
};
use async_trait::async_trait;
use serde_json::{Map, Value, json};
use slipway_model::{Cause, ErrorKind, Fields, Remote};

const LISTING: &str = "listing the works";
const EDITING: &str = "editing a work";
const DELETING: &str = "deleting a work";
/// Works a page; the platform's most.
const PAGE: &str = "50";
/// What an edit sends besides the id, and what of it may change.
const EDITABLE: [&str; 5] = ["title", "cover", "tid", "desc", "no_reprint"];

#[async_trait]
impl Works for super::Adapter {
    async fn list(&self, session: &Session, page: u32) -> Result<Listing> {
        let number = page.max(1).to_string();
        let query = [("pn", number.as_str()), ("ps", PAGE), ("status", "all")];
        let call = Call::get(LISTING, "arcopen/fn/archive/viewlist", &query);
        let found: Found = self.api(session).call(call).await?;
        let total = found.page.map_or(0, |page| page.total);
        Ok(Listing {
            total: u64::try_from(total).unwrap_or(0),
            works: found.list.unwrap_or_default().iter().map(listed).collect(),
        })
    }

    async fn edit(
        &self,
        session: &Session,
        id: &str,
        changes: &Fields,
        cover: Option<&Cover>,
    ) -> Result<()> {
        let act = Act::new(NAME, EDITING);
        for name in changes.keys() {
            if !EDITABLE.contains(&name.as_str()) {
                let cause = Cause::new("bilibili_field_fixed").with("field", name);
                return Err(act.error(ErrorKind::Refused, cause));
            }
        }
        let api = self.api(session);
        let query = [("resource_id", id)];
        let call = Call::get(EDITING, "arcopen/fn/archive/view", &query);
        let now: Map<String, Value> = api.call(call).await?;
        let mut body = Map::new();
        body.insert("resource_id".into(), id.into());
        for name in EDITABLE {
            let mut value = now.get(name).cloned().unwrap_or(Value::Null);
            if let Some(text) = changes.get(name).map(|text| text.trim()) {
                value = match name {
                    "tid" => match text.parse::<i64>() {
                        Ok(number) => number.into(),
                        Err(_) => {
                            let cause = Cause::new("field_not_a_number")
                                .with("field", name)
                                .with("value", text);
                            return Err(act.error(ErrorKind::Refused, cause));
                        }
                    },
                    "no_reprint" => json!(i32::from(matches!(text, "1" | "true"))),
                    _ => text.into(),
                };
            }
            body.insert(name.into(), value);
        }
        if let Some(cover) = cover {
            body.insert(
                "cover".into(),
                submit::upload_cover(&api, cover).await?.into(),
            );
        }
        let body = serde_json::to_vec(&body).expect("text and numbers are JSON");
        let call = Call::post(
            EDITING,
            "arcopen/fn/archive/edit",
            &[],
            Content::Json(body),
            CALL_TIMEOUT,
        );
        api.call::<Value>(call).await?;
        Ok(())
    }

    fn cures(&self, refusal: &Cause) -> &'static [&'static str] {
        // Locked works and broken videos are not looked at again for another text.
        if refusal.code == "bilibili_returned" {
            &EDITABLE
        } else {
            &[]
        }
    }

    async fn delete(&self, session: &Session, id: &str) -> Result<()> {
        let body = json!({ "resource_id": id }).to_string().into_bytes();
        let call = Call::post(
            DELETING,
            "arcopen/fn/archive/delete",
            &[],
            Content::Json(body),
            CALL_TIMEOUT,
        );
        match self.api(session).call::<Value>(call).await {
            // Deleted by an earlier request whose answer was lost.
            Err(failure) if failure.code().is_some_and(is_deleted) => Ok(()),
            Err(failure) => Err(Error::from(failure)),
            Ok(_) => Ok(()),
        }
    }
}

fn is_deleted(code: i64) -> bool {
    codes::find(code).cause == "bilibili_deleted"
}

fn listed(work: &Work) -> Listed {
    let remote = Remote {
        id: work.resource_id.clone(),
        url: Some(page_of(&work.resource_id)),
        words: None,
    };
    Listed {
        title: work.title.clone(),
        created_ms: work.ctime.saturating_mul(1000),
        review: review::review(&remote, work),
        remote,
    }
}
