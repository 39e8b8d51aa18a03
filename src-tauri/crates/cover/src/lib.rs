//! Makes the picture that stands for a work: from any image, the one that a rule asks for.
//!
//! Knows nothing of platforms, files or the network: bytes and a rule in, bytes out. Always holds: an image is a stranger. Its header is measured before
//! anything is decoded, what is decoded is bounded in memory, and what is made says nothing of where or with what it was taken. Blocks: not for threads
//! that others wait on.

mod header;

use header::Header;
use image::{
    DynamicImage, ExtendedColorType, ImageEncoder as _, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
};
use slipway_model::{Cause, cover, spec::CoverLimits};

/// A larger file is not looked at. Ours: photographs stay below it.
pub const FILE_MAX_BYTES: u64 = 32 << 20;
/// More pixels are not decoded. Ours: a frame of 8K has 33 million; at most 400 MB are in use while an image of this size is read.
pub const PIXELS_MAX: u64 = 50_000_000;

/// Tried one after another until the bytes fit; then the picture is made smaller.
const QUALITIES: [u8; 3] = [90, 80, 65];
/// How much of each side is left when it is made smaller, in per cent.
const SMALLER: u32 = 75;

/// What an image is, by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// As it is seen: turned as it asks for.
    pub width_px: u32,
    pub height_px: u32,
    /// It has several pictures, of which the first is taken.
    pub moves: bool,
    /// As names of such files end.
    pub ending: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
}

impl Format {
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
    /// As a file name ends.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// A picture that a rule asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub bytes: Vec<u8>,
    pub format: Format,
    pub width_px: u32,
    pub height_px: u32,
}

/// Reads an image's header. Quick, whatever the image claims to be.
///
/// # Errors
/// `cover_file_too_large`, `cover_not_an_image`, `cover_damaged`, `cover_too_many_pixels`.
pub fn look(bytes: &[u8]) -> Result<Seen, Cause> {
    Header::read(bytes).map(|header| header.seen)
}

/// Reads an image to its end.
///
/// # Errors
/// As [`look`]; `cover_damaged` also when it ends early.
pub fn check(bytes: &[u8]) -> Result<Seen, Cause> {
    let header = Header::read(bytes)?;
    let seen = header.seen;
    header.decode()?;
    Ok(seen)
}

/// Makes the picture that `rule` asks for, cut at `place` per cent. What fits as it is stays as it is, unless it tells more than its picture.
///
/// # Errors
/// As [`check`]; `cover_too_small` with the sides there are and those that are needed; `cover_too_large` when it cannot be written in so few bytes.
pub fn make(bytes: &[u8], rule: &CoverLimits, place: u8) -> Result<Made, Cause> {
    let header = Header::read(bytes)?;
    let seen = header.seen;
    let (same, lossless) = (header.same, header.lossless);
    let mut decoded = header.decode()?;
    let cut = cover::cut((seen.width_px, seen.height_px), rule.ratio, place);
    fits(rule, (cut.width_px, cut.height_px))?;
    let takes = |format: Format| rule.formats.iter().any(|known| known == format.ending());
    let few_enough = |bytes: &[u8]| rule.max_bytes == 0 || bytes.len() as u64 <= rule.max_bytes;
    let whole = (cut.width_px, cut.height_px) == (seen.width_px, seen.height_px);
    if let Some(format) = same
        && whole
        && takes(format)
        && few_enough(bytes)
    {
        return Ok(made(bytes.to_vec(), format, &decoded.image));
    }
    if !whole {
        decoded.image = decoded
            .image
            .crop_imm(cut.x, cut.y, cut.width_px, cut.height_px);
    }
    if lossless && takes(Format::Png) {
        let written = png(&decoded.image, decoded.profile.as_deref())?;
        if few_enough(&written) {
            return Ok(made(written, Format::Png, &decoded.image));
        }
    }
    let mut image = DynamicImage::ImageRgb8(opaque(decoded.image));
    loop {
        let mut least = 0;
        for quality in QUALITIES {
            let written = jpeg(&image, quality, decoded.profile.as_deref())?;
            if few_enough(&written) {
                return Ok(made(written, Format::Jpeg, &image));
            }
            least = written.len();
        }
        let smaller = |side: u32, min: u32| (side * SMALLER / 100).max(min).max(1);
        let sides = (
            smaller(image.width(), rule.min_width_px),
            smaller(image.height(), rule.min_height_px),
        );
        if sides == (image.width(), image.height()) {
            let cause = Cause::new("cover_too_large").with("bytes", least);
            return Err(cause.with("max_bytes", rule.max_bytes));
        }
        image = shrunk(&image, sides);
    }
}

/// A JPEG of the whole image for a screen, no side longer than `side_max_px`.
///
/// # Errors
/// As [`check`].
pub fn preview(bytes: &[u8], side_max_px: u32) -> Result<Vec<u8>, Cause> {
    let decoded = Header::read(bytes)?.decode()?;
    let (width, height) = (decoded.image.width(), decoded.image.height());
    let image = if width.max(height) > side_max_px {
        decoded.image.thumbnail(side_max_px, side_max_px)
    } else {
        decoded.image
    };
    let image = DynamicImage::ImageRgb8(opaque(image));
    jpeg(&image, QUALITIES[1], decoded.profile.as_deref())
}

/// # Errors
/// `cover_too_small` with `width`, `height`, `min_width` and `min_height`.
fn fits(rule: &CoverLimits, (width_px, height_px): (u32, u32)) -> Result<(), Cause> {
    if width_px >= rule.min_width_px && height_px >= rule.min_height_px {
        return Ok(());
    }
    let cause = Cause::new("cover_too_small");
    let cause = cause.with("width", width_px).with("height", height_px);
    Err(cause
        .with("min_width", rule.min_width_px)
        .with("min_height", rule.min_height_px))
}

fn made(bytes: Vec<u8>, format: Format, image: &DynamicImage) -> Made {
    Made {
        bytes,
        format,
        width_px: image.width(),
        height_px: image.height(),
    }
}

/// Both sides by the same measure, and neither shorter than asked for.
fn shrunk(image: &DynamicImage, (width, height): (u32, u32)) -> DynamicImage {
    image.resize_to_fill(width, height, FilterType::Lanczos3)
}

/// What shines through is white: JPEG knows no transparency.
fn opaque(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let mut flat = RgbImage::new(image.width(), image.height());
    for (to, from) in flat.pixels_mut().zip(image.pixels()) {
        let alpha = u32::from(from[3]);
        let over = |c: u8| ((u32::from(c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        *to = Rgb([over(from[0]), over(from[1]), over(from[2])]);
    }
    flat
}

fn jpeg(image: &DynamicImage, quality: u8, profile: Option<&[u8]>) -> Result<Vec<u8>, Cause> {
    let mut written = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut written, quality);
    if let Some(profile) = profile {
        // Colours as they are without it beat no cover.
        let _ = encoder.set_icc_profile(profile.to_vec());
    }
    let (width, height) = (image.width(), image.height());
    encoder
        .write_image(image.as_bytes(), width, height, ExtendedColorType::Rgb8)
        .map_err(header::damaged)?;
    Ok(written)
}

fn png(image: &DynamicImage, profile: Option<&[u8]>) -> Result<Vec<u8>, Cause> {
    let mut written = Vec::new();
    let mut encoder = PngEncoder::new(&mut written);
    if let Some(profile) = profile {
        // Colours as they are without it beat no cover.
        let _ = encoder.set_icc_profile(profile.to_vec());
    }
    let (width, height) = (image.width(), image.height());
    if image.color().has_alpha() {
        let image = image.to_rgba8();
        encoder.write_image(&image, width, height, ExtendedColorType::Rgba8)
    } else {
        let image = image.to_rgb8();
        encoder.write_image(&image, width, height, ExtendedColorType::Rgb8)
    }
    .map_err(header::damaged)?;
    Ok(written)
}
