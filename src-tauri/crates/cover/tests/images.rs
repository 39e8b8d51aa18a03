//! Images of every kind, made here, and what becomes of them.
#![allow(
    clippy::unwrap_used,
    reason = "what does not hold here is a failed test"
)]

use image::{
    DynamicImage, ExtendedColorType, Frame, ImageEncoder as _, ImageFormat, Rgb, RgbImage, Rgba,
    RgbaImage,
    codecs::{gif::GifEncoder, jpeg::JpegEncoder, png::PngEncoder},
};
use slipway_cover::{FILE_MAX_BYTES, Format, Made, Seen, check, look, make, preview};
use slipway_model::spec::CoverLimits;
use std::io::Cursor;

fn rule(min: (u32, u32), ratio: Option<&str>, max_bytes: u64) -> CoverLimits {
    CoverLimits {
        max_bytes,
        min_width_px: min.0,
        min_height_px: min.1,
        formats: vec!["jpg".into(), "png".into()],
        ratio: ratio.map(|ratio| ratio.parse().unwrap()),
    }
}

fn any() -> CoverLimits {
    rule((0, 0), None, 0)
}

/// Red at the left, blue at the right, darker from top to bottom.
fn picture(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        let along = (x * 255 / width.max(2).saturating_sub(1)).min(255) as u8;
        let down = (y * 128 / height) as u8;
        Rgb([255 - along, 0, along.saturating_sub(down)])
    }))
}

/// Nothing of it can be packed.
fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 7_u32;
    let image = RgbImage::from_fn(width, height, |_, _| {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        Rgb([next(), next(), next()])
    });
    DynamicImage::ImageRgb8(image)
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image
        .write_to(&mut Cursor::new(&mut bytes), format)
        .unwrap();
    bytes
}

fn read(made: &Made) -> DynamicImage {
    let format = match made.format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
    };
    let image = image::load_from_memory_with_format(&made.bytes, format).unwrap();
    assert_eq!(
        (image.width(), image.height()),
        (made.width_px, made.height_px)
    );
    image
}

fn code(bytes: &[u8], rule: &CoverLimits) -> String {
    make(bytes, rule, 50).unwrap_err().code
}

/// A JPEG whose EXIF asks to be turned.
fn turned_jpeg(image: &DynamicImage, orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_exif_metadata(exif).unwrap();
    let rgb = image.to_rgb8();
    encoder
        .write_image(&rgb, rgb.width(), rgb.height(), ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

fn gif(frames: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for frame in 0..frames {
        let colour = Rgba([200, frame * 100, 0, 255]);
        encoder
            .encode_frame(Frame::new(RgbaImage::from_pixel(40, 30, colour)))
            .unwrap();
    }
    drop(encoder);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    })
}

/// A PNG whose header claims these sides, with the data of a small one.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = written(&picture(8, 8), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

#[test]
fn every_kind_of_image_becomes_what_the_rule_asks_for() {
    let source = picture(320, 180);
    let rule = rule((192, 120), Some("16:10"), 5_000_000);
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Gif,
    ] {
        let bytes = written(&source, format);
        let made = make(&bytes, &rule, 50).unwrap();
        assert_eq!((made.width_px, made.height_px), (288, 180), "{format:?}");
        let image = read(&made).to_rgb8();
        // 16 pixels are gone at each side.
        let near = |pixel: &Rgb<u8>, wished: [i16; 3]| {
            let colours = pixel.0.iter().zip(wished);
            colours
                .map(|(c, w)| (i16::from(*c) - w).abs())
                .max()
                .unwrap()
                < 30
        };
        assert!(near(image.get_pixel(0, 0), [242, 0, 13]), "{format:?}");
        assert!(near(image.get_pixel(287, 0), [13, 0, 242]), "{format:?}");
    }
}

#[test]
fn an_image_that_fits_stays_byte_for_byte() {
    let rule = rule((192, 120), Some("16:10"), 5_000_000);
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let bytes = written(&picture(192, 120), format);
        assert_eq!(make(&bytes, &rule, 0).unwrap().bytes, bytes);
    }
}

#[test]
fn what_an_image_says_beside_its_picture_is_not_passed_on() {
    let bytes = turned_jpeg(&picture(64, 48), 1);
    let made = make(&bytes, &any(), 50).unwrap();
    assert!(bytes.windows(4).any(|w| w == b"Exif"));
    assert!(!made.bytes.windows(4).any(|w| w == b"Exif"));
    assert_eq!((made.width_px, made.height_px), (64, 48));
}

#[test]
fn an_image_is_turned_as_it_asks_for() {
    // Where the red left edge lies then.
    for (orientation, size, red) in [
        (1, (80, 40), (0, 20)),
        (2, (80, 40), (79, 20)),
        (3, (80, 40), (79, 20)),
        (4, (80, 40), (0, 20)),
        (5, (40, 80), (20, 0)),
        (6, (40, 80), (20, 0)),
        (7, (40, 80), (20, 79)),
        (8, (40, 80), (20, 79)),
    ] {
        let bytes = turned_jpeg(&picture(80, 40), orientation);
        let seen = look(&bytes).unwrap();
        assert_eq!((seen.width_px, seen.height_px), size, "{orientation}");
        let made = make(&bytes, &any(), 50).unwrap();
        let image = read(&made).to_rgb8();
        assert_eq!((image.width(), image.height()), size, "{orientation}");
        assert!(image.get_pixel(red.0, red.1)[0] > 200, "{orientation}");
    }
}

#[test]
fn the_part_that_was_chosen_is_cut_out() {
    let bytes = written(&picture(1000, 100), ImageFormat::Png);
    let red = |place: u8| {
        let made = make(&bytes, &rule((0, 0), Some("1:1"), 0), place).unwrap();
        assert_eq!((made.width_px, made.height_px), (100, 100));
        read(&made).to_rgb8().get_pixel(0, 0)[0]
    };
    assert_eq!((red(0), red(50), red(100)), (255, 141, 26));
}

#[test]
fn what_shines_through_is_white_where_there_is_no_transparency() {
    let mut rule = any();
    rule.formats = vec!["jpg".into()];
    let clear = DynamicImage::ImageRgba8(RgbaImage::from_fn(32, 32, |x, _| {
        Rgba([0, 0, 0, if x < 16 { 0 } else { 255 }])
    }));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let bytes = written(&clear, format);
        let made = make(&bytes, &rule, 50).unwrap();
        assert_eq!(made.format, Format::Jpeg);
        let image = read(&made).to_rgb8();
        assert!(image.get_pixel(2, 2)[0] > 245 && image.get_pixel(30, 2)[0] < 10);
    }
    let kept = make(&written(&clear, ImageFormat::WebP), &any(), 50).unwrap();
    assert!(read(&kept).color().has_alpha() || kept.format == Format::Jpeg);
}

#[test]
fn colours_of_print_and_of_sixteen_bits_become_plain_ones() {
    let mut bytes = Vec::new();
    let ink = [[0_u8, 255, 255, 0]; 32 * 32].concat();
    jpeg_encoder::Encoder::new(&mut bytes, 95)
        .encode(&ink, 32, 32, jpeg_encoder::ColorType::Cmyk)
        .unwrap();
    let made = make(&bytes, &any(), 50).unwrap();
    assert_ne!(made.bytes, bytes);
    let image = read(&made);
    assert_eq!(image.color(), image::ColorType::Rgb8);
    let pixel = *image.to_rgb8().get_pixel(9, 9);
    assert!(
        pixel[0] > 200 && pixel[1] < 60 && pixel[2] < 60,
        "{pixel:?}"
    );

    let deep = DynamicImage::ImageRgb16(picture(32, 32).to_rgb16());
    let made = make(&written(&deep, ImageFormat::Png), &any(), 50).unwrap();
    assert_eq!(made.format, Format::Png);
    assert_eq!(read(&made).color(), image::ColorType::Rgb8);
}

#[test]
fn a_picture_with_too_many_bytes_is_written_smaller() {
    let bytes = written(&noise(640, 400), ImageFormat::Png);
    let large = make(&bytes, &rule((640, 400), Some("16:10"), 0), 50).unwrap();
    assert_eq!((large.format, large.bytes), (Format::Png, bytes.clone()));
    let mut before = u64::MAX;
    for max_bytes in [500_000, 200_000, 120_000] {
        let rule = rule((320, 200), Some("16:10"), max_bytes);
        let made = make(&bytes, &rule, 50).unwrap();
        assert_eq!(made.format, Format::Jpeg);
        let len = made.bytes.len() as u64;
        assert!(len <= max_bytes && len < before, "{len} of {max_bytes}");
        assert!(made.width_px >= 320 && made.height_px >= 200);
        assert!((read(&made).width() * 10).abs_diff(made.height_px * 16) <= 16);
        before = len;
    }
    let cause = make(&bytes, &rule((640, 400), None, 10_000), 50).unwrap_err();
    assert_eq!(cause.code, "cover_too_large");
    assert_eq!(cause.params["max_bytes"], "10000");
}

#[test]
fn at_each_smallest_side_a_picture_is_taken_and_below_it_is_not() {
    let mut rule = rule((960, 600), Some("16:10"), 5_000_000);
    rule.formats = vec!["jpg".into()];
    for ((width, height), taken) in [
        ((960, 600), true),
        ((961, 600), true),
        ((960, 601), true),
        ((959, 600), false),
        ((960, 599), false),
        ((1080, 1920), true),
        ((854, 480), false),
        ((1, 1), false),
    ] {
        let bytes = written(&picture(width, height), ImageFormat::Bmp);
        let made = make(&bytes, &rule, 50);
        assert_eq!(made.is_ok(), taken, "{width}x{height}");
        if let Err(cause) = made {
            assert_eq!(cause.code, "cover_too_small");
            assert_eq!(cause.params["min_width"], "960");
        }
    }
    let one = written(&picture(1, 1), ImageFormat::Png);
    assert_eq!(make(&one, &any(), 50).unwrap().bytes, one);
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    for (width, height) in [(30_000, 30_000), (65_535, 65_535), (50_000_001, 1)] {
        let bomb = claiming(width, height);
        assert!(bomb.len() < 1000);
        let cause = look(&bomb).unwrap_err();
        assert_eq!(cause.code, "cover_too_many_pixels", "{width}x{height}");
        assert_eq!(cause.params["max_megapixels"], "50");
    }
    // As many as are allowed are believed, and then not found.
    assert!(look(&claiming(50_000_000, 1)).is_ok());
    assert_eq!(code(&claiming(50_000, 1000), &any()), "cover_damaged");
    let mut bomb = gif(1);
    bomb[6..10].copy_from_slice(&[0xFF; 4]);
    assert_eq!(look(&bomb).unwrap_err().code, "cover_too_many_pixels");
}

#[test]
fn an_image_that_ends_early_is_named() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ] {
        let whole = written(&noise(200, 150), format);
        check(&whole).unwrap();
        for left in [12, 40, whole.len() / 2, whole.len() - 50] {
            let cause = check(&whole[..left]).unwrap_err();
            assert_eq!(cause.code, "cover_damaged", "{format:?} to {left}");
        }
    }
}

#[test]
fn what_is_no_image_is_named_whatever_its_file_is_called() {
    for bytes in [
        &b""[..],
        b"<svg/>",
        b"%PDF-1.7",
        b"\0\0\0\x18ftypmp42",
        b"II*\0",
    ] {
        assert_eq!(look(bytes).unwrap_err().code, "cover_not_an_image");
    }
    let large = vec![0xFF; FILE_MAX_BYTES as usize + 1];
    assert_eq!(look(&large).unwrap_err().code, "cover_file_too_large");
}

#[test]
fn of_a_moving_image_the_first_picture_is_taken() {
    let seen = |moves| Seen {
        width_px: 40,
        height_px: 30,
        moves,
        ending: "gif",
    };
    assert_eq!(look(&gif(1)), Ok(seen(false)));
    assert_eq!(look(&gif(3)), Ok(seen(true)));
    let image = read(&make(&gif(3), &any(), 50).unwrap()).to_rgb8();
    assert_eq!(image.get_pixel(5, 5).0, [200, 0, 0]);
}

#[test]
fn a_preview_is_a_small_jpeg_of_the_whole() {
    let bytes = turned_jpeg(&picture(800, 200), 6);
    let shown = image::load_from_memory(&preview(&bytes, 320).unwrap()).unwrap();
    assert_eq!((shown.width(), shown.height()), (80, 320));
    let small = preview(&written(&picture(20, 10), ImageFormat::Png), 320).unwrap();
    assert_eq!(image::load_from_memory(&small).unwrap().width(), 20);
}

#[test]
fn colours_keep_their_profile() {
    let profile = b"a colour profile".repeat(9);
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile.clone()).unwrap();
    let image = picture(64, 32).to_rgb8();
    encoder
        .write_image(&image, 64, 32, ExtendedColorType::Rgb8)
        .unwrap();
    let mut square = rule((0, 0), Some("1:1"), 0);
    for formats in [["jpg"], ["png"]] {
        square.formats = formats.map(Into::into).into();
        let made = make(&bytes, &square, 50).unwrap();
        let mut reader = image::ImageReader::new(Cursor::new(&made.bytes))
            .with_guessed_format()
            .unwrap()
            .into_decoder()
            .unwrap();
        let kept = image::ImageDecoder::icc_profile(&mut reader).unwrap();
        assert_eq!(kept.as_ref(), Some(&profile), "{formats:?}");
    }
}
