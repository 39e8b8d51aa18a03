//! Pictures of videos that `ffmpeg` makes: from the time that was asked for, as a player shows them, and nothing from anywhere else.
#![allow(
    clippy::unwrap_used,
    reason = "what does not hold here is a failed test"
)]

use slipway_media::{NoFrame, frame};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Red in the first second, then green, then blue.
fn three_seconds(dir: &Path, name: &str, more: &[&str]) -> PathBuf {
    let path = dir.join(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-y", "-v", "error"]);
    for colour in ["red", "lime", "blue"] {
        let source = format!("color={colour}:size=160x90:rate=10:duration=1");
        command.args(["-f", "lavfi", "-i", &source]);
    }
    let join = "[0][1][2]concat=n=3,format=yuv420p[out]";
    command.args(["-filter_complex", join, "-map", "[out]", "-c:v", "libx264"]);
    let made = command.args(more).arg(&path).status();
    assert!(made.expect("ffmpeg is installed by the set-up").success());
    path
}

/// Width, height, and the red, green and blue in the middle.
fn seen(jpeg: &[u8]) -> (u32, u32, [u8; 3]) {
    let image = image::load_from_memory(jpeg).unwrap().to_rgb8();
    let (width, height) = image.dimensions();
    (width, height, image.get_pixel(width / 2, height / 2).0)
}

fn is(colour: [u8; 3], of: usize) -> bool {
    (0..3).all(|at| (colour[at] > 180) == (at == of) && (colour[at] < 80) == (at != of))
}

#[test]
fn the_picture_is_the_first_from_its_time_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = three_seconds(dir.path(), "-i %03d 海:.mp4", &[]);
    for (at_ms, colour) in [
        (0, 0),
        (900, 0),
        (901, 1),
        (1000, 1),
        (1900, 1),
        (1901, 2),
        (2900, 2),
    ] {
        let (width, height, middle) = seen(&frame(&path, at_ms, None).unwrap());
        assert_eq!((width, height), (160, 90));
        assert!(is(middle, colour), "{at_ms}: {middle:?}");
    }
    assert_eq!(frame(&path, 60_000, None), Err(NoFrame::NoneThere));
    let (width, height, _) = seen(&frame(&path, 0, Some(64)).unwrap());
    assert_eq!((width, height), (64, 36));
}

#[test]
fn the_picture_is_turned_and_its_pixels_are_square() {
    let dir = tempfile::tempdir().unwrap();
    let upright = three_seconds(dir.path(), "a.mp4", &[]);
    let turned = dir.path().join("turned.mp4");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-display_rotation", "90", "-i"])
        .arg(&upright)
        .args(["-c", "copy"])
        .arg(&turned)
        .status();
    // Older versions turn by a note beside the stream.
    if !made.expect("ffmpeg is installed by the set-up").success() {
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-y", "-v", "error", "-i"])
            .arg(&upright)
            .args(["-c", "copy", "-metadata:s:v:0", "rotate=90"])
            .arg(&turned)
            .status();
        assert!(made.unwrap().success());
    }
    let (width, height, _) = seen(&frame(&turned, 0, None).unwrap());
    assert_eq!((width, height), (90, 160));
    let wide = three_seconds(dir.path(), "wide.mp4", &["-aspect", "16:5"]);
    let (width, height, _) = seen(&frame(&wide, 0, None).unwrap());
    assert_eq!((width, height), (288, 90));
}

#[test]
fn a_list_of_other_files_is_no_video() {
    let dir = tempfile::tempdir().unwrap();
    three_seconds(dir.path(), "secret.mp4", &[]);
    for (name, text) in [
        ("list.mp4", "ffconcat version 1.0\nfile secret.mp4\n"),
        (
            "list.m3u8",
            "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nsecret.mp4\n#EXT-X-ENDLIST\n",
        ),
        ("page.mp4", "<html></html>"),
        ("empty.mp4", ""),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        assert_eq!(frame(&path, 0, None), Err(NoFrame::NoneThere), "{name}");
    }
    let missing = dir.path().join("missing.mp4");
    assert_eq!(frame(&missing, 0, None), Err(NoFrame::NoneThere));
}
