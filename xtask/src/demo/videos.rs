//! Makes a few videos to upload: with ffmpeg where it is, else from a small one that is kept here.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::command::{command, read};
use crate::place;

/// Name, ffmpeg's source of pictures, and megabytes.
const VIDEOS: [(&str, &str, u64); 3] = [
    (
        "Harbour at dawn",
        "gradients=size=1280x720:rate=25:c0=0x1c3d5a:c1=0xf2a65a:speed=0.02",
        24,
    ),
    ("Into the fractal", "mandelbrot=size=1280x720:rate=25", 48),
    ("Test card", "testsrc2=size=1280x720:rate=25", 32),
];

pub(super) fn make(folder: &Path) -> Result<Vec<PathBuf>> {
    VIDEOS
        .iter()
        .map(|(name, source, megabytes)| {
            let file = folder.join(format!("{name}.mp4"));
            if !drawn(&file, source) {
                std::fs::copy(place::root().join("tests/campaign/sample.mp4"), &file)?;
            }
            pad(&file, megabytes * 1_000_000)?;
            Ok(file)
        })
        .collect()
}

/// Six seconds of moving pictures; says whether there is an ffmpeg that could make them.
fn drawn(file: &Path, source: &str) -> bool {
    let made = read(
        command("ffmpeg")
            .args(["-v", "error", "-y", "-f", "lavfi", "-i", source, "-t", "6"])
            .args([
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-pix_fmt",
                "yuv420p",
                "-movflags",
                "+faststart",
            ])
            .arg(file),
    );
    made.is_ok()
}

/// Makes the file as large as a real one: a `free` box at its end, which every player skips.
/// Source: ISO/IEC 14496-12, 4.2 'Object Structure' and 8.1.2 'Free Space Box', read 2026-11-21.
fn pad(file: &Path, bytes: u64) -> Result<()> {
    let has = file
        .metadata()
        .with_context(|| format!("no {}", file.display()))?
        .len();
    let mut out = OpenOptions::new().append(true).open(file)?;
    let filler = bytes.saturating_sub(has).max(16);
    out.write_all(&1_u32.to_be_bytes())?;
    out.write_all(b"free")?;
    out.write_all(&filler.to_be_bytes())?;
    out.set_len(has + filler)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_padded_file_ends_with_one_box_of_the_missing_size() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.mp4");
        std::fs::write(&file, b"head").unwrap();
        super::pad(&file, 1000).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(bytes.len(), 1000);
        assert_eq!(&bytes[4..12], b"\0\0\0\x01free");
        assert_eq!(u64::from_be_bytes(bytes[12..20].try_into().unwrap()), 996);
    }
}
