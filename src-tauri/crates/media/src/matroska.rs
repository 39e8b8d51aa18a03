//! Matroska and WebM. Source: RFC 9559 (elements, sections 5.1.2 and 5.1.4), RFC 8794 (EBML), read 2026-11-22.

use crate::{Audio, Media, Video, source::Source};

/// Segment information and tracks stand before the first cluster in every file that is meant to be streamed.
const HEADER_MAX: usize = 1 << 20;
const ELEMENTS_MAX: usize = 4096;

const DOC_TYPE: u32 = 0x4282;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;
const TRACK_ENTRY: u32 = 0xae;

pub(crate) fn read(source: &mut Source) -> Option<Media> {
    let head = source.up_to(0, HEADER_MAX);
    let (_, size, from) = element(&head, 0)?;
    let top = head.get(from..from.checked_add(usize::try_from(size).ok()?)?)?;
    let kind = Children::of(top).bytes(DOC_TYPE);
    let is_webm = kind.is_some_and(|kind| kind.starts_with(b"webm"));
    let mut media = Media {
        container: if is_webm { "webm" } else { "matroska" }.into(),
        ..Media::default()
    };
    let mut at = from + top.len();
    for _ in 0..ELEMENTS_MAX {
        let Some((id, size, from)) = element(&head, at) else {
            break;
        };
        let to = usize::try_from(size).unwrap_or(usize::MAX);
        let to = to.saturating_add(from).min(head.len());
        match id {
            SEGMENT => {
                at = from; // its children follow
                continue;
            }
            INFO => media.duration_ms = duration(&Children::of(&head[from..to])),
            TRACKS => tracks(&head[from..to], &mut media),
            CLUSTER => break,
            _ => {}
        }
        if to <= at || to >= head.len() {
            break;
        }
        at = to;
    }
    Some(media)
}

/// An element's number and the length of its contents, with where they begin. An unknown length is the greatest.
fn element(bytes: &[u8], at: usize) -> Option<(u32, u64, usize)> {
    let id_len = bytes.get(at)?.leading_zeros() as usize + 1;
    if id_len > 4 {
        return None;
    }
    let id = bytes.get(at..at + id_len)?;
    let id = id.iter().fold(0_u32, |id, b| id << 8 | u32::from(*b));
    let size_len = bytes.get(at + id_len)?.leading_zeros() as usize + 1;
    if size_len > 8 {
        return None;
    }
    let size = bytes.get(at + id_len..at + id_len + size_len)?;
    let mask = if size_len == 8 {
        0
    } else {
        0xff_u8 >> size_len
    };
    let unknown = size[0] & mask == mask && size[1..].iter().all(|b| *b == 0xff);
    let value = size[1..]
        .iter()
        .fold(u64::from(size[0] & mask), |v, b| v << 8 | u64::from(*b));
    let size = if unknown { u64::MAX } else { value };
    Some((id, size, at + id_len + size_len))
}

/// The children of an element, as far as they are whole.
struct Children<'a>(Vec<(u32, &'a [u8])>);

impl<'a> Children<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some((id, size, from)) = element(bytes, at)
            && found.len() < ELEMENTS_MAX
        {
            let to = usize::try_from(size)
                .ok()
                .and_then(|size| from.checked_add(size));
            let Some(contents) = to.and_then(|to| bytes.get(from..to)) else {
                break;
            };
            found.push((id, contents));
            at = from + contents.len();
        }
        Self(found)
    }

    fn bytes(&self, id: u32) -> Option<&'a [u8]> {
        self.0
            .iter()
            .find(|(found, _)| *found == id)
            .map(|(_, bytes)| *bytes)
    }

    fn inside(&self, id: u32) -> Option<Self> {
        self.bytes(id).map(Self::of)
    }

    fn number(&self, id: u32) -> Option<u64> {
        let bytes = self.bytes(id).filter(|bytes| bytes.len() <= 8)?;
        Some(bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    fn float(&self, id: u32) -> Option<f64> {
        match self.bytes(id)? {
            bytes @ [_, _, _, _] => Some(f64::from(f32::from_be_bytes(bytes.try_into().ok()?))),
            bytes => Some(f64::from_be_bytes(bytes.try_into().ok()?)),
        }
    }
}

fn duration(info: &Children<'_>) -> Option<u64> {
    let tick_ns = info.number(0x2a_d7b1).unwrap_or(1_000_000);
    let ms = info.float(0x4489)? * tick_ns as f64 / 1e6;
    (ms.is_finite() && ms > 0.0).then_some(ms as u64)
}

fn tracks(bytes: &[u8], media: &mut Media) {
    for (_, entry) in Children::of(bytes)
        .0
        .into_iter()
        .filter(|(id, _)| *id == TRACK_ENTRY)
    {
        let entry = Children::of(entry);
        let codec = entry.bytes(0x86).map(codec).unwrap_or_default();
        if let Some(video) = entry.inside(0xe0)
            && media.video.is_none()
        {
            media.video = pictures(&entry, &video, codec);
        } else if let Some(audio) = entry.inside(0xe1)
            && media.audio.is_none()
        {
            let rate = audio.float(0xb5).unwrap_or(8000.0); // its default
            media.audio = Some(Audio {
                codec,
                channels: u32::try_from(audio.number(0x9f).unwrap_or(1)).ok(),
                sample_rate_hz: (1.0..1e7).contains(&rate).then_some(rate as u32),
            });
        }
    }
}

fn pictures(entry: &Children<'_>, video: &Children<'_>, codec: String) -> Option<Video> {
    let side = |id: u32| video.number(id).and_then(|side| u32::try_from(side).ok());
    let stored = (side(0xb0)?, side(0xba)?);
    // What is shown wins over what is stored, when its unit is the pixel.
    let in_pixels = video.number(0x54b2).unwrap_or(0) == 0;
    let shown = |id: u32, stored: u32| {
        side(id)
            .filter(|side| in_pixels && *side > 0)
            .unwrap_or(stored)
    };
    let frame_ns = entry.number(0x23_e383).filter(|ns| *ns > 0);
    // The projection's roll turns against the clock.
    let roll = video
        .inside(0x7670)
        .and_then(|projection| projection.float(0x7675));
    let quarters = roll
        .filter(|roll| roll.is_finite())
        .map_or(0, |roll| (-roll / 90.0).round() as i64);
    let video = Video {
        codec,
        stored_px: stored,
        shown_px: (shown(0x54b0, stored.0), shown(0x54ba, stored.1)),
        frames_per_second: frame_ns.map(|ns| 1e9 / ns as f64),
        ..Video::default()
    };
    Some(video.turned(quarters.rem_euclid(4) as u16))
}

/// `ffprobe`'s name of a codec, by Matroska's.
fn codec(id: &[u8]) -> String {
    let id = String::from_utf8_lossy(id);
    let id = id.trim_end_matches('\0');
    let known = match id {
        "V_MPEG4/ISO/AVC" => "h264",
        "V_MPEGH/ISO/HEVC" => "hevc",
        "V_MPEGI/ISO/VVC" => "vvc",
        "V_AV1" => "av1",
        "V_VP8" => "vp8",
        "V_VP9" => "vp9",
        "V_MPEG2" => "mpeg2video",
        "V_MPEG4/ISO/ASP" | "V_MPEG4/ISO/SP" => "mpeg4",
        "V_PRORES" => "prores",
        "V_FFV1" => "ffv1",
        "V_MJPEG" => "mjpeg",
        "A_OPUS" => "opus",
        "A_VORBIS" => "vorbis",
        "A_FLAC" => "flac",
        "A_AC3" => "ac3",
        "A_EAC3" => "eac3",
        "A_MPEG/L3" => "mp3",
        "A_MPEG/L2" => "mp2",
        "A_ALAC" => "alac",
        _ if id.starts_with("A_AAC") => "aac",
        _ if id.starts_with("A_DTS") => "dts",
        _ => id,
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(id: &[u8], contents: &[u8]) -> Vec<u8> {
        [id, &[0x40, contents.len() as u8], contents].concat()
    }

    /// A track of 640 x 480 pixels with more elements inside its description.
    fn track(more: &[u8]) -> Option<Video> {
        let sides = [0xb0, 0x82, 0x02, 0x80, 0xba, 0x82, 0x01, 0xe0];
        let video = with(&[0xe0], &[&sides[..], more].concat());
        let codec = with(&[0x86], b"V_VP9");
        let entry = with(&[0xae], &[codec, video].concat());
        let mut media = Media::default();
        tracks(&entry, &mut media);
        media.video
    }

    #[test]
    fn a_roll_against_the_clock_is_a_turn_with_it() {
        for (roll, rotation_deg, shown_px) in [
            (0.0_f32, 0, (640, 480)),
            (-90.0, 90, (480, 640)),
            (180.0, 180, (640, 480)),
            (90.0, 270, (480, 640)),
            (f32::NAN, 0, (640, 480)),
        ] {
            let projection = with(&[0x76, 0x70], &with(&[0x76, 0x75], &roll.to_be_bytes()));
            let video = track(&projection).expect("a picture");
            assert_eq!(
                (video.rotation_deg, video.shown_px),
                (rotation_deg, shown_px)
            );
            assert_eq!(video.stored_px, (640, 480));
        }
    }

    #[test]
    fn a_shown_size_counts_when_it_is_in_pixels() {
        let wide = with(&[0x54, 0xb0], &[0x03, 0x55]);
        assert_eq!(track(&wide).expect("a picture").shown_px, (853, 480));
        let in_centimetres = with(&[0x54, 0xb2], &[1]);
        let video = track(&[wide, in_centimetres].concat()).expect("a picture");
        assert_eq!(video.shown_px, (640, 480));
    }
}
