//! Covers on their way in: pictures of a video to choose from, and images as they will be seen.
//!
//! The window gets small pictures and numbers, never a path. Nothing here is kept but the picture that was chosen, which is offered like any other file.

use crate::{
    Api, Failure,
    wire::{CoverFrame, CoverImage, CoverPicture, OfferedFile},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use slipway_model::Source;
use std::path::PathBuf;

/// Longest side of a picture on a strip, at twice the size it is shown.
const SMALL_PX: u32 = 160;
/// Longest side of the picture that is looked at, at twice the size it is shown.
const LARGE_PX: u32 = 640;

impl Api {
    /// What a video shows from a time on, small, for the screen.
    ///
    /// # Errors
    /// `ffmpeg_missing` where nothing can draw it; `cover_frame_none` beyond its end; `cover_frame_online`.
    pub async fn cover_frame(&self, asked: CoverFrame) -> Result<CoverPicture, Failure> {
        let video = self.video(asked.file)?;
        let covers = self.engine.covers();
        let jpeg = covers.frame(video, asked.at_ms, Some(SMALL_PX)).await?;
        let url = data_url(&jpeg);
        Ok(CoverPicture { url })
    }

    /// Keeps what a video shows from a time on, in full size, as an image that can be chosen for a cover.
    ///
    /// # Errors
    /// As [`Self::cover_frame`].
    pub async fn cover_frame_keep(&self, asked: CoverFrame) -> Result<OfferedFile, Failure> {
        let video = self.video(asked.file)?;
        let (seconds, ms) = (asked.at_ms / 1000, asked.at_ms % 1000);
        let name = format!("{:02}:{:02}.{ms:03}", seconds / 60, seconds % 60);
        let covers = self.engine.covers();
        let kept = covers.path(&covers.keep_frame(video, asked.at_ms).await?);
        let offered = self.offered.clone();
        tokio::task::spawn_blocking(move || offered.take_picture(kept, name))
            .await
            .map_err(|_| Failure::new("stopping"))
    }

    fn video(&self, file: u32) -> Result<PathBuf, Failure> {
        match self.offered.source(file)? {
            Source::File(file) => Ok(file.path),
            online @ Source::Online(_) => {
                Err(Failure::new("cover_frame_online").with("file", online.name()))
            }
        }
    }

    /// An offered image as it is seen, for the screen.
    ///
    /// # Errors
    /// What is wrong with it as a cover, with `file`.
    pub async fn cover_image(&self, file: u32) -> Result<CoverImage, Failure> {
        let path = self.offered.path(file)?;
        let (seen, jpeg) = self.engine.covers().preview(path, LARGE_PX).await?;
        Ok(CoverImage {
            url: data_url(&jpeg),
            width_px: seen.width_px,
            height_px: seen.height_px,
        })
    }
}

fn data_url(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg))
}
