//! The whole file's hash as the storage has it, over pieces of 4 MiB whatever the blocks were.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha1::{Digest as _, Sha1};

pub(crate) const PIECE: usize = 4 << 20;

#[derive(Debug, Default)]
pub(crate) struct Etag {
    sums: Vec<u8>,
    open: Sha1,
    in_open: usize,
}

impl Etag {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (some, rest) = bytes.split_at(bytes.len().min(PIECE - self.in_open));
            self.open.update(some);
            self.in_open += some.len();
            bytes = rest;
            if self.in_open == PIECE {
                self.sums.extend(std::mem::take(&mut self.open).finalize());
                self.in_open = 0;
            }
        }
    }

    pub(crate) fn finish(mut self) -> String {
        if self.in_open > 0 || self.sums.is_empty() {
            self.sums.extend(self.open.finalize());
        }
        let mut whole = if self.sums.len() == 20 {
            vec![0x16]
        } else {
            vec![0x96]
        };
        if self.sums.len() == 20 {
            whole.extend(&self.sums);
        } else {
            whole.extend(Sha1::digest(&self.sums));
        }
        URL_SAFE_NO_PAD.encode(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_agrees_with_the_vectors() {
        for (len, want) in [
            (0, "Fto5o-5ea0sNMlW_75VgGJCv2AcJ"),
            (100, "Fh5mNL-uvANIKYEFkj0PJuR6oz_1"),
            (PIECE, "Fgd8eREZ4FXnoK5eUHCJo_kRSDb1"),
            (PIECE + 1, "lgV4TNEnA2AXSRVyDqVW4bohMKad"),
            (10 << 20, "lpWW94Kd7uuN_TCTi_xpbr4WtvSz"),
            (21 << 20, "lrerHBqsa0z93U64B0Aiezd0sAer"),
        ] {
            let mut etag = Etag::default();
            let pattern: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            pattern.chunks(777_777).for_each(|some| etag.update(some));
            assert_eq!(etag.finish(), want, "{len}");
        }
    }
}
