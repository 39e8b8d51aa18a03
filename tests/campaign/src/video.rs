//! Files to upload: bytes nobody can guess, behind the head of a real video.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// A video of a few kilobytes, made once by `ffmpeg -f lavfi -i testsrc2`.
const SAMPLE: &[u8] = include_bytes!("../sample.mp4");

/// Writes a valid MP4 file of exactly `bytes`: the sample, then a `free` box full of noise, which every player skips.
///
/// # Errors
/// When the file cannot be written, or is asked to be smaller than the sample.
pub(crate) fn write(file: &Path, bytes: u64, seed: u64) -> Result<()> {
    let filler = bytes
        .checked_sub(SAMPLE.len() as u64 + 16)
        .context("a video is no smaller than the sample")?;
    let mut out = BufWriter::with_capacity(
        1 << 20,
        File::create(file).with_context(|| format!("cannot make {}", file.display()))?,
    );
    out.write_all(SAMPLE)?;
    // A box of any size: 1 in the short size says that the long size follows its type.
    // Source: ISO/IEC 14496-12, 4.2 'Object Structure', read 2026-11-21.
    out.write_all(&1_u32.to_be_bytes())?;
    out.write_all(b"free")?;
    out.write_all(&(filler + 16).to_be_bytes())?;
    let mut random = SmallRng::seed_from_u64(seed);
    let mut noise = vec![0; 1 << 20];
    let mut left = filler;
    while left > 0 {
        let now = left.min(noise.len() as u64) as usize;
        random.fill_bytes(&mut noise[..now]);
        out.write_all(&noise[..now])?;
        left -= now as u64;
    }
    out.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(())
}

/// The same with so many bytes of noise, that nobody waits for the disk for.
pub(crate) fn small(noise: usize) -> Vec<u8> {
    let size = u32::try_from(noise + 8).expect("a small video's noise has a short size");
    let mut video = SAMPLE.to_vec();
    video.extend(size.to_be_bytes());
    video.extend(b"free");
    let head = video.len();
    video.resize(head + noise, 0);
    rand::rng().fill_bytes(&mut video[head..]);
    video
}

/// Only what the sample says of itself, with a number that makes it another file: it takes a few hundred bytes.
pub(crate) fn head(number: u64) -> Vec<u8> {
    let mut head = Vec::new();
    let mut rest = SAMPLE;
    while let Some(size) = rest.first_chunk().map(|size| u32::from_be_bytes(*size)) {
        let (one, after) = rest.split_at(size as usize);
        if &one[4..8] != b"mdat" {
            head.extend(one);
        }
        rest = after;
    }
    head.extend(16_u32.to_be_bytes());
    head.extend(b"free");
    head.extend(number.to_be_bytes());
    head
}

/// SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(file: &Path) -> Result<String> {
    let mut input = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        let got = input.read(&mut piece)?;
        if got == 0 {
            return Ok(hex::encode(digest.finalize()));
        }
        digest.update(&piece[..got]);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_video_has_the_size_it_was_asked_for_and_its_boxes_fill_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.mp4");
        super::write(&file, 3_000_000, 1).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(bytes.len(), 3_000_000);
        let mut at = 0;
        let mut kinds = Vec::new();
        while at < bytes.len() {
            let short = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
            kinds.push(String::from_utf8_lossy(&bytes[at + 4..at + 8]).into_owned());
            at += match short {
                1 => u64::from_be_bytes(bytes[at + 8..at + 16].try_into().unwrap()) as usize,
                short => short as usize,
            };
        }
        assert_eq!(
            at,
            bytes.len(),
            "the last box ends with the file: {kinds:?}"
        );
        assert!(kinds.starts_with(&["ftyp".to_owned()]), "{kinds:?}");
    }

    #[test]
    fn another_seed_makes_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        super::write(&a, 1_000_000, 1).unwrap();
        super::write(&b, 1_000_000, 2).unwrap();
        assert_ne!(super::sha256(&a).unwrap(), super::sha256(&b).unwrap());
    }
}
