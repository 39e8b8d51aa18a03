//! What an image says of itself before it is decoded, and decoding within bounds.

use crate::{FILE_MAX_BYTES, Format, PIXELS_MAX, Seen};
use image::{
    AnimationDecoder as _, DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat,
    ImageReader, Limits,
    codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use slipway_model::Cause;
use std::io::Cursor;

/// What a decoder may take beside the picture itself.
const WORK_BYTES: u64 = 512 << 20;
/// A larger colour profile is left out.
const PROFILE_MAX_BYTES: usize = 256 << 10;

pub(crate) struct Header<'a> {
    pub(crate) seen: Seen,
    /// Its format, when the picture may be passed on as it is: upright, with plain colours, and without words about itself.
    pub(crate) same: Option<Format>,
    pub(crate) lossless: bool,
    turned: Orientation,
    /// Of colours that are red, green and blue.
    profile: Option<Vec<u8>>,
    decoder: Box<dyn ImageDecoder + 'a>,
}

/// An image as it is seen.
pub(crate) struct Decoded {
    pub(crate) image: DynamicImage,
    pub(crate) profile: Option<Vec<u8>>,
}

impl<'a> Header<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Cause> {
        let size = bytes.len() as u64;
        if size > FILE_MAX_BYTES {
            let cause = Cause::new("cover_file_too_large").with("bytes", size);
            return Err(cause.with("max_bytes", FILE_MAX_BYTES));
        }
        let format = match bytes {
            [0xFF, 0xD8, 0xFF, ..] => ImageFormat::Jpeg,
            [0x89, b'P', b'N', b'G', ..] => ImageFormat::Png,
            [b'G', b'I', b'F', b'8', ..] => ImageFormat::Gif,
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => ImageFormat::WebP,
            [b'B', b'M', ..] => ImageFormat::Bmp,
            _ => return Err(Cause::new("cover_not_an_image")),
        };
        let mut of_print = false;
        if format == ImageFormat::Jpeg {
            let colours = colours_of_whole_jpeg(bytes);
            let colours = colours.ok_or_else(|| Cause::new("cover_damaged").detail("no end"))?;
            of_print = colours == 4;
        }
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(limits());
        let mut decoder = reader.into_decoder().map_err(damaged)?;
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if pixels > PIXELS_MAX {
            return Err(too_many_pixels());
        }
        if pixels == 0 {
            return Err(Cause::new("cover_damaged").detail("no pixels"));
        }
        // What is said beside the picture matters less than the picture.
        let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let silent = matches!(
            (
                decoder.exif_metadata(),
                decoder.xmp_metadata(),
                decoder.iptc_metadata()
            ),
            (Ok(None), Ok(None), Ok(None))
        );
        let colour = decoder.original_color_type();
        let is_plain = matches!(
            colour,
            ExtendedColorType::L8
                | ExtendedColorType::La8
                | ExtendedColorType::Rgb8
                | ExtendedColorType::Rgba8
        );
        let is_rgb = matches!(colour.channel_count(), 3 | 4) && !of_print;
        let profile = decoder.icc_profile().ok().flatten();
        let profile = profile.filter(|profile| is_rgb && profile.len() <= PROFILE_MAX_BYTES);
        let moves = moves(bytes, format)?;
        let same = match format {
            ImageFormat::Jpeg => Some(Format::Jpeg),
            ImageFormat::Png => Some(Format::Png),
            _ => None,
        };
        let upright = turned == Orientation::NoTransforms;
        let on_its_side = matches!(
            turned,
            Orientation::Rotate90
                | Orientation::Rotate270
                | Orientation::Rotate90FlipH
                | Orientation::Rotate270FlipH
        );
        let (width_px, height_px) = if on_its_side {
            (height, width)
        } else {
            (width, height)
        };
        Ok(Self {
            seen: Seen {
                width_px,
                height_px,
                moves,
                ending: match format {
                    ImageFormat::Jpeg => "jpg",
                    ImageFormat::Png => "png",
                    ImageFormat::Gif => "gif",
                    ImageFormat::WebP => "webp",
                    _ => "bmp",
                },
            },
            same: same.filter(|_| upright && silent && is_plain && !of_print && !moves),
            lossless: format != ImageFormat::Jpeg && format != ImageFormat::WebP,
            turned,
            profile,
            decoder: Box::new(decoder),
        })
    }

    pub(crate) fn decode(self) -> Result<Decoded, Cause> {
        let mut image = DynamicImage::from_decoder(self.decoder).map_err(damaged)?;
        image.apply_orientation(self.turned);
        Ok(Decoded {
            image,
            profile: self.profile,
        })
    }
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(WORK_BYTES);
    limits
}

fn too_many_pixels() -> Cause {
    Cause::new("cover_too_many_pixels").with("max_megapixels", PIXELS_MAX / 1_000_000)
}

pub(crate) fn damaged(error: ImageError) -> Cause {
    match error {
        ImageError::Limits(_) => too_many_pixels(),
        error => Cause::new("cover_damaged").detail(error.to_string()),
    }
}

/// Whether there is more than one picture. A second one that cannot be read is none.
fn moves(bytes: &[u8], format: ImageFormat) -> Result<bool, Cause> {
    let cursor = Cursor::new(bytes);
    match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(cursor).map_err(damaged)?;
            decoder.set_limits(limits()).map_err(damaged)?;
            Ok(decoder.into_frames().take(2).flatten().count() > 1)
        }
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(cursor, limits()).map_err(damaged)?;
            decoder.is_apng().map_err(damaged)
        }
        ImageFormat::WebP => WebPDecoder::new(cursor)
            .map(|decoder| decoder.has_animation())
            .map_err(damaged),
        _ => Ok(false),
    }
}

/// How many colours a JPEG is made of, when it is there to its end. The decoder fills up one that was cut off, and says nothing.
fn colours_of_whole_jpeg(bytes: &[u8]) -> Option<u8> {
    const SCAN: u8 = 0xDA;
    let mut colours = None;
    let mut rest = bytes.get(2..)?;
    // Segments carry their length, and may hold a small JPEG with an end of its own.
    while let [0xFF, kind, after @ ..] = rest {
        match kind {
            0xFF => rest = &rest[1..],
            &SCAN => {
                let ends = after.windows(2).any(|pair| pair == [0xFF, 0xD9]);
                return colours.filter(|_| ends);
            }
            _ => {
                let [high, low, ..] = after else { return None };
                let is_frame = matches!(kind, 0xC0..=0xCF) && !matches!(kind, 0xC4 | 0xC8 | 0xCC);
                if is_frame {
                    colours = after.get(7).copied();
                }
                rest = after.get(usize::from(u16::from_be_bytes([*high, *low]))..)?;
            }
        }
    }
    None
}
