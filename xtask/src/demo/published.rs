//! Says what arrived, and compares it with the files byte for byte.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::command::say;

/// # Errors
/// When something arrived with other bytes.
pub(super) fn report(seen: &Value, archive: &Path, videos: &[PathBuf]) -> Result<()> {
    say("\nPublished:");
    let mut differing = Vec::new();
    for manuscript in seen["manuscripts"].as_array().into_iter().flatten() {
        let title = manuscript["fields"]["title"].as_str().unwrap_or_default();
        let arrived = Path::new(manuscript["file"]["path"].as_str().unwrap_or_default());
        let same = is_one_of(arrived, videos)?;
        let digest = manuscript["file"]["sha256"].as_str().unwrap_or_default();
        say(&format!(
            "  Bilibili  {:24} {}  sha256 {digest}  {}",
            title,
            manuscript["resource_id"].as_str().unwrap_or_default(),
            verdict(same)
        ));
        if !same {
            differing.push(title.to_owned());
        }
    }
    let mut copies: Vec<PathBuf> = std::fs::read_dir(archive)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    copies.retain(|file| file.extension().is_some_and(|extension| extension == "mp4"));
    copies.sort();
    for copy in copies {
        let same = is_one_of(&copy, videos)?;
        say(&format!(
            "  Folder    {}  {}",
            copy.display(),
            verdict(same)
        ));
        if !same {
            differing.push(copy.display().to_string());
        }
    }
    if !differing.is_empty() {
        bail!("arrived with other bytes: {}", differing.join(", "));
    }
    Ok(())
}

fn verdict(same: bool) -> &'static str {
    if same { "same bytes" } else { "OTHER BYTES" }
}

fn is_one_of(file: &Path, videos: &[PathBuf]) -> Result<bool> {
    for video in videos {
        if same(file, video).with_context(|| {
            format!("cannot compare {} with {}", file.display(), video.display())
        })? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn same(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let got = fill(&mut one, &mut a)?;
        if got != fill(&mut other, &mut b)? || a[..got] != b[..got] {
            return Ok(false);
        }
        if got == 0 {
            return Ok(true);
        }
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            got => filled += got,
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    #[test]
    fn files_are_the_same_only_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let file = folder.path().join(name);
            std::fs::write(&file, bytes).unwrap();
            file
        };
        let long = vec![7; 3 << 20];
        let mut other = long.clone();
        *other.last_mut().unwrap() = 8;
        let (a, b, c, d) = (
            file("a", &long),
            file("b", &long),
            file("c", &other),
            file("d", &long[1..]),
        );
        assert!(super::same(&a, &b).unwrap());
        assert!(!super::same(&a, &c).unwrap());
        assert!(!super::same(&a, &d).unwrap());
    }
}
