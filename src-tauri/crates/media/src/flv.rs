//! FLV. Source: Adobe Flash Video File Format Specification 10.1 (annex E), the Enhanced RTMP specification (codecs by four letters), read 2026-11-22.
//!
//! What the file says of itself may be missing or 0: recorders write it at the end, and not when they are killed. Then the length is the last tag's time.

use crate::{Audio, Media, Video, parameters, source::Source};
use std::collections::HashMap;

const TAGS_MAX: usize = 256;
const TAG_MAX: usize = 256 << 10;

const AUDIO: u8 = 8;
const VIDEO: u8 = 9;
const SCRIPT: u8 = 18;

pub(crate) fn read(source: &mut Source) -> Option<Media> {
    let head: [u8; 9] = source.exactly(0)?;
    let mut at = u64::from(u32::from_be_bytes(head[5..9].try_into().ok()?)) + 4;
    let mut media = Media {
        container: "flv".into(),
        ..Media::default()
    };
    let mut told = HashMap::new();
    for _ in 0..TAGS_MAX {
        let Some((kind, len, _)) = tag(source, at) else {
            break;
        };
        let body = source.up_to(at + 11, (len as usize).min(TAG_MAX));
        match kind {
            SCRIPT if told.is_empty() => told = metadata(&body).unwrap_or_default(),
            VIDEO if media.video.is_none() => media.video = pictures(&body),
            AUDIO if media.audio.is_none() => media.audio = sound(&body),
            _ => {}
        }
        if media.video.is_some() && media.audio.is_some() && !told.is_empty() {
            break;
        }
        at += 11 + u64::from(len) + 4;
    }
    let number = |name: &str| {
        told.get(name)
            .copied()
            .filter(|n| n.is_finite() && *n > 0.0)
    };
    if let Some(video) = &mut media.video {
        if let (Some(width), Some(height)) = (number("width"), number("height"))
            && video.stored_px == (0, 0)
        {
            video.stored_px = (width as u32, height as u32);
            video.shown_px = video.stored_px;
        }
        video.frames_per_second = number("framerate").or(video.frames_per_second);
    }
    let told_ms = number("duration").map(|seconds| (seconds * 1000.0) as u64);
    media.duration_ms = told_ms.or_else(|| last_ms(source));
    Some(media)
}

/// Kind, length of the body and time in ms of the tag at a place.
fn tag(source: &mut Source, at: u64) -> Option<(u8, u32, u32)> {
    let head: [u8; 11] = source.exactly(at)?;
    let len = u32::from_be_bytes([0, head[1], head[2], head[3]]);
    let ms = u32::from_be_bytes([head[7], head[4], head[5], head[6]]);
    Some((head[0] & 0x1f, len, ms))
}

/// The time of the last tag: its length stands behind it.
fn last_ms(source: &mut Source) -> Option<u64> {
    let tail: [u8; 4] = source.exactly(source.len.checked_sub(4)?)?;
    let len = u64::from(u32::from_be_bytes(tail));
    let (kind, body, ms) = tag(source, source.len.checked_sub(4 + len)?)?;
    let is_tag = [AUDIO, VIDEO, SCRIPT].contains(&kind) && u64::from(body) + 11 == len;
    is_tag.then_some(u64::from(ms))
}

fn pictures(body: &[u8]) -> Option<Video> {
    let first = *body.first()?;
    if first & 0x80 != 0 {
        // Named by four letters.
        let name: [u8; 4] = body.get(1..5)?.try_into().ok()?;
        return Some(Video {
            codec: crate::mp4::codec(name),
            ..Video::default()
        });
    }
    let codec = match first & 0x0f {
        2 => "flv1",
        3 => "flashsv",
        4 => "vp6f",
        5 => "vp6a",
        7 => "h264",
        12 => "hevc",
        _ => return None,
    };
    // A configuration of H.264 holds its sequence parameter set. Source: ISO/IEC 14496-15, section 5.3.3.1.
    let set = (codec == "h264" && body.get(1) == Some(&0)).then(|| {
        let set = body.get(11..)?;
        let len = usize::from(u16::from_be_bytes([*set.first()?, *set.get(1)?]));
        parameters::h264(set.get(2..2 + len)?)
    });
    Some(set.flatten().unwrap_or_else(|| Video {
        codec: codec.into(),
        ..Video::default()
    }))
}

fn sound(body: &[u8]) -> Option<Audio> {
    let first = *body.first()?;
    let codec = match first >> 4 {
        0 | 3 => "pcm",
        1 => "adpcm_swf",
        2 | 14 => "mp3",
        4..=6 => "nellymoser",
        7 => "pcm_alaw",
        8 => "pcm_mulaw",
        10 => "aac",
        11 => "speex",
        _ => return None,
    };
    let mut audio = Audio {
        codec: codec.into(),
        channels: Some(u32::from(first & 1) + 1),
        sample_rate_hz: [5512, 11_025, 22_050, 44_100]
            .get(usize::from(first >> 2 & 3))
            .copied(),
    };
    // AAC's own configuration says it; the tag's bits are always the same.
    if let ("aac", [_, 0, a, b, ..]) = (codec, body) {
        (audio.sample_rate_hz, audio.channels) = crate::ts::aac([*a, *b]);
    }
    Some(audio)
}

/// The numbers of a file's `onMetaData`. Source: AMF 0 specification, section 2.
fn metadata(body: &[u8]) -> Option<HashMap<String, f64>> {
    let mut rest = Amf(body);
    if rest.value()? != Value::Text("onMetaData".into()) {
        return None;
    }
    match *rest.0.first()? {
        3 => rest.skip(1)?,
        8 => rest.skip(5)?, // with a count that need not be true
        _ => return None,
    }
    let mut numbers = HashMap::new();
    // As far as it can be understood: what comes first is what matters.
    while let Some(name) = rest.text(2)
        && !name.is_empty()
        && let Some(value) = rest.value()
    {
        if let Value::Number(number) = value {
            numbers.insert(name, number);
        }
    }
    Some(numbers)
}

struct Amf<'a>(&'a [u8]);

#[derive(PartialEq)]
enum Value {
    Number(f64),
    Text(String),
    Other,
}

impl Amf<'_> {
    fn skip(&mut self, len: usize) -> Option<()> {
        self.0 = self.0.get(len..)?;
        Some(())
    }

    /// A text behind its length, which has so many bytes.
    fn text(&mut self, of_length: usize) -> Option<String> {
        let len = self
            .0
            .get(..of_length)?
            .iter()
            .fold(0, |n, b| n << 8 | usize::from(*b));
        let text = self.0.get(of_length..of_length.checked_add(len)?)?;
        let text = String::from_utf8_lossy(text).into_owned();
        self.skip(of_length + len)?;
        Some(text)
    }

    fn value(&mut self) -> Option<Value> {
        let kind = *self.0.first()?;
        self.skip(1)?;
        Some(match kind {
            0 => {
                let number = f64::from_be_bytes(self.0.get(..8)?.try_into().ok()?);
                self.skip(8)?;
                Value::Number(number)
            }
            1 => {
                self.skip(1)?;
                Value::Other
            }
            2 => Value::Text(self.text(2)?),
            12 => Value::Text(self.text(4)?),
            5 | 6 => Value::Other,
            11 => {
                self.skip(10)?;
                Value::Other
            }
            _ => return None,
        })
    }
}
