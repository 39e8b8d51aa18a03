//! Asks for a place and keeps its token good.
//!
//! Invariants: a token is renewed once for all workers; a place that is not the one the blocks went to is never taken for it.

use super::{
    NAME,
    api::{Api, Failure, UploadToken, Why},
    codes,
    memory::Upload,
    names,
    ticket::{Kept, Place},
    token,
};
use crate::{Error, Result, http::Act};
use serde_json::Value;
use slipway_model::{Cause, ErrorKind};
use std::collections::BTreeMap;

pub(super) const OPENING: &str = "reserving a place";
const PATH: &str = "vod/videoManage/getUploadToken";

/// Asks for a place with these parameters.
pub(super) async fn ask(api: &Api<'_>, asked: &BTreeMap<String, String>) -> Result<Place> {
    let act = Act::new(NAME, OPENING);
    let body: Value = asked
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.clone())))
        .collect();
    let told: UploadToken = api
        .call(OPENING, Why::Work, PATH, &body)
        .await
        .map_err(|failure| with_offer(api, asked, failure))?;
    if told.url.is_empty() || told.token.is_empty() || told.file_key.is_empty() {
        let cause = Cause::new("wangsu_place_incomplete");
        return Err(act.error(ErrorKind::ServerFault, cause));
    }
    let got_ms = api.now_ms(act)?;
    let life_ms = 1000 * i64::try_from(api.settings().number("token_ttl_assumed")).unwrap_or(3600);
    let policy = token::policy(&told.token);
    Ok(Place {
        url: told.url,
        token: told.token,
        bucket: told.bucket_name.unwrap_or_default(),
        key: told.file_key,
        video_id: told.video_id,
        got_ms,
        deadline_ms: policy.deadline_ms.unwrap_or(got_ms + life_ms),
    })
}

/// A name that is too long comes with one that is not.
fn with_offer(api: &Api<'_>, asked: &BTreeMap<String, String>, failure: Failure) -> Error {
    let too_long = failure.code() == Some(codes::NAME_TOO_LONG);
    let mut error = Error::from(failure);
    if too_long {
        let name = asked.get("originFileName").cloned().unwrap_or_default();
        let most = api.settings().name_max();
        let shorter = names::offer(&name, most);
        error.cause = error.cause.with("name", name).with("shorter", shorter);
    }
    error
}

/// The upload's place with a token that is good for a while. `refused` is a token that the storage did not take.
///
/// # Errors
/// `TicketLost` when the platform has another place for it now.
pub(super) async fn current(
    api: &Api<'_>,
    kept: &Kept,
    upload: &Upload,
    refused: Option<&str>,
) -> Result<Place> {
    let act = Act::new(NAME, "renewing the upload token");
    let is_good =
        |place: &Place, now_ms| refused != Some(place.token.as_str()) && !place.is_ending(now_ms);
    let place = upload.place.lock().clone();
    if is_good(&place, api.now_ms(act)?) {
        return Ok(place);
    }
    let _one_at_a_time = upload.renewing.lock().await;
    let place = upload.place.lock().clone();
    if is_good(&place, api.now_ms(act)?) {
        return Ok(place); // renewed by another worker
    }
    let new = ask(api, &kept.asked).await?;
    if !new.is_same(&place) {
        let cause = Cause::new("wangsu_new_destination")
            .detail(format!("{} became {}", place.key, new.key));
        return Err(act.error(ErrorKind::TicketLost, cause));
    }
    let new = Place {
        video_id: place.video_id,
        ..new
    };
    *upload.place.lock() = new.clone();
    Ok(new)
}
