//! How fast uploads may go, as front ends ask for it.

use crate::{
    Api, Failure,
    times::as_hours,
    wire::{
        AccountLimit, Changed, Empty, Limit, Speed, Timetable, TimetableChange, TurtleChange,
        UploadsLimit,
    },
};
use slipway_engine::{clock::now_ms, hours::zone};
use slipway_model::{
    speed::{LEAST_BYTES_PER_SECOND, Turtle},
    timetable::{self, HOURS_A_WEEK, Week},
};
use slipway_store::StoreError;

/// # Errors
/// `limit_too_low`.
pub(crate) fn refuse_rate(rate: Option<u64>) -> Result<(), Failure> {
    match rate {
        Some(rate) if rate < LEAST_BYTES_PER_SECOND => {
            Err(Failure::new("limit_too_low").with("min_bytes", LEAST_BYTES_PER_SECOND))
        }
        _ => Ok(()),
    }
}

impl Api {
    pub async fn speed(&self, _: Empty) -> Result<Speed, Failure> {
        Ok(self.speed_now())
    }

    pub(crate) fn speed_now(&self) -> Speed {
        let speed = self.engine.speed();
        Speed {
            limit_bytes_per_second: speed.by_hand,
            turtle: speed.turtle,
            timetable: speed.timetable,
            level_bytes_per_second: speed.level_cap,
            in_force: speed.in_force,
            headroom: speed.headroom,
        }
    }

    /// # Errors
    /// `limit_too_low`.
    pub async fn limit_set(&self, limit: Limit) -> Result<Limit, Failure> {
        refuse_rate(limit.bytes_per_second)?;
        self.engine.set_limit(limit.bytes_per_second).await?;
        Ok(limit)
    }

    /// Puts the turtle on or lets it go, and says how slow it is.
    ///
    /// # Errors
    /// `limit_too_low`.
    pub async fn turtle_set(&self, change: TurtleChange) -> Result<Speed, Failure> {
        refuse_rate(change.bytes_per_second)?;
        let turtle = self.engine.speed().turtle;
        let turtle = Turtle {
            on: change.on.unwrap_or(turtle.on),
            bytes_per_second: change.bytes_per_second.unwrap_or(turtle.bytes_per_second),
        };
        self.engine.set_turtle(turtle).await?;
        Ok(self.speed_now())
    }

    /// # Errors
    /// `limit_too_low`, `account_unknown`.
    pub async fn account_limit_set(&self, limit: AccountLimit) -> Result<Empty, Failure> {
        refuse_rate(limit.bytes_per_second)?;
        if self.engine.store().account(limit.account).await?.is_none() {
            return Err(Failure::new("account_unknown").with("account", limit.account));
        }
        let rate = limit.bytes_per_second;
        self.engine.set_account_limit(limit.account, rate).await?;
        Ok(Empty {})
    }

    /// Each of these alone; answers how many are there.
    ///
    /// # Errors
    /// `limit_too_low`.
    pub async fn uploads_limit_set(&self, limit: UploadsLimit) -> Result<Changed, Failure> {
        refuse_rate(limit.bytes_per_second)?;
        let mut changed = 0;
        for id in self.ids(limit.uploads).await? {
            match self
                .engine
                .set_upload_limit(id, limit.bytes_per_second)
                .await
            {
                Ok(()) => changed += 1,
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Changed { changed })
    }

    pub async fn timetable(&self, _: Empty) -> Result<Timetable, Failure> {
        let kept = self.engine.hours().await?;
        let (now, here) = (now_ms(), zone());
        let at = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
        let (day, hour) = timetable::place(at, &here);
        let most = kept.most.as_ref();
        let week = most.map_or_else(Week::default, timetable::Timetable::week);
        Ok(Timetable {
            week: week.levels().to_vec(),
            cap_bytes_per_second: self.engine.speed().level_cap,
            hours: most.and_then(as_hours),
            now: kept.present(now, &here),
            day: day as u8,
            hour: hour as u8,
            zone: here.iana_name().unwrap_or_default().to_owned(),
            offset: at.to_zoned(here).strftime("%:z").to_string(),
        })
    }

    /// A painted week takes the place of hours of the day.
    ///
    /// # Errors
    /// `limit_too_low`, `timetable_not_a_week`.
    pub async fn timetable_set(&self, change: TimetableChange) -> Result<Timetable, Failure> {
        refuse_rate(change.cap_bytes_per_second)?;
        let week = change.week.as_deref().map(|levels| {
            let wrong = Failure::new("timetable_not_a_week").with("wanted", HOURS_A_WEEK);
            Week::new(levels).ok_or_else(|| wrong.with("count", levels.len()))
        });
        let week = week.transpose()?;
        if let Some(rate) = change.cap_bytes_per_second {
            self.engine.set_level_cap(rate).await?;
        }
        if let Some(week) = week {
            // A week of full speed is as good as none.
            let painted = Some(week).filter(|week| *week != Week::default());
            let table = painted.map(timetable::Timetable::Week);
            self.engine.set_timetable(table.as_ref()).await?;
        }
        self.timetable(Empty {}).await
    }
}
