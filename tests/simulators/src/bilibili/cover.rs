//! Takes a cover out of its multipart body and decides whether it will do.
//!
//! Source of the limits: the documents: JPEG or PNG, at most 5 MB, at least 960×600; relayed, read 2026-07-23.

use std::io::Cursor;

use bytes::Bytes;
use futures_util::stream;
use image::{ImageFormat, ImageReader};
use sha2::{Digest, Sha256};

use super::code::{self, Code};

const BYTES_MAX: usize = 5_000_000;
const WIDTH_MIN: u32 = 960;
const HEIGHT_MIN: u32 = 600;

#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    /// `jpg` or `png`.
    pub(crate) ending: &'static str,
}

/// The bytes of the field `file`.
///
/// # Errors
/// The platform's parameter error when there is no such field or it has no file name.
pub(crate) async fn field(content_type: &str, body: Bytes) -> Result<Bytes, Code> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| code::BAD_PARAMETER)?;
    let body = stream::once(async { Ok::<_, std::io::Error>(body) });
    let mut form = multer::Multipart::new(body, boundary);
    while let Some(field) = form.next_field().await.map_err(|_| code::BAD_PARAMETER)? {
        if field.name() == Some("file") && field.file_name().is_some() {
            return field.bytes().await.map_err(|_| code::BAD_PARAMETER);
        }
    }
    Err(code::BAD_PARAMETER)
}

/// # Errors
/// What the platform says of a picture it does not take.
pub(crate) fn judge(picture: &[u8], measured: bool) -> Result<Picture, Code> {
    if picture.starts_with(b"GIF8") {
        return Err(code::GIF);
    }
    let (format, ending) = match picture {
        [0xff, 0xd8, 0xff, ..] => (ImageFormat::Jpeg, "jpg"),
        [0x89, b'P', b'N', b'G', ..] => (ImageFormat::Png, "png"),
        _ => return Err(code::PARAMETER),
    };
    if measured {
        let (width, height) = ImageReader::with_format(Cursor::new(picture), format)
            .into_dimensions()
            .map_err(|_| code::PARAMETER)?;
        if picture.len() > BYTES_MAX || width < WIDTH_MIN || height < HEIGHT_MIN {
            return Err(code::PARAMETER);
        }
    }
    Ok(Picture {
        sha256: hex::encode(Sha256::digest(picture)),
        bytes: picture.len() as u64,
        ending,
    })
}
