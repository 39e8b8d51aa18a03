//! What is remembered of an account while the program runs. Losing it costs a call or a part, never a video.

use super::{bearer::Bearer, upload_tokens::Delegated};
use parking_lot::Mutex;
use slipway_model::{Allowance, Counted};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::time::Instant;

/// The platform's three limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Upload,
    Write,
    Read,
}

#[derive(Default)]
pub(super) struct Memory {
    /// Held while an access token is fetched: one at a time.
    pub(super) bearer: tokio::sync::Mutex<Option<Bearer>>,
    /// Tokens made since their tickets were written, by video. Held while one is made.
    pub(super) delegated: tokio::sync::Mutex<HashMap<String, Delegated>>,
    /// The video that a ticket's first part made, by the ticket's name, where an upload token is all there is.
    begun: Mutex<HashMap<String, String>>,
    /// Parts that the platform says it holds, by video.
    there: Mutex<HashMap<String, HashSet<u32>>>,
    /// What the last answer of each kind told of its limit: left, of, and until when that holds.
    windows: Mutex<[Option<(u64, u64, Instant)>; 3]>,
    /// Until when a limit is spent.
    spent: Mutex<[Option<Instant>; 3]>,
}

impl Memory {
    /// Notes that the platform will take no more calls of this kind for a while.
    pub(super) fn is_spent(&self, kind: Kind, wait: Duration) {
        self.spent.lock()[kind as usize] = Some(Instant::now() + wait);
    }

    pub(super) fn note_window(&self, kind: Kind, left: u64, of: u64, ends_in: Duration) {
        self.windows.lock()[kind as usize] = Some((left, of, Instant::now() + ends_in));
    }

    /// Of the limits that are known now, the one that is used up first.
    pub(super) fn scarcest(&self, now_ms: i64) -> Option<Allowance> {
        let now = Instant::now();
        let windows = *self.windows.lock();
        let open = windows.into_iter().flatten().filter(|(.., end)| *end > now);
        let (left, of, end) = open.min_by_key(|(left, ..)| *left)?;
        let ends_in = i64::try_from(end.duration_since(now).as_millis()).ok()?;
        Some(Allowance {
            what: Counted::Requests,
            left: left.min(of),
            of: Some(of),
            renews_at_ms: Some(now_ms + ends_in),
        })
    }

    /// How long until calls of this kind are taken again.
    pub(super) fn wait(&self, kind: Kind) -> Option<Duration> {
        let until = self.spent.lock()[kind as usize]?;
        let wait = until.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// Notes which video a ticket's first part has made.
    pub(super) fn begin(&self, ticket: &str, video: &str) {
        self.begun
            .lock()
            .insert(ticket.to_owned(), video.to_owned());
    }

    pub(super) fn begun(&self, ticket: &str) -> Option<String> {
        self.begun.lock().get(ticket).cloned()
    }

    pub(super) fn ended(&self, ticket: &str) {
        self.begun.lock().remove(ticket);
    }

    pub(super) fn learn(&self, video: &str, parts: impl IntoIterator<Item = u32>) {
        self.there
            .lock()
            .insert(video.to_owned(), parts.into_iter().collect());
    }

    pub(super) fn add(&self, video: &str, part: u32) {
        let mut there = self.there.lock();
        there.entry(video.to_owned()).or_default().insert(part);
    }

    pub(super) fn is_there(&self, video: &str, part: u32) -> bool {
        let there = self.there.lock();
        there.get(video).is_some_and(|parts| parts.contains(&part))
    }

    pub(super) fn forget(&self, video: &str) {
        self.there.lock().remove(video);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_limit_that_ends_first_is_told_while_it_holds() {
        let memory = Memory::default();
        memory.note_window(Kind::Read, 480, 500, Duration::from_secs(60));
        memory.note_window(Kind::Upload, 82, 100, Duration::from_secs(24));
        let told = memory.scarcest(1_000).unwrap();
        assert_eq!(
            (told.left, told.of, told.renews_at_ms),
            (82, Some(100), Some(25_000))
        );
        tokio::time::advance(Duration::from_secs(24)).await;
        assert_eq!(memory.scarcest(0).unwrap().left, 480);
        tokio::time::advance(Duration::from_secs(36)).await;
        assert_eq!(memory.scarcest(0), None, "nothing is known of a new minute");
    }

    #[tokio::test(start_paused = true)]
    async fn a_spent_limit_is_waited_out_and_others_are_not() {
        let memory = Memory::default();
        memory.is_spent(Kind::Upload, Duration::from_secs(7));
        assert_eq!(memory.wait(Kind::Upload), Some(Duration::from_secs(7)));
        assert_eq!(memory.wait(Kind::Read), None);
        assert_eq!(memory.wait(Kind::Write), None);
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(memory.wait(Kind::Upload), None);
    }
}
