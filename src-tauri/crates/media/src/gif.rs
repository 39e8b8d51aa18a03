//! GIF: only the size of its picture. Source: the GIF89a specification, section 18, read 2026-11-22.

use crate::{Media, Video};

pub(crate) fn read(head: &[u8]) -> Option<Media> {
    let side = |at: usize| {
        Some(u32::from(u16::from_le_bytes([
            *head.get(at)?,
            *head.get(at + 1)?,
        ])))
    };
    Some(Media {
        container: "gif".into(),
        video: Some(Video::plain("gif", side(6)?, side(8)?)),
        ..Media::default()
    })
}
