//! Decides what is worth a notice on the desktop, and when one is given.
//!
//! Pure: events, what stands, the clock and where the user looks are arguments. Knows nothing of words, buses or windows.
//! Always holds: at most one notice a minute; one for each cause, however many uploads it keeps, also over a restart; none at quiet hours, which
//! are caught up with afterwards; none for what was started by hand while its user looks on.

use crate::{AccountId, Cause, UploadId, Wait};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Least time between two notices.
const APART_MS: i64 = 60_000;
/// What belongs together arrives within this; what is over before is not worth a word.
const GATHER_MS: i64 = 3_000;
/// A cause that is away for less has not been away; more failures of one kind come to be told no sooner.
const AWAY_MS: i64 = 10 * 60_000;
/// Uploads by name that one group keeps; more are counted only.
const KEYS_MAX: usize = 500;

/// What a user may switch off, the most pressing first.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    NeedsYou,
    Refused,
    Waits,
    Done,
    Published,
}

/// What a notice is about. Names and words are looked up when it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum About {
    Published {
        upload: UploadId,
    },
    Refused {
        upload: UploadId,
        account: AccountId,
        cause: Cause,
    },
    /// All uploads of an account wait for a person.
    Account {
        account: AccountId,
        wait: Wait,
    },
    /// One upload, or more that wait for the same, wait for a person.
    Upload {
        upload: UploadId,
        wait: Wait,
    },
    /// Nothing goes over this link.
    Network {
        wait: Wait,
    },
    Done {
        published: u32,
        failed: u32,
    },
}

impl About {
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::Published { .. } => NoticeKind::Published,
            Self::Refused { .. } => NoticeKind::Refused,
            Self::Done { .. } => NoticeKind::Done,
            Self::Network { wait } if !wait.needs_person() => NoticeKind::Waits,
            Self::Account { .. } | Self::Upload { .. } | Self::Network { .. } => {
                NoticeKind::NeedsYou
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// A later one of the same group takes its place on the screen.
    pub group: String,
    pub about: About,
    /// Uploads it speaks for, where it counts any.
    pub count: u32,
}

/// What happened to an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Added {
        upload: UploadId,
    },
    Published {
        upload: UploadId,
    },
    Refused {
        upload: UploadId,
        account: AccountId,
        cause: Cause,
    },
    /// Nothing moves any more, and so many are left.
    Idle {
        left: u32,
    },
}

/// A wait that stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Account { account: AccountId, wait: Wait },
    Upload { upload: UploadId, wait: Wait },
    Network { wait: Wait },
}

/// What its user wants to hear of, and when not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    pub off: &'a [NoticeKind],
    pub is_quiet: bool,
}

/// One group that has something to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    since_ms: i64,
    about: About,
    count: u32,
    /// The causes of a standing group; it is dropped when the last of them is over.
    keys: BTreeSet<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    last_ms: Option<i64>,
    pending: BTreeMap<String, Pending>,
    /// Standing causes that were told, and since when they are away; `None` while they stand.
    told: BTreeMap<String, Option<i64>>,
    /// Groups of events that were told, and when.
    said: BTreeMap<String, i64>,
    /// Since the queue was last done.
    published: u32,
    failed: u32,
    /// Not all of it was started by hand and seen.
    unseen: bool,
}

#[derive(Debug, Default)]
pub struct Notices {
    kept: Kept,
    /// Added while the window was looked at.
    by_hand: BTreeSet<UploadId>,
}

impl Notices {
    /// Goes on from what was kept. What cannot be read is as good as nothing.
    pub fn recall(kept: Option<&str>, now_ms: i64) -> Self {
        let mut kept: Kept = kept
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default();
        // Nobody looked in between: what was away may have been there, and what stood stands until seen otherwise.
        for away_since in kept.told.values_mut() {
            *away_since = away_since.and(Some(now_ms));
        }
        Self {
            kept,
            by_hand: BTreeSet::new(),
        }
    }

    /// What the next start is to know.
    pub fn kept(&self) -> String {
        serde_json::to_string(&self.kept).expect("maps by text are JSON")
    }

    /// Takes what happened. `looked_at`: its user has the window before him.
    pub fn hear(&mut self, now_ms: i64, looked_at: bool, heard: Heard) {
        match heard {
            Heard::Added { upload } => {
                if looked_at {
                    self.by_hand.insert(upload);
                }
            }
            Heard::Published { upload } => {
                self.kept.published += 1;
                if !self.is_seen(upload, looked_at) {
                    self.gather("published", now_ms, About::Published { upload });
                }
            }
            Heard::Refused {
                upload,
                account,
                cause,
            } => {
                self.kept.failed += 1;
                let group = format!("refused:{account}:{}", cause.code);
                if !self.is_seen(upload, looked_at) {
                    let about = About::Refused {
                        upload,
                        account,
                        cause,
                    };
                    self.gather(&group, now_ms, about);
                }
            }
            Heard::Idle { left: 0 } => self.done(now_ms),
            Heard::Idle { .. } => {}
        }
    }

    /// Started by hand, and its end was before its user's eyes.
    fn is_seen(&mut self, upload: UploadId, looked_at: bool) -> bool {
        let seen = self.by_hand.remove(&upload) && looked_at;
        self.kept.unseen |= !seen;
        seen
    }

    fn gather(&mut self, group: &str, now_ms: i64, about: About) {
        let pending = self.kept.pending.entry(group.to_owned());
        let pending = pending.or_insert(Pending {
            since_ms: now_ms,
            about,
            count: 0,
            keys: BTreeSet::new(),
        });
        pending.count += 1;
    }

    /// Nothing is left: one word for all of it, where it was more than one.
    fn done(&mut self, now_ms: i64) {
        let (published, failed) = (
            std::mem::take(&mut self.kept.published),
            std::mem::take(&mut self.kept.failed),
        );
        if std::mem::take(&mut self.kept.unseen) && published > 0 && published + failed > 1 {
            self.kept.pending.remove("published");
            self.gather("done", now_ms, About::Done { published, failed });
        }
    }

    /// Takes everything that stands in the way now.
    pub fn stand(&mut self, now_ms: i64, looked_at: bool, standing: Vec<Standing>) {
        let away = |since: &Option<i64>| since.is_some_and(|since| now_ms - since >= AWAY_MS);
        self.kept.told.retain(|_, since| !away(since));
        let mut present = BTreeSet::new();
        for (key, group, about) in standing.into_iter().map(named) {
            if !present.insert(key.clone()) {
                continue;
            }
            if let Some(away_since) = self.kept.told.get_mut(&key) {
                *away_since = None;
                continue;
            }
            if looked_at {
                self.kept.told.insert(key, None); // the row and the header say it
                continue;
            }
            let pending = self.kept.pending.entry(group).or_insert(Pending {
                since_ms: now_ms,
                about,
                count: 0,
                keys: BTreeSet::new(),
            });
            if pending.keys.len() < KEYS_MAX && pending.keys.insert(key) {
                pending.count = pending.keys.len() as u32;
            }
        }
        self.kept.pending.retain(|_, pending| {
            if pending.keys.is_empty() {
                return true;
            }
            pending.keys.retain(|key| present.contains(key));
            pending.count = pending.keys.len() as u32;
            pending.count > 0
        });
        for (key, away_since) in &mut self.kept.told {
            if !present.contains(key) {
                away_since.get_or_insert(now_ms);
            }
        }
    }

    /// The notice that is due, if one is. It counts as given.
    pub fn take(&mut self, now_ms: i64, asked: Asked<'_>) -> Option<Notice> {
        let off = |pending: &Pending| asked.off.contains(&pending.about.kind());
        let (told, pending) = (&mut self.kept.told, &mut self.kept.pending);
        pending.retain(|_, pending| {
            if off(pending) {
                let keys = std::mem::take(&mut pending.keys);
                told.extend(keys.into_iter().map(|key| (key, None)));
                return false;
            }
            true
        });
        self.kept.said.retain(|_, at| now_ms - *at < AWAY_MS);
        if asked.is_quiet || self.due_ms().is_none_or(|due| due > now_ms) {
            return None;
        }
        let ready =
            |(group, pending): &(&String, &Pending)| self.ready_ms(group, pending) <= now_ms;
        let found = self.kept.pending.iter().filter(ready);
        let found = found.min_by_key(|(_, pending)| (pending.about.kind(), pending.since_ms));
        let group = found?.0.clone();
        let pending = self.kept.pending.remove(&group)?;
        self.kept.last_ms = Some(now_ms);
        self.kept
            .told
            .extend(pending.keys.iter().map(|key| (key.clone(), None)));
        if matches!(pending.about, About::Refused { .. }) {
            self.kept.said.insert(group.clone(), now_ms);
        }
        Some(Notice {
            group,
            about: pending.about,
            count: pending.count,
        })
    }

    /// When the next notice may be given, quiet hours aside.
    pub fn due_ms(&self) -> Option<i64> {
        let pending = self.kept.pending.iter();
        let ready = pending
            .map(|(group, pending)| self.ready_ms(group, pending))
            .min()?;
        Some(ready.max(self.kept.last_ms.map_or(i64::MIN, |last| last + APART_MS)))
    }

    /// The wall clock was set back: nothing waits for the old one.
    pub fn set_back(&mut self, now_ms: i64) {
        self.kept.last_ms = self.kept.last_ms.map(|last| last.min(now_ms));
        for pending in self.kept.pending.values_mut() {
            pending.since_ms = pending.since_ms.min(now_ms);
        }
        let away = self.kept.told.values_mut().flatten();
        for at in away.chain(self.kept.said.values_mut()) {
            *at = (*at).min(now_ms);
        }
    }

    fn ready_ms(&self, group: &str, pending: &Pending) -> i64 {
        let again = self
            .kept
            .said
            .get(group)
            .map_or(i64::MIN, |at| at + AWAY_MS);
        again.max(pending.since_ms + GATHER_MS)
    }
}

/// What sets a cause apart from others, and the group that is told at once.
fn named(standing: Standing) -> (String, String, About) {
    match standing {
        Standing::Account { account, wait } => {
            // A closed keychain is one cause for all accounts.
            let key = match &wait {
                Wait::Secrets { .. } => "secrets".to_owned(),
                _ => format!("{}:{account}", wait.reason()),
            };
            (key.clone(), key, About::Account { account, wait })
        }
        Standing::Upload { upload, wait } => {
            let group = wait.reason().to_owned();
            // A disk is full for all at once.
            let key = match &wait {
                Wait::Disk { .. } => group.clone(),
                _ => format!("{group}:{upload}"),
            };
            (key, group, About::Upload { upload, wait })
        }
        Standing::Network { wait } => {
            let (code, network) = match &wait {
                Wait::Network { cause, .. } => (
                    cause.code.as_str(),
                    cause.params.get("network").map_or("", String::as_str),
                ),
                _ => ("", ""),
            };
            let key = format!("network:{code}:{network}");
            (key, "network".to_owned(), About::Network { wait })
        }
    }
}

#[cfg(test)]
mod tests;
