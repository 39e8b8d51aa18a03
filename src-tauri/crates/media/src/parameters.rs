//! Pictures as their codec's own parameter sets describe them, for containers that do not say it.

use crate::Video;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A unit of H.264 that holds a sequence parameter set. Source: ITU-T H.264, table 7-1.
const H264_SPS: u8 = 7;
/// The same of H.265. Source: ITU-T H.265, table 7-1.
const H265_SPS: u8 = 33;

/// The picture of a sequence parameter set, header of its unit included.
pub(crate) fn h264(unit: &[u8]) -> Option<Video> {
    survived(|| {
        let set = scuffle_h264::Sps::parse_with_emulation_prevention(unit).ok()?;
        let mut video = Video::plain("h264", side(set.width())?, side(set.height())?);
        video.frames_per_second = set.frame_rate();
        Some(video)
    })
}

fn h265(unit: &[u8]) -> Option<Video> {
    survived(|| {
        let set = scuffle_h265::SpsNALUnit::parse(unit).ok()?.rbsp;
        let (width, height) = (set.cropped_width(), set.cropped_height());
        Some(Video::plain("hevc", side(width)?, side(height)?))
    })
}

fn side(px: u64) -> Option<u32> {
    u32::try_from(px).ok()
}

/// The library takes a set at its word: one that is cropped by more than it has makes it panic. That must not take a thread along.
fn survived(read: impl FnOnce() -> Option<Video>) -> Option<Video> {
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

/// The picture of a stream whose units follow start codes.
pub(crate) fn in_stream(codec: &str, stream: &[u8]) -> Option<Video> {
    let mut units = units(stream);
    match codec {
        "h264" => units.find_map(|unit| (unit.first()? & 0x1f == H264_SPS).then(|| h264(unit))?),
        "hevc" => {
            units.find_map(|unit| (unit.first()? >> 1 & 0x3f == H265_SPS).then(|| h265(unit))?)
        }
        "mpeg2video" => units.find_map(mpeg2),
        _ => None,
    }
}

/// What stands between start codes.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = next_unit(stream);
    std::iter::from_fn(move || {
        let unit = rest?;
        let end = unit.windows(3).position(|bytes| bytes == [0, 0, 1]);
        rest = end.map(|end| &unit[end + 3..]);
        Some(&unit[..end.unwrap_or(unit.len())])
    })
}

fn next_unit(stream: &[u8]) -> Option<&[u8]> {
    let at = stream.windows(3).position(|bytes| bytes == [0, 0, 1])?;
    stream.get(at + 3..)
}

/// A sequence header. Source: ITU-T H.262, section 6.2.2.1; frame rates: table 6-4.
fn mpeg2(unit: &[u8]) -> Option<Video> {
    const RATES: [f64; 8] = [
        24_000.0 / 1001.0,
        24.0,
        25.0,
        30_000.0 / 1001.0,
        30.0,
        50.0,
        60_000.0 / 1001.0,
        60.0,
    ];
    let [0xb3, a, b, c, d, ..] = unit else {
        return None;
    };
    let width = u32::from(*a) << 4 | u32::from(*b) >> 4;
    let height = u32::from(*b & 0x0f) << 8 | u32::from(*c);
    let mut video = Video::plain("mpeg2video", width, height);
    video.frames_per_second = usize::from(d & 0x0f)
        .checked_sub(1)
        .and_then(|rate| RATES.get(rate).copied());
    Some(video)
}
