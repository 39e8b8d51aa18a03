//! Makes the record of a video and gets its place: cover and subtitle first, since the record names them, then the record, then the multipart upload.
//!
//! May be repeated: a cover or subtitle that is there is not sent again, and a place that was lost is asked anew for the same record. What a crash leaves behind is a
//! record without a file, which the platform shows as 'Uploading'.

use super::{
    NAME,
    api::{Api, Params},
    codes, fields,
    grant::{self, Ask, Grant},
    lost_or,
    place::Sealed,
    storage::{Keys, Storage},
    ticket::{Kept, Stage},
};
use crate::{Draft, Opened, Result, http::Act};
use slipway_model::{Cause, Cuts, ErrorKind};

const DOING: &str = "reserving a place";

pub(super) async fn open(api: &Api<'_>, draft: &Draft, lanes: u32) -> Result<Opened> {
    let act = Act::new(NAME, DOING);
    if draft.file_name.to_lowercase().ends_with(".m3u8") {
        let cause = Cause::new("aliyun_vod_playlist").with("file", &draft.file_name);
        return Err(act.error(ErrorKind::Refused, cause));
    }
    let limits = api.settings().limits();
    // What goes in one request is there with its last byte.
    let small = draft.size_bytes <= limits.part_bytes && !draft.held_back;
    let cuts = if small {
        Cuts::whole(draft.size_bytes)
    } else {
        Cuts::plan(draft.size_bytes, &limits, None, lanes)
    };
    let cover_url = cover(api, draft).await?;
    let subtitle = subtitle(api, draft).await?;
    let grant = place(api, draft, cover_url.as_deref(), subtitle.as_deref()).await?;
    let mut kept = Kept {
        video_id: grant.id,
        place: grant.place,
        credential: Sealed::from(&grant.credential),
        upload_id: None,
        cuts: cuts.clone(),
        draft: draft.key.clone(),
        manuscript_hash: draft.manuscript_hash.clone(),
        cover_url,
        stage: Stage::Sending,
    };
    if !small {
        let begun = Storage::of(api, &kept).initiate(act).await;
        match begun {
            Ok(id) => kept.upload_id = Some(id),
            Err(failure) => {
                // The record is there: the next try is for the same one.
                api.memory.lose_place(&kept);
                return Err(lost_or(api, &kept, failure));
            }
        }
    }
    Ok(Opened {
        ticket: kept.ticket(),
        cuts,
    })
}

async fn place(
    api: &Api<'_>,
    draft: &Draft,
    cover_url: Option<&str>,
    subtitle: Option<&str>,
) -> Result<Grant> {
    if let Some(video_id) = api.memory.take_lost(&draft.key) {
        let params: Params = vec![("VideoId", video_id)];
        match grant::grant(api, DOING, Ask::Refresh, params).await {
            Ok(grant) => return Ok(grant),
            // Someone deleted it: then there is no record to come back to.
            Err(failure) if failure.is(&[codes::VIDEO_GONE, "InvalidVideo.Damaged"]) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    let params = fields::create(&api.settings(), draft, cover_url, subtitle);
    Ok(grant::grant(api, DOING, Ask::Video, params).await?)
}

/// Sends the cover, where there is one. Its address.
pub(super) async fn cover(api: &Api<'_>, draft: &Draft) -> Result<Option<String>> {
    const DOING: &str = "sending the cover";
    let Some(cover) = &draft.cover else {
        return Ok(draft.fields.get("CoverURL").cloned());
    };
    let name = format!("{} {}", draft.key, draft.manuscript_hash);
    if let Some(url) = api.memory.sent.lock().get(&name) {
        return Ok(Some(url.clone()));
    }
    let act = Act::new(NAME, DOING);
    let ending = if cover.mime == "image/png" {
        "png"
    } else {
        "jpg"
    };
    let mut params: Params = vec![
        ("ImageType", "cover".to_owned()),
        ("ImageExt", ending.to_owned()),
        ("Title", fields::title(draft.fields.get("Title"))),
    ];
    fields::add_storage(&api.settings(), draft, &mut params);
    let grant = grant::grant(api, DOING, Ask::Image, params).await?;
    let storage = Storage {
        api,
        place: &grant.place,
        keys: Keys::Given(&grant.credential),
    };
    storage.put(act, cover.mime, cover.bytes.clone()).await?;
    let url = grant.url.unwrap_or_else(|| grant.place.url().to_string());
    api.memory.sent.lock().insert(name, url.clone());
    Ok(Some(url))
}

/// Sends the subtitle, where there is one. Its id: the platform ties it to no video by itself.
pub(super) async fn subtitle(api: &Api<'_>, draft: &Draft) -> Result<Option<String>> {
    const DOING: &str = "sending the subtitle";
    let text = draft.fields.get("Subtitle").map_or("", String::as_str);
    if text.trim().is_empty() {
        return Ok(None);
    }
    let name = format!("{} subtitle {}", draft.key, draft.manuscript_hash);
    if let Some(id) = api.memory.sent.lock().get(&name) {
        return Ok(Some(id.clone()));
    }
    let act = Act::new(NAME, DOING);
    let is_vtt = text.trim_start_matches('\u{feff}').starts_with("WEBVTT");
    let ending = if is_vtt { "vtt" } else { "srt" };
    let mut params: Params = vec![
        ("BusinessType", "subtitle".to_owned()),
        ("FileName", format!("subtitle.{ending}")),
        ("FileSize", text.len().to_string()),
        ("Title", fields::title(draft.fields.get("Title"))),
    ];
    fields::add_storage(&api.settings(), draft, &mut params);
    let grant = grant::grant(api, DOING, Ask::Attached, params).await?;
    let storage = Storage {
        api,
        place: &grant.place,
        keys: Keys::Given(&grant.credential),
    };
    let bytes = text.to_owned().into_bytes().into();
    storage.put(act, "text/plain; charset=utf-8", bytes).await?;
    api.memory.sent.lock().insert(name, grant.id.clone());
    Ok(Some(grant.id))
}
