//! Reads width, height and duration from a video's own header: MP4 and QuickTime, WebM and Matroska, GIF.
//!
//! Knows nothing of platforms. A file is a stranger: every size in it is bounded, nothing is read beyond a few boxes, and what is not understood is
//! not guessed. Sources: ISO/IEC 14496-12 (boxes), RFC 9559 (Matroska), the GIF89a specification.

use slipway_platforms::Picture;
use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

/// Boxes or elements looked at before it is given up.
const STEPS_MAX: u32 = 4096;
/// Elements of a Matroska header that are read whole.
const HEADER_BYTES_MAX: u64 = 1 << 20;
/// Larger sides are not those of a picture.
const SIDE_MAX: u32 = 65_535;

pub(crate) fn of(path: &Path) -> Option<Picture> {
    let mut file = File::open(path).ok()?;
    let mut head = [0; 12];
    file.read_exact(&mut head).ok()?;
    let picture = match head {
        [b'G', b'I', b'F', b'8', ..] => Some(Picture {
            width_px: u32::from(u16::from_le_bytes([head[6], head[7]])),
            height_px: u32::from(u16::from_le_bytes([head[8], head[9]])),
            duration_ms: None,
        }),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => matroska(&mut file),
        _ => mp4(&mut file),
    }?;
    let side = 1..=SIDE_MAX;
    (side.contains(&picture.width_px) && side.contains(&picture.height_px)).then_some(picture)
}

/// A box: its kind and where its contents lie.
struct Found {
    kind: [u8; 4],
    from: u64,
    to: u64,
}

/// The boxes between two places, in order. Stops at the first that makes no sense.
fn boxes(file: &mut File, mut at: u64, end: u64, steps: &mut u32) -> Vec<Found> {
    let mut found = Vec::new();
    while at + 8 <= end && *steps > 0 {
        *steps -= 1;
        let Ok(head) = read::<8>(file, at) else { break };
        let kind = [head[4], head[5], head[6], head[7]];
        let (size, header) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
            0 => (end - at, 8), // to the end
            1 => match read::<8>(file, at + 8) {
                Ok(long) => (u64::from_be_bytes(long), 16),
                Err(_) => break,
            },
            size => (u64::from(size), 8),
        };
        let Some(to) = at
            .checked_add(size)
            .filter(|to| size >= header && *to <= end)
        else {
            break;
        };
        found.push(Found {
            kind,
            from: at + header,
            to,
        });
        at = to;
    }
    found
}

fn mp4(file: &mut File) -> Option<Picture> {
    let end = file.seek(SeekFrom::End(0)).ok()?;
    let mut steps = STEPS_MAX;
    let top = boxes(file, 0, end, &mut steps);
    let moov = top.iter().find(|found| &found.kind == b"moov")?;
    let inside = boxes(file, moov.from, moov.to, &mut steps);
    let duration_ms = inside
        .iter()
        .find(|found| &found.kind == b"mvhd")
        .and_then(|mvhd| duration(file, mvhd));
    for track in inside.iter().filter(|found| &found.kind == b"trak") {
        let parts = boxes(file, track.from, track.to, &mut steps);
        let media = parts.iter().find(|found| &found.kind == b"mdia");
        let media = media
            .map(|found| boxes(file, found.from, found.to, &mut steps))
            .unwrap_or_default();
        let handler = media.iter().find(|found| &found.kind == b"hdlr");
        let is_video = handler.is_some_and(|found| {
            read::<4>(file, found.from + 8).is_ok_and(|kind| &kind == b"vide")
        });
        if is_video
            && let Some(head) = parts.iter().find(|found| &found.kind == b"tkhd")
            && let Some((width_px, height_px)) = shown(file, head)
        {
            return Some(Picture {
                width_px,
                height_px,
                duration_ms,
            });
        }
    }
    None
}

fn duration(file: &mut File, mvhd: &Found) -> Option<u64> {
    let version = read::<1>(file, mvhd.from).ok()?[0];
    let (scale, length) = if version == 1 {
        let scale = read::<4>(file, mvhd.from + 20).ok()?;
        (scale, u64::from_be_bytes(read(file, mvhd.from + 24).ok()?))
    } else {
        let scale = read::<4>(file, mvhd.from + 12).ok()?;
        (
            scale,
            u64::from(u32::from_be_bytes(read(file, mvhd.from + 16).ok()?)),
        )
    };
    let unknown = length == u64::from(u32::MAX) || length == u64::MAX || length == 0;
    let scale = u64::from(u32::from_be_bytes(scale));
    (!unknown && scale > 0).then(|| length.saturating_mul(1000) / scale)
}

/// Width and height of a track as shown: fixed point in the header, turned by its matrix.
fn shown(file: &mut File, tkhd: &Found) -> Option<(u32, u32)> {
    let version = read::<1>(file, tkhd.from).ok()?[0];
    let matrix_at = tkhd.from + if version == 1 { 52 } else { 40 };
    let word = |bytes: [u8; 36], at: usize| {
        i32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
    };
    let matrix = read::<36>(file, matrix_at).ok()?;
    let sides = read::<8>(file, matrix_at + 36).ok()?;
    let whole = |at: usize| u32::from(u16::from_be_bytes([sides[at], sides[at + 1]]));
    let (width, height) = (whole(0), whole(4));
    let turned = word(matrix, 0) == 0
        && word(matrix, 16) == 0
        && word(matrix, 4) != 0
        && word(matrix, 12) != 0;
    Some(if turned {
        (height, width)
    } else {
        (width, height)
    })
}

/// An element's number and the length of its contents, with where they begin.
fn element(bytes: &[u8], at: usize) -> Option<(u32, u64, usize)> {
    let first = *bytes.get(at)?;
    let id_len = first.leading_zeros() as usize + 1;
    if id_len > 4 {
        return None;
    }
    let id = bytes
        .get(at..at + id_len)?
        .iter()
        .fold(0_u32, |id, b| id << 8 | u32::from(*b));
    let first = *bytes.get(at + id_len)?;
    let size_len = first.leading_zeros() as usize + 1;
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
    Some((
        id,
        if unknown { u64::MAX } else { value },
        at + id_len + size_len,
    ))
}

fn matroska(file: &mut File) -> Option<Picture> {
    const SEGMENT: u32 = 0x1853_8067;
    const INFO: u32 = 0x1549_a966;
    const TRACKS: u32 = 0x1654_ae6b;
    const CLUSTER: u32 = 0x1f43_b675;
    // Segment information and tracks stand before the first cluster in every file that is meant to be streamed.
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(HEADER_BYTES_MAX).read_to_end(&mut head).ok()?;
    let (mut at, mut steps) = (0, STEPS_MAX);
    let (mut duration_ms, mut sides) = (None, None);
    while let Some((id, size, from)) = element(&head, at).filter(|_| steps > 0) {
        steps -= 1;
        let to = usize::try_from(size)
            .unwrap_or(usize::MAX)
            .saturating_add(from)
            .min(head.len());
        match id {
            SEGMENT => {
                at = from; // its children follow
                continue;
            }
            INFO => duration_ms = matroska_duration(&head[from..to]),
            TRACKS => sides = matroska_sides(&head[from..to]),
            CLUSTER => break,
            _ => {}
        }
        if to <= at || to >= head.len() {
            break;
        }
        at = to;
    }
    let (width_px, height_px) = sides?;
    Some(Picture {
        width_px,
        height_px,
        duration_ms,
    })
}

/// The children of an element.
fn children(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some((id, size, from)) = element(bytes, at) {
        let to = usize::try_from(size)
            .ok()
            .and_then(|size| from.checked_add(size));
        let Some(contents) = to.and_then(|to| bytes.get(from..to)) else {
            break;
        };
        found.push((id, contents));
        at = from + contents.len();
        if found.len() > STEPS_MAX as usize {
            break;
        }
    }
    found
}

fn number(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
}

fn matroska_duration(info: &[u8]) -> Option<u64> {
    let children = children(info);
    let find = |id: u32| {
        children
            .iter()
            .find(|(found, _)| *found == id)
            .map(|(_, bytes)| *bytes)
    };
    let scale_ns = find(0x2a_d7b1).and_then(number).unwrap_or(1_000_000);
    let ticks = match find(0x4489)? {
        bytes @ [_, _, _, _] => f64::from(f32::from_be_bytes(bytes.try_into().ok()?)),
        bytes => f64::from_be_bytes(bytes.try_into().ok()?),
    };
    let ms = ticks * scale_ns as f64 / 1e6;
    (ms.is_finite() && ms > 0.0).then_some(ms as u64)
}

fn matroska_sides(tracks: &[u8]) -> Option<(u32, u32)> {
    const ENTRY: u32 = 0xae;
    const VIDEO: u32 = 0xe0;
    for (_, entry) in children(tracks).into_iter().filter(|(id, _)| *id == ENTRY) {
        let Some((_, video)) = children(entry).into_iter().find(|(id, _)| *id == VIDEO) else {
            continue;
        };
        let inside = children(video);
        let side = |id: u32| {
            inside
                .iter()
                .find(|(found, _)| *found == id)
                .and_then(|(_, bytes)| number(bytes))
        };
        // What is shown wins over what is stored, when its unit is the pixel.
        let in_pixels = side(0x54b2).unwrap_or(0) == 0;
        let pick = |shown: u32, stored: u32| {
            side(shown)
                .filter(|n| in_pixels && *n > 0)
                .or_else(|| side(stored))
        };
        let (width, height) = (pick(0x54b0, 0xb0)?, pick(0x54ba, 0xba)?);
        return Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?));
    }
    None
}

fn read<const N: usize>(file: &mut File, at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn atom(kind: &str, contents: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(contents.len() + 8)
            .unwrap()
            .to_be_bytes()
            .to_vec();
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(contents);
        out
    }

    fn track(handler: &str, width: u16, height: u16, turned: bool) -> Vec<u8> {
        let mut head = vec![0; 40];
        let one = 0x1_0000_u32.to_be_bytes();
        let mut matrix = vec![0; 36];
        let places = if turned { [4, 12] } else { [0, 16] };
        for at in places {
            matrix[at..at + 4].copy_from_slice(&one);
        }
        head.extend(matrix);
        for side in [width, height] {
            head.extend(side.to_be_bytes());
            head.extend([0, 0]);
        }
        let mut hdlr = vec![0; 8];
        hdlr.extend_from_slice(handler.as_bytes());
        hdlr.extend([0; 12]);
        let media = atom("mdia", &atom("hdlr", &hdlr));
        atom("trak", &[atom("tkhd", &head), media].concat())
    }

    fn movie(tracks: &[Vec<u8>]) -> Vec<u8> {
        let mut mvhd = vec![0; 12];
        mvhd.extend(600_u32.to_be_bytes());
        mvhd.extend(1500_u32.to_be_bytes());
        mvhd.extend([0; 80]);
        let moov = atom("moov", &[atom("mvhd", &mvhd), tracks.concat()].concat());
        [atom("ftyp", b"isom0000"), atom("mdat", &[7; 5000]), moov].concat()
    }

    fn seen(bytes: &[u8]) -> Option<(u32, u32, Option<u64>)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("clip");
        std::fs::write(&path, bytes).unwrap();
        of(&path).map(|p| (p.width_px, p.height_px, p.duration_ms))
    }

    #[test]
    fn a_movies_header_is_found_behind_its_data_and_its_sound_track() {
        let bytes = movie(&[track("soun", 0, 0, false), track("vide", 1920, 1080, false)]);
        assert_eq!(seen(&bytes), Some((1920, 1080, Some(2500))));
    }

    #[test]
    fn a_picture_that_was_turned_stands_upright() {
        let bytes = movie(&[track("vide", 1920, 1080, true)]);
        assert_eq!(seen(&bytes), Some((1080, 1920, Some(2500))));
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        let whole = movie(&[track("vide", 1920, 1080, false)]);
        assert_eq!(seen(&whole[..whole.len() - 10]), None, "half a header");
        assert_eq!(
            seen(&movie(&[track("vide", 0, 1080, false)])),
            None,
            "no side of 0"
        );
        assert_eq!(seen(&movie(&[track("soun", 9, 9, false)])), None);
        assert_eq!(seen(b"short"), None);
        assert_eq!(seen(&[0xff; 4096]), None);
        assert_eq!(seen(&[0; 4096]), None);
    }

    #[test]
    fn a_gif_and_a_webm_tell_their_sides() {
        assert_eq!(
            seen(b"GIF89a\x40\x01\xf0\x00\x00\x00\x00"),
            Some((320, 240, None))
        );
        let sides = [0xe0, 0x88, 0xb0, 0x82, 0x02, 0x80, 0xba, 0x82, 0x01, 0xe0];
        let entry = [&[0xae, 0x80 | sides.len() as u8][..], &sides].concat();
        let tracks = [
            &[0x16, 0x54, 0xae, 0x6b, 0x80 | entry.len() as u8][..],
            &entry,
        ]
        .concat();
        let duration = [&[0x44, 0x89, 0x88][..], &1234.0_f64.to_be_bytes()].concat();
        let info = [
            &[0x15, 0x49, 0xa9, 0x66, 0x80 | duration.len() as u8][..],
            &duration,
        ]
        .concat();
        let segment = [
            &[
                0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            ][..],
            &info,
            &tracks,
        ]
        .concat();
        let file = [
            &[0x1a, 0x45, 0xdf, 0xa3, 0x80][..],
            &segment,
            &[0x1f, 0x43, 0xb6, 0x75, 0x80],
        ]
        .concat();
        assert_eq!(seen(&file), Some((640, 480, Some(1234))));
    }
}
