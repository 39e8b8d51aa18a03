//! Videos as they are made, changed, listed, shown and deleted, and how their encoding stands.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::auth::atom;
use super::container::Source;
use super::fault::Fault;
use super::problem::{self, BAD_ATTRIBUTE, Problem, REQUIRED};
use super::server::Pairs;
use super::state::{State, Video};
use super::tokens::page;

/// Source: API description, read 2026-06-25.
const LANGUAGES: [&str; 33] = [
    "ar", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hr", "hu", "it",
    "ja", "ko", "ml", "nl", "nn", "no", "pl", "pt", "ru", "sk", "sl", "te", "tr", "uk", "ur", "vi",
    "zh",
];

/// How long each step of the encoding takes, on the virtual clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoding {
    pub ingest_ms: i64,
    /// For each quality; the first makes the video playable.
    pub quality_ms: i64,
}

impl Default for Encoding {
    fn default() -> Self {
        Self {
            ingest_ms: 2000,
            quality_ms: 2000,
        }
    }
}

impl Encoding {
    pub fn immediate() -> Self {
        Self {
            ingest_ms: 0,
            quality_ms: 0,
        }
    }
}

/// `POST /videos`; the flag says that the platform fetches the file itself.
pub(crate) fn create(
    state: &mut State,
    body: &Value,
    now_ms: i64,
) -> Result<(Value, bool), Problem> {
    let given = body.as_object().ok_or(problem::BAD_PAYLOAD)?;
    if !given.contains_key("title") {
        return Err(REQUIRED.named("title"));
    }
    let unknown_refused = state.switches.unknown_attributes_refused;
    let mut fields = checked(given, true, unknown_refused)?;
    let fetched = fields.remove("source").is_some_and(|from| !from.is_null());
    fields.retain(|_, value| !value.is_null());
    let video = state.open(fields, now_ms);
    if fetched {
        video.source = Source::Complete {
            at_ms: now_ms,
            pieces: Vec::new(),
            downloaded: true,
        };
    }
    Ok((object(video), fetched))
}

/// `PATCH /videos/{videoId}`: arrays are replaced whole, null removes.
pub(crate) fn patch(
    state: &mut State,
    id: &str,
    body: &Value,
    now_ms: i64,
) -> Result<Value, Problem> {
    let unknown_refused = state.switches.unknown_attributes_refused;
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    let given = body.as_object().ok_or(problem::BAD_PAYLOAD)?;
    for (name, value) in checked(given, false, unknown_refused)? {
        if value.is_null() {
            video.fields.remove(&name);
        } else {
            video.fields.insert(name, value);
        }
    }
    video.updated_ms = now_ms;
    video.patches += 1;
    Ok(object(video))
}

fn checked(
    given: &Map<String, Value>,
    creating: bool,
    unknown_refused: bool,
) -> Result<Map<String, Value>, Problem> {
    let mut fields = Map::new();
    for (name, value) in given {
        let bad = || BAD_ATTRIBUTE.named(name);
        match name.as_str() {
            "title" => match value.as_str() {
                Some(text) if !text.is_empty() => {}
                _ => return Err(bad()),
            },
            "description" if !value.is_string() && !value.is_null() => return Err(bad()),
            "public" | "panoramic" | "mp4Support" | "transcript" | "transcriptSummary"
                if !value.is_boolean() =>
            {
                return Err(bad().detail("This attribute must be a boolean."));
            }
            "playerId" if !value.is_string() && !value.is_null() => return Err(bad()),
            "tags" => {
                let tags = value
                    .as_array()
                    .ok_or_else(|| bad().detail("This attribute must be an array."))?;
                if !tags.iter().all(Value::is_string) {
                    return Err(bad());
                }
            }
            "metadata" => {
                let pairs = value
                    .as_array()
                    .ok_or_else(|| bad().detail("This attribute must be an array."))?;
                if !pairs
                    .iter()
                    .all(|pair| pair["key"].is_string() && pair["value"].is_string())
                {
                    return Err(bad());
                }
            }
            "language" if !value.is_null() => {
                let text = value.as_str().ok_or_else(bad)?;
                let shaped = text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
                if !shaped {
                    return Err(bad().detail("Only letters and dashes are allowed."));
                }
                let first = text.split('-').next().unwrap_or_default();
                if !LANGUAGES.contains(&first) {
                    return Err(bad().detail("The language is not valid."));
                }
            }
            "transcriptSummaryAttributes" => {
                let known = |v: &Value| matches!(v.as_str(), Some("abstract" | "takeaways"));
                if !value.as_array().is_some_and(|all| all.iter().all(known)) {
                    return Err(bad());
                }
            }
            "source" | "clip" | "watermark" if !creating => {
                return Err(bad().detail("This attribute cannot be changed."));
            }
            "source" if !value.is_string() && !value.is_null() => return Err(bad()),
            "clip" | "watermark" if !value.is_object() => return Err(bad()),
            "description" | "public" | "panoramic" | "mp4Support" | "transcript"
            | "transcriptSummary" | "playerId" | "language" | "source" | "clip" | "watermark" => {}
            _ if unknown_refused => return Err(bad()),
            _ => continue,
        }
        fields.insert(name.clone(), value.clone());
    }
    Ok(fields)
}

/// A video as it is told.
pub(crate) fn object(video: &Video) -> Value {
    let id = &video.id;
    let field = |name: &str, default: Value| video.fields.get(name).cloned().unwrap_or(default);
    let mp4 = field("mp4Support", json!(true));
    let mut told = json!({
        "videoId": id,
        "title": field("title", json!("")), "description": field("description", json!("")),
        "public": field("public", json!(true)), "panoramic": field("panoramic", json!(false)),
        "mp4Support": mp4,
        "tags": field("tags", json!([])), "metadata": field("metadata", json!([])),
        "language": field("language", Value::Null), "languageOrigin": null,
        "createdAt": atom(video.created_ms), "publishedAt": atom(video.created_ms),
        "updatedAt": atom(video.updated_ms),
        "discarded": false, "discardedAt": null, "deletesAt": null,
        "source": { "uri": format!("/videos/{id}/source") },
        "assets": {
            "hls": format!("https://cdn.api.video/vod/{id}/hls/manifest.m3u8"),
            "iframe": format!("<iframe src=\"https://embed.api.video/vod/{id}\" width=\"100%\" height=\"100%\" frameborder=\"0\" scrolling=\"no\" allowfullscreen=\"true\"></iframe>"),
            "player": format!("https://embed.api.video/vod/{id}"),
            "thumbnail": format!("https://cdn.api.video/vod/{id}/thumbnail.jpg"),
        },
    });
    if mp4 == json!(true) {
        told["assets"]["mp4"] = json!(format!("https://cdn.api.video/vod/{id}/mp4/source.mp4"));
    }
    if let Some(player) = video.fields.get("playerId") {
        told["playerId"] = player.clone();
    }
    told
}

pub(crate) fn list(state: &State, asked: &Pairs) -> Result<Value, Problem> {
    let mut videos: Vec<&Video> = state
        .videos
        .iter()
        .filter(|video| asked.all().all(|(name, value)| fits(video, name, value)))
        .collect();
    let title = |video: &Video| {
        let title = video.fields.get("title").and_then(Value::as_str);
        title.unwrap_or_default().to_owned()
    };
    match asked.get("sortBy") {
        None | Some("createdAt" | "publishedAt") => videos.sort_by_key(|v| v.created_ms),
        Some("updatedAt") => videos.sort_by_key(|v| v.updated_ms),
        Some("title") => videos.sort_by_key(|v| title(v)),
        Some(_) => return Err(problem::BAD_QUERY.named("sortBy")),
    }
    if asked.get("sortOrder") == Some("desc") {
        videos.reverse();
    }
    let all: Vec<Value> = videos.into_iter().map(object).collect();
    page(&all, asked, "/videos")
}

fn fits(video: &Video, name: &str, value: &str) -> bool {
    let field = |name: &str| video.fields.get(name);
    if name == "title" {
        let title = field("title").and_then(Value::as_str).unwrap_or_default();
        return title.to_lowercase().contains(&value.to_lowercase());
    }
    if name == "tags[]" || name.starts_with("tags[") {
        let tags = field("tags").and_then(Value::as_array);
        return tags.is_some_and(|tags| tags.iter().any(|tag| tag == value));
    }
    if let Some(key) = name
        .strip_prefix("metadata[")
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let pairs = field("metadata").and_then(Value::as_array);
        return pairs.is_some_and(|pairs| {
            pairs
                .iter()
                .any(|pair| pair["key"] == key && pair["value"] == value)
        });
    }
    true
}

/// `GET /videos/{videoId}/status`.
pub(crate) fn status(
    state: &mut State,
    id: &str,
    encoding: Encoding,
    faults: &[Fault],
    now_ms: i64,
) -> Result<Value, Problem> {
    let lags = state.switches.status_lags;
    let video = state.video(id).ok_or(problem::NOT_FOUND.named("videoId"))?;
    video.looked_at += 1;
    let title = video.fields.get("title").and_then(Value::as_str);
    let title = title.unwrap_or_default().to_owned();
    let (mut ingest, age_ms) = ingest(&mut video.source, lags, now_ms, encoding);
    let failed = title.contains("[fail]") || faults.contains(&Fault::EncodingFailed);
    let mut qualities = Vec::new();
    let mut playable = false;
    if let Some(age_ms) = age_ms {
        if title.contains("[stuck]") {
            ingest["status"] = json!("merging");
        } else if age_ms >= encoding.ingest_ms {
            let with_mp4 = video.fields.get("mp4Support") != Some(&json!(false));
            let mut names = vec![
                ("hls", "240p"),
                ("hls", "360p"),
                ("hls", "480p"),
                ("hls", "720p"),
            ];
            if with_mp4 {
                names.push(("mp4", "720p"));
            }
            for (nth, (kind, quality)) in (0_i64..).zip(names) {
                let begun = encoding.ingest_ms + nth * encoding.quality_ms;
                let word = if age_ms < begun {
                    "waiting"
                } else if failed {
                    "failed"
                } else if age_ms < begun + encoding.quality_ms {
                    "encoding"
                } else {
                    playable = true;
                    "encoded"
                };
                qualities.push(json!({ "type": kind, "quality": quality, "status": word }));
            }
        }
    }
    for fault in faults {
        match fault {
            Fault::Listing { parts } => {
                ingest["status"] = json!("uploading");
                let total = ingest["receivedParts"]["total"].clone();
                ingest["receivedParts"] = json!({ "parts": parts, "total": total });
            }
            Fault::FileSize { bytes } => ingest["filesize"] = json!(bytes),
            Fault::Ingest { word } => {
                ingest["status"] = json!(word);
                (qualities, playable) = (Vec::new(), false);
            }
            _ => {}
        }
    }
    let metadata = if playable {
        json!({
            "width": 1280, "height": 720, "bitrate": 766.4, "duration": 200, "framerate": 24,
            "samplerate": 44_100, "videoCodec": "h264", "audioCodec": "aac", "aspectRatio": "16/9",
        })
    } else {
        json!({ "width": null, "height": null, "duration": null })
    };
    Ok(json!({
        "ingest": ingest,
        "encoding": { "playable": playable, "qualities": qualities, "metadata": metadata },
    }))
}

/// The block `ingest`, and the age of a complete source.
fn ingest(
    source: &mut Source,
    lags: bool,
    now_ms: i64,
    encoding: Encoding,
) -> (Value, Option<i64>) {
    let uploading = |parts: Value, bytes: Value| json!({ "status": "uploading", "filesize": null, "receivedBytes": bytes, "receivedParts": parts });
    match source {
        Source::Empty => (
            uploading(json!({ "parts": [], "total": null }), json!([])),
            None,
        ),
        Source::Parts { total, held } => {
            let parts: Vec<u64> = held.keys().copied().collect();
            let parts = json!({ "parts": parts, "total": total });
            (uploading(parts, json!([])), None)
        }
        Source::Ranges { total, held } => {
            let ranges = held.iter().map(|(from, piece)| {
                json!({ "from": from, "to": from + piece.bytes - 1, "total": total })
            });
            let parts = json!({ "parts": [], "total": null });
            (uploading(parts, ranges.collect()), None)
        }
        Source::Complete { at_ms, pieces, .. } => {
            let count = pieces.len();
            let parts: Vec<usize> = (1..=count).collect();
            let parts = json!({ "parts": parts, "total": count });
            if lags && *at_ms >= 0 {
                // Told as unfinished once; from now on the age counts from its own moment.
                let told = *at_ms;
                *at_ms = -told;
                return (uploading(parts, json!([])), None);
            }
            let age_ms = now_ms - at_ms.abs();
            let bytes: u64 = pieces.iter().map(|piece| piece.bytes).sum();
            let word = if age_ms >= encoding.ingest_ms {
                "ingested"
            } else if age_ms * 2 >= encoding.ingest_ms {
                "ingesting"
            } else {
                "uploaded"
            };
            let told = json!({
                "status": word, "filesize": bytes, "receivedBytes": [], "receivedParts": parts,
            });
            (told, Some(age_ms))
        }
    }
}
