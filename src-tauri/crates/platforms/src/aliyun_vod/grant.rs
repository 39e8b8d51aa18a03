//! Places to upload to and the keys for them: asked of the API or of the user's service, renewed in time.
//!
//! Invariants: a credential is renewed once for all parts that want it; while the old one is good, a renewal that fails does no harm; a place that
//! moved is never sent to with parts of the old one.

use super::{
    NAME,
    api::{Api, Failure, Outcome, Params},
    codes,
    place::{self, Credential, Place},
    service,
    settings::Way,
    ticket::Kept,
};
use crate::{Result, http::Act};
use serde_json::Value;
use slipway_model::{Cause, ErrorKind};
use std::time::Duration;

/// With this much left a credential is used even when it cannot be renewed now.
const LEFT_AT_LEAST_S: i64 = 30;
/// Beside the time that a part is expected to take.
const PART_MARGIN: Duration = Duration::from_secs(60);
/// However slow the line is, a credential that has just been given is not renewed before its first part.
const NEED_MAX_S: i64 = 2500;

/// A place with its key, and what it is for.
pub(super) struct Grant {
    pub(super) id: String,
    pub(super) place: Place,
    pub(super) credential: Credential,
    /// Where an image will be found.
    pub(super) url: Option<String>,
}

/// What a place is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    Video,
    Refresh,
    Image,
    /// A subtitle.
    Attached,
}

impl Ask {
    fn action(self) -> &'static str {
        match self {
            Self::Video => "CreateUploadVideo",
            Self::Refresh => "RefreshUploadVideo",
            Self::Image => "CreateUploadImage",
            Self::Attached => "CreateUploadAttachedMedia",
        }
    }
    fn operation(self) -> &'static str {
        match self {
            Self::Video => "create_video",
            Self::Refresh => "refresh_video",
            Self::Image => "create_image",
            Self::Attached => "create_attached",
        }
    }
    fn id(self) -> (&'static str, &'static str) {
        match self {
            Self::Video | Self::Refresh => ("VideoId", "service.path.video_id"),
            Self::Image => ("ImageId", "service.path.image_id"),
            Self::Attached => ("MediaId", "service.path.media_id"),
        }
    }
}

pub(super) async fn grant(
    api: &Api<'_>,
    doing: &'static str,
    ask: Ask,
    params: Params,
) -> Outcome<Grant> {
    let act = Act::new(NAME, doing);
    let by_service = api.settings().way() == Way::Service
        && api.settings().text("service.sts_token.url").is_none();
    let answer = if by_service {
        service::ask(api, act, ask.operation(), &params).await?
    } else {
        api.call(doing, ask.action(), params.clone()).await?
    };
    read(api, act, ask, &params, &answer).map_err(|field| {
        let cause = Cause::new("aliyun_vod_answer_incomplete").with("field", field);
        Failure::Line(act.error(ErrorKind::ServerFault, cause))
    })
}

fn read(
    api: &Api<'_>,
    act: Act,
    ask: Ask,
    params: &Params,
    answer: &Value,
) -> std::result::Result<Grant, &'static str> {
    let find = |name: &str, setting: &str| service::find(api, answer, name, setting);
    let (id_name, id_setting) = ask.id();
    let id = find(id_name, id_setting).and_then(|id| id.as_str().map(ToOwned::to_owned));
    // Whoever asks for an id's new key need not be told the id.
    let asked = params.iter().find(|(name, _)| *name == id_name);
    let id = id
        .or_else(|| asked.map(|(_, id)| id.clone()))
        .ok_or(id_name)?;
    let address = find("UploadAddress", "service.path.upload_address").unwrap_or_default();
    let auth = find("UploadAuth", "service.path.upload_auth").unwrap_or_default();
    let now_s = match api.settings().api(act) {
        Ok(url) => api.now_s(&url),
        Err(_) => jiff::Timestamp::now().as_second(),
    };
    let (mut place, credential) = place::read(&address, &auth, now_s)?;
    if let Some(endpoint) = api.settings().storage(act).map_err(|_| "endpoint.upload")? {
        place.endpoint = endpoint;
    }
    let url = find("ImageURL", "service.path.image_url");
    Ok(Grant {
        id,
        place,
        credential,
        url: url.and_then(|url| url.as_str().map(ToOwned::to_owned)),
    })
}

/// The key for a request that moves `bytes`, renewed when too little of its life is left.
pub(super) async fn credential(api: &Api<'_>, kept: &Kept, bytes: u64) -> Result<Credential> {
    let slot = api.memory.slot(kept);
    let takes = api.memory.time_for(bytes) + PART_MARGIN;
    let need = api.settings().renew_before().max(takes);
    let need_s = i64::try_from(need.as_secs())
        .unwrap_or(NEED_MAX_S)
        .min(NEED_MAX_S);
    let left_s = || {
        let current = slot.current.lock().clone();
        (
            current.expires_at_s - api.now_s(&kept.place.endpoint),
            current,
        )
    };
    let (left, current) = left_s();
    if left >= need_s {
        return Ok(current);
    }
    let _one_at_a_time = slot.renewing.lock().await;
    let (left, current) = left_s(); // someone else may have been here
    if left >= need_s {
        return Ok(current);
    }
    match renewed(api, kept).await {
        Ok(new) => {
            *slot.current.lock() = new.clone();
            Ok(new)
        }
        Err(error) if left >= LEFT_AT_LEAST_S && error.kind != ErrorKind::TicketLost => {
            tracing::warn!(account = %api.session.account(), %error, left, "the upload credential could not be renewed yet");
            Ok(current)
        }
        Err(error) => Err(error),
    }
}

/// Another key in place of one that the storage refused, unless there is one already.
pub(super) async fn replace(api: &Api<'_>, kept: &Kept, refused: &Credential) -> Result<()> {
    let slot = api.memory.slot(kept);
    let _one_at_a_time = slot.renewing.lock().await;
    let same = slot.current.lock().key.id == refused.key.id;
    if same {
        let new = renewed(api, kept).await?;
        *slot.current.lock() = new;
    }
    Ok(())
}

async fn renewed(api: &Api<'_>, kept: &Kept) -> Result<Credential> {
    const DOING: &str = "renewing the upload credential";
    let params = vec![("VideoId", kept.video_id.clone())];
    let grant = match grant(api, DOING, Ask::Refresh, params).await {
        Ok(grant) => grant,
        Err(failure) => {
            if failure.is(&[codes::VIDEO_GONE, "InvalidVideo.Damaged"]) {
                api.memory.forget(kept);
            }
            return Err(failure.into());
        }
    };
    if (&grant.place.bucket, &grant.place.key) != (&kept.place.bucket, &kept.place.key) {
        api.memory.lose_place(kept);
        let cause = Cause::new("aliyun_vod_place_moved").with("id", &kept.video_id);
        return Err(Act::new(NAME, DOING).error(ErrorKind::TicketLost, cause));
    }
    Ok(grant.credential)
}
