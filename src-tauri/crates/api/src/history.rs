//! Everything that was ever sent: found, counted by days, and sent once more.

use crate::{
    Api, Failure,
    wire::{
        HistoryDay, HistoryFilter, HistoryOverview, HistoryRow, HistoryWindow, PastAccount,
        SendAgain,
    },
};
use jiff::{Timestamp, tz::TimeZone};
use slipway_model::{OnlineFile, UploadId, manuscript};
use slipway_store as store;

pub mod csv;

/// Most rows of one answer.
const ROWS_MAX: u32 = 500;

impl Api {
    /// Newest first.
    pub async fn history_window(&self, window: HistoryWindow) -> Result<Vec<HistoryRow>, Failure> {
        let (limit, offset) = (window.limit.min(ROWS_MAX), window.offset);
        let rows = self
            .engine
            .store()
            .history(asked(window.filter), u64::from(limit), u64::from(offset))
            .await?;
        Ok(rows.into_iter().map(HistoryRow::from).collect())
    }

    pub async fn history_overview(
        &self,
        filter: HistoryFilter,
    ) -> Result<HistoryOverview, Failure> {
        let store = self.engine.store();
        let times = store.history_times(asked(filter)).await?;
        let accounts = store.history_accounts().await?;
        Ok(HistoryOverview {
            uploads: times.len() as u32,
            bytes: times.iter().map(|(_, bytes)| bytes).sum(),
            since_ms: times.last().map(|(at, _)| *at),
            days: days(&times, &TimeZone::system()),
            accounts: accounts
                .into_iter()
                .map(|past| PastAccount {
                    id: past.id,
                    platform: past.platform,
                    label: past.label,
                    removed: past.is_removed,
                })
                .collect(),
        })
    }

    /// Offers the file of an upload once more, with its text: whoever adds it is asked whether the same may go to the same account again.
    ///
    /// # Errors
    /// `upload_unknown` for what was never begun; `address_unsealable` when the key of a kept address is gone.
    pub async fn history_again(&self, id: UploadId) -> Result<SendAgain, Failure> {
        let record = self.record(id).await?;
        let (known, shown) = (&record.known, record.known.path());
        let file = match known.online() {
            None => self.files_offer(vec![shown]).await?.pop(),
            Some(sealed) => {
                let online = OnlineFile {
                    shown: shown.display().to_string(),
                    sealed,
                    sample: known.sample.clone(),
                };
                let whole = self.engine.open_address(&online).await?;
                Some(self.offered.take_online(Ok((online, whole))))
            }
        };
        let cover = match known.cover() {
            Some(cover) => {
                let cover = self.engine.covers().path(&cover);
                self.files_offer(vec![cover]).await?.pop()
            }
            None => None,
        };
        let account = self.engine.store().account(record.row.account).await?;
        Ok(SendAgain {
            file: file.ok_or_else(|| Failure::new("file_not_offered"))?,
            cover: cover.filter(|cover| cover.cause.is_none()),
            account: account.map(|account| account.id),
            fields: record.known.fields,
        })
    }

    pub(crate) async fn record(&self, id: UploadId) -> Result<store::Record, Failure> {
        let record = self.engine.store().record(id).await?;
        record.ok_or_else(|| Failure::new("receipt_unknown").with("id", id))
    }
}

fn asked(filter: HistoryFilter) -> store::HistoryFilter {
    store::HistoryFilter {
        search: filter.search.filter(|text| !text.trim().is_empty()),
        platform: filter.platform,
        account: filter.account,
        phase: filter.phase,
        since_ms: filter.since_ms,
        until_ms: filter.until_ms,
    }
}

/// Rows by the day they ended on, in the order of the list.
fn days(times: &[(i64, u64)], zone: &TimeZone) -> Vec<HistoryDay> {
    let mut days: Vec<HistoryDay> = Vec::new();
    for &(at_ms, bytes) in times {
        match days.last_mut() {
            Some(day) if day.start_ms <= at_ms => {
                day.uploads += 1;
                day.bytes += bytes;
            }
            _ => days.push(HistoryDay {
                start_ms: midnight(at_ms, zone),
                uploads: 1,
                bytes,
            }),
        }
    }
    days
}

/// The beginning of a moment's day.
fn midnight(at_ms: i64, zone: &TimeZone) -> i64 {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
    let start = at.to_zoned(zone.clone()).start_of_day();
    start.map_or(at_ms, |start| start.timestamp().as_millisecond())
}

impl From<store::HistoryRow> for HistoryRow {
    fn from(row: store::HistoryRow) -> Self {
        let took_ms = row.landed_at_ms.map(|landed| landed - row.started_at_ms);
        let bytes_per_second = took_ms
            .filter(|took| *took > 0 && row.total_bytes > 0)
            .map(|took| (u128::from(row.total_bytes) * 1000 / took as u128) as u64);
        Self {
            id: row.id,
            at_ms: row.at_ms,
            title: manuscript::shown_title(row.title, &row.file_name),
            file: row.file_name,
            account: row.account,
            account_label: row.account_label,
            platform: row.platform,
            phase: row.phase,
            total_bytes: row.total_bytes,
            started_at_ms: row.started_at_ms,
            landed_at_ms: row.landed_at_ms,
            bytes_per_second,
            remote: row.remote,
            cause: row.cause,
            removed: row.is_removed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_here_also_where_the_clock_is_changed() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        // On 25 October 2026 a day has 25 hours.
        let times = [
            (at("2026-10-26T00:30:00+01:00"), 1),
            (at("2026-10-25T23:30:00+01:00"), 2),
            (at("2026-10-25T00:00:00+02:00"), 4),
            (at("2026-10-24T23:59:59+02:00"), 8),
        ];
        let found: Vec<_> = days(&times, &zone)
            .into_iter()
            .map(|day| (day.start_ms, day.uploads, day.bytes))
            .collect();
        assert_eq!(
            found,
            [
                (at("2026-10-26T00:00:00+01:00"), 1, 1),
                (at("2026-10-25T00:00:00+02:00"), 2, 6),
                (at("2026-10-24T00:00:00+02:00"), 1, 8),
            ]
        );
        assert!(days(&[], &zone).is_empty());
    }
}
