//! Text out of bytes whose encoding nobody told: lists from spreadsheets, captions from editors.
//!
//! Pure. A mark at the beginning decides; without one it is UTF-8, and what is not UTF-8 is GB 18030 where it can be, the one other encoding that
//! our users' programs still write by themselves. Nothing is replaced silently.

use crate::Cause;
use encoding_rs::{Encoding, GB18030, UTF_8};

/// The text, without a byte order mark.
///
/// # Errors
/// `text_not_readable`, with the line in which the first byte that is no text stands.
pub fn decode(bytes: &[u8]) -> Result<String, Cause> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let bytes = &bytes[mark..];
    if encoding != UTF_8 {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        return text
            .map(Into::into)
            .ok_or_else(|| Cause::new("text_not_readable").with("line", 1));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let chinese = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
            // A zero is in no text: it is UTF-16 without its mark, or no text at all.
            chinese
                .filter(|text| !text.contains('\0'))
                .map(Into::into)
                .ok_or_else(|| {
                    let before = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n');
                    let line = before.count();
                    Cause::new("text_not_readable").with("line", line)
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_common_programs_write_is_read() {
        let text = "标题,字幕\n海辺";
        let utf16 = |big: bool| -> Vec<u8> {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units
                .flat_map(|unit: u16| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            GB18030.encode(text).0.into_owned(),
            utf16(true),
            utf16(false),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
        assert_eq!(decode(b"").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_no_text_is_told_with_its_line() {
        let line = |bytes: &[u8]| decode(bytes).unwrap_err().params["line"].clone();
        assert_eq!(line(b"one\ntwo\n\xff\xff\xff"), "3");
        assert_eq!(line(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff"), "1");
        assert_eq!(line(b"\xfe\xff\xd8\x00"), "1", "half a pair");
    }
}
