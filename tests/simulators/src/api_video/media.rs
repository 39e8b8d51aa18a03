//! Thumbnails and captions.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::intake::Taken;
use super::problem::{self, Problem};
use super::server::Pairs;
use super::state::{Caption, Media, State};
use super::tokens::page;
use super::videos::object;

/// Source: thumbnail guide, read 2026-06-25.
const THUMBNAIL_MAX_BYTES: u64 = 8 << 20;

fn media(file: &Taken) -> Media {
    Media {
        bytes: file.bytes,
        sha256: hex::encode(Sha256::digest(&file.kept)),
    }
}

/// `POST /videos/{videoId}/thumbnail`.
pub(crate) fn thumbnail(state: &mut State, id: &str, file: &Taken) -> Result<Value, Problem> {
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    if file.bytes == 0 {
        return Err(problem::EMPTY_FILE.named("file"));
    }
    if file.bytes > THUMBNAIL_MAX_BYTES {
        return Err(problem::LARGE_FILE.named("file"));
    }
    let known = file.kept.starts_with(&[0xFF, 0xD8, 0xFF])
        || file.kept.starts_with(b"\x89PNG\r\n")
        || (file.kept.starts_with(b"RIFF") && file.kept.get(8..12) == Some(b"WEBP"));
    if !known {
        return Err(problem::BAD_ENDING.named("file"));
    }
    video.thumbnail = Some(media(file));
    Ok(object(video))
}

/// `PATCH /videos/{videoId}/thumbnail`.
pub(crate) fn pick(state: &mut State, id: &str, body: &Value) -> Result<Value, Problem> {
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    let code = match body.get("timecode") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(seconds)) => seconds.to_string(),
        Some(_) => return Err(problem::BAD_ATTRIBUTE.named("timecode")),
        None => return Err(problem::REQUIRED.named("timecode")),
    };
    video.timecode = Some(code);
    Ok(object(video))
}

/// Whether it is a tag of letters, digits and dashes, as `fr-CA` or `zh-Hans-CN`.
fn is_tag(text: &str) -> bool {
    let mut steps = text.split('-');
    let first = steps.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && steps.all(|step| {
            (1..=8).contains(&step.len()) && step.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

/// `POST /videos/{videoId}/captions/{language}`.
pub(crate) fn add(
    state: &mut State,
    id: &str,
    language: &str,
    file: &Taken,
) -> Result<Value, Problem> {
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    if !is_tag(language) {
        return Err(problem::BAD_ATTRIBUTE.named("language"));
    }
    let text = file
        .kept
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(&file.kept);
    if !text.starts_with(b"WEBVTT") {
        return Err(problem::BAD_FILE.named("file"));
    }
    let caption = Caption {
        media: media(file),
        default: false,
    };
    let told = wire(id, language, &caption);
    video.captions.insert(language.to_owned(), caption);
    Ok(told)
}

fn wire(id: &str, language: &str, caption: &Caption) -> Value {
    json!({
        "uri": format!("/videos/{id}/captions/{language}"),
        "src": format!("https://cdn.api.video/vod/{id}/captions/{language}.vtt"),
        "srclang": language, "languageName": language, "default": caption.default,
    })
}

pub(crate) fn list(state: &mut State, id: &str, asked: &Pairs) -> Result<Value, Problem> {
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    let all: Vec<Value> = video
        .captions
        .iter()
        .map(|(language, caption)| wire(id, language, caption))
        .collect();
    page(&all, asked, &format!("/videos/{id}/captions"))
}

pub(crate) fn show(state: &mut State, id: &str, language: &str) -> Result<Value, Problem> {
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    let caption = video.captions.get(language);
    caption
        .map(|caption| wire(id, language, caption))
        .ok_or(problem::NOT_FOUND.named("language"))
}

pub(crate) fn patch(
    state: &mut State,
    id: &str,
    language: &str,
    body: &Value,
) -> Result<Value, Problem> {
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    let chosen = match body.get("default") {
        None => None,
        Some(Value::Bool(chosen)) => Some(*chosen),
        Some(_) => return Err(problem::BAD_ATTRIBUTE.named("default")),
    };
    if !video.captions.contains_key(language) {
        return Err(problem::NOT_FOUND.named("language"));
    }
    if let Some(chosen) = chosen {
        for (tag, caption) in &mut video.captions {
            if tag == language {
                caption.default = chosen;
            } else if chosen {
                caption.default = false;
            }
        }
    }
    Ok(wire(id, language, &video.captions[language]))
}

pub(crate) fn delete(state: &mut State, id: &str, language: &str) -> Result<(), Problem> {
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    let found = video.captions.remove(language);
    found
        .map(|_| ())
        .ok_or(problem::NOT_FOUND.named("language"))
}
