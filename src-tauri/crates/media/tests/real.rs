//! Files that `ffmpeg` makes, read here and by `ffprobe`: both must say the same.

#![allow(clippy::print_stdout)] // the table of what was read

use serde_json::Value;
use slipway_media::{Media, read};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Names a file and how `ffmpeg` makes it from two seconds of a test picture and a tone.
const FILES: &[(&str, &str)] = &[
    ("index-at-end.mp4", "-c:v libx264 -c:a aac"),
    (
        "index-in-front.mp4",
        "-c:v libx264 -c:a aac -movflags +faststart",
    ),
    (
        "fragments.mp4",
        "-c:v libx264 -c:a aac -movflags +frag_keyframe+empty_moov",
    ),
    (
        "vertical.mp4",
        "-vf scale=90:160,setsar=1 -c:v libx265 -x265-params log-level=none -tag:v hvc1 -c:a aac -ac 2",
    ),
    ("ntsc.mp4", "-r 30000/1001 -c:v libx264 -c:a libmp3lame"),
    ("studio.mov", "-c:v prores_ks -c:a pcm_s16le -ar 48000"),
    ("anamorphic.mov", "-vf setsar=4/3 -c:v libx264 -c:a aac"),
    ("sound.mkv", "-c:v libx264 -c:a flac"),
    (
        "web.webm",
        "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus",
    ),
    ("old.webm", "-c:v libvpx -deadline realtime -c:a libvorbis"),
    (
        "next.mkv",
        "-c:v libaom-av1 -cpu-used 8 -usage realtime -c:a libopus -ac 2",
    ),
    ("stream.flv", "-c:v libx264 -c:a aac -ar 44100"),
    ("stream.ts", "-c:v libx264 -c:a aac"),
    ("camera.m2ts", "-c:v libx264 -bf 2 -c:a ac3"),
    (
        "stream-hevc.ts",
        "-c:v libx265 -x265-params log-level=none -c:a aac -ac 2",
    ),
    ("broadcast.ts", "-c:v mpeg2video -c:a mp2"),
    ("old.avi", "-c:v mpeg4 -c:a libmp3lame"),
    ("old.mpg", "-c:v mpeg1video -c:a mp2"),
    ("old.wmv", "-c:v wmv2 -c:a wmav2"),
];

fn ffmpeg(arguments: &[&str]) {
    let ran = Command::new("ffmpeg")
        .args(["-nostdin", "-y", "-v", "error"])
        .args(arguments)
        .output()
        .expect("ffmpeg is installed by the set-up");
    assert!(
        ran.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

fn make(dir: &Path, name: &str, how: &str) -> PathBuf {
    let path = dir.join(name);
    let picture = "testsrc2=duration=2:size=160x90:rate=25";
    let mut arguments = vec![
        "-f",
        "lavfi",
        "-i",
        picture,
        "-f",
        "lavfi",
        "-i",
        "sine=duration=2",
    ];
    arguments.extend(["-pix_fmt", "yuv420p"]);
    if how.contains("prores") {
        arguments.truncate(arguments.len() - 2);
    }
    arguments.extend(how.split(' '));
    arguments.push(path.to_str().expect("a path of ours"));
    ffmpeg(&arguments);
    path
}

/// What `ffprobe` says of it, in the same terms.
struct Said(Value);

impl Said {
    fn of(path: &Path) -> Self {
        let ran = Command::new("ffprobe")
            .args([
                "-v",
                "error",
                "-of",
                "json",
                "-show_format",
                "-show_streams",
            ])
            .arg(path)
            .output()
            .expect("ffprobe comes with ffmpeg");
        Self(serde_json::from_slice(&ran.stdout).expect("it writes JSON"))
    }

    fn stream(&self, kind: &str) -> &Value {
        let streams = self.0["streams"].as_array().expect("a list");
        let found = streams.iter().find(|stream| stream["codec_type"] == kind);
        found.unwrap_or(&Value::Null)
    }

    fn duration_ms(&self) -> u64 {
        let seconds: f64 = self.0["format"]["duration"]
            .as_str()
            .expect("told")
            .parse()
            .expect("a number");
        (seconds * 1000.0) as u64
    }

    fn rate(&self) -> f64 {
        let text = self.stream("video")["avg_frame_rate"]
            .as_str()
            .expect("told");
        let (over, under) = text.split_once('/').expect("a fraction");
        over.parse::<f64>().expect("a number") / under.parse::<f64>().expect("a number")
    }

    fn rotation_deg(&self) -> i64 {
        let turned = &self.stream("video")["side_data_list"][0]["rotation"];
        (-turned.as_i64().unwrap_or(0)).rem_euclid(360)
    }
}

fn agree(name: &str, media: &Media, said: &Said) {
    let video = media.video.as_ref().expect(name);
    let audio = media.audio.as_ref().expect(name);
    let (v, a) = (said.stream("video"), said.stream("audio"));
    println!(
        "| {name} | {} | {} {}x{} shown {}x{} {:.3} {} | {} {} {} | {} |",
        media.container,
        video.codec,
        video.stored_px.0,
        video.stored_px.1,
        video.shown_px.0,
        video.shown_px.1,
        video.frames_per_second.unwrap_or(0.0),
        match video.is_variable {
            Some(true) => "variable",
            Some(false) => "even",
            None => "not told",
        },
        audio.codec,
        audio.channels.unwrap_or(0),
        audio.sample_rate_hz.unwrap_or(0),
        media.duration_ms.unwrap_or(0),
    );
    let formats = said.0["format"]["format_name"].as_str().expect("told");
    assert!(
        formats.split(',').any(|format| format == media.container),
        "{name}: {formats}"
    );
    assert_eq!(video.codec, v["codec_name"], "{name}");
    assert_eq!(Value::from(video.stored_px.0), v["width"], "{name}");
    assert_eq!(Value::from(video.stored_px.1), v["height"], "{name}");
    assert_eq!(i64::from(video.rotation_deg), said.rotation_deg(), "{name}");
    let rate = video.frames_per_second.expect(name);
    assert!(
        (rate - said.rate()).abs() < said.rate() * 0.02,
        "{name}: {rate}, ffprobe {}",
        said.rate()
    );
    assert_eq!(audio.codec, a["codec_name"], "{name}");
    // Where a container does not tell them, neither do we.
    if let Some(channels) = audio.channels {
        assert_eq!(Value::from(channels), a["channels"], "{name}");
    }
    if let Some(rate) = audio.sample_rate_hz {
        assert_eq!(Value::from(rate.to_string()), a["sample_rate"], "{name}");
    }
    let ms = media.duration_ms.expect(name);
    assert!(
        ms.abs_diff(said.duration_ms()) <= 100,
        "{name}: {ms} ms, ffprobe {} ms",
        said.duration_ms()
    );
}

#[test]
fn what_is_read_of_a_file_is_what_ffprobe_reads() {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, how) in FILES {
        let path = make(dir.path(), name, how);
        let media = read(&path).expect("it can be read").expect(name);
        agree(name, &media, &Said::of(&path));
    }
}

/// Turns the picture clockwise by quarters, in the header of the first track: not every `ffmpeg` knows how to.
fn turn(flat: &Path, to: &Path, quarters: u16) {
    let mut bytes = std::fs::read(flat).expect("it is there");
    let head = bytes
        .windows(4)
        .position(|name| name == b"tkhd")
        .expect("a track")
        + 4;
    let (cos, sin): (i32, i32) = [(1, 0), (0, 1), (-1, 0), (0, -1)][usize::from(quarters)];
    for (at, value) in [(0, cos), (4, sin), (12, -sin), (16, cos)] {
        let at = head + 40 + at;
        bytes[at..at + 4].copy_from_slice(&(value << 16).to_be_bytes());
    }
    std::fs::write(to, bytes).expect("it can be written");
}

#[test]
fn a_turned_picture_is_seen_turned() {
    let dir = tempfile::tempdir().expect("a folder");
    let flat = make(dir.path(), "flat.mp4", "-c:v libx264 -c:a aac");
    let path = dir.path().join("turned.mp4");
    for quarters in 1..=3_u16 {
        turn(&flat, &path, quarters);
        let media = read(&path).expect("it can be read").expect("a video");
        agree("turned.mp4", &media, &Said::of(&path));
        let video = media.video.expect("pictures");
        assert_eq!(video.rotation_deg, quarters * 90);
        let seen = if quarters == 2 { (160, 90) } else { (90, 160) };
        assert_eq!(video.shown_px, seen);
    }
}

#[test]
fn frames_at_uneven_times_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let uneven =
        "-vf select='not(mod(n\\,3))+lt(n\\,20)' -fps_mode vfr -c:v libx264 -bf 0 -c:a aac";
    for (name, told) in [
        ("uneven.mp4", Some(true)),
        ("uneven.ts", Some(true)),
        ("uneven.mkv", None),
    ] {
        let path = make(dir.path(), name, uneven);
        let video = read(&path)
            .expect("it can be read")
            .expect(name)
            .video
            .expect(name);
        assert_eq!(video.is_variable, told, "{name}");
    }
}

#[test]
fn a_recording_that_was_cut_off_tells_what_it_can() {
    let dir = tempfile::tempdir().expect("a folder");
    let cut = |name: &str, how: &str, keep: usize| {
        let path = make(dir.path(), name, how);
        let bytes = std::fs::read(&path).expect("it is there");
        std::fs::write(&path, &bytes[..bytes.len() * keep / 100]).expect("it can be written");
        read(&path).expect("it can be read")
    };
    assert_eq!(
        cut("half.mp4", "-c:v libx264 -c:a aac", 50),
        None,
        "its index was to come at the end"
    );
    let fragments = "-c:v libx264 -c:a aac -g 10 -movflags +frag_keyframe+empty_moov";
    for (name, how) in [
        (
            "half-front.mp4",
            "-c:v libx264 -c:a aac -movflags +faststart",
        ),
        ("half-fragments.mp4", fragments),
        ("half.mkv", "-c:v libx264 -c:a aac"),
        ("half.flv", "-c:v libx264 -c:a aac -ar 44100"),
        ("half.ts", "-c:v libx264 -c:a aac"),
    ] {
        let media = cut(name, how, 60).expect(name);
        let video = media.video.expect(name);
        assert_eq!(
            (video.codec.as_str(), video.stored_px),
            ("h264", (160, 90)),
            "{name}"
        );
        assert_eq!(media.audio.expect(name).codec, "aac", "{name}");
    }
}

#[test]
fn damage_is_survived() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize % below
    };
    for (name, how) in FILES.iter().filter(|(name, _)| !name.starts_with("old.")) {
        let bytes = std::fs::read(make(dir.path(), name, how)).expect("it is there");
        // Without a name that ffprobe could know it by: only our readers are asked here as long as they understand it.
        let path = dir.path().join("damaged");
        for round in 0..40 {
            let mut damaged = bytes.clone();
            for _ in 0..=round {
                let at = if round % 2 == 0 {
                    random(damaged.len().min(4096))
                } else {
                    random(damaged.len())
                };
                damaged[at] = random(256) as u8;
            }
            std::fs::write(&path, &damaged).expect("it can be written");
            let media = read(&path).expect("it can be read");
            if let Some(video) = media.and_then(|media| media.video) {
                assert!(video.shown_px.0 > 0 && video.shown_px.1 > 0);
            }
        }
    }
}
