//! What the platform says: of the account, of its categories, and of its own work on a video.

use super::{
    NAME,
    api::{Api, Params, text_of},
    codes, keys,
};
use crate::{Result, Review};
use serde_json::Value;
use slipway_model::{Cause, ErrorKind, Health, HealthState, Remote};
use std::time::Duration;

const WATCHING: &str = "asking about the video";

/// A category of videos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    pub id: i64,
    pub name: String,
    pub children: Vec<Category>,
}

/// Asks for the first category: harmless, and refused for whoever may not use the service.
pub(super) async fn check(api: &Api<'_>) -> Result<Health> {
    const DOING: &str = "checking the account";
    let mut health = Health {
        checked_at_ms: Some(jiff::Timestamp::now().as_millisecond()),
        ..Health::default()
    };
    if !keys::has_api(api) {
        // A service that only gives credentials cannot be asked without making a record.
        api.settings().needed(
            crate::http::Act::new(NAME, DOING),
            "service.create_video.url",
        )?;
        return Ok(health);
    }
    let params: Params = vec![("PageSize", "1".into())];
    match api.call(DOING, "GetCategories", params).await {
        Ok(_) => {
            health.state = HealthState::Ready;
            health.valid_until_ms = keys::valid_until_ms(api).await?;
        }
        Err(failure) => {
            let error = crate::Error::from(failure);
            health.state = match error.kind {
                ErrorKind::SignedOut => HealthState::SignedOut,
                ErrorKind::Refused => HealthState::Troubled,
                _ => return Err(error),
            };
            health.cause = Some(error.cause);
        }
    }
    Ok(health)
}

/// Levels and pages of categories that are read at most.
const LEVELS_MAX: u32 = 3;
const PAGES_MAX: u32 = 10;

pub(super) async fn categories(api: &Api<'_>) -> Result<Vec<Category>> {
    below(api, -1, 1).await
}

async fn below(api: &Api<'_>, parent: i64, level: u32) -> Result<Vec<Category>> {
    const DOING: &str = "reading the categories";
    const PAGE: usize = 100;
    let mut found = Vec::new();
    for page in 1..=PAGES_MAX {
        let params: Params = vec![
            ("CateId", parent.to_string()),
            ("PageNo", page.to_string()),
            ("PageSize", PAGE.to_string()),
        ];
        let answer = api.call(DOING, "GetCategories", params).await?;
        let all = answer.pointer("/SubCategories/Category");
        let all = all.and_then(Value::as_array).cloned().unwrap_or_default();
        for category in &all {
            let Some(id) = text_of(category, "CateId").and_then(|id| id.parse().ok()) else {
                continue;
            };
            let has_children = text_of(category, "SubTotal").is_some_and(|n| n != "0");
            let children = if has_children && level < LEVELS_MAX {
                Box::pin(below(api, id, level + 1)).await?
            } else {
                Vec::new()
            };
            found.push(Category {
                id,
                name: text_of(category, "CateName").unwrap_or_default(),
                children,
            });
        }
        if all.len() < PAGE {
            break;
        }
    }
    Ok(found)
}

async fn state(api: &Api<'_>, id: &str) -> super::api::Outcome<String> {
    let params: Params = vec![("VideoId", id.to_owned())];
    let answer = api.call(WATCHING, "GetVideoInfo", params).await?;
    let state = answer
        .get("Video")
        .and_then(|video| text_of(video, "Status"));
    let act = crate::http::Act::new(NAME, WATCHING);
    state.ok_or_else(|| super::incomplete(act, "Status").into())
}

/// Whether the record's file has come.
pub(super) async fn has_file(api: &Api<'_>, id: &str) -> super::api::Outcome<bool> {
    match state(api, id).await {
        Ok(state) => Ok(!matches!(state.as_str(), "Uploading" | "UploadFail")),
        Err(failure) if failure.is(&[codes::VIDEO_GONE]) => Ok(false),
        Err(failure) => Err(failure),
    }
}

pub(super) async fn watch(api: &Api<'_>, remote: &Remote) -> Result<Review> {
    if !keys::has_api(api) {
        return Ok(Review::Published(remote.clone()));
    }
    match state(api, &remote.id).await {
        Ok(state) => Ok(review(remote, &state)),
        Err(failure) if failure.is(&[codes::VIDEO_GONE]) => {
            let error = crate::Error::from(failure);
            Ok(Review::Refused(error.cause))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// A state that is not known is under way, never failed.
fn review(remote: &Remote, state: &str) -> Review {
    let remote = Remote {
        words: Some(state.to_owned()),
        ..remote.clone()
    };
    let code = match state {
        "Normal" => return Review::Published(remote),
        "TranscodeFail" => "aliyun_vod_transcode_failed",
        "Blocked" => "aliyun_vod_blocked",
        "UploadFail" => "aliyun_vod_upload_failed",
        "ProduceFail" => "aliyun_vod_produce_failed",
        _ => return Review::Pending(remote),
    };
    Review::Refused(
        Cause::new(code)
            .with("id", &remote.id)
            .with("message", state),
    )
}

/// Before look number `looks`, from 1, at a video that was complete `since` ago: 5 s, growing to a minute, then by age.
pub(super) fn look_after(looks: u32, since: Duration) -> Duration {
    const HOUR: Duration = Duration::from_hours(1);
    match looks {
        0 | 1 => Duration::from_secs(1),
        2..=4 => Duration::from_secs(5),
        5..=8 => Duration::from_secs(15),
        _ if since < HOUR => Duration::from_mins(1),
        _ if since < 24 * HOUR => Duration::from_mins(5),
        _ => HOUR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_meaning() {
        let seen = |state: &str| review(&Remote::default(), state);
        for state in [
            "Uploading",
            "UploadSucc",
            "Transcoding",
            "Checking",
            "Unheard",
        ] {
            let Review::Pending(remote) = seen(state) else {
                panic!("{state} is under way");
            };
            assert_eq!(remote.words.as_deref(), Some(state));
        }
        assert!(matches!(seen("Normal"), Review::Published(_)));
        for (state, code) in [
            ("TranscodeFail", "aliyun_vod_transcode_failed"),
            ("Blocked", "aliyun_vod_blocked"),
            ("UploadFail", "aliyun_vod_upload_failed"),
            ("ProduceFail", "aliyun_vod_produce_failed"),
        ] {
            assert!(matches!(seen(state), Review::Refused(cause) if cause.code == code));
        }
    }

    #[test]
    fn looks_grow_rare() {
        let at = |looks, since| look_after(looks, Duration::from_secs(since)).as_secs();
        assert_eq!([at(1, 0), at(2, 1), at(6, 20), at(30, 600)], [1, 5, 15, 60]);
        assert_eq!([at(200, 7200), at(500, 90_000)], [300, 3600]);
    }
}
