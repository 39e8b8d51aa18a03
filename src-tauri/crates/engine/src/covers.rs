//! Covers: kept in the data folder under the hash of their content, cut for a platform when it takes one, swept away when nothing uses them.
//!
//! What a manuscript is added with must not vanish with a file of the user's. Knows nothing of who a cover is for. Always holds: one image is worked on at
//! a time, so that memory is bounded however many uploads begin at once.

use crate::lock::make_private_dir;
pub use slipway_cover::Seen as SeenImage;
use slipway_cover::{FILE_MAX_BYTES, Made};
use slipway_media::NoFrame;
use slipway_model::{
    Cause, ErrorKind, cover::Crops, manuscript::printable_name, spec::CoverLimits,
};
use slipway_platforms::{Cover, Error};
use slipway_store::Store;
use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Below the data folder.
const DIR: &str = "covers";
/// A cover that nothing uses stays for so long: its manuscript may be on its way, or come back from a backup.
const UNUSED_FOR: Duration = Duration::from_secs(24 * 3600);
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// Frames that are drawn beside each other for a strip.
const FRAMES_AT_ONCE: usize = 2;

#[derive(Debug, Clone)]
pub struct Covers {
    data_dir: PathBuf,
    images: Arc<Semaphore>,
    frames: Arc<Semaphore>,
}

impl Covers {
    pub(crate) fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            images: Arc::new(Semaphore::new(1)),
            frames: Arc::new(Semaphore::new(FRAMES_AT_ONCE)),
        }
    }

    /// Where a manuscript's cover is. Those kept here are known by their place in the data folder, which may move.
    pub fn path(&self, cover: &Path) -> PathBuf {
        self.data_dir.join(cover)
    }

    /// Reads an image to its end, and says what it is.
    ///
    /// # Errors
    /// What [`slipway_cover::check`] says, or `cover_missing`; with `file`.
    pub async fn check(&self, path: PathBuf) -> Result<SeenImage, Cause> {
        self.with_image(path, |bytes| slipway_cover::check(&bytes))
            .await
    }

    /// A small JPEG of an image, and what the image is.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub async fn preview(
        &self,
        path: PathBuf,
        side_px: u32,
    ) -> Result<(SeenImage, Vec<u8>), Cause> {
        let work = move |bytes: Vec<u8>| {
            let seen = slipway_cover::look(&bytes)?;
            Ok((seen, slipway_cover::preview(&bytes, side_px)?))
        };
        self.with_image(path, work).await
    }

    /// Keeps an image as it is. Its place in the data folder.
    ///
    /// # Errors
    /// As [`Self::check`]; `disk_full`, `data_folder_read_only`.
    pub async fn keep(&self, path: PathBuf) -> Result<PathBuf, Cause> {
        let dir = self.data_dir.join(DIR);
        let work = move |bytes: Vec<u8>| {
            let seen = slipway_cover::check(&bytes)?;
            keep(&dir, &bytes, seen.ending).map_err(|error| unkept(&error))
        };
        self.with_image(path, work).await
    }

    /// Draws the picture that a video shows at a time, as a JPEG.
    ///
    /// # Errors
    /// `ffmpeg_missing`, `cover_frame_none`, `cover_frame_slow`, `cover_frame_failed`; with `file` and `seconds`.
    pub async fn frame(
        &self,
        video: PathBuf,
        at_ms: u64,
        side_max_px: Option<u32>,
    ) -> Result<Vec<u8>, Cause> {
        let name = printable_name(&video);
        let drawn = blocking(&self.frames, move || {
            Ok(slipway_media::frame(&video, at_ms, side_max_px))
        });
        drawn.await?.map_err(|none| {
            let code = match none {
                NoFrame::NotInstalled => "ffmpeg_missing",
                NoFrame::NoneThere => "cover_frame_none",
                NoFrame::TookTooLong => "cover_frame_slow",
                NoFrame::Failed(_) => "cover_frame_failed",
            };
            let mut cause = Cause::new(code).with("file", name);
            if let NoFrame::Failed(detail) = none {
                cause = cause.detail(detail);
            }
            cause.with("seconds", format!("{}.{:03}", at_ms / 1000, at_ms % 1000))
        })
    }

    /// As [`Self::frame`], in full size and kept. Its place in the data folder.
    ///
    /// # Errors
    /// As [`Self::frame`] and [`Self::keep`].
    pub async fn keep_frame(&self, video: PathBuf, at_ms: u64) -> Result<PathBuf, Cause> {
        let jpeg = self.frame(video, at_ms, None).await?;
        let dir = self.data_dir.join(DIR);
        blocking(&self.images, move || {
            keep(&dir, &jpeg, "jpg").map_err(|error| unkept(&error))
        })
        .await
    }

    /// The cover as a platform takes it.
    ///
    /// # Errors
    /// `FileMissing`, when a person must choose another.
    pub async fn cut(
        &self,
        cover: &Path,
        rule: &CoverLimits,
        crops: &Crops,
    ) -> Result<Cover, Error> {
        let (rule, place) = (rule.clone(), crops.place(rule.ratio));
        let work = move |bytes: Vec<u8>| slipway_cover::make(&bytes, &rule, place);
        let made = self.with_image(self.path(cover), work).await;
        let Made { bytes, format, .. } = made.map_err(|cause| {
            Error::new("slipway", "making the cover", ErrorKind::FileMissing, cause)
        })?;
        Ok(Cover {
            file_name: format!("cover.{}", format.ending()),
            mime: format.mime(),
            bytes: bytes.into(),
        })
    }

    async fn with_image<T: Send + 'static>(
        &self,
        path: PathBuf,
        work: impl FnOnce(Vec<u8>) -> Result<T, Cause> + Send + 'static,
    ) -> Result<T, Cause> {
        let name = printable_name(&path);
        let done = blocking(&self.images, move || work(read(&path)?));
        done.await.map_err(|cause| cause.with("file", name))
    }

    /// Removes what nothing uses, at once and then every hour.
    pub(crate) async fn sweep(self, store: Store, stop: CancellationToken) {
        loop {
            match store.covers().await {
                Ok(used) => {
                    let this = self.clone();
                    let swept = move || {
                        this.remove_unused(&used, SystemTime::now());
                        Ok(())
                    };
                    let _ = blocking(&self.images, swept).await;
                }
                Err(error) => tracing::warn!(%error, "covers were not looked through"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SWEEP_EVERY) => {}
            }
        }
    }

    fn remove_unused(&self, used: &[PathBuf], now: SystemTime) {
        let used: HashSet<PathBuf> = used.iter().map(|cover| self.path(cover)).collect();
        let Ok(entries) = fs::read_dir(self.data_dir.join(DIR)) else {
            return; // none was ever kept
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let touched = fs::metadata(&path).and_then(|meta| meta.modified());
            let age = touched.ok().and_then(|at| now.duration_since(at).ok());
            if !used.contains(&path) && age.is_some_and(|age| age > UNUSED_FOR) {
                let removed = fs::remove_file(&path);
                tracing::debug!(?removed, "a cover that nothing uses");
            }
        }
    }
}

/// Runs `work` where it keeps nobody waiting but those who want the same.
async fn blocking<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, Cause> + Send + 'static,
) -> Result<T, Cause> {
    let stopping = || Cause::new("stopping");
    // Held by the work itself: it goes on when nobody waits for it any more.
    let turn = turns
        .clone()
        .acquire_owned()
        .await
        .map_err(|_| stopping())?;
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.unwrap_or_else(|_| Err(stopping()))
}

fn read(path: &Path) -> Result<Vec<u8>, Cause> {
    let missing = |error: io::Error| Cause::new("cover_missing").detail(error.to_string());
    let meta = fs::metadata(path).map_err(missing)?;
    if !meta.is_file() {
        return Err(Cause::new("cover_missing").detail("not a file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(missing)?;
    // One byte more than is allowed shows that there is more.
    file.take(FILE_MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(missing)?;
    Ok(bytes)
}

fn keep(dir: &Path, bytes: &[u8], ending: &str) -> io::Result<PathBuf> {
    make_private_dir(dir)?;
    let name = format!("{}.{ending}", blake3::hash(bytes).to_hex());
    let place = dir.join(&name);
    if place.exists() {
        // It is wanted again: a sweep leaves it alone for another while.
        File::options()
            .write(true)
            .open(&place)?
            .set_modified(SystemTime::now())?;
    } else {
        let part = dir.join(format!("{name}.part"));
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, &place)?;
    }
    Ok(Path::new(DIR).join(name))
}

fn unkept(error: &io::Error) -> Cause {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "disk_full",
        _ => "data_folder_read_only",
    };
    Cause::new(code).detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest PNG there is.
    const PNG: &[u8] =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
        \0\0\0\x0aIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82";

    fn house() -> (tempfile::TempDir, Covers) {
        let dir = tempfile::tempdir().unwrap();
        let covers = Covers::new(dir.path().join("data"));
        fs::create_dir(dir.path().join("data")).unwrap();
        (dir, covers)
    }

    fn image(dir: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    #[tokio::test]
    async fn a_cover_stays_when_the_file_it_came_from_has_gone() {
        let (dir, covers) = house();
        let path = image(&dir, "mine.png", PNG);
        let kept = covers.keep(path.clone()).await.unwrap();
        fs::remove_file(path).unwrap();
        assert!(kept.is_relative());
        assert_eq!(fs::read(covers.path(&kept)).unwrap(), PNG);
        let rule = CoverLimits {
            max_bytes: 0,
            min_width_px: 0,
            min_height_px: 0,
            formats: vec!["jpg".into(), "png".into()],
            ratio: None,
        };
        let cut = covers.cut(&kept, &rule, &Crops::default()).await.unwrap();
        assert_eq!((cut.mime, &*cut.bytes), ("image/png", PNG));
    }

    #[tokio::test]
    async fn the_same_image_is_kept_once() {
        let (dir, covers) = house();
        let first = covers.keep(image(&dir, "a.png", PNG)).await.unwrap();
        let second = covers.keep(image(&dir, "b.png", PNG)).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(
            fs::read_dir(dir.path().join("data/covers"))
                .unwrap()
                .count(),
            1
        );
    }

    #[tokio::test]
    async fn what_nothing_uses_goes_after_a_day_and_what_is_used_stays() {
        let (dir, covers) = house();
        let kept = covers.keep(image(&dir, "a.png", PNG)).await.unwrap();
        let after = |hours: u64| SystemTime::now() + Duration::from_secs(hours * 3600);
        let is_there = || covers.path(&kept).exists();
        covers.remove_unused(std::slice::from_ref(&kept), after(1000));
        assert!(is_there(), "it is used");
        covers.remove_unused(&[], after(23));
        assert!(is_there(), "its manuscript may be on its way");
        covers.remove_unused(&[], after(25));
        assert!(!is_there());
    }

    #[tokio::test]
    async fn what_is_no_image_is_not_kept_and_is_named() {
        let (dir, covers) = house();
        for (name, bytes, code) in [
            ("page.png", &b"<html>"[..], "cover_not_an_image"),
            ("half.png", &PNG[..40], "cover_damaged"),
        ] {
            let cause = covers.keep(image(&dir, name, bytes)).await.unwrap_err();
            assert_eq!((cause.code.as_str(), &*cause.params["file"]), (code, name));
        }
        let cause = covers.keep(dir.path().to_owned()).await.unwrap_err();
        assert_eq!(cause.code, "cover_missing");
        assert!(!dir.path().join("data/covers").exists());
    }
}
