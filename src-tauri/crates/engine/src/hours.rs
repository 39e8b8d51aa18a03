//! When bytes may move, and how fast, as the settings have it: the timetable of all accounts, and hours of single ones.
//!
//! In the zone of this machine, which is looked up afresh each time: people travel with their machines.

use jiff::tz::TimeZone;
use slipway_model::{
    AccountId,
    times::{Hours, Open},
    timetable::{Level, Present, Timetable},
};
use slipway_store::{OpenNow, Store, StoreError};
use std::collections::{BTreeMap, HashMap};

pub(crate) const HOURS: &str = "upload_hours";

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UploadHours {
    /// `None`: at any hour, at full speed.
    pub most: Option<Timetable>,
    /// Of accounts that have their own, whatever the timetable says; how fast all may go is the timetable's to say.
    pub others: BTreeMap<AccountId, Hours>,
}

pub(crate) fn setting_of(account: Option<AccountId>) -> String {
    account.map_or_else(|| HOURS.to_owned(), |id| format!("{HOURS}.{}", id.0))
}

/// Of this machine, now.
pub fn zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

impl UploadHours {
    /// What cannot be read was not written here, and is no reason to stop everything: bytes may move then.
    pub(crate) async fn read(store: &Store) -> Result<Self, StoreError> {
        let mut found = Self::default();
        for (name, value) in store.settings().await? {
            let Some(rest) = name.strip_prefix(HOURS) else {
                continue;
            };
            let account = rest.strip_prefix('.').and_then(|id| id.parse().ok());
            let read = match account {
                None if rest.is_empty() => {
                    Timetable::parse(&value).map(|table| found.most = Some(table))
                }
                None => Ok(()),
                Some(id) => Hours::parse(&value)
                    .map(|hours| drop(found.others.insert(AccountId(id), hours))),
            };
            if read.is_err() {
                tracing::warn!(name, "upload hours cannot be read");
            }
        }
        Ok(found)
    }

    /// What the timetable says of now, as the clock of `here` has it.
    pub fn present(&self, now_ms: i64, here: &TimeZone) -> Present {
        let most = self.most.as_ref();
        most.map_or_else(Present::default, |table| table.at(now_ms, here))
    }

    /// What holds now, as the clock of `here` has it.
    pub(crate) fn look(&self, now_ms: i64, here: &TimeZone) -> Now {
        let present = self.present(now_ms, here);
        let most = Open {
            is_open: present.level != Level::Off,
            until_ms: present.until_ms,
        };
        let at = |hours: &Hours| hours.at(now_ms, here);
        let others: HashMap<_, _> = self.others.iter().map(|(id, own)| (*id, at(own))).collect();
        let all = || std::iter::once(&most).chain(others.values());
        let changes_ms = all().filter_map(|open| open.until_ms).min();
        let shut = Shut {
            most: shut(most),
            others: others.iter().map(|(id, open)| (*id, shut(*open))).collect(),
        };
        let open = OpenNow {
            most: most.is_open,
            others: others
                .into_iter()
                .map(|(id, open)| (id, open.is_open))
                .collect(),
        };
        Now {
            present,
            open,
            shut,
            changes_ms,
        }
    }
}

/// What the hours come to at a moment.
#[derive(Debug)]
pub(crate) struct Now {
    pub present: Present,
    /// Whose bytes may move.
    pub open: OpenNow,
    pub shut: Shut,
    /// When any of this changes.
    pub changes_ms: Option<i64>,
}

fn shut(open: Open) -> Option<i64> {
    (!open.is_open).then(|| open.until_ms.unwrap_or(i64::MAX))
}

/// Whose bytes may not move at this hour, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shut {
    most: Option<i64>,
    others: HashMap<AccountId, Option<i64>>,
}

impl Shut {
    pub fn until_ms(&self, account: AccountId) -> Option<i64> {
        self.others.get(&account).copied().unwrap_or(self.most)
    }
    /// When the first of them may move again.
    pub(crate) fn ends_ms(&self) -> Option<i64> {
        let others = self.others.values().copied();
        others.chain([self.most]).flatten().min()
    }
}
