//! Times as front ends ask for them: when uploads start, which go together, the hours of the day.

use crate::{
    Api, Failure,
    wire::{Changed, Empty, Hours, HoursChange, Rest, StartAt, UploadSet},
};
use slipway_engine::{clock::now_ms, hours::zone};
use slipway_model::{Cause, Intent, PhaseName, Wait, times, timetable::Timetable};
use slipway_store::QueueRow;

pub(crate) fn refuse_start(at_ms: Option<i64>) -> Result<(), Cause> {
    let finding = at_ms.and_then(|at| times::check_start(at, now_ms(), &zone()));
    finding.map_or(Ok(()), |finding| Err(finding.cause))
}

/// `None` for a painted week.
pub(crate) fn as_hours(table: &Timetable) -> Option<String> {
    match table {
        Timetable::Hours(hours) => Some(hours.to_string()),
        Timetable::Week(_) => None,
    }
}

/// The longest that the queue rests by itself: a year.
const REST_MAX_MS: i64 = 366 * 24 * 60 * 60 * 1000;

impl Api {
    /// No bytes move until then; `null`: they move again.
    ///
    /// # Errors
    /// `rest_past`, `rest_too_long`.
    pub async fn queue_rest(&self, request: Rest) -> Result<Rest, Failure> {
        if let Some(until_ms) = request.until_ms {
            let ahead = until_ms.saturating_sub(now_ms());
            if ahead <= 0 {
                return Err(Failure::new("rest_past"));
            }
            if ahead > REST_MAX_MS {
                return Err(Failure::new("rest_too_long"));
            }
        }
        self.engine.rest_until(request.until_ms).await?;
        Ok(request)
    }

    /// When uploads that have bytes to send are begun.
    ///
    /// # Errors
    /// `start_at_past`.
    pub async fn uploads_start_at(&self, request: StartAt) -> Result<Changed, Failure> {
        refuse_start(request.at_ms)?;
        let ids = self.ids(request.uploads).await?;
        let changed = self.engine.start_at(ids, request.at_ms).await;
        Ok(Changed { changed })
    }

    /// Submits what is ready now, with all of its group that is, whatever time or others it waited for.
    pub async fn uploads_let_go(&self, set: UploadSet) -> Result<Changed, Failure> {
        let ids = self.ids(set).await?;
        let changed = self.engine.let_go(ids).await;
        Ok(Changed { changed })
    }

    /// Takes uploads out of their groups: they go by themselves, and the others wait for them no longer.
    pub async fn uploads_leave(&self, set: UploadSet) -> Result<Changed, Failure> {
        let ids = self.ids(set).await?;
        let changed = self.engine.leave(ids).await;
        Ok(Changed { changed })
    }

    pub async fn hours(&self, _: Empty) -> Result<Hours, Failure> {
        let kept = self.engine.hours().await?;
        let here = zone();
        let now = jiff::Timestamp::from_millisecond(now_ms()).unwrap_or_default();
        let others = kept.others.into_iter();
        Ok(Hours {
            painted: matches!(kept.most, Some(Timetable::Week(_))),
            hours: kept.most.as_ref().and_then(as_hours),
            accounts: others.map(|(id, own)| (id, own.to_string())).collect(),
            zone: here.iana_name().unwrap_or_default().to_owned(),
            offset: now.to_zoned(here).strftime("%:z").to_string(),
        })
    }

    /// # Errors
    /// `hours_unreadable`, `account_unknown`.
    pub async fn hours_set(&self, change: HoursChange) -> Result<Hours, Failure> {
        if let Some(id) = change.account
            && self.engine.store().account(id).await?.is_none()
        {
            return Err(Failure::new("account_unknown").with("account", id));
        }
        let text = change.hours.as_deref().filter(|text| text.trim() != "off");
        let hours = text.map(times::Hours::parse).transpose()?;
        match change.account {
            Some(account) => self.engine.set_hours(account, hours.as_ref()).await?,
            None => {
                let table = hours.map(Timetable::Hours);
                self.engine.set_timetable(table.as_ref()).await?;
            }
        }
        self.hours(Empty {}).await
    }

    /// Why a row does not move: what the engine met, or else its time or its hour of the day.
    pub(crate) fn wait_of(&self, row: &QueueRow) -> Option<Wait> {
        if row.phase.is_final() {
            return None;
        }
        let board = self.engine.board();
        let sends = matches!(
            row.phase,
            PhaseName::Queued | PhaseName::Opening | PhaseName::Sending
        );
        let timed = sends && row.intent == Intent::Run && !board.is_live(row.id);
        let start = row.start_at_ms.filter(|at| timed && *at > now_ms());
        let met = || board.wait_of(row.id, row.account);
        let hours = || board.shut_until_ms(row.account).filter(|_| timed);
        let rest = || board.rests_until_ms().filter(|_| timed);
        start
            .map(|until_ms| Wait::StartAt { until_ms })
            .or_else(met)
            .or_else(|| rest().map(|until_ms| Wait::Paused { until_ms }))
            .or_else(|| hours().map(|until_ms| Wait::Hours { until_ms }))
    }
}
