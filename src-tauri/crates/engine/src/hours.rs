//! The hours of the day in which bytes may move, as the settings have them: for all accounts, and for single ones.
//!
//! In the zone of this machine, which is looked up afresh each time: people travel with their machines.

use jiff::tz::TimeZone;
use slipway_model::{
    AccountId,
    times::{Hours, Open},
};
use slipway_store::{OpenNow, Store, StoreError};
use std::collections::{BTreeMap, HashMap};

const HOURS: &str = "upload_hours";

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UploadHours {
    /// `None`: at any hour.
    pub most: Option<Hours>,
    /// Of accounts that have their own.
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
            let Ok(hours) = Hours::parse(&value) else {
                tracing::warn!(name, "upload hours cannot be read");
                continue;
            };
            match rest.strip_prefix('.').map(str::parse) {
                None => found.most = Some(hours),
                Some(Ok(id)) => drop(found.others.insert(AccountId(id), hours)),
                Some(Err(_)) => {}
            }
        }
        Ok(found)
    }

    /// Whose bytes may move, until when those of others may not, and when any of this changes.
    pub(crate) fn look(&self, now_ms: i64) -> (OpenNow, Shut, Option<i64>) {
        let here = zone();
        let anyhow = Open {
            is_open: true,
            until_ms: None,
        };
        let at = |hours: &Hours| hours.at(now_ms, &here);
        let most = self.most.as_ref().map_or(anyhow, at);
        let others: HashMap<_, _> = self.others.iter().map(|(id, own)| (*id, at(own))).collect();
        let all = || std::iter::once(&most).chain(others.values());
        let changes = all().filter_map(|open| open.until_ms).min();
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
        (open, shut, changes)
    }
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
