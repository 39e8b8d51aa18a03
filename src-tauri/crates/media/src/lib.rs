//! What a video file says of itself: container, codecs, length, picture, sound.
//!
//! Knows nothing of platforms, queues or the screen. A file is a stranger: every size in it is bounded, no more than a few MiB of it are read whatever
//! it claims, and what is not understood is not guessed. Containers that are not read here are given to `ffprobe`, where it is installed.
//!
//! The readers are ours since none that we found bounds what a hostile header makes it allocate; parameter sets of codecs are read by a library.

mod ffprobe;
mod flv;
mod frame;
mod gif;
mod matroska;
mod mp4;
mod parameters;
mod program;
mod rate;
mod source;
mod ts;

pub use frame::{NoFrame, frame};

use serde::{Deserialize, Serialize};
use source::Source;
use std::{io, path::Path};

/// Larger sides are not those of a picture.
const SIDE_MAX_PX: u32 = 65_535;

/// What a file says of itself. What it does not say, or says without sense, is `None`.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// A short name: `mp4`, `mov`, `matroska`, `webm`, `flv`, `mpegts`, `gif`, or as `ffprobe` calls it.
    pub container: String,
    pub duration_ms: Option<u64>,
    /// The first track of pictures.
    pub video: Option<Video>,
    /// The first track of sound.
    pub audio: Option<Audio>,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Video {
    /// As `ffprobe` names codecs: `h264`, `hevc`, `av1`, `vp9`, …; a container's own name where it is not known.
    pub codec: String,
    /// Width and height as they are stored.
    pub stored_px: (u32, u32),
    /// Width and height as they are seen: the shape of the pixels applied, and turned.
    pub shown_px: (u32, u32),
    /// Clockwise, as the player has to turn it: 0, 90, 180 or 270.
    pub rotation_deg: u16,
    /// Frames in a second; the mean where they vary.
    pub frames_per_second: Option<f64>,
    /// Frames come at uneven times; `None` where the container does not tell.
    pub is_variable: Option<bool>,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audio {
    /// As `ffprobe` names codecs: `aac`, `opus`, `mp3`, …
    pub codec: String,
    pub channels: Option<u32>,
    pub sample_rate_hz: Option<u32>,
}

impl Video {
    /// A picture that is stored as it is seen.
    fn plain(codec: impl Into<String>, width_px: u32, height_px: u32) -> Self {
        Self {
            codec: codec.into(),
            stored_px: (width_px, height_px),
            shown_px: (width_px, height_px),
            ..Self::default()
        }
    }

    /// As it is seen once it has been turned clockwise by so many quarters.
    fn turned(mut self, quarters: u16) -> Self {
        self.rotation_deg = quarters % 4 * 90;
        if quarters % 2 == 1 {
            self.shown_px = (self.shown_px.1, self.shown_px.0);
        }
        self
    }
}

/// Reads the header of the file at `path`. Blocks: a few reads, or `ffprobe` for at most ten seconds.
///
/// # Errors
/// When the file cannot be read. `None` is a file that is no video as far as can be told here.
pub fn read(path: &Path) -> io::Result<Option<Media>> {
    let mut source = Source::open(path)?;
    let head = source.up_to(0, 12);
    let media = match head.as_slice() {
        [b'G', b'I', b'F', b'8', ..] => gif::read(&head),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => matroska::read(&mut source),
        [b'F', b'L', b'V', 1, ..] => flv::read(&mut source),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => mp4::read(&mut source),
        // QuickTime files of old begin with their movie, or with what is skipped.
        [_, _, _, _, kind @ ..]
            if [&b"moov"[..], b"mdat", b"wide", b"free", b"skip"]
                .iter()
                .any(|known| kind.starts_with(known)) =>
        {
            mp4::read(&mut source)
        }
        _ => ts::read(&mut source),
    };
    let media = media.map(sound).or_else(|| ffprobe::read(path).map(sound));
    Ok(media)
}

/// Without what makes no sense.
fn sound(mut media: Media) -> Media {
    let is_picture = |video: &Video| {
        let (stored, shown) = (video.stored_px, video.shown_px);
        let mut sides = [stored.0, stored.1, shown.0, shown.1].into_iter();
        sides.all(|side| (1..=SIDE_MAX_PX).contains(&side))
    };
    media.video = media.video.filter(is_picture);
    if let Some(video) = &mut media.video {
        let is_rate = |rate: &f64| rate.is_finite() && *rate > 0.0 && *rate <= 1000.0;
        video.frames_per_second = video.frames_per_second.filter(is_rate);
    }
    media.duration_ms = media.duration_ms.filter(|ms| *ms > 0);
    media
}
