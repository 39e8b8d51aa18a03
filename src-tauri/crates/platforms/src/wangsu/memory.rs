//! What is remembered of an account while the program runs: tokens that were renewed, how far each block has come, how often was called.
//!
//! Losing it costs a call or the bytes of a few blocks, never a video. Invariant: a block's memory is of the bytes that the storage has
//! acknowledged, and is forgotten as soon as the storage contradicts it.

use super::ticket::{Kept, Place};
use crate::calls::Calls;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Failures of the line, not made good by as many blocks, from which on chunks are small.
const ROUGH: u32 = 2;
/// The failures that are remembered at most: a line that is good again has its large chunks soon.
const ROUGH_MAX: u32 = 6;

#[derive(Default)]
pub(super) struct Memory {
    uploads: Mutex<HashMap<String, Arc<Upload>>>,
    /// Places whose file was stored damaged, by file id: to be written over rather than left beside a second video.
    pub(super) damaged: Mutex<HashMap<String, Place>>,
    /// When a video was first looked for, and whether it was ever on the list.
    pub(super) looked_for: Mutex<HashMap<String, (Instant, bool)>>,
    /// The last second for which a request was signed, by its digest.
    stamps: Mutex<HashMap<[u8; 32], i64>>,
    calls: Calls,
}

/// One upload while it is sent.
pub(super) struct Upload {
    /// With the latest token.
    pub(super) place: Mutex<Place>,
    /// Held while a token is renewed: one call for all workers.
    pub(super) renewing: tokio::sync::Mutex<()>,
    blocks: Mutex<HashMap<u32, Block>>,
    rough: AtomicU32,
}

/// A block that was begun, by what the storage acknowledged of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// The handle of its state; `None` when it must begin anew.
    pub(super) ctx: Option<String>,
    pub(super) offset_bytes: u64,
    /// CRC-32 of the bytes up to there: the file may have changed since.
    pub(super) crc32: u32,
    /// A chunk was sent whose answer did not come: the handle may be spent.
    pub(super) unsure: bool,
    /// Refusals since the last acknowledgement.
    pub(super) refusals: u32,
}

impl Upload {
    fn new(place: Place) -> Self {
        Self {
            place: Mutex::new(place),
            renewing: tokio::sync::Mutex::default(),
            blocks: Mutex::default(),
            rough: AtomicU32::new(0),
        }
    }

    pub(super) fn block(&self, number: u32) -> Block {
        self.blocks.lock().get(&number).cloned().unwrap_or_default()
    }

    pub(super) fn keep(&self, number: u32, block: Block) {
        self.blocks.lock().insert(number, block);
    }

    /// A block is whole: its receipt holds the rest.
    pub(super) fn landed(&self, number: u32) {
        self.blocks.lock().remove(&number);
        let _ = self
            .rough
            .fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1));
    }

    pub(super) fn line_failed(&self) {
        let _ = self
            .rough
            .fetch_update(Relaxed, Relaxed, |n| (n < ROUGH_MAX).then_some(n + 1));
    }

    pub(super) fn is_rough(&self) -> bool {
        self.rough.load(Relaxed) >= ROUGH
    }
}

/// Counts a chunk as failed unless it is told that it was answered: also when it is dropped.
pub(super) struct Attempt<'a>(Option<&'a Upload>);

impl<'a> Attempt<'a> {
    pub(super) fn begin(upload: &'a Upload) -> Self {
        Self(Some(upload))
    }
    pub(super) fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(upload) = self.0 {
            upload.line_failed();
        }
    }
}

impl Memory {
    /// The memory of a ticket's upload, made from the ticket on first use.
    pub(super) fn upload(&self, kept: &Kept) -> Arc<Upload> {
        let mut uploads = self.uploads.lock();
        uploads
            .entry(kept.batch.clone())
            .or_insert_with(|| Arc::new(Upload::new(kept.place.clone())))
            .clone()
    }

    pub(super) fn forget(&self, batch: &str) {
        self.uploads.lock().remove(batch);
    }

    /// The second for a signature: now, or the next that this very request was not signed for. The same signature is refused when it comes twice.
    pub(super) fn stamp_s(&self, digest: [u8; 32], now_s: i64) -> i64 {
        const REPLAY_S: i64 = 300;
        let mut stamps = self.stamps.lock();
        stamps.retain(|_, last| (now_s - *last).abs() < REPLAY_S);
        let stamp = stamps
            .get(&digest)
            .map_or(now_s, |last| now_s.max(last + 1));
        stamps.insert(digest, stamp);
        stamp
    }

    /// Takes leave for one call, or says how long until there is one: `most` calls in five minutes, a tenth of them at once. Looks leave a
    /// quarter of the burst to calls that move an upload on. Waiting is the engine's.
    pub(super) fn may_call(&self, most: u64, is_look: bool) -> Result<(), Duration> {
        let (rate, burst) = (most as f64 / 300.0, (most as f64 / 10.0).max(4.0));
        let kept = if is_look { burst / 4.0 } else { 0.0 };
        self.calls.may_call(rate, burst, kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn looks_leave_room_for_calls_that_move_an_upload_on() {
        let memory = Memory::default();
        let looks = (0..100)
            .take_while(|_| memory.may_call(300, true).is_ok())
            .count();
        assert_eq!(looks, 22, "a burst of 30, a quarter of it kept");
        let calls = (0..100)
            .take_while(|_| memory.may_call(300, false).is_ok())
            .count();
        assert_eq!(calls, 8);
        let wait = memory.may_call(300, false).expect_err("the burst is spent");
        tokio::time::advance(wait).await;
        assert_eq!(memory.may_call(300, false), Ok(()), "one a second");
        assert!(memory.may_call(300, false).is_err());
    }

    #[test]
    fn the_same_request_is_never_signed_twice_for_one_second() {
        let memory = Memory::default();
        let stamps: Vec<i64> = (0..3).map(|_| memory.stamp_s([1; 32], 1000)).collect();
        assert_eq!(stamps, [1000, 1001, 1002]);
        assert_eq!(memory.stamp_s([2; 32], 1000), 1000, "another request");
        assert_eq!(memory.stamp_s([1; 32], 1010), 1010);
    }

    #[test]
    fn a_rough_line_is_forgiven_with_each_block() {
        let upload = Upload::new(serde_json::from_str(
            r#"{"url":"u","token":"t","bucket":"b","key":"k","video_id":"v","got_ms":0,"deadline_ms":1}"#,
        ).unwrap());
        Attempt::begin(&upload).answered();
        assert!(!upload.is_rough());
        drop(Attempt::begin(&upload));
        drop(Attempt::begin(&upload));
        assert!(upload.is_rough(), "two chunks without an answer");
        upload.landed(1);
        assert!(!upload.is_rough());
    }
}
