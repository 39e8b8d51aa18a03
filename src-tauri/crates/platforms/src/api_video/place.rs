//! The place for a file: a container made with the key, or none where an upload token is all there is.
//!
//! A container that was asked for and whose answer was lost is found again by its metadata, so that a repeated opening leaves no second one.

use super::{
    NAME,
    manuscript::{self, For},
    settings::Auth,
    status::{Received, Status},
    ticket::{Kept, Stage},
    upload_tokens,
    wire::{Api, Call, Page, Video},
};
use crate::{Draft, Error, Opened, Result, http::Act};
use reqwest::Method;

pub(super) const OPENING: &str = "reserving a place";

pub(super) async fn open(api: &Api<'_>, draft: &Draft, lanes: u32) -> Result<Opened> {
    let settings = api.settings();
    let auth = settings.auth();
    let cuts = settings.cuts(draft.size_bytes, lanes);
    let mut kept = Kept {
        video_id: None,
        name: uuid::Uuid::new_v4().to_string(),
        parts: cuts.len(),
        token: None,
        file_name: manuscript::file_name(draft, auth),
        hash: draft.manuscript_hash.clone(),
        private: draft.held_back && auth == Auth::Key,
        looks: 0,
        stage: Stage::Sending,
    };
    if auth == Auth::UploadToken {
        // Missing or blank is said now and not after the first part was read.
        api.secret(Act::new(NAME, OPENING), "upload_token").await?;
    } else {
        let key = settings.metadata_key();
        let mark = key.as_deref().map(|key| (key, draft.key.as_str()));
        let earlier = match mark {
            Some(mark) => earlier(api, mark).await?,
            None => None,
        };
        let id = match earlier {
            Some(id) => {
                kept.hash.clear(); // it may have been made with other words
                id
            }
            None => create(api, draft, mark).await?,
        };
        // Whether a token may fill a private video is not documented.
        let private = kept.private
            || matches!(
                draft.fields.get("public").map(String::as_str),
                Some("0" | "false")
            );
        if settings.delegates() && !private {
            kept.token = Some(upload_tokens::for_upload(api, draft.size_bytes).await?);
        }
        api.memory.forget(&id);
        kept.video_id = Some(id);
    }
    Ok(Opened {
        ticket: kept.ticket(),
        cuts,
    })
}

async fn create(api: &Api<'_>, draft: &Draft, mark: Option<(&str, &str)>) -> Result<String> {
    let body = manuscript::body(draft, mark, For::Creating, draft.held_back);
    let call = Call::json(OPENING, Method::POST, &["videos"], body);
    let video: Video = api.call(call).await?;
    Ok(video.video_id)
}

/// An empty container of this upload; unfinished ones are removed, since their parts belong to a ticket that is gone.
async fn earlier(api: &Api<'_>, (key, value): (&str, &str)) -> Result<Option<String>> {
    let name = format!("metadata[{key}]");
    let query = [(name.as_str(), value), ("pageSize", "100")];
    let call = Call {
        query: &query,
        ..Call::get(OPENING, &["videos"])
    };
    let found: Page<Video> = api.call(call).await?;
    let mut empty = None;
    for video in found.data {
        let status = status(api, OPENING, &video.video_id).await;
        match status.map(|status| status.received()) {
            Ok(Received::Nothing) if empty.is_none() => empty = Some(video.video_id),
            Ok(Received::Whole(_)) => {}
            Ok(_) => remove(api, &video.video_id).await?,
            Err(error) if error.cause.code == "api_video_gone" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(empty)
}

pub(super) async fn status(api: &Api<'_>, doing: &'static str, id: &str) -> Result<Status> {
    let path = ["videos", id, "status"];
    Ok(api.call(Call::get(doing, &path)).await?)
}

/// Removes a container; one that is gone is removed.
pub(super) async fn remove(api: &Api<'_>, id: &str) -> Result<()> {
    api.memory.forget(id);
    let path = ["videos", id];
    match api
        .order(Call::delete("removing an unfinished video", &path))
        .await
    {
        Err(failure) if !failure.is(super::codes::NOT_FOUND) => Err(Error::from(failure)),
        _ => Ok(()),
    }
}
