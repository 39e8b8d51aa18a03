//! One watched folder while the engine runs: what waits in it, when to look, and how that is shown.
//!
//! Touches no disk and no store. Always holds: what was told by a walk or a look of another rule, or of before the folder was away, changes nothing.

use super::rules::Kept;
use crate::wire::{FileWait, WaitingFile};
use slipway_engine::{clock::now_ms, printable_name};
use slipway_model::Cause;
use slipway_store::{Outside, Watch};
use slipway_watch::{Ask, Candidate, Found, Held, Look, Matcher, Scanned, Seen, Wait};
use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// However quiet it is, all of a folder is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// Where nothing tells of its files; walks take at most a hundredth of the time.
const POLL_EVERY: Duration = Duration::from_secs(30);
/// A folder that is away is looked for this often.
const AWAY_AGAIN: Duration = Duration::from_secs(15);
/// Hints are gathered for so long.
const GATHER: Duration = Duration::from_millis(200);
/// Files looked at in one go.
const LOOKS: usize = 2000;
/// And taken.
const TAKES: usize = 100;

pub(super) struct Folder {
    pub(super) watch: Watch,
    pub(super) kept: Kept,
    pub(super) matcher: Arc<Matcher>,
    waiting: HashMap<PathBuf, Waiting>,
    /// Why it cannot be looked into, and since when, in ms since 1970 UTC.
    away: Option<(Cause, i64)>,
    next_scan: Instant,
    scan: Option<Scan>,
    scans: u64,
    pub(super) last_look_ms: Option<i64>,
    found: Scanned,
    /// Hints that wait, and when they are followed.
    hinted: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
    hinted_at: Option<Instant>,
    is_looking: bool,
    is_finding: bool,
}

/// A walk that is under way.
struct Scan {
    number: u64,
    began: Instant,
    stop: Arc<AtomicBool>,
}

struct Waiting {
    /// How front ends name it.
    number: u32,
    candidate: Candidate,
    seen_at_ms: i64,
    /// The last walk that came by it.
    scan: u64,
    /// It is being taken.
    is_taking: bool,
}

impl Folder {
    pub(super) fn new(watch: Watch, kept: Kept, matcher: Matcher) -> Self {
        Self {
            watch,
            kept,
            matcher: Arc::new(matcher),
            waiting: HashMap::new(),
            away: None,
            next_scan: Instant::now(),
            scan: None,
            scans: 0,
            last_look_ms: None,
            found: Scanned::default(),
            hinted: BTreeSet::new(),
            folders: BTreeSet::new(),
            hinted_at: None,
            is_looking: false,
            is_finding: false,
        }
    }

    /// When there is something to do.
    pub(super) fn next(&self) -> Option<Instant> {
        let scan = self.scan.is_none().then_some(self.next_scan);
        let hints = self.hinted_at.filter(|_| !self.is_finding);
        scan.into_iter().chain(hints).chain(self.next_look()).min()
    }

    fn next_look(&self) -> Option<Instant> {
        if !self.looks() || self.is_looking {
            return None;
        }
        let waiting = self.waiting.values().filter(|one| !one.is_taking);
        waiting.filter_map(|one| one.candidate.next()).min()
    }

    /// Whether files of it are followed to their rest.
    fn looks(&self) -> bool {
        self.watch.is_on && self.away.is_none()
    }

    /// Nothing will be taken of it that nobody has to do something for.
    pub(super) fn is_quiet(&self) -> bool {
        let by_itself = |one: &Waiting| one.is_taking || one.candidate.goes_by_itself();
        !self.watch.is_on
            || self.away.is_some()
            || self.scan.is_none()
                && self.scans > 0
                && self.hinted_at.is_none()
                && !self.is_finding
                && !self.waiting.values().any(by_itself)
    }

    pub(super) fn is_away(&self) -> Option<&(Cause, i64)> {
        self.away.as_ref()
    }

    pub(super) fn next_look_ms(&self) -> i64 {
        let left = self.next_scan.saturating_duration_since(Instant::now());
        now_ms() + left.as_millis() as i64
    }

    pub(super) fn notes(&self) -> Vec<Cause> {
        let unheard = self.found.unheard.iter();
        unheard.chain(&self.found.unreadable).cloned().collect()
    }

    // Walks

    /// Begins a walk when one is due: its number, and what ends it early.
    pub(super) fn begin_scan(&mut self, now: Instant) -> Option<(u64, Arc<AtomicBool>)> {
        if self.scan.is_some() || now < self.next_scan {
            return None;
        }
        self.scans += 1;
        let stop = Arc::new(AtomicBool::new(false));
        self.scan = Some(Scan {
            number: self.scans,
            began: now,
            stop: stop.clone(),
        });
        // What they were held for may be different by now.
        self.try_again(now);
        Some((self.scans, stop))
    }

    /// All of it is to be looked at, at once.
    pub(super) fn scan_soon(&mut self, now: Instant) {
        self.next_scan = now;
    }

    pub(super) fn is_scan(&self, number: u64) -> bool {
        self.scan.as_ref().is_some_and(|scan| scan.number == number)
    }

    pub(super) fn end_scan(&mut self, number: u64, ended: Result<Scanned, Cause>, now: Instant) {
        let Some(scan) = self.scan.take_if(|scan| scan.number == number) else {
            return;
        };
        match ended {
            Ok(found) => {
                let took = now.duration_since(scan.began);
                self.next_scan = now
                    + match found.unheard {
                        None => LOOK_EVERY,
                        Some(_) => (took * 100).clamp(POLL_EVERY, LOOK_EVERY),
                    };
                tracing::debug!(folder = ?self.watch.path, entries = found.entries, folders = found.folders,
                    ?took, "looked at");
                self.found = found;
                self.away = None;
                self.last_look_ms = Some(now_ms());
                // Those that it did not come by may be gone.
                for one in self.waiting.values_mut().filter(|one| one.scan < number) {
                    one.candidate.hinted(now);
                }
            }
            Err(cause) => self.is_gone(cause, now),
        }
    }

    /// It cannot be looked into. What waits is kept, and goes on when it is back.
    pub(super) fn is_gone(&mut self, cause: Cause, now: Instant) {
        self.end_walks();
        let since = self.away.take().map_or_else(now_ms, |(_, since)| since);
        self.away = Some((cause, since));
        (self.hinted_at, self.next_scan) = (None, now + AWAY_AGAIN);
        self.hinted.clear();
        self.folders.clear();
    }

    pub(super) fn end_walks(&mut self) {
        if let Some(scan) = self.scan.take() {
            scan.stop.store(true, Relaxed);
        }
    }

    // Hints

    pub(super) fn hint_file(&mut self, path: PathBuf, now: Instant) {
        if self.away.is_none() && self.matcher.wants_name(&path) {
            self.hinted.insert(path);
            self.hinted_at.get_or_insert(now + GATHER);
        }
    }

    pub(super) fn hint_folder(&mut self, path: PathBuf, now: Instant) {
        let enters = path
            .file_name()
            .is_some_and(|name| self.matcher.enters(name));
        let whole = self.watch.path.join(&path);
        if self.away.is_none() && enters && self.kept.except() != Some(&whole) {
            self.folders.insert(path);
            self.hinted_at.get_or_insert(now + GATHER);
        }
    }

    /// The files and folders that were hinted at, when it is time.
    pub(super) fn begin_finding(&mut self, now: Instant) -> Option<(Vec<PathBuf>, Vec<PathBuf>)> {
        if self.is_finding || self.hinted_at.is_none_or(|at| now < at) {
            return None;
        }
        self.hinted_at = None;
        self.is_finding = true;
        let files: Vec<_> = std::mem::take(&mut self.hinted).into_iter().collect();
        for path in &files {
            // It may be there no more.
            if let Some(one) = self.waiting.get_mut(path) {
                one.candidate.hinted(now);
            }
        }
        let folders = std::mem::take(&mut self.folders).into_iter().collect();
        Some((files, folders))
    }

    pub(super) fn end_finding(&mut self) {
        self.is_finding = false;
    }

    // Files

    /// Those of what was found that are news.
    pub(super) fn news(
        &mut self,
        found: Vec<Found>,
        scan: Option<u64>,
        now: Instant,
    ) -> Vec<Outside> {
        let mut news = Vec::new();
        for Found { path, seen } in found {
            match self.waiting.get_mut(&path) {
                Some(known) => {
                    known.scan = scan.unwrap_or(known.scan);
                    if known.candidate.seen != seen {
                        known.candidate.hinted(now);
                    }
                }
                None => news.push(outside(path, &seen)),
            }
        }
        news
    }

    /// These wait from now on.
    pub(super) fn add(&mut self, new: Vec<Outside>, last: &mut u32, now: Instant) {
        let pace = self.kept.pace();
        for Outside {
            path,
            size_bytes,
            mtime_ns,
            file_id,
        } in new
        {
            let seen = Seen {
                size_bytes,
                mtime_ns,
                file_id,
            };
            *last += 1;
            let waiting = Waiting {
                number: *last,
                candidate: Candidate::new(seen, &pace, now),
                seen_at_ms: now_ms(),
                scan: self.scans,
                is_taking: false,
            };
            self.waiting.entry(path).or_insert(waiting);
        }
    }

    /// Files that are to be looked at now.
    pub(super) fn begin_looking(&mut self, now: Instant) -> Vec<Ask> {
        if self.next_look().is_none_or(|next| now < next) {
            return Vec::new();
        }
        let pace = self.kept.pace();
        let due = self.waiting.iter().filter(|(_, one)| {
            !one.is_taking && one.candidate.next().is_some_and(|next| next <= now)
        });
        let asks: Vec<_> = due
            .take(LOOKS)
            .map(|(path, one)| Ask {
                path: path.clone(),
                seen: one.candidate.seen.clone(),
                rested: one.candidate.has_rested(&pace, now),
            })
            .collect();
        self.is_looking = !asks.is_empty();
        asks
    }

    pub(super) fn end_looking(&mut self, looks: Vec<(PathBuf, Look)>, at: Instant) {
        self.is_looking = false;
        let (pace, wall_ms) = (self.kept.pace(), now_ms());
        for (path, look) in looks {
            let left_out = match &look {
                Look::There { seen, .. } => !self.matcher.wants(seen, wall_ms),
                _ => false,
            };
            if let Some(one) = self.waiting.get_mut(&path)
                && (!one.candidate.looked(look, &pace, at, wall_ms) || left_out)
            {
                self.waiting.remove(&path);
            }
        }
    }

    /// Files that are ready, oldest first.
    pub(super) fn begin_taking(&mut self) -> Vec<Ready> {
        if !self.looks() {
            return Vec::new();
        }
        let ready = self
            .waiting
            .iter()
            .filter(|(_, one)| one.candidate.is_ready());
        let mut ready: Vec<_> = ready
            .map(|(path, one)| Ready {
                path: path.clone(),
                seen: one.candidate.seen.clone(),
                anyway: one.candidate.goes_anyway(),
            })
            .collect();
        ready.sort_by(|a, b| (a.seen.mtime_ns, &a.path).cmp(&(b.seen.mtime_ns, &b.path)));
        ready.truncate(TAKES);
        for one in &ready {
            if let Some(waiting) = self.waiting.get_mut(&one.path) {
                waiting.is_taking = true;
            }
        }
        ready
    }

    pub(super) fn end_taking(&mut self, ends: Vec<(PathBuf, Took)>, now: Instant) {
        let pace = self.kept.pace();
        for (path, took) in ends {
            let Some(one) = self.waiting.get_mut(&path) else {
                continue;
            };
            one.is_taking = false;
            match took {
                Took::Done => drop(self.waiting.remove(&path)),
                Took::Held(held) => one.candidate.hold(held),
                Took::Later(cause) => {
                    let look = Look::Unreadable(cause);
                    one.candidate.looked(look, &pace, now, now_ms());
                }
                Took::Changed => one.candidate.look_again(&pace, now),
            }
        }
    }

    /// What files were held for may be different now.
    pub(super) fn try_again(&mut self, now: Instant) {
        let waiting = self.waiting.values_mut();
        waiting.for_each(|one| one.candidate.try_again(now));
    }

    /// Somebody says that these are ready as they are; how many that helps.
    pub(super) fn send_anyway(&mut self, numbers: &[u32], now: Instant) -> u32 {
        let picked = self.waiting.values_mut().filter(|one| {
            let helps = matches!(
                one.candidate.wait(),
                Wait::Open { .. } | Wait::Young { .. } | Wait::Held(_)
            );
            numbers.contains(&one.number) && helps && !one.is_taking
        });
        let mut count = 0;
        for one in picked {
            one.candidate.send_anyway(now);
            count += 1;
        }
        count
    }

    /// These are not wanted as they are.
    pub(super) fn leave_out(&mut self, numbers: &[u32]) -> Vec<Outside> {
        let picked = |one: &Waiting| numbers.contains(&one.number) && !one.is_taking;
        let mut left = Vec::new();
        self.waiting.retain(|path, one| {
            if picked(one) {
                left.push(outside(path.clone(), &one.candidate.seen));
            }
            !picked(one)
        });
        left
    }

    /// What waits, those first that need somebody.
    pub(super) fn waits(&self) -> Vec<WaitingFile> {
        let now = Instant::now();
        let mut waits: Vec<_> = self
            .waiting
            .iter()
            .map(|(path, one)| WaitingFile {
                file: one.number,
                name: printable_name(path),
                beneath: path.parent().unwrap_or(Path::new("")).display().to_string(),
                size_bytes: one.candidate.seen.size_bytes,
                seen_at_ms: one.seen_at_ms,
                wait: shown(one.candidate.wait(), now),
            })
            .collect();
        waits.sort_by_key(|one| (!one.wait.needs_you(), one.file));
        waits
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.end_walks();
    }
}

/// A file that is to be taken.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) path: PathBuf,
    pub(super) seen: Seen,
    /// Somebody said so, also if its content went there before.
    pub(super) anyway: bool,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Took {
    /// It is in the queue, or needs no look.
    Done,
    Held(Held),
    /// Something is in the way that has nothing to do with the file.
    Later(Cause),
    /// It is not as it was.
    Changed,
}

fn outside(path: PathBuf, seen: &Seen) -> Outside {
    Outside {
        path,
        size_bytes: seen.size_bytes,
        mtime_ns: seen.mtime_ns,
        file_id: seen.file_id.clone(),
    }
}

fn shown(wait: &Wait, now: Instant) -> FileWait {
    match wait.clone() {
        Wait::Growing { bytes_per_second } => FileWait::Growing { bytes_per_second },
        Wait::Resting { until } => {
            let left = until.saturating_duration_since(now);
            let until_ms = now_ms() + left.as_millis() as i64;
            FileWait::Resting { until_ms }
        }
        Wait::Empty => FileWait::Empty,
        Wait::Young { until_ms } => FileWait::Young { until_ms },
        Wait::Open { since, program } => {
            let known = now.saturating_duration_since(since);
            let since_ms = now_ms() - known.as_millis() as i64;
            FileWait::Open { since_ms, program }
        }
        Wait::Unreadable(cause) => FileWait::Unreadable { cause },
        Wait::Ready => FileWait::Ready,
        Wait::Held(Held::Refused(cause)) => FileWait::Refused { cause },
        Wait::Held(Held::Twice(cause)) => FileWait::Twice { cause },
    }
}
