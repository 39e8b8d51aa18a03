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
    let at = match std::str::from_utf8(bytes) {
        // A zero is in no text: it is UTF-16 without its mark, or no text at all.
        Ok(text) => match text.find('\0') {
            None => return Ok(text.to_owned()),
            Some(zero) => zero,
        },
        Err(error) => {
            let chinese = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
            let chinese = chinese.filter(|text| !text.contains('\0') && !is_damaged(bytes));
            if let Some(text) = chinese {
                return Ok(text.into());
            }
            error.valid_up_to()
        }
    };
    let line = bytes[..at].split(|byte| *byte == b'\n').count();
    Err(Cause::new("text_not_readable").with("line", line))
}

/// As [`decode`], with U+FFFD for what is no text in the midst of it.
///
/// # Errors
/// `text_not_readable`, where it is none at all.
pub fn decode_most(bytes: &[u8]) -> Result<String, Cause> {
    decode(bytes).or_else(|cause| {
        let (text, _, _) = UTF_8.decode(bytes);
        if text.contains('\0') {
            Err(cause)
        } else {
            Ok(text.into())
        }
    })
}

/// Whether it is UTF-8 but for a few bytes: other encodings have such characters by chance only.
fn is_damaged(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > 3 * broken
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
        assert_eq!(line(b"f\0i\0l\0e\0"), "1", "UTF-16 without its mark");
        let damaged = [b"one\n\xff\n", "海辺の夜明け".as_bytes()].concat();
        assert_eq!(line(&damaged), "2");
        let cut = &"海辺の夜明け、港の夜明け".as_bytes()[1..];
        assert_eq!(line(cut), "1", "it would be other words in GB 18030");
    }

    #[test]
    fn a_broken_character_does_not_hide_the_text_around_it() {
        for (bytes, text) in [
            (&b"caf\xe9\nsea"[..], Ok("caf\u{fffd}\nsea")),
            (b"\xef\xbb\xbfcaf\xe9\nsea", Ok("caf\u{fffd}\nsea")),
            (b"\xff\xfea\0\x00\xd8b\0", Ok("a\u{fffd}b")),
            (b"sea", Ok("sea")),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Err(())),
        ] {
            let read = decode_most(bytes);
            assert_eq!(read.as_deref().map_err(drop), text, "{bytes:?}");
        }
    }
}
