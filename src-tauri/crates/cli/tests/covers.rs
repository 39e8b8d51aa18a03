//! A cover from an image or from the video itself; what is wrong with one gets a sentence and exit status 2, and adds nothing.

mod terminal;

use std::{fs, process::Command};
use terminal::{Ran, Terminal};

fn add<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let add = ["add", "three.mp4", "--account", "arch", "--json"];
    add.into_iter().chain(more.iter().copied()).collect()
}

fn ffmpeg(it: &Terminal, words: &[&str]) {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error"]).args(words);
    let made = command.current_dir(it.path("")).status();
    assert!(made.expect("ffmpeg is installed by the set-up").success());
}

/// Three seconds, red, green and blue.
fn video(it: &Terminal) {
    for colour in ["red", "lime", "blue"] {
        let source = format!("color={colour}:size=320x180:rate=10:duration=1");
        let name = format!("{colour}.ts");
        ffmpeg(
            it,
            &["-f", "lavfi", "-i", &source, "-c:v", "mpeg2video", &name],
        );
    }
    ffmpeg(
        it,
        &[
            "-i",
            "concat:red.ts|lime.ts|blue.ts",
            "-c:v",
            "libx264",
            "three.mp4",
        ],
    );
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    })
}

#[test]
fn every_bad_cover_gets_a_code_and_a_sentence_and_adds_nothing() {
    let it = Terminal::with_account();
    video(&it);
    ffmpeg(&it, &["-i", "three.mp4", "-frames:v", "1", "good.png"]);
    let good = fs::read(it.path("good.png")).unwrap();
    fs::write(it.path("half.png"), &good[..good.len() / 2]).unwrap();
    fs::write(it.path("page.png"), "<html>").unwrap();
    let mut bomb = good;
    bomb[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]); // 30,000 × 30,000
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    fs::write(it.path("bomb.png"), &bomb).unwrap();
    it.file("noise.mp4", 1000);
    for (more, code) in [
        (&["--cover", "gone.png"][..], "file_missing"),
        (&["--cover", "page.png"], "cover_not_an_image"),
        (&["--cover", "half.png"], "cover_damaged"),
        (&["--cover", "bomb.png"], "cover_too_many_pixels"),
        (
            &["--cover", "good.png", "--set", "cover_crop=wide"],
            "cover_crop_invalid",
        ),
        (&["--cover-at", "90"], "cover_frame_none"),
        (&["noise.mp4", "--cover-at", "0"], "cover_frame_none"),
        (&["--cover-at", "soon"], "usage"),
        (&["--cover-at", "1", "--cover", "good.png"], "usage"),
        (&["--cover-at", "1", "--from", "list.csv"], "usage"),
    ] {
        let ran = it.run(add(more));
        assert_eq!(
            (ran.status, &ran.error()["code"]),
            (2, &code.into()),
            "{more:?}"
        );
        assert!(ran.stdout.is_empty());
    }
    let mut command = it.command(add(&["--cover-at", "1"]));
    let ran = Ran::from(command.env("PATH", "").output().unwrap());
    assert_eq!(
        (ran.status, &ran.error()["code"]),
        (2, &"ffmpeg_missing".into())
    );
    assert_eq!(it.phases(), [""; 0], "nothing was added");
}

#[test]
fn a_cover_is_taken_from_each_video_at_the_time_that_is_said() {
    let it = Terminal::with_account();
    video(&it);
    ffmpeg(&it, &["-i", "three.mp4", "-vf", "negate", "other.mp4"]);
    let upload = ["upload", "three.mp4", "other.mp4", "--account", "arch"];
    it.run(upload.into_iter().chain(["--cover-at", "1.5"])).ok();
    let green = |name: &str| {
        ffmpeg(
            &it,
            &[
                "-y",
                "-i",
                name,
                "-frames:v",
                "1",
                "-f",
                "rawvideo",
                "-pix_fmt",
                "rgb24",
                "pixels",
            ],
        );
        fs::read(it.path("pixels")).unwrap()[1]
    };
    assert!(green("out/three.mp4.jpg") > 200 && green("out/other.mp4.jpg") < 60);
}

#[test]
fn an_image_of_any_kind_may_be_gone_before_its_upload_begins() {
    let it = Terminal::with_account();
    video(&it);
    for name in ["a.gif", "b.bmp"] {
        ffmpeg(&it, &["-i", "three.mp4", "-frames:v", "1", name]);
        it.run(add(&["--cover", name, "--again"])).ok();
        fs::remove_file(it.path(name)).unwrap();
    }
    it.run(["run", "--until-idle"]).ok();
    assert_eq!(it.phases(), ["published", "published"]);
    assert!(it.path("out/three.mp4.png").exists() && it.path("out/three (2).mp4.png").exists());
}

#[test]
fn a_row_of_a_list_brings_its_own_cover() {
    let it = Terminal::with_account();
    video(&it);
    for (name, colour) in [("lime.png", "lime.ts"), ("red.png", "red.ts")] {
        ffmpeg(&it, &["-i", colour, "-frames:v", "1", name]);
    }
    it.file("other.mp4", 1000);
    it.file("third.mp4", 2000);
    it.file("fourth.mp4", 3000);
    let rows = [
        "file,cover,cover_crop",
        "three.mp4,lime.png,16:10=0",
        "other.mp4,,",
        "third.mp4,lime.png,",
        "fourth.mp4,lime.png,wide\n",
    ];
    fs::write(it.path("list.csv"), rows.join("\n")).unwrap();
    let add = ["add", "--from", "list.csv", "--account", "arch", "--json"];
    let ran = it.run(add.into_iter().chain(["--cover", "red.png"]));
    let bad = &ran.json()["bad"];
    assert_eq!((ran.status, bad.as_array().unwrap().len()), (2, 1));
    assert_eq!(
        (&bad[0]["line"], &bad[0]["column"]),
        (&5.into(), &"cover_crop".into())
    );
    assert_eq!(bad[0]["code"], "cover_crop_invalid");
    for name in ["lime.png", "red.png"] {
        fs::remove_file(it.path(name)).unwrap();
    }
    it.run(["run", "--until-idle"]).ok();
    let cover = |name: &str| fs::read(it.path(format!("out/{name}.mp4.png"))).unwrap();
    assert_eq!(cover("three"), cover("third"));
    assert_ne!(cover("three"), cover("other"), "the whole list's");
}
