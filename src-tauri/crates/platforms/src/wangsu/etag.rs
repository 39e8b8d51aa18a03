//! The storage's whole-file hash: SHA-1 of pieces of 4 MiB, and SHA-1 of those.
//!
//! Pure. The pieces are of 4 MiB whatever the size of the blocks, so blocks are multiples of it and bring their pieces' digests with them.
//! Source: the storage's etag page and its SDKs (`wcs_etag_cal` of `wcs-python3-sdk` 5.0.36), read 2026-11-22.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha1::{Digest as _, Sha1};

/// A piece, and the least block (4 MiB).
pub(super) const PIECE_BYTES: u64 = 4 << 20;

pub(super) type Sha1Sum = [u8; 20];

/// The hash of a file whose pieces have these digests.
pub(super) fn of_pieces(pieces: &[Sha1Sum]) -> String {
    let (mark, sum) = match pieces {
        [] => (0x16, Sha1::digest(b"").into()),
        [one] => (0x16, *one),
        many => (0x96, Sha1::digest(many.concat()).into()),
    };
    let mut whole = [mark; 21];
    whole[1..].copy_from_slice(&sum);
    URL_SAFE_NO_PAD.encode(whole)
}

/// Takes bytes in any portions and keeps the digest of each piece.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces {
    done: Vec<Sha1Sum>,
    open: Sha1,
    in_open: u64,
}

impl Pieces {
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = PIECE_BYTES - self.in_open;
            let len = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            self.open.update(&bytes[..len]);
            self.in_open += len as u64;
            bytes = &bytes[len..];
            if self.in_open == PIECE_BYTES {
                self.close();
            }
        }
    }

    pub(super) fn finish(mut self) -> Vec<Sha1Sum> {
        if self.in_open > 0 {
            self.close();
        }
        self.done
    }

    fn close(&mut self) {
        self.done
            .push(std::mem::take(&mut self.open).finalize().into());
        self.in_open = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etag(bytes: &[u8], portion: usize) -> String {
        let mut pieces = Pieces::default();
        bytes.chunks(portion).for_each(|some| pieces.update(some));
        of_pieces(&pieces.finish())
    }

    #[test]
    fn the_hash_agrees_with_the_vectors() {
        let mut two = vec![0x55; 2 << 20];
        two.extend(vec![0x4d; 2 << 20]);
        two.push(b'0');
        for (bytes, want) in [
            (&b""[..], "Fto5o-5ea0sNMlW_75VgGJCv2AcJ"),
            (b"hello world", "FiqubDXJT8-0FdvpX0CLnOke6Ebt"),
            (b"UMUTech@qq.com", "FpAEzHGOWdh-QAYhattxl1vqHLMw"),
            (&two, "ljQoZqmvLKtOnK_5OHnMRw1djggC"),
        ] {
            assert_eq!(etag(bytes, 300_000), want);
        }
        let mib = 1 << 20;
        for (len, want) in [
            (100, "Fh5mNL-uvANIKYEFkj0PJuR6oz_1"),
            (4 * mib - 1, "Fn9tkLHM2wFqBpgIZJ4NMMYVKZLl"),
            (4 * mib, "Fgd8eREZ4FXnoK5eUHCJo_kRSDb1"),
            (4 * mib + 1, "lgV4TNEnA2AXSRVyDqVW4bohMKad"),
            (8 * mib, "lhZWuy7H6BDwRPEg8SCwWrzJuMmX"),
            (10 * mib, "lpWW94Kd7uuN_TCTi_xpbr4WtvSz"),
            (21 * mib, "lrerHBqsa0z93U64B0Aiezd0sAer"),
        ] {
            let pattern: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            assert_eq!(etag(&pattern, 1_000_003), want, "{len} bytes");
        }
    }
}
