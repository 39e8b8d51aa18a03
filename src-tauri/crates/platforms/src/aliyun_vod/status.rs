//! What the platform says: of the account, and of its own work on a video.

use super::{
    NAME,
    api::{Api, Params, text_of},
    codes, keys,
    settings::Way,
};
use crate::{Result, Review, health::checked, http::Act};
use slipway_model::{Cause, Credential, Health, Remote};
use std::time::Duration;

const WATCHING: &str = "asking about the video";

/// Asks for the first category: harmless, and refused for whoever may not use the service.
pub(super) async fn check(api: &Api<'_>) -> Result<Health> {
    const DOING: &str = "checking the account";
    let (settings, way) = (api.settings(), api.settings().way());
    let mut health = Health {
        place: Some(settings.region()).filter(|region| !region.is_empty()),
        credential: Some(match way {
            Way::AccessKey | Way::Role => Credential::AccessKey,
            Way::Sts => Credential::TemporaryKey,
            Way::Service => Credential::Service,
        }),
        renews: matches!(way, Way::Role | Way::Service),
        ..Health::default()
    };
    if !keys::has_api(api) {
        // A service that only gives credentials cannot be asked without making a record.
        if settings.text("service.url").is_none() {
            settings.needed(Act::new(NAME, DOING), "service.create_video.url")?;
        }
        health.checked_at_ms = Some(jiff::Timestamp::now().as_millisecond());
        return Ok(health);
    }
    let params: Params = vec![("PageSize", "1".into())];
    let asked = api.call(DOING, "GetCategories", params).await;
    health.valid_until_ms = keys::valid_until_ms(api).await?;
    checked(health, asked.map(drop).map_err(Into::into))
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

/// The name that a video was given from here; `None` where it has none, or is not there.
pub(super) async fn reference(api: &Api<'_>, id: &str) -> super::api::Outcome<Option<String>> {
    let params: Params = vec![("VideoId", id.to_owned())];
    match api.call(WATCHING, "GetVideoInfo", params).await {
        Ok(answer) => {
            let video = answer.get("Video");
            Ok(video.and_then(|video| text_of(video, "ReferenceId")))
        }
        Err(failure) if failure.is(&[codes::VIDEO_GONE]) => Ok(None),
        Err(failure) => Err(failure),
    }
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
