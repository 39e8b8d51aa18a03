//! PNG and JPEG: only the size of the picture, from the file's head. Sources: PNG (third edition), section 11.2.1; ITU-T T.81, annex B.2; read 2026-11-22.

/// Width and height; `None` where the bytes are neither, or break off before they say.
pub fn still_px(bytes: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => {
            let side = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
            (side(16)?, side(20)?)
        }
        [0xff, 0xd8, ..] => jpeg(bytes)?,
        _ => return None,
    };
    (width > 0 && height > 0).then_some((width, height))
}

fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let word = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        match *bytes.get(at + 1)? {
            // Padding, and markers that stand alone.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            // A frame: all of its kinds but the tables that have numbers among them.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((word(at + 7)?.into(), word(at + 5)?.into()));
            }
            // The picture begins, or ends, without one.
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::from(word(at + 2)?.max(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\xc0\0\0\x02\x58\x08\x02\0\0\0";

    fn jpeg_of(frame: u8) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xc0, 9, 9];
        bytes.extend([
            0xff, 0xff, frame, 0, 11, 8, 0x02, 0x58, 0x03, 0xc0, 1, 1, 0x11, 0,
        ]);
        bytes
    }

    #[test]
    fn the_size_of_a_picture_stands_in_its_head() {
        assert_eq!(still_px(PNG), Some((960, 600)));
        for frame in [0xc0, 0xc1, 0xc2, 0xcf] {
            assert_eq!(still_px(&jpeg_of(frame)), Some((960, 600)));
        }
    }

    #[test]
    fn a_head_that_breaks_off_or_lies_says_nothing() {
        let whole = jpeg_of(0xc0);
        for len in 0..=PNG.len().min(23) {
            assert_eq!(still_px(&PNG[..len]), None);
        }
        for len in 0..19 {
            assert_eq!(still_px(&whole[..len]), None, "{len}");
        }
        for bytes in [
            &jpeg_of(0xc4)[..],
            b"\xff\xd8\xff\xe0\0\0\xff\xd9",
            b"\xff\xd8\xff\xda\0\x02",
            b"GIF89a\x01\0\x01\0",
            &[0xff, 0xd8].repeat(9),
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\x01",
        ] {
            assert_eq!(still_px(bytes), None, "{bytes:?}");
        }
    }
}
