//! How a video stands on the platform: whether it is listed, and how far its transcoding is.
//!
//! Decides when an upload is published: transcoded; or listed and, after the account's patience, still not transcoded, which is how it stays
//! without a template.

use super::{
    NAME,
    api::{Api, PublishCode, Video, VideoList, Why},
};
use crate::{Result, Review};
use serde_json::json;
use slipway_model::{Cause, Remote};
use std::time::Duration;
use tokio::time::Instant;

const LOOKING: &str = "looking for the video";

/// The video, if the platform lists it.
pub(super) async fn listed(api: &Api<'_>, video_id: &str) -> Result<Option<Video>> {
    let body = json!({ "videoId": video_id, "pageIndex": 1, "pageSize": 10 });
    let path = "vod/videoManage/getVideoList";
    let list: Option<VideoList> = api.call(LOOKING, Why::Look, path, &body).await?;
    let videos = list.and_then(|list| list.videos).unwrap_or_default();
    Ok(videos
        .into_iter()
        .find(|video| video.id.as_deref() == Some(video_id)))
}

pub(super) async fn review(api: &Api<'_>, remote: &Remote) -> Result<Review> {
    let found = listed(api, &remote.id).await?;
    let settings = api.settings();
    let (since, seen) = {
        let mut looked_for = api.memory.looked_for.lock();
        let entry = looked_for
            .entry(remote.id.clone())
            .or_insert_with(|| (Instant::now(), false));
        let was_seen = entry.1;
        if found.is_some() && !was_seen {
            *entry = (Instant::now(), true); // from now on it is known how long it is listed
        }
        (entry.0, was_seen)
    };
    let Some(video) = found else {
        let patience = Duration::from_secs(u64::try_from(settings.listed_within_s()).unwrap_or(0));
        let code = match seen {
            true => "wangsu_video_gone",
            false if since.elapsed() < patience => return Ok(Review::Pending(remote.clone())),
            false => "wangsu_not_listed",
        };
        return Ok(ended(api, remote, Review::Refused(cause(code, remote))));
    };
    if video.is_masked() {
        return Ok(ended(
            api,
            remote,
            Review::Refused(cause("wangsu_masked", remote)),
        ));
    }
    let mut remote = remote.clone();
    let state = video.transcode();
    remote.words = state.map(|state| format!("transcodeState {state}"));
    let settle = Duration::from_secs(60 * settings.number("untranscoded_after_minutes"));
    match state {
        Some(4) => {
            let refused = Review::Refused(cause("wangsu_transcode_failed", &remote));
            Ok(ended(api, &remote, refused))
        }
        Some(1) => Ok(published(api, remote).await),
        None | Some(2) if since.elapsed() >= settle => Ok(published(api, remote).await),
        _ => Ok(Review::Pending(remote)),
    }
}

/// With its address, where the platform tells one.
async fn published(api: &Api<'_>, mut remote: Remote) -> Review {
    let body = json!({ "videoId": remote.id, "codeType": 4 });
    let path = "vod/videoManage/getPublishCode";
    let told = api.call::<PublishCode>("asking for the address", Why::Look, path, &body);
    if let Ok(code) = told.await {
        remote.url = code.origin();
    }
    let done = Review::Published(remote.clone());
    ended(api, &remote, done)
}

fn ended(api: &Api<'_>, remote: &Remote, review: Review) -> Review {
    api.memory.looked_for.lock().remove(&remote.id);
    review
}

fn cause(code: &str, remote: &Remote) -> Cause {
    Cause::new(code)
        .with("platform", NAME)
        .with("video", &remote.id)
        .with("code", "")
        .with("message", "")
        .detail(remote.words.clone().unwrap_or_default())
}

/// Before look number `looks`, from 1, at a video that was stored `since` ago: soon at first, since all looks of an account share its calls.
pub(super) fn look_after(looks: u32, since: Duration) -> Duration {
    const EARLY_S: [u64; 5] = [2, 5, 10, 20, 30];
    match EARLY_S.get(looks.saturating_sub(1) as usize) {
        Some(seconds) => Duration::from_secs(*seconds),
        None if since < Duration::from_hours(1) => Duration::from_mins(1),
        None if since < Duration::from_hours(24) => Duration::from_mins(5),
        None => Duration::from_hours(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_grow_rare() {
        let early = Duration::from_mins(5);
        let waits: Vec<u64> = (1..8).map(|n| look_after(n, early).as_secs()).collect();
        assert_eq!(waits, [2, 5, 10, 20, 30, 60, 60]);
        assert_eq!(look_after(90, Duration::from_hours(2)).as_secs(), 300);
        assert_eq!(look_after(900, Duration::from_hours(30)).as_secs(), 3600);
    }
}
