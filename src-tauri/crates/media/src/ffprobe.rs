//! What `ffprobe` says of a file, where it is installed. Source: its documentation, section 'Writers', read 2026-11-22.
//!
//! It may look at this one file and nothing else, for ten seconds at most.

use crate::{Audio, Media, Video, program};
use serde::Deserialize;
use std::{ffi::OsString, path::Path, time::Duration};

const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER_MAX: u64 = 1 << 20;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
    format: Option<Format>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(default)]
    format_name: String,
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(default)]
    codec_type: String,
    #[serde(default)]
    codec_name: String,
    width: Option<u32>,
    height: Option<u32>,
    avg_frame_rate: Option<String>,
    channels: Option<u32>,
    sample_rate: Option<String>,
}

pub(crate) fn read(path: &Path) -> Option<Media> {
    let mut arguments: Vec<OsString> =
        ["-v", "error", "-protocol_whitelist", "file", "-of", "json"]
            .into_iter()
            .chain(["-show_format", "-show_streams"])
            .map(OsString::from)
            .collect();
    arguments.push(program::named(path).ok()?);
    let said = program::run("ffprobe", arguments, ANSWER_MAX, PATIENCE).ok()?;
    understood(std::str::from_utf8(&said).ok()?)
}

fn understood(text: &str) -> Option<Media> {
    let answer: Answer = serde_json::from_str(text).ok()?;
    let format = answer.format?;
    let of = |kind: &str| {
        answer
            .streams
            .iter()
            .find(|stream| stream.codec_type == kind)
    };
    let video = of("video").and_then(|stream| {
        let mut video = Video::plain(&*stream.codec_name, stream.width?, stream.height?);
        video.frames_per_second = stream.avg_frame_rate.as_deref().and_then(fraction);
        Some(video)
    });
    let audio = of("audio").map(|stream| Audio {
        codec: stream.codec_name.clone(),
        channels: stream.channels,
        sample_rate_hz: stream
            .sample_rate
            .as_deref()
            .and_then(|rate| rate.parse().ok()),
    });
    if video.is_none() && audio.is_none() {
        return None;
    }
    let seconds: Option<f64> = format.duration.and_then(|seconds| seconds.parse().ok());
    Some(Media {
        container: format
            .format_name
            .split(',')
            .next()
            .unwrap_or_default()
            .to_owned(),
        duration_ms: seconds
            .filter(|s| s.is_finite() && *s > 0.0)
            .map(|s| (s * 1000.0) as u64),
        video,
        audio,
    })
}

fn fraction(text: &str) -> Option<f64> {
    let (over, under) = text.split_once('/')?;
    let (over, under): (f64, f64) = (over.parse().ok()?, under.parse().ok()?);
    (under > 0.0).then(|| over / under)
}
