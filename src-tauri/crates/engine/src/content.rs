//! The BLAKE3 hash of a whole file, of parts that are read once each, in any order and at any time.
//!
//! A BLAKE3 hash is a tree. Each part brings the values of the subtrees that begin in it, which its receipt keeps; put together they are the hash,
//! also when some of them were taken before a restart. Knows nothing of files and platforms.
//! Invariant: a chunk of the tree belongs to the part that it begins in. So a part skips what is left of its predecessor's last chunk, and asks for
//! the rest of its own: less than 1 KiB is read twice where parts are cut elsewhere than between chunks.

use crate::{
    fingerprint::{self, SourceFault},
    reader::{PIECE_BYTES, Source},
    worker::source_failed,
};
use blake3::{
    CHUNK_LEN, Hash, Hasher,
    hazmat::{self, ChainingValue, HasherExt as _, Mode},
};
use slipway_model::{Cause, Cuts, ErrorKind, Receipt, Span};
use slipway_platforms::Error;
use std::sync::Arc;

const CHUNK: u64 = CHUNK_LEN as u64;

/// Takes the subtrees of one part, whose bytes come in order.
pub(crate) struct PartHash {
    total: u64,
    /// Bytes that are still the predecessor's.
    skip: u64,
    /// Where the part's own chunks end; its bytes may end before.
    end: u64,
    at: u64,
    subtree: Hasher,
    /// Of the subtree under way.
    left: u64,
    values: String,
}

impl PartHash {
    pub(crate) fn new(span: Span, total: u64) -> Self {
        let (from, end) = owned(span, total);
        let mut this = Self {
            total,
            skip: from - span.offset_bytes,
            end,
            at: from,
            subtree: Hasher::new(),
            left: 0,
            values: String::new(),
        };
        this.begin();
        this
    }

    fn begin(&mut self) {
        self.left = subtree_len(self.at, self.end, self.total);
        if self.left > 0 {
            self.subtree = Hasher::new();
            self.subtree.set_input_offset(self.at);
        }
    }

    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        let skipped = self.skip.min(bytes.len() as u64);
        self.skip -= skipped;
        bytes = &bytes[skipped as usize..];
        while self.left > 0 && !bytes.is_empty() {
            let (now, later) = bytes.split_at(self.left.min(bytes.len() as u64) as usize);
            self.subtree.update(now);
            self.left -= now.len() as u64;
            self.at += now.len() as u64;
            bytes = later;
            if self.left == 0 {
                // The whole file as one subtree: there is nothing to join it with.
                let value = if self.subtree.count() == self.total {
                    *self.subtree.finalize().as_bytes()
                } else {
                    self.subtree.finalize_non_root()
                };
                self.values += &Hash::from(value).to_hex();
                self.begin();
            }
        }
    }

    /// Bytes behind the part that its last chunk wants, once all of the part is in.
    pub(crate) fn wanted(&self) -> u64 {
        self.left.min(CHUNK)
    }

    /// The values, in hex and in order; empty for a part that no chunk begins in.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.values)
    }
}

/// The hash of the whole file, of its parts' values. `None` when a part has none, as one that an earlier version landed.
pub(crate) fn whole(cuts: &Cuts, receipts: &[Receipt]) -> Option<Hash> {
    let total = cuts.total_bytes();
    if total == 0 {
        return None;
    }
    let mut subtrees = Vec::new();
    for (span, receipt) in cuts.spans().zip(receipts) {
        let (mut at, end) = owned(span, total);
        for value in values(receipt.blake3.as_ref()?)? {
            let len = subtree_len(at, end, total);
            if len == 0 {
                return None;
            }
            subtrees.push((len, value));
            at += len;
        }
        if at != end {
            return None;
        }
    }
    if let [(len, value)] = subtrees.as_slice() {
        return (*len == total).then_some(*value);
    }
    let mut subtrees = subtrees.into_iter();
    let split = hazmat::left_subtree_len(total);
    let left = node(&mut subtrees, split)?;
    let right = node(&mut subtrees, total - split)?;
    Some(hazmat::merge_subtrees_root(&left, &right, Mode::Hash))
}

/// The value of the next subtree, `len` bytes long.
fn node(subtrees: &mut impl Iterator<Item = (u64, Hash)>, len: u64) -> Option<ChainingValue> {
    let (first, value) = subtrees.next()?;
    join(subtrees, len, first, *value.as_bytes())
}

/// Grows a subtree of `have` bytes at the left edge until it is `len` bytes long.
fn join(
    subtrees: &mut impl Iterator<Item = (u64, Hash)>,
    len: u64,
    have: u64,
    value: ChainingValue,
) -> Option<ChainingValue> {
    if have == len {
        return Some(value);
    }
    if have > len || len <= CHUNK {
        return None;
    }
    let split = hazmat::left_subtree_len(len);
    let left = join(subtrees, split, have, value)?;
    let right = node(subtrees, len - split)?;
    Some(hazmat::merge_subtrees_non_root(&left, &right, Mode::Hash))
}

/// The hash of a file, read from end to end on the blocking threads. Ends early when nobody waits for it any more.
pub(crate) async fn read(source: Arc<Source>) -> Result<Hash, Error> {
    let waited_for = Arc::new(());
    let watched = Arc::downgrade(&waited_for);
    let read = tokio::task::spawn_blocking(move || {
        let mut hash = Hasher::new();
        let (mut at, end) = (0, source.fingerprint.size_bytes);
        let mut piece = vec![0; PIECE_BYTES];
        while at < end && watched.strong_count() > 0 {
            let len = PIECE_BYTES.min((end - at) as usize);
            fingerprint::read_exact_at(&source.file, &mut piece[..len], at)
                .map_err(|error| SourceFault::io(&source.path, &error))?;
            hash.update(&piece[..len]);
            at += len as u64;
        }
        Ok(hash.finalize())
    });
    let read = read.await;
    drop(waited_for);
    match read {
        Ok(read) => read.map_err(|fault| source_failed("reading the file", fault)),
        Err(error) => {
            let cause = Cause::new("internal_fault");
            Err(
                Error::new("slipway", "reading the file", ErrorKind::ServerFault, cause)
                    .because(error),
            )
        }
    }
}

/// From the first chunk that begins in a part to the end of the last.
fn owned(span: Span, total: u64) -> (u64, u64) {
    let end = span.offset_bytes + span.len_bytes;
    let edge = |at: u64| at.next_multiple_of(CHUNK).min(total);
    (edge(span.offset_bytes), edge(end))
}

/// The largest subtree of the file's tree that begins at `at` and ends by `end`; 0 at the end.
fn subtree_len(at: u64, end: u64, total: u64) -> u64 {
    let rest = end - at;
    if rest == 0 {
        return 0;
    }
    let room = hazmat::max_subtree_len(at).unwrap_or(u64::MAX);
    if end == total && rest <= room {
        return rest;
    }
    room.min(1 << rest.ilog2())
}

fn values(hex: &str) -> Option<Vec<Hash>> {
    if !hex.is_ascii() {
        return None;
    }
    let each = hex.as_bytes().chunks(2 * blake3::OUT_LEN);
    each.map(|value| Hash::from_hex(value).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 31 % 251) as u8).collect()
    }

    /// As the reader does it: in pieces, with what the last chunk wants behind the part.
    fn receipt(file: &[u8], span: Span, piece: usize) -> Receipt {
        let mut hash = PartHash::new(span, file.len() as u64);
        let end = (span.offset_bytes + span.len_bytes) as usize;
        for piece in file[span.offset_bytes as usize..end].chunks(piece) {
            hash.update(piece);
        }
        let wanted = hash.wanted() as usize;
        hash.update(&file[end..end + wanted]);
        Receipt {
            blake3: Some(hash.finish()),
            ..Receipt::default()
        }
    }

    fn joined(file: &[u8], cuts: &Cuts, piece: usize) -> Option<Hash> {
        // The last part first: order of reading does not matter.
        let spans: Vec<_> = cuts.spans().collect();
        let mut receipts: Vec<_> = spans
            .iter()
            .rev()
            .map(|s| receipt(file, *s, piece))
            .collect();
        receipts.reverse();
        whole(cuts, &receipts)
    }

    #[test]
    fn parts_of_every_cut_join_to_the_hash_of_the_file() {
        for len in [
            1,
            2,
            1023,
            1024,
            1025,
            2048,
            3000,
            4096,
            7 * 1024,
            7 * 1024 + 1,
            65_536,
            100_000,
            300_001,
        ] {
            let file = bytes(len);
            let want = blake3::hash(&file);
            for part in [1, 100, 1023, 1024, 1025, 4096, 5000, 8192, 65_536, 1 << 20] {
                if len / part > 3000 {
                    continue;
                }
                let cuts = Cuts::equal(len as u64, part as u64);
                assert_eq!(
                    joined(&file, &cuts, 777),
                    Some(want),
                    "{len} in parts of {part}"
                );
            }
        }
    }

    #[test]
    fn parts_with_a_tail_join_to_the_hash_of_the_file() {
        let file = bytes(5_000_017);
        let cuts = Cuts::with_tail(file.len() as u64, 1 << 20, 3, 100_000);
        assert!(cuts.len() > 6, "it has a tail");
        assert_eq!(joined(&file, &cuts, 256 << 10), Some(blake3::hash(&file)));
    }

    #[test]
    fn a_part_that_an_earlier_version_landed_or_that_is_damaged_gives_no_hash() {
        let file = bytes(10_000);
        let cuts = Cuts::equal(10_000, 4096);
        let good: Vec<_> = cuts
            .spans()
            .map(|span| receipt(&file, span, 4096))
            .collect();
        let spoil = |value: Option<&str>| {
            let mut receipts = good.clone();
            receipts[1].blake3 = value.map(ToOwned::to_owned);
            whole(&cuts, &receipts)
        };
        for value in [
            None,
            Some(""),
            Some("00"),
            Some("é"),
            good[1].blake3.as_deref().map(|_| "zz"),
        ] {
            assert_eq!(spoil(value), None, "{value:?}");
        }
        let twice = good[1].blake3.clone().unwrap().repeat(2);
        assert_eq!(spoil(Some(&twice)), None, "more values than subtrees");
        assert_eq!(whole(&cuts, &good[..2]), None, "not all parts");
        assert_eq!(whole(&cuts, &good), Some(blake3::hash(&file)));
    }
}
