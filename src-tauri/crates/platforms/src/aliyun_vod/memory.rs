//! What is remembered of an account while the program runs. Losing it costs a call or a second record on the platform, never bytes.

use super::{place::Credential, sign::Key, ticket::Kept};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How much the last part weighs in the measured speed.
const WEIGHT: f64 = 0.3;

#[derive(Default)]
pub(super) struct Memory {
    /// The temporary key for API calls and its end in the platform's time. Held while one is asked for: one at a time.
    pub(super) temporary: tokio::sync::Mutex<Option<(Key, i64)>>,
    /// Credentials in use, by the platform's id of the work.
    uploads: Mutex<HashMap<String, Arc<Slot>>>,
    /// Works whose place was lost, by the draft's key: the next place is asked for the same work.
    lost: Mutex<HashMap<String, String>>,
    /// Covers and subtitles that are on the platform, by the draft's key and the hash of its words and cover.
    pub(super) sent: Mutex<HashMap<String, String>>,
    /// One lane's speed of late, in bytes a second.
    speed: Mutex<Option<f64>>,
}

pub(super) struct Slot {
    pub(super) current: Mutex<Credential>,
    /// Held while it is renewed: one at a time.
    pub(super) renewing: tokio::sync::Mutex<()>,
}

impl Memory {
    /// The credential of this upload: the renewed one, or the ticket's.
    pub(super) fn slot(&self, kept: &Kept) -> Arc<Slot> {
        let mut uploads = self.uploads.lock();
        let entry = uploads.entry(kept.video_id.clone()).or_insert_with(|| {
            Arc::new(Slot {
                current: Mutex::new(kept.credential()),
                renewing: tokio::sync::Mutex::default(),
            })
        });
        entry.clone()
    }

    pub(super) fn forget(&self, kept: &Kept) {
        self.uploads.lock().remove(&kept.video_id);
        self.lost.lock().remove(&kept.draft);
    }

    /// Its next place is to be for the same work.
    pub(super) fn lose_place(&self, kept: &Kept) {
        self.uploads.lock().remove(&kept.video_id);
        let mut lost = self.lost.lock();
        lost.insert(kept.draft.clone(), kept.video_id.clone());
    }

    /// The work that this draft had a place for.
    pub(super) fn take_lost(&self, draft: &str) -> Option<String> {
        self.lost.lock().remove(draft)
    }

    pub(super) fn note_speed(&self, bytes: u64, took: Duration) {
        if bytes < 65_536 || took.is_zero() {
            return;
        }
        let now = bytes as f64 / took.as_secs_f64();
        let mut speed = self.speed.lock();
        *speed = Some(speed.map_or(now, |old| old + (now - old) * WEIGHT));
    }

    /// How long a part of so many bytes will take, by the last ones.
    pub(super) fn time_for(&self, bytes: u64) -> Duration {
        let speed = self.speed.lock().filter(|speed| *speed > 0.0);
        speed.map_or(Duration::ZERO, |speed| {
            Duration::from_secs_f64((bytes as f64 / speed).min(86_400.0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_for_a_part_follows_the_line() {
        let memory = Memory::default();
        assert_eq!(memory.time_for(1 << 30), Duration::ZERO, "not known yet");
        memory.note_speed(1_000_000, Duration::from_secs(1));
        assert_eq!(memory.time_for(5_000_000), Duration::from_secs(5));
        for _ in 0..30 {
            memory.note_speed(1_000_000, Duration::from_secs(10));
        }
        let now = memory.time_for(1_000_000);
        assert!(
            now > Duration::from_secs(9) && now <= Duration::from_secs(10),
            "{now:?}"
        );
        memory.note_speed(10, Duration::from_secs(100));
        assert_eq!(memory.time_for(1_000_000), now, "a tail says nothing");
    }
}
