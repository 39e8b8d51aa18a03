//! The simulated platforms as an account on them sees them: what signs it in, what is there in the end, and how each fault that every
//! platform can have is laid on it.
//!
//! Knows of the product only how its settings are called, and of the platforms only what their simulators tell. Always holds: what a
//! platform cannot have is said with its reason, never left out.

mod aliyun_vod;
mod api_video;
mod bilibili;
mod bluesky;
mod case;
pub mod slow;
mod wangsu;

use async_trait::async_trait;

pub use case::{CASES, Case, Stage, Trouble};

/// Their stable names, in the order they are offered.
pub const PLATFORMS: [&str; 5] = ["bilibili", "wangsu", "api-video", "aliyun-vod", "bluesky"];

/// How long an answer of 429 asks to wait: longer than any first pause of a client's own.
pub const RETRY_AFTER_S: u64 = 2;

const MIB: u64 = 1 << 20;

/// Marks that make a platform fail at its own work on the video, in its title and its file's name.
pub const REFUSED: &str = "[transcode-fail] [fail]";

/// What a platform cannot have or cannot do, and why.
pub type Cannot = &'static str;

/// A work that is there whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    pub title: String,
    pub sha256: String,
}

/// What was sent of one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub upload: String,
    pub number: u64,
    /// In all tries.
    pub received_bytes: u64,
    /// 0 when it is not held.
    pub held_bytes: u64,
}

/// An example of a fault that only this platform has, or has in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    pub name: &'static str,
    /// No client can get past it alone.
    pub needs_a_person: bool,
}

/// What a simulator tells of its faults, the same for all but for how one looks at it.
macro_rules! examples {
    ($look:ident, $public:expr) => {
        fn submitted_ms(&self) -> Vec<i64> {
            let answers = self.$look().answers.into_iter();
            let well = answers.filter(|a| a.call == $public && (200..300).contains(&a.http));
            well.map(|answer| answer.at_ms).collect()
        }
        fn struck(&self) -> usize {
            let answers = self.$look().answers;
            answers.iter().filter(|a| !a.faults.is_empty()).count()
        }
        fn examples(&self) -> Vec<crate::Example> {
            let example = |(name, rule): (&'static str, Rule)| crate::Example {
                name,
                needs_a_person: rule.fault.needs_a_person(),
            };
            Fault::catalogue().into_iter().map(example).collect()
        }
        fn strike(&self, number: usize) {
            self.fault(Fault::catalogue().swap_remove(number).1);
        }
    };
}
use examples;

/// A simulated platform that works at once, and an account on it whose parts are small.
#[async_trait]
pub trait Site: Send + Sync {
    fn platform(&self) -> &'static str;
    /// Nothing in them makes an upload slow.
    fn settings(&self) -> Vec<(&'static str, String)>;
    fn secrets(&self) -> Vec<(&'static str, String)>;
    /// What a manuscript needs beside a title.
    fn fields(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
    fn part_bytes(&self) -> u64;
    /// The largest file that is taken, where it is smaller than those of campaigns.
    fn file_max_bytes(&self) -> u64 {
        u64::MAX
    }

    /// The works that are there whole.
    async fn works(&self) -> Vec<Work>;
    /// Works that are there, whole or not.
    async fn publications(&self) -> usize {
        self.works().await.len()
    }
    /// SHA-256 of the covers that works have.
    async fn covers(&self) -> Vec<String> {
        Vec::new()
    }
    /// When calls that make works public were answered well, by the platform's clock. Of works that were held back, where that makes a difference.
    fn submitted_ms(&self) -> Vec<i64>;
    /// Bytes of videos, whatever became of them.
    fn received(&self) -> u64;
    /// What was sent in parts, also for works that are there by now.
    fn parts(&self) -> Vec<Part>;
    /// Bytes of parts that were sent in vain.
    fn wasted(&self) -> u64 {
        let parts = self.parts().into_iter();
        let vain = parts.map(|part| part.received_bytes.saturating_sub(part.held_bytes));
        vain.sum()
    }
    /// The most bytes that were under way at one moment.
    fn in_flight_most(&self) -> u64;
    /// Uploads that bytes were sent for and that no work came of.
    fn left_behind(&self) -> usize;
    /// Places that are reserved and neither filled nor given back.
    fn places(&self) -> Result<usize, Cannot>;

    /// Lays `trouble` on the calls of a stage.
    fn lay(&self, trouble: Trouble, stage: Stage) -> Result<(), Cannot>;
    /// Makes the platform fail at its own work on the next video, where the marks in its title do not do so already.
    fn refuse(&self) {}
    /// What the platform says of a video it failed at.
    fn refusal(&self) -> &'static str;

    /// Calls that a fault has struck.
    fn struck(&self) -> usize;
    /// The simulator's own examples of faults.
    fn examples(&self) -> Vec<Example>;
    /// Lays the example with this number.
    fn strike(&self, number: usize);
}

/// Starts a platform by its name. The same seed makes the same accounts.
///
/// # Panics
/// When there is none of that name.
pub async fn start(platform: &str, seed: u64) -> Box<dyn Site> {
    match platform {
        "bilibili" => bilibili::start(seed).await,
        "wangsu" => wangsu::start(seed).await,
        "api-video" => api_video::start(seed).await,
        "aliyun-vod" => aliyun_vod::start(seed).await,
        "bluesky" => bluesky::start(seed).await,
        other => panic!("no platform is called {other}"),
    }
}
