//! One picture of a video, drawn by `ffmpeg` where it is installed. Sources: its documentation, 'Main options', 'Format Options' and 'Filters',
//! read 2026-11-22.
//!
//! Ours cannot be a decoder for every codec there is. The picture is turned and its pixels made square, as a player shows it.

use crate::program::{self, Silence};
use std::{ffi::OsString, path::Path, time::Duration};

const PATIENCE: Duration = Duration::from_secs(20);
/// A frame of 8K as a good JPEG takes a tenth of it.
const JPEG_MAX_BYTES: u64 = 64 << 20;
/// Kinds of files that are videos by themselves: others can name further files to be read.
const KINDS: &str =
    "mov,matroska,flv,mpegts,mpegtsraw,mpeg,avi,asf,ogg,gif,mxf,rm,dv,wtv,ivf,h264,hevc";

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoFrame {
    /// `ffmpeg` is not installed.
    NotInstalled,
    TookTooLong,
    /// The video ends before, has no pictures, or cannot be read.
    NoneThere,
    Failed(String),
}

/// The first picture from `at_ms` on as a JPEG, smaller where a side would be longer than `side_max_px`. Blocks for twenty seconds at most.
///
/// # Errors
/// [`NoFrame`]; the file itself is never changed.
pub fn frame(path: &Path, at_ms: u64, side_max_px: Option<u32>) -> Result<Vec<u8>, NoFrame> {
    let named = program::named(path).map_err(|error| NoFrame::Failed(error.to_string()))?;
    let at = format!("{}.{:03}", at_ms / 1000, at_ms % 1000);
    let smaller = side_max_px.map_or_else(String::new, |side| {
        format!(",scale=w='min({side},iw)':h='min({side},ih)':force_original_aspect_ratio=decrease")
    });
    let filter = format!("scale=round(iw*sar):ih,setsar=1{smaller}");
    let mut arguments: Vec<OsString> = Vec::new();
    let mut say = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
    say(&["-nostdin", "-v", "error", "-threads", "2"]);
    say(&["-protocol_whitelist", "file", "-format_whitelist", KINDS]);
    say(&["-ss", &at, "-i"]);
    arguments.push(named);
    let mut say = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
    // A capital V: not the pictures that stand for a song.
    say(&["-map", "0:V:0", "-frames:v", "1", "-vf", &filter]);
    say(&[
        "-f",
        "image2pipe",
        "-c:v",
        "mjpeg",
        "-pix_fmt",
        "yuvj420p",
        "-q:v",
        "2",
        "pipe:1",
    ]);
    match program::run("ffmpeg", &arguments, JPEG_MAX_BYTES, PATIENCE) {
        Ok(jpeg) if jpeg.starts_with(&[0xFF, 0xD8]) && jpeg.ends_with(&[0xFF, 0xD9]) => Ok(jpeg),
        Ok(_) => Err(NoFrame::NoneThere),
        Err(Silence::NotInstalled) => Err(NoFrame::NotInstalled),
        Err(Silence::TookTooLong) => Err(NoFrame::TookTooLong),
        Err(Silence::Failed(error)) => Err(NoFrame::Failed(error.to_string())),
    }
}
