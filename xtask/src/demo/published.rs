//! Says what arrived where, and compares it with the files by their hashes.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::command::say;
use crate::simulators;

/// A work that is whole on a platform.
pub(super) struct Arrived {
    platform: &'static str,
    /// SHA-256 of its bytes, in hex.
    sha256: String,
}

/// How many works arrived with the bytes of a file.
#[must_use]
pub(super) struct Complete(usize);

impl Complete {
    /// # Errors
    /// When there are fewer than were sent.
    pub(super) fn of(&self, sent: usize) -> Result<()> {
        if self.0 != sent {
            bail!("{} of {sent} arrived", self.0);
        }
        Ok(())
    }
}

/// Looks at each simulator that told its address, and into the folder.
pub(super) fn arrived(told: &Value, archive: &Path) -> Result<Vec<Arrived>> {
    let mut all = Vec::new();
    for (platform, list, sha256) in [
        ("bilibili", "manuscripts", "/file/sha256"),
        ("wangsu", "videos", "/file/sha256"),
        ("aliyun-vod", "media", "/object/sha256"),
        ("bluesky", "videos", "/sha256"),
        ("api-video", "videos", "/sha256"),
    ] {
        let url = told[platform]["url"].as_str().unwrap_or_default();
        let seen = simulators::inspect(url).with_context(|| format!("looking at {platform}"))?;
        for work in seen[list].as_array().into_iter().flatten() {
            let sha256 = work.pointer(sha256).and_then(Value::as_str);
            // What has no hash never came whole.
            let shown = platform != "bluesky" || is_posted(work, &seen);
            if let Some(sha256) = sha256.filter(|_| shown) {
                let sha256 = sha256.to_owned();
                all.push(Arrived { platform, sha256 });
            }
        }
    }
    for entry in std::fs::read_dir(archive)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "mp4") {
            let (platform, sha256) = ("folder", hash(&file)?);
            all.push(Arrived { platform, sha256 });
        }
    }
    Ok(all)
}

/// Whether a post shows this video.
fn is_posted(video: &Value, seen: &Value) -> bool {
    let blob = &video["blob"]["ref"]["$link"];
    let mut posts = seen["posts"].as_array().into_iter().flatten();
    posts.any(|post| post["record"]["embed"]["video"]["ref"]["$link"] == *blob)
}

/// A line for each work.
///
/// # Errors
/// When something arrived with other bytes.
pub(super) fn report(arrived: &[Arrived], videos: &[PathBuf]) -> Result<Complete> {
    let mut known = Vec::new();
    for video in videos {
        known.push((video, hash(video)?));
    }
    say("\nPublished:");
    let mut complete = 0;
    for (video, sha256) in &known {
        let name = video.file_stem().unwrap_or_default().to_string_lossy();
        say(&format!("  {name:<20} {:<12} sha256 {sha256}", "the file"));
        for work in arrived.iter().filter(|work| work.sha256 == *sha256) {
            let Arrived { platform, sha256 } = work;
            say(&format!("  {:<20} {platform:<12} sha256 {sha256}", ""));
            complete += 1;
        }
    }
    let strange: Vec<_> = arrived
        .iter()
        .filter(|work| known.iter().all(|(_, sha256)| *sha256 != work.sha256))
        .map(|work| format!("{} {}", work.platform, work.sha256))
        .collect();
    if !strange.is_empty() {
        bail!("arrived with other bytes: {}", strange.join(", "));
    }
    say(&format!(
        "{complete} works, each with the bytes of its file."
    ));
    Ok(Complete(complete))
}

fn hash(file: &Path) -> Result<String> {
    let mut digest = Sha256::new();
    let mut open = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match open.read(&mut buffer)? {
            0 => return Ok(hex::encode(digest.finalize())),
            got => digest.update(&buffer[..got]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_are_told_by_their_bytes_and_strangers_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.mp4");
        std::fs::write(&file, b"abc").unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let work = |sha256: &str| Arrived {
            platform: "wangsu",
            sha256: sha256.to_owned(),
        };
        let videos = [file];
        let both = report(&[work(sha256), work(sha256)], &videos).unwrap();
        assert!(both.of(2).is_ok() && both.of(3).is_err());
        let strange = report(&[work(sha256), work("00")], &videos);
        let said = strange.err().unwrap().to_string();
        assert_eq!(said, "arrived with other bytes: wangsu 00");
    }
}
